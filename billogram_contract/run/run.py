"""The run: the target opened, the recorder and the pool that its checks use, and what they recorded."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings as hypothesis_settings

from billogram_contract.checking.record import Record
from billogram_contract.checking.recorder import Recorder
from billogram_contract.errors import Blocked, Outage, SetupError
from billogram_contract.pool.pool import Pool
from billogram_contract.recording import provenance
from billogram_contract.results import baseline, deviations, ledger
from billogram_contract.results.comparison import require_comparable
from billogram_contract.results.deviations import Deviation
from billogram_contract.results.model import About, Allotted, Evidence, TargetEntry
from billogram_contract.run import linking, settings
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
from billogram_contract.upstream.client import Client, require_access
from billogram_contract.upstream.lookup import decide_now
from billogram_contract.upstream.reach import reach
from billogram_contract.upstream.target import Kind, Target

if TYPE_CHECKING:  # VCR takes long to import, and few runs record or replay
    from billogram_contract.recording.provenance import Provenance
    from billogram_contract.recording.replay import ReplaySession
    from billogram_contract.recording.session import RecordingSession

PREFLIGHT_SIZE = 10
NO_SUCH_PLACE = (404, 405)
OTHERS, OTHERS_RECORDED = 40, 9  # customers of the embedded sandbox beside the allotted ones
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

    def _told_by(self) -> Evidence | None:
        """What recordings the run rests on; None where it asked itself."""
        if self.evidence is None:
            return None
        words = provenance.words(self.evidence, datetime.now(UTC), self.description.sha256)
        return Evidence(**self.evidence.as_dict(), words=words)

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
        is_embedded = self.kind == "embedded"
        drifts = self.evidence.drifts if self.evidence else self.settings.drifts
        recorder = self.recorder = Recorder(
            self.description,
            self.clauses,
            SERVED_URL if is_embedded else self.target.base_url,
            is_faithful=is_embedded and not drifts,
            is_outdated=self.evidence is not None and self.evidence.description != self.description.sha256,
        )
        self.client = (self.cassette_session.client if self.cassette_session else Client)(
            self.target,
            self.recorder.receive,
            rate_limit=self.live_session.rate_limit,
            on_wait=lambda seconds, reason: self.live_session.on_wait(seconds, reason),
        )
        self.resources.callback(self.client.close)
        self.client.on_write = recorder.laws.sending
        recorder.laws.ours = frozenset(self.target.customers)
        recorder.laws.settle = None if self.settings.target == "cassettes" else self.settings.settle
        self.pool = Pool(
            self.client,
            consistency_timeout=self.settings.settle,
            is_suspicious=lambda: recorder.has_trouble,
            has_drifted=lambda: bool(recorder.drifted),
            decide=self.cassette_session.decide if self.cassette_session else decide_now,
            journal=self.live_session.journal,
        )
        with self.cassette_session.playing(OPENING) if self.cassette_session else nullcontext():
            self._ask_first(self.pool, recorder)

    def _ask_first(self, pool: Pool, recorder: Recorder) -> None:
        """Whether the credentials are right, and where the allotted customers are."""
        answer = self.client.list(page=1, page_size=PREFLIGHT_SIZE)
        require_access(answer, recorder.base_url)
        if answer.status in NO_SUCH_PLACE and self.client.list(page=1, page_size=1).status in NO_SUCH_PLACE:
            raise SetupError(
                f"{recorder.base_url} has nothing of this API: GET /customer is answered {answer.status}."
                " Give --base-url up to and with the version, such as …/api/v2."
            )
        if pool.size:
            self._look_up(pool, recorder)

    @staticmethod
    def _look_up(pool: Pool, recorder: Recorder) -> None:
        """Finds the allotted customers; a list that has drifted is no fault of the settings."""
        try:
            pool.open()
        except Blocked:
            pass  # for the checks to find
        except SetupError:
            if not recorder.drifted:
                raise

    def about(self) -> About:
        """What the ledger says of the run itself."""
        told = self.settings
        allotted = told if told.target == "live" else self.target or Sandbox
        return About(
            started=self.started_at,
            seconds=round(time.monotonic() - self.started, 1),
            target=TargetEntry(
                kind=told.target,
                base_url=told.base_url if told.target == "live" else None,
                drifts=list(told.drifts),
                variants=list(told.variants),
                allotted=Allotted(len(allotted.customers), len(allotted.numbers)),
            ),
            evidence=self._told_by(),
            description=self.description.sha256,
            depth=hypothesis_settings.get_current_profile_name(),
            fail_on=told.fail_on,
            settle=told.settle,
            scenarios=self._scenarios(),
            checks=len(self.records),
            versions=ledger.versions(),
            partial=self.is_partial,
        )

    def _scenarios(self) -> str:
        """What stands for the scenarios of the run; what a replay holds beside them belongs to no check."""
        asked = (one.check for one in self.records if not one.is_property)
        return ledger.scenarios(check for check in asked if "::" in check)

    def _target(self) -> Target:
        if self.settings.target == "cassettes" and self.cassette_session:
            return self.cassette_session.target
        if self.settings.target == "embedded":
            try:
                is_recording = self.settings.is_recording
                sandbox = Sandbox(
                    drifts=self.settings.drifts,
                    variants=self.settings.variants,
                    others=OTHERS_RECORDED if is_recording else OTHERS,
                    clock=self.clock if is_recording else None,
                )
            except ValueError as error:
                raise SetupError(str(error)) from None
            self.sandbox = self.resources.enter_context(sandbox)
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
