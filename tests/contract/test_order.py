"""Orders: both directions, by every field that the published clients order by."""

from __future__ import annotations

from typing import Any

import pytest

from billogram_contract.checking.expect import expect, observe
from billogram_contract.errors import Blocked, NotApplicable
from billogram_contract.spec import description as vendored
from billogram_contract.spec.customer import instant
from billogram_contract.upstream.client import Client
from billogram_contract.upstream.exchange import Answer
from strategies import ORDER_FIELDS
from tests.contract.dataset import Dataset, value_of

DIRECTIONS = vendored.load().query("order_direction")["enum"]
PAGE_SIZE = 60
TIMES = ("created_at", "updated_at")
ARRANGED = [field for field in ORDER_FIELDS if field not in (*TIMES, "org_no")]

clause = pytest.mark.clause
needs = pytest.mark.needs
pytestmark = needs("list.answers", "list.first-page")


EACH_DIRECTION = [
    pytest.param("asc", marks=clause("order.ascending")),
    pytest.param("desc", marks=clause("order.descending")),
]


def hold_order(answer: Answer, values: list[Any], direction: str, field: str) -> None:
    """Values stand in the order asked for."""
    expected = sorted(values, reverse=direction == "desc")
    expect(answer).is_accepted()
    if len(set(values)) < 2:
        raise NotApplicable(f"needs two customers with different values of {field}")
    expect(answer).is_true(
        values == expected,
        expected=f"{field} {direction}: {expected[:10]}",
        observed=f"{values[:10]}",
        at="/order_field",
    )


def hold_everyone(answer: Answer, everyone: Answer) -> None:
    """An order leaves nobody out."""
    expect(answer).is_accepted().is_true(
        (answer.total_count, len(answer.customers)) == (everyone.total_count, len(everyone.customers)),
        expected=f"{everyone.total_count} customers, {len(everyone.customers)} on the page, as without order",
        observed=f"{answer.total_count} customers, {len(answer.customers)} on the page",
        at="/data",
    )


@pytest.fixture(scope="module")
def everyone(client: Client, dataset: Dataset) -> Answer:
    """The first page without filter and order, the dataset being arranged."""
    return client.list(page=1, page_size=PAGE_SIZE)


def dataset_in_order(client: Client, dataset: Dataset, field: str, direction: str) -> None:
    order = {"order_field": field, "order_direction": direction}
    answer = client.list(page=1, page_size=PAGE_SIZE, **dataset.filter, **order)
    expect(answer).is_accepted()
    values = dataset.values(field)
    if set(answer.numbers) != set(dataset.members):
        raise Blocked("the list does not show the customers that were arranged for the order")
    hold_order(answer, [values[number] for number in answer.numbers], direction, field)


@clause("order.ascending")
@needs("order.direction-values")
@pytest.mark.parametrize("field", ["name", "customer_no"])
def test_ascending_order_starts_with_the_smallest(client: Client, dataset: Dataset, field: str) -> None:
    dataset_in_order(client, dataset, field, "asc")


@needs("order.direction-values", "filter.field-prefix")
@pytest.mark.parametrize("direction", EACH_DIRECTION)
def test_order_goes_over_the_pages(client: Client, dataset: Dataset, direction: str) -> None:
    order = {"order_field": "name", "order_direction": direction}
    names, size = dataset.values("name"), 2
    scope = {**dataset.filter, "filter_type": "field-prefix"}
    pages = [
        client.list(page=page, page_size=size, **order, **scope)
        for page in range(1, -(-len(names) // size) + 1)
    ]
    shown = [names[number] for page in pages for number in page.numbers if number in names]
    hold_order(pages[-1], shown, direction, "name")


@clause("order.descending")
@needs("order.direction-values")
@pytest.mark.parametrize("field", ["name", "customer_no"])
def test_descending_order_starts_with_the_largest(client: Client, dataset: Dataset, field: str) -> None:
    dataset_in_order(client, dataset, field, "desc")


@clause("order.fields")
@needs("order.ascending", "order.descending")
@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("field", [field for field in ARRANGED if field not in ("name", "customer_no")])
def test_field_of_the_clients_can_be_ordered_by(
    client: Client, dataset: Dataset, everyone: Answer, field: str, direction: str
) -> None:
    answer = client.list(page=1, page_size=PAGE_SIZE, order_field=field, order_direction=direction)
    if answer.is_success and answer.total_count != everyone.total_count:
        everyone = client.list(page=1, page_size=PAGE_SIZE)  # somebody else may have added a customer
    hold_everyone(answer, everyone)
    values = dataset.values(field)
    shown = [values[number] for number in answer.numbers if number in values]
    if len(shown) == len(values):
        hold_order(answer, shown, direction, field)
    else:  # a large account, the dataset on its later pages
        dataset_in_order(client, dataset, field, direction)


@clause("order.fields")
@needs("order.ascending", "order.descending")
@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("field", TIMES)
def test_timestamp_can_be_ordered_by(client: Client, field: str, direction: str) -> None:
    everyone = client.list(page=1, page_size=PAGE_SIZE)
    answer = client.list(page=1, page_size=PAGE_SIZE, order_field=field, order_direction=direction)
    hold_everyone(answer, everyone)
    times = [instant(one.get(field)) for one in answer.customers] if answer.is_success else []
    hold_order(answer, [time for time in times if time], direction, field)


@pytest.mark.parametrize("direction", EACH_DIRECTION)
def test_number_is_ordered_as_a_number(client: Client, direction: str) -> None:
    answer = client.list(page=1, page_size=PAGE_SIZE, order_field="customer_no", order_direction=direction)
    numbers = [one.get("customer_no") for one in answer.customers] if answer.is_success else []
    hold_order(answer, [number for number in numbers if isinstance(number, int)], direction, "customer_no")


@clause("order.fields")
@needs("order.ascending", "order.descending")
@pytest.mark.parametrize("direction", DIRECTIONS)
def test_organisation_number_can_be_ordered_by(client: Client, direction: str) -> None:
    answer = client.list(page=1, page_size=PAGE_SIZE, order_field="org_no", order_direction=direction)
    expect(answer).is_accepted()
    shown = [str(value_of(one, "org_no") or "") for one in answer.customers]
    plain = [number for number in shown if number.isdecimal() and len(number) == 10]
    hold_order(answer, plain, direction, "org_no")


@clause("order.direction-values")
@pytest.mark.parametrize("direction", DIRECTIONS)
def test_documented_direction_is_accepted(client: Client, direction: str) -> None:
    expect(client.list(page=1, page_size=10, order_field="name", order_direction=direction)).is_accepted()


@clause("order.direction-values")
@pytest.mark.parametrize("direction", ["ascending", "up", "ASC"])
def test_undocumented_direction_is_refused(client: Client, direction: str) -> None:
    answer = client.list(page=1, page_size=10, order_field="name", order_direction=direction)
    expect(answer).is_refused(naming="order_direction")


@clause("order.unknown-field")
def test_is_an_order_by_an_unknown_field_refused(client: Client) -> None:
    observe(client.list(page=1, page_size=1, order_field="shoe_size", order_direction="asc"))
