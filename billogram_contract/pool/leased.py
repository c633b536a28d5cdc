"""One customer of the pool, as a check borrows it."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from billogram_contract.errors import Blocked, Outage
from billogram_contract.pool import undo
from billogram_contract.pool.undo import Change
from billogram_contract.spec.customer import WRITABLE, differences, instant, leaves, unwritten
from billogram_contract.upstream.client import Client
from billogram_contract.upstream.exchange import Answer, Call, whole

Document = dict[str, Any]


class Lessor(Protocol):
    """What a leased customer needs of the pool that it comes from."""

    client: Client

    def look(self, number: int, until: Callable[[Document], bool]) -> tuple[Answer, Document | None]: ...

    def locate(self, customer: LeasedCustomer) -> Document | None: ...

    def follow(self, customer: LeasedCustomer, number: int) -> None: ...

    def learn(self, customer: LeasedCustomer, answer: Answer) -> None: ...


class LeasedCustomer:
    """One customer of the pool: how it was found, and how it is as far as upstream has told.

    `original` is its entry in the list, `answered` what updates show otherwise; `is_listed` says which of the
    two showed `current`.
    """

    def __init__(self, lessor: Lessor, original: Document) -> None:
        self._lessor = lessor
        self.original = original
        self.answered: Document = {}
        self.original_number: int = whole(original["customer_no"])
        self.number = self.original_number
        self.current = copy.deepcopy(original)
        self.numbers: list[int] = []  # that it may have instead, where an update's fate is unknown
        self.is_uncertain = False
        self.is_awaited = False  # an update that nobody has seen the end of may still show
        self.is_listed = True
        self.first_written: frozenset[str] | None = None  # the fields of the first update that was accepted
        self.hidden: set[str] = set()  # fields that updates wrote and nothing has shown, before or since
        self._in_vain: set[tuple[str, str]] = set()  # changes that no update undid
        self.residue = ""  # what an update of the suite set and none can unset
        self.completeness = sum(1 for _ in leaves(original))  # how many fields it shows

    @property
    def goal(self) -> Document:
        """How the customer was found, as what showed `current` shows it."""
        return self.original if self.is_listed else self.original | self.answered

    def update(self, body: Any) -> Answer:
        """Asks for an update and follows the customer to the number that an accepted one gave it."""
        answer = self._lessor.client.update(self.number, body, again=self._again)
        if answer.is_success:
            self.follow(answer)
            self._lessor.learn(self, answer)
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
            self.show(entry)
        return entry is not None

    def show(self, customer: Document, *, is_listed: bool = True) -> None:
        """Takes note of how the customer is, as its entry in the list or the answer of an update tells."""
        self.current, self.is_listed = copy.deepcopy(customer), is_listed
        number = whole(customer.get("customer_no"))
        if isinstance(number, int):
            self._lessor.follow(self, number)

    def follow_entry(self, entry: Document) -> None:
        """Takes note of a customer's entry in the list, which tells for certain how it is."""
        self.is_uncertain = False
        self.show(entry)

    def arrange(self, **fields: Any) -> Answer:
        """An update that a check builds on; raises Blocked where upstream does not take it."""
        answer = self.update(fields)
        if not answer.is_success:
            raise Blocked(f"could not be arranged: PUT of {', '.join(fields)} was answered {answer.brief}")
        if lost := unwritten(fields, answer.customer):
            raise Blocked(f"could not be arranged: {lost[0].pointer} was not kept as it was written")
        return answer

    def read(self) -> Document:
        """The customer's entry in the list, once it is as the last answer told.

        Raises Blocked where the list doesn't show the customer.
        """
        entry = self._lessor.look(self.number, self._is_settled)[1]
        if entry is None:
            raise Blocked(f"the list does not show customer {self.number}")
        return entry

    def _is_settled(self, entry: Document) -> bool:
        stamps = {instant(one.get("updated_at")) for one in (self.current, entry)} - {None}
        return len(stamps) < 2 and not differences(self.current, entry)

    def listed(self, expected: Document) -> tuple[Answer, Document | None]:
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
        self.current, self.is_listed = copy.deepcopy(customer), False
        number = whole(customer.get("customer_no"))
        if number in (self.number, *self.numbers) or undo.is_same(self.original, customer):
            self.show(customer, is_listed=False)

    def note_hidden(self, body: Document, answer: Answer) -> None:
        """Takes note of what an accepted update wrote, and of what its answer shows."""
        try:
            shown = answer.customer
        except Blocked:
            return
        written = {name for name, value in body.items() if name in WRITABLE and value not in (None, "")}
        self.hidden |= written - self.original.keys()
        self.hidden -= shown.keys()

    def unknown(self, unlisted: Iterable[str], *, is_doubtful: bool) -> str:
        """What is told of fields of which nobody knows how they were; empty where there are none.

        `unlisted` are those that the list shows otherwise than updates do.
        """
        unlike = {*unlisted} & (self.first_written or set()) - self.answered.keys()
        told = [f"the list shows {', '.join(sorted(unlike))} otherwise than updates do"] if unlike else []
        if self.hidden and is_doubtful:
            told.append(f"{', '.join(sorted(self.hidden))} was written, and is shown nowhere")
        return f"{', and '.join(told)}, so look by hand at what it was" if told else ""

    def is_as_found(self, entry: Document) -> bool:
        """Whether an entry in the list is how the customer was found, as far as updates can make it so."""
        return not self.undoable(undo.changes(self.original, entry))

    @property
    def left(self) -> list[Change]:
        """What is to be undone, as far as upstream has told."""
        return self.undoable(undo.changes(self.goal, self.current))

    def undoable(self, found: Iterable[Change]) -> list[Change]:
        """The changes that may be undone: how nothing is written is left, and what was tried in vain."""
        return [one for one in found if not (one.is_form and one.is_unset) and one.state not in self._in_vain]

    def give_up(self, found: Iterable[Change]) -> None:
        """Takes note of changes that no update undoes, and that are no harm: not to be tried again."""
        self._in_vain |= {one.state for one in found if one.is_form or one.is_unset}
