"""The published clients, really run: `openapi/clients.toml` says what happens, and they show it."""

from __future__ import annotations

import shutil
from collections.abc import Iterable

import pytest

from billogram_contract import places
from billogram_contract.sandbox import DRIFTS, VARIANTS
from billogram_contract.spec import clauses, clients, description
from tests.clients import harness
from tests.clients.__main__ import table
from tests.clients.harness import CLIENTS

KNOWN = clients.load()
CLAUSES = clauses.load(description.load())
TELLING = (  # drifts of the Python client, one of each kind of harm and of none
    "last-page-one-short",
    "update-data-null",
    "page-size-101-accepted",
    "meta-missing",
    "page-size-100-refused",
    "filter-by-notes-ignored",
)


def told(name: str) -> dict[str, str]:
    """What the file says of each drift of a client."""
    client = KNOWN[name]
    broken = {drift: line for found in client.breaks.values() for drift, line in found.items()}
    silent = dict.fromkeys(client.unharmed, "unharmed") | dict.fromkeys(client.not_touched, "not touched")
    return broken | silent


def met(name: str, drifts: Iterable[str], at_once: int = 2) -> dict[str, str]:
    """What a client meets now."""
    found = harness.meet(CLIENTS[name], drifts, at_once)
    return {one.name: one.told or one.word for one in found}


def test_python_client_meets_what_the_file_says() -> None:
    assert met("python", TELLING) == {drift: told("python")[drift] for drift in TELLING}


@pytest.mark.slow
@pytest.mark.parametrize("name", CLIENTS)
def test_file_is_what_running_the_client_tells(name: str) -> None:
    client = CLIENTS[name]
    if not client.is_there:
        pytest.skip(f"{client.command[0]} is not installed")
    harness.build(client)
    now = table(client, harness.meet(client, [*DRIFTS, *VARIANTS], 2))
    assert now == clients.as_written(KNOWN[name])


@pytest.mark.parametrize("name", KNOWN)
def test_every_drift_stands_once(name: str) -> None:
    client = KNOWN[name]
    broken = [drift for found in client.breaks.values() for drift in found]
    stated = [*broken, *client.unharmed, *client.not_touched]
    assert len(stated) == len(set(stated))
    assert set(stated) <= DRIFTS.keys(), "run python -m tests.clients --missing"
    if name == "python":
        assert set(stated) == DRIFTS.keys(), "run python -m tests.clients python --missing"
    assert client.variants.keys() <= VARIANTS.keys()
    for clause, found in client.breaks.items():
        assert {DRIFTS[drift].breaks[0] for drift in found} == {clause}


def test_clients_are_those_of_the_sources() -> None:
    assert KNOWN.keys() <= set(clauses.read_sources().clients)
    assert KNOWN.keys() == CLIENTS.keys()


def test_findings_can_quote_it() -> None:
    lines = clients.broken_by("list.pages-partition")
    assert any(line == "Python client 1.2: wrong value: every customer, and 1 more" for line in lines)
    assert "python" in clients.names_of("list.pages-partition")
    assert clients.broken_by("no.such-clause") == []
    assert {clause for one in KNOWN.values() for clause in one.breaks} <= CLAUSES.keys()


def test_worst_comes_first() -> None:
    assert clients.worst(["wrong value: a", "endless loop: b", "exception: c"]) == "endless loop: b"
    assert clients.HARM == harness.WORST_FIRST


def test_language_that_is_not_there_is_told() -> None:
    assert CLIENTS["python"].is_there
    assert not harness.Client("x", "X", ("no-such-language",)).is_there
    assert shutil.which("no-such-language") is None


def test_file_is_in_a_wheel() -> None:
    assert '"openapi/clients.toml"' in (places.ROOT / "pyproject.toml").read_text("utf-8")
