"""Restoring: what a journal says was left changed is put back, from the list's word on where it is now."""

from __future__ import annotations

import time
from dataclasses import dataclass

from billogram_contract.errors import Outage, Unasked
from billogram_contract.pool.journal import Journal
from billogram_contract.pool.pool import Allotment
from billogram_contract.upstream.client import Client, require_access
from billogram_contract.upstream.target import Target

UNDER_WAY = 3.0  # seconds in which an update that was sent by a killed run may still be made


@dataclass(frozen=True)
class Restored:
    """How many customers were put back, and what was not, a line a customer."""

    customers: int
    problems: list[str]


def restore(journal: Journal, password: str, settle: float) -> Restored:
    """Puts back what a journal says is changed. Raises SetupError or Outage where upstream can't be asked.

    Nothing is written to a customer that is not the one in the journal.
    """
    owner = journal.owner
    if not journal.changed:
        return Restored(0, [])
    _let_settle(journal, settle)
    numbers = range(*owner.numbers)
    target = Target("live", owner.base_url, owner.user, password, tuple(journal.traces), numbers)
    client = Client(target)
    try:
        answer = client.list(page=1, page_size=1)
        require_access(answer, owner.base_url)
        return _restore(journal, client, settle)
    except Unasked as error:
        raise Outage(f"{owner.base_url} does not list its customers: {error}") from None
    finally:
        client.close()


def _restore(journal: Journal, client: Client, settle: float) -> Restored:
    allotment = Allotment(client, settle=0.0, journal=journal)
    allotment.probe(next(iter(journal.changed)))
    customers, problems = [], []
    for home, trace in journal.changed.items():
        customer = allotment.adopt(trace.original, trace.numbers)
        if customer.relocate():
            customers.append(customer)
        else:
            problems.append(_missing(home))
    allotment.settle = settle
    allotment.put_back(customers)
    allotment.close()
    return Restored(len(customers) - len(allotment.problems), problems + allotment.problems)


def _missing(home: int) -> str:
    return (
        f"customer {home} is found under none of the numbers that it may have, and nothing was written:"
        " look for it in the account, and put it back by hand"
    )


def _let_settle(journal: Journal, settle: float) -> None:
    """Waits until the list can be believed, and an update that was under way is over."""
    pending = any(trace.pending for trace in journal.changed.values())
    quiet = time.time() - journal.path.stat().st_mtime
    time.sleep(max(0.0, min(max(settle, UNDER_WAY if pending else 0.0) - max(quiet, 0.0), 60.0)))
