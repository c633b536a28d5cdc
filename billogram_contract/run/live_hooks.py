"""The hooks of a run as a guest: before the first check, after the last, and how far it is meanwhile."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import nullcontext
from typing import Any

import pytest

from billogram_contract.errors import Outage, SetupError
from billogram_contract.run.check_reports import RECORD
from billogram_contract.run.live_session import COMMAND
from billogram_contract.run.progress import Progress
from billogram_contract.run.run import Run
from billogram_contract.run.settings import FULL_CUSTOMERS


class LiveHooks:
    """Hooks around a live run, in its only process or in the controller of pytest-xdist and its workers."""

    def __init__(self, run: Run, config: pytest.Config, stop: Any) -> None:
        self.run = run
        self.config = config
        self._stop = stop
        self._told: list[str] = []
        self._items = 0
        self._progress = Progress(self._say)
        run.live_session.on_wait = self._progress.wait
        run.live_session.on_note = self._say

    @property
    def _is_shown(self) -> bool:
        return self.run.settings.target == "live" and not self.run.is_worker

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Claims the pool for all workers."""
        is_controller = session.config.getoption("dist", "no") != "no"
        if not is_controller or session.config.option.collectonly or self.run.is_worker:
            return
        try:
            self.run.take()
        except (SetupError, Outage) as error:
            self.run.live_session.end()
            self._stop(error)
        self._warn_of_few(len(session.config.getoption("tx", None) or ()))

    def _warn_of_few(self, workers: int) -> None:
        count = len(self.run.settings.customers)
        if self._is_shown and count and count // max(1, workers) < FULL_CUSTOMERS:
            self.run.live_session.notes.append(
                f"{count} customers for {workers} workers: with fewer than {FULL_CUSTOMERS} a worker"
                " some checks stay unchecked (--customers)"
            )

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._items = len(session.items)
        while self.run.live_session.notes and self._is_shown:
            self._say(self.run.live_session.notes.pop(0))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Keeps the password out of what a check printed or logged."""
        report = yield
        if target := self.run.target:
            report.sections = [(name, target.redacted(text)) for name, text in report.sections]
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if self._is_shown and (record := vars(report).get(RECORD)):
            self._progress.done(record["requests"], self._items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        node.workerinput["contract_live_session"] = self.run.live_session.shared

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        self._told += getattr(node, "workeroutput", {}).get("contract_problems", [])

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        run = self.run
        problems = run.leave()
        run.residue += run.pool.residue if run.pool else []
        if run.is_worker:
            session.config.workeroutput["contract_problems"] = problems  # type: ignore[attr-defined]  # xdist's
        elif run.settings.target == "live":
            run.problems[:] = dict.fromkeys([*problems, *self._told, *run.live_session.left_by_workers()])
            if run.problems:
                run.problems.append(f"once upstream answers, run: {COMMAND}")
        run.live_session.end()

    def _say(self, line: str) -> None:
        """A line on the terminal, whatever is captured at the moment."""
        terminal = self.config.pluginmanager.get_plugin("terminalreporter")
        capture = self.config.pluginmanager.get_plugin("capturemanager")
        if terminal is None or not self._is_shown:
            return
        with capture.global_and_fixture_disabled() if capture else nullcontext():
            terminal.ensure_newline()
            terminal.write_line(line)
