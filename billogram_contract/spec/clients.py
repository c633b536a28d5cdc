"""What breaks the published clients: `openapi/clients.toml`, told by running them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, field

from billogram_contract import places
from billogram_contract.errors import SetupError


class ClientRun(Struct, frozen=True, forbid_unknown_fields=True):
    """What running a client told.

    `breaks` says by clause and drift what the drift does to it, `variants` by variant; the drifts that it met
    unharmed and those that nothing it asks could meet are listed.
    """

    title: str
    breaks: dict[str, dict[str, str]] = {}
    variants: dict[str, str] = {}
    unharmed: list[str] = []
    not_touched: list[str] = field(name="not-touched", default_factory=list)


@cache
def load(path: Path = places.CLIENTS) -> Mapping[str, ClientRun]:
    """The clients by their names in `openapi/sources.md`; raises SetupError where the file cannot be read."""
    try:
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")), dict[str, ClientRun])
    except (OSError, ValueError, msgspec.ValidationError) as error:
        raise SetupError(f"The clients {path} cannot be read: {error}") from None


HARM = ("endless loop", "exception", "silence", "wrong value")  # the worst first
SILENCE = "silence"  # what nothing but a refusal that is gone does


def worst(told: Iterable[str]) -> str:
    """The worst of what drifts do to a client."""
    return min(told, key=lambda line: HARM.index(_harm(line)))


def broken_by(clause: str, *, is_relaxed: bool = False) -> list[str]:
    """What breaking a clause does to the clients, a line each: `Python client 1.2: endless loop: …`.

    Of a client, the worst that any drift of the clause does, of those that refuse no more if `is_relaxed`.
    """
    found = []
    for client in load().values():
        told = client.breaks.get(clause, {}).values()
        if fitting := [line for line in told if (_harm(line) == SILENCE) is is_relaxed]:
            found.append(f"{client.title}: {worst(fitting)}")
    return found


def _harm(line: str) -> str:
    return line.partition(":")[0]


def names_of(clause: str) -> tuple[str, ...]:
    """The clients that breaking a clause breaks, by their names in `openapi/sources.md`."""
    return tuple(name for name, client in load().items() if client.breaks.get(clause))


def as_written(client: ClientRun) -> dict[str, Any]:
    """A client as its table in the file."""
    told: dict[str, Any] = msgspec.to_builtins(client)
    return told
