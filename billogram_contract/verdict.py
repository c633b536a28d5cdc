"""The verdict: what a run says of each clause, and of them all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Literal

from billogram_contract.clauses import Clause, Clauses
from billogram_contract.finding import DIRECTIONS, Direction, Finding

Word = Literal["holds", "drifted", "inconclusive", "unchecked", "answered"]


class Exit(IntEnum):
    """Exit codes of a run."""

    HELD = 0
    DRIFT = 1
    SETUP = 2
    INTERNAL = 3
    INCONCLUSIVE = 6


@dataclass(frozen=True)
class Verdict:
    """What a run says of one clause; `answered` is for an observed clause whose question was answered."""

    clause: Clause
    word: Word
    exchanges: int
    findings: tuple[Finding, ...] = ()
    reason: str = ""
    prevented: bool = False


def verdicts(clauses: Clauses, records: Sequence[dict[str, Any]]) -> list[Verdict]:
    """The verdict on every clause from what the checks of a run recorded (`Record.as_dict`)."""
    findings: dict[str, Finding] = {}
    for record in records:
        for finding in map(_finding, record["findings"]):
            findings.setdefault(finding.fingerprint, finding)  # the first is the simplest
    exercised: Counter[str] = Counter()
    for record in records:
        exercised.update(record["exercised"])
    return [
        _verdict(
            clause,
            [finding for finding in findings.values() if finding.clause == clause.id],
            exercised[clause.id],
            [record for record in records if clause.id in record["clauses"]],
        )
        for clause in clauses.values()
    ]


def exit_code(all_verdicts: Sequence[Verdict], fail_on: Direction) -> Exit:
    """The exit code of a run in which every check came to an end."""
    if any(fails(finding, fail_on) for verdict in all_verdicts for finding in verdict.findings):
        return Exit.DRIFT
    if not any(verdict.exchanges for verdict in all_verdicts if verdict.clause.level == "must"):
        return (
            Exit.INCONCLUSIVE
            if any(verdict.word == "inconclusive" for verdict in all_verdicts)
            else Exit.SETUP
        )
    if any(verdict.word == "inconclusive" or verdict.prevented for verdict in all_verdicts):
        return Exit.INCONCLUSIVE
    return Exit.HELD


def fails(finding: Finding, fail_on: Direction) -> bool:
    """Whether a finding is as bad as the direction that fails a run, or worse."""
    return DIRECTIONS.index(finding.direction) >= DIRECTIONS.index(fail_on)


def _verdict(
    clause: Clause, findings: list[Finding], exchanges: int, records: list[dict[str, Any]]
) -> Verdict:
    outage = next((record["outage"] for record in records if record["outage"]), None)
    skipped = sorted(
        (record for record in records if record["unasked"]), key=lambda record: record["by_choice"]
    )
    unasked = skipped[0] if skipped else None
    if findings:
        return Verdict(clause, "drifted", exchanges, tuple(findings))
    if outage:
        return Verdict(clause, "inconclusive", exchanges, reason=outage)
    if unasked and not unasked["by_choice"] and clause.level == "must":
        return Verdict(clause, "unchecked", exchanges, reason=unasked["unasked"], prevented=True)
    if exchanges and clause.level == "observed":
        answers = [record["answers"][clause.id] for record in records if clause.id in record["answers"]]
        return Verdict(clause, "answered", exchanges, reason=answers[0] if answers else "no answer was noted")
    if exchanges:
        return Verdict(clause, "holds", exchanges)
    if clause.untestable:
        return Verdict(clause, "unchecked", 0, reason=f"untestable: {clause.untestable}")
    if unasked:
        return Verdict(clause, "unchecked", 0, reason=unasked["unasked"])
    return Verdict(
        clause, "unchecked", 0, reason="no answer of this run shows it" if records else "no check ran"
    )


def _finding(data: dict[str, Any]) -> Finding:
    return Finding(**data)
