"""The suite as a guest: an address in another process, changed and put back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from billogram_contract.pool import journal
from billogram_contract.sandbox import Sandbox
from tests.meta.test_main import serving
from tests.meta.test_run import ROOT, Outcome, hold_quickly, tree

FILES = ("tests/contract/test_update.py", "tests/contract/test_renumber.py")
Customers = dict[int, dict[str, Any]]


@pytest.fixture(scope="module")
def live_session(tmp_path_factory: pytest.TempPathFactory) -> tuple[Outcome, Customers, Customers]:
    """A run that writes and renumbers: its outcome, the customers before, the customers after."""
    file = tmp_path_factory.mktemp("live") / "customers.db"
    with serving("--db", str(file)) as served:
        before = served.customers()
        user, password = served.credentials
        outcome = hold_quickly(
            *FILES,
            *("--base-url", served.address, "--customers", "9001-9012", "--numbers", "9101-9130"),
            environment={
                "BILLOGRAM_API_USER": user,
                "BILLOGRAM_API_PASSWORD": password,
                "BILLOGRAM_JOURNAL_DIR": str(file.parent),
            },
        )
        assert not list(file.parent.glob("*.jsonl"))
        return outcome, before, served.customers()


def test_live_run_holds(live_session: tuple[Outcome, Customers, Customers]) -> None:
    outcome, _, _ = live_session
    assert outcome.code == 0, outcome.text
    assert ", 0 drifted, 0 inconclusive," in outcome.tally
    assert "held against live target: http://127.0.0.1:" in outcome.text


def test_live_run_really_writes(live_session: tuple[Outcome, Customers, Customers]) -> None:
    _, before, after = live_session
    written = {number for number in after if after[number]["updated_at"] != before[number]["updated_at"]}
    assert written
    assert written <= set(range(9001, 9013))


def test_live_run_puts_every_customer_back(live_session: tuple[Outcome, Customers, Customers]) -> None:
    outcome, before, after = live_session
    assert {number: {**one, "updated_at": None} for number, one in after.items()} == {
        number: {**one, "updated_at": None} for number, one in before.items()
    }
    assert "NOT PUT BACK" not in outcome.text


# Ended early


ENDINGS = {"Ctrl-C": signal.SIGINT, "SIGTERM": signal.SIGTERM, "SIGKILL": signal.SIGKILL}


def command(served: Any, folder: Path, *more: str) -> list[str]:
    options = ("--base-url", served.address, "--customers", "9001-9012", "--numbers", "9101-9130")
    return [sys.executable, "-m", *more, *options, "--journal-dir", str(folder)]


@pytest.mark.slow
@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("ending", ENDINGS)
def test_run_ended_early_leaves_all_as_found(tmp_path: Path, ending: str, workers: int) -> None:
    with serving("--db", str(tmp_path / "customers.db")) as served:
        before = unstamped(served.customers())
        user, password = served.credentials
        environment = os.environ | {"BILLOGRAM_API_USER": user, "BILLOGRAM_API_PASSWORD": password}
        pytest_run = ("pytest", "tests/contract", "-q", "-p", "no:cacheprovider", "-n", str(workers))
        run = subprocess.Popen(
            command(served, tmp_path, *pytest_run), cwd=ROOT, env=environment, stdout=subprocess.PIPE
        )
        wait_for_a_change(tmp_path)
        assert unstamped(served.customers()) != before
        run.send_signal(ENDINGS[ending])
        run.communicate(timeout=60)
        if ending == "SIGKILL":
            time.sleep(2.0)  # workers end once they notice
            restore = [sys.executable, "-m", "billogram_contract", "restore", "--journal-dir", str(tmp_path)]
            assert subprocess.run(restore, cwd=ROOT, env=environment, check=False).returncode == 0
        else:
            assert run.returncode == 2
        assert unstamped(served.customers()) == before
        assert not list(tmp_path.glob("*.jsonl"))


def unstamped(customers: Customers) -> Customers:
    return {number: {**one, "updated_at": None} for number, one in customers.items()}


def wait_for_a_change(folder: Path) -> None:
    """Returns when a run has changed some customers."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        changed = [
            one for path in journal.found(folder) for one in journal.read(path)[1].values() if one.changed
        ]
        if len(changed) > 4:
            return
        time.sleep(0.05)
    raise AssertionError("nothing was changed")


# Nothing secret


LEAKY = """
import logging
import pytest

@pytest.mark.clause("list.answers")
def test_check(client):
    secret = client.target.password
    print(secret)
    logging.getLogger().error("asked with %s", secret)
    raise RuntimeError(f"{secret} {client._transport._credentials['right'].password}")
"""


def test_password_is_in_nothing_that_is_shown(tmp_path: Path) -> None:
    *options, file = tree(tmp_path / "project", LEAKY)
    report, canary = tmp_path / "junit.xml", "canary-dv8Kq2"
    with Sandbox(password=canary) as sandbox:
        outcome = hold_quickly(
            *options,
            f"{file}::test_check",
            *("--base-url", sandbox.base_url, "--showlocals", "--tb=long", f"--junitxml={report}"),
            environment={"BILLOGRAM_API_USER": sandbox.user, "BILLOGRAM_API_PASSWORD": canary},
        )
    assert outcome.code == 3
    assert "asked with ***" in outcome.text
    assert canary not in outcome.text
    assert canary not in report.read_text(encoding="utf-8")
