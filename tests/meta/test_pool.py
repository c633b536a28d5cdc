"""The pool: customers are leased, changed as a check likes, and put back as they were found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from billogram_contract.errors import Blocked, PoolTooSmall, SetupError
from billogram_contract.pool.pool import Pool
from billogram_contract.pool.undo import changes, undo_body
from billogram_contract.sandbox import Sandbox
from billogram_contract.spec.customer import WRITABLE
from billogram_contract.upstream.client import Client
from billogram_contract.upstream.exchange import Answer, Call
from billogram_contract.upstream.target import Target

EVERYTHING: dict[str, Any] = {
    "name": "Någon Annan",
    "notes": "ändrat",
    "company_type": "foreign business",
    "language": "en",
    "contact": {"name": "x", "email": "x@example.com", "phone": "1"},
    "address": {"careof": "x", "use_careof_as_attention": True, "street_address": "x 1", "zipcode": "1"},
    "delivery_address": {"name": "x", "city": "x", "country": "NO"},
    "edi": {"electronic_id": "1", "operator": "x", "reference": "x"},
}


def pool_of(sandbox: Sandbox, customers: tuple[int, ...] = (9001, 9002), **options: Any) -> Pool:
    target = Target("live", sandbox.base_url, sandbox.user, sandbox.password, customers, range(9101, 9104))
    return Pool(Client(target), consistency_timeout=0.0, **options)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def pool(sandbox: Sandbox) -> Iterator[Pool]:
    pool = pool_of(sandbox)
    yield pool
    assert pool.problems == []
    pool.client.close()


def entries(pool: Pool) -> dict[int, dict[str, Any]]:
    """Every customer of the account by its number, but for when it was updated."""
    customers = pool.client.list(page=1, page_size=100).customers
    return {one["customer_no"]: {k: v for k, v in one.items() if k != "updated_at"} for one in customers}


def requests_to_open(sandbox: Sandbox) -> int:
    before = len(sandbox.requests)
    with pool_of(sandbox, sandbox.customers).lease():
        return len(sandbox.requests) - before


# Lent and put back


def test_every_field_is_put_back(pool: Pool) -> None:
    before = entries(pool)
    with pool.lease() as (leased,):
        body = EVERYTHING | {"letter_forwarding_enabled": not leased.original["letter_forwarding_enabled"]}
        assert body.keys() == set(WRITABLE)
        leased.arrange(**body)
        assert entries(pool) != before
    assert entries(pool) == before


def test_number_is_put_back(pool: Pool) -> None:
    before = entries(pool)
    with pool.lease() as (leased,):
        leased.arrange(customer_no=pool.free_number(), name="Ny")
        leased.arrange(customer_no=pool.free_number())
        assert leased.number in entries(pool)
        assert leased.original["customer_no"] not in entries(pool)
    assert entries(pool) == before


def test_customer_is_put_back_when_the_check_fails(pool: Pool) -> None:
    def check() -> None:
        with pool.lease(2) as (one, other):
            one.arrange(name="Ny", customer_no=pool.free_number())
            other.arrange(notes="ny")
            raise ZeroDivisionError

    before = entries(pool)
    with pytest.raises(ZeroDivisionError):
        check()
    assert entries(pool) == before


def test_fields_never_written_are_unset_again(sandbox: Sandbox) -> None:
    pool = pool_of(sandbox, (512,))
    before = pool.find(512) or {}
    assert before["notes"] is before["edi"] is None
    with pool.lease() as (leased,):
        leased.arrange(notes="x", edi={"operator": "x"}, delivery_address={"city": "x"})
    after = pool.find(512) or {}
    assert (after["notes"], after["edi"]["operator"], after["delivery_address"]["city"]) == (None, None, None)
    assert pool.problems == []


def test_customer_is_put_back_where_null_is_refused() -> None:
    with Sandbox(variants=["null-text-refused"], others=5) as sandbox:
        pool = pool_of(sandbox, (512,))
        with pool.lease() as (leased,):
            leased.arrange(notes="x")
        assert not (pool.find(512) or {})["notes"]
        assert pool.problems == []


@pytest.mark.parametrize("variant", ["null-text-refused", "null-text-ignored"])
def test_flag_that_cannot_be_unset_remains_and_is_told(variant: str) -> None:
    with Sandbox(variants=[variant], others=5) as sandbox:
        pool = pool_of(sandbox, (512,))
        with pool.lease() as (leased,):
            leased.arrange(notes="x", address={"use_careof_as_attention": True, "careof": "x"})
        after = pool.find(512) or {}
        assert not after["notes"]
        assert not after["address"]["careof"]
        assert after["address"]["use_careof_as_attention"] is False
        assert pool.problems == []
        pool.close()
        assert pool.problems == []
        (told,) = pool.residue
        assert told.startswith("customer 512: ")
        assert 'address was null and is {"use_careof_as_attention": false}' in told


def test_unchanged_customer_is_not_written(sandbox: Sandbox, pool: Pool) -> None:
    with pool.lease():
        before = len(sandbox.requests)
    assert len(sandbox.requests) == before


def test_customer_that_cannot_be_put_back_is_told() -> None:
    with Sandbox(drifts=["freed-number-refused"], others=0) as sandbox:
        pool = pool_of(sandbox, (9001,))
        with pool.lease() as (leased,):
            leased.arrange(customer_no=9101)
        assert pool.problems == ["customer 9001 (now 9101): put back by hand: customer_no to 9001"]


def test_vanished_customer_is_lent_no_more() -> None:
    with Sandbox(drifts=["renumbering-loses-customer"], others=0) as sandbox:
        pool = pool_of(sandbox, (9001,), is_suspicious=lambda: True)
        with pool.lease() as (leased,):
            leased.update({"customer_no": 9101})
        assert len(pool.problems) == 1
        assert "9001" in pool.problems[0]
        with pytest.raises(Blocked, match="were lost"), pool.lease():
            pass


# What is there


def test_no_customer_is_lent_twice_at_once(pool: Pool) -> None:
    with pool.lease() as (one,), pool.lease() as (other,):
        assert {one.number, other.number} == {9001, 9002}
        with pytest.raises(PoolTooSmall), pool.lease():
            pass
    with pool.lease(2) as leased:
        assert {one.number for one in leased} == {9001, 9002}


def test_lending_more_than_there_are_tells_how_many(pool: Pool) -> None:
    with pytest.raises(PoolTooSmall, match=r"needs 3 allotted customers .*, 2 are there"), pool.lease(3):
        pass
    assert pool.size == 2


def test_run_without_an_allotment_lends_nothing(sandbox: Sandbox) -> None:
    before = len(sandbox.requests)
    with pytest.raises(PoolTooSmall, match="--customers"), pool_of(sandbox, ()).lease():
        pass
    assert len(sandbox.requests) == before


def test_missing_customer_is_a_wrong_setting(sandbox: Sandbox) -> None:
    pool = pool_of(sandbox, (9001, 8999, 8998))
    with pytest.raises(SetupError, match=r"8999 is not in the account \(2 of 3 are missing\)") as caught:
        pool.free_number()
    assert "\n" not in str(caught.value)


def test_fullest_customer_is_lent_first(sandbox: Sandbox) -> None:
    with pool_of(sandbox, (512, 9001, 10032)).lease(2) as leased:
        assert [one.number for one in leased] == [9001, 10032]


def test_free_numbers_are_free_and_differ(sandbox: Sandbox, pool: Pool) -> None:
    taken = pool_of(sandbox, (9003,))
    with taken.lease() as (leased,):
        leased.arrange(customer_no=9102)
        assert [pool.free_number() for _ in range(3)] == [9101, 9103, 9101]


def test_allotment_without_numbers_gives_none(sandbox: Sandbox) -> None:
    target = Target("live", sandbox.base_url, sandbox.user, sandbox.password, (9001,))
    with pytest.raises(PoolTooSmall, match="--numbers"):
        Pool(Client(target), consistency_timeout=0.0).free_number()


def test_opening_a_small_account_takes_two_requests() -> None:
    with Sandbox(others=0) as small:
        assert requests_to_open(small) == 2


def test_opening_asks_no_more_of_a_large_account() -> None:
    with Sandbox(others=200) as middling, Sandbox(others=2000) as large:
        assert requests_to_open(large) <= requests_to_open(middling) <= len(large.customers) + 2


# Looking and arranging


def test_customer_is_followed_to_its_new_number(pool: Pool) -> None:
    with pool.lease() as (leased,):
        leased.update({"customer_no": 9101})
        assert (leased.number, leased.read()["customer_no"]) == (9101, 9101)
        assert leased.update({"notes": "x"}).is_success
        assert leased.current["notes"] == "x"


def test_refused_update_is_not_followed(pool: Pool) -> None:
    with pool.lease() as (leased,):
        assert leased.update({"customer_no": 9101, "name": ""}).status == 400
        assert leased.number == leased.original["customer_no"]
        assert leased.current == leased.original


def test_refused_arrangement_is_no_question(pool: Pool) -> None:
    with pool.lease() as (leased,), pytest.raises(Blocked, match="could not be arranged: PUT of name"):
        leased.arrange(name="")


def test_lost_arrangement_is_no_question() -> None:
    with Sandbox(drifts=["notes-not-written"], others=0) as sandbox:
        target = Target("live", sandbox.base_url, sandbox.user, sandbox.password, (9001,))
        leasing = Pool(Client(target), consistency_timeout=0.0).lease()
        with leasing as (leased,), pytest.raises(Blocked, match="was not kept as it was written"):
            leased.arrange(notes="lost")


def test_lagging_list_is_read_until_it_settles() -> None:
    with Sandbox(variants=["list-lags-briefly"], others=0) as sandbox:
        target = Target("live", sandbox.base_url, sandbox.user, sandbox.password, (9001,))
        with Pool(Client(target), consistency_timeout=2.0).lease() as (leased,):
            leased.arrange(notes="ny")
            assert leased.read()["notes"] == "ny"


class Unfiltering(Client):
    """Its filters are refused."""

    def list(self, **query: Any) -> Answer:
        return super().list(**query | {"filter_type": "none"} if "filter_type" in query else query)


def test_customers_are_found_without_a_working_filter() -> None:
    with Sandbox(others=80) as sandbox:
        last = max(entries(pool_of(sandbox)))  # on the second page
        target = Target("live", sandbox.base_url, sandbox.user, sandbox.password, (42, last))
        with Pool(Unfiltering(target), consistency_timeout=0.0).lease(2) as leased:
            assert {one.read()["customer_no"] for one in leased} == {42, last}


# At the end of a run


def closed(drift: str, change: dict[str, Any], number: int = 9001) -> tuple[Pool, bool]:
    """The pool after a change on a drifted upstream, and whether the truth is as before."""
    with Sandbox(drifts=[drift], others=3) as sandbox:
        pool = pool_of(sandbox, sandbox.customers, has_drifted=lambda: True)
        before = sandbox._store.read(number)
        with pool.lease(len(sandbox.customers)) as leased:
            next(one for one in leased if one.number == number).update(change)
        pool.close()
        after = sandbox._store.read(number)
        same = {**(after or {}), "updated_at": None} == {**(before or {}), "updated_at": None}
        return pool, same


@pytest.mark.parametrize(
    "drift",
    ["left-out-language-reset", "left-out-forwarding-reset", "list-without-phone", "renumbering-loses-notes"],
)
def test_mangled_customer_is_put_back_or_named(drift: str) -> None:
    change = {"customer_no": 9101, "name": "Ny", "contact": {"email": "ny@example.com"}}
    pool, is_as_before = closed(drift, change)
    assert is_as_before or any("9001" in line for line in pool.problems + pool.residue)


def test_customer_that_a_drift_made_is_named() -> None:
    pool, _ = closed("renumbering-copies", {"customer_no": 9101})
    assert any("not there before" in line for line in pool.problems)


def test_one_line_tells_all_of_a_customer() -> None:
    with Sandbox(drifts=["freed-number-refused"], others=0) as sandbox:
        pool = pool_of(sandbox, (9001,))
        with pool.lease() as (leased,):
            leased.arrange(customer_no=9101)
        pool.close()
        (line,) = pool.problems
        assert line.startswith("customer 9001 (now 9101): put back by hand: customer_no to 9001")


def test_conforming_end_takes_one_request() -> None:
    with Sandbox(others=3) as sandbox:
        pool = pool_of(sandbox, sandbox.customers)
        with pool.lease(2) as leased:
            for one in leased:
                one.update({"notes": "x"})
        before = len(sandbox.requests)
        pool.close()
        assert (pool.problems, len(sandbox.requests) - before) == ([], 1)


def test_list_that_hides_a_customer_is_not_the_fault_of_the_settings() -> None:
    with Sandbox(others=0) as sandbox:
        target = Target("live", sandbox.base_url, sandbox.user, sandbox.password, (9001, 9002, 9003))
        pool = Pool(Hiding(target), consistency_timeout=0.0)
        assert {one.number for one in pool.open()} == {9001, 9003}


class Hiding(Client):
    """Its lists never show one customer."""

    def send(self, call: Call, *options: Any) -> Answer:
        answer = super().send(call, *options)
        if call.body is None and answer.is_success:
            answer.json["data"] = [one for one in answer.json["data"] if one["customer_no"] != 9002]
        return answer


# What is written to put back


ORIGINAL: dict[str, Any] = {"customer_no": 9001, "name": "Åsa", "contact": {"email": "e", "phone": None}}


def body_for(current: dict[str, Any], unset: str | None = None) -> dict[str, Any]:
    """What is written to undo the changes of a customer."""
    found = [one for one in changes(ORIGINAL, current) if not (one.is_form and one.is_unset)]
    return undo_body(ORIGINAL, current, {one.field for one in found}, unset)


@pytest.mark.parametrize(
    "current",
    [
        ORIGINAL,
        ORIGINAL | {"updated_at": "2026-01-01T00:00:00Z"},
        ORIGINAL | {"links": {"self": "https://example.com"}, "tags": ["new"]},
        ORIGINAL | {"notes": None, "edi": {"operator": ""}},
    ],
)
def test_unchanged_customer_needs_no_update(current: dict[str, Any]) -> None:
    assert body_for(current) == {}


@pytest.mark.parametrize(
    ("changed", "body"),
    [
        ({"name": "Ny"}, {"name": "Åsa"}),
        ({"name": "Åsa "}, {"name": "Åsa"}),
        ({"notes": "ny"}, {"notes": None}),
        ({"customer_no": 9101}, {"customer_no": 9001}),
        ({"contact": {"email": "e", "phone": "1"}}, {"contact": {"email": "e", "phone": None}}),
        ({"contact": {"email": "E", "phone": None}}, {"contact": {"email": "e", "phone": None}}),
        ({"contact": None}, {"contact": {"email": "e", "phone": None}}),
        ({"edi": {"operator": "o"}}, {"edi": {"operator": None}}),
        ({"org_no": "5590000000"}, {"org_no": None}),
    ],
)
def test_changed_customer_needs_what_was_changed(changed: dict[str, Any], body: dict[str, Any]) -> None:
    assert body_for(ORIGINAL | changed) == body


def test_unset_is_written_as_it_is_asked_for() -> None:
    current = ORIGINAL | {"notes": "ny", "edi": {"operator": "o"}}
    assert body_for(current, "") == {"notes": "", "edi": {"operator": ""}}


@pytest.mark.parametrize(
    ("before", "now", "is_form"),
    [
        ({"letter_forwarding_enabled": True}, {"letter_forwarding_enabled": 1}, False),
        ({"notes": "17"}, {"notes": 17}, False),
        ({"notes": None}, {"notes": ""}, True),
        ({"edi": None}, {"edi": {"operator": None}}, True),
        ({"contact": {"phone": "031-390 06 22"}}, {"contact": {"phone": "+46313900622"}}, True),
        ({"contact": {"phone": "031-390 06 22"}}, {"contact": {"phone": "+46313900623"}}, False),
        ({"address": {"zipcode": "175 69"}}, {"address": {"zipcode": "17569"}}, True),
        ({"address": {"country": "se"}}, {"address": {"country": "SE"}}, True),
        ({"address": {"city": "Malmö"}}, {"address": {"city": "MALMÖ"}}, False),
        ({"name": "Åsa"}, {"name": "Åsa "}, True),
    ],
)
def test_form_is_told_from_value(before: dict[str, Any], now: dict[str, Any], is_form: bool) -> None:
    assert [one.is_form for one in changes(before, now)] == [is_form]


def test_street_line_may_be_answered_under_another_name() -> None:
    before, now = {"address": {"street_address": "A 1"}}, {"address": {"address_line_1": "A 1"}}
    assert changes(before, now) == []
    other = {"address": {"address_line_1": "B 2"}}
    assert undo_body(before, other, {"address"}, None) == {"address": {"street_address": "A 1"}}
