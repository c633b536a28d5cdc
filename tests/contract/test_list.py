"""The list: pages, their bounds, and how many customers there are."""

from __future__ import annotations

from typing import Any

import pytest

from billogram_contract.checking.expect import expect, observe
from billogram_contract.errors import NotApplicable
from billogram_contract.spec import description as vendored
from billogram_contract.spec.description import Description
from billogram_contract.upstream.client import Client
from billogram_contract.upstream.exchange import Answer
from strategies import ORDER_FIELDS
from tests.contract.account import Account, View, entries_of, read_account
from tests.contract.dataset import Dataset, need_customers
from tests.contract.lists import (
    DIRECTIONS,
    FIELD_KINDS,
    FILTERS,
    KINDS,
    ORDERS,
    SIZE,
    contexts,
    hold_order,
    hold_same,
    hold_total_count,
    in_context,
    ordered,
    params,
)

PAGE = vendored.load().query("page")
FAR_PAGE = 10**6
SMALL = 7  # page sizes where a small one is wanted, and where a large one is, but not the limit
LARGE = 60
TRIES = 3

clause = pytest.mark.clause
needs = pytest.mark.needs
pytestmark = needs("list.answers", "list.first-page")


@clause("list.answers")
def test_list_is_answered(client: Client) -> None:
    expect(client.list(page=1, page_size=10)).is_accepted()


@clause("list.sample-request")
def test_sample_request_neither_filters_nor_fails(client: Client, description: Description) -> None:
    sample = description.sample_query()
    for _ in range(TRIES):  # somebody else may add a customer meanwhile
        everyone = client.list(page=sample["page"], page_size=sample["page_size"])
        answer = client.list(**sample)
        expect(answer).is_accepted()
        told = [(one.total_count, len(one.customers)) for one in (everyone, answer)]
        if told[0] == told[1]:
            break
    expect(answer).is_true(
        told[0] == told[1],
        expected=f"total_count {told[0][0]}, {told[0][1]} on the page, as without filter and order",
        observed=f"total_count {told[1][0]}, {told[1][1]} on the page",
        at="/data",
    )


def each(values: list[Any]) -> pytest.MarkDecorator:
    """Values of a parameter, each in its contexts: under a filter, under an order, under both, under none."""
    return pytest.mark.parametrize(("value", "rest"), params(contexts(values)))


each_context = pytest.mark.parametrize(
    "rest",
    [
        pytest.param({}, id=""),
        pytest.param(FILTERS["field-prefix"], id="filtered", marks=in_context),
        pytest.param(ORDERS[2], id="ordered", marks=in_context),
    ],
)


@clause("list.page-required")
@each_context
def test_missing_page_is_refused(client: Client, rest: dict[str, str]) -> None:
    expect(client.list(page_size=10, **rest)).is_refused(naming="page")


@clause("list.page-size-required")
@each_context
def test_missing_page_size_is_refused(client: Client, rest: dict[str, str]) -> None:
    expect(client.list(page=1, **rest)).is_refused(naming="page_size")


@clause("list.page-minimum")
def test_smallest_page_is_accepted(client: Client) -> None:
    expect(client.list(page=PAGE["minimum"], page_size=10)).is_accepted()


@clause("list.page-minimum")
@each([PAGE["minimum"] - 1, -FAR_PAGE])
def test_page_below_the_minimum_is_refused(client: Client, value: int, rest: dict[str, str]) -> None:
    expect(client.list(page=value, page_size=size_for(rest), **rest)).is_refused(naming="page")


@clause("list.page-integer")
@each(["first", "1.5", ""])
def test_page_that_is_no_integer_is_refused(client: Client, value: str, rest: dict[str, str]) -> None:
    expect(client.list(page=value, page_size=size_for(rest), **rest)).is_refused(naming="page")


@clause("list.page-size-minimum")
@pytest.mark.parametrize("kind", ["", pytest.param(KINDS[3], marks=in_context)])
def test_smallest_page_size_is_accepted(client: Client, kind: str) -> None:
    rest = FILTERS.get(kind, {}) | (ORDERS[KINDS.index(kind)] if kind else {})
    expect(client.list(page=1, page_size=SIZE["minimum"], **rest)).is_accepted()


@clause("list.page-size-maximum")
@pytest.mark.parametrize("size", [SIZE["maximum"], SIZE["maximum"] - 1])
def test_page_size_up_to_the_maximum_is_accepted(client: Client, size: int) -> None:
    expect(client.list(page=1, page_size=size)).is_accepted()


@clause("list.page-size-minimum")
@each([SIZE["minimum"] - 1, -SIZE["maximum"]])
def test_page_size_below_the_minimum_is_refused(client: Client, value: int, rest: dict[str, str]) -> None:
    expect(client.list(page=page_for(rest), page_size=value, **rest)).is_refused(naming="page_size")


@clause("list.page-size-maximum")
@each([SIZE["maximum"] + 1, SIZE["maximum"] * 100])
def test_page_size_above_the_maximum_is_refused(client: Client, value: int, rest: dict[str, str]) -> None:
    expect(client.list(page=page_for(rest), page_size=value, **rest)).is_refused(naming="page_size")


@clause("list.page-size-integer")
@each(["first", "1.5", "1;2", ""])
def test_page_size_that_is_no_integer_is_refused(client: Client, value: str, rest: dict[str, str]) -> None:
    expect(client.list(page=1, page_size=value, **rest)).is_refused(naming="page_size")


def size_for(rest: dict[str, str]) -> int:
    """Another page size in each context."""
    return int(SIZE["maximum"]) if "filter_type" in rest else 10


def page_for(rest: dict[str, str]) -> int:
    """Another page in each context: a filter may leave but one."""
    return 2 if rest.keys() == {"order_field", "order_direction"} else 1


@clause("list.first-page")
def test_first_page_has_number_one(client: Client) -> None:
    order = {"order_field": "customer_no", "order_direction": "asc"}
    for _ in range(TRIES):  # somebody else may renumber a customer meanwhile
        large = client.list(page=1, page_size=2 * SMALL, **order)
        small = client.list(page=1, page_size=SMALL, **order)
        need_customers(large, 1)
        expect(small).is_accepted()
        if small.numbers[:2] == large.numbers[:2]:
            break
    expect(small).is_true(
        bool(small.numbers) and small.numbers[:2] == large.numbers[:2],
        expected="page 1 starts with the first customers of the result, whatever its size",
        observed=f"{large.numbers[:2]} with pages of {2 * SMALL}, {small.numbers[:2]} with pages of {SMALL}",
        at="/data",
    )


# ---------------------------------------------------------------- pages of a known result: the dataset's

# Walks over the dataset: without an order, and by each field, a page ending between two that tie.
# The kind of filter and the direction change from one to the next.
WALKED = [field for field in ORDER_FIELDS if field != "org_no"]
WALKS: list[tuple[str, int, dict[str, str]]] = [
    ("field-search", 4, {}),
    *(
        (FIELD_KINDS[turn % 3], 3 if turn % 2 else 4, ordered(field, DIRECTIONS[turn % 2]))
        for turn, field in enumerate(WALKED)
    ),
]


def is_page(answer: Answer) -> None:
    expect(answer, "list.pages-partition").is_accepted()


def hold_members(page: Answer, dataset: Dataset, kind: str) -> None:
    """A page of the dataset shows it alone: where it doesn't, the filter is at fault, and not the pages."""
    strangers = [number for number in page.numbers if number not in dataset.members]
    expect(page, f"filter.{kind}").is_true(
        not strangers and bool(page.total_count or page.customers),
        expected=f"customers whose notes match {dataset.filter_by(kind)['filter_value']!r} alone",
        observed=f"{len(strangers)} that don't match: {strangers[:5]}" if strangers else "nobody",
        at="/data",
    )


def hold_partition(pages: list[Answer], size: int, customers: set[Any]) -> None:
    """Pages hold every customer once, all but the last one as many as a page can."""
    for position, page in enumerate(pages, start=1):
        full = size if position < len(pages) else len(customers) - size * (len(pages) - 1)
        expect(page, "list.pages-partition").is_true(
            len(page.customers) == full,
            expected=f"{full} customers on page {position} of {len(pages)} with page_size {size}",
            observed=f"{len(page.customers)} customers",
            at="/data",
        )
    numbers = [number for page in pages for number in page.numbers]
    expect(pages[-1], "list.pages-partition").is_true(
        sorted(numbers, key=str) == sorted(customers, key=str),
        expected=f"each of the {len(customers)} customers once over the pages",
        observed=_short_of(numbers, customers),
        at="/data",
    )


def _short_of(numbers: list[Any], customers: set[Any]) -> str:
    twice = sorted({str(number) for number in numbers if numbers.count(number) > 1})
    missing = sorted(str(number) for number in customers - set(numbers))
    return f"twice: {', '.join(twice) or 'none'}; missing: {', '.join(missing) or 'none'}"


@clause("order.ascending", "order.descending", "list.total-count", "list.pages-partition")
@clause(*(f"filter.{kind}" for kind in FIELD_KINDS))
@in_context
@pytest.mark.parametrize(
    ("kind", "size", "order"),
    [pytest.param(*walk, id="-".join([walk[0], str(walk[1]), *walk[2].values()])) for walk in WALKS],
)
def test_pages_of_a_filtered_list_partition_it(
    client: Client, dataset: Dataset, seen: list[Answer], kind: str, size: int, order: dict[str, str]
) -> None:
    query = {**dataset.filter_by(kind), **order}
    count = len(dataset.members)
    numbers = range(1, -(-count // size) + 1)
    pages = [client.list(page=page, page_size=size, **query) for page in numbers]
    for page in pages:
        is_page(page)
        hold_members(page, dataset, kind)
    for page in pages:
        hold_total_count(page, count, clause="list.total-count")
    hold_partition(pages, size, set(dataset.members))
    seen += pages
    if order:
        values, direction = dataset.values(order["order_field"]), order["order_direction"]
        shown = [values[number] for page in pages for number in page.numbers]
        hold_order(
            pages[-1],
            shown,
            direction,
            order["order_field"],
            clause="order.descending" if direction == DIRECTIONS[1] else "order.ascending",
        )


@clause("list.total-count", "list.pages-partition")
@in_context
@pytest.mark.parametrize(("kind", "order"), [("field-search", ORDERS[3])], ids=["field-search-ordered"])
def test_pages_of_one_customer(client: Client, dataset: Dataset, kind: str, order: dict[str, str]) -> None:
    """The first, one in the middle, and the last."""
    count = len(dataset.members)
    query = {**dataset.filter_by(kind), **order}
    pages = [client.list(page=page, page_size=1, **query) for page in (1, count // 2 + 1, count)]
    for page in pages:
        is_page(page)
    for page in pages:
        hold_total_count(page, count, clause="list.total-count")
    shown = [number for page in pages for number in page.numbers]
    expect(pages[-1], "list.pages-partition").is_true(
        len(set(shown) & set(dataset.members)) == len(pages) == len(shown),
        expected="one customer on each of three pages, another one each time",
        observed=f"{shown}",
        at="/data",
    )


# ---------------------------------------------------------------- pages of the whole account


def walked_size(account: Account) -> int:
    """A page size that parts the account into a few pages."""
    return next(size for size in (10, 20, 25, 50) if account.total <= size * 10 or size == 50)


@clause("list.total-count", "list.pages-partition")
@needs("list.page-size-maximum", "order.fields")
@pytest.mark.parametrize(
    "order", [{}, {"order_field": "delivery_address:name", "order_direction": "desc"}], ids=["", "ordered"]
)
def test_pages_of_the_account_partition_it(
    client: Client, arranged: Dataset, view: View, seen: list[Answer], order: dict[str, str]
) -> None:
    """Small pages show everybody whom large ones show, as they show them, those without a value included."""
    need_customers(view.account.pages[0], 1)
    if order and not view.account.is_whole:
        raise NotApplicable("the account is too large to be read whole in another order")
    size = walked_size(view.account) * (2 if order else 1)

    def is_right(account: Account, walked: Account) -> bool:
        same = len(walked.entries) == len(account.entries) and walked.numbers == account.numbers
        counts = {page.total_count for page in (*account.pages, *walked.pages)}
        return same and counts == {account.total} and not account.otherwise(walked.entries)

    walked = view.agreeing(lambda: read_account(client, size, **order), is_right)
    account = view.account
    count = len(account.numbers | walked.numbers) if account.is_whole else account.total
    for page in (*account.pages, *walked.pages):
        hold_total_count(page, count, clause="list.total-count")
    everyone = account.numbers | walked.numbers | (set(arranged.members) if account.is_whole else set())
    hold_partition([*account.pages], SIZE["maximum"], everyone)
    hold_partition([*walked.pages], size, everyone)
    seen += walked.pages


@clause("list.same-customer")
@needs("list.pages-partition", "order.fields")
def test_customer_reads_the_same_in_every_list(dataset: Dataset, view: View, seen: list[Answer]) -> None:
    """In those of the other checks: on small pages and on large ones, filtered or not, in any order."""
    if not seen:
        raise NotApplicable("needs the lists of other checks")
    for answer in seen:
        hold_same(answer, dataset.otherwise(answer) + view.account.otherwise(entries_of(answer)))


@clause("list.page-past-end")
@needs("list.total-count")
def test_what_is_past_the_last_page(client: Client, view: View) -> None:
    need_customers(view.account.pages[0], 1)
    page = view.account.total // LARGE + 3  # somebody else may add some customers

    def is_same(account: Account, past: Answer) -> bool:
        return not past.is_success or past.total_count == account.total

    order = ordered("customer_no", "asc")
    past = view.agreeing(lambda: client.list(page=page, page_size=LARGE, **order), is_same)
    if past.is_success:
        shown = f"{len(past.customers)} customers" if past.customers else "empty"
        observe(past, f"{shown}, total_count {'unchanged' if is_same(view.account, past) else 'changed'}")
    else:
        observe(past)


@clause("answer.no-server-error")
def test_far_page_is_no_server_error(client: Client) -> None:
    expect(client.list(page=2**31, page_size=10)).is_answered(status=(200, 400, 404))


@clause("list.default-order")
def test_is_the_list_sorted_by_number_by_default(view: View) -> None:
    first = view.account.pages[0]
    numbers = first.numbers
    if len(numbers) < 2 or not all(isinstance(number, int) for number in numbers):
        raise NotApplicable("needs two customers with numbers")
    observe(first, "yes" if numbers == sorted(numbers) else "no")
