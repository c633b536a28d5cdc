"""The doctor: one line a check, what to fix, and not one write."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from billogram_contract.__main__ import main
from billogram_contract.pool import journal, locks
from billogram_contract.sandbox import Sandbox


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with Sandbox() as running:
        settings = {
            "API_USER": running.user,
            "API_PASSWORD": running.password,
            "BASE_URL": running.base_url,
            "CUSTOMERS": "9001-9012",
            "NUMBERS": "9101-9130",
            "JOURNAL_DIR": str(tmp_path),
        }
        for name, value in settings.items():
            monkeypatch.setenv(f"BILLOGRAM_{name}", value)
        yield running
        assert {request.method for request in running.requests} <= {"GET"}


def examined(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str]]:
    """The exit code and the lines of the problems."""
    code = main(["doctor", *arguments])
    return code, [line for line in capsys.readouterr().out.splitlines() if line.startswith("problem")]


def test_everything_in_order_ends_with_zero(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["ok", f"{name}:"]
        for name in (
            "folders", "journals", "claims", "address", "reachable", "credentials", "list", "customers",
            "coverage", "numbers", "clock",
        )
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--customers", "9001-9012,8999"], "8999 missing; create them"),
        (["--customers", "9001-9006"], "need 7"),
        (["--customers", "9001-9007", "--numbers", "9008-9020"], "9008, 9009, 9010, 9011, 9012 taken"),
        (["--numbers", "9101-9103"], "few: allot 10 or more"),
    ],
)
def test_problem_tells_what_to_fix(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str], arguments: list[str], problem: str
) -> None:
    code, (told,) = examined(capsys, *arguments)
    assert code == 2
    assert problem in told


def test_refused_credentials_are_told_unshown(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BILLOGRAM_API_PASSWORD", "not-the-password")
    code, (told,) = examined(capsys)
    assert (code, "BILLOGRAM_API_PASSWORD" in told) == (2, True)
    assert "not-the-password" not in told


def test_unreachable_address_ends_with_six(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    with Sandbox(others=0) as stopped:
        gone = stopped.base_url
    code, (told,) = examined(capsys, "--base-url", gone)
    assert (code, "reachable: no: nothing listens on 127.0.0.1:" in told) == (6, True)


def test_what_a_run_could_not_use_is_told(
    sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    code, (told,) = examined(capsys, "--journal-dir", str(tmp_path / "file" / "journals"))
    assert (code, f"cannot write to --journal-dir {tmp_path}" in told) == (2, True)
    (tmp_path / "old.json").touch()
    code, (told,) = examined(capsys, "--baseline", str(tmp_path / "old.json"))
    assert (code, "is no JSON" in told) == (2, True)
    assert not (tmp_path / "report").exists()


def test_run_without_customers_is_told_as_incomplete(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BILLOGRAM_CUSTOMERS", "")
    assert main(["doctor"]) == 0
    assert "note     customers: none allotted: the run only reads" in capsys.readouterr().out
    code, (told,) = examined(capsys, "--require-complete")
    assert (code, "none allotted" in told) == (6, True)


def test_left_journal_and_claim_are_told(
    sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    claim, _ = locks.take(tmp_path, journal.header(sandbox.base_url, sandbox.user, (9001,), range(0)))
    code, (told,) = examined(capsys)
    assert (code, "a run under way has them" in told) == (2, True)
    claim.change(9001, {"customer_no": 9001}, None)
    claim.close()
    code, (told,) = examined(capsys)
    assert (code, "billogram_contract restore" in told) == (2, True)
