"""Runs a client's program against the faithful sandbox, each drift and each variant, and compares its steps.

A program does what its client does, and prints a line of JSON for each step: the value that it gives its
user, or the error that it raises.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from billogram_contract.sandbox import DRIFTS, VARIANTS, Response
from billogram_contract.sandbox.clock import Clock
from billogram_contract.sandbox.watched import WatchedSandbox
from billogram_contract.sdk.ready import environment

PROGRAMS = Path(__file__).with_name("programs")
BUILT = Path(__file__).with_name("built")
OTHERS = 108  # customers beside the allotted ones: two pages of 100
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LONGEST = 12.0  # seconds of a program; a faithful run takes less than one

_STAMP = re.compile(rb'("(?:created_at|updated_at)":\s*")([0-9-]{10})T([0-9:]{8})(?:\.[0-9]+)?Z')
NOTHING, UNHARMED = "not touched", "unharmed"
LOOP, EXCEPTION, SILENCE, WRONG = "endless loop", "exception", "silence", "wrong value"
WORST_FIRST = (LOOP, EXCEPTION, SILENCE, WRONG)

Step = Mapping[str, Any]


def _as_it_is(answer: Response) -> Response:
    return answer


def _spaced(answer: Response) -> Response:
    """Timestamps as in 2017, the only form that some clients read."""
    return replace(answer, body=_STAMP.sub(rb"\1\2 \3", answer.body))


@dataclass(frozen=True)
class Client:
    """A client: its name in `openapi/sources.md`, how people call it, and the command of its program.

    `edit` is done to every answer, where it reads none otherwise.
    """

    name: str
    title: str
    command: tuple[str, ...]
    edit: Callable[[Response], Response] = _as_it_is
    build: tuple[str, ...] = ()

    @property
    def is_there(self) -> bool:
        """Whether its language is installed."""
        return all(shutil.which(part[0]) for part in (self.command, self.build) if part)


def _program(*command: str) -> tuple[str, ...]:
    *before, file = command
    return (*before, str(PROGRAMS / file))


CLIENTS = {
    one.name: one
    for one in (
        Client("python", "Python client 1.2", _program(sys.executable, "python.py")),
        Client("php", "PHP client (upstream's own)", _program("php", "php.php")),
        Client("php-friendsofapi", "PHP client friendsofapi", _program("php", "php_friendsofapi.php")),
        Client(
            "java",
            "Java client",
            ("java", "-cp", str(BUILT), "Java"),
            edit=_spaced,
            build=("javac", "-d", str(BUILT), str(PROGRAMS / "Java.java")),
        ),
        Client("javascript", "JavaScript client (davecalnan)", _program("node", "javascript.mjs")),
        Client("javascript-npm", "JavaScript clients of npm", _program("node", "javascript_npm.mjs")),
        Client("svelte", "Svelte dashboard", _program("node", "svelte.mjs")),
    )
}


@dataclass(frozen=True)
class Met:
    """What a drift or variant did to a client, in a word and in a sentence."""

    name: str
    clause: str
    word: str
    told: str = ""


def build(client: Client) -> None:
    """Builds the program of a client that needs it."""
    if client.build:
        subprocess.run(client.build, check=True)


@dataclass(frozen=True)
class Told:
    """What a program told: its steps, whether any answer was another one, and whether it had to be ended."""

    steps: list[Step]
    is_touched: bool
    is_endless: bool


def run(client: Client, name: str = "", longest: float = LONGEST) -> Told:
    """Runs a client's program, against a drift or variant where one is named."""
    drifts, variants = ([name] if name in DRIFTS else []), ([name] if name in VARIANTS else [])
    with WatchedSandbox(
        client.edit, drifts=drifts, variants=variants, others=OTHERS, clock=Clock(NOON)
    ) as sandbox:
        variables = {**os.environ, **environment(sandbox), "NO_PROXY": "127.0.0.1"}
        process = subprocess.Popen(
            client.command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        try:
            output, _ = process.communicate(timeout=longest)
        except subprocess.TimeoutExpired:
            process.kill()
            output, _ = process.communicate()
        lines = output.decode("utf-8", "replace").splitlines()
        steps = [json.loads(line) for line in lines if line.startswith('{"step"') and line.endswith("}")]
        return Told(steps, bool(sandbox.touched), process.returncode == -signal.SIGKILL)


def meet(client: Client, names: Iterable[str], at_once: int = 1) -> Iterator[Met]:
    """What each drift or variant does to a client; raises RuntimeError where it doesn't run without them."""
    wanted = run(client).steps
    if not wanted:
        raise RuntimeError(f"the program of {client.name} told nothing")

    def one(name: str) -> Met:
        told = run(client, name)
        if told.is_endless:  # or this machine has much to do: it gets more time
            told = run(client, name, 3 * LONGEST)
        return _met(name, wanted, told)

    with ThreadPoolExecutor(at_once) as pool:
        yield from pool.map(one, names)


def _met(name: str, wanted: Sequence[Step], told: Told) -> Met:
    clause = DRIFTS[name].breaks[0] if name in DRIFTS else ""
    if not told.is_touched:
        return Met(name, clause, NOTHING)
    broken = sorted(_broken(wanted, told), key=lambda pair: WORST_FIRST.index(pair[0]))
    if not broken:
        return Met(name, clause, UNHARMED)
    word, where = broken[0]
    more = f", and {len(broken) - 1} more" if len(broken) > 1 else ""
    return Met(name, clause, word, f"{word}: {where}{more}")


def _broken(wanted: Sequence[Step], told: Told) -> Iterator[tuple[str, str]]:
    """The steps that came out otherwise: how, and which."""
    found = {step["step"]: step for step in told.steps}
    for before in wanted:
        name = before["step"]
        now = found.get(name)
        if now is None:  # what comes after it was never begun
            yield (LOOP, name) if told.is_endless else (EXCEPTION, f"{name} (the program ended)")
            return
        if "error" in now and now.get("error") != before.get("error"):
            yield EXCEPTION, f"{name} ({now['error']})"
        elif "error" in before and "error" not in now:
            yield SILENCE, f"{name} (no {before['error']})"
        elif not is_as_before(before, now):
            yield WRONG, name


def is_as_before(before: Any, now: Any) -> bool:
    """Whether a value is the same, but for fields that are new in it, which harm nobody."""
    if isinstance(before, dict) and isinstance(now, dict):
        return all(name in now and is_as_before(before[name], now[name]) for name in before)
    if isinstance(before, list) and isinstance(now, list):
        return len(before) == len(now) and all(map(is_as_before, before, now))
    return type(before) is type(now) and bool(before == now)
