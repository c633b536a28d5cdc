"""The verdict: what a run says of each clause, and of them all."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import IntEnum

from billogram_contract.checking.finding import Direction, Finding, fails
from billogram_contract.checking.record import Record, total
from billogram_contract.results.model import Noted
from billogram_contract.results.words import RunWord, Word
from billogram_contract.spec.clauses import Clause, Clauses

NO_CHECK_RAN = "no check ran"  # the reason of a clause that nothing of the run was for


class Exit(IntEnum):
    """Exit codes of a run."""

    HELD = 0
    DRIFT = 1
    SETUP = 2
    INTERNAL = 3
    INCONCLUSIVE = 6

    @property
    def word(self) -> RunWord:
        """What a run that ends so comes to."""
        words = {
            Exit.HELD: RunWord.HELD,
            Exit.DRIFT: RunWord.DRIFTED,
            Exit.SETUP: RunWord.NOTHING_CHECKED,
            Exit.INTERNAL: RunWord.FAILED,
            Exit.INCONCLUSIVE: RunWord.INCONCLUSIVE,
        }
        return words[self]


@dataclass(frozen=True)
class Verdict:
    """What a run says of one clause; `answered` is for an observed clause whose question was answered.

    `prevented` tells that something upstream did kept the clause from being asked, which no finding tells.
    """

    clause: Clause
    word: Word
    exchanges: int
    findings: tuple[Finding, ...] = ()
    reason: str = ""
    answers: tuple[Noted, ...] = ()
    prevented: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it is a promise that could have been asked about and was not."""
        clause = self.clause
        return self.word == Word.UNCHECKED and clause.level == "must" and not clause.untestable


def findings_of(records: Sequence[Record]) -> list[Finding]:
    """The findings of a run, each once: the first to be recorded is the simplest."""
    findings: dict[str, Finding] = {}
    for record in records:
        for finding in record.findings:
            findings.setdefault(finding.fingerprint, finding)
    return list(findings.values())


def verdicts(clauses: Clauses, records: Sequence[Record], accepted: Collection[str] = ()) -> list[Verdict]:
    """The verdict on every clause from what the checks of a run recorded.

    `accepted` holds the fingerprints of the findings that the team accepts for now.
    """
    findings = findings_of(records)
    exercised = total(records).exercised
    return [
        _verdict(
            clause,
            [finding for finding in findings if finding.clause == clause.id],
            exercised.get(clause.id, 0),
            [record for record in records if clause.id in record.clauses],
            accepted,
        )
        for clause in clauses.values()
    ]


def exit_code(
    all_verdicts: Sequence[Verdict],
    fail_on: Direction,
    accepted: Collection[str] = (),
    others: Sequence[Finding] = (),
    *,
    require_complete: bool = False,
) -> Exit:
    """The exit code of a run that came to its end; `others` are findings that stand in no verdict.

    With `require_complete` no promise that can be tested may stay unchecked.
    """
    findings = [*(finding for verdict in all_verdicts for finding in verdict.findings), *others]
    if any(fails(one, fail_on) for one in findings if one.fingerprint not in accepted):
        return Exit.DRIFT
    if not any(verdict.exchanges for verdict in all_verdicts if verdict.clause.level == "must"):
        return (
            Exit.INCONCLUSIVE
            if any(verdict.word == Word.INCONCLUSIVE for verdict in all_verdicts)
            else Exit.SETUP
        )
    if any(verdict.word == Word.INCONCLUSIVE or verdict.prevented for verdict in all_verdicts):
        return Exit.INCONCLUSIVE
    if require_complete and any(verdict.is_open for verdict in all_verdicts):
        return Exit.INCONCLUSIVE
    return Exit.HELD


def _verdict(
    clause: Clause,
    findings: list[Finding],
    exchanges: int,
    records: list[Record],
    accepted: Collection[str],
) -> Verdict:
    outage = next((record.outage for record in records if record.outage), None)
    skipped = sorted(
        (record for record in records if record.blocked),
        key=lambda record: (record.by_choice, record.dependency_failed),
    )
    blocked = skipped[0] if skipped else None
    if findings:
        is_accepted = all(finding.fingerprint in accepted for finding in findings)
        return Verdict(clause, Word.ACCEPTED if is_accepted else Word.DRIFTED, exchanges, tuple(findings))
    if outage:
        return Verdict(clause, Word.INCONCLUSIVE, exchanges, reason=outage)
    if blocked and not blocked.by_choice and clause.level == "must":
        prevented = not blocked.dependency_failed
        return Verdict(clause, Word.UNCHECKED, exchanges, reason=blocked.blocked or "", prevented=prevented)
    if exchanges and clause.level == "observed":
        answers = _answers(clause, records)
        told = "; ".join(dict.fromkeys(one.answer for one in answers)) or "no answer was noted"
        return Verdict(clause, Word.ANSWERED, exchanges, reason=told, answers=answers)
    if exchanges:
        return Verdict(clause, Word.HOLDS, exchanges)
    return Verdict(clause, Word.UNCHECKED, 0, reason=_why_unchecked(clause, blocked, records))


def _why_unchecked(clause: Clause, blocked: Record | None, records: list[Record]) -> str:
    if clause.untestable:
        return f"untestable: {clause.untestable}"
    if blocked and blocked.blocked:
        return blocked.blocked
    return "no answer of this run shows it" if records else NO_CHECK_RAN


def _answers(clause: Clause, records: list[Record]) -> tuple[Noted, ...]:
    """What scenarios noted: generated data may put the question otherwise each time."""
    noted = [
        Noted(record.check, *record.answers[clause.id])
        for record in records
        if clause.id in record.answers and not record.is_property
    ]
    return tuple(sorted(noted, key=lambda one: one.check))
