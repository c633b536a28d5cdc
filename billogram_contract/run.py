"""The run: the target opened, the recorder and the allotment that its checks use, and what they recorded."""

from __future__ import annotations

import time
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings

from billogram_contract import clauses as clauses_module
from billogram_contract import description as description_module
from billogram_contract import deviations, expect, ledger, settings
from billogram_contract.allotment import Allotment
from billogram_contract.clauses import Clauses
from billogram_contract.client import Client
from billogram_contract.description import Description
from billogram_contract.errors import SetupError, Unasked
from billogram_contract.recorder import Recorder
from billogram_contract.sandbox import Sandbox
from billogram_contract.settings import SERVED_URL, Settings
from billogram_contract.target import Target
from billogram_contract.visit import Visit

PREFLIGHT_SIZE = 10


class Run:
    """One run of the contract checks in this process; in the controller of pytest-xdist, of all workers."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.settings: Settings = settings.read(vars(config.option))
        self.description: Description = description_module.load()
        self.clauses: Clauses = clauses_module.load(self.description)
        self.deviations = deviations.load(self.settings.deviations)
        self.baseline = ledger.read(self.settings.baseline) if self.settings.baseline else None
        self.records: list[dict[str, Any]] = []
        self.broken: list[str] = []
        self.problems: list[str] = []
        self.started = time.monotonic()
        self.started_at = datetime.now(UTC).isoformat(timespec="seconds")
        self.resources = ExitStack()
        self.target: Target | None = None
        self.recorder: Recorder | None = None
        self.allotment: Allotment | None = None
        self.visit = Visit(self.settings, getattr(config, "workerinput", {}).get("contract_visit"))

    @property
    def is_worker(self) -> bool:
        return hasattr(self.config, "workerinput")

    def claim(self) -> None:
        """Claims the allotment for this run; raises SetupError or Outage where that cannot be."""
        if self.settings.target == "live":
            self.visit.begin(self._target())

    def leave(self) -> list[str]:
        """Puts back what is still changed; what cannot be put back."""
        if self.allotment is None:
            return []
        if self.visit.journal:
            self.allotment.close()
        return self.allotment.problems

    @property
    def address(self) -> str:
        where = "the sandbox of this suite" if self.settings.target == "embedded" else self.settings.base_url
        return f"{self.settings.target} target: {where}"

    def open(self) -> None:
        """Starts or reaches the target; raises SetupError or Outage where it cannot be asked."""
        self.target = self._target()
        self.visit.begin(self.target)
        is_embedded = self.target.kind == "embedded"
        recorder = self.recorder = Recorder(
            self.description,
            self.clauses,
            SERVED_URL if is_embedded else self.target.base_url,
            is_faithful=is_embedded and not self.settings.drifts,
        )
        expect.bind(self.recorder)
        self.resources.callback(expect.bind, None)
        self.client = Client(
            self.target,
            self.recorder.receive,
            pace=self.visit.pace,
            on_wait=lambda seconds, reason: self.visit.on_wait(seconds, reason),
        )
        self.resources.callback(self.client.close)
        self.allotment = Allotment(
            self.client,
            settle=self.settings.settle,
            is_suspicious=lambda: recorder.has_trouble,
            journal=self.visit.journal,
        )
        answer = self.client.list(page=1, page_size=PREFLIGHT_SIZE)
        if answer.status in (401, 403):
            raise SetupError(
                f"{self.target.base_url} refuses the credentials ({answer.brief}):"
                " check BILLOGRAM_API_USER and BILLOGRAM_API_PASSWORD."
            )
        if self.target.customers:
            self._look_up(self.allotment, recorder)

    @staticmethod
    def _look_up(allotment: Allotment, recorder: Recorder) -> None:
        """Finds the allotted customers; a list that has drifted is no fault of the settings."""
        try:
            allotment.open()
        except Unasked:
            pass  # for the checks to find
        except SetupError:
            if not recorder.drifted:
                raise

    def about(self) -> dict[str, Any]:
        """What the ledger says of the run itself."""
        told = self.settings
        allotted = Sandbox if told.target == "embedded" else told
        return {
            "started": self.started_at,
            "seconds": round(time.monotonic() - self.started, 1),
            "target": {
                "kind": told.target,
                "base_url": None if told.target == "embedded" else told.base_url,
                "drifts": list(told.drifts),
                "variants": list(told.variants),
                "allotted": {"customers": len(allotted.customers), "numbers": len(allotted.numbers)},
            },
            "description": self.description.sha256,
            "depth": hypothesis_settings.get_current_profile_name(),
            "fail_on": told.fail_on,
            "settle": told.settle,
            "scenarios": ledger.scenarios(one["check"] for one in self.records if not one["is_property"]),
            "checks": len(self.records),
            "versions": ledger.versions(),
        }

    def _target(self) -> Target:
        if self.settings.target == "embedded":
            try:
                sandbox = Sandbox(drifts=self.settings.drifts, variants=self.settings.variants)
            except ValueError as error:
                raise SetupError(str(error)) from None
            self.resources.enter_context(sandbox)
            return Target(
                "embedded",
                sandbox.base_url,
                sandbox.user,
                sandbox.password,
                sandbox.customers,
                sandbox.numbers,
            )
        live = self.settings
        target = Target("live", live.base_url, live.user, live.password, live.customers, live.numbers)
        worker = getattr(self.config, "workerinput", None)
        if worker is None:
            return target
        return target.share(int(worker["workerid"].removeprefix("gw")), int(worker["workercount"]))
