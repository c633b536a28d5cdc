"""A state machine over a model of allotted customers: updates, renumberings, refusals and lists, mixed."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from billogram_contract.checking.expect import expect
from billogram_contract.errors import PoolTooSmall
from billogram_contract.pool.pool import Pool
from billogram_contract.upstream.exchange import Answer
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

    pool: Pool

    def __init__(self) -> None:
        super().__init__()
        self.resources = ExitStack()

    @initialize()
    def borrow(self) -> None:
        self.customers = self.resources.enter_context(self.pool.lease(MODELLED))
        self.expected: list[dict[str, Any]] = [customer.current for customer in self.customers]
        self.left: set[int] = set()
        self.touched: int | None = None

    @rule(who=st.integers(0, MODELLED - 1), body=customer_updates().filter(bool))
    def update(self, who: int, body: dict[str, Any]) -> None:
        before = self.expected[who]
        answer = self._write(who, body)
        expect(answer, "update.answers").is_accepted()
        expect(answer, "update.round-trip").shows(body)
        expect(answer, "update.partial").keeps(before, but=[*body, "created_at"])

    @rule(who=st.integers(0, MODELLED - 1))
    def renumber(self, who: int) -> None:
        before, number = self.expected[who], self.pool.free_number(self.customers[who])
        old = self.customers[who].number
        answer = self._write(who, {"customer_no": number})
        expect(answer, "renumber.new-number").is_accepted().shows({"customer_no": number})
        expect(answer, "renumber.keeps-the-rest").keeps(before, but=["customer_no"])
        self.left.add(old)

    @rule(who=st.integers(0, MODELLED - 1))
    def take_the_other_number(self, who: int) -> None:
        answer = self._write(who, {"customer_no": self.customers[1 - who].number})
        expect(answer, "renumber.unique").is_refused(naming="customer_no")

    @rule(who=st.integers(0, MODELLED - 1), data=st.data())
    def refuse(self, who: int, data: st.DataObject) -> None:
        negative_case = data.draw(invalid_updates(), label="near-miss")
        self._write(
            who, negative_case.value
        )  # where it is accepted, another check says of which clause it departs

    @rule()
    def ask_for_a_number_that_was_left(self) -> None:
        gone = sorted(self.left - {customer.number for customer in self.customers})
        if gone:
            answer = self.pool.client.update(gone[-1], {"notes": "nobody"})
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

    def _write(self, who: int, body: Any) -> Answer:
        """Updates a customer; the model follows whatever was accepted, before anything is said of it."""
        self.touched = who
        answer = self.customers[who].update(body)
        if answer.is_success:
            self.expected[who] = self.customers[who].current
        return answer

    def _hold_the_untouched(self) -> None:
        """Nobody was changed by an update of somebody else."""
        customers, expected_of = getattr(self, "customers", ()), getattr(self, "expected", ())
        for customer, expected in zip(customers, expected_of, strict=True):
            listed, entry = customer.listed(expected)
            expect(listed, "update.only-addressed").entry_is(entry, expected, as_told="as it was before")


@clause(*CLAUSES)
def test_customers_follow_the_model(pool: Pool) -> None:
    if len(pool.client.target.numbers) < MODELLED:
        raise PoolTooSmall("needs free numbers to renumber to (--numbers)")

    class Pooling(Model):
        pass

    Pooling.pool = pool
    run_state_machine_as_test(Pooling, settings=settings.default)
