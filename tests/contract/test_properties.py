"""Properties: what scenarios check on chosen values, looked for further on generated ones."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billogram_contract.checking.expect import BEFORE, expect
from billogram_contract.errors import Blocked
from billogram_contract.pool.pool import Pool
from billogram_contract.spec import description as vendored
from billogram_contract.upstream.client import Client
from strategies import (
    NegativeCase,
    customer_updates,
    filter_texts,
    invalid_queries,
    invalid_updates,
    list_queries,
    names,
)
from tests.contract.lists import hold_filter
from tests.contract.oracle import BROKEN

MAXIMUM = vendored.load().body("name")["maxLength"]
QUERY_CLAUSES = sorted({id for id in BROKEN.values() if id.startswith(("list.", "filter.", "order."))})
UPDATE_CLAUSES = sorted(set(BROKEN.values()) - set(QUERY_CLAUSES) - {"update.malformed-body"})

FOUND_BY = ("name", "notes", "contact:name", "address:city", "delivery_address:careof")  # free texts

clause = pytest.mark.clause
pytestmark = pytest.mark.property


@clause("list.answers", "list.pages-partition", "list.total-count")
@given(query=list_queries())
def test_any_documented_query_is_answered(client: Client, query: dict[str, Any]) -> None:
    answer = client.list(**query)
    if answer.status in (400, 404) and query["page"] > 1:
        count = client.list(**{**query, "page": 1}).total_count
        if count <= query["page_size"] * (query["page"] - 1):
            return  # past the last page, what is answered is open
    expect(answer, "list.answers").is_accepted()
    if answer.total_count == 0 and not answer.customers:
        return  # no pages, nothing decided
    rest = max(0, answer.total_count - query["page_size"] * (query["page"] - 1))
    expect(answer, "list.pages-partition").is_true(
        len(answer.customers) == min(rest, query["page_size"]) or (rest == 0 and not answer.customers),
        expected=f"{min(rest, query['page_size'])} customers on page {query['page']} of {answer.total_count}",
        observed=f"{len(answer.customers)}",
        at="/data",
    )


@clause(*QUERY_CLAUSES)
@given(negative_case=invalid_queries())
def test_near_miss_of_a_query_is_refused(client: Client, negative_case: NegativeCase) -> None:
    expect(client.list(**negative_case.value), negative_case.clause).is_refused(naming=negative_case.breaks)


@clause("update.answers", "update.round-trip", "update.list-agrees", "update.partial")
@given(body=customer_updates().filter(bool))  # an empty update is open
def test_any_documented_update_is_kept(pool: Pool, body: dict[str, Any]) -> None:
    with pool.lease() as (customer,):
        before = customer.current
        answer = customer.update(body)
        expect(answer, "update.answers").is_accepted()
        expect(answer, "update.round-trip").shows(body)
        expect(answer, "update.partial").keeps(before, but=[*body, "created_at"])
        listed, entry = customer.listed(answer.customer)
        expect(listed, "update.list-agrees").entry_is(entry, answer.customer)


@clause(*UPDATE_CLAUSES, "update.refused-changes-nothing")
@given(negative_case=invalid_updates())
def test_near_miss_of_an_update_is_refused(pool: Pool, negative_case: NegativeCase) -> None:
    with pool.lease() as (customer,):
        before = customer.current
        answer = customer.update(negative_case.value)
        expect(answer, negative_case.clause).is_refused(naming=negative_case.breaks)
        listed, entry = customer.listed(before)
        expect(listed, "update.refused-changes-nothing").entry_is(entry, before, as_told=BEFORE)


@clause("name.kept", "name.characters")
@given(name=names(min_size=1) | names(min_size=MAXIMUM - 1))
def test_any_name_is_kept(pool: Pool, name: str) -> None:
    with pool.lease() as (customer,):
        answer = customer.update({"name": name})
        expect(answer, "name.characters").is_accepted()
        expect(answer, "name.kept").shows({"name": name})


@clause("filter.field", "filter.field-prefix", "filter.field-search")
@given(data=st.data())
def test_filter_finds_a_customer_by_any_part_of_its_texts(pool: Pool, data: st.DataObject) -> None:
    field = data.draw(st.sampled_from(FOUND_BY), label="filter_field")
    text = data.draw(names(min_size=3, max_size=20) | filter_texts(), label="filter_value of")
    kind = data.draw(st.sampled_from(["field", "field-prefix", "field-search"]), label="filter_type")
    start = data.draw(st.integers(0, len(text) - 2), label="start") if kind == "field-search" else 0
    end = len(text) if kind == "field" else data.draw(st.integers(start + 1, len(text)), label="end")
    part = text[start:end].strip()
    owner, _, name = field.rpartition(":")
    with pool.lease() as (customer,):
        customer.arrange(**({owner: {name: text}} if owner else {name: text}))
        query = {"filter_type": kind, "filter_field": field, "filter_value": part}
        order = {"order_field": "updated_at", "order_direction": "desc"}
        answer = pool.settled(
            lambda: pool.client.list(page=1, page_size=100, **query, **order),
            lambda answer: answer.is_success and customer.number in answer.numbers,
        )
        if not answer.is_success and not pool.client.list(page=1, page_size=10).is_success:
            raise Blocked("the list is not answered")
        hold_filter(pool.client, answer, kind, field, part, {customer.number: text}, clause=f"filter.{kind}")
