"""The guard and the pace: nothing leaves that is not allotted, and nothing beyond what a run may ask."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from billogram_contract.errors import Outage, SetupError
from billogram_contract.pool.numbers import FreeNumbers
from billogram_contract.pool.pool import Pool
from billogram_contract.run import settings
from billogram_contract.sandbox import Sandbox
from billogram_contract.upstream.client import Client
from billogram_contract.upstream.exchange import Call
from billogram_contract.upstream.guard import NotAllowed, refuse_strangers
from billogram_contract.upstream.rate_limit import Limits, RateLimit
from billogram_contract.upstream.target import Target
from tests.meta.test_pool import entries

ALLOTTED = ((9001, 9002), range(9101, 9104))


def client_of(sandbox: Sandbox, rate_limit: RateLimit | None = None) -> Client:
    target = Target("live", sandbox.base_url, sandbox.user, sandbox.password, *ALLOTTED)
    return Client(target, rate_limit=rate_limit)


@pytest.mark.parametrize(
    ("number", "body"),
    [
        (9003, {"notes": "x"}),
        (42, {}),
        ("9003 ", {"notes": "x"}),
        ("09003", {"notes": "x"}),
        ("9003.0", {"notes": "x"}),
        ("٩٠٠٣", {"notes": "x"}),
        (9003, {"customer_no": "no number", "notes": "x"}),
        (9001, {"customer_no": 9003}),
        (9001, {"customer_no": 9200}),
        (9001, {"customer_no": 9200.0}),
        (9001, {"customer_no": "9200"}),
        (9001, {"customer_no": True}),
        (9001, b'{"customer_no": 9200}'),
    ],
)
def test_strangers_are_not_written_to(number: int | str, body: Any) -> None:
    with Sandbox(others=1) as sandbox:
        with pytest.raises(NotAllowed, match="not allotted"):
            client_of(sandbox).update(number, body)
        assert list(sandbox.requests) == []


@pytest.mark.parametrize(
    ("number", "body", "status"),
    [
        (9001, {"customer_no": 9101}, 200),
        (9001, {"customer_no": 9002}, 400),
        (9001, {"customer_no": 0}, 400),
        (9001, {"customer_no": 5.5}, 400),
        (9001, {"customer_no": "nine"}, 400),
        (9001, {"customer_no": 2**31, "company_type": "company"}, 400),
        (9001, b"{", 400),
        (9103, {"notes": "nobody"}, 404),
        (2**31, {"customer_no": "no number"}, 400),
        ("nobody", {"notes": "nobody"}, 404),
    ],
)
def test_what_is_allotted_or_nobody_gets_through(number: int | str, body: Any, status: int) -> None:
    with Sandbox(others=1) as sandbox:
        assert client_of(sandbox).update(number, body).status == status


def test_answer_that_shows_a_stranger_leads_nowhere() -> None:
    with Sandbox(others=1) as sandbox:
        pool = Pool(client_of(sandbox), consistency_timeout=0.0)
        with pool.lease() as (leased,):
            answer = leased.update({"notes": "x"})
            answer.json["data"] |= {"customer_no": 7, "created_at": "2001-01-01T00:00:00Z"}
            leased.follow(answer)
            assert leased.number == leased.original_number
        with pytest.raises(NotAllowed):
            pool.client.update(7, {"notes": "x"})


# The pace


def pace(folder: Path, **limits: Any) -> RateLimit:
    return RateLimit(Limits(**limits), folder / "pace.json")


def take(*paces: RateLimit, write: bool = False, held: int = 0, putting_back: bool = False) -> list[float]:
    return [one.take(write=write, held=held, putting_back=putting_back) for one in paces]


def test_processes_share_one_rate(tmp_path: Path) -> None:
    one, other = pace(tmp_path, rate=10), pace(tmp_path, rate=10)
    assert take(one, other, one) == pytest.approx([0.0, 0.1, 0.2], abs=0.05)


@pytest.mark.parametrize(("limit", "write"), [("requests", False), ("writes", True)])
def test_processes_share_one_budget(tmp_path: Path, limit: str, write: bool) -> None:
    one, other = pace(tmp_path, **{limit: 3}), pace(tmp_path, **{limit: 3})
    take(one, other, one, write=write)
    with pytest.raises(Outage, match=f"the budget of 3 {limit} is used up"):
        take(other, write=write)


def test_reads_leave_the_budget_of_writes_alone(tmp_path: Path) -> None:
    one = pace(tmp_path, writes=1)
    assert take(one, one, one) == [0.0] * 3


def test_budget_keeps_enough_to_put_back(tmp_path: Path) -> None:
    one = pace(tmp_path, requests=10)
    take(one, one, held=2)
    with pytest.raises(Outage, match="used up"):
        take(one, held=2)
    assert take(*[one] * 8, held=2, putting_back=True) == [0.0] * 8


def test_budget_used_up_leaves_all_as_found(tmp_path: Path) -> None:
    with Sandbox(others=1) as sandbox:
        pool = Pool(client_of(sandbox, pace(tmp_path, requests=20, writes=5)), consistency_timeout=0.0)
        before = entries(Pool(client_of(sandbox), consistency_timeout=0.0))

        def check() -> None:
            with pool.lease() as (leased,):
                while True:
                    leased.update({"customer_no": pool.free_number(), "notes": "x"})

        with pytest.raises(Outage, match="used up"):
            check()
        assert entries(Pool(client_of(sandbox), consistency_timeout=0.0)) == before
        assert pool.client.sent <= 20


def test_rate_is_kept_on_the_wire(tmp_path: Path) -> None:
    with Sandbox(others=1) as sandbox:
        client, started = client_of(sandbox, pace(tmp_path, rate=20)), time.perf_counter()
        for _ in range(5):
            client.list(page=1, page_size=1)
        assert time.perf_counter() - started >= 0.2


# Ranges


def test_number_that_is_none_is_asked_before_a_large_range() -> None:
    target = Target("live", "http://127.0.0.1:1", "u", "p", (9001,), range(9101, 9199999999))
    started = time.perf_counter()
    refuse_strangers(Call(number="9001", body=b'{"notes": "x"}'), target, ())
    assert FreeNumbers(target.numbers, target.customers, lambda number: True).take(9001) == 9101
    assert time.perf_counter() - started < 0.5


def test_range_has_a_bound() -> None:
    with pytest.raises(SetupError, match="at most 10000"):
        settings.read(
            {"target": "live", "numbers": "9101-9199999999"},
            {"BILLOGRAM_API_USER": "u", "BILLOGRAM_API_PASSWORD": "p"},
        )


def test_number_is_never_given_to_another_customer() -> None:
    owners: dict[int, int] = {}
    for run in range(3):
        numbers = FreeNumbers(range(9101, 9113), (9001, 9002, 9003), lambda number: True)
        for check in range(20):
            numbers.begin(f"check {check} of run {run}")
            for customer in (9001, 9002, 9003):
                assert owners.setdefault(numbers.take(customer), customer) == customer
