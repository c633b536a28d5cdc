"""The pool: the customers that the suite may change, each put back as it was found.

A check borrows customers with `lease`; what it changed is undone when it gives them back.
"""

from __future__ import annotations

import copy
import itertools
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from billogram_contract.errors import Blocked, Outage, PoolTooSmall, SetupError
from billogram_contract.pool import undo
from billogram_contract.pool.journal import Journal
from billogram_contract.pool.leased import LeasedCustomer
from billogram_contract.pool.put_back import put_back
from billogram_contract.spec.customer import differences
from billogram_contract.upstream.client import Client
from billogram_contract.upstream.exchange import Answer, Call, whole
from billogram_contract.upstream.guard import given_number
from billogram_contract.upstream.lookup import Decide, Lookup, decide_now, entry_of

NUMBERS_TRIED = 50
REFUSED = (400, 401, 403)


class Pool(Lookup):
    """The customers and numbers allotted to the run."""

    def __init__(
        self,
        client: Client,
        *,
        settle: float,
        is_suspicious: Callable[[], bool] = lambda: False,
        journal: Journal | None = None,
        decide: Decide = decide_now,
    ) -> None:
        super().__init__(client, settle, decide)
        self._is_suspicious = is_suspicious
        self._journal = journal
        self._all: list[LeasedCustomer] = []
        self._changed: dict[LeasedCustomer, None] = {}  # not yet put back, in the order of their first change
        self._touched: dict[LeasedCustomer, None] = {}
        self._left: dict[LeasedCustomer, str] = {}
        self._free: list[LeasedCustomer] | None = None
        self._numbers = itertools.cycle(client.target.numbers)
        self._lost = 0
        client.before_write, client.after_write = self._before_write, self._after_write
        client.held = lambda: len(self._changed)

    @property
    def residue(self) -> list[str]:
        """What the suite set and no update can unset: upstream never promised that one can."""
        return [customer.residue for customer in self._all if customer.residue]

    @property
    def problems(self) -> list[str]:
        """What could not be put back, a line a customer."""
        return list(self._left.values())

    @property
    def size(self) -> int:
        """How many customers are allotted."""
        return len(self.client.target.customers)

    def require(self) -> None:
        """Raises PoolTooSmall where nothing is allotted, and so nothing but reads may be sent."""
        if not self.client.target.customers:
            raise PoolTooSmall("needs allotted customers (--customers)")

    @contextmanager
    def lease(self, count: int = 1) -> Iterator[list[LeasedCustomer]]:
        """Lends customers that no other check has, and puts them back as they were found.

        Raises PoolTooSmall where the pool doesn't hold so many, Blocked where so many were lost.
        """
        free = self.open()
        if len(free) < count:
            reason = f"needs {count} allotted customers (--customers), {len(free)} are there"
            raise Blocked(f"{reason}: {self._lost} were lost") if self._lost else PoolTooSmall(reason)
        leased = self._choose(free, count)
        try:
            yield leased
        finally:
            self.put_back(leased)
            kept = [customer for customer in leased if not customer.is_uncertain]
            self._lost += len(leased) - len(kept)
            free += kept

    def _choose(self, free: list[LeasedCustomer], count: int) -> list[LeasedCustomer]:
        """Takes the fullest of the free customers, whatever the order in which they came back."""
        free.sort(key=lambda customer: (-customer.completeness, str(customer.original_number)))
        found = {customer.original_number: customer for customer in free}
        numbers = self._decide("leased", lambda: list(found)[:count], None)
        free[:] = [customer for customer in free if customer.original_number not in numbers]
        # A replay of a part of the checks may meet one that a fixture of other checks still has.
        others = {customer.original_number: customer for customer in self._all}
        return [found.get(number) or LeasedCustomer(self, others[number].original) for number in numbers]

    def begin(self, check: str) -> None:
        """Starts anew with free numbers: a check gets the same ones whatever ran before it."""
        numbers = self.client.target.numbers
        start = zlib.crc32(check.encode()) % max(1, len(numbers))
        self._numbers = itertools.cycle(itertools.chain(numbers[start:], numbers[:start]))

    def free_number(self) -> int:
        """A number of the allotted range that no customer has, another one each time in a check."""
        self.open()
        if not self.client.target.numbers:
            raise PoolTooSmall("needs a free number to renumber to (--numbers)")
        for number in itertools.islice(self._numbers, NUMBERS_TRIED):
            if self.find(number) is None:
                return number
        raise Blocked("no number of the allotted range (--numbers) is free")

    def open(self) -> list[LeasedCustomer]:
        """The customers that no check has; looks the pool up, once a run.

        Raises SetupError where a customer of it is not in the account.
        """
        if self._free is None:
            self.require()
            self._all = [LeasedCustomer(self, entry) for entry in self._look_up(self.client.target.customers)]
            self._free = list(self._all)
        return self._free

    def _look_up(self, numbers: tuple[int, ...]) -> list[dict[str, Any]]:
        first = self.probe(numbers[0])
        entries = {number: entry_of(first, number) for number in numbers}
        for number in numbers:
            entries[number] = entries[number] or self.find(number)
        missing = [number for number, entry in entries.items() if entry is None]
        if missing:
            raise SetupError(
                f"LeasedCustomer customer {missing[0]} is not in the account"
                f" ({len(missing)} of {len(numbers)} are missing):"
                " give numbers of existing customers to --customers."
            )
        return [copy.deepcopy(entry) for entry in entries.values() if entry]

    def adopt(self, original: dict[str, Any], numbers: Sequence[int]) -> LeasedCustomer:
        """A customer that another run changed; `numbers` are those that it may have, the likeliest first."""
        customer = LeasedCustomer(self, original)
        customer.number, *customer.numbers = dict.fromkeys((*numbers, customer.original_number))
        self._all.append(customer)
        self._free = []  # nobody is leased here: nothing is looked up for that
        return customer

    def put_back(self, customers: Sequence[LeasedCustomer]) -> None:
        """Puts customers back as they were found; what is left changed becomes a problem."""
        self.client.is_putting_back = True
        try:
            for customer in customers:
                self._left.pop(customer, None)
            self._left |= put_back(customers, self.free_number)
            if self._decide("looked", self._is_suspicious, False):
                changed = [one for one in customers if one in self._changed and one not in self._left]
                self._left |= put_back(self._seen_otherwise(changed), self.free_number)
        finally:
            self.client.is_putting_back = False
        for customer in customers:
            if customer not in self._left:
                self._changed.pop(customer, None)
                if self._journal:
                    self._journal.back(customer.original_number)

    def close(self) -> None:
        """Looks at the end of a run whether every customer that was changed is back, and puts it back."""
        if self._touched:
            self.client.revive()
            self.put_back(list(self._changed))
            back = [customer for customer in self._touched if customer not in self._left]
            self.put_back(self._seen_otherwise(back))

    def _seen_otherwise(self, customers: Iterable[LeasedCustomer]) -> list[LeasedCustomer]:
        """The customers whose entry in the list is not as they were found; none where it does not tell."""
        otherwise = []
        for customer in customers:
            try:
                entry = self.look(customer.original_number, customer.is_as_found)[1]
            except (Outage, Blocked):
                break
            if entry is None or not customer.is_as_found(entry):
                customer.is_uncertain = True
                otherwise.append(customer)
        return otherwise

    def locate(self, customer: LeasedCustomer) -> dict[str, Any] | None:
        """The entry of a customer that may have another number by now, once the list has settled."""
        numbers = dict.fromkeys((customer.number, *customer.numbers, customer.original_number))

        def look() -> dict[str, Any] | None:
            entries = (self.find(number) for number in numbers)
            return next((one for one in entries if one and undo.is_same(customer.original, one)), None)

        found = self.settled(
            look, lambda entry: entry is not None and bool(differences(customer.current, entry))
        )
        return found or self._hunt(customer)

    def _hunt(self, customer: LeasedCustomer) -> dict[str, Any] | None:
        """A customer's entry under a number that nobody told of, if there is one such customer."""
        others = {one.number for one in self._all if one is not customer}
        seen = {
            whole(entry.get("customer_no")): entry
            for entry in self.likely(customer.original)
            if undo.is_same(customer.original, entry)
        }
        entries = [entry for number, entry in seen.items() if number not in others]
        return entries[0] if len(entries) == 1 else None

    def follow(self, customer: LeasedCustomer, number: int) -> None:
        """Takes note that a customer has a number, and is as upstream told."""
        target = self.client.target
        if number not in target.customers and number not in target.numbers:
            self.client.followed.add(number)
        customer.number, customer.numbers, customer.is_uncertain = number, [], False
        if self._journal:
            self._journal.at(customer.original_number, number)

    def _before_write(self, call: Call) -> None:
        customer = next((one for one in self._all if str(one.number) == call.number), None)
        if customer is None:
            return
        number = given_number(call.body or b"")
        customer.is_uncertain = True
        if number is not None and number not in customer.numbers:
            customer.numbers.insert(0, number)
        self._changed[customer] = self._touched[customer] = None
        if self._journal:
            self._journal.change(customer.original_number, customer.original, number)

    def _after_write(self, answer: Answer) -> None:
        """A refused update changed nothing; one that was accepted is followed."""
        customer = next((one for one in self._all if str(one.number) == answer.call.number), None)
        if customer is not None and answer.status in REFUSED:
            self.follow(customer, customer.number)
