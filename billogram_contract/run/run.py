"""The run: the target opened, the recorder and the pool that its checks use, and what they recorded."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from billogram_contract.checking.record import Record
from billogram_contract.checking.recorder import Recorder
from billogram_contract.errors import Outage
from billogram_contract.pool.pool import Pool
from billogram_contract.results import baseline, deviations
from billogram_contract.results.comparison import require_comparable
from billogram_contract.results.deviations import Deviation
from billogram_contract.run import linking, opening, settings
from billogram_contract.run.live_session import LiveSession
from billogram_contract.run.settings import Settings
from billogram_contract.run.settings_file import SettingsFile
from billogram_contract.sandbox import Sandbox
from billogram_contract.sandbox.clock import SteppingClock
from billogram_contract.spec import clauses as clauses_module
from billogram_contract.spec import description as description_module
from billogram_contract.spec.clauses import Clauses
from billogram_contract.spec.description import Description
from billogram_contract.upstream.address import SERVED_URL
from billogram_contract.upstream.client import Client
from billogram_contract.upstream.lookup import decide_now
from billogram_contract.upstream.reach import reach
from billogram_contract.upstream.target import Kind, Target

if TYPE_CHECKING:  # VCR takes long to import, and few runs record or replay
    from billogram_contract.recording.provenance import Provenance
    from billogram_contract.recording.replay import ReplaySession
    from billogram_contract.recording.session import RecordingSession

OPENING = "run/opening"  # the cassette of what is asked before the first check


class Run:
    """One run of the contract checks in this process; in the controller of pytest-xdist, of all workers."""

    def __init__(self, config: pytest.Config, file: SettingsFile) -> None:
        self.config = config
        self.settings: Settings = settings.read(vars(config.option), file=file)
        self.description: Description = description_module.load()
        self.clauses: Clauses = clauses_module.load(self.description)
        self.deviations = deviations.load(self.settings.deviations)
        self.baseline, self.uncompared = baseline.find(self.settings.baseline)
        self.is_partial = linking.is_partial(config)
        self.records: list[Record] = []
        self.broken: list[str] = []
        self.problems: list[str] = []
        self.residue: list[str] = []
        self.started = time.monotonic()
        self.started_at = datetime.now(UTC).isoformat(timespec="seconds")
        self.resources = ExitStack()
        self.target: Target | None = None
        self.sandbox: Sandbox | None = None
        self.clock = SteppingClock()  # of a sandbox that is recorded
        self.recorder: Recorder | None = None
        self.pool: Pool | None = None
        self.cassette_session: RecordingSession | ReplaySession | None = None
        self.evidence: Provenance | None = None
        self.live_session = LiveSession(
            self.settings, getattr(config, "workerinput", {}).get("contract_live_session")
        )

    @property
    def is_worker(self) -> bool:
        return hasattr(self.config, "workerinput")

    def take(self) -> None:
        """Claims the pool for this run; raises SetupError or Outage where that cannot be."""
        if self.settings.target == "live":
            with self._naming_the_address():
                target = self._target()
                reach(target.base_url, self.live_session.on_note)
                self.live_session.begin(target)

    def leave(self) -> list[str]:
        """Puts back what is still changed; what cannot be put back."""
        if self.pool is None:
            return []
        if self.live_session.journal:
            self.pool.close()
        return self.pool.problems

    @property
    def stale(self) -> list[str]:
        """The cassettes that are missing, or hold other answers than the checks ask for, a line each."""
        return list(getattr(self.cassette_session, "stale", {}).values())

    @property
    def kind(self) -> Kind:
        """The kind of target that answers, or answered when it was recorded."""
        return self.evidence.kind if self.evidence else self.settings.target

    @property
    def deviations_in_force(self) -> list[Deviation]:
        """The findings that are accepted today on this kind of target."""
        today = date.today()
        return [one for one in self.deviations if one.target == self.kind and not one.is_expired(today)]

    def open(self, begin_recording: Callable[[Target], None] = lambda target: None) -> None:
        """Starts or reaches the target; raises SetupError or Outage where it cannot be asked."""
        with self._naming_the_address():
            self._open(begin_recording)

    @contextmanager
    def _naming_the_address(self) -> Iterator[None]:
        try:
            yield
        except Outage as error:
            raise Outage(f"{self.settings.base_url or 'The target'} could not be asked: {error}.") from None

    def _open(self, begin_recording: Callable[[Target], None]) -> None:
        self.target = self._target()
        if self.target.kind == "live" and not self.is_worker:
            reach(self.target.base_url, self.live_session.on_note)
        self.live_session.begin(self.target)
        begin_recording(self.target)
        if self.baseline and self.settings.baseline:
            require_comparable(self.baseline, self.settings.baseline, self.kind)
        recorder = self.recorder = self._recorder(self.target)
        self.client = (self.cassette_session.client if self.cassette_session else Client)(
            self.target,
            recorder.receive,
            rate_limit=self.live_session.rate_limit,
            on_wait=lambda seconds, reason: self.live_session.on_wait(seconds, reason),
        )
        self.resources.callback(self.client.close)
        self.client.on_write = recorder.laws.sending
        self.pool = Pool(
            self.client,
            consistency_timeout=self.settings.settle,
            is_suspicious=lambda: recorder.has_trouble,
            has_drifted=lambda: bool(recorder.drifted),
            decide=self.cassette_session.decide if self.cassette_session else decide_now,
            journal=self.live_session.journal,
        )
        with self.cassette_session.playing(OPENING) if self.cassette_session else nullcontext():
            opening.ask_first(self.client, self.pool, recorder)

    def _recorder(self, target: Target) -> Recorder:
        is_embedded = self.kind == "embedded"
        drifts = self.evidence.drifts if self.evidence else self.settings.drifts
        recorder = Recorder(
            self.description,
            self.clauses,
            SERVED_URL if is_embedded else target.base_url,
            is_faithful=is_embedded and not drifts,
            is_outdated=self.evidence is not None and self.evidence.description != self.description.sha256,
        )
        recorder.laws.ours = frozenset(target.customers)
        recorder.laws.settle = None if self.settings.target == "cassettes" else self.settings.settle
        return recorder

    @property
    def faults(self) -> list[Exception]:
        """The faults of the embedded sandbox itself, which say nothing of upstream."""
        return self.sandbox.errors if self.sandbox else []

    def _target(self) -> Target:
        if self.settings.target == "cassettes" and self.cassette_session:
            return self.cassette_session.target
        if self.settings.target == "embedded":
            self.sandbox = self.resources.enter_context(opening.embedded(self.settings, self.clock))
            return opening.target_of(self.sandbox)
        return opening.live(self.settings, getattr(self.config, "workerinput", None))
