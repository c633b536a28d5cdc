"""The client that Billogram published for Python, billogram_api, against the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from billogram_api import (  # type: ignore[import-untyped]  # it ships no types
    BillogramAPI,
    BillogramAPIError,
    InvalidAuthenticationError,
    InvalidFieldValueError,
    ObjectNotFoundError,
    Query,
    RequestFormError,
    UnknownFieldError,
)

from billogram_contract.sandbox import Sandbox

EVERYONE = 52


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A sandbox that the tests of this module share, each writing to a customer of its own."""
    with Sandbox(others=EVERYONE - len(Sandbox.customers)) as started, pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_PROXY", "127.0.0.1")
        yield started


@pytest.fixture
def api(sandbox: Sandbox) -> BillogramAPI:
    return BillogramAPI(sandbox.user, sandbox.password, api_base=sandbox.base_url)


@pytest.fixture
def query(api: BillogramAPI) -> Query:
    return api.customers.query()


def customer(api: BillogramAPI, number: int) -> Any:
    (found,) = api.customers.query().filter_field("customer_no", number).get_page(1)
    return found


def numbers(query: Query) -> list[int]:
    return [found.customer_no for found in query.get_page(1)]


# Reading


def test_page_holds_as_many_as_asked(query: Query) -> None:
    query.page_size = 10
    assert len(query.get_page(1)) == 10
    assert len(query.get_page(6)) == 2


def test_count_is_read_with_one_customer(query: Query, sandbox: Sandbox) -> None:
    assert query.count == EVERYONE
    assert dict(sandbox.requests[-1].query) == {"page": "1", "page_size": "1"}


def test_total_pages_follow_from_the_count(query: Query) -> None:
    query.page_size = 10
    assert query.total_pages == 6


def test_iteration_meets_every_customer_once(query: Query) -> None:
    query.page_size = 7
    met = [found.customer_no for found in query.iter_all()]
    assert len(met) == len(set(met)) == EVERYONE


def test_customer_shows_its_fields(api: BillogramAPI) -> None:
    found = customer(api, 9003)
    assert found.customer_no == found["customer_no"] == 9003
    assert found.data["address"]["country"] == found.address["country"]


def test_field_filter_finds_the_exact_value(query: Query) -> None:
    assert numbers(query.filter_field("customer_no", 9003)) == [9003]


def test_prefix_filter_finds_what_begins_so(query: Query) -> None:
    found = numbers(query.filter_prefix("notes", "Allotted to the contract tests: 900"))
    assert sorted(found) == list(range(9001, 9010))


def test_search_filter_finds_what_contains_it(query: Query) -> None:
    assert numbers(query.filter_search("notes", "tests: 9004")) == [9004]


def test_special_search_finds_the_term_anywhere(query: Query) -> None:
    assert numbers(query.search("contract tests: 9005")) == [9005]


def test_removed_filter_finds_everyone_again(query: Query) -> None:
    query.filter_field("customer_no", 9003)
    assert query.count == 1
    assert query.remove_filter().count == EVERYONE


@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_order_sorts_in_its_direction(query: Query, direction: str) -> None:
    query.order = {"order_field": "created_at", "order_direction": direction}
    stamps = [found.created_at for found in query.get_page(1)]
    assert stamps == sorted(stamps, reverse=direction == "desc")
    assert stamps[0] != stamps[-1]


# Writing


def test_update_changes_the_object_and_the_list(api: BillogramAPI) -> None:
    found = customer(api, 9006)
    found.update({"name": "Över Älven AB", "contact": {"email": "over@example.com"}})
    assert found.name == "Över Älven AB"
    assert customer(api, 9006).data == found.data
    assert found.contact["email"] == "over@example.com"


def test_update_leaves_the_rest_alone(api: BillogramAPI) -> None:
    before = customer(api, 9007).data
    after = customer(api, 9007).update({"notes": "touched"}).data
    assert after | {"updated_at": None} == before | {"notes": "touched", "updated_at": None}


def test_renumbered_object_goes_on_by_its_new_number(api: BillogramAPI) -> None:
    found = customer(api, 9008)
    found.update({"customer_no": 9150})
    assert found.update({"notes": "by the new number"}).notes == "by the new number"
    assert customer(api, 9150).notes == "by the new number"


# Refusals


def test_unknown_customer_raises_not_found(api: BillogramAPI) -> None:
    with pytest.raises(ObjectNotFoundError):
        api.put("customer/9999", {"notes": "nobody"})


def test_bad_value_raises_and_names_the_field(api: BillogramAPI) -> None:
    with pytest.raises(InvalidFieldValueError) as caught:
        customer(api, 9009).update({"contact": {"email": 5}})
    assert caught.value.field == "email"
    assert caught.value.field_path == "contact:email"


def test_unknown_field_raises_its_own_error(api: BillogramAPI) -> None:
    with pytest.raises(UnknownFieldError):
        customer(api, 9009).update({"shoe_size": 45})


def test_bad_query_raises_a_form_error(query: Query) -> None:
    query.page_size = 101
    with pytest.raises(RequestFormError):
        query.get_page(1)


def test_wrong_credentials_raise_an_api_error(sandbox: Sandbox) -> None:
    with pytest.raises(BillogramAPIError, match="Wrong user or password"):
        BillogramAPI(sandbox.user, "wrong", api_base=sandbox.base_url).customers.query().get_page(1)


def test_wrong_credentials_answered_403_raise_their_own_error(sandbox: Sandbox) -> None:
    with Sandbox(variants=["auth-403"]) as strict:  # the only status that the client knows for it
        api = BillogramAPI(strict.user, "wrong", api_base=strict.base_url)
        with pytest.raises(InvalidAuthenticationError):
            api.customers.query().get_page(1)
