"""Locks: which run works on which customers of which account, on this machine.

Every process of a live run keeps its journal locked while it lives. The journal's header says what it locks;
a journal that nobody keeps locked was left by a process that died.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from filelock import FileLock, Timeout

from billogram_contract.errors import SetupError
from billogram_contract.pool import journal
from billogram_contract.pool.journal import Journal, JournalGone, JournalHeader
from billogram_contract.upstream.address import LOOPBACK

PATIENCE = 30.0  # seconds for another run that is looking at the locks


def take(folder: Path, header: JournalHeader) -> tuple[Journal, list[Journal]]:
    """A journal for a new run, and those that dead runs left for customers that it locks.

    Raises SetupError where a run under way has some of them.
    """
    left: list[Journal] = []
    with _alone(folder):
        try:
            for path, theirs, _entries in journal.read_all(folder):
                common = overlap(header, theirs)
                if theirs.run == header.run or not common:
                    continue
                try:
                    taken = Journal.take(path)
                except JournalGone:
                    continue
                if taken is None:
                    raise SetupError(
                        f"A run under way (pid {theirs.pid}, since {theirs.started}) works on {common}:"
                        " wait for its end, or allot others."
                    )
                left.append(taken)
            return Journal.create(folder, header), left
        except BaseException:
            for taken in left:
                taken.close()
            raise


def is_same_account(one: JournalHeader, other: JournalHeader) -> bool:
    """Whether two headers work on the same account, as far as address and user tell."""
    return is_same_address(one.base_url, other.base_url) and one.user == other.user


def is_same_address(one: str, other: str) -> bool:
    """Whether two base URLs are of the same server, as far as they tell."""
    return _address(one) == _address(other)


def overlap(one: JournalHeader, other: JournalHeader) -> str:
    """What two headers both have, in a few words; empty where they are apart."""
    if not is_same_account(one, other):
        return ""
    for customers, rest in ((one.customers, other), (other.customers, one)):
        for number in customers:
            if number in rest.customers:
                return f"customer {number} as well"
            if number in range(*rest.numbers):
                return f"number {number} as well"
    first, last = max(one.numbers[0], other.numbers[0]), min(one.numbers[1], other.numbers[1])
    return f"number {first} as well" if first < last else ""


def _address(base_url: str) -> tuple[str, int | None, str]:
    url = urlsplit(base_url)
    host = "loopback" if url.hostname in LOOPBACK else (url.hostname or "").rstrip(".")
    return host, url.port or {"http": 80, "https": 443}.get(url.scheme), url.path.rstrip("/")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """No other run looks at the locks meanwhile."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with FileLock(folder / "locks.lock", timeout=PATIENCE):
            yield
    except (OSError, Timeout) as error:
        raise SetupError(f"The journals in {folder} cannot be used ({error}): see --journal-dir.") from None
