"""Restoring: what a journal says was left changed is put back, from the list's word on where it is now."""

from __future__ import annotations

import time
from dataclasses import dataclass

from billogram_contract.errors import Blocked, Outage
from billogram_contract.pool.journal import Journal
from billogram_contract.pool.pool import Pool
from billogram_contract.upstream.client import Client, require_access
from billogram_contract.upstream.target import Target

UNDER_WAY = 3.0  # seconds in which an update that was sent by a killed run may still be made


@dataclass(frozen=True)
class Recovered:
    """How many customers were put back, and what was not, a line a customer."""

    customers: int
    problems: list[str]


def restore(journal: Journal, password: str, settle: float) -> Recovered:
    """Puts back what a journal says is changed. Raises SetupError or Outage where upstream can't be asked.

    Nothing is written to a customer that is not the one in the journal.
    """
    header = journal.header
    if not journal.changed:
        return Recovered(0, [])
    _let_settle(journal, settle)
    numbers = range(*header.numbers)
    target = Target("live", header.base_url, header.user, password, tuple(journal.entries), numbers)
    client = Client(target)
    try:
        answer = client.list(page=1, page_size=1)
        require_access(answer, header.base_url)
        return _restore(journal, client, settle)
    except Blocked as error:
        raise Outage(f"{header.base_url} does not list its customers: {error}") from None
    finally:
        client.close()


def _restore(journal: Journal, client: Client, settle: float) -> Recovered:
    pool = Pool(client, settle=0.0, journal=journal)
    pool.probe(next(iter(journal.changed)))
    customers, problems = [], []
    for original_number, entry in journal.changed.items():
        customer = pool.adopt(entry.original, entry.numbers)
        if customer.relocate():
            customers.append(customer)
        else:
            problems.append(_missing(original_number))
    pool.settle = settle
    pool.put_back(customers)
    pool.close()
    return Recovered(len(customers) - len(pool.problems), problems + pool.problems)


def _missing(original_number: int) -> str:
    return (
        f"customer {original_number} is found under none of the numbers that it may have,"
        " and nothing was written: look for it in the account, and put it back by hand"
    )


def _let_settle(journal: Journal, settle: float) -> None:
    """Waits until the list can be believed, and an update that was under way is over."""
    pending = any(entry.pending for entry in journal.changed.values())
    quiet = time.time() - journal.path.stat().st_mtime
    time.sleep(max(0.0, min(max(settle, UNDER_WAY if pending else 0.0) - max(quiet, 0.0), 60.0)))
