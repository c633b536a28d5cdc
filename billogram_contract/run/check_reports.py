"""What pytest is told: findings in place of a traceback, and an item for each that no check told."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import pytest

from billogram_contract.checking import finding
from billogram_contract.checking.finding import PROFILE, Finding, fails
from billogram_contract.checking.recorder import Recorder
from billogram_contract.errors import Blocked, DependencyFailed, NotApplicable, Outage, SetupError
from billogram_contract.results.model import DeviationStatus
from billogram_contract.run.run import Run

# Attributes of a report cross from pytest-xdist's workers to their controller.
RECORD, TOLD = "contract_record", "contract_told"

NO_EXPECTATION = "states no expectation, so it can't fail: end it with expect(answer).… or observe(answer)."


def learn(report: pytest.TestReport, error: BaseException | None, run: Run, recorder: Recorder) -> None:
    """Puts what one phase of a check taught into its record, and its findings in place of a traceback."""
    record = recorder.record
    if isinstance(error, Blocked):
        record.blocked, record.by_choice = str(error), isinstance(error, NotApplicable)
        record.dependency_failed = isinstance(error, DependencyFailed)
        recorder.forget()
    elif isinstance(error, Outage):
        record.outage = str(error)
    elif isinstance(error, SetupError):
        report.longrepr = str(error)
    elif report.failed and run.target:
        report.longrepr = run.target.redacted(str(report.longrepr))
    found = finding.of(error) if error else []
    if record.is_property and error:
        found = [one.found_with(example_of(error)) for one in found]
    recorder.add(found)
    record.findings += [one for one in found if one not in record.findings]
    own = [one for one in record.findings if one in found or one.clause in record.clauses]
    if found or (report.when == "call" and report.passed and own):
        _tell(report, own, getattr(error, "__notes__", []), run)
    elif report.when == "call" and report.passed and not recorder.has_expected:
        report.outcome, report.longrepr = "failed", f"{record.check} {NO_EXPECTATION}"
    if report.when == "teardown":
        record.problems = list(run.pool.problems) if run.pool else []
        vars(report)[RECORD] = recorder.end().as_dict()


def _tell(report: pytest.TestReport, findings: Sequence[Finding], notes: Sequence[str], run: Run) -> None:
    """Reports findings as a failure, in their own words; those that fail no run as an expected one."""
    report.longrepr = "\n\n".join([*map(finding.text, findings), *notes])
    grave = [one for one in findings if fails(one, run.settings.fail_on)]
    accepted = {one.finding: one for one in run.deviations_in_force}
    if all(one.fingerprint in accepted for one in grave):
        entry = accepted[grave[0].fingerprint] if grave else None
        mild = f"milder than --fail-on {run.settings.fail_on}"
        report.wasxfail = f"accepted until {entry.until}: {entry.reason}" if entry else mild
        report.outcome = "skipped"
    else:
        report.outcome = "failed"
        vars(report)[TOLD] = [one.fingerprint for one in findings]


def example_of(error: BaseException) -> str:
    """The input that Hypothesis found for a failure, without fixtures; empty where it told none."""
    notes = [note for note in getattr(error, "__notes__", []) if "example:" in note]
    lines = (line for note in notes for line in note.splitlines())
    return "\n".join(line for line in lines if "=<" not in line)


def untold(
    failing: Sequence[Finding], statuses: Sequence[DeviationStatus], told: Collection[str]
) -> Iterator[tuple[pytest.TestReport, pytest.TestReport]]:
    """An item for what fails the run and no check told: rules for every answer, a baseline, a deviation.

    An item is two reports, its failure and its end.
    """
    for one in failing:
        if one.fingerprint not in told:
            family = "baseline" if one.clause == PROFILE else "answers"
            yield _item(
                f"{family}::{one.clause}[{one.direction} at {one.place}]", one.clause, finding.text(one)
            )
    for status in statuses:
        if status.state != "current":
            yield _item(f"deviations::{status.clause}[{status.state}]", status.clause, status.line)


def _item(name: str, clause: str, text: str) -> tuple[pytest.TestReport, pytest.TestReport]:
    def report(when: str, outcome: str, longrepr: str | None) -> pytest.TestReport:
        made = pytest.TestReport(
            nodeid=name,
            location=(name.partition("::")[0], None, name.partition("::")[2]),
            keywords={},
            outcome=outcome,  # type: ignore[arg-type]  # one of pytest's words
            longrepr=longrepr,
            when=when,  # type: ignore[arg-type]  # one of pytest's words
            user_properties=[("clause", clause)],
        )
        vars(made)[TOLD] = []
        return made

    return report("call", "failed", text), report("teardown", "passed", None)
