"""Free numbers: which of the allotted range a customer is given.

Each customer of the pool has a share of the range for its own, the same in every run: upstream may keep a
number that was once used from another customer for ever.
"""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Callable, Iterator, Sequence

from billogram_contract.errors import Blocked, PoolTooSmall

TRIED = 50


class FreeNumbers:
    """The numbers of the range, none twice in a check as long as there are others."""

    def __init__(
        self, numbers: Sequence[int], customers: Sequence[int], is_free: Callable[[int], bool]
    ) -> None:
        self._numbers = numbers
        self._customers = customers
        self._is_free = is_free
        self._start = 0
        self._given: set[int] = set()
        self._owners: dict[int, int] = {}

    def begin(self, check: str) -> None:
        """Starts anew: a check gets the same numbers whatever ran before it."""
        self._start = zlib.crc32(check.encode())
        self._given.clear()

    def used(self, number: int, customer: int) -> None:
        """Takes note that an update may give a customer a number."""
        self._owners[number] = customer

    def take(self, customer: int | None) -> int:
        """A number that no customer has, from the customer's share as long as that has one."""
        if not self._numbers:
            raise PoolTooSmall("needs a free number to renumber to (--numbers)")
        for number in itertools.islice(self._candidates(customer), TRIED):
            if self._is_free(number):
                self._given.add(number)
                return number
        raise Blocked("no number of the allotted range (--numbers) is free")

    def _candidates(self, customer: int | None) -> Iterator[int]:
        """The numbers in the order in which they are tried."""
        share = self._share(customer)
        everyone = [*itertools.islice(self._turned(self._numbers), TRIED)]
        new = [one for one in everyone if self._owners.get(one, customer) == customer]
        tried = dict.fromkeys((*itertools.islice(self._turned(share), TRIED), *new, *everyone))
        yield from (number for number in tried if number not in self._given)
        yield from tried

    def _share(self, customer: int | None) -> Sequence[int]:
        if customer not in self._customers:
            return ()
        return self._numbers[self._customers.index(customer) :: len(self._customers)]

    def _turned(self, numbers: Sequence[int]) -> Iterator[int]:
        start = self._start % max(1, len(numbers))
        return itertools.chain(numbers[start:], numbers[:start])
