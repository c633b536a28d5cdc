"""Expectations: what a check says of an answer, in the API's own words. They alone produce findings.

    expect(client.list(page=1, page_size=101)).is_refused(naming="page_size")

An expectation speaks for the one clause that its check names, or for the clause given where it names several.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from billogram_contract.checking.conformance import SERVER_ERRORS, Violation
from billogram_contract.checking.finding import Direction, Drift
from billogram_contract.checking.patch import Patch, bound_removed
from billogram_contract.checking.recorder import Recorder
from billogram_contract.errors import Blocked, DependencyFailed, Outage
from billogram_contract.spec.customer import Difference, differences, instant, unwritten
from billogram_contract.upstream.exchange import Answer

OK = 200
DENIED = (401, 403)
BEFORE = "as it was before"


def expect(answer: Answer, clause: str | None = None) -> Expectation:
    """What is expected of an answer; `clause` says of which clause where the check names several."""
    named = recorder_of(answer).record.clauses
    if clause is None and len(named) == 1:
        clause = named[0]
    elif clause is None:
        raise ValueError(f"This check names several clauses: say which of {', '.join(named)} is held.")
    elif clause not in named:
        raise ValueError(f"This check doesn't name the clause {clause}.")
    return Expectation(answer, clause)


def recorder_of(answer: Answer) -> Recorder:
    """Who received an answer; raises RuntimeError where no run did: expectations are for checks."""
    if not isinstance(answer.receiver, Recorder):
        raise RuntimeError("No run is under way that received this answer: expectations are for checks.")
    return answer.receiver


class Expectation:
    """One answer and the clause that it is held against; each method raises Drift where it departs."""

    def __init__(self, answer: Answer, clause: str) -> None:
        self.answer = answer
        self.clause = clause
        self.recorder = recorder_of(answer)

    def is_accepted(self) -> Expectation:
        """The request succeeds."""
        if self.answer.is_success:
            return self._met()
        raise self._drift("", "200: the request is accepted", self.answer.brief)

    def is_refused(
        self, *, status: int | Sequence[int] = 400, at: str = "", naming: str | None = None
    ) -> Expectation:
        """The request is refused with one of the statuses for its field `at`.

        With `naming` that field is the only one that an error may name.
        """
        statuses = (status,) if isinstance(status, int) else tuple(status)
        wanted = f"{' or '.join(map(str, statuses))}: the request is refused"
        place = f"/{field.replace(':', '/')}" if (field := naming or at) else ""
        if self.answer.is_success:
            raise self._drift(place, wanted, f"{self.answer.status}: it is accepted", "relaxed")
        if self.answer.status not in statuses and self._is_documented():
            raise self._drift(place, wanted, self.answer.brief, wants_refusal=True)
        self._met()
        if naming and statuses == (400,):
            self._names(naming)
        return self

    def is_denied(self) -> Expectation:
        """The credentials are refused."""
        return self.is_refused(status=DENIED)

    def is_answered(self, *, status: int | Sequence[int] = (OK, 400)) -> Expectation:
        """Whether it is accepted or refused is open, but it is one of the statuses, and no server error."""
        statuses = (status,) if isinstance(status, int) else tuple(status)
        if self.answer.status in statuses or not self._is_documented():
            return self._met()
        raise self._drift("", f"one of {', '.join(map(str, statuses))}", self.answer.brief)

    def shows(self, body: dict[str, Any]) -> Expectation:
        """The update's answer shows each field that its body wrote."""
        return self._agrees(unwritten(body, self.answer.customer), "as the request wrote it")

    def keeps(self, before: dict[str, Any], *, but: Iterable[str] = ()) -> Expectation:
        """The update's answer shows the customer as it was before, but for the fields named."""
        return self._agrees(differences(before, self.answer.customer, but=but), BEFORE)

    def is_true(self, holds: bool, *, expected: str, observed: str, at: str = "") -> Expectation:
        """A statement of the clause about the answer holds."""
        if holds:
            return self._met()
        raise self._drift(at, expected, observed)

    def unchanged(self, entry: dict[str, Any] | None, before: dict[str, Any]) -> Expectation:
        """A customer's entry in the list, this answer, is as it was before, `updated_at` included."""
        self.entry_is(entry, before, as_told=BEFORE)
        was, now = (instant((one or {}).get("updated_at")) for one in (before, entry))
        return self.is_true(
            was == now or self.recorder.is_known("/updated_at"),
            expected=f"updated_at stays {was}",
            observed=str(now),
            at="/data/*/updated_at",
        )

    def entry_is(
        self,
        entry: dict[str, Any] | None,
        customer: dict[str, Any],
        *,
        but: Iterable[str] = (),
        as_told: str = "as the update answered",
    ) -> Expectation:
        """A customer's entry in the list, this answer, is the customer given; `as_told` says where from."""
        if entry is None:
            raise self._drift("/data", f"customer {customer.get('customer_no')} is listed", "it is not")
        return self._agrees(differences(customer, entry, but=but), as_told)

    def _agrees(self, found: Sequence[Difference], as_told: str) -> Expectation:
        """Nothing differs; what has a finding already is left to it."""
        if not found:
            return self._met()
        found = [one for one in found if not self.recorder.is_known(one.pointer)]
        if not found:
            raise DependencyFailed("all that differs has a finding already")
        self.recorder.exercise(self.clause)
        violations = [
            Violation(f"/data{one.pointer}", f"{one.expected}, {as_told}", one.observed) for one in found
        ]
        raise Drift(*(self.recorder.finding(self.clause, self.answer, violation) for violation in violations))

    def _names(self, field: str) -> None:
        """An error that names a field names the one at fault: a rule of all refusals."""
        named = self.answer.named_fields
        if not named:
            return
        clause = self.recorder.clauses.of_rule("error-field").id
        self.recorder.exercise(clause)
        if not any(_last(name) == _last(field) for name in named):
            violation = Violation("/data/field", f"the field at fault, {field}", ", ".join(named))
            self.recorder.add([self.recorder.finding(clause, self.answer, violation)])

    def _is_documented(self) -> bool:
        """Whether the status is documented: one that isn't is the finding of another clause."""
        if self.answer.status in SERVER_ERRORS:
            return True
        return str(self.answer.status) in self.recorder.description.responses(*self.answer.call.operation)

    def _patch(self) -> Patch:
        """How the description would follow where a bound of a request holds no more."""
        pointers = self.recorder.clauses[self.clause].pointers
        return tuple(step for pointer in pointers for step in bound_removed(pointer))

    def _met(self) -> Expectation:
        self.recorder.exercise(self.clause)
        return self

    def _drift(
        self,
        where: str,
        expected: str,
        observed: str,
        direction: Direction = "breaking",
        *,
        wants_refusal: bool = False,
    ) -> Drift | Outage | Blocked:
        asked = f"{self.answer.call.method} {self.answer.call.path}"
        if self.answer.status == 503:  # documented, and no departure
            return Outage(f"{asked} answered {self.answer.brief}")
        granted = self.recorder.clauses.of_rule("granted").id
        if (
            self.answer.status in DENIED
            and self.answer.call.credentials == "right"
            and self.clause != granted
            # What a permission lacks may keep from what is accepted otherwise, never from being refused.
            and not (wants_refusal and self.answer.call.operation in self.recorder.laws.granted)
        ):
            return Blocked(f"{asked} was denied: {self.answer.brief}")
        self.recorder.exercise(self.clause)
        patch = self._patch() if direction == "relaxed" else ()
        violation = Violation(where, expected, observed, direction=direction, patch=patch)
        return Drift(self.recorder.finding(self.clause, self.answer, violation))


def expect_described(answer: Answer) -> None:
    """The answer's shape is what every answer is held to anyway; raises Blocked where it has none to hold."""
    recorder_of(answer).has_expected = True
    if answer.status in SERVER_ERRORS:
        raise Blocked(f"{answer.call.method} {answer.call.path} answered {answer.brief}")


def observe(answer: Answer, text: str | None = None, clause: str | None = None) -> None:
    """Records upstream's answer to the open question of an observed clause; red only on a server error.

    The text is what is recorded; without one it is *accepted*, or *refused* with status and identifier.
    """
    recorder = recorder_of(answer)
    clause = clause or recorder.record.clauses[0]
    if answer.status in SERVER_ERRORS:
        if answer.status == 503:
            raise Outage(f"{answer.call.method} {answer.call.path} answered {answer.brief}")
        violation = Violation("", "an answer below 500", answer.brief)
        raise Drift(recorder.finding(recorder.clauses.of_rule("server-error").id, answer, violation))
    recorder.exercise(clause)
    told = text or ("accepted" if answer.is_success else f"refused: {answer.status}")
    recorder.record.answers[clause] = (told, answer.call.curl(recorder.base_url))


def _last(path: str) -> str:
    return path.replace(".", ":").rpartition(":")[2]
