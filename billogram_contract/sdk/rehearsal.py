"""Rehearsals: an SDK's tests on a faithful sandbox, then on one that drifts, drift by drift."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from billogram_contract.errors import SetupError
from billogram_contract.sandbox import DRIFTS
from billogram_contract.sandbox.catalogue import Departure
from billogram_contract.sandbox.watched import WatchedSandbox
from billogram_contract.sdk import junit, ready
from billogram_contract.sdk.command import Commands, Ended

VERSION = 1
FEW = 2  # drifts of a clause, unless all are asked for
LAST_LINES = 30


class Outcome(StrEnum):
    """What came of a drift."""

    meaning: str

    def __new__(cls, word: str, meaning: str) -> Outcome:
        """A word with its meaning."""
        made = str.__new__(cls, word)
        made._value_ = word
        made.meaning = meaning
        return made

    NOTICED = "noticed", "the tests failed"
    SURVIVED = "survived", "an answer was another one than promised, and the tests passed"
    HUNG = "hung", "the tests did not come to an end"
    NOT_TOUCHED = "not touched", "no request of the tests was answered otherwise than promised"
    UNSTABLE = "unstable", "the tests failed though every answer was as promised: they don't repeat"


class Rehearsed(Struct, frozen=True, forbid_unknown_fields=True):
    """One drift: what it does, the clauses that it breaks, and what came of it.

    `touched` counts the requests that were answered otherwise than by a faithful sandbox; `tests` are those
    that failed, where the command tells.
    """

    drift: str
    summary: str
    breaks: list[str]
    outcome: Outcome
    touched: int
    requests: int
    seconds: float
    code: int | None
    tests: list[str]

    @property
    def clause(self) -> str:
        """The clause that the drift was made for."""
        return self.breaks[0]


class ClauseRehearsed(Struct, frozen=True, forbid_unknown_fields=True):
    """A clause: how many of its drifts came to what, and the tests that notice."""

    clause: str
    outcomes: dict[Outcome, int]
    tests: list[str]

    @property
    def word(self) -> str:
        """Whether the tests would notice upstream breaking it."""
        noticed = self.outcomes.get(Outcome.NOTICED, 0) + self.outcomes.get(Outcome.HUNG, 0)
        missed = self.outcomes.get(Outcome.SURVIVED, 0)
        if noticed and missed:
            return "in part"
        if noticed:
            return "yes"
        return "no" if missed else "not touched"


class Rehearsal(Struct, frozen=True, forbid_unknown_fields=True):
    """A rehearsal: `seconds` is what the command takes on the faithful sandbox."""

    version: int
    started: str
    command: list[str]
    seconds: float
    requests: int
    drifts: list[Rehearsed]
    clauses: list[ClauseRehearsed]

    @property
    def counts(self) -> dict[Outcome, int]:
        """How many drifts came to what."""
        return {one: sum(drift.outcome == one for drift in self.drifts) for one in Outcome}


def chosen(only: Sequence[str] = (), *, is_all: bool = False) -> list[Departure]:
    """The drifts to rehearse: the first few of each clause, or all; `only` are patterns of clauses or drifts.

    A drift that is named itself is always among them. Raises SetupError where a pattern fits nothing.
    """
    found: list[Departure] = []
    taken: dict[str, int] = {}
    unused = set(only)
    for drift in DRIFTS.values():
        by_clause = {one for one in only if fnmatchcase(drift.breaks[0], one)}
        by_name = {one for one in only if fnmatchcase(drift.name, one)}
        unused -= by_clause | by_name
        of_clause = taken.get(drift.breaks[0], 0)
        if by_name or ((by_clause or not only) and (is_all or of_clause < FEW)):
            taken[drift.breaks[0]] = of_clause + 1
            found.append(drift)
    if unused:
        raise SetupError(f"--only {sorted(unused)[0]!r} fits no clause and no drift.")
    return found


def rehearse(
    command: Sequence[str],
    drifts: Sequence[Departure],
    *,
    at_once: int = 1,
    timeout: float | None = None,
    tell: Callable[[Rehearsed], None] = lambda one: None,
) -> Rehearsal:
    """Runs a command once without drift, then once for each; raises SetupError where it fails without one.

    `timeout` is in seconds; without it a command gets five times what it took on the faithful sandbox, and
    ten seconds.
    """
    started = datetime.now(UTC).isoformat(timespec="seconds")
    with Commands() as commands:
        faithful, ended = _faithful(commands, command, timeout)
        longest = timeout or 10 + 5 * ended.seconds
        found = list(_each(commands, command, drifts, at_once, longest, tell))
    order = {drift.name: place for place, drift in enumerate(drifts)}
    found.sort(key=lambda one: order[one.drift])
    return Rehearsal(
        VERSION,
        started,
        list(command),
        round(ended.seconds, 2),
        faithful.asked,
        found,
        list(_by_clause(found)),
    )


def _each(
    commands: Commands,
    command: Sequence[str],
    drifts: Sequence[Departure],
    at_once: int,
    timeout: float,
    tell: Callable[[Rehearsed], None],
) -> Iterator[Rehearsed]:
    """What came of each drift, as it comes."""
    with ThreadPoolExecutor(at_once) as pool:
        waiting: set[Future[Rehearsed]] = {
            pool.submit(_rehearsed, commands, command, drift, timeout) for drift in drifts
        }
        try:
            while waiting:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for future in done:
                    tell(future.result())
                    yield future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            commands.interrupt()
            raise


def _faithful(
    commands: Commands, command: Sequence[str], timeout: float | None
) -> tuple[WatchedSandbox, Ended]:
    with tempfile.TemporaryDirectory() as folder, WatchedSandbox() as sandbox:
        log = Path(folder) / "log"
        with log.open("wb") as output:
            ended = _run(commands, command, sandbox, Path(folder), timeout=timeout, output=output)
        if ended.code != 0:
            last = "\n".join(log.read_text("utf-8", "replace").splitlines()[-LAST_LINES:])
            how = "took too long" if ended.code is None else f"ended with {ended.code}"
            raise SetupError(f"{last}\n\nWithout any drift the command {how}: it must pass there first.")
    if not sandbox.asked:
        raise SetupError(
            "The command asked nothing of the sandbox: let your tests take the address and credentials from"
            " BILLOGRAM_BASE_URL, BILLOGRAM_API_USER and BILLOGRAM_API_PASSWORD."
        )
    return sandbox, ended


def _rehearsed(commands: Commands, command: Sequence[str], drift: Departure, timeout: float) -> Rehearsed:
    with tempfile.TemporaryDirectory() as folder, WatchedSandbox(drifts=[drift.name]) as sandbox:
        report = Path(folder) / "junit"
        ended = _run(commands, command, sandbox, Path(folder), timeout=timeout, output=subprocess.DEVNULL)
        tests = junit.failed(report) if report.exists() else []
    return Rehearsed(
        drift.name,
        drift.summary,
        list(drift.breaks),
        _outcome(ended, sandbox.touched),
        sandbox.touched,
        sandbox.asked,
        round(ended.seconds, 2),
        ended.code,
        tests,
    )


def _run(
    commands: Commands, command: Sequence[str], sandbox: WatchedSandbox, folder: Path, **how: Any
) -> Ended:
    report = str(folder / "junit")
    return commands.run(
        [part.replace(junit.PLACE, report) for part in command],
        {**ready.environment(sandbox), "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"},
        **how,
    )


def _outcome(ended: Ended, touched: int) -> Outcome:
    if ended.code is None:
        return Outcome.HUNG
    if ended.code == 0:
        return Outcome.SURVIVED if touched else Outcome.NOT_TOUCHED
    return Outcome.NOTICED if touched else Outcome.UNSTABLE


def _by_clause(found: Iterable[Rehearsed]) -> Iterator[ClauseRehearsed]:
    by_clause: dict[str, list[Rehearsed]] = {}
    for one in found:
        by_clause.setdefault(one.clause, []).append(one)
    for clause, drifts in by_clause.items():
        outcomes = {one: sum(drift.outcome == one for drift in drifts) for one in Outcome}
        tests = sorted({test for drift in drifts for test in drift.tests})
        yield ClauseRehearsed(clause, {one: count for one, count in outcomes.items() if count}, tests)


# ---------------------------------------------------------------- kept and compared


def written(rehearsal: Rehearsal) -> str:
    """A rehearsal as JSON."""
    return json.dumps(msgspec.to_builtins(rehearsal), indent=1, ensure_ascii=False) + "\n"


def read(path: Path) -> Rehearsal:
    """The rehearsal in a file; raises SetupError where it is none."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Rehearsal)
    except OSError as error:
        raise SetupError(f"--expect {path} cannot be read: {error.strerror}.") from None
    except msgspec.DecodeError as error:
        raise SetupError(f"--expect {path} is no rehearsal: {error}.") from None


def changes(expected: Rehearsal, now: Rehearsal) -> list[str]:
    """What came of a drift and was not expected, a line each; drifts of one alone are left out."""
    before = {one.drift: one.outcome for one in expected.drifts}
    return [
        f"{one.drift} ({one.clause}): {before[one.drift]} was expected, now it is {one.outcome}"
        for one in now.drifts
        if one.drift in before and before[one.drift] != one.outcome
    ]
