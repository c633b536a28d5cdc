"""The cassette_session of a run: what it records, or what it replays."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, ClassVar, TypeVar
from urllib.parse import urlsplit

from vcr import VCR
from vcr.errors import CannotOverwriteExistingCassetteException
from vcr.persisters.filesystem import CassetteNotFoundError

from billogram_contract.errors import Blocked, NotApplicable, SetupError
from billogram_contract.recording import cassettes, encodings
from billogram_contract.recording.cassettes import Cassette, Recording
from billogram_contract.recording.matching import is_same, vars_of, vcr_interactions
from billogram_contract.recording.provenance import EMBEDDED_HOST, RECORD_AGAIN, Provenance
from billogram_contract.recording.redaction import Exchange, Redaction, made_texts, parsed, received
from billogram_contract.spec.description import Description
from billogram_contract.upstream.client import Client
from billogram_contract.upstream.exchange import Answer, Call
from billogram_contract.upstream.target import Target

Made = TypeVar("Made")


class CassetteMismatch(Blocked):
    """The check asks what its cassette doesn't hold."""


class CassetteSession:
    """What recording and replaying have in common: the cassettes, and which of them is in use.

    To VCR it is the place where cassettes are loaded from and saved to.
    """

    record_mode: ClassVar[str]

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.name: str | None = None
        self._times: Counter[str] = Counter()

    def again(self, name: str) -> str:
        """The name of a fixture's cassette: pytest may set it up more than once in a run."""
        self._times[name] += 1
        return f"{name}-{self._times[name]}" if self._times[name] > 1 else name

    @property
    def vcr_config(self) -> dict[str, Any]:
        """The configuration of a cassette, for pytest-recording and for our own."""
        where = str(self.directory)
        return {"match_on": ["exchange"], "record_mode": self.record_mode, "cassette_library_dir": where}

    def configure(self, vcr: VCR) -> None:
        """Makes a VCR compare and keep as we do."""
        vcr.register_matcher("exchange", is_same)
        vcr.register_persister(self)

    @contextmanager
    def within(self, name: str) -> Iterator[None]:
        """What is asked and decided inside belongs to the cassette of the name."""
        before, self.name = self.name, name
        try:
            yield
        finally:
            self.name = before

    @contextmanager
    def playing(self, name: str) -> Iterator[None]:
        """A cassette in use beside those of checks."""
        vcr = VCR(path_transformer=VCR.ensure_suffix(".yaml"))
        self.configure(vcr)
        with self.within(name), vcr.use_cassette(name, **self.vcr_config) as cassette:
            try:
                yield
            finally:
                self.played(name, cassette)

    def played(self, name: str, cassette: Any, *, is_whole: bool = False) -> None:
        """Takes note that a cassette is no longer in use; `is_whole` where all of it should have been."""

    def _name_at(self, path: Any) -> str:
        return Path(path).relative_to(self.directory).as_posix().removesuffix(".yaml")


class RecordingSession(CassetteSession):
    """Records; what was recorded is redacted as a whole and written at the end of the run."""

    record_mode = "all"

    def __init__(
        self,
        directory: Path,
        target: Target,
        description: Description,
        *,
        drifts: tuple[str, ...] = (),
        variants: tuple[str, ...] = (),
    ) -> None:
        super().__init__(directory)
        self.target = target
        address = urlsplit(target.base_url)
        host = EMBEDDED_HOST if target.kind == "embedded" else address.netloc
        self.base_url = address._replace(netloc=host).geturl()
        self.provenance = Provenance(
            recording=secrets.token_hex(8),
            kind=target.kind,
            host=host,
            recorded=datetime.now(UTC).isoformat(timespec="seconds"),
            suite=version("billogram-contract"),
            description=description.sha256,
            drifts=drifts,
            variants=variants,
        )
        self.cassettes: dict[str, Cassette] = {}
        self.choices: dict[str, dict[str, list[Any]]] = {}
        self.made: set[str] = set()
        self.searched: set[str] = set()

    def load_cassette(self, path: Any, serializer: Any) -> Any:
        raise CassetteNotFoundError

    def save_cassette(self, path: Any, interactions: Mapping[str, Any], serializer: Any) -> None:
        """Keeps what VCR recorded."""
        name = self._name_at(path)
        pairs = zip(interactions["requests"], interactions["responses"], strict=True)
        self.cassettes[name] = Cassette(name, [self._exchange(*pair) for pair in pairs])

    def _exchange(self, request: Any, response: Mapping[str, Any]) -> Exchange:
        interaction = {"request": vars_of(request), "response": response}
        found = cassettes.exchange_of(interaction)
        content = encodings.decoded(found.content, found.headers)
        url = self.base_url + found.url.removeprefix(self.target.base_url)
        return Exchange(found.method, url, found.body, found.status, found.headers, content)

    def decide(self, question: str, answer: Callable[[], Made], usual: object) -> Made:
        """Answers a question as it must be answered, and takes note."""
        given = answer()
        self.choices.setdefault(self.name or "", {}).setdefault(question, []).append((given, usual))
        return given

    def client(self, target: Target, receive: Callable[[Answer], None], **options: Any) -> Client:
        return RecordingClient(target, receive, self, **options)

    def finish(self, asked: Mapping[str, bool]) -> int:
        """Writes the recording; `asked` says of each check whether it asked nothing by choice."""
        for check, by_choice in asked.items():
            name = cassettes.name_of(check)
            self.cassettes.setdefault(name, Cassette(name, is_asked=False, by_choice=by_choice))
        whole = [exchange for cassette in self.cassettes.values() for exchange in cassette.exchanges]
        redaction = Redaction(whole, self.made, self.searched)
        for name, cassette in self.cassettes.items():
            cassette.exchanges = [redaction.of(one) for one in cassette.exchanges]
            cassette.choices = {
                question: [given for given, _ in made]
                for question, made in self.choices.get(name, {}).items()
                if any(given != usual for given, usual in made)
            }
        customers, numbers = self.target.customers, self.target.numbers
        recording = Recording(self.provenance, self.base_url, customers, numbers, self.cassettes)
        cassettes.write(self.directory, recording)
        return len(self.cassettes)


class RecordingClient(Client):
    """Takes note of the texts that the suite made, and marks those that it received."""

    def __init__(
        self,
        target: Target,
        receive: Callable[[Answer], None],
        cassette_session: RecordingSession,
        **options: Any,
    ) -> None:
        def take(answer: Answer) -> None:
            receive(answer)
            with suppress(ValueError):  # no JSON: nothing that a check could take from it
                vars(answer)["json"] = received(answer.json)

        super().__init__(target, take, **options)
        self.cassette_session = cassette_session

    def update(self, number: int | str, body: Any, **options: Any) -> Answer:
        with suppress(ValueError):  # no JSON: the suite's own as a whole
            self.cassette_session.made |= {*made_texts(parsed(body) if isinstance(body, bytes) else body)}
        return super().update(number, body, **options)

    def send(self, call: Call, *options: Any) -> Answer:
        made = {*made_texts([value for _, value in call.query])}
        self.cassette_session.made |= made
        self.cassette_session.searched |= {
            value for name, value in call.query if name == "filter_value" and value in made
        }
        return super().send(call, *options)


class ReplaySession(CassetteSession):
    """Replays a recording: each answer once, in the order of recording."""

    record_mode = "none"

    def __init__(self, directory: Path, max_age: float | None) -> None:
        super().__init__(directory)
        self.recording = cassettes.read(directory)
        self.stale: dict[str, str] = {}
        self._choices: dict[str, dict[str, list[Any]]] = {}
        self._left: dict[str, Sequence[Exchange]] = {
            name: cassette.exchanges for name, cassette in self.recording.cassettes.items()
        }
        days = self.recording.provenance.age(datetime.now(UTC)).total_seconds() / 86400
        if max_age is not None and days > max_age:
            raise SetupError(
                f"The recording in {directory} is {round(days, 1):g} days old, --max-age allows {max_age:g}:"
                f" record anew with `{RECORD_AGAIN}`."
            )

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

    def load_cassette(self, path: Any, serializer: Any) -> Any:
        cassette = self.recording.cassettes.get(self._name_at(path))
        if cassette is None or not cassette.exchanges:
            raise CassetteNotFoundError
        self._choices[cassette.name] = {kind: list(made) for kind, made in cassette.choices.items()}
        return vcr_interactions(cassette.exchanges)

    def save_cassette(self, path: Any, interactions: Mapping[str, Any], serializer: Any) -> None:
        """Nothing: a replay learns nothing new."""

    def played(self, name: str, cassette: Any, *, is_whole: bool = False) -> None:
        exchanges = self.recording.cassettes[name].exchanges if name in self.recording.cassettes else []
        counts = cassette.play_counts
        self._left[name] = [one for index, one in enumerate(exchanges) if not counts[index]]
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
        if cassette is not None and not cassette.is_asked:
            kind = NotApplicable if cassette.by_choice else Blocked
            return kind("it was not asked when the cassettes were recorded")
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
