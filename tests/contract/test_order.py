"""Orders: both directions, by every field that the published clients order by."""

from __future__ import annotations

from itertools import product

import pytest

from billogram_contract.checking.expect import expect, observe
from billogram_contract.errors import Blocked
from billogram_contract.upstream.client import Client
from billogram_contract.upstream.exchange import Answer
from strategies import ORDER_FIELDS
from tests.contract.account import Account, View, entries_of
from tests.contract.dataset import Dataset, moment
from tests.contract.lists import (
    DIRECTIONS,
    SIZE,
    contexts,
    hold_order,
    params,
)
from tests.contract.test_filter import hold_fault

SIZES = (60, 75, SIZE["maximum"] - 1, SIZE["maximum"], 51)  # of pages that show all of a small account
TIMES = ("created_at", "updated_at")

clause = pytest.mark.clause
needs = pytest.mark.needs
pytestmark = needs("list.answers", "list.first-page")

EACH_DIRECTION = [
    pytest.param("asc", marks=clause("order.ascending")),
    pytest.param("desc", marks=clause("order.descending")),
]


@needs("order.direction-values")
@pytest.mark.parametrize("direction", EACH_DIRECTION)
def test_filtered_list_is_in_order(client: Client, dataset: Dataset, direction: str) -> None:
    """Names of different lengths, some with the same first half, some the start of another."""
    order = {"order_field": "name", "order_direction": direction}
    answer = client.list(page=1, page_size=50, **dataset.filter, **order)
    expect(answer).is_accepted()
    if set(answer.numbers) != set(dataset.members):
        raise Blocked("the list does not show the customers that were arranged for the order")
    names = dataset.values("name")
    hold_order(answer, [names[number] for number in answer.numbers], direction, "name")


@pytest.mark.parametrize("direction", EACH_DIRECTION)
def test_number_is_ordered_as_a_number(client: Client, direction: str) -> None:
    answer = client.list(page=1, page_size=60, order_field="customer_no", order_direction=direction)
    numbers = [one.get("customer_no") for one in answer.customers] if answer.is_success else []
    hold_order(answer, [number for number in numbers if isinstance(number, int)], direction, "customer_no")


@clause("order.fields")
@needs("order.ascending", "order.descending", "list.page-size-maximum")
@pytest.mark.parametrize(
    ("field", "direction", "size"),
    [
        pytest.param(field, direction, SIZES[turn % len(SIZES)], id=f"{field}-{direction}")
        for turn, (field, direction) in enumerate(product(ORDER_FIELDS, DIRECTIONS))
    ],
)
def test_field_of_the_clients_can_be_ordered_by(
    client: Client, dataset: Dataset, view: View, seen: list[Answer], field: str, direction: str, size: int
) -> None:
    """An order leaves nobody out, those without a value included."""
    order = {"order_field": field, "order_direction": direction}

    def missing(account: Account, answer: Answer) -> list[str]:
        absent = account.numbers - set(answer.numbers) if len(account.numbers) <= size else set()
        return sorted(map(str, absent))

    def agrees(account: Account, answer: Answer) -> bool:
        return not answer.is_success or (
            not missing(account, answer) and not account.otherwise(entries_of(answer))
        )

    answer = view.agreeing(lambda: client.list(page=1, page_size=size, **order), agrees)
    expect(answer).is_accepted()
    absent = missing(view.account, answer)
    expect(answer).is_true(
        not absent,
        expected="the customers of the list without an order",
        observed=f"{len(absent)} are missing: {', '.join(absent[:5])}",
        at="/data",
    )
    seen.append(answer)
    if not set(dataset.members) <= set(answer.numbers):  # a large account, the dataset on its later pages
        answer = client.list(page=1, page_size=size, **order, **dataset.filter)
    if field in TIMES:
        values = {number: moment(entry, field) for number, entry in entries_of(answer)}
    elif field in ("customer_no", "org_no"):
        values = {number: entry.get(field) for number, entry in entries_of(answer)}
    else:
        values = dataset.values(field)
    told = [values[number] for number in answer.numbers if number in values]
    hold_order(answer, told, direction, field)


@clause("order.direction-values")
@pytest.mark.parametrize("direction", DIRECTIONS)
def test_documented_direction_is_accepted(client: Client, direction: str) -> None:
    expect(client.list(page=1, page_size=10, order_field="name", order_direction=direction)).is_accepted()


@clause("order.direction-values")
@pytest.mark.parametrize(("direction", "rest"), params(contexts(["ascending", "up", "ASC"], ordered=[False])))
def test_undocumented_direction_is_refused(client: Client, direction: str, rest: dict[str, str]) -> None:
    size = SIZE["maximum"] if rest else 10
    answer = client.list(page=1, page_size=size, order_field="name", order_direction=direction, **rest)
    expect(answer).is_refused(naming="order_direction")


@clause("order.unknown-field", "answer.error-field")
def test_is_an_order_by_an_unknown_field_refused(client: Client) -> None:
    answer = client.list(page=1, page_size=10, order_field="shoe_size", order_direction="asc")
    observe(answer, clause="order.unknown-field")
    hold_fault(answer, "order_field", "order_direction", "shoe_size")
