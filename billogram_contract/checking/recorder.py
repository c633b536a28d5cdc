"""What a run learns, check by check: findings, exercised clauses, answers to open questions, requests."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable

from msgspec.structs import replace

from billogram_contract.checking.attribution import cause
from billogram_contract.checking.conformance import SchemaPath, Violation, hold
from billogram_contract.checking.counts import count
from billogram_contract.checking.finding import Cause, Finding
from billogram_contract.checking.laws import Laws
from billogram_contract.checking.observed_schema import Observer
from billogram_contract.checking.record import Record
from billogram_contract.checking.requested import asked
from billogram_contract.checking.story import Story
from billogram_contract.checking.telling.memory import Memory
from billogram_contract.checking.telling.scene import Exchange, Scene
from billogram_contract.checking.telling.tell import story
from billogram_contract.checking.telling.traits import traits_of
from billogram_contract.spec.clauses import Clauses
from billogram_contract.spec.description import Description
from billogram_contract.upstream.exchange import Answer

MOST_EXCHANGES = 100  # of a check that are kept: the last ones


_FIELD = re.compile(r"/data(?:/\*)?(/[^*]+)")  # a field of a customer, as answered by either operation


class Recorder:
    """Holds every answer against the description and keeps what the current check learns."""

    def __init__(
        self,
        description: Description,
        clauses: Clauses,
        base_url: str,
        *,
        is_faithful: bool = False,
        is_outdated: bool = False,
    ) -> None:
        self.description = description
        self.clauses = clauses
        self.base_url = base_url
        self.record = Record("")
        self.exchanges: deque[Exchange] = deque(maxlen=MOST_EXCHANGES)  # of the current check, in order
        self._is_faithful = is_faithful  # the target is our own and told not to drift
        self._is_outdated = is_outdated  # the answers were recorded with another description
        self.laws = Laws()
        self.memory = Memory()
        self._observer = Observer()
        self._clauses_of_schema_path: dict[SchemaPath, str | None] = {}
        self._seen: dict[str, Finding] = {}
        self.drifted: set[str] = set()
        self.broken: set[str] = set()  # of these, all but what a list merely no longer refuses
        self._departed: set[str] = set()
        self.has_expected = False  # whether the current check stated an expectation

    def begin(self, check: str, clauses: tuple[str, ...], *, is_property: bool = False) -> None:
        """Starts the record of a check; what was asked before the first one counts with it."""
        before, self.record = self.record, Record(check, clauses, is_property)
        self.exchanges.clear()
        self.has_expected = False
        if not before.check:
            self.record.take_over(before)

    def forget(self) -> None:
        """Takes back that the check exercised its clauses: it came to no end, so it decided nothing."""
        for clause in self.record.clauses:
            self.record.exercised.pop(clause, None)

    def end(self) -> Record:
        """The record of the current check, whole."""
        self.record.profile = self._observer.take()
        return self.record

    def exercise(self, clause: str) -> None:
        """Counts what an expectation says of a clause."""
        self.has_expected = True
        count(self.record.exercised, [clause])

    def receive(self, answer: Answer) -> None:
        """Counts an answer and holds it against the description; what departs becomes findings."""
        self._count(answer)
        self.exchanges.append(Exchange(self.record.requests, answer))
        answer.hand_to(self)
        self.memory.learn(answer)
        held = hold(answer, self.description).joined(self.laws.hold(answer).but(self.is_known))
        rules = (self.clauses.of_rule(rule).id for rule in held.rules)
        count(self.record.exercised, {*rules, *filter(None, map(self._clause_of, held.schema_paths))})
        found = {one.fingerprint: one for one in (self._departure(answer, each) for each in held.violations)}
        self.add(found.values())  # what several customers of one answer depart in counts once
        for fingerprint in found:
            count(self.record.traits_of.setdefault(fingerprint, {}), traits_of(answer))

    def finding(self, clause: str, answer: Answer, violation: Violation) -> Finding:
        """A violation as a finding of a clause; with its story, where it is seen for the first time."""
        finding = Finding(
            clause=clause,
            direction=violation.direction,
            operation=" ".join(answer.call.operation),
            pointer=violation.where,
            expected=violation.expected,
            observed=violation.observed,
            curl=answer.call.curl(self.base_url),
            asked=answer.call.brief,
            cause=self._cause(answer, violation),
            patch=violation.patch,
        )
        if known := self._seen.get(finding.fingerprint):
            return known
        return replace(finding, story=self._story(clause, answer, violation))

    def _story(self, clause: str, answer: Answer, violation: Violation) -> Story:
        scene = Scene(self.clauses[clause], answer, violation, list(self.exchanges), self.memory)
        try:
            return story(scene)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            return Story()  # an answer so odd that no story fits: what departs is told all the same

    def _cause(self, answer: Answer, violation: Violation) -> Cause:
        if self._is_outdated and violation.patch:
            return "description"  # it is another one than the answer was recorded with
        return cause(answer, violation.direction, is_faithful=self._is_faithful)

    def _count(self, answer: Answer) -> None:
        record, operation = self.record, " ".join(answer.call.operation)
        record.requests += 1
        count(record.statuses.setdefault(operation, {}), [str(answer.status)])
        count(record.traits, traits_of(answer))
        record.milliseconds.setdefault(operation, []).append(round(answer.seconds * 1000, 1))
        if not record.is_property:
            count(record.asked, asked(answer))
            self._observer.see(answer)
            if (kind := f"{operation} {answer.status}") not in record.samples:
                record.samples[kind] = answer.call.curl(self.base_url)

    @property
    def has_trouble(self) -> bool:
        """Whether the current check found a drift, or was kept from asking."""
        return bool(self.record.findings or self.record.blocked)

    def is_known(self, pointer: str) -> bool:
        """Whether a field of customers has a finding already, or lies below one that has."""
        pointer = field[1] if (field := _FIELD.fullmatch(pointer)) else pointer
        return any(pointer == place or pointer.startswith(f"{place}/") for place in self._departed)

    def add(self, findings: Iterable[Finding]) -> None:
        """Keeps the findings that this process has not seen: one cause gives one finding."""
        for finding in findings:
            self.drifted.add(finding.clause)
            if finding.direction != "relaxed" or not finding.operation.startswith("GET"):
                self.broken.add(finding.clause)
            count(self.record.counts, [finding.fingerprint])
            if field := _FIELD.fullmatch(finding.pointer):
                self._departed.add(field[1])
            if finding.fingerprint not in self._seen:
                self._seen[finding.fingerprint] = finding
                self.record.findings.append(finding)

    def _departure(self, answer: Answer, violation: Violation) -> Finding:
        clause = (
            self.clauses.of_rule(violation.rule).id
            if violation.rule
            else self._clause_of(violation.schema_path)
        )
        if clause is None:
            raise LookupError(f"no clause stands at {violation.schema_path}")
        return self.finding(clause, answer, violation)

    def _clause_of(self, schema_path: SchemaPath) -> str | None:
        if schema_path not in self._clauses_of_schema_path:
            clause = self.clauses.of_schema_path(schema_path)
            self._clauses_of_schema_path[schema_path] = clause.id if clause else None
        return self._clauses_of_schema_path[schema_path]
