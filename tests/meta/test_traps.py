"""Traps of the libraries that the suite stands on, each known to have caught somebody."""

from __future__ import annotations

import base64
import re
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings

from billogram_contract.sandbox import Request, Sandbox
from tests.meta.test_run import Outcome, hold, tree

CANARY = "canary-password-7f3a"
ALLOTTED = ("--customers", "9001-9012", "--numbers", "9101-9199")

# A project whose every test fails, with everything that knows the credentials among its locals.
FAILING = """\
import pytest
from hypothesis import given, settings, strategies
from tests.contract.test_generated import schema

@pytest.mark.clause("list.answers")
def test_check_fails(client, pool, customer, run):
    target, told, session = client.target, run.settings, client._session
    answer = client.list(page=1, page_size=1)
    call = answer.call
    assert answer.status == 999

@pytest.mark.clause("list.answers")
@pytest.mark.parametrize("status", [999])
@schema.include(method="GET").parametrize()
def test_case_fails(case, client, status):
    assert client.list(page=1, page_size=1).status == status

@pytest.mark.clause("list.answers")
def test_transport_fails(client, monkeypatch):
    monkeypatch.setattr(client._session.get_adapter("http://"), "base_url", "http://another.invalid")
    client.list(page=1, page_size=1)

@pytest.mark.clause("list.page-size-maximum")
def test_drift_is_found(client):
    from billogram_contract.checking.expect import expect
    expect(client.list(page=1, page_size=101)).is_refused(naming="page_size")

@pytest.mark.clause("list.answers")
@given(number=strategies.just(271828))
def test_property_fails(number):
    assert number == 0

@pytest.mark.clause("list.answers")
def test_settings_are_told():
    raise AssertionError(
        f"profile {settings.get_current_profile_name()},"
        f" unexpected methods {sorted(schema.config.phases.coverage.unexpected_methods)}"
    )
"""


@dataclass(frozen=True)
class ObservedRun:
    """A run over a sandbox of ours: what it printed, its JUnit report, and what reached the sandbox."""

    outcome: Outcome
    report: str
    requests: list[Request]


def observed_run(report: Path, *arguments: str, drifts: tuple[str, ...] = ()) -> ObservedRun:
    with Sandbox(user="canary-user", password=CANARY, drifts=drifts) as sandbox:
        outcome = hold(
            *(*arguments, "-vv", "--showlocals", f"--junitxml={report}"),
            *("--base-url", sandbox.base_url, *ALLOTTED),
            environment={
                "BILLOGRAM_API_USER": sandbox.user,
                "BILLOGRAM_API_PASSWORD": CANARY,
                "CI": "true",
            },
        )
        return ObservedRun(outcome, report.read_text(encoding="utf-8"), list(sandbox.requests))


@pytest.fixture(scope="module")
def visits(tmp_path_factory: pytest.TempPathFactory) -> tuple[ObservedRun, ObservedRun]:
    """Both runs at a time."""
    directory = tmp_path_factory.mktemp("failing")
    *options, file = tree(directory, FAILING)
    names = re.findall("^def (test_[a-z_]+)", FAILING, re.MULTILINE)
    checks = [*options, *(f"{file}::{name}" for name in names)]
    with ThreadPoolExecutor(2) as pool:
        generated = pool.submit(observed_run, directory / "generated.xml", "tests/contract/test_generated.py")
        failing = pool.submit(
            observed_run, directory / "failing.xml", *checks, drifts=("page-size-101-accepted",)
        )
        return generated.result(), failing.result()


@pytest.fixture(scope="module")
def generated(visits: tuple[ObservedRun, ObservedRun]) -> ObservedRun:
    """A run of what Schemathesis generates."""
    return visits[0]


@pytest.fixture(scope="module")
def failing(visits: tuple[ObservedRun, ObservedRun]) -> ObservedRun:
    """A run in which every test fails, where CI is set and Schemathesis imported."""
    return visits[1]


# Schemathesis


def test_generated_checks_have_distinct_ids(generated: ObservedRun) -> None:
    ids = re.findall(r"^tests/\S+::(\S.*?) (?:PASSED|FAILED)", generated.outcome.text, re.MULTILINE)
    assert len(ids) == 3
    assert len(set(ids)) == 3


def test_generated_checks_have_distinct_names_in_the_report(generated: ObservedRun) -> None:
    names = [case.get("name", "") for case in ET.fromstring(generated.report).iter("testcase")]
    by_operation = [name for name in names if name.startswith("test_generated_request")]
    assert [name.partition("[")[2] for name in sorted(by_operation)] == [
        "GET /customer]",
        "PUT /customer/{customer_no}]",
    ]


def test_generated_checks_hold_over_an_address(generated: ObservedRun) -> None:
    assert generated.outcome.code == 0, generated.outcome.text


def test_nothing_but_the_two_operations_is_sent(generated: ObservedRun) -> None:
    sent = [f"{request.method} {request.path}" for request in generated.requests]
    described = re.compile("(GET) /api/v2/customer|(PUT) /api/v2/customer/[0-9]+")
    assert [one for one in sent if not described.fullmatch(one)] == []
    assert {one.partition(" ")[0] for one in sent} == {"GET", "PUT"}


def test_no_update_leaves_the_allotment(generated: ObservedRun) -> None:
    updated = {request.path.rpartition("/")[2] for request in generated.requests if request.method == "PUT"}
    allowed = {str(number) for number in (*Sandbox.customers, *Sandbox.numbers)}
    assert updated <= allowed


def test_coverage_asks_no_unexpected_methods(failing: ObservedRun) -> None:
    assert "unexpected methods []" in failing.outcome.text


# Hypothesis


def test_failing_example_is_printed_beside_schemathesis(failing: ObservedRun) -> None:
    assert "number=271828" in failing.outcome.text


def test_profile_is_ours_where_ci_is_set(failing: ObservedRun) -> None:
    assert "AssertionError: profile quick," in failing.outcome.text


def test_profile_named_ci_is_ours() -> None:
    ci = settings.get_profile("ci")
    assert (ci.max_examples, ci.stateful_step_count, ci.report_multiple_bugs) == (30, 20, False)


# Credentials


def test_every_test_of_the_failing_run_fails(failing: ObservedRun) -> None:
    assert re.search(r"^=+ 6 failed in ", failing.outcome.text, re.MULTILINE), failing.outcome.text
    assert "client     = <" in failing.outcome.text


def secrets() -> list[str]:
    """The password, and what Basic authentication makes of it."""
    token = base64.b64encode(f"canary-user:{CANARY}".encode()).decode()
    return [CANARY, token]


@pytest.mark.parametrize("secret", secrets(), ids=["plain", "encoded"])
def test_password_is_never_shown(failing: ObservedRun, generated: ObservedRun, secret: str) -> None:
    for shown in (failing, generated):
        assert secret not in shown.outcome.text
        assert secret not in shown.report
