"""A recording and its replay, seen from outside: the same verdict, no network, and no silence."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import threading
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import brotli
import pytest
import yaml

from billogram_contract.checking.recorder import Recorder
from billogram_contract.recording import cassettes, exchanges, provenance, sources
from billogram_contract.recording.cassettes import Cassette, Recording
from billogram_contract.recording.provenance import Provenance
from billogram_contract.recording.replay import ReplaySession
from billogram_contract.recording.session import RecordingSession
from billogram_contract.run.settings import CASSETTES
from billogram_contract.spec import clauses, description
from billogram_contract.spec.description import Description
from billogram_contract.upstream.exchange import Answer
from billogram_contract.upstream.target import Target
from tests.meta.test_run import AUTH, LIST, Outcome, hold_quickly

FILTER = "tests/contract/test_filter.py"
DRIFTS = ("page-size-101-accepted", "filter-ignored-when-ordered", "zipcode-as-number")
FILES = (AUTH, LIST, FILTER)
FOUND = "test_filter_finds_the_names_that_match"
DENIED = "auth/list_is_denied-none-large.yaml"

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
        reports = [f"--report-dir={directory.parent / kind}" for kind in ("recorded", "replayed")]
        return Tried(record(directory, reports[0], *drift), replay(directory, *FILES, reports[1]), directory)

    names = ("faithful", *DRIFTS)
    with ThreadPoolExecutor(2) as pool:
        return dict(zip(names, pool.map(one, names), strict=True))


@pytest.fixture
def copied(tried: dict[str, Tried], tmp_path: Path) -> Path:
    """Cassettes of a faithful upstream, to be spoilt."""
    return shutil.copytree(tried["faithful"].directory, tmp_path / "cassettes")


def found(ledger: Path) -> list[tuple[Any, ...]]:
    """What a run found of each clause that it asked about, by the fingerprints of the findings.

    What stays unchecked is left out: a replay cannot know how long a list may lag, and holds fewer laws.
    """
    told = json.loads((ledger / "ledger.json").read_text(encoding="utf-8"))
    findings = [(one["clause"], one["fingerprint"], one["pointer"]) for one in told["findings"]]
    asked = [
        (one["id"], one["verdict"]) for one in told["clauses"] if one["verdict"] in ("drifted", "answered")
    ]
    return [*findings, *asked]


# What a replay says


@pytest.mark.parametrize("name", ["faithful", *DRIFTS])
def test_replay_comes_to_what_its_recording_came_to(tried: dict[str, Tried], name: str) -> None:
    one = tried[name]
    assert one.recorded.code == one.replayed.code == (0 if name == "faithful" else 1)
    assert found(one.directory.parent / "replayed") == found(one.directory.parent / "recorded")


def test_replay_says_on_what_it_rests(tried: dict[str, Tried]) -> None:
    told = tried["faithful"].replayed.summary[0]
    assert told.startswith("held against cassettes target: recorded from the embedded sandbox")
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
        f"{FILTER}::test_filter_finds_the_names_that_match",
        f"{AUTH}::test_denied_update_changes_nothing",
    ],
)
def test_single_check_replays_alone(tried: dict[str, Tried], check: str) -> None:
    outcome = replay(tried["faithful"].directory, check)
    assert outcome.code == 0
    assert " 0 drifted" in outcome.tally


# What a recording leaves


def files(directory: Path) -> dict[str, bytes]:
    found = (path for path in directory.rglob("*") if path.is_file())
    return {str(path.relative_to(directory)): path.read_bytes() for path in found}


def forget(directory: Path, name: str) -> None:
    """Lets a recording be without the cassette of a check."""
    listed = json.loads((directory / "provenance.json").read_text(encoding="utf-8"))
    del listed["cassettes"][name.removesuffix(".yaml")]
    (directory / "provenance.json").write_text(json.dumps(listed, indent=1) + "\n", encoding="utf-8")
    (directory / name).unlink()


@pytest.mark.parametrize(
    ("name", "check"),
    [
        (DENIED, f"{AUTH}::test_list_is_denied"),
        ("auth/right_credentials_open_the_update.yaml", f"{AUTH}::test_right_credentials_open_the_update"),
        ("filter/filter_finds_the_names_that_match-field.yaml", f"{FILTER}::{FOUND}"),
    ],
)
def test_part_adds_what_is_new_and_changes_nothing_else(copied: Path, name: str, check: str) -> None:
    whole = files(copied)
    forget(copied, name)
    outcome = hold_quickly(check, "--record-mode", "rewrite", "--cassettes", str(copied))
    assert "cassettes were written to" in outcome.text
    after = files(copied)
    assert after.keys() == whole.keys()
    changed = {file for file in whole if whole[file] != after[file]} - {name, "provenance.json"}
    assert changed == set()
    assert replay(copied, check).code == 0


def test_same_is_recorded_to_the_same_bytes_beside_a_new_check(
    tried: dict[str, Tried], tmp_path: Path
) -> None:
    """Whole recordings, with a check and without it."""
    check = f"{AUTH}::test_right_credentials_open_the_update"
    record(tmp_path, "--deselect", check)
    before, after = files(tmp_path), files(tried["faithful"].directory)
    assert after.keys() - before.keys() == {"auth/right_credentials_open_the_update.yaml"}
    assert {name for name in before if before[name] != after[name]} == {"provenance.json"}


@pytest.mark.parametrize(
    ("place", "value"),
    [("description", "another"), ("recording", "7a8bd88a45d7ac47"), ("drifts", ["page-size-101-accepted"])],
)
def test_part_of_another_recording_is_refused(copied: Path, place: str, value: object) -> None:
    told = json.loads((copied / "provenance.json").read_text("utf-8"))
    told["provenance"][place] = value
    (copied / "provenance.json").write_text(json.dumps(told), encoding="utf-8")
    before = files(copied)
    outcome = hold_quickly(AUTH, "--record-mode", "rewrite", "--cassettes", str(copied))
    assert outcome.code == 2
    (line,) = outcome.told
    assert "holds a recording of another target, description or pseudonyms" in line
    assert files(copied) == before


def test_folder_that_cannot_be_written_to_is_told_before_the_first_request(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    outcome = hold_quickly(AUTH, "--record-mode", "rewrite", "--cassettes", str(tmp_path / "file"))
    (line,) = outcome.told
    assert outcome.code == 2
    assert "cannot be written to" in line


def test_killed_recording_leaves_the_old_or_the_new_one_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def holding(*names: str) -> Recording:
        found = {name: Cassette(name, choices={"leased": [[len(names)]]}) for name in names}
        return Recording(MADE, "https://sandbox.billogram.com/api/v2", (), range(0), found)

    old, new = holding("a/one", "a/two"), holding("a/two", "b/three", "b/four")
    steps, seen, is_killed = 0, set(), True
    while is_killed:
        directory, calls = tmp_path / str(steps), [""] * steps
        cassettes.write(directory, old)
        with monkeypatch.context() as patch:
            for name in ("replace", "unlink", "write_bytes"):
                patch.setattr(Path, name, killed_after(calls, getattr(Path, name)))
            try:
                cassettes.write(directory, new)
                is_killed = False
            except KeyboardInterrupt:
                pass
        found = cassettes.read(directory)
        seen.add("old" if found == old else "new")
        assert found in (old, new)
        here = {name for name in files(directory) if not name.startswith(".new/")}
        assert here == {"provenance.json", *(f"{name}.yaml" for name in found.cassettes)}
        steps += 1
    assert seen == {"old", "new"}


ANSWER = json.dumps({"status": "OK", "meta": {"total_count": 0}, "data": []}).encode()
CODED = {
    "plain": (ANSWER, ""),
    "gzip": (gzip.compress(ANSWER), "gzip"),
    "deflate": (zlib.compress(ANSWER), "deflate"),
    "brotli": (brotli.compress(ANSWER), "br"),
    "twice": (gzip.compress(zlib.compress(ANSWER)), "deflate, gzip"),
    "not in its coding": (ANSWER, "gzip"),
    "no JSON": (b'{"status": "OK", "data": [', ""),
    "no text": (b"\x1f\xff\x00\xe5", ""),
}


@pytest.mark.parametrize("kind", CODED)
def test_answer_is_replayed_as_it_was_recorded(tmp_path: Path, kind: str) -> None:
    content, coding = CODED[kind]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            if coding:
                self.send_header("content-encoding", coding)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None: ...

    def ask(session: RecordingSession | ReplaySession, target: Target) -> Answer:
        client = session.client(target, lambda answer: None)
        with session.playing("run/opening"):
            answer = client.list(page=1, page_size=10)
        client.close()
        return answer

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    target = Target("live", f"http://127.0.0.1:{server.server_port}/api/v2", "user", "password", (), range(0))
    known = sources.read([], description.load())
    recording = RecordingSession(tmp_path, target, description.load(), sources=known, recorded=NOW)
    recorded = ask(recording, target)
    server.shutdown()
    server.server_close()
    recording.finish({})
    replayed = ReplaySession(tmp_path, None)
    again = ask(replayed, replayed.target)
    assert replayed.stale == {}
    assert (again.status, again.undecoded) == (recorded.status, recorded.undecoded)
    assert json_of(again) == json_of(recorded)


def json_of(answer: Answer) -> object:
    try:
        return answer.json
    except ValueError:
        return "no JSON"


def killed_after(calls: list[str], method: Callable[..., object]) -> Callable[..., object]:
    """A method that ends the process, in effect, once all the calls that are left were made."""

    def call(*arguments: Any, **options: Any) -> object:
        if not calls:
            raise KeyboardInterrupt
        calls.pop()
        return method(*arguments, **options)

    return call


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
        return f"{DENIED} cannot be read: it is damaged"
    if name == "hollow":
        path.write_text("version: 1\n", "utf-8")
        return f"{DENIED} cannot be read: it has no 'interactions'"
    if name == "strange":
        path.write_text("- 1\n", "utf-8")
        return f"{DENIED} cannot be read: it is not laid out as a recording is"
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
    rewrite(directory, path.read_text("utf-8").replace("page_size=100\n", "page_size=99\n"))
    asked = "GET /customer?page=1&page_size=100"
    return f"{DENIED} is stale, {asked} is not in it: record anew with `tox -e record`."


@pytest.mark.parametrize(
    "name", ["missing", "unreadable", "hollow", "strange", "unlisted", "empty", "mixed", "stale"]
)
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


def date(directory: Path, days: float, *, live: bool) -> None:
    """Lets a recording be so many days old, and of upstream's sandbox."""
    path = directory / "provenance.json"
    told = json.loads(path.read_text("utf-8"))
    then = datetime.now(UTC) - timedelta(days=days)
    told["provenance"]["recorded"] = then.isoformat(timespec="seconds")
    if live:
        told["provenance"] |= {"kind": "live", "host": "sandbox.billogram.com"}
    path.write_text(json.dumps(told), encoding="utf-8")


NO_EVIDENCE = "is of the embedded sandbox, no evidence of upstream, which --max-age asks for"


@pytest.mark.parametrize(
    ("days", "live", "options", "line"),
    [
        (31.01, True, ["--max-age", "30"], "is 31 days old, --max-age allows 30: record anew with"),
        (1, False, ["--max-age", "30"], NO_EVIDENCE),
        (-3650, True, [], "is dated in the future ("),
        (-3650, False, [], "is dated in the future ("),
    ],
)
def test_recording_that_is_no_evidence_fails_a_gate(
    copied: Path, days: float, live: bool, options: list[str], line: str
) -> None:
    date(copied, days, live=live)
    outcome = replay(copied, AUTH, *options)
    (told,) = outcome.told
    assert outcome.code == 2
    assert line in told


def test_young_recording_of_upstream_passes_a_gate(copied: Path) -> None:
    date(copied, 3, live=True)
    outcome = replay(copied, AUTH, "--max-age", "30")
    assert outcome.code == 0
    assert "recorded from sandbox.billogram.com 3 days ago" in outcome.summary[0]


@pytest.mark.parametrize("options", [[], ["--record-mode", "rewrite"]])
def test_age_means_nothing_for_a_target_that_answers(options: list[str]) -> None:
    outcome = hold_quickly(AUTH, "--max-age", "30", *options)
    (line,) = outcome.told
    assert outcome.code == 2
    assert "--max-age goes with --target cassettes, not with embedded." in line


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


@pytest.mark.parametrize(("kind", "host"), [("live", "127.0.0.1:8025"), ("embedded", "embedded.invalid")])
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
