"""Shapes: every answer of every check is held against the description; each kind is provoked here."""

from __future__ import annotations

import pytest

from billogram_contract.checking.expect import expect_described
from billogram_contract.pool.leased import LeasedCustomer
from billogram_contract.spec import description as vendored
from billogram_contract.upstream.client import Client

PAGE_SIZE = vendored.load().query("page_size")["maximum"]
ANSWER = ("answer.status-documented", "answer.content-type", "answer.json", "answer.documented-fields")
CUSTOMER = (
    "customer.number",
    "customer.name",
    "customer.company-type",
    "customer.created-at",
    "customer.updated-at",
    "customer.language",
    "customer.field-types",
)
ERROR = ("answer.error-envelope", "answer.error-identifier", "answer.error-field", "answer.error-field-path")

clause = pytest.mark.clause


@clause(*ANSWER, *CUSTOMER, "answer.status-ok", "answer.list-envelope", "answer.list-meta")
def test_listed_customers_are_as_described(client: Client) -> None:
    expect_described(
        client.list(page=1, page_size=PAGE_SIZE, order_field="created_at", order_direction="desc")
    )


@clause(*ANSWER, *CUSTOMER, "answer.status-ok", "answer.update-envelope")
def test_updated_customer_is_as_described(customer: LeasedCustomer) -> None:
    expect_described(customer.update({"notes": "shape", "language": ""}))


@clause(*ANSWER, *ERROR)
def test_refused_query_is_as_described(client: Client) -> None:
    expect_described(client.list(page=0, page_size=PAGE_SIZE))


@clause(*ANSWER, *ERROR)
@pytest.mark.parametrize(
    "body", [{"company_type": "company"}, {"contact": {"email": 5}}, {"address": "text"}], ids=repr
)
def test_refused_update_is_as_described(customer: LeasedCustomer, body: dict[str, object]) -> None:
    expect_described(customer.update(body))
