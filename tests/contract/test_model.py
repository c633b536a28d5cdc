"""A state machine over a model of allotted customers: updates, renumberings, refusals and lists, mixed."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from billogram_contract.allotment import Allotment
from billogram_contract.errors import NotAllotted
from billogram_contract.expect import expect
from strategies import customer_updates, invalid_updates

MODELLED = 2  # customers

clause = pytest.mark.clause
pytestmark = pytest.mark.property

CLAUSES = (
    "update.answers",
    "update.round-trip",
    "update.partial",
    "update.list-agrees",
    "update.only-addressed",
    "update.unknown-customer",
    "update.refused-changes-nothing",
    "renumber.new-number",
    "renumber.old-number-gone",
    "renumber.keeps-the-rest",
    "renumber.unique",
)


class Model(RuleBasedStateMachine):
    """What the allotted customers must look like after every accepted and every refused update."""

    allotment: Allotment

    def __init__(self) -> None:
        super().__init__()
        self.resources = ExitStack()

    @initialize()
    def borrow(self) -> None:
        self.customers = self.resources.enter_context(self.allotment.lend(MODELLED))
        self.expected: list[dict[str, Any]] = [customer.current for customer in self.customers]
        self.left: set[int] = set()
        self.touched: int | None = None

    @rule(who=st.integers(0, MODELLED - 1), body=customer_updates().filter(bool))
    def update(self, who: int, body: dict[str, Any]) -> None:
        answer = self.customers[who].update(body)
        expect(answer, "update.answers").is_accepted()
        expect(answer, "update.round-trip").shows(body)
        expect(answer, "update.partial").keeps(self.expected[who], but=[*body, "created_at"])
        self._accept(who)

    @rule(who=st.integers(0, MODELLED - 1))
    def renumber(self, who: int) -> None:
        old, number = self.customers[who].number, self.allotment.free_number()
        answer = self.customers[who].update({"customer_no": number})
        expect(answer, "renumber.new-number").is_accepted().shows({"customer_no": number})
        expect(answer, "renumber.keeps-the-rest").keeps(self.expected[who], but=["customer_no"])
        self.left.add(old)
        self._accept(who)

    @rule(who=st.integers(0, MODELLED - 1))
    def take_the_other_number(self, who: int) -> None:
        other = self.customers[1 - who].number
        answer = self.customers[who].update({"customer_no": other})
        expect(answer, "renumber.unique").is_refused(naming="customer_no")
        self.touched = who

    @rule(who=st.integers(0, MODELLED - 1), data=st.data())
    def refuse(self, who: int, data: st.DataObject) -> None:
        near_miss = data.draw(invalid_updates(), label="near-miss")
        answer = self.customers[who].update(near_miss.value)
        if answer.is_success:
            self._accept(who)  # another check says of which clause it departs
        self.touched = who

    @rule()
    def ask_for_a_number_that_was_left(self) -> None:
        gone = sorted(self.left - {customer.number for customer in self.customers})
        if gone:
            answer = self.allotment.client.update(gone[-1], {"notes": "nobody"})
            expect(answer, "renumber.old-number-gone").is_refused(status=404)

    @invariant()
    def the_list_agrees(self) -> None:
        """The customer last touched is listed as the model has it."""
        if getattr(self, "touched", None) is None:
            return
        who = self.touched or 0
        listed, entry = self.customers[who].listed(self.expected[who])
        expect(listed, "update.list-agrees").entry_is(entry, self.expected[who])

    def teardown(self) -> None:
        try:
            self._hold_the_untouched()
        finally:
            self.resources.close()

    def _accept(self, who: int) -> None:
        self.expected[who] = self.customers[who].current
        self.touched = who

    def _hold_the_untouched(self) -> None:
        """Nobody was changed by an update of somebody else."""
        customers, expected_of = getattr(self, "customers", ()), getattr(self, "expected", ())
        for customer, expected in zip(customers, expected_of, strict=True):
            listed, entry = customer.listed(expected)
            expect(listed, "update.only-addressed").entry_is(entry, expected, as_told="as it was before")


@clause(*CLAUSES)
def test_customers_follow_the_model(allotment: Allotment) -> None:
    if len(allotment.client.target.numbers) < MODELLED:
        raise NotAllotted("needs free numbers to renumber to (--numbers)")

    class Allotting(Model):
        pass

    Allotting.allotment = allotment
    run_state_machine_as_test(Allotting, settings=settings.default)
