"""The outcome of a run: verdicts, ledger and exit code, from what its checks recorded."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import pytest

from billogram_contract.checking.finding import Finding, fails
from billogram_contract.checking.record import Record
from billogram_contract.results import comparison, deviations, ledger
from billogram_contract.results.model import About, Comparison, DeviationStatus, Ledger
from billogram_contract.results.verdict import Exit, Verdict, exit_code, findings_of, verdicts
from billogram_contract.run import check_reports
from billogram_contract.run.about import about
from billogram_contract.run.run import Run


@dataclass(frozen=True)
class Outcome:
    """What a run came to."""

    verdicts: list[Verdict]
    ledger: Ledger
    code: Exit


@dataclass(frozen=True)
class _Found:
    """What departed: promises (`departed`), and what changed since the baseline; how deviations stand."""

    departed: list[Finding]
    changes: Comparison | None
    deviations: list[DeviationStatus]

    @property
    def changed(self) -> list[Finding]:
        return self.changes.findings if self.changes else []

    @property
    def accepted(self) -> frozenset[str]:
        return deviations.accepted(self.deviations)


def conclude(run: Run, *, is_complete: bool = True) -> Outcome:
    """The outcome of what was recorded so far; a run that was broken off comes to no verdict of its own."""
    told_of_run = about(run)
    found = _found(run, told_of_run, is_complete=is_complete)
    judged = verdicts(run.clauses, run.records, found.accepted)
    code = _code(run, found, judged)
    told = _ledger(run, told_of_run, judged, found.deviations, code if is_complete else None)
    if run.baseline and found.changes:
        told = ledger.with_comparison(
            told, run.baseline, found.changes, found.deviations, run.settings.fail_on
        )
    return Outcome(judged, told, code)


def untold_items(run: Run, told: Collection[str]) -> Iterator[tuple[pytest.TestReport, pytest.TestReport]]:
    """A failing test item for each cause of a red run that no check showed, by the fingerprints that did."""
    found = _found(run, about(run), is_complete=True)
    failing = [
        one
        for one in (*found.departed, *found.changed)
        if fails(one, run.settings.fail_on) and one.fingerprint not in found.accepted
    ]
    return check_reports.untold(failing, found.deviations, told)


def _found(run: Run, of_run: About, *, is_complete: bool) -> _Found:
    changes = None
    if run.baseline and is_complete:
        judged = verdicts(run.clauses, run.records)
        changes = comparison.compare(run.baseline, _ledger(run, of_run, judged, (), Exit.HELD))
    departed = findings_of(run.records)
    findings = [*departed, *(changes.findings if changes else [])]
    statuses = deviations.standing(
        run.deviations, findings, _asked(run.records), target=run.kind, depth=of_run.depth
    )
    return _Found(departed, changes, statuses)


def _code(run: Run, found: _Found, judged: Sequence[Verdict]) -> Exit:
    told = run.settings
    code = exit_code(
        judged, told.fail_on, found.accepted, found.changed, require_complete=told.require_complete
    )
    if run.stale:
        return Exit.SETUP
    if run.faults or (run.broken and code != Exit.DRIFT):
        return Exit.INTERNAL
    if any(one.state != "current" for one in found.deviations) and code in (Exit.HELD, Exit.INCONCLUSIVE):
        return Exit.DRIFT
    if (run.problems or run.uncompared) and code == Exit.HELD:
        return Exit.INCONCLUSIVE  # all held, but not all is as it was found, or nothing was compared
    return code


def _ledger(
    run: Run,
    of_run: About,
    judged: Sequence[Verdict],
    deviation_statuses: Sequence[DeviationStatus],
    code: Exit | None,
) -> Ledger:
    return ledger.build(
        of_run,
        description=run.description,
        verdicts=judged,
        records=run.records,
        deviation_statuses=deviation_statuses,
        problems=[*run.problems, *run.residue],
        fail_on=run.settings.fail_on,
        exit_code=code,
        is_stale=bool(run.stale),
        uncompared=run.uncompared,
    )


def _asked(records: Sequence[Record]) -> list[str]:
    """The checks that asked to their end."""
    return [record.check for record in records if not record.blocked and not record.outage]
