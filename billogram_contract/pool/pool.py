"""The pool: the customers that the suite may change, each put back as it was found.

A check borrows customers with `lease`; what it changed is undone when it gives them back.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from billogram_contract.errors import Blocked, Outage, PoolTooSmall, SetupError
from billogram_contract.pool import undo
from billogram_contract.pool.changes import Changes
from billogram_contract.pool.final_look import FinalLook
from billogram_contract.pool.journal import Journal
from billogram_contract.pool.leased import Document, LeasedCustomer
from billogram_contract.pool.numbers import FreeNumbers
from billogram_contract.pool.put_back import name_of, put_back
from billogram_contract.spec.customer import differences, instant
from billogram_contract.upstream.client import Client
from billogram_contract.upstream.exchange import Answer, whole
from billogram_contract.upstream.guard import document
from billogram_contract.upstream.lookup import Decide, Lookup, decide_now, entry_of

NOBODY = 404


class Pool(Lookup):
    """The customers and numbers allotted to the run.

    `is_suspicious` says whether the check of the moment found something odd, `has_drifted` whether any did.
    """

    def __init__(
        self,
        client: Client,
        *,
        consistency_timeout: float,
        is_suspicious: Callable[[], bool] = lambda: False,
        has_drifted: Callable[[], bool] = lambda: False,
        journal: Journal | None = None,
        decide: Decide = decide_now,
    ) -> None:
        super().__init__(client, consistency_timeout, decide)
        self._is_suspicious = is_suspicious
        self._has_drifted = has_drifted
        self._is_doubtful = False
        target = client.target
        self._numbers = FreeNumbers(target.numbers, target.customers, lambda one: self.find(one) is None)
        self._changes = Changes(target, journal, self._numbers.used)
        client.report_to(self._changes)
        self.forget_updates = self._changes.forget_updates
        self.reserved: Collection[int] = ()  # whom to lease last
        self._left: dict[LeasedCustomer, str] = {}
        self._strays: list[str] = []
        self._free: list[LeasedCustomer] | None = None
        self._leases: list[list[LeasedCustomer]] = []
        self._lost = 0
        self._unlisted: set[str] = set()  # fields that the list shows otherwise than updates do

    @property
    def residue(self) -> list[str]:
        """What the suite set and no update can unset: upstream never promised that one can."""
        customers = self._changes.customers
        return [one.residue for one in customers if one.residue and one not in self._left]

    @property
    def problems(self) -> list[str]:
        """What could not be put back, a line a customer."""
        return [*self._left.values(), *self._strays]

    @property
    def size(self) -> int:
        """How many customers are allotted."""
        return len(self.client.target.customers)

    def require(self) -> None:
        """Raises PoolTooSmall where nothing is allotted, and so nothing but reads may be sent."""
        if not self.client.target.customers:
            raise PoolTooSmall("needs allotted customers (--customers)")

    # Leases

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
        self._leases.append(leased)
        try:
            self._complete(leased)
            yield leased
        finally:
            self.put_back(leased)
            self._leases.remove(leased)
            kept = [customer for customer in leased if not customer.is_uncertain]
            self._lost += len(leased) - len(kept)
            free += kept

    def _choose(self, free: list[LeasedCustomer], count: int) -> list[LeasedCustomer]:
        """Takes the fullest of the free customers, whatever the order in which they came back."""
        free.sort(key=lambda one: (-one.completeness, str(one.original_number)))
        free.sort(key=lambda one: one.original_number in self.reserved)
        found = {customer.original_number: customer for customer in free}
        numbers = self._decide("leased", lambda: list(found)[:count], None)
        free[:] = [customer for customer in free if customer.original_number not in numbers]
        # A replay of a part of the checks may meet one that a fixture of other checks still has.
        others = {customer.original_number: customer for customer in self._changes.customers}
        return [found.get(number) or LeasedCustomer(self, others[number].original) for number in numbers]

    def _complete(self, customers: Sequence[LeasedCustomer]) -> None:
        """Finds out how customers are before they are changed, where the list is known not to tell all."""
        for customer in customers if self._unlisted else ():
            if customer.first_written is None:
                customer.update({})

    def begin(self, check: str) -> None:
        """Starts anew with free numbers: a check gets the same ones whatever ran before it."""
        self.topic = check.partition("[")[0]
        self._numbers.begin(check)

    def free_number(self, customer: LeasedCustomer | None = None) -> int:
        """A number of the allotted range that no customer has, another one each time in a check.

        It is of the share of the customer, of the one that was leased last if none is given.
        """
        self.open()
        customer = customer or (self._leases[-1][0] if self._leases and self._leases[-1] else None)
        return self._numbers.take(customer.original_number if customer else None)

    # The customers

    def open(self) -> list[LeasedCustomer]:
        """The customers that no check has; looks the pool up, once a run.

        Raises SetupError where a customer of it is not in the account.
        """
        if self._free is None:
            self.require()
            entries = self._look_up(self.client.target.customers)
            self._changes.customers += [LeasedCustomer(self, entry) for entry in entries]
            self._free = list(self._changes.customers)
            self._lost = self.size - len(self._free)
        return self._free

    def _look_up(self, numbers: tuple[int, ...]) -> list[Document]:
        """The entries of customers; of one that the list alone doesn't show there is none."""
        first = self.probe(numbers[0])
        entries = {number: entry_of(first, number) for number in numbers}
        for number in numbers:
            entries[number] = entries[number] or self.find(number)
        missing = [number for number in numbers if entries[number] is None]
        for number in missing:
            entries[number] = self.find_surely(number)
        missing = [number for number in missing if entries[number] is None and self._is_nobody(number)]
        if missing:
            raise SetupError(
                f"Customer {missing[0]} is not in the account"
                f" ({len(missing)} of {len(numbers)} are missing):"
                " give numbers of existing customers to --customers."
            )
        return [copy.deepcopy(entry) for entry in entries.values() if entry]

    def _is_nobody(self, number: int) -> bool:
        """Whether an update that asks for nothing finds no customer either: then the list is right."""
        return self.client.update(number, {}).status == NOBODY

    def adopt(self, original: Document, answered: Document, numbers: Sequence[int]) -> LeasedCustomer:
        """A customer that another run changed; `numbers` are those that it may have, the likeliest first."""
        customer = LeasedCustomer(self, original)
        customer.answered = answered
        customer.number, *customer.numbers = dict.fromkeys((*numbers, customer.original_number))
        self._changes.customers.append(customer)
        self._free = []  # nobody is leased here: nothing is looked up for that
        return customer

    # Putting back

    def put_back(self, customers: Sequence[LeasedCustomer]) -> None:
        """Puts customers back as they were found; what is left changed becomes a problem."""
        with self.client.putting_back():
            for customer in customers:
                self._left.pop(customer, None)
            left = put_back(customers, self.free_number)
            if self._decide("looked", lambda: bool(left) or self._is_suspicious(), False):
                self._doubt()
                changed = [one for one in customers if one in self._changes.changed]
                odd = self._seen_otherwise(changed)
                left = {one: line for one, line in left.items() if one in odd or one.is_uncertain}
                left |= put_back([one for one in odd if one not in left], self.free_number)
            self._left |= left
        for customer in customers:
            if customer not in self._left:
                self._changes.back(customer)

    def close(self) -> None:
        """Looks at the end of a run whether every customer is as it was found, and puts back what isn't."""
        if not self._changes.touched:
            return
        with self.client.putting_back():
            self.put_back(list(self._changes.changed))
            if self._has_drifted():
                self._doubt()
            final = FinalLook(self, self._changes, self.free_number)
            customers = self._changes.customers if self._is_doubtful else list(self._changes.touched)
            self._left = final.problems(customers, is_doubtful=self._is_doubtful)
            self._left |= {one: line for one in customers if (line := self._unknown(one))}
            if self._is_doubtful or self._left:
                with suppress(Outage, Blocked):
                    self._strays += final.strays()
        for customer in customers:
            if customer not in self._left:
                self._changes.back(customer)

    def _doubt(self) -> None:
        """Takes note that something has departed: the list's word alone is not enough from now on."""
        if not self._is_doubtful and self._changes.journal:
            self._changes.journal.doubt()
        self._is_doubtful = True

    def _unknown(self, customer: LeasedCustomer) -> str | None:
        """What is told of a customer of which it is not known how it was."""
        told = customer.unknown(self._unlisted, is_doubtful=self._is_doubtful)
        known = self._left.get(customer)
        return f"{known or name_of(customer)}: {told}" if told else known

    def _seen_otherwise(self, customers: Sequence[LeasedCustomer]) -> list[LeasedCustomer]:
        """The customers whose entry in the list is not as they were found; none where it does not tell."""
        otherwise = []
        for customer in customers:
            try:
                entry = self.look(customer.original_number, customer.is_as_found, "put back")[1]
            except (Outage, Blocked):
                break
            if entry is None or not customer.is_as_found(entry):
                customer.is_uncertain, customer.is_awaited = True, False
                otherwise.append(customer)
            else:
                customer.follow_entry(entry)
        return otherwise

    def locate(self, customer: LeasedCustomer) -> Document | None:
        """The entry of a customer that may have another number by now, once the list has settled."""
        numbers = dict.fromkeys((customer.number, *customer.numbers, customer.original_number))

        def look() -> Document | None:
            entries = (self.find(number) for number in numbers)
            return next((one for one in entries if one and undo.is_same(customer.original, one)), None)

        def has_come(entry: Document | None) -> bool:
            return entry is not None and (
                not customer.is_awaited or bool(differences(customer.current, entry))
            )

        found = self.settled(look, has_come, "fate of an update")
        return found or self._hunt(customer)

    def _hunt(self, customer: LeasedCustomer) -> Document | None:
        """A customer's entry under a number that nobody told of, if there is one such customer."""
        others = {one.number for one in self._changes.customers if one is not customer}
        seen = {
            whole(entry.get("customer_no")): entry
            for entry in self.likely(customer.original)
            if undo.is_same(customer.original, entry)
        }
        entries = [entry for number, entry in seen.items() if number not in others]
        return entries[0] if len(entries) == 1 else None

    def follow(self, customer: LeasedCustomer, number: int) -> None:
        """Takes note that a customer has a number, and is as upstream told."""
        self._changes.follow(customer, number)

    def learn(self, customer: LeasedCustomer, answer: Answer) -> None:
        """Learns from the first update of a customer what the list shows otherwise than updates do.

        Only what the update didn't write tells: it is as it was, unless the list shows that it isn't.
        """
        body = document(answer.call.body or b"")
        customer.note_hidden(body if isinstance(body, dict) else {}, answer)
        if customer.first_written is not None:
            return
        customer.first_written = frozenset(body if isinstance(body, dict) else undo.COMPARED)
        try:
            shown = answer.customer
        except Blocked:
            return
        otherwise = self._otherwise(customer.original, shown) - customer.first_written
        if not otherwise:
            return
        self._doubt()
        entry = self.look(customer.number, lambda entry: _is_as_new(entry, shown))[1]
        if entry is None or not _is_as_new(entry, shown):
            return
        unlisted = otherwise - self._otherwise(customer.original, entry)
        self._unlisted |= unlisted
        customer.answered |= {name: copy.deepcopy(shown[name]) for name in unlisted}
        if unlisted and self._changes.journal:
            self._changes.journal.answered(customer.original_number, customer.answered)

    @staticmethod
    def _otherwise(original: Document, shown: Document) -> set[str]:
        """The fields that are shown, and not as in a customer's original."""
        found = {one.field for one in undo.changes(original, shown) if not one.is_form}
        return found & shown.keys() & {*undo.COMPARED}


def _is_as_new(entry: dict[str, Any], shown: Document) -> bool:
    """Whether an entry in the list is at least as new as the answer of an update."""
    one, other = instant(entry.get("updated_at")), instant(shown.get("updated_at"))
    return one == other or (one is not None and other is not None and one >= other)
