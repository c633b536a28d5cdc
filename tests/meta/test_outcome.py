"""What a run says of what it did not see: a clause that nothing exercised never holds."""

from __future__ import annotations

import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from billogram_contract.results import ledger as ledgers
from billogram_contract.results.model import Ledger
from billogram_contract.sandbox import Sandbox
from tests.meta.test_run import credentials, hold

ALONE = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
SCENARIOS = ("tests/contract", "-m", "not property")


def kept(directory: Path) -> Ledger:
    return ledgers.read(directory / "ledger.json")


def held(ledger: Ledger) -> set[str]:
    return {clause.id for clause in ledger.clauses if clause.verdict == "holds"}


def of(ledger: Ledger, *families: str) -> set[str]:
    """The testable promises of some families."""
    return {
        clause.id
        for clause in ledger.clauses
        if clause.family in families and clause.level == "must" and not clause.untestable
    }


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ledger]:
    """The ledgers of runs that see less than all, by name."""
    directory = tmp_path_factory.mktemp("reports")
    database = directory / "empty.db"
    with Sandbox() as full, Sandbox(database=str(database)) as empty, ThreadPoolExecutor(2) as pool:
        with sqlite3.connect(database) as connection:
            connection.execute("DELETE FROM customers")
        runs = {
            "whole": ((*SCENARIOS,), {}),
            "empty account": ((*SCENARIOS, "--base-url", empty.base_url), credentials(empty)),
            "read-only": ((*SCENARIOS, "--base-url", full.base_url), credentials(full)),
            "one file": (("tests/contract/test_name.py",), {}),
        }
        done = {
            name: pool.submit(
                hold, *arguments, f"--report-dir={directory / name}", environment=ALONE | environment
            )
            for name, (arguments, environment) in runs.items()
        }
        for name, future in done.items():
            assert future.result().code == 0, name
    return {name: kept(directory / name) for name in runs}


def test_whole_run_holds_every_testable_promise(seen: dict[str, Ledger]) -> None:
    whole = seen["whole"]
    assert held(whole) == of(whole, *{clause.family for clause in whole.clauses})


@pytest.mark.parametrize("family", ["customer", "name", "renumber", "update"])
def test_empty_account_holds_nothing_of_customers(seen: dict[str, Ledger], family: str) -> None:
    assert of(seen["empty account"], family)
    assert held(seen["empty account"]) & of(seen["empty account"], family) == set()


@pytest.mark.parametrize(
    "clause",
    ["list.pages-partition", "list.total-count", "list.first-page", "order.ascending", "order.descending"],
)
def test_empty_account_holds_no_law_of_pages_and_orders(seen: dict[str, Ledger], clause: str) -> None:
    assert clause in held(seen["whole"])
    assert clause not in held(seen["empty account"])


@pytest.mark.parametrize("family", ["name", "renumber", "update"])
def test_read_only_run_holds_nothing_of_writing(seen: dict[str, Ledger], family: str) -> None:
    assert held(seen["read-only"]) & of(seen["read-only"], family) == set()


def test_one_file_holds_its_own_clauses_and_what_every_answer_shows(seen: dict[str, Ledger]) -> None:
    families = {clause.partition(".")[0] for clause in held(seen["one file"])}
    assert families == {"name", "answer", "customer"}


@pytest.mark.parametrize("name", ["empty account", "read-only", "one file"])
def test_clause_that_nothing_exercised_is_unchecked_with_a_reason(seen: dict[str, Ledger], name: str) -> None:
    idle = [clause for clause in seen[name].clauses if not clause.exchanges]
    assert idle
    assert {clause.verdict for clause in idle} == {"unchecked"}
    assert all(clause.reason for clause in idle)


def test_ledger_tells_what_was_never_seen(seen: dict[str, Ledger]) -> None:
    empty, whole = seen["empty account"].coverage, seen["whole"].coverage
    assert empty.fields["GET /customer"]["/data/*/name"] == 0
    assert whole.fields["GET /customer"]["/data/*/name"] > 0
    assert set(empty.values["GET /customer /data/*/company_type"].values()) == {0}
    assert all(whole.values["GET /customer /data/*/company_type"].values())
    assert all(whole.parameters["filter_type"].values())
    assert set(seen["one file"].coverage.parameters["order_direction"].values()) == {0}
    assert seen["read-only"].coverage.written["/name"] == 0
    assert whole.statuses["GET /customer"]["400"] > 0


def test_ledgers_are_stable_in_their_order(seen: dict[str, Ledger]) -> None:
    orders = {name: [clause.id for clause in ledger.clauses] for name, ledger in seen.items()}
    assert len({json.dumps(order) for order in orders.values()}) == 1
    for ledger in seen.values():
        assert list(ledger.profile) == sorted(ledger.profile)
