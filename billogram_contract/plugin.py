"""The pytest plugin: settings, the link between checks and clauses, the target, the verdict."""

from __future__ import annotations

import gc
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

from billogram_contract.checking import finding
from billogram_contract.checking.finding import Finding, fails
from billogram_contract.checking.record import Record
from billogram_contract.checking.recorder import Recorder
from billogram_contract.errors import Blocked, DependencyFailed, NotApplicable, Outage, SetupError
from billogram_contract.pool.leased import LeasedCustomer
from billogram_contract.pool.pool import Pool
from billogram_contract.report import Reporter, terminal
from billogram_contract.results.verdict import Exit
from billogram_contract.run import hypothesis_profile, recording_options, settings_file
from billogram_contract.run.linking import (
    in_turn,
    is_check,
    keep_id,
    link,
    named_clauses,
    needed_clauses,
    select_clause,
)
from billogram_contract.run.live_hooks import LiveHooks
from billogram_contract.run.outcome import Outcome, conclude
from billogram_contract.run.run import Run
from billogram_contract.run.settings import Settings
from billogram_contract.spec.description import Description
from billogram_contract.upstream.address import SANDBOX_URL
from billogram_contract.upstream.client import Client

if TYPE_CHECKING:  # VCR takes long to import, and few runs record or replay
    from billogram_contract.run.recording_hooks import RecordingHooks

KEY = pytest.StashKey[Run]()


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    group = parser.getgroup("contract", "the contract of the Billogram customer endpoints")
    group.addoption(
        "--target", help="what to hold against the contract: embedded (default), live or cassettes"
    )
    group.addoption("--base-url", help=f"the address of a live target (default {SANDBOX_URL}); implies live")
    group.addoption("--customers", help="the allotted customers of a live target, such as 9001-9012,9020")
    group.addoption(
        "--numbers", help="free customer numbers of a live target for renumbering, such as 9100-9199"
    )
    group.addoption(
        "--fail-on", help="the mildest direction that fails a run: additive (default), relaxed, breaking"
    )
    group.addoption(
        "--settle",
        help="seconds for which a read after a write is repeated (default 2 on a live target, else 0)",
    )
    group.addoption("--journal-dir", help="where a live run notes how customers were before it changed them")
    group.addoption("--request-rate", help="the most requests a second, over all processes")
    group.addoption("--most-requests", help="the most requests of a run; what comes after is inconclusive")
    group.addoption("--most-writes", help="the most updates of a run, those that put back aside")
    group.addoption(
        "--baseline", metavar="FILE", help="a ledger to compare with: what changed since is a finding"
    )
    group.addoption(
        "--deviations", metavar="FILE", help="accepted findings (default openapi/deviations.toml)"
    )
    group.addoption(
        "--report-dir",
        metavar="DIR",
        help="where the ledger and the reports go (default report; '' for none)",
    )
    recording_options.add(group, pluginmanager)
    group.addoption("--drift", action="append", help="let the embedded sandbox drift, by name (repeatable)")
    group.addoption(
        "--variant", action="append", help="let the embedded sandbox use a freedom, by name (repeatable)"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "clause(*ids): the clauses that a contract check checks")
    config.addinivalue_line(
        "markers", "needs(*ids): the clauses without which the check cannot ask its question"
    )
    config.addinivalue_line("markers", "property: a check on generated data; it needs a target that answers")
    config.addinivalue_line("markers", "slow: a test of the suite that takes many seconds")
    try:
        file = settings_file.find(Path.cwd())
        hypothesis_profile.load(config, file)
        run = Run(config, file)
        recording = _recording(run)
    except SetupError as error:
        _stop(error)
    config.stash[KEY] = run
    if recording:
        config.pluginmanager.register(recording, "billogram-contract-recording")
    config.pluginmanager.register(
        LiveHooks(run, config, _stop), "billogram-contract-live"
    )  # ends before the next
    config.pluginmanager.register(ContractPlugin(run, recording), "billogram-contract")


def _recording(run: Run) -> RecordingHooks | None:
    """What a run that records or replays needs beside."""
    if run.settings.target != "cassettes" and not run.settings.is_recording:
        return None
    from billogram_contract.run import recording_hooks

    return recording_hooks.RecordingHooks(run)


def _stop(error: SetupError | Outage) -> NoReturn:
    """Ends the run with one line."""
    code = Exit.SETUP if isinstance(error, SetupError) else Exit.INCONCLUSIVE
    pytest.exit(str(error), returncode=int(code))


class ContractPlugin:
    """The hooks of a run."""

    def __init__(self, run: Run, recording: RecordingHooks | None) -> None:
        self.run = run
        self.recording = recording
        self.outcome: Outcome | None = None
        self.unwritten = ""  # why the reports could not be written
        self.reporter = Reporter(None if run.is_worker else run.settings.report_dir)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        for item in items:
            keep_id(item)
        checks = [item for item in items if is_check(item)]
        try:
            link(checks, self.run.clauses, config)
        except SetupError as error:
            _stop(error)
        select_clause(items, self.run.clauses, config)
        in_turn(items, self.run.clauses)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        if session.config.option.collectonly or not any(map(is_check, session.items)):
            return
        gc.freeze()  # what was imported stays: to look through it again and again takes a tenth of a run
        try:
            self.reporter.require_folder()
            if self.recording:
                self.recording.prepare()
                self.run.open(self.recording.record)
            else:
                self.run.open()
        except (SetupError, Outage) as error:
            self.run.resources.close()
            where = f"{self.run.settings.base_url} could not be asked: " if isinstance(error, Outage) else ""
            _stop(type(error)(f"{where}{error}"))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        if self.run.recorder and is_check(item):
            is_property = item.get_closest_marker("property") is not None
            self.run.recorder.begin(item.nodeid, named_clauses(item), is_property=is_property)
            if self.run.pool:
                self.run.pool.begin(item.nodeid)
            item.user_properties += [("clause", id) for id in named_clauses(item)]  # for --junitxml
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if self.run.recorder and is_check(item):
            self._learn(report, call.excinfo.value if call.excinfo else None, self.run.recorder)
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Leaves a check alone whose ground has drifted: its answer would tell nothing of its clause."""
        if self.run.recorder is None:
            return
        needed = set(needed_clauses(item)) - set(named_clauses(item))
        for id in sorted(needed & self.run.recorder.broken):
            raise DependencyFailed(f"{id} has drifted, without which this cannot be asked")

    def _learn(self, report: pytest.TestReport, error: BaseException | None, recorder: Recorder) -> None:
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
        elif report.failed and self.run.target:
            report.longrepr = self.run.target.redacted(str(report.longrepr))
        found = finding.of(error) if error else []
        if record.is_property and error:
            found = [one.found_with(example_of(error)) for one in found]
        recorder.add(found)
        record.findings += [one for one in found if one not in record.findings]
        if found or (report.when == "call" and report.passed and record.findings):
            _fail(report, error, record.findings, self.run.settings)
        if report.when == "teardown":
            record.problems = list(self.run.pool.problems) if self.run.pool else []
            # An attribute of a report crosses from pytest-xdist's workers to their controller.
            vars(report)["contract"] = recorder.end().as_dict()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if told := vars(report).get("contract"):
            record = Record.of(told)
            self.run.records.append(record)
            self.run.problems += [one for one in record.problems if one not in self.run.problems]
            self._keep(is_urgent=bool(record.findings))
        if report.failed and "contract_failure" not in vars(report):
            self.run.broken.append(report.nodeid)

    def _keep(self, *, is_urgent: bool) -> None:
        """Keeps what was learnt so far: a run that is killed leaves it, marked as incomplete."""
        if self.reporter.is_due(is_urgent=is_urgent):
            since = time.monotonic()
            self.reporter.keep(conclude(self.run, is_complete=False).ledger, since=since)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        self.run.resources.close()
        if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and not self.run.is_worker:
            session.exitstatus = Exit.SETUP
        if self.run.records and not self.run.is_worker:
            is_complete = exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
            self.outcome = conclude(self.run, is_complete=is_complete)
            if is_complete:
                session.exitstatus = self.outcome.code
            self.unwritten = self.reporter.write_or_tell(self.outcome.ledger)
            if self.unwritten:
                session.exitstatus = Exit.SETUP

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.outcome:
            terminalreporter.section("contract")
            colour = terminalreporter.hasmarkup
            terminalreporter.write(terminal.text(self.outcome.ledger, colour=colour))
        if self.unwritten:
            terminalreporter.write_line(self.unwritten, red=True)


def _fail(
    report: pytest.TestReport, error: BaseException | None, findings: list[Finding], told: Settings
) -> None:
    """Reports findings as a failure, in their own words; those milder than --fail-on as an expected one."""
    notes = getattr(error, "__notes__", [])
    report.longrepr = "\n\n".join([*map(finding.text, findings), *notes])
    if any(fails(one, told.fail_on) for one in findings):
        report.outcome = "failed"
        vars(report)["contract_failure"] = True
    else:
        report.outcome, report.wasxfail = "skipped", f"milder than --fail-on {told.fail_on}"


def example_of(error: BaseException) -> str:
    """The input that Hypothesis found for a failure, without fixtures; empty where it told none."""
    notes = [note for note in getattr(error, "__notes__", []) if "example:" in note]
    lines = (line for note in notes for line in note.splitlines())
    return "\n".join(line for line in lines if "=<" not in line)


# ------------------------------------------------------------------ fixtures of the checks


@pytest.fixture(scope="session")
def run(pytestconfig: pytest.Config) -> Run:
    return pytestconfig.stash[KEY]


@pytest.fixture(scope="session")
def description(run: Run) -> Description:
    """What upstream promises in machine-readable form."""
    return run.description


@pytest.fixture(scope="session")
def client(run: Run) -> Client:
    """The client of the target under contract."""
    return run.client


@pytest.fixture(scope="session")
def pool(run: Run) -> Pool:
    """The customers and numbers that the run may change."""
    if run.pool is None:
        raise RuntimeError("Contract checks live in tests/contract: only there is a target opened.")
    return run.pool


@pytest.fixture
def customer(pool: Pool) -> Iterator[LeasedCustomer]:
    """A customer of the check's own, put back as it was found."""
    with pool.lease() as (leased,):
        yield leased
