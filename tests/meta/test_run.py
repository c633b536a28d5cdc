"""A run of the contract checks, seen from outside: its exit code and what it prints."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from billogram_contract.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
AUTH, LIST = "tests/contract/test_auth.py", "tests/contract/test_list.py"
DRIFT = ("--drift", "page-size-101-accepted", "-k", "page_size or sample or total")
UNMARKED = "def test_check(client): ..."
FAULTY = """
import pytest

@pytest.mark.clause("list.answers")
def test_check(client):
    assert client.list(page=1, page_size=1).status == 999
"""


SILENT = FAULTY.replace("assert client", "client").replace(".status == 999", "")

FAILING = """
import pytest
from billogram_contract.checking.expect import expect

@pytest.mark.clause("list.answers")
def test_check(run, client):
    run.sandbox._handle = lambda request: 1 / 0
    expect(client.list(page=1, page_size=1)).is_accepted()
"""


@dataclass(frozen=True)
class Outcome:
    """What a run left behind."""

    code: int
    text: str

    @property
    def lines(self) -> list[str]:
        return [line for line in self.text.splitlines() if line.strip()]

    @property
    def told(self) -> list[str]:
        """The lines without pytest's own last one."""
        return [line for line in self.lines if not line.startswith("no tests ran")]

    @property
    def tally(self) -> str:
        return next(line for line in self.lines if " clauses hold, " in line).partition(";")[0]

    @property
    def summary(self) -> list[str]:
        """The summary without what differs from run to run: address and time."""
        told = self.text[self.text.index("held against") : self.text.index(" requests in ")]
        return re.sub(r"127\.0\.0\.1:\d+", "…", told).splitlines()


def hold(*arguments: str, environment: Mapping[str, str] | None = None) -> Outcome:
    """Runs pytest as a user would; nothing of this run's own settings reaches it."""
    foreign = ("BILLOGRAM_", "GITHUB_", "PYTEST")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--report-dir=", *arguments]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=kept | {"NO_PROXY": "127.0.0.1"} | dict(environment or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    return Outcome(done.returncode, done.stdout)


def hold_quickly(*arguments: str, environment: Mapping[str, str] | None = None) -> Outcome:
    """A run without other plugins than named: to import them takes longer than most checks."""
    alone = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return hold(*arguments, environment=alone | dict(environment or {}))


def credentials(sandbox: Sandbox) -> dict[str, str]:
    return {"BILLOGRAM_API_USER": sandbox.user, "BILLOGRAM_API_PASSWORD": sandbox.password}


def tree(directory: Path, source: str) -> list[str]:
    """A project of one file of checks; the arguments that run it."""
    file = directory / "tests" / "contract" / "test_checks.py"
    file.parent.mkdir(parents=True)
    file.write_text(source, encoding="utf-8")
    return ["-p", "billogram_contract.plugin", "--rootdir", str(directory), str(file)]


def everyone(sandbox: Sandbox) -> list[object]:
    """All customers of a small sandbox."""
    query = {"page": "1", "page_size": "100"}
    auth = (sandbox.user, sandbox.password)
    with requests.Session() as session:
        session.trust_env = False  # neither a proxy nor .netrc
        listed = session.get(f"{sandbox.base_url}/customer", params=query, auth=auth, timeout=10).json()
    assert listed["meta"]["total_count"] == len(listed["data"])
    return list(listed["data"])


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    """All runs of this module by name, as many at a time as there are processors."""

    def project(name: str, source: str) -> list[str]:
        return tree(tmp_path_factory.mktemp(name), source)

    with Sandbox() as stopped:
        gone = stopped.base_url
    with Sandbox() as sandbox, ThreadPoolExecutor(os.cpu_count()) as pool:
        right = credentials(sandbox)
        wrong = right | {"BILLOGRAM_API_PASSWORD": "not-the-password"}
        *options, faulty = project("faulty", FAULTY)
        *silent, idle = project("silent", SILENT)
        *own, failing = project("failing", FAILING)
        runs: dict[str, tuple[Sequence[str], Mapping[str, str]]] = {
            "two processes": ([LIST, "-p", "xdist", "-n", "2"], {}),
            "faithful": ([LIST], {}),
            "drifted": ([LIST, *DRIFT], {}),
            "release gate": ([LIST, *DRIFT, "--fail-on", "breaking"], {}),
            "nothing selected": ([AUTH, "-k", "no_such_check"], {}),
            "unknown drift": ([AUTH, "--drift", "page-size-accepted"], {}),
            "bad setting": ([AUTH, "--fail-on", "loud"], {}),
            "wrong credentials": ([AUTH, "--base-url", sandbox.base_url], wrong),
            "unreachable": ([AUTH, "--base-url", gone], right),
            "no clause": (project("unmarked", UNMARKED), {}),
            "unknown clause": (project("unknown", FAULTY.replace("list.answers", "list.no-such")), {}),
            "no check": (project("alone", FAULTY), {}),
            "no expectation": (
                [*silent, f"{idle}::test_check"],
                {},
            ),
            "fault of the sandbox": ([*own, f"{failing}::test_check"], {}),
            "fault": ([*options, f"{faulty}::test_check"], {}),
        }
        started = {
            name: pool.submit(hold_quickly, *arguments, environment=environment)
            for name, (arguments, environment) in runs.items()
        }
        return {name: future.result() for name, future in started.items()}


# What holds, what drifted


def test_faithful_target_ends_with_zero(outcomes: dict[str, Outcome]) -> None:
    assert outcomes["faithful"].code == 0
    assert re.match(r"[1-9]\d* clauses hold, 0 drifted, 0 inconclusive", outcomes["faithful"].tally)


def test_drift_ends_with_one(outcomes: dict[str, Outcome]) -> None:
    assert outcomes["drifted"].code == 1
    assert ", 1 drifted," in outcomes["drifted"].tally


def test_drift_tells_what_happened_and_how_to_see_it_again(outcomes: dict[str, Outcome]) -> None:
    summary = outcomes["drifted"].summary
    at = next(
        turn
        for turn, line in enumerate(summary)
        if line.startswith("DRIFTED  page_size=101 is accepted: 200")
    )
    story = summary[at:]
    assert "  promise   list.page-size-maximum: page_size is at most 100: 100 is accepted," in story
    assert "  facts     promised: 400: the request is refused" in story
    assert "  again     python -m billogram_contract again eae9c6751871" in story
    assert (
        '  or        curl -i -u "$BILLOGRAM_API_USER:$BILLOGRAM_API_PASSWORD"'
        " 'http://…/api/v2/customer?page=1&page_size=101'"
    ) in story


def test_verdict_is_the_last_thing_told(outcomes: dict[str, Outcome]) -> None:
    assert outcomes["drifted"].lines[-1].startswith("DRIFTED: ")
    assert outcomes["faithful"].lines[-1].startswith("HELD: ")


def test_drift_shows_no_traceback(outcomes: dict[str, Outcome]) -> None:
    assert "Traceback" not in outcomes["drifted"].text
    assert "test_list.py:" not in outcomes["drifted"].text.partition("short test summary")[0]


def test_release_gate_shows_relaxed_drift_and_passes(outcomes: dict[str, Outcome]) -> None:
    assert outcomes["release gate"].code == 0
    assert outcomes["release gate"].tally == outcomes["drifted"].tally
    told = "\n".join(outcomes["release gate"].summary)
    assert "DRIFTED  page_size=101 is accepted: 200" in told
    assert "milder than --fail-on breaking" in told


def test_same_answers_give_the_same_summary(outcomes: dict[str, Outcome]) -> None:
    standing = ("fails the run", "milder than --fail-on breaking")
    told = [
        [line for line in outcomes[name].summary if line.strip() not in standing]
        for name in ("drifted", "release gate")
    ]
    assert told[0] == told[1]


def test_two_processes_come_to_the_same_tally(outcomes: dict[str, Outcome]) -> None:
    assert outcomes["two processes"].code == 0
    assert outcomes["two processes"].tally == outcomes["faithful"].tally


# What cannot be held


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("nothing selected", " deselected"),
        ("unknown drift", "There is no drift 'page-size-accepted'; the closest is 'page-size-101-accepted'."),
        ("bad setting", "--fail-on 'loud' is not known: choose additive, changed, relaxed, breaking."),
        ("wrong credentials", "/api/v2 refuses the credentials (401"),
        ("no clause", "test_checks.py::test_check names no clause"),
        (
            "unknown clause",
            "test_check names the clause list.no-such, which openapi/clauses.toml doesn't have",
        ),
        ("no check", "Clause auth.basic has no check"),
    ],
)
def test_wrong_setup_ends_with_two_and_one_line(outcomes: dict[str, Outcome], name: str, line: str) -> None:
    assert outcomes[name].code == 2
    (told,) = outcomes[name].told
    assert line in told


def test_unreachable_address_ends_with_six_and_one_line(outcomes: dict[str, Outcome]) -> None:
    assert outcomes["unreachable"].code == 6
    (told,) = outcomes["unreachable"].told
    assert re.search(r"http://127\.0\.0\.1:\d+/api/v2 could not be asked: nothing listens on 127", told)


def test_refused_password_is_not_shown(outcomes: dict[str, Outcome]) -> None:
    assert "not-the-password" not in outcomes["wrong credentials"].text


def test_fault_of_a_check_ends_with_three(outcomes: dict[str, Outcome]) -> None:
    assert outcomes["fault"].code == 3
    assert "assert 200 == 999" in outcomes["fault"].text
    assert ", 0 drifted," in outcomes["fault"].tally


def test_check_that_cannot_fail_ends_with_three_and_is_named(outcomes: dict[str, Outcome]) -> None:
    assert outcomes["no expectation"].code == 3
    assert (
        "test_checks.py::test_check states no expectation, so it can't fail"
        in outcomes["no expectation"].text
    )


def test_fault_of_the_sandbox_itself_ends_with_three_and_its_traceback(outcomes: dict[str, Outcome]) -> None:
    assert outcomes["fault of the sandbox"].code == 3
    assert "The sandbox of this suite failed itself:" in outcomes["fault of the sandbox"].text
    assert "ZeroDivisionError: division by zero" in outcomes["fault of the sandbox"].text


# A guest without a pool


@pytest.fixture(scope="module")
def guest() -> tuple[Outcome, set[str], bool]:
    """A run with no customers allotted: outcome, what it wrote to, whether all is as before."""
    with Sandbox() as sandbox:
        before = everyone(sandbox)
        files = (AUTH, LIST, "tests/contract/test_update.py")
        told = ("-vv", "--base-url", sandbox.base_url)  # with its reasons
        outcome = hold_quickly(*files, *told, environment=credentials(sandbox))
        written = {request.path.rpartition("/")[2] for request in sandbox.requests if request.method != "GET"}
        return outcome, written, everyone(sandbox) == before


def test_run_without_customers_changes_nothing(guest: tuple[Outcome, set[str], bool]) -> None:
    outcome, written, is_as_before = guest
    assert outcome.code == 0
    assert is_as_before
    assert [number for number in written if re.fullmatch("[1-9][0-9]{0,8}", number)] == []


def test_run_without_customers_leaves_writing_unchecked(guest: tuple[Outcome, set[str], bool]) -> None:
    reason = "needs allotted customers (--customers)"
    told = " ".join(line.strip() for line in guest[0].lines)
    unchecked = re.split(" (?:unchecked: |open question: )", told.partition(f"unchecked: {reason}: ")[2])[0]
    clauses = set(re.findall(r"[a-z]+\.[a-z-]+", unchecked))
    assert {"update.round-trip", "update.refused-changes-nothing"} <= clauses
    assert "list.page-size-maximum" not in clauses
