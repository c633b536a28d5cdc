"""The outcome of a run: verdicts, ledger and exit code, from what its checks recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from billogram_contract.checking.record import Record
from billogram_contract.results import comparison, deviations, ledger
from billogram_contract.results.model import About, DeviationStatus, Ledger
from billogram_contract.results.verdict import Exit, Verdict, exit_code, findings_of, verdicts
from billogram_contract.run.run import Run


@dataclass(frozen=True)
class Outcome:
    """What a run came to."""

    verdicts: list[Verdict]
    ledger: Ledger
    code: Exit


def conclude(run: Run, *, is_complete: bool = True) -> Outcome:
    """The outcome of what was recorded so far; a run that was broken off comes to no verdict of its own."""
    about = run.about()
    changes = None
    if run.baseline and is_complete:
        found = verdicts(run.clauses, run.records)
        changes = comparison.compare(run.baseline, _ledger(run, about, found, (), Exit.HELD))
    changed = changes.findings if changes else []
    findings = [*findings_of(run.records), *changed]
    deviation_statuses = deviations.standing(
        run.deviations, findings, _asked(run.records), target=run.kind, depth=about.depth
    )
    accepted = deviations.accepted(deviation_statuses)
    judged = verdicts(run.clauses, run.records, accepted)
    told = run.settings
    code = exit_code(judged, told.fail_on, accepted, changed, require_complete=told.require_complete)
    if run.stale:
        code = Exit.SETUP
    elif run.broken and code != Exit.DRIFT:
        code = Exit.INTERNAL
    elif any(one.state != "current" for one in deviation_statuses) and code in (Exit.HELD, Exit.INCONCLUSIVE):
        code = Exit.DRIFT
    elif run.problems and code == Exit.HELD:
        code = Exit.INCONCLUSIVE  # all held, but not all is as it was found
    whole = _ledger(run, about, judged, deviation_statuses, code if is_complete else None)
    if run.baseline and changes:
        whole = ledger.with_comparison(whole, run.baseline, changes, deviation_statuses, told.fail_on)
    return Outcome(judged, whole, code)


def _ledger(
    run: Run,
    about: About,
    judged: Sequence[Verdict],
    deviation_statuses: Sequence[DeviationStatus],
    code: Exit | None,
) -> Ledger:
    return ledger.build(
        about,
        description=run.description,
        verdicts=judged,
        records=run.records,
        deviation_statuses=deviation_statuses,
        problems=[*run.problems, *run.residue],
        fail_on=run.settings.fail_on,
        exit_code=code,
        is_stale=bool(run.stale),
    )


def _asked(records: Sequence[Record]) -> list[str]:
    """The checks that asked to their end."""
    return [record.check for record in records if not record.blocked and not record.outage]
