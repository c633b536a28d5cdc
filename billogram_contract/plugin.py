"""The pytest plugin: settings, the link between checks and clauses, the target, the verdict."""

from __future__ import annotations

import gc
import time
import traceback
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

from billogram_contract.checking.record import Record
from billogram_contract.errors import DependencyFailed, Outage, SetupError
from billogram_contract.pool.leased import LeasedCustomer
from billogram_contract.pool.pool import Pool
from billogram_contract.report import Reporter, terminal
from billogram_contract.results.verdict import Exit
from billogram_contract.run import (
    check_reports,
    hypothesis_profile,
    options,
    recording_options,
    settings_file,
)
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
from billogram_contract.run.outcome import Outcome, conclude, untold_items
from billogram_contract.run.run import Run
from billogram_contract.spec.description import Description
from billogram_contract.upstream.client import Client

if TYPE_CHECKING:  # VCR takes long to import, and few runs record or replay
    from billogram_contract.run.recording_hooks import RecordingHooks

MOST_FAULTS = 3  # of the sandbox itself that are shown
KEY = pytest.StashKey[Run]()
ENDED = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    group = parser.getgroup("contract", "the contract of the Billogram customer endpoints")
    options.declare(group)
    recording_options.add(group, pluginmanager)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "clause(*ids): the clauses that a contract check checks")
    config.addinivalue_line(
        "markers", "needs(*ids): the clauses without which the check cannot ask its question"
    )
    config.addinivalue_line("markers", "property: a check on generated data; it needs a target that answers")
    config.addinivalue_line("markers", "slow: a test of the suite that takes many seconds")
    try:
        run = Run(config, settings_file.find(Path.cwd()))
        hypothesis_profile.load(run.settings.profile)
        recording = _recording(run)
    except SetupError as error:
        _stop(error)
    config.stash[KEY] = run
    if recording:
        config.pluginmanager.register(recording, "billogram-contract-recording")
    config.pluginmanager.register(LiveHooks(run, config, _stop), "billogram-contract-live")
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
        self.told: set[str] = set()  # the fingerprints that failed checks show
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
            _stop(error)

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
            error = call.excinfo.value if call.excinfo else None
            check_reports.learn(report, error, self.run, self.run.recorder)
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Leaves a check alone whose ground has drifted: its answer would tell nothing of its clause."""
        if self.run.recorder is None:
            return
        needed = set(needed_clauses(item)) - set(named_clauses(item))
        for id in sorted(needed & self.run.recorder.broken):
            raise DependencyFailed(f"{id} has drifted, without which this cannot be asked")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if learnt := vars(report).get(check_reports.RECORD):
            record = Record.of(learnt)
            self.run.records.append(record)
            self.run.problems += [one for one in record.problems if one not in self.run.problems]
            self._keep(is_urgent=bool(record.findings))
        if report.failed and check_reports.TOLD not in vars(report):
            self.run.broken.append(report.nodeid)
        self.told.update(vars(report).get(check_reports.TOLD, ()))

    def _keep(self, *, is_urgent: bool) -> None:
        """Keeps what was learnt so far: a run that is killed leaves it, marked as incomplete."""
        if self.reporter.is_due(is_urgent=is_urgent):
            since = time.monotonic()
            self.reporter.keep(conclude(self.run, is_complete=False).ledger, since=since)

    @pytest.hookimpl(wrapper=True, trylast=True)  # before JUnit's, which writes its file then
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> Generator[None, None, None]:
        if self.run.records and not self.run.is_worker and exitstatus in ENDED:
            for item in untold_items(self.run, self.told):
                for report in item:
                    session.config.hook.pytest_runtest_logreport(report=report)
        yield
        self._end(session, exitstatus)

    def _end(self, session: pytest.Session, exitstatus: int) -> None:
        self.run.resources.close()
        if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and not self.run.is_worker:
            session.exitstatus = Exit.SETUP
        if self.run.records and not self.run.is_worker:
            is_complete = exitstatus in ENDED
            self.outcome = conclude(self.run, is_complete=is_complete)
            if is_complete:
                session.exitstatus = self.outcome.code
            self.unwritten = self.reporter.write_or_tell(self.outcome.ledger)
            if self.unwritten:
                session.exitstatus = Exit.SETUP

    @pytest.hookimpl(tryfirst=True)
    def pytest_unconfigure(self, config: pytest.Config) -> None:
        """Prints the summary when pytest has said all that it has to say: the verdict comes last."""
        terminalreporter = config.pluginmanager.get_plugin("terminalreporter")
        if terminalreporter is None:
            return
        if self.outcome:
            terminalreporter.ensure_newline()
            terminalreporter.section("contract")
            colour, verbose = terminalreporter.hasmarkup, terminalreporter.verbosity > 0
            terminalreporter.write(terminal.text(self.outcome.ledger, colour=colour, verbose=verbose))
        for fault in self.run.faults[:MOST_FAULTS]:
            terminalreporter.write_line("The sandbox of this suite failed itself:", red=True)
            terminalreporter.write("".join(traceback.format_exception(fault)))
        if self.unwritten:
            terminalreporter.write_line(self.unwritten, red=True)


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
