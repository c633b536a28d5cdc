"""`proxy`: both sides of an SDK's requests held against the contract."""

from __future__ import annotations

import json
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from billogram_contract.__main__ import main
from billogram_contract.run import opening
from billogram_contract.run.settings import Settings
from billogram_contract.sandbox import Sandbox
from billogram_contract.sdk import proxied
from billogram_contract.sdk.judge import Judge
from billogram_contract.sdk.relay import Relay
from billogram_contract.spec import clauses, description
from tests.meta.processes import is_alive
from tests.meta.sdk_client import FAULTS, Client, Fault, query

OF_UPDATES = ("update", "renumber", "name")  # families of clauses
CLAUSES = clauses.load(description.load())


@contextmanager
def watched(*drifts: str, others: int = proxied.OTHERS) -> Iterator[tuple[Relay, Judge, Sandbox]]:
    """A sandbox, the proxy before it and the judge of what passes."""
    told = Settings(drifts=drifts)
    with (
        Sandbox(drifts=drifts, others=others) as sandbox,
        proxied.judging(told, opening.target_of(sandbox)) as (relay, judge),
    ):
        yield relay, judge, sandbox


def client(relay: Relay, sandbox: Sandbox, fault: Fault | None = None) -> Client:
    return Client(relay.base_url, sandbox.user, sandbox.password, fault)


def test_client_that_does_what_is_allowed_has_no_finding() -> None:
    with watched() as (relay, judge, sandbox), client(relay, sandbox) as asking:
        asking.everything()
    assert not judge.mistakes
    assert not judge.recorder.record.findings
    assert judge.seen.judged == len(sandbox.requests) > 40
    assert len(judge.recorder.record.exercised) > 30


@pytest.mark.parametrize("name", FAULTS)
def test_fault_is_found_and_laid_to_the_client(name: str) -> None:
    fault = FAULTS[name]
    with watched() as (relay, judge, sandbox), client(relay, sandbox, fault) as asking:
        if fault.clause.partition(".")[0] in OF_UPDATES:
            asking.updates()
            asking.numbers()
        else:
            asking.everything()
    found = {one.clause for one in judge.mistakes.values()}
    assert fault.clause in found, found
    assert {one.cause for one in judge.mistakes.values()} == {"client"}
    assert not judge.recorder.record.findings


def test_faults_name_clauses_that_are_there() -> None:
    assert len(FAULTS) >= 30
    assert {fault.clause for fault in FAULTS.values()} <= CLAUSES.keys()


@pytest.mark.parametrize(
    ("drift", "clause", "fault"),
    [
        ("page-size-100-refused", "list.page-size-maximum", None),
        ("page-size-101-accepted", "list.page-size-maximum", Fault("", query(page_size="101"))),
        ("update-answers-state-before", "update.round-trip", None),
        ("list-without-phone", "update.list-agrees", None),
        ("total-count-as-text", "answer.list-meta", None),
        ("left-out-notes-cleared", "update.partial", None),
    ],
)
def test_drift_is_laid_to_upstream(drift: str, clause: str, fault: Fault | None) -> None:
    with watched(drift) as (relay, judge, sandbox), client(relay, sandbox, fault) as asking:
        asking.updates()
        asking.update(9004, {"notes": "kept"})
        asking.update(9004, {"letter_forwarding_enabled": True})
        asking.list(page=1, page_size=100)
    found = judge.recorder.record.findings
    assert clause in {one.clause for one in found}
    assert {one.cause for one in found} <= {"upstream", "description"}


def test_requests_at_once_are_no_finding() -> None:
    """What a list tells that was under way beside an update is nobody's fault."""

    def work(relay: Relay, sandbox: Sandbox, number: int) -> None:
        with client(relay, sandbox) as asking:
            for turn in range(6):
                asking.update(number, {"notes": f"{turn}"})
                asking.list(
                    page=1, page_size=100, filter_type="field", filter_field="notes", filter_value="3"
                )
                asking.list(page=1, page_size=100)
                asking.list(page=2, page_size=100)

    with watched() as (relay, judge, sandbox), ThreadPoolExecutor(5) as pool:
        for done in [pool.submit(work, relay, sandbox, number) for number in sandbox.customers[:5]]:
            done.result()
    assert judge.seen.judged == 5 * 6 * 4
    assert not judge.recorder.record.findings
    assert not judge.mistakes


def test_other_paths_pass_unjudged_and_are_counted() -> None:
    with watched() as (relay, judge, sandbox), client(relay, sandbox) as asking:
        connection = asking.connection
        for method, path in (("GET", "/customer/9001"), ("POST", "/customer"), ("GET", "/billogram?page=1")):
            connection.request(method, asking.url.path + path, headers=asking.headers)
            assert connection.getresponse().read()
        asking.list(page=1, page_size=10)
    assert (judge.seen.others, judge.seen.judged) == (3, 1)
    assert not judge.mistakes


def test_what_others_change_out_of_sight_is_no_finding() -> None:
    with watched() as (relay, judge, sandbox), client(relay, sandbox) as asking:
        asking.update(9001, {"notes": "a"})
        connection = asking.connection
        connection.request("DELETE", f"{asking.url.path}/customer/9002", headers=asking.headers)
        connection.getresponse().read()
        with Client(sandbox.base_url, sandbox.user, sandbox.password) as direct:
            direct.update(9001, {"notes": "b"})
        asking.list(page=1, page_size=100)
    assert not judge.recorder.record.findings


# ---------------------------------------------------------------- the command

RUN = """
import sys
sys.path.insert(0, {root!r})
from os import environ
from tests.meta.processes import is_alive
from tests.meta.sdk_client import FAULTS, Client
told = [environ["BILLOGRAM_" + name] for name in ("BASE_URL", "API_USER", "API_PASSWORD")]
what = sys.argv[1] if len(sys.argv) > 1 else ""
with Client(*told, FAULTS.get(what)) as client:
    client.list(page=1, page_size=9) if "one list" in sys.argv else client.everything()
"""


@pytest.fixture
def sdk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A command that asks all that is allowed, or with the fault that is named."""
    file = tmp_path / "sdk.py"
    file.write_text(RUN.format(root=str(Path(__file__).parents[2])))
    monkeypatch.chdir(tmp_path)
    for name in ("BASE_URL", "API_USER", "API_PASSWORD"):
        monkeypatch.delenv(f"BILLOGRAM_{name}", raising=False)
    return [sys.executable, str(file)]


def test_command_writes_a_ledger_like_any_other(sdk: list[str]) -> None:
    assert main(["proxy", "--", *sdk]) == 0
    told = json.loads(Path("report/ledger.json").read_text())
    assert told["run"]["target"]["kind"] == "embedded"
    words = {one["id"]: one["verdict"] for one in told["clauses"]}
    assert words["update.round-trip"] == words["list.pages-partition"] == "holds"
    assert words["renumber.freed-number"] == "unchecked"
    reasons = {one["reason"] for one in told["clauses"] if one["verdict"] == "unchecked"}
    assert "the command's requests do not show it" in reasons
    assert main(["compare", "report/ledger.json", "report/ledger.json"]) == 0


def test_mistake_ends_with_1_and_can_be_accepted(sdk: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    own = ["--deviations", "own.toml"]
    Path("own.toml").touch()
    assert main(["proxy", *own, "--", *sdk, "page_size 500", "one list"]) == 1
    told = capsys.readouterr().out
    assert "CLIENT  page_size is at most 100" in told
    assert "The client makes 1 mistake; the sandbox keeps its promises." in told
    (found,) = json.loads(Path("report/ledger.json").read_text())["findings"]
    assert (found["from"], found["cause"], found["clients"]) == ("client", "client", [])
    assert "page_size=500" in found["curl"]
    accept = ["accept", found["fingerprint"], "--reason", "on purpose", "--until", "2099-01-01", *own]
    assert main(accept) == 0
    assert main(["proxy", *own, "--", *sdk, "page_size 500", "one list"]) == 0
    assert main(["proxy", *own, "--", *sdk, "", "one list"]) == 1  # it no longer occurs
    assert "no longer occurs" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("command", "code"),
    [(["true"], 2), (["false"], 1), (["sh", "-c", "exit 7"], 7), (["sh", "-c", "kill -9 $$"], 137)],
    ids=["nothing passed", "it failed", "its own code", "it was killed"],
)
def test_exit_code_is_the_worse_one(command: list[str], code: int, sdk: list[str]) -> None:
    assert main(["proxy", "--", *command]) == code


def test_failing_command_fails_though_all_held(sdk: list[str]) -> None:
    assert main(["proxy", "--", "sh", "-c", f"{shlex.join(sdk)}; exit 5"]) == 5


def test_unknown_program_is_a_wrong_setting(sdk: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["proxy", "--", "no-such-program"]) == 2
    assert "no-such-program cannot be run" in capsys.readouterr().err


def test_har_is_redacted_and_examined(sdk: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["proxy", "--har", "kept.har", "--", *sdk]) == 0
    kept = Path("kept.har").read_text()
    for secret in ("Öberg", "Öberg", "Exempelorganisationen", "Authorization", "a@example.com", "李"):
        assert secret not in kept
    capsys.readouterr()
    assert main(["examine", "kept.har"]) == 0
    assert "0 drifted" in capsys.readouterr().out


def test_har_shows_a_drift_again(sdk: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    drift = ["--drift", "total-count-as-text", "--har", "kept.har"]
    assert main(["proxy", *drift, "--", *sdk, "", "one list"]) == 1
    assert main(["examine", "kept.har"]) == 1
    assert "answer.list-meta" in capsys.readouterr().out


def test_command_leaves_no_process_behind(sdk: list[str]) -> None:
    assert main(["proxy", "--", "sh", "-c", "sleep 60 & echo $! > left; exit 0"]) == 2
    assert not is_alive(int(Path("left").read_text()))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_end_leaves_no_process_and_no_port(number: signal.Signals, tmp_path: Path) -> None:
    told = tmp_path / "told"
    stuck = f"sleep 60 & echo $! $$ $BILLOGRAM_BASE_URL > {told}.part; mv {told}.part {told}; wait"
    process = subprocess.Popen(
        [sys.executable, "-m", "billogram_contract", "proxy", "--", "sh", "-c", stuck], cwd=tmp_path
    )
    until = time.monotonic() + 15
    while not told.exists():
        assert time.monotonic() < until
        time.sleep(0.02)
    process.send_signal(number)
    assert process.wait(15) == 130
    *pids, address = told.read_text().split()
    assert not [pid for pid in pids if is_alive(int(pid))]
    with (
        pytest.raises(ConnectionRefusedError),
        socket.create_connection(("127.0.0.1", int(address.split(":")[2].split("/")[0]))),
    ):
        pass


# ---------------------------------------------------------------- a live target


@pytest.fixture
def live(
    sdk: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Sandbox, list[str]]]:
    """A sandbox that stands for upstream's, and the options that name it."""
    with Sandbox() as sandbox:
        monkeypatch.setenv("BILLOGRAM_API_USER", sandbox.user)
        monkeypatch.setenv("BILLOGRAM_API_PASSWORD", sandbox.password)
        yield (
            sandbox,
            ["proxy", "--to", sandbox.base_url, "--settle", "0", "--journal-dir", str(tmp_path / "journal")],
        )


ALLOTTED = ["--customers", "9001-9012", "--numbers", "9101-9199"]


def test_live_customers_are_put_back(live: tuple[Sandbox, list[str]], sdk: list[str], tmp_path: Path) -> None:
    sandbox, options = live
    before = _plain(sandbox)
    assert main([*options, *ALLOTTED, "--", *sdk]) == 0
    assert any(request.method == "PUT" for request in sandbox.requests)
    assert _plain(sandbox) == before
    assert not list((tmp_path / "journal").glob("*.jsonl"))


def test_live_customers_of_others_are_left_alone(
    live: tuple[Sandbox, list[str]], sdk: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    sandbox, options = live
    before = sandbox.everyone()
    assert main([*options, "--customers", "9012", "--", *sdk]) == 0
    assert sandbox.everyone() == before
    assert "were kept from leaving" in capsys.readouterr().out


def _plain(sandbox: Sandbox) -> list[dict[str, Any]]:
    """The customers without what no update can put back."""
    return [
        {name: value for name, value in one.items() if name != "updated_at"} for one in sandbox.everyone()
    ]
