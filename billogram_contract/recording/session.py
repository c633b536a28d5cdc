"""The cassettes of a run: what recording and replaying have in common, and recording."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from billogram_contract.errors import SetupError
from billogram_contract.recording import cassettes
from billogram_contract.recording.cassettes import Cassette, Recording
from billogram_contract.recording.provenance import EMBEDDED_HOST, EMBEDDED_RECORDING, Provenance
from billogram_contract.recording.redaction import Exchange, Redaction
from billogram_contract.recording.sources import Sources
from billogram_contract.spec.description import Description
from billogram_contract.upstream.client import Client
from billogram_contract.upstream.exchange import Answer, Call
from billogram_contract.upstream.target import Target

Made = TypeVar("Made")
SHARED = ("run/", "shared/")  # how the names of cassettes begin that are of no single check
AFTERWARDS = "-afterwards"  # how those end that put back what checks share
Choices = dict[str, list[Any]]


class CassetteSession:
    """What recording and replaying have in common: the cassettes, and which of them is in use."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.name: str | None = None
        self._times: Counter[str] = Counter()

    def again(self, name: str) -> str:
        """The name of a fixture's cassette: pytest may set it up more than once in a run."""
        self._times[name] += 1
        return f"{name}-{self._times[name]}" if self._times[name] > 1 else name

    @contextmanager
    def within(self, name: str) -> Iterator[None]:
        """What is asked and decided inside belongs to the cassette of the name."""
        before, self.name = self.name, name
        try:
            yield
        finally:
            self.name = before

    def playing(self, name: str) -> AbstractContextManager[None]:
        """A cassette in use beside those of checks."""
        return self.within(name)


class RecordingSession(CassetteSession):
    """Records; what was recorded is redacted as a whole and written at the end of the run.

    `recorded` is when, by the clock of the target. `is_part` says that checks were left out: what was
    recorded of them before stays; raises SetupError where that does not go with what is recorded now.
    """

    def __init__(
        self,
        directory: Path,
        target: Target,
        description: Description,
        *,
        sources: Sources,
        recorded: datetime,
        drifts: tuple[str, ...] = (),
        variants: tuple[str, ...] = (),
        is_part: bool = False,
    ) -> None:
        super().__init__(directory)
        self.target = target
        self.sources = sources
        address, is_embedded = urlsplit(target.base_url), target.kind == "embedded"
        host = EMBEDDED_HOST if is_embedded else address.netloc
        self.base_url = address._replace(netloc=host).geturl()
        self.provenance = Provenance(
            recording=EMBEDDED_RECORDING if is_embedded else secrets.token_hex(8),
            kind=target.kind,
            host=host,
            recorded=recorded.isoformat(timespec="seconds"),
            suite=version("billogram-contract"),
            description=description.sha256,
            drifts=drifts,
            variants=variants,
        )
        self.cassettes: dict[str, Cassette] = {}
        self._choices: dict[str, dict[str, list[tuple[Any, object]]]] = {}
        self._before = self._kept() if is_part and cassettes.is_there(directory) else {}
        self._leased = {name: list(one.choices.get("leased", [])) for name, one in self._before.items()}

    @property
    def reserved(self) -> set[int]:
        """The customers that what checks share has for itself in the rest of a recording."""
        shared = (one.choices for one in self._before.values() if one.name.startswith(SHARED))
        return {number for choices in shared for leased in choices.get("leased", []) for number in leased}

    def _kept(self) -> Mapping[str, Cassette]:
        """The cassettes of the recording of which a part is recorded anew."""
        found, target = cassettes.read(self.directory), self.target
        where = (found.base_url, found.customers, found.numbers)
        is_same = where == (self.base_url, target.customers, target.numbers)
        if is_same and found.provenance.is_like(self.provenance):
            return found.cassettes
        raise SetupError(
            f"{self.directory} holds a recording of another target, description or pseudonyms, which a part"
            " does not go with: record all checks, or give --cassettes another folder."
        )

    def take(self, answer: Answer) -> None:
        """Keeps an answer, its content coding undone."""
        call, name = answer.call, self.name
        if name is None:
            return
        headers = {
            header: value
            for header, value in answer.headers.items()
            if answer.undecoded or header != "content-encoding"
        }
        url, body = self.base_url + call.path, call.body or None
        exchange = Exchange(call.method, url, body, answer.status, headers, answer.content)
        self.cassettes.setdefault(name, Cassette(name)).exchanges.append(exchange)

    def decide(self, question: str, answer: Callable[[], Made], usual: object) -> Made:
        """Answers a question as it must be answered, and takes note.

        A part leases the customers that it had before.
        """
        given, before = answer(), self._leased.get(self.name or "")
        if question == "leased" and before and len(before[0]) == len(given):  # type: ignore[arg-type]
            given = before.pop(0)
        self._choices.setdefault(self.name or "", {}).setdefault(question, []).append((given, usual))
        return given

    def client(self, target: Target, receive: Callable[[Answer], None], **options: Any) -> Client:
        return RecordingClient(target, receive, self, **options)

    def finish(self, asked: Mapping[str, bool]) -> list[str]:
        """Writes the recording; `asked` says of each check whether it asked nothing by choice.

        Returns a line for the user on each thing worth telling.
        """
        for check, by_choice in asked.items():
            name = cassettes.name_of(check)
            self.cassettes.setdefault(name, Cassette(name, asked="not applicable" if by_choice else "no"))
        rest = {
            name: one
            for name, one in self._before.items()
            if name.endswith(AFTERWARDS) or name not in self.cassettes
        }
        known = [one for name, one in self._before.items() if name in rest or name.startswith(SHARED)]
        redaction = Redaction(
            [exchange for cassette in self.cassettes.values() for exchange in cassette.exchanges],
            self.sources,
            numbers=(*self.target.customers, *self.target.numbers),
            before=[one.exchanges for one in sorted(known, key=_turn) if one.asked != "with pseudonyms"],
            key=EMBEDDED_RECORDING.encode() if self.target.kind == "embedded" else None,
        )
        for cassette in sorted(self.cassettes.values(), key=_turn):
            self._redact(cassette, redaction)
        self._require_the_same()
        customers, numbers = self.target.customers, self.target.numbers
        every = self.cassettes | rest
        cassettes.write(self.directory, Recording(self.provenance, self.base_url, customers, numbers, every))
        lines = [f"{len(self.cassettes)} cassettes were written to {self.directory}."]
        replaced = [name for name, one in self.cassettes.items() if one.asked == "with pseudonyms"]
        if replaced:
            lines.append(
                f"{len(replaced)} of them cannot be replayed, first {replaced[0]}: they sent texts that could"
                " not be told from upstream's. CONTRIBUTING says which can."
            )
        return lines

    def _redact(self, cassette: Cassette, redaction: Redaction) -> None:
        if not all(map(redaction.is_repeatable, cassette.exchanges)):
            cassette.asked = "with pseudonyms"
        cassette.exchanges = [redaction.of(one) for one in cassette.exchanges]
        cassette.choices = {
            question: [given for given, _ in made]
            for question, made in self._choices.get(cassette.name, {}).items()
            if any(given != usual for given, usual in made)
        }

    def _require_the_same(self) -> None:
        """Raises SetupError where a part shares with the rest what came out otherwise."""
        shared = {
            name for name in self.cassettes if name.startswith(SHARED) and not name.endswith(AFTERWARDS)
        }
        if any(self._before.get(name, self.cassettes[name]) != self.cassettes[name] for name in shared):
            raise SetupError(
                f"Nothing was recorded: what checks share came out otherwise than in {self.directory},"
                " which holds all of them: record all checks."
            )


class RecordingClient(Client):
    """Lets the recording have every answer, those that are asked for again included."""

    def __init__(
        self,
        target: Target,
        receive: Callable[[Answer], None],
        cassette_session: RecordingSession,
        **options: Any,
    ) -> None:
        super().__init__(target, receive, **options)
        self.cassette_session = cassette_session

    def _once(self, call: Call) -> Answer:
        answer = super()._once(call)
        self.cassette_session.take(answer)
        return answer


def _turn(cassette: Cassette) -> tuple[bool, bool, str]:
    """What checks share comes first: its pseudonyms then depend on no single check."""
    return not cassette.name.startswith(SHARED), cassette.name.endswith(AFTERWARDS), cassette.name
