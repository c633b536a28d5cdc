"""The hooks of a run as a guest: what is done before the first check and after the last, and how far it is."""

from __future__ import annotations

from typing import Any

import pytest

from billogram_contract.errors import Outage, SetupError
from billogram_contract.run import Run
from billogram_contract.visit import COMMAND


class GuestPlugin:
    """Hooks around a live run, in its only process or in the controller of pytest-xdist and its workers."""

    def __init__(self, run: Run, stop: Any) -> None:
        self.run = run
        self._stop = stop
        self._told: list[str] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Claims the allotment for all workers."""
        is_controller = session.config.getoption("dist", "no") != "no"
        if not is_controller or session.config.option.collectonly or self.run.is_worker:
            return
        try:
            self.run.claim()
        except (SetupError, Outage) as error:
            self.run.visit.end()
            self._stop(error)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        node.workerinput["contract_visit"] = self.run.visit.shared

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        self._told += getattr(node, "workeroutput", {}).get("contract_problems", [])

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        run = self.run
        problems = run.leave()
        if run.is_worker:
            session.config.workeroutput["contract_problems"] = problems  # type: ignore[attr-defined]  # xdist's
        elif run.settings.target == "live":
            run.problems[:] = dict.fromkeys([*problems, *self._told, *run.visit.left_by_workers()])
            if run.problems:
                run.problems.append(f"once upstream answers, run: {COMMAND}")
        run.visit.end()
