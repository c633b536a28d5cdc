"""`rehearse`: which of upstream's possible changes an SDK's tests notice."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest

from billogram_contract.__main__ import main
from billogram_contract.errors import SetupError
from billogram_contract.sandbox import DRIFTS, Request
from billogram_contract.sandbox.watched import WatchedSandbox
from billogram_contract.sdk import rehearsal, tables
from billogram_contract.sdk.rehearsal import Outcome
from tests.meta.processes import is_alive

# The tests of an SDK: one looks at the limit of a page, one at an update, one at nothing.
TESTS = """
import base64, http.client, json, os, sys, time, urllib.parse

url = urllib.parse.urlsplit(os.environ["BILLOGRAM_BASE_URL"])
secret = f'{os.environ["BILLOGRAM_API_USER"]}:{os.environ["BILLOGRAM_API_PASSWORD"]}'
headers = {"Authorization": "Basic " + base64.b64encode(secret.encode()).decode()}

def ask(method, path, body=None):
    connection = http.client.HTTPConnection(url.netloc)
    connection.request(method, url.path + path, body and json.dumps(body), headers)
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())

def largest_page():
    status, answer = ask("GET", "/customer?page=1&page_size=100")
    assert status == 200

def every_page():
    page, found = 1, []
    while True:
        _, answer = ask("GET", f"/customer?page={page}&page_size=20")
        found += answer["data"]
        if len(found) >= answer["meta"]["total_count"]:
            break
        page += 1

def update():
    ask("PUT", "/customer/9001", {"notes": "new"})

failed = []
for test in (largest_page, every_page, update):
    try:
        test()
    except Exception as error:
        failed.append(test.__name__)
if len(sys.argv) > 1:
    cases = "".join(f'<testcase classname="sdk" name="{name}"><failure/></testcase>' for name in failed)
    open(sys.argv[1], "w").write(f"<testsuites><testsuite>{cases}</testsuite></testsuites>")
sys.exit(1 if failed else 0)
"""
NOTICED = "page-size-100-refused"


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    file = tmp_path / "sdk_tests.py"
    file.write_text(textwrap.dedent(TESTS))
    return [sys.executable, str(file)]


def rehearse(command: list[str], *drifts: str, **options: Any) -> dict[str, rehearsal.Rehearsed]:
    found = rehearsal.rehearse(command, [DRIFTS[name] for name in drifts], **options)
    return {one.drift: one for one in found.drifts}


def test_outcomes_are_what_happened(command: list[str]) -> None:
    found = rehearse(
        [*command, "{junit}"], NOTICED, "page-size-101-accepted", "filter-by-notes-ignored", at_once=2
    )
    assert found[NOTICED].outcome == Outcome.NOTICED
    assert found[NOTICED].tests == ["sdk::largest_page"]
    assert found["filter-by-notes-ignored"].outcome == Outcome.NOT_TOUCHED


def test_survivor_met_the_drift(command: list[str]) -> None:
    names = [name for name, drift in DRIFTS.items() if drift.breaks[0] == "update.round-trip"]
    found = rehearse(command, *names)
    survived = [one for one in found.values() if one.outcome == Outcome.SURVIVED]
    assert survived
    assert all(one.touched for one in survived)


def test_endless_reading_is_hung(command: list[str]) -> None:
    found = rehearse(command, "last-page-one-short", timeout=1.0)

    assert found["last-page-one-short"].outcome == Outcome.HUNG


def test_failure_without_a_differing_answer_is_no_notice(tmp_path: Path, command: list[str]) -> None:
    once = tmp_path / "once"
    flaky = f"test -e {once} && exit 1; touch {once}; exec {' '.join(command)}"
    found = rehearse(["sh", "-c", flaky], "filter-by-notes-ignored")
    assert found["filter-by-notes-ignored"].outcome == Outcome.UNSTABLE


def test_tests_must_pass_without_a_drift(command: list[str]) -> None:
    with pytest.raises(SetupError, match=r"(?s)told why.*Without any drift the command ended with 3"):
        rehearse(["sh", "-c", "echo told why; exit 3"], NOTICED)


def test_tests_must_ask_the_sandbox() -> None:
    with pytest.raises(SetupError, match="asked nothing of the sandbox"):
        rehearse(["true"], NOTICED)


def test_default_is_one_or_two_drifts_of_each_clause() -> None:
    clauses = [drift.breaks[0] for drift in rehearsal.chosen()]
    assert set(clauses) == {drift.breaks[0] for drift in DRIFTS.values()}
    assert max(map(clauses.count, clauses)) == 2
    assert len(rehearsal.chosen(is_all=True)) == len(DRIFTS)


def test_only_takes_patterns_of_clauses_and_names_of_drifts() -> None:
    assert {drift.breaks[0].partition(".")[0] for drift in rehearsal.chosen(["filter.*"])} == {"filter"}
    assert [drift.name for drift in rehearsal.chosen([NOTICED])] == [NOTICED]
    with pytest.raises(SetupError, match="fits no clause and no drift"):
        rehearsal.chosen(["filtre.*"])


@pytest.mark.parametrize(
    ("drifts", "touched"),
    [([], 0), (["filter-by-notes-ignored"], 0), (["update-touches-neighbour"], 1)],
    ids=["none", "another one", "an effect that no answer shows"],
)
def test_touched_counts_what_differs_from_a_faithful_sandbox(drifts: list[str], touched: int) -> None:
    with WatchedSandbox(drifts=drifts, user="u", password="p") as sandbox:
        headers = {"authorization": "Basic dTpw"}
        query = (("page", "1"), ("page_size", "10"))
        sandbox.answer(Request("GET", "/api/v2/customer", query, headers))
        sandbox.answer(Request("PUT", "/api/v2/customer/9001", (), headers, b'{"notes": "new"}'))
        assert (sandbox.asked, sandbox.touched) == (2, touched)


def test_command_writes_its_tables_and_holds_what_was_expected(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "report"
    options = ["rehearse", "--only", NOTICED, "--report-dir", str(folder)]
    assert main([*options, "--", *command]) == 0
    told = capsys.readouterr().out
    assert "noticed      page-size-100-refused" in told
    assert "list.page-size-maximum  yes" in told
    assert "| list.page-size-maximum | yes |" in (folder / "rehearsal.md").read_text()
    assert NOTICED in (folder / "rehearsal.html").read_text()

    kept = tmp_path / "kept.json"
    kept.write_text((folder / "rehearsal.json").read_text())
    assert main([*options, "--expect", str(kept), "--", *command]) == 0
    kept.write_text(kept.read_text().replace('"noticed"', '"survived"'))
    assert main([*options, "--expect", str(kept), "--", *command]) == 1
    assert "survived was expected, now it is noticed" in capsys.readouterr().out


def test_page_tells_names_of_tests_as_text() -> None:
    one = rehearsal.Rehearsed("d", "<b>", ["a.b"], Outcome.NOTICED, 1, 1, 0.1, 1, ["<script>"])
    found = rehearsal.Rehearsal(1, "now", ["a"], 1.0, 1, [one], list(rehearsal._by_clause([one])))
    assert "<script>" not in tables.html(found)
    assert json.loads(rehearsal.written(found))["clauses"][0]["tests"] == ["<script>"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_end_leaves_no_process(number: signal.Signals, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    stuck = f"sleep 60 & echo $! >> {pids}; echo $$ >> {pids}; wait"
    options = ["rehearse", "--only", NOTICED, "--timeout", "60", "--", "sh", "-c", stuck]
    process = subprocess.Popen([sys.executable, "-m", "billogram_contract", *options], cwd=tmp_path)
    until = time.monotonic() + 15
    while not (pids.exists() and len(pids.read_text().split()) == 2):
        assert time.monotonic() < until
        time.sleep(0.02)
    process.send_signal(number)
    assert process.wait(15) == 130
    assert not [pid for pid in pids.read_text().split() if is_alive(int(pid))]
