"""The record: what one check learnt."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct

from billogram_contract.checking.counts import Counts, add
from billogram_contract.checking.finding import Finding
from billogram_contract.checking.observed_schema import ObservedSchema, merge


class Record(Struct, forbid_unknown_fields=True):
    """What one check learnt.

    `counts` says how many answers showed each finding, by fingerprint, `traits_of` what those
    answers have in common, and `traits` how many of all answers have it; `milliseconds` how long each answer
    took, by operation; `answers` hold text and curl line; `statuses` and `asked` what was answered and asked
    for how often, `samples` a curl line for each status; `problems` what could not be put back. `profile`,
    `samples` and `asked` tell of scenarios alone.
    """

    check: str
    clauses: tuple[str, ...] = ()
    is_property: bool = False
    exercised: Counts = {}
    findings: list[Finding] = []
    counts: Counts = {}
    traits: Counts = {}
    traits_of: dict[str, Counts] = {}
    answers: dict[str, tuple[str, str]] = {}
    blocked: str | None = None
    by_choice: bool = False
    dependency_failed: bool = False
    outage: str | None = None
    requests: int = 0
    statuses: dict[str, Counts] = {}
    milliseconds: dict[str, list[float]] = {}
    asked: Counts = {}
    profile: ObservedSchema = {}
    samples: dict[str, str] = {}
    problems: list[str] = []

    @classmethod
    def of(cls, data: Any) -> Record:
        """The record that `as_dict` told."""
        return msgspec.convert(data, cls)

    def as_dict(self) -> dict[str, Any]:
        """The record as plain data, so that it crosses processes with its report."""
        told: dict[str, Any] = msgspec.to_builtins(self)
        return told

    def take_over(self, other: Record) -> None:
        """Counts what another record tells with this one."""
        self.findings += other.findings
        self.requests += other.requests
        add(self.exercised, other.exercised)
        add(self.counts, other.counts)
        add(self.asked, other.asked)
        add(self.traits, other.traits)
        for fingerprint, traits in other.traits_of.items():
            add(self.traits_of.setdefault(fingerprint, {}), traits)
        merge(self.profile, other.profile)
        self.samples = {**other.samples, **self.samples}
        for operation, counts in other.statuses.items():
            add(self.statuses.setdefault(operation, {}), counts)
            self.milliseconds.setdefault(operation, []).extend(other.milliseconds[operation])


def total(records: Iterable[Record]) -> Record:
    """What all checks of a run learnt."""
    whole = Record("all")
    for record in records:
        whole.take_over(record)
    return whole
