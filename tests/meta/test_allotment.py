"""The allotment: customers are lent, changed as a check likes, and put back as they were found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from billogram_contract.errors import NotAllotted, SetupError, Unasked
from billogram_contract.pool.pool import Allotment
from billogram_contract.pool.undo import restoring_body
from billogram_contract.sandbox import Sandbox
from billogram_contract.spec.customer import WRITABLE
from billogram_contract.upstream.client import Client
from billogram_contract.upstream.exchange import Answer
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


def allotment_of(sandbox: Sandbox, customers: tuple[int, ...] = (9001, 9002), **options: Any) -> Allotment:
    target = Target("live", sandbox.base_url, sandbox.user, sandbox.password, customers, range(9101, 9104))
    return Allotment(Client(target), settle=0.0, **options)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def allotment(sandbox: Sandbox) -> Iterator[Allotment]:
    allotment = allotment_of(sandbox)
    yield allotment
    assert allotment.problems == []
    allotment.client.close()


def entries(allotment: Allotment) -> dict[int, dict[str, Any]]:
    """Every customer of the account by its number, but for when it was updated."""
    customers = allotment.client.list(page=1, page_size=100).customers
    return {one["customer_no"]: {k: v for k, v in one.items() if k != "updated_at"} for one in customers}


def requests_to_open(sandbox: Sandbox) -> int:
    before = len(sandbox.requests)
    with allotment_of(sandbox, sandbox.customers).lend():
        return len(sandbox.requests) - before


# Lent and put back


def test_every_field_is_put_back(allotment: Allotment) -> None:
    before = entries(allotment)
    with allotment.lend() as (lent,):
        body = EVERYTHING | {"letter_forwarding_enabled": not lent.original["letter_forwarding_enabled"]}
        assert body.keys() == set(WRITABLE)
        lent.arrange(**body)
        assert entries(allotment) != before
    assert entries(allotment) == before


def test_number_is_put_back(allotment: Allotment) -> None:
    before = entries(allotment)
    with allotment.lend() as (lent,):
        lent.arrange(customer_no=allotment.free_number(), name="Ny")
        lent.arrange(customer_no=allotment.free_number())
        assert lent.number in entries(allotment)
        assert lent.original["customer_no"] not in entries(allotment)
    assert entries(allotment) == before


def test_customer_is_put_back_when_the_check_fails(allotment: Allotment) -> None:
    def check() -> None:
        with allotment.lend(2) as (one, other):
            one.arrange(name="Ny", customer_no=allotment.free_number())
            other.arrange(notes="ny")
            raise ZeroDivisionError

    before = entries(allotment)
    with pytest.raises(ZeroDivisionError):
        check()
    assert entries(allotment) == before


def test_fields_never_written_are_unset_again(sandbox: Sandbox) -> None:
    allotment = allotment_of(sandbox, (512,))
    before = allotment.find(512) or {}
    assert before["notes"] is before["edi"] is None
    with allotment.lend() as (lent,):
        lent.arrange(notes="x", edi={"operator": "x"}, delivery_address={"city": "x"})
    after = allotment.find(512) or {}
    assert (after["notes"], after["edi"]["operator"], after["delivery_address"]["city"]) == (None, None, None)
    assert allotment.problems == []


def test_customer_is_put_back_where_null_is_refused() -> None:
    with Sandbox(variants=["null-text-refused"], others=5) as sandbox:
        allotment = allotment_of(sandbox, (512,))
        with allotment.lend() as (lent,):
            lent.arrange(notes="x")
        assert not (allotment.find(512) or {})["notes"]
        assert allotment.problems == []


@pytest.mark.parametrize("variant", ["null-text-refused", "null-text-ignored"])
def test_flag_that_cannot_be_unset_remains_and_is_told(variant: str) -> None:
    with Sandbox(variants=[variant], others=5) as sandbox:
        allotment = allotment_of(sandbox, (512,))
        with allotment.lend() as (lent,):
            lent.arrange(notes="x", address={"use_careof_as_attention": True, "careof": "x"})
        after = allotment.find(512) or {}
        assert not after["notes"]
        assert not after["address"]["careof"]
        assert after["address"]["use_careof_as_attention"] is False
        assert allotment.problems == []
        (told,) = allotment.remains
        assert told.startswith("customer 512: /address/use_careof_as_attention was unset")


def test_unchanged_customer_is_not_written(sandbox: Sandbox, allotment: Allotment) -> None:
    with allotment.lend():
        before = len(sandbox.requests)
    assert len(sandbox.requests) == before


def test_customer_that_cannot_be_put_back_is_told() -> None:
    with Sandbox(drifts=["freed-number-refused"], others=0) as sandbox:
        allotment = allotment_of(sandbox, (9001,))
        with allotment.lend() as (lent,):
            lent.arrange(customer_no=9101)
        assert allotment.problems == ["customer 9001 (now 9101) was not put back: customer_no"]


def test_vanished_customer_is_lent_no_more() -> None:
    with Sandbox(drifts=["renumbering-loses-customer"], others=0) as sandbox:
        allotment = allotment_of(sandbox, (9001,), is_suspicious=lambda: True)
        with allotment.lend() as (lent,):
            lent.update({"customer_no": 9101})
        assert len(allotment.problems) == 1
        assert "9001" in allotment.problems[0]
        with pytest.raises(Unasked, match="were lost"), allotment.lend():
            pass


# What is there


def test_no_customer_is_lent_twice_at_once(allotment: Allotment) -> None:
    with allotment.lend() as (one,), allotment.lend() as (other,):
        assert {one.number, other.number} == {9001, 9002}
        with pytest.raises(NotAllotted), allotment.lend():
            pass
    with allotment.lend(2) as lent:
        assert {one.number for one in lent} == {9001, 9002}


def test_lending_more_than_there_are_tells_how_many(allotment: Allotment) -> None:
    with pytest.raises(NotAllotted, match=r"needs 3 allotted customers .*, 2 are there"), allotment.lend(3):
        pass
    assert allotment.size == 2


def test_run_without_an_allotment_lends_nothing(sandbox: Sandbox) -> None:
    before = len(sandbox.requests)
    with pytest.raises(NotAllotted, match="--customers"), allotment_of(sandbox, ()).lend():
        pass
    assert len(sandbox.requests) == before


def test_missing_customer_is_a_wrong_setting(sandbox: Sandbox) -> None:
    allotment = allotment_of(sandbox, (9001, 8999, 8998))
    with pytest.raises(SetupError, match=r"8999 is not in the account \(2 of 3 are missing\)") as caught:
        allotment.free_number()
    assert "\n" not in str(caught.value)


def test_fullest_customer_is_lent_first(sandbox: Sandbox) -> None:
    with allotment_of(sandbox, (512, 9001, 10032)).lend(2) as lent:
        assert [one.number for one in lent] == [9001, 10032]


def test_free_numbers_are_free_and_differ(sandbox: Sandbox, allotment: Allotment) -> None:
    taken = allotment_of(sandbox, (9003,))
    with taken.lend() as (lent,):
        lent.arrange(customer_no=9102)
        assert [allotment.free_number() for _ in range(3)] == [9101, 9103, 9101]


def test_allotment_without_numbers_gives_none(sandbox: Sandbox) -> None:
    target = Target("live", sandbox.base_url, sandbox.user, sandbox.password, (9001,))
    with pytest.raises(NotAllotted, match="--numbers"):
        Allotment(Client(target), settle=0.0).free_number()


def test_opening_a_small_account_takes_two_requests() -> None:
    with Sandbox(others=0) as small:
        assert requests_to_open(small) == 2


def test_opening_asks_no_more_of_a_large_account() -> None:
    with Sandbox(others=200) as middling, Sandbox(others=2000) as large:
        assert requests_to_open(large) <= requests_to_open(middling) <= len(large.customers) + 2


# Looking and arranging


def test_customer_is_followed_to_its_new_number(allotment: Allotment) -> None:
    with allotment.lend() as (lent,):
        lent.update({"customer_no": 9101})
        assert (lent.number, lent.read()["customer_no"]) == (9101, 9101)
        assert lent.update({"notes": "x"}).is_success
        assert lent.current["notes"] == "x"


def test_refused_update_is_not_followed(allotment: Allotment) -> None:
    with allotment.lend() as (lent,):
        assert lent.update({"customer_no": 9101, "name": ""}).status == 400
        assert lent.number == lent.original["customer_no"]
        assert lent.current == lent.original


def test_refused_arrangement_is_no_question(allotment: Allotment) -> None:
    with allotment.lend() as (lent,), pytest.raises(Unasked, match="could not be arranged: PUT of name"):
        lent.arrange(name="")


def test_lost_arrangement_is_no_question() -> None:
    with Sandbox(drifts=["notes-not-written"], others=0) as sandbox:
        target = Target("live", sandbox.base_url, sandbox.user, sandbox.password, (9001,))
        lending = Allotment(Client(target), settle=0.0).lend()
        with lending as (lent,), pytest.raises(Unasked, match="was not kept as it was written"):
            lent.arrange(notes="lost")


def test_lagging_list_is_read_until_it_settles() -> None:
    with Sandbox(variants=["list-lags-briefly"], others=0) as sandbox:
        target = Target("live", sandbox.base_url, sandbox.user, sandbox.password, (9001,))
        with Allotment(Client(target), settle=2.0).lend() as (lent,):
            lent.arrange(notes="ny")
            assert lent.read()["notes"] == "ny"


class Unfiltering(Client):
    """Its filters are refused."""

    def list(self, **query: Any) -> Answer:
        return super().list(**query | {"filter_type": "none"} if "filter_type" in query else query)


def test_customers_are_found_without_a_working_filter() -> None:
    with Sandbox(others=80) as sandbox:
        last = max(entries(allotment_of(sandbox)))  # on the second page
        target = Target("live", sandbox.base_url, sandbox.user, sandbox.password, (42, last))
        with Allotment(Unfiltering(target), settle=0.0).lend(2) as lent:
            assert {one.read()["customer_no"] for one in lent} == {42, last}


# What is written to put back


ORIGINAL: dict[str, Any] = {"customer_no": 9001, "name": "Åsa", "contact": {"email": "e", "phone": None}}


@pytest.mark.parametrize(
    "current",
    [
        ORIGINAL,
        ORIGINAL | {"updated_at": "2026-01-01T00:00:00Z"},
        ORIGINAL | {"notes": None, "edi": {"operator": ""}},
        ORIGINAL | {"org_no": "5590000000"},
    ],
)
def test_unchanged_customer_needs_no_update(current: dict[str, Any]) -> None:
    assert restoring_body(ORIGINAL, current, None) == {}


@pytest.mark.parametrize(
    ("changed", "body"),
    [
        ({"name": "Ny"}, {"name": "Åsa"}),
        ({"notes": "ny"}, {"notes": None}),
        ({"customer_no": 9101}, {"customer_no": 9001}),
        ({"contact": {"email": "e", "phone": "1"}}, {"contact": {"email": "e", "phone": None}}),
        ({"contact": None}, {"contact": {"email": "e", "phone": None}}),
        ({"edi": {"operator": "o"}}, {"edi": {"operator": None}}),
    ],
)
def test_changed_customer_needs_what_was_changed(changed: dict[str, Any], body: dict[str, Any]) -> None:
    assert restoring_body(ORIGINAL, ORIGINAL | changed, None) == body


def test_unset_is_written_as_it_is_asked_for() -> None:
    current = ORIGINAL | {"notes": "ny", "edi": {"operator": "o"}}
    assert restoring_body(ORIGINAL, current, "") == {"notes": "", "edi": {"operator": ""}}
