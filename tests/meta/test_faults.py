"""Bad days: faults that pass are ridden out, faults that stay are inconclusive, and none is called drift."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from billogram_contract.errors import Outage
from billogram_contract.pool.pool import Pool
from billogram_contract.sandbox import Sandbox
from billogram_contract.upstream.client import Client
from billogram_contract.upstream.exchange import Answer
from billogram_contract.upstream.target import Target
from tests.meta.faults import LASTING, PASSING, PLANS, SLOW, Line, Plan, every, line
from tests.meta.test_pool import entries
from tests.meta.test_run import Outcome, everyone, hold, hold_quickly

# The rest has its turn with -m slow.
QUICK = ("reset after", "cut off, of unknown length")
FEW = ("tests/contract/test_renumber.py", "tests/contract/test_auth.py")


def live_session(plan: Plan, folder: Path, *files: str) -> tuple[Outcome, bool, Sandbox]:
    """A run on a bad day: its outcome, and whether all is as before."""
    with Sandbox() as sandbox, line(sandbox, plan) as bad:
        before = [{**one, "updated_at": None} for one in map(dict, everyone(sandbox))]  # type: ignore[call-overload]  # JSON
        options = ("--customers", "9001-9012", "--numbers", "9101-9199", "--journal-dir", str(folder))
        environment = {"BILLOGRAM_API_USER": sandbox.user, "BILLOGRAM_API_PASSWORD": sandbox.password}
        run = hold if "tests/contract" in files else hold_quickly
        outcome = run(*files, "--base-url", bad.base_url, *options, environment=environment)
        after = [{**one, "updated_at": None} for one in map(dict, everyone(sandbox))]  # type: ignore[call-overload]  # JSON
        return outcome, before == after, sandbox


@pytest.mark.parametrize("name", QUICK)
def test_passing_fault_is_ridden_out(name: str, tmp_path: Path) -> None:
    outcome, is_as_before, _ = live_session(PASSING[name], tmp_path, *FEW)
    assert outcome.code == 0, outcome.text
    assert ", 0 drifted, 0 inconclusive," in outcome.tally
    assert is_as_before


@pytest.mark.slow
@pytest.mark.parametrize("name", [*PASSING, *SLOW])
def test_every_check_is_asked_on_a_bad_day(name: str, tmp_path: Path) -> None:
    files = FEW if name in SLOW else ("tests/contract",)
    outcome, is_as_before, _ = live_session(PLANS[name], tmp_path, *files)
    assert outcome.code == 0, outcome.text
    assert ", 0 drifted, 0 inconclusive," in outcome.tally
    assert is_as_before


@pytest.mark.slow
@pytest.mark.parametrize("name", LASTING)
def test_lasting_fault_is_inconclusive(name: str, tmp_path: Path) -> None:
    outcome, _, _ = live_session(LASTING[name], tmp_path, "tests/contract")
    assert outcome.code == 6, outcome.text
    assert "DRIFTED" not in outcome.text
    assert "Traceback" not in outcome.text


# One lost answer at a time


@contextmanager
def guest(plan: Plan, receive: Callable[[Answer], None] = lambda answer: None) -> Iterator[tuple[Pool, Line]]:
    with Sandbox(others=0) as sandbox, line(sandbox, plan) as bad:
        allotted = sandbox.customers[:2], sandbox.numbers
        target = Target("live", bad.base_url, sandbox.user, sandbox.password, *allotted)
        client = Client(target, receive)
        yield Pool(client, consistency_timeout=0.0), bad
        client.close()


def on_put(action: str, *which: int) -> tuple[Plan, list[int]]:
    """Nothing happens until the list is armed with the count of the requests before the first update."""
    armed: list[int] = []
    return lambda number: action if armed and number - armed[0] in which else "", armed


@pytest.mark.parametrize("action", ["reset before", "reset after", "cut off", "500", "503"])
def test_renumbering_survives_a_lost_answer(action: str) -> None:
    plan, armed = on_put(action, 1)
    with guest(plan) as (pool, bad):
        before = entries(pool)
        with pool.lease() as (leased,):
            armed.append(bad.count)
            assert leased.update({"customer_no": 9101}).is_success
            assert leased.number == 9101
            assert bad.count > armed[0] + 1
        assert entries(pool) == before
        assert pool.problems == []


def test_refusal_after_a_lost_answer_is_a_refusal() -> None:
    plan, armed = on_put("reset after", 1)
    with guest(plan) as (pool, bad), pool.lease(2) as (one, other):
        armed.append(bad.count)
        assert one.update({"customer_no": other.number}).status == 400


def test_renumbering_that_is_always_lost_is_an_outage() -> None:
    plan, armed = on_put("reset before", *range(1, 99, 2))
    with guest(plan) as (pool, bad), pool.lease() as (leased,):
        armed.append(bad.count)
        with pytest.raises(Outage, match="no answer"):
            leased.update({"customer_no": 9101})
        armed.clear()


def test_interrupted_update_is_put_back() -> None:
    interruptions = [KeyboardInterrupt()]

    def interrupt(answer: Answer) -> None:
        if answer.call.body is not None and interruptions:
            raise interruptions.pop()

    with guest(lambda number: "", interrupt) as (pool, _):
        before = entries(pool)

        def check() -> None:
            with pool.lease() as (leased,):
                leased.update({"customer_no": 9101, "notes": "x"})

        with pytest.raises(KeyboardInterrupt):
            check()
        assert entries(pool) == before


def test_content_coding_that_is_not_applied_is_an_answer() -> None:
    with guest(every(1, "no gzip")) as (pool, _):
        answer = pool.client.list(page=1, page_size=1)
        assert (answer.status, answer.undecoded) == (200, "gzip")
        with pytest.raises(ValueError, match="Content-Encoding"):
            answer.json  # noqa: B018 - reading it is what fails
