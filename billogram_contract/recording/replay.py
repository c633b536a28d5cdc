"""Replay: a recording as the target, each answer once, in the order of recording."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from vcr import VCR
from vcr.errors import CannotOverwriteExistingCassetteException
from vcr.persisters.filesystem import CassetteNotFoundError

from billogram_contract.errors import Blocked, NotApplicable
from billogram_contract.recording import cassettes
from billogram_contract.recording.matching import is_same, vcr_interactions
from billogram_contract.recording.redaction import Exchange
from billogram_contract.recording.session import CassetteSession, Choices, Made
from billogram_contract.upstream.client import Client
from billogram_contract.upstream.exchange import Answer, Call
from billogram_contract.upstream.target import Target


class CassetteMismatch(Blocked):
    """The check asks what its cassette doesn't hold."""


class ReplaySession(CassetteSession):
    """Replays a recording: each answer once, in the order of recording.

    To VCR it is the place where cassettes are loaded from.
    """

    def __init__(self, directory: Path, max_age: float | None) -> None:
        super().__init__(directory)
        self.recording = cassettes.read(directory)
        self.stale: dict[str, str] = {}
        self._choices: dict[str, Choices] = {}
        self._left: dict[str, Sequence[Exchange]] = {
            name: cassette.exchanges for name, cassette in self.recording.cassettes.items()
        }
        if refusal := self.recording.provenance.refusal(datetime.now(UTC), max_age):
            raise cassettes.broken(directory, refusal)

    @property
    def target(self) -> Target:
        """What was recorded, as a target; its credentials open nothing."""
        found = self.recording
        token = secrets.token_hex(8)
        return Target("cassettes", found.base_url, "recorded", token, found.customers, found.numbers)

    def require(self, checks: Sequence[str]) -> None:
        """Raises SetupError where a check was not recorded."""
        missing = [name for name in map(cassettes.name_of, checks) if name not in self.recording.cassettes]
        if missing:
            others = f" ({len(missing)} cassettes are)" if len(missing) > 1 else ""
            raise cassettes.broken(self.directory / f"{missing[0]}.yaml", f"is missing{others}")

    @property
    def vcr_config(self) -> dict[str, Any]:
        """The configuration of a cassette, for pytest-recording and for our own."""
        where = str(self.directory)
        return {"match_on": ["exchange"], "record_mode": "none", "cassette_library_dir": where}

    def configure(self, vcr: VCR) -> None:
        """Makes a VCR compare and load as we do."""
        vcr.register_matcher("exchange", is_same)
        vcr.register_persister(self)

    @contextmanager
    def playing(self, name: str) -> Iterator[None]:
        vcr = VCR(path_transformer=VCR.ensure_suffix(".yaml"))
        self.configure(vcr)
        with self.within(name), vcr.use_cassette(name, **self.vcr_config) as cassette:
            try:
                yield
            finally:
                self.played(name, cassette)

    def load_cassette(self, path: Any, serializer: Any) -> Any:
        cassette = self.recording.cassettes.get(
            Path(path).relative_to(self.directory).as_posix().removesuffix(".yaml")
        )
        if cassette is None or not cassette.exchanges or cassettes.ASKED[cassette.asked]:
            raise CassetteNotFoundError
        self._choices[cassette.name] = {kind: list(made) for kind, made in cassette.choices.items()}
        return vcr_interactions(cassette.exchanges)

    def save_cassette(self, path: Any, interactions: Mapping[str, Any], serializer: Any) -> None:
        """Nothing: a replay learns nothing new."""

    def played(self, name: str, cassette: Any, *, is_whole: bool = False) -> None:
        """Takes note that a cassette is no longer in use; `is_whole` where all of it should have been."""
        found, counts = self.recording.cassettes.get(name), cassette.play_counts
        if found is None or cassettes.ASKED[found.asked]:
            return
        self._left[name] = [one for index, one in enumerate(found.exchanges) if not counts[index]]
        if is_whole and self._left[name]:
            first = _told(self._left[name][0])
            self._note(name, f"{len(self._left[name])} of its answers are no longer asked for, first {first}")

    @property
    def unheard(self) -> list[Exchange]:
        """The exchanges that no check asked for."""
        return [exchange for exchanges in self._left.values() for exchange in exchanges]

    def decide(self, question: str, answer: Callable[[], Made], usual: object) -> Made:
        """Answers a question as the recording did."""
        made = self._choices.get(self.name or "", {}).get(question)
        if made:
            given: Made = made.pop(0)
            return given
        return answer() if usual is None else usual  # type: ignore[return-value]  # of the answer's type

    def client(self, target: Target, receive: Callable[[Answer], None], **options: Any) -> Client:
        return ReplayingClient(target, receive, self, **options)

    def miss(self, call: Call) -> Blocked:
        """What to raise for a request that is not recorded."""
        if self.name is None:
            return Blocked("nothing was recorded outside of checks")
        cassette = self.recording.cassettes.get(self.name)
        if cassette is not None and (why := cassettes.ASKED[cassette.asked]):
            return (NotApplicable if cassette.asked == "not applicable" else Blocked)(why)
        why = "is missing" if cassette is None else f"is stale, {call.method} {call.path[:120]} is not in it"
        self._note(self.name, why)
        return CassetteMismatch(f"its cassette {why}")

    def _note(self, name: str, why: str) -> None:
        self.stale.setdefault(name, str(cassettes.broken(self.directory / f"{name}.yaml", why)))


class ReplayingClient(Client):
    """Asks the cassettes; never waits."""

    def __init__(
        self,
        target: Target,
        receive: Callable[[Answer], None],
        cassette_session: ReplaySession,
        **options: Any,
    ) -> None:
        super().__init__(target, receive, **options)
        self.cassette_session = cassette_session

    @staticmethod
    def sleep(seconds: float) -> None:
        """Doesn't wait: what is to come was recorded."""

    def send(self, call: Call, *options: Any) -> Answer:
        if self.cassette_session.name is None:
            raise self.cassette_session.miss(call)
        try:
            return super().send(call, *options)
        except CannotOverwriteExistingCassetteException:
            raise self.cassette_session.miss(call) from None


def _told(exchange: Exchange) -> str:
    parts = urlsplit(exchange.url)
    return f"{exchange.method} {parts.path}{'?' + parts.query if parts.query else ''}"[:120]
