"""`billogram_contract.testing`: what the tests of a Python SDK use."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from billogram_contract.testing import RunningSandbox, sandbox

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FEW = [{"customer_no": 7, "name": "Ada"}, {"customer_no": 8, "name": "Bo", "notes": "n"}]


@pytest.fixture
def upstream() -> Iterator[RunningSandbox]:
    with sandbox(customers=FEW, time=NOON) as running:
        yield running


def put(upstream: RunningSandbox, number: int, body: dict[str, object]) -> requests.Response:
    address = f"{upstream.base_url}/customer/{number}"
    return requests.put(address, json=body, auth=(upstream.user, upstream.password), timeout=5)


def page(upstream: RunningSandbox, size: int = 100) -> requests.Response:
    address = f"{upstream.base_url}/customer?page=1&page_size={size}"
    return requests.get(address, auth=(upstream.user, upstream.password), timeout=5)


def test_seeded_customers_are_all_there_is(upstream: RunningSandbox) -> None:
    assert [one["customer_no"] for one in page(upstream).json()["data"]] == [7, 8]
    assert upstream.customer(8) == {
        "company_type": "business",
        "created_at": "2026-03-01T12:00:00.000Z",
        "updated_at": None,
        **FEW[1],
    }


def test_no_customers_are_none() -> None:
    with sandbox(customers=[]) as upstream:
        assert page(upstream).json()["meta"]["total_count"] == 0


def test_time_stands_still_until_it_is_advanced(upstream: RunningSandbox) -> None:
    assert put(upstream, 7, {"notes": "a"}).json()["data"]["updated_at"] == "2026-03-01T12:00:00.000Z"
    upstream.clock.advance(timedelta(hours=1))
    assert put(upstream, 7, {"notes": "b"}).json()["data"]["updated_at"] == "2026-03-01T13:00:00.000Z"


def test_time_that_is_set_back_moves_no_stamp_back(upstream: RunningSandbox) -> None:
    put(upstream, 7, {"notes": "a"})
    upstream.clock.set(NOON - timedelta(days=1))
    assert put(upstream, 7, {"notes": "b"}).json()["data"]["updated_at"] == "2026-03-01T12:00:00.001Z"


def test_requests_are_recorded(upstream: RunningSandbox) -> None:
    put(upstream, 7, {"name": "Ada L"})
    (asked,) = upstream.requests
    assert (asked.method, asked.path, asked.json()) == ("PUT", "/api/v2/customer/7", {"name": "Ada L"})
    upstream.forget_requests()
    assert upstream.requests == []


def test_health_needs_no_credentials_and_is_no_request(upstream: RunningSandbox) -> None:
    health = upstream.base_url.replace("/api/v2", "/health")
    assert requests.get(health, timeout=5).json() == {"status": "OK"}
    assert upstream.requests == []


def test_drift_and_variant_are_switched_on() -> None:
    with sandbox(drift="page-size-100-refused", variant=["auth-403"]) as upstream:
        assert page(upstream).status_code == 400
        assert requests.get(f"{upstream.base_url}/customer", timeout=5).status_code == 403


def test_unknown_drift_is_refused_with_the_closest() -> None:
    with (
        pytest.raises(ValueError, match="the closest is 'page-size-100-refused'"),
        sandbox(drift="page-size-100-refuse"),
    ):
        pass


def test_customer_without_a_name_is_refused() -> None:
    with pytest.raises(ValueError, match="A customer needs name"), sandbox(customers=[{"customer_no": 1}]):
        pass


def test_port_is_closed_after_the_block() -> None:
    with sandbox() as upstream:
        address = upstream.base_url
    with pytest.raises(requests.ConnectionError):
        requests.get(address, timeout=5)


CONFTEST = """
import pytest

pytest_plugins = ["billogram_contract.testing"]

@pytest.fixture(scope="session")
def billogram_sandbox_options():
    return {"customers": [{"customer_no": 5, "name": "Seeded"}]}
"""
TESTS = """
import pytest

def test_seed(billogram_sandbox):
    assert billogram_sandbox.customer(5)["name"] == "Seeded"

@pytest.mark.billogram_sandbox(drift="page-size-100-refused", customers=[{"customer_no": 6, "name": "Own"}])
def test_mark(billogram_sandbox):
    assert [one["customer_no"] for one in billogram_sandbox.customers] == [6]

def test_one_for_all(billogram_sandbox_session, request):
    request.config.kept = billogram_sandbox_session

def test_one_for_all_again(billogram_sandbox_session, request):
    assert request.config.kept is billogram_sandbox_session
"""
UNITTEST = """
import unittest
from billogram_contract.testing import sandbox

class Sdk(unittest.TestCase):
    def setUp(self):
        self.upstream = self.enterContext(sandbox())

    def test_customers(self):
        self.assertEqual(len(self.upstream.customers), 52)
"""


def run_in(folder: Path, *command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_one_line_in_a_conftest_gives_the_fixtures(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_sdk.py").write_text(textwrap.dedent(TESTS))
    told = run_in(
        tmp_path,
        "pytest",
        "-q",
        "--strict-markers",
        "-W",
        "error",
        "-p",
        "no:schemathesis",
        "-p",
        "no:cacheprovider",
    )
    assert "4 passed" in told


def test_without_that_line_nothing_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "test_sdk.py").write_text(
        "import sys\n\ndef test():\n    assert 'billogram_contract' not in sys.modules\n"
    )
    assert "1 passed" in run_in(tmp_path, "pytest", "-q", "-p", "no:cacheprovider")


def test_unittest_enters_it(tmp_path: Path) -> None:
    (tmp_path / "test_sdk.py").write_text(textwrap.dedent(UNITTEST))
    assert "OK" in run_in(tmp_path, "unittest", "-q")
