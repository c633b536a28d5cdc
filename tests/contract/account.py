"""The whole account: who is in it, read in moments in which nobody else changes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from billogram_contract.errors import Blocked, NotApplicable
from billogram_contract.spec import description as vendored
from billogram_contract.spec.customer import instant
from billogram_contract.upstream.client import Client
from billogram_contract.upstream.exchange import Answer
from tests.contract.dataset import departures

SIZE = vendored.load().query("page_size")["maximum"]
PAGES = 5  # of an account that are read
TRIES = 3

Seen = TypeVar("Seen")
Entry = tuple[Any, dict[str, Any]]  # a customer's number and what a list shows of it


@dataclass(frozen=True)
class Account:
    """The customers on the first pages of the unfiltered list; all there are where it is whole."""

    total: int
    pages: tuple[Answer, ...]

    @property
    def entries(self) -> list[Entry]:
        """The customers in the order of the pages, repetitions included."""
        return [entry for page in self.pages for entry in entries_of(page)]

    @property
    def numbers(self) -> set[Any]:
        return {number for number, _ in self.entries}

    @property
    def is_whole(self) -> bool:
        return bool(self.total <= SIZE * PAGES)

    def is_like(self, other: Account) -> bool:
        """Whether nobody came, went or changed between two readings."""
        alike = (self.total, self.numbers) == (other.total, other.numbers)
        return alike and not self.otherwise(other.entries)

    def otherwise(self, entries: Iterable[Entry]) -> list[str]:
        """Where entries differ from this reading, in a few words each, unless an update lies between."""
        known = dict(self.entries)
        return [
            f"customer {number}: {one}"
            for number, entry in entries
            if number in known and not _is_updated(known[number], entry)
            for one in departures(known[number], entry)
        ]


def entries_of(page: Answer) -> list[Entry]:
    """The customers on a page by number."""
    return list(zip(page.numbers, page.customers, strict=True))


def _is_updated(before: dict[str, Any], after: dict[str, Any]) -> bool:
    was, now = (instant(one.get("updated_at")) for one in (before, after))
    return was != now


def read_account(client: Client, size: int = SIZE, **query: str) -> Account:
    """Reads the unfiltered list on pages of a size, as many customers as five of the largest pages show.

    Raises Blocked where it is refused.
    """
    pages: list[Answer] = []
    wanted = 1
    while len(pages) < wanted:
        answer = client.list(page=len(pages) + 1, page_size=size, **query)
        if not answer.is_success:
            raise Blocked(f"the account could not be read: {answer.brief}")
        pages.append(answer)
        wanted = -(-min(answer.total_count, SIZE * PAGES) // size)
    return Account(answer.total_count, tuple(pages))


class View:
    """The account as it was last read."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.account = read_account(client)

    def agreeing(self, look: Callable[[], Seen], agrees: Callable[[Account, Seen], bool]) -> Seen:
        """What is seen; where it does not agree with the account, both are looked at again, quietly.

        What does not agree then is upstream's own: nobody else changed the account between two readings.
        Raises NotApplicable where somebody does so all the time.
        """
        seen = look()
        if agrees(self.account, seen):
            return seen
        before = read_account(self.client)
        for _ in range(TRIES):
            seen = look()
            self.account = read_account(self.client)
            if self.account.is_like(before):
                return seen
            before = self.account
        raise NotApplicable("somebody else changes the account all the time")
