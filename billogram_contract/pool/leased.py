"""One customer of the pool, as a check borrows it."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from typing import Any, Protocol

from billogram_contract.errors import Blocked, Outage
from billogram_contract.pool import undo
from billogram_contract.spec.customer import differences, instant, leaves, unwritten
from billogram_contract.upstream.client import Client
from billogram_contract.upstream.exchange import Answer, Call, whole


class Lessor(Protocol):
    """What a leased customer needs of the pool that it comes from."""

    client: Client

    def look(
        self, number: int, until: Callable[[dict[str, Any]], bool]
    ) -> tuple[Answer, dict[str, Any] | None]: ...

    def locate(self, customer: LeasedCustomer) -> dict[str, Any] | None: ...

    def follow(self, customer: LeasedCustomer, number: int) -> None: ...


class LeasedCustomer:
    """One customer of the pool: how it was found, and how it is as far as upstream has told."""

    def __init__(self, lessor: Lessor, original: dict[str, Any]) -> None:
        self._lessor = lessor
        self.original = original
        self.original_number: int = whole(original["customer_no"])
        self.number = self.original_number
        self.current = copy.deepcopy(original)
        self.numbers: list[int] = []  # that it may have instead, where an update's fate is unknown
        self.is_uncertain = False
        self.residue = ""  # what an update of the suite set and none can unset
        self.completeness = sum(1 for _ in leaves(original))  # how many fields it shows

    def update(self, body: Any) -> Answer:
        """Asks for an update and follows the customer to the number that an accepted one gave it."""
        answer = self._lessor.client.update(self.number, body, again=self._again)
        if answer.is_success:
            self.follow(answer)
        return answer

    def _again(self, call: Call) -> Call:
        """An update whose fate is unknown, for wherever the customer is now."""
        if not self.relocate():
            raise Outage(f"PUT {call.path}: the answer was lost, and the list does not show the customer")
        return dataclasses.replace(call, number=str(self.number))

    def relocate(self) -> bool:
        """Looks the customer up where it may be, as an update's fate is unknown; whether it was found."""
        entry = self._lessor.locate(self)
        if entry is not None:
            self._is_at(entry)
        return entry is not None

    def _is_at(self, customer: dict[str, Any]) -> None:
        self.current = copy.deepcopy(customer)
        number = whole(customer.get("customer_no"))
        if isinstance(number, int):
            self._lessor.follow(self, number)

    def arrange(self, **fields: Any) -> Answer:
        """An update that a check builds on; raises Blocked where upstream does not take it."""
        answer = self.update(fields)
        if not answer.is_success:
            raise Blocked(f"could not be arranged: PUT of {', '.join(fields)} was answered {answer.brief}")
        if lost := unwritten(fields, answer.customer):
            raise Blocked(f"could not be arranged: {lost[0].pointer} was not kept as it was written")
        return answer

    def read(self) -> dict[str, Any]:
        """The customer's entry in the list, once it is as the last answer told.

        Raises Blocked where the list doesn't show the customer.
        """
        entry = self._lessor.look(self.number, self._is_settled)[1]
        if entry is None:
            raise Blocked(f"the list does not show customer {self.number}")
        return entry

    def _is_settled(self, entry: dict[str, Any]) -> bool:
        stamps = {instant(one.get("updated_at")) for one in (self.current, entry)} - {None}
        return len(stamps) < 2 and not differences(self.current, entry)

    def listed(self, expected: dict[str, Any]) -> tuple[Answer, dict[str, Any] | None]:
        """The list's answer for this customer and its entry, which should settle to be as expected."""
        return self._lessor.look(self.number, lambda entry: not differences(expected, entry))

    def follow(self, answer: Answer) -> None:
        """Takes note of what an accepted update answered, or the list shows where that is unreadable.

        An answer that shows somebody else is not followed: the customer is looked up before it is put back.
        """
        try:
            customer = answer.customer
        except Blocked:
            self.relocate()
            return
        self.current = copy.deepcopy(customer)
        if whole(customer.get("customer_no")) in (self.number, *self.numbers) or self._is_same(customer):
            self._is_at(customer)

    def is_as_found(self, entry: dict[str, Any]) -> bool:
        """Whether an entry in the list is how the customer was found."""
        return bool(self.residue) or not undo.undo_body(self.original, entry, "")

    def _is_same(self, customer: dict[str, Any]) -> bool:
        return undo.is_same(self.original, customer)
