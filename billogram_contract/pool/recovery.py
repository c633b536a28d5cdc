"""Restoring: what a journal says was left changed is put back, from the list's word on where it is now."""

from __future__ import annotations

import time
from dataclasses import dataclass

from billogram_contract.errors import Blocked, Outage
from billogram_contract.pool.journal import Journal
from billogram_contract.pool.pool import Pool
from billogram_contract.pool.put_back import missing
from billogram_contract.upstream import retry
from billogram_contract.upstream.client import Client, require_access
from billogram_contract.upstream.consistency import Consistency
from billogram_contract.upstream.target import Target

UNDER_WAY = 3.0  # seconds in which an update that was sent by a killed run may still be made
QUICK_TO_CONNECT = 2.0  # seconds, for servers that may be long gone


@dataclass(frozen=True)
class Recovered:
    """How many customers were put back, and what was not, a line a customer."""

    customers: int
    problems: list[str]


def restore(journal: Journal, password: str, consistency_timeout: float) -> Recovered:
    """Puts back what a journal says is changed. Raises SetupError or Outage where upstream can't be asked.

    Nothing is written to a customer that is not the one in the journal.
    """
    header = journal.header
    if not journal.changed:
        return Recovered(0, [])
    _let_settle(journal, consistency_timeout)
    numbers = range(*header.numbers)
    target = Target("live", header.base_url, header.user, password, tuple(journal.entries), numbers)
    client = Client(target)
    try:
        answer = client.list(page=1, page_size=1)
        require_access(answer, header.base_url)
        return _restore(journal, client, consistency_timeout)
    except Blocked as error:
        raise Outage(f"{header.base_url} does not list its customers: {error}") from None
    finally:
        client.close()


def _restore(journal: Journal, client: Client, consistency_timeout: float) -> Recovered:
    changed = journal.changed
    is_doubtful = any(entry.is_doubtful for entry in changed.values())
    pool = Pool(
        client,
        consistency_timeout=0.0,
        has_drifted=lambda: is_doubtful,
        journal=journal,
    )
    pool.probe(next(iter(changed)))
    customers, problems = [], []
    for entry in changed.values():
        customer = pool.adopt(entry.original, entry.answered, entry.numbers)
        if customer.relocate():
            customers.append(customer)
        else:
            problems.append(missing(customer))
    pool.consistency = Consistency(consistency_timeout)
    pool.put_back(customers)
    pool.close()
    return Recovered(len(customers) - len(pool.problems), [*problems, *pool.problems, *pool.residue])


def is_answering(base_url: str, user: str, password: str) -> bool:
    """Whether an address answers at all, and at once."""
    client = Client(
        Target("live", base_url, user, password), patience=retry.IMPATIENT, to_connect=QUICK_TO_CONNECT
    )
    try:
        client.list(page=1, page_size=1)
    except Outage:
        return False
    finally:
        client.close()
    return True


def _let_settle(journal: Journal, seconds: float) -> None:
    """Waits until the list can be believed, and an update that was under way is over."""
    pending = any(entry.pending for entry in journal.changed.values())
    quiet = time.time() - journal.path.stat().st_mtime
    time.sleep(max(0.0, min(max(seconds, UNDER_WAY if pending else 0.0) - max(quiet, 0.0), 60.0)))
