"""The final look: whether every customer that a run touched is as it was found, and nobody came of it.

Customers are looked up afresh. Where something has departed in the run the list alone is not believed: an
empty update's answer is asked for as well. What differs is put back in every way there is, and looked at
again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from billogram_contract.errors import Blocked, Outage
from billogram_contract.pool import undo
from billogram_contract.pool.changes import Changes
from billogram_contract.pool.leased import Document, LeasedCustomer
from billogram_contract.pool.put_back import THOROUGH, FreeNumber, missing, name_of, put_back, told
from billogram_contract.spec.customer import instant
from billogram_contract.upstream.exchange import whole
from billogram_contract.upstream.lookup import LARGE_PAGE, Lookup

ROUNDS = 3  # of looking; between two of them what is not as found is put back
STRAYS_LOOKED_FOR = 60  # numbers
KIND = "put back"


class FinalLook:
    """Looks at customers and puts them back, until all are as found or nothing helps."""

    def __init__(self, lookup: Lookup, changes: Changes, free_number: FreeNumber) -> None:
        self._lookup = lookup
        self._changes = changes
        self._free_number = free_number
        self._started = datetime.now(UTC)

    def problems(
        self, customers: Sequence[LeasedCustomer], *, is_doubtful: bool
    ) -> dict[LeasedCustomer, str]:
        """What is left of the customers, a line each; `is_doubtful`: something has departed in the run."""
        problems: dict[LeasedCustomer, str] = {}
        before: object = None
        for round in range(ROUNDS):
            problems = self._looked_at(customers, is_probing=is_doubtful and not round)
            odd = [one for one in customers if one in problems or one.left]
            state = [(one, [change.state for change in one.left]) for one in odd]
            if state == before or not (odd or (is_doubtful and not round)):
                break
            if round < ROUNDS - 1:
                put_back(odd, self._free_number, self._thoroughly)
            before = state
        return problems

    def _looked_at(
        self, customers: Sequence[LeasedCustomer], *, is_probing: bool
    ) -> dict[LeasedCustomer, str]:
        """What is to be told of each customer by a fresh look."""
        page = {} if is_probing else self._page()
        problems = {}
        for customer in customers:
            try:
                entry = page.get(customer.original_number)
                if entry is None or not customer.is_as_found(entry) or customer.answered:
                    is_there = self._look(customer, is_probing=is_probing)
                else:
                    customer.follow_entry(entry)
                    is_there = True
                line = told(customer, with_forms=True) if is_there else missing(customer)
            except (Outage, Blocked) as error:
                line = f"{name_of(customer)}: look by hand whether it is as it was ({error})"
            if line:
                problems[customer] = line
        return problems

    def _page(self) -> dict[object, Document]:
        """The first customers of the list, by number: in a small account, all of them."""
        try:
            entries = self._lookup.client.list(page=1, page_size=LARGE_PAGE).customers
        except (Outage, Blocked):
            return {}
        return {whole(entry.get("customer_no")): entry for entry in entries}

    def _look(self, customer: LeasedCustomer, *, is_probing: bool = False) -> bool:
        """Looks at a customer where it is to be, or may be; whether it is there.

        What the list is known to show otherwise than updates do is taken from an update's answer.
        """
        entry = self._lookup.look(customer.original_number, customer.is_as_found, KIND)[1]
        if entry is None or not undo.is_same(customer.original, entry):
            if not customer.relocate():
                return False
            entry = customer.current
        customer.follow_entry(entry)
        if not customer.left and (is_probing or customer.answered):
            self._probe(customer, entry)
        return True

    def _probe(self, customer: LeasedCustomer, entry: Document) -> None:
        """Holds the answer of an update that asks for nothing beside a customer's entry in the list."""
        answer = customer.update({})
        if not answer.is_success:
            return
        shown = undo.overlaid(entry, answer.customer)
        goal = customer.original | customer.answered
        otherwise = {one.field for one in customer.undoable(undo.changes(goal, shown))} & {*undo.COMPARED}
        customer.answered |= {name: goal.get(name) for name in otherwise}
        customer.show(entry | {name: shown.get(name) for name in customer.answered}, is_listed=False)

    def _thoroughly(self, customer: LeasedCustomer) -> str | None:
        """Puts a customer back in every way there is, looking at it after each."""
        try:
            for step in THOROUGH:
                if not self._look(customer):
                    return missing(customer)
                if not customer.left:
                    return None
                step(customer)
        except (Outage, Blocked) as error:
            return told(customer, reason=str(error))
        customer.give_up(customer.left)
        return told(customer)

    def strays(self) -> Iterator[str]:
        """Customers that are there because of an update: under a number that was used, or as a copy."""
        ours = {one.number for one in self._changes.customers}
        used = [number for number in self._changes.numbers if number > 0 and number not in ours]
        found: dict[int, Document] = {}
        for number in used[:STRAYS_LOOKED_FOR]:
            if (entry := self._lookup.find(number)) and self._is_new(number, entry):
                found[number] = entry
        originals = [one.original for one in self._changes.customers]
        for entry in self._lookup.latest():
            number = whole(entry.get("customer_no"))
            if number not in ours and any(undo.is_copy(original, entry) for original in originals):
                found[number] = entry
        for number in found:
            yield f"customer {number} was not there before: an update of this run made it, remove it by hand"

    def _is_new(self, number: int, entry: Document) -> bool:
        born = instant(entry.get("created_at"))
        return self._lookup.client.target.has(number) or (born is not None and born >= self._started)
