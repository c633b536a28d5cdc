"""The hooks of a run that records or replays: each check's cassette, and those that checks share."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeGuard

import pytest
from pytest_recording import network
from vcr import VCR

from billogram_contract.checking.record import Record
from billogram_contract.errors import NotApplicable, SetupError
from billogram_contract.recording import cassettes, exchanges, sources
from billogram_contract.recording.replay import ReplaySession
from billogram_contract.recording.session import AFTERWARDS, SHARED, CassetteSession, RecordingSession
from billogram_contract.results.verdict import Exit
from billogram_contract.run.linking import is_check, is_part_of_checks
from billogram_contract.run.run import Run
from billogram_contract.upstream.target import Target

IS_WHOLE = pytest.StashKey[bool]()  # whether a check came to its end
SHARED_HOUR, CHECK_HOUR = 0, 1  # when what checks share begins, and a check, by the clock of a recording
LINES = 5  # of those about stale cassettes
NOT_PLAYED = "properties need a target that answers: generated data is in no cassette"


class RecordingHooks:
    """Recording and replay as pytest runs them, by pytest-recording."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.checks: list[str] = []
        self.asked_nothing: dict[str, bool] = {}
        self.lines: list[str] = []
        self.items: list[pytest.Function] = []
        self.is_part = False  # whether checks were left out

        if getattr(run.config.option, "numprocesses", None) or run.is_worker:
            raise SetupError("Recording and replay take one process: leave -n out.")

    @property
    def cassette_session(self) -> CassetteSession | None:
        return self.run.cassette_session

    @pytest.hookimpl(wrapper=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> Generator[None, None, None]:
        """Gives each scenario that was selected its cassette."""
        self.is_part |= is_part_of_checks([item for item in items if is_check(item)], config)
        yield
        self.items = [one for one in items if _is_scenario(one)]
        for item in self.items:
            if not self.run.settings.is_recording:
                item.add_marker(pytest.mark.vcr)
            self.checks.append(item.nodeid)

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        self.is_part |= any(item.get_closest_marker("property") is None for item in items)

    def prepare(self) -> None:
        """Looks that cassettes can be written, or reads them and lets nothing out of this process anymore."""
        told = self.run.settings
        if told.is_recording:
            cassettes.require_folder(told.cassettes)
        if told.target != "cassettes":
            return
        cassette_session = self.run.cassette_session = ReplaySession(told.cassettes, told.max_age)
        cassette_session.require(self.checks)
        self.run.evidence = cassette_session.recording.provenance
        self.run.config.option.block_network = False  # pytest-recording's own would open it after each check
        self.run.resources.enter_context(network.blocking_context())

    def record(self, target: Target) -> None:
        """Records what a target answers, if that is wanted."""
        told = self.run.settings
        if not told.is_recording:
            return
        packages = {"strategies", *(item.module.__package__ for item in self.items)}
        self.run.cassette_session = RecordingSession(
            told.cassettes,
            target,
            self.run.description,
            sources=sources.read(packages, self.run.description),
            recorded=self.run.clock.START if target.kind == "embedded" else datetime.now(UTC),
            drifts=told.drifts,
            variants=told.variants,
            is_part=self.is_part,
        )

    # ---------------------------------------------------------------- what pytest-recording asks

    @pytest.fixture
    def default_cassette_name(self, request: pytest.FixtureRequest) -> str:
        return cassettes.name_of(request.node.nodeid)

    @pytest.fixture
    def vcr_config(self) -> dict[str, Any]:
        return self.cassette_session.vcr_config if isinstance(self.cassette_session, ReplaySession) else {}

    def pytest_recording_configure(self, config: pytest.Config, vcr: VCR) -> None:
        if isinstance(self.cassette_session, ReplaySession):
            self.cassette_session.configure(vcr)

    # ---------------------------------------------------------------- what checks share, and checks

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
    ) -> Generator[None, object, object]:
        """A cassette for what a fixture of many checks arranges, and one for what it puts back."""
        cassette_session = self.cassette_session
        if cassette_session is None or fixturedef.scope == "function" or not _is_ours(fixturedef):
            return (yield)
        where = Path(fixturedef.baseid).stem.removeprefix("test_")
        name = cassette_session.again(f"shared/{where}-{fixturedef.argname}".lower())
        after = ExitStack()
        fixturedef.addfinalizer(after.close)  # the last to be called: the fixture's own is added inside
        try:
            with self.run.clock.at(SHARED_HOUR), cassette_session.playing(name):
                return (yield)
        finally:
            fixturedef.addfinalizer(lambda: self._begin_afterwards(after, cassette_session, name))

    def _begin_afterwards(self, after: ExitStack, cassette_session: CassetteSession, name: str) -> None:
        after.enter_context(self.run.clock.at(SHARED_HOUR))
        after.enter_context(cassette_session.playing(name + AFTERWARDS))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        if self.cassette_session is None or item.nodeid not in self.checks:
            return (yield)
        if self.run.kind == "embedded":
            self._forget_updates()
        with self.run.clock.at(CHECK_HOUR), self.cassette_session.within(cassettes.name_of(item.nodeid)):
            return (yield)

    def _forget_updates(self) -> None:
        """Lets no check see when others changed a customer: a new one changes no other cassette."""
        if self.run.sandbox:
            self.run.sandbox.forget_updates()
        if self.run.pool:
            self.run.pool.forget_updates()
            if isinstance(self.cassette_session, RecordingSession):
                self.run.pool.reserved = self.cassette_session.reserved

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        if self.cassette_session and item.get_closest_marker("property"):
            raise NotApplicable(NOT_PLAYED)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if self.cassette_session is None or item.nodeid not in self.checks:
            return report
        if call.excinfo and isinstance(call.excinfo.value, pytest.skip.Exception):
            self.asked_nothing[item.nodeid] = isinstance(call.excinfo.value, NotApplicable)
        if report.when == "call":
            item.stash[IS_WHOLE] = report.passed
        cassette = item.funcargs.get("vcr") if isinstance(item, pytest.Function) else None
        if report.when == "teardown" and cassette and isinstance(self.cassette_session, ReplaySession):
            is_whole = item.stash.get(IS_WHOLE, False)
            self.cassette_session.played(cassettes.name_of(item.nodeid), cassette, is_whole=is_whole)
        return report

    # ---------------------------------------------------------------- the end

    @pytest.hookimpl(wrapper=True, trylast=True)  # inside of the terminal's, which then tells of it
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, None, None]:
        cassette_session = self.cassette_session
        if isinstance(cassette_session, ReplaySession):
            self._hold_the_rest(cassette_session)
        yield
        try:
            if isinstance(cassette_session, RecordingSession):
                self._write(cassette_session, session)
            self.lines += self.run.stale[:LINES]
            if len(self.run.stale) > LINES:
                self.lines.append(f"and {len(self.run.stale) - LINES} cassettes more")
        except SetupError as error:
            session.exitstatus = Exit.SETUP
            self.lines.append(str(error))

    def _hold_the_rest(self, cassette_session: ReplaySession) -> None:
        """Holds what no check of a whole run asked for against the description, as every answer is."""
        whole = {name for name in cassette_session.recording.cassettes if not name.startswith(SHARED)}
        recorder = self.run.recorder
        if recorder is None or not whole <= set(map(cassettes.name_of, self.checks)):
            return
        before, recorder.record = recorder.record, Record("cassettes")
        for exchange in cassette_session.unheard:
            recorder.receive(exchanges.answer_of(exchange))
        self.run.records.append(recorder.end())
        recorder.record = before

    def _write(self, cassette_session: RecordingSession, session: pytest.Session) -> None:
        outage = next((record.outage for record in self.run.records if record.outage), None)
        if session.exitstatus not in (Exit.HELD, Exit.DRIFT, Exit.INCONCLUSIVE) or outage:
            why = f"upstream could not be asked: {outage}" if outage else "the run did not come to its end"
            self.lines.append(f"Nothing was recorded, and the cassettes are as before: {why}.")
            return
        asked = {check: self.asked_nothing.get(check, True) for check in self.checks}
        self.lines += cassette_session.finish(asked)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for line in self.lines:
            terminalreporter.write_line(line, red=not line[0].isdigit())


def _is_scenario(item: pytest.Item) -> TypeGuard[pytest.Function]:
    is_generated = item.get_closest_marker("property") is not None
    return isinstance(item, pytest.Function) and is_check(item) and not is_generated


def _is_ours(fixturedef: pytest.FixtureDef[Any]) -> bool:
    return fixturedef.baseid.startswith("tests/contract")
