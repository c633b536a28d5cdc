"""The whole account: who is in it, read in moments in which nobody else changes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from billogram_contract.errors import Blocked, NotApplicable
from billogram_contract.spec import description as vendored
from billogram_contract.upstream.client import Client
from billogram_contract.upstream.exchange import Answer
from tests.contract.dataset import departures

SIZE = vendored.load().query("page_size")["maximum"]
PAGES = 5  # of an account that is read
TRIES = 3


@dataclass(frozen=True)
class Account:
    """The customers on the first pages of the unfiltered list, by number; all there are where it is whole."""

    total: int
    entries: dict[Any, dict[str, Any]]
    pages: tuple[Answer, ...]

    @property
    def numbers(self) -> set[Any]:
        return set(self.entries)

    @property
    def is_whole(self) -> bool:
        return self.total <= SIZE * PAGES

    def is_like(self, other: Account) -> bool:
        """Whether nobody came, went or changed between two readings."""
        return (self.total, self.numbers) == (other.total, other.numbers) and not self.otherwise(
            [*other.entries.items()]
        )

    def otherwise(self, entries: list[tuple[Any, dict[str, Any]]]) -> list[str]:
        """Where entries differ from this reading, in a few words each."""
        return [
            f"customer {number}: {one}"
            for number, entry in entries
            if number in self.entries
            for one in departures(self.entries[number], entry)
        ]


def entries_of(pages: list[Answer]) -> list[tuple[Any, dict[str, Any]]]:
    """The customers on pages by number, repetitions included."""
    return [
        entry for page in pages for entry in zip(page.numbers, page.customers, strict=True)
    ]  # fmt: skip


def read_account(client: Client, size: int = SIZE, **query: str) -> Account:
    """Reads the unfiltered list on pages of a size, up to five of the largest; Blocked where it is refused."""
    pages: list[Answer] = []
    wanted, total = 1, 0
    while len(pages) < wanted:
        answer = client.list(page=len(pages) + 1, page_size=size, **query)
        if not answer.is_success:
            raise Blocked(f"the account could not be read: {answer.brief}")
        pages.append(answer)
        total = answer.total_count
        wanted = -(-min(total, SIZE * PAGES) // size)
    return Account(total, dict(entries_of(pages)), tuple(pages))


def quietly(client: Client, look: Callable[[], Any]) -> tuple[Account, Any]:
    """What is seen between two readings of the account that agree, and the account.

    Raises NotApplicable where somebody else changes the account all the time.
    """
    before = read_account(client)
    for _ in range(TRIES):
        seen = look()
        after = read_account(client)
        if after.is_like(before):
            return after, seen
        before = after
    raise NotApplicable("somebody else changes the account all the time")


def settled_view(
    client: Client, account: Account, look: Callable[[], Any], agrees: Callable[[Account, Any], bool]
) -> tuple[Account, Any]:
    """What is seen, and the account that it agrees with; looked at again, quietly, where it does not.

    What is not agreed with then is upstream's own: nobody else changed the account.
    """
    seen = look()
    return (account, seen) if agrees(account, seen) else quietly(client, look)
