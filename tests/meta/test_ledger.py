"""The ledger: valid by its published schema, equal for equal upstreams, and left behind by a killed run."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from msgspec.structs import replace

from billogram_contract.__main__ import main
from billogram_contract.errors import SetupError
from billogram_contract.results import ledger, schema
from billogram_contract.results.model import VERSION, Ledger
from billogram_contract.results.verdict import Exit
from tests.meta.ledgers import KINDS
from tests.meta.test_run import ROOT, Outcome, hold

SCENARIOS = ("tests/contract", "-m", "not property")
DRIFTS = ("created-at-written", "page-size-101-accepted")
PATIENCE = 30  # seconds


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Outcome, Path]]:
    """Runs by name, each with its ledger; the later ones are compared with the first."""
    directory = tmp_path_factory.mktemp("reports")

    def start(name: str, *arguments: str, depth: str = "quick") -> tuple[Outcome, Path]:
        options = (f"--report-dir={directory / name}", f"--hypothesis-profile={depth}")
        return hold(*arguments, *options), directory / name / "ledger.json"

    first = start("first", *SCENARIOS)
    baseline = ("--baseline", str(first[1]))
    wanted = {
        "again": (*SCENARIOS, *baseline),
        "with generated data": ("tests/contract", "--hypothesis-seed=7", *baseline),
        "in two processes": (*SCENARIOS, "-n2", *baseline),
        "drifted": (*SCENARIOS, *(option for name in DRIFTS for option in ("--drift", name)), *baseline),
        "one drift": (*SCENARIOS, "--drift", DRIFTS[1]),
    }
    with ThreadPoolExecutor(2) as pool:
        done = {name: pool.submit(start, name, *arguments) for name, arguments in wanted.items()}
        return {"first": first, **{name: future.result() for name, future in done.items()}}


def kept(run: tuple[Outcome, Path]) -> Ledger:
    return ledger.read(run[1])


def published() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads(schema.PATH.read_text(encoding="utf-8")))


def told(one: Ledger) -> dict[str, Any]:
    """A ledger as others read it."""
    document: dict[str, Any] = json.loads(json.dumps(msgspec.to_builtins(one)))
    return document


def test_published_schema_is_made_from_the_definition() -> None:
    again = "write it anew: python -m billogram_contract.results.schema"
    assert schema.PATH.read_text(encoding="utf-8") == schema.text(), again
    jsonschema.Draft202012Validator.check_schema(published().schema)


@pytest.mark.parametrize("name", KINDS)
def test_ledger_is_valid_by_the_published_schema(name: str) -> None:
    published().validate(told(KINDS[name]))


def test_nothing_undeclared_is_taken(tmp_path: Path) -> None:
    whole, path = told(KINDS["drifted"]), tmp_path / "ledger.json"
    for part in (whole, whole["run"], whole["verdict"], whole["clauses"][0], whole["findings"][0]):
        part["extra"] = 1
        path.write_text(json.dumps(whole), encoding="utf-8")
        with pytest.raises(SetupError, match="unknown field `extra`"):
            ledger.read(path)
        assert not published().is_valid(whole)
        del part["extra"]


@pytest.mark.parametrize("name", KINDS)
def test_ledger_that_was_written_is_read_as_it_was(tmp_path: Path, name: str) -> None:
    ledger.write(KINDS[name], tmp_path / "ledger.json")
    assert ledger.read(tmp_path / "ledger.json") == KINDS[name]


@pytest.mark.parametrize("whole", [True, False])
def test_ledger_of_a_newer_suite_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], whole: bool
) -> None:
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    ledger.write(KINDS["held"], old)
    versions = {"run": {"versions": {"billogram-contract": "9.1.0"}}} if whole else {}
    new.write_text(json.dumps({"version": VERSION + 1, "another": 1, **versions}))
    assert main(["compare", str(old), str(new)]) == Exit.SETUP
    suite = "9.1.0" if whole else f"version {VERSION + 1} of the ledger"
    assert f"was written by a newer suite ({suite})" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["again", "with generated data", "in two processes"])
def test_runs_against_the_same_upstream_compare_as_equal(
    runs: dict[str, tuple[Outcome, Path]], name: str
) -> None:
    comparison = kept(runs[name]).comparison
    assert comparison is not None
    assert comparison.changes == []
    assert comparison.left_out == ""
    assert runs[name][0].code == 0


def test_finding_new_since_the_baseline_says_so(runs: dict[str, tuple[Outcome, Path]]) -> None:
    drifted = kept(runs["drifted"])
    assert runs["drifted"][0].code == 1
    assert drifted.comparison is not None
    assert {change.what for change in drifted.comparison.changes} == {"new"}
    assert {one.known for one in drifted.findings} == {False}
    assert {one.since for one in drifted.findings} == {drifted.run.started}


def test_findings_tell_their_clause_and_everything_about_it(runs: dict[str, tuple[Outcome, Path]]) -> None:
    (found,) = (one for one in kept(runs["drifted"]).findings if "page-size" in one.clause)
    (clause,) = (one for one in kept(runs["drifted"]).clauses if one.id == found.clause)
    assert (found.statement, found.source) == (clause.statement, clause.source)
    assert clause.findings == [found.fingerprint]
    assert found.asked == "GET /customer?page=1&page_size=101"
    assert found.count == 2
    assert found.cause == "upstream"
    assert found.patch[0]["op"] == "remove"


def test_run_adds_up(runs: dict[str, tuple[Outcome, Path]]) -> None:
    whole = kept(runs["first"])
    by_status = whole.requests.by_status
    assert whole.requests.total == sum(sum(counts.values()) for counts in by_status.values())
    for operation, timing in whole.timings.items():
        assert timing.count == sum(by_status[operation].values()) == sum(timing.histogram.values())
    assert sum(told(whole)["verdict"]["clauses"].values()) == len(whole.clauses)


def test_two_ledgers_of_one_upstream_differ_only_in_times_and_counts(
    runs: dict[str, tuple[Outcome, Path]],
) -> None:
    first, again = (kept(runs[name]) for name in ("first", "again"))
    volatile = {"run": first.run, "timings": {}, "comparison": None, "profile": {}}
    assert replace(first, **volatile) == replace(again, **volatile)


# Compared by hand


def test_compare_tells_what_is_new_and_ends_with_one(
    runs: dict[str, tuple[Outcome, Path]], capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = str(runs["first"][1]), str(runs["one drift"][1])
    assert main(["compare", old, new]) == Exit.DRIFT
    shown = capsys.readouterr().out
    assert "\n1 change\n" in shown
    assert "new finding (relaxed): list.page-size-maximum at GET /customer /page_size" in shown
    assert main(["compare", old, new, "--fail-on", "breaking"]) == Exit.HELD
    assert main(["compare", new, old]) == Exit.HELD
    assert "gone finding" in capsys.readouterr().out


def test_compare_of_equals_ends_with_zero(
    runs: dict[str, tuple[Outcome, Path]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", str(runs["first"][1]), str(runs["again"][1])]) == Exit.HELD
    assert "0 changes" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["", "{}", "no json"])
def test_file_that_is_no_ledger_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "ledger.json"
    path.write_text(text)
    with pytest.raises(SetupError, match=r"^The ledger .*ledger\.json"):
        ledger.read(path)


def test_unreadable_baseline_ends_a_run_with_two(tmp_path: Path) -> None:
    outcome = hold("tests/contract/test_auth.py", "--baseline", str(tmp_path / "none.json"))
    assert outcome.code == 2
    assert "none.json cannot be read: No such file or directory." in outcome.text


# Killed


def test_killed_run_leaves_what_it_had_learnt(tmp_path: Path) -> None:
    path = tmp_path / "ledger.json"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/contract"]
    options = ["--drift", DRIFTS[1], f"--report-dir={tmp_path}"]
    with subprocess.Popen([*command, *options], cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + PATIENCE
        while not _has_findings(path) and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        assert process.poll() is None
        process.send_signal(signal.SIGKILL)
    left = ledger.read(path)
    assert left.complete is False
    assert (left.verdict.word, left.verdict.exit_code) == ("incomplete", None)
    assert [one.clause for one in left.findings] == ["list.page-size-maximum"]
    assert left.requests.total > 0


def _has_findings(path: Path) -> bool:
    return path.exists() and bool(ledger.read(path).findings)
