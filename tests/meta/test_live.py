"""The suite as a guest: an address in another process, changed and put back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.meta.test_main import serving
from tests.meta.test_run import Outcome, hold_quickly

FILES = ("tests/contract/test_update.py", "tests/contract/test_renumber.py")
Customers = dict[int, dict[str, Any]]


@pytest.fixture(scope="module")
def visit(tmp_path_factory: pytest.TempPathFactory) -> tuple[Outcome, Customers, Customers]:
    """A run that writes and renumbers: its outcome, the customers before, the customers after."""
    file = tmp_path_factory.mktemp("live") / "customers.db"
    with serving("--db", str(file)) as served:
        before = served.customers()
        user, password = served.credentials
        outcome = hold_quickly(
            *FILES,
            *("--base-url", served.address, "--customers", "9001-9012", "--numbers", "9101-9130"),
            environment={"BILLOGRAM_API_USER": user, "BILLOGRAM_API_PASSWORD": password},
        )
        return outcome, before, served.customers()


def test_live_run_holds(visit: tuple[Outcome, Customers, Customers]) -> None:
    outcome, _, _ = visit
    assert outcome.code == 0, outcome.text
    assert ", 0 drifted, 0 inconclusive," in outcome.tally
    assert "held against live target: http://127.0.0.1:" in outcome.text


def test_live_run_really_writes(visit: tuple[Outcome, Customers, Customers]) -> None:
    _, before, after = visit
    written = {number for number in after if after[number]["updated_at"] != before[number]["updated_at"]}
    assert written
    assert written <= set(range(9001, 9013))


def test_live_run_puts_every_customer_back(visit: tuple[Outcome, Customers, Customers]) -> None:
    outcome, before, after = visit
    assert {number: {**one, "updated_at": None} for number, one in after.items()} == {
        number: {**one, "updated_at": None} for number, one in before.items()
    }
    assert "NOT PUT BACK" not in outcome.text
