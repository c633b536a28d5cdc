"""The target: what a run is held against."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["embedded", "live", "cassettes"]


@dataclass(frozen=True)
class Target:
    """One address to hold against the contract, with what the suite may change there.

    `customers` are the numbers of the customers allotted to the run, `numbers` the free numbers that it may
    give them.
    """

    kind: Kind
    base_url: str
    user: str
    password: str = field(repr=False)
    customers: tuple[int, ...] = ()
    numbers: range = range(0)

    def has(self, number: int) -> bool:
        """Whether a number is allotted to the run."""
        return number in self.customers or number in self.numbers

    def redacted(self, text: str) -> str:
        """A text without the password, plain or as HTTP Basic sends it."""
        basic = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        return text.replace(basic, "***").replace(self.password, "***")

    def share(self, index: int, count: int) -> Target:
        """The part of the pool that one of several workers gets."""
        customers, numbers = self.customers[index::count], self.numbers[index::count]
        return Target(self.kind, self.base_url, self.user, self.password, customers, numbers)
