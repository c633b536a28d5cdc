"""A recording and its replay, seen from outside: the same verdict, no network, and no silence."""

from __future__ import annotations

import json
import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
import yaml

from billogram_contract.checking.recorder import Recorder
from billogram_contract.recording import cassettes, exchanges, provenance
from billogram_contract.recording.provenance import Provenance
from billogram_contract.run.settings import CASSETTES
from billogram_contract.spec import clauses, description
from billogram_contract.spec.description import Description
from tests.meta.test_run import AUTH, LIST, Outcome, hold_quickly

FILTER = "tests/contract/test_filter.py"
DRIFTS = ("page-size-101-accepted", "filter-ignored-when-ordered", "zipcode-as-number")
FILES = (AUTH, LIST, FILTER)
DENIED = "auth/list_is_denied-none.yaml"

# Ends the process where something would leave it.
NOTHING_LEAVES = """
import os, sys

def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.gethostbyname"):
        os._exit(99)

sys.addaudithook(refuse)
"""


@dataclass(frozen=True)
class Tried:
    """A recording, its replay, and the directory of its cassettes."""

    recorded: Outcome
    replayed: Outcome
    directory: Path


def replay(directory: Path, *arguments: str) -> Outcome:
    return hold_quickly(*(arguments or FILES), "--target", "cassettes", "--cassettes", str(directory))


def record(directory: Path, *arguments: str) -> Outcome:
    return hold_quickly(*FILES, "--record-mode", "rewrite", "--cassettes", str(directory), *arguments)


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Tried]:
    """Recordings of a faithful and of drifted upstreams with their replays."""

    def one(name: str) -> Tried:
        directory = tmp_path_factory.mktemp(name) / "cassettes"
        drift = () if name == "faithful" else ("--drift", name)
        return Tried(record(directory, *drift), replay(directory), directory)

    names = ("faithful", *DRIFTS)
    with ThreadPoolExecutor(2) as pool:
        return dict(zip(names, pool.map(one, names), strict=True))


@pytest.fixture
def copied(tried: dict[str, Tried], tmp_path: Path) -> Path:
    """Cassettes of a faithful upstream, to be spoilt."""
    return shutil.copytree(tried["faithful"].directory, tmp_path / "cassettes")


def found(outcome: Outcome) -> list[str]:
    """Findings, verdicts and answers of a run, without what tells of the target."""
    kept = [line for line in outcome.summary[1:] if not line.startswith(("  observed", "  again"))]
    return [re.sub(r" \d+ requests.*", "", line) for line in kept]


# What a replay says


@pytest.mark.parametrize("name", ["faithful", *DRIFTS])
def test_replay_comes_to_what_its_recording_came_to(tried: dict[str, Tried], name: str) -> None:
    one = tried[name]
    assert one.recorded.code == one.replayed.code == (0 if name == "faithful" else 1)
    assert found(one.replayed) == found(one.recorded)


def test_replay_says_on_what_it_rests(tried: dict[str, Tried]) -> None:
    today = datetime.now(UTC).date().isoformat()
    told = tried["faithful"].replayed.summary[0]
    assert told.startswith("held against cassettes target: recorded from the embedded sandbox")
    assert today in told
    assert told.endswith(": no evidence of upstream")
    assert "(zipcode-as-number)" in tried["zipcode-as-number"].replayed.summary[0]


def test_nothing_leaves_a_replay(tried: dict[str, Tried], tmp_path: Path) -> None:
    plugin = tmp_path / "nothing_leaves.py"
    plugin.write_text(NOTHING_LEAVES, encoding="utf-8")
    guarded = ("-p", "nothing_leaves", AUTH)
    environment = {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(CASSETTES.parent)])}
    directory = str(tried["faithful"].directory)
    replayed = hold_quickly(
        *guarded, "--target", "cassettes", "--cassettes", directory, environment=environment
    )
    assert replayed.code == 0
    assert hold_quickly(*guarded, environment=environment).code == 99  # the embedded sandbox is asked


@pytest.mark.parametrize(
    "check",
    [
        f"{LIST}::test_pages_of_a_filtered_list_partition_it",
        f"{FILTER}::test_field_filter_finds_letters_beyond_ascii",
        f"{AUTH}::test_denied_update_changes_nothing",
    ],
)
def test_single_check_replays_alone(tried: dict[str, Tried], check: str) -> None:
    outcome = replay(tried["faithful"].directory, check)
    assert outcome.code == 0
    assert " 0 drifted" in outcome.tally


def test_recording_again_replaces_the_cassettes(copied: Path) -> None:
    before = {path.name for path in copied.rglob("*.yaml")}
    outcome = hold_quickly(AUTH, "--record-mode", "rewrite", "--cassettes", str(copied))
    after = {path.name for path in copied.rglob("*.yaml")}
    assert outcome.code == 0
    assert after < before
    assert f"cassettes were written to {copied}" in outcome.text


# What is no evidence


def rewrite(directory: Path, text: str) -> None:
    """Lets the cassette of denied credentials hold something else, as if it had been recorded so."""
    (directory / DENIED).write_text(text, encoding="utf-8")
    listed = json.loads((directory / "provenance.json").read_text(encoding="utf-8"))
    listed["cassettes"][DENIED.removesuffix(".yaml")] = sha256(text.encode()).hexdigest()[:16]
    (directory / "provenance.json").write_text(json.dumps(listed), encoding="utf-8")


def spoil(directory: Path, name: str) -> str:
    """Spoils a recording in the way of the name; what is told of it."""
    path = directory / DENIED
    told = json.loads((directory / "provenance.json").read_text("utf-8"))
    if name == "missing":
        path.unlink()
        return f"{DENIED} is missing: record anew with `tox -e record`."
    if name == "unreadable":
        text = path.read_text("utf-8")
        path.write_text(text[: text.index("INVALID") if "INVALID" in text else len(text) - 20], "utf-8")
        return f"{DENIED} cannot be read"
    if name == "unlisted":
        del told["cassettes"][DENIED.removesuffix(".yaml")]
        (directory / "provenance.json").write_text(json.dumps(told), encoding="utf-8")
        return f"{DENIED} is missing: record anew"
    if name == "empty":
        shutil.rmtree(directory)
        return "provenance.json is missing: record anew with `tox -e record`."
    if name == "mixed":
        path.write_text(path.read_text("utf-8") + "# by hand\n", encoding="utf-8")
        return f"{DENIED} is of another recording than the rest, or was changed: record anew"
    rewrite(directory, path.read_text("utf-8").replace("page_size=1\n", "page_size=2\n"))
    return (
        f"{DENIED} is stale, GET /customer?page=1&page_size=1 is not in it: record anew with `tox -e record`."
    )


@pytest.mark.parametrize("name", ["missing", "unreadable", "unlisted", "empty", "mixed", "stale"])
def test_what_is_no_evidence_is_told_in_one_line(copied: Path, name: str) -> None:
    line = spoil(copied, name)
    outcome = replay(copied, AUTH)
    assert outcome.code == 2
    assert len([one for one in outcome.lines if line in one]) == 1
    assert "Traceback" not in outcome.text
    assert "test_auth.py:" not in outcome.text


def test_check_that_asks_less_than_was_recorded_is_stale(copied: Path) -> None:
    told = yaml.safe_load((copied / DENIED).read_text("utf-8"))
    told["interactions"] *= 2
    rewrite(copied, yaml.safe_dump(told))
    outcome = replay(copied, AUTH)
    assert outcome.code == 2
    assert f"{DENIED} 1 of its answers are no longer asked for" in outcome.text


def test_old_recording_fails_a_gate(copied: Path) -> None:
    old = (datetime.now(UTC) - timedelta(days=31, hours=1)).isoformat(timespec="seconds")
    for path in (*copied.rglob("*.yaml"), copied / "provenance.json"):
        text = path.read_text("utf-8")
        path.write_text(re.sub(r"(recorded\"?: [\"'])[^\"']*", rf"\g<1>{old}", text), encoding="utf-8")
    assert "31 days ago" in replay(copied, AUTH).summary[0]
    outcome = replay(copied, AUTH, "--max-age", "30")
    (line,) = outcome.told
    assert outcome.code == 2
    assert "is 31 days old, --max-age allows 30: record anew with `tox -e record`." in line


def test_several_processes_are_refused(copied: Path) -> None:
    outcome = replay(copied, AUTH, "-p", "xdist", "-n", "2")
    assert outcome.code == 2
    assert "Recording and replay take one process: leave -n out." in outcome.text


# Evidence against a description that changed


def changed() -> Description:
    """Today's description with another promise: no customer has a name."""
    now = description.load()
    document = json.loads(json.dumps(now.document))
    document["components"]["schemas"]["Customer"]["properties"]["name"]["type"] = "integer"
    return Description(document, "changed")


def test_changed_description_is_held_against_every_answer(tried: dict[str, Tried]) -> None:
    recorder = Recorder(changed(), clauses.load(description.load()), "")
    for cassette in cassettes.read(tried["faithful"].directory).cassettes.values():
        for exchange in cassette.exchanges:
            recorder.receive(exchanges.answer_of(exchange))
    assert "/data/*/name" in {finding.pointer for finding in recorder.record.findings}


# Provenance in words

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MADE = Provenance("1", "live", "sandbox.billogram.com", "2026-11-19T11:00:00+00:00", "0.1.0", "hash")


def test_recording_of_upstream_is_evidence_of_it() -> None:
    assert provenance.words(MADE, NOW, "hash") == (
        "recorded from sandbox.billogram.com 3 days ago (2026-11-19, suite 0.1.0):"
        " evidence of upstream as it was then"
    )


@pytest.mark.parametrize(
    ("kind", "host"), [("live", "127.0.0.1:8025"), ("embedded", "sandbox.billogram.com")]
)
def test_any_other_recording_is_none(kind: str, host: str) -> None:
    made = Provenance("1", kind, host, MADE.recorded, "0.1.0", "hash")
    assert provenance.words(made, NOW, "another").endswith(
        ", with another description: no evidence of upstream"
    )


def test_check_names_make_file_names_that_differ() -> None:
    checks = [
        f"tests/contract/test_a.py::test_b[{sign}]" for sign in ("x", "X", "x y", "x/y", "x\\x00", "x" * 200)
    ]
    names = [cassettes.name_of(check) for check in checks]
    assert names[0] == "a/b-x"
    assert len({name.lower() for name in names}) == len(names)
    assert all(re.fullmatch("[a-z0-9._/-]{1,120}", name) for name in names)
