"""The list: pages, their bounds, and how many customers there are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from billogram_contract.checking.expect import expect, observe
from billogram_contract.errors import Blocked, NotApplicable
from billogram_contract.spec import description as vendored
from billogram_contract.spec.description import Description
from billogram_contract.upstream.client import Client
from billogram_contract.upstream.exchange import Answer
from tests.contract.dataset import Dataset, need_customers

PAGE = vendored.load().query("page")
SIZE = vendored.load().query("page_size")
NO_INTEGERS = ("first", "1.5", "1;2", "")
FAR_PAGE = 10**6
WALK = 7  # page size of the walk over the whole account
LARGE = 60  # page size where a large one is wanted, but not the limit
PAGES_WALKED = 4

clause = pytest.mark.clause
needs = pytest.mark.needs
pytestmark = needs("list.answers", "list.first-page")


@clause("list.answers")
def test_list_is_answered(client: Client) -> None:
    expect(client.list(page=1, page_size=10)).is_accepted()


@clause("list.sample-request")
def test_sample_request_neither_filters_nor_fails(client: Client, description: Description) -> None:
    sample = description.sample_query()
    everyone = client.list(page=sample["page"], page_size=sample["page_size"])
    answer = client.list(**sample)
    expect(answer).is_accepted().is_true(
        len(answer.customers) == len(everyone.customers),
        expected=f"the {len(everyone.customers)} customers of the list without filter and order",
        observed=f"{len(answer.customers)} customers",
        at="/data",
    )


@clause("list.page-required")
def test_missing_page_is_refused(client: Client) -> None:
    expect(client.list(page_size=10)).is_refused(naming="page")


@clause("list.page-size-required")
def test_missing_page_size_is_refused(client: Client) -> None:
    expect(client.list(page=1)).is_refused(naming="page_size")


@clause("list.page-minimum")
def test_smallest_page_is_accepted(client: Client) -> None:
    expect(client.list(page=PAGE["minimum"], page_size=10)).is_accepted()


@clause("list.page-minimum")
@pytest.mark.parametrize("page", [PAGE["minimum"] - 1, PAGE["minimum"] - 2, -FAR_PAGE])
def test_page_below_the_minimum_is_refused(client: Client, page: int) -> None:
    expect(client.list(page=page, page_size=10)).is_refused(naming="page")


@clause("list.page-integer")
@pytest.mark.parametrize("page", NO_INTEGERS)
def test_page_that_is_no_integer_is_refused(client: Client, page: str) -> None:
    expect(client.list(page=page, page_size=10)).is_refused(naming="page")


@clause("list.page-size-minimum")
def test_smallest_page_size_is_accepted(client: Client) -> None:
    expect(client.list(page=1, page_size=SIZE["minimum"])).is_accepted()


@clause("list.page-size-minimum")
@pytest.mark.parametrize("size", [SIZE["minimum"] - 1, SIZE["minimum"] - 2, -SIZE["maximum"]])
def test_page_size_below_the_minimum_is_refused(client: Client, size: int) -> None:
    expect(client.list(page=1, page_size=size)).is_refused(naming="page_size")


@clause("list.page-size-maximum")
@pytest.mark.parametrize("size", [SIZE["maximum"], SIZE["maximum"] - 1])
def test_page_size_up_to_the_maximum_is_accepted(client: Client, size: int) -> None:
    expect(client.list(page=1, page_size=size)).is_accepted()


@clause("list.page-size-maximum")
@pytest.mark.parametrize("size", [SIZE["maximum"] + 1, SIZE["maximum"] * 2, SIZE["maximum"] * 100])
def test_page_size_above_the_maximum_is_refused(client: Client, size: int) -> None:
    expect(client.list(page=1, page_size=size)).is_refused(naming="page_size")


@clause("list.page-size-integer")
@pytest.mark.parametrize("size", NO_INTEGERS)
def test_page_size_that_is_no_integer_is_refused(client: Client, size: str) -> None:
    expect(client.list(page=1, page_size=size)).is_refused(naming="page_size")


# ---------------------------------------------------------------- pages of a known result: the dataset's


def walk(client: Client, size: int, count: int, **query: str) -> Iterator[Answer]:
    """The pages of a result of `count` customers, as a client that knows total_count asks for them."""
    for page in range(1, -(-count // size) + 1):
        yield client.list(page=page, page_size=size, **query)


def hold_partition(pages: list[Answer], size: int, customers: set[int]) -> None:
    """Pages hold every customer once, all but the last one as many as a page can."""
    for position, page in enumerate(pages, start=1):
        full = size if position < len(pages) else len(customers) - size * (len(pages) - 1)
        expect(page).is_accepted().is_true(
            len(page.customers) == full,
            expected=f"{full} customers on page {position} of {len(pages)} with page_size {size}",
            observed=f"{len(page.customers)} customers",
            at="/data",
        )
    numbers = [number for page in pages for number in page.numbers]
    expect(pages[-1]).is_true(
        sorted(numbers, key=str) == sorted(customers, key=str),
        expected=f"each of the {len(customers)} customers once over the pages",
        observed=f"{_short_of(numbers, customers)}",
        at="/data",
    )


def _short_of(numbers: list[Any], customers: set[int]) -> str:
    twice = sorted({str(number) for number in numbers if numbers.count(number) > 1})
    missing = sorted(str(number) for number in customers - set(numbers))
    return f"twice: {', '.join(twice) or 'none'}; missing: {', '.join(missing) or 'none'}"


@clause("list.pages-partition")
@needs("list.total-count", "filter.field")
@pytest.mark.parametrize("size", [2, 3, 5, 10])
def test_pages_of_a_filtered_list_partition_it(client: Client, dataset: Dataset, size: int) -> None:
    customers = set(dataset.members)
    hold_partition(list(walk(client, size, len(customers), **dataset.filter)), size, customers)


@clause("list.pages-partition")
@needs("list.total-count", "filter.field", "order.ascending", "order.descending", "order.direction-values")
@pytest.mark.parametrize("direction", vendored.load().query("order_direction")["enum"])
@pytest.mark.parametrize("field", ["delivery_address:zipcode", "name", "customer_no"])
def test_pages_of_an_ordered_list_partition_it(
    client: Client, dataset: Dataset, field: str, direction: str
) -> None:
    customers, order = set(dataset.members), {"order_field": field, "order_direction": direction}
    hold_partition(list(walk(client, 2, len(customers), **dataset.filter, **order)), 2, customers)


@clause("list.total-count")
@pytest.mark.parametrize(("page", "size"), [(1, 2), (2, 2), (1, 20)])
def test_total_count_counts_the_matches_on_every_page(
    client: Client, dataset: Dataset, page: int, size: int
) -> None:
    answer = client.list(page=page, page_size=size, **dataset.filter)
    hold_total_count(answer, len(dataset.members))


def hold_total_count(answer: Answer, count: int) -> None:
    expect(answer).is_true(
        answer.total_count == count,
        expected=f"{count}, the number of matches over all pages",
        observed=str(answer.total_count),
        at="/meta/total_count",
    )


@clause("list.first-page")
def test_first_page_has_number_one(client: Client) -> None:
    large, small = everyone(client, 1, 2 * WALK), everyone(client, 1, WALK)
    need_customers(large, 1)
    expect(small).is_accepted().is_true(
        bool(small.numbers) and small.numbers[:2] == large.numbers[:2],
        expected="page 1 starts with the first customers of the result, whatever its size",
        observed=f"{large.numbers[:2]} with page_size {2 * WALK}, {small.numbers[:2]} with page_size {WALK}",
        at="/data",
    )


# ---------------------------------------------------------------- pages of the whole account


def everyone(client: Client, page: int, size: int) -> Answer:
    return client.list(page=page, page_size=size, order_field="customer_no", order_direction="asc")


@clause("list.pages-partition")
@needs("list.total-count")
@pytest.mark.parametrize("order", [{}, {"order_field": "customer_no", "order_direction": "asc"}])
def test_small_pages_add_up_to_a_large_one(client: Client, order: dict[str, str]) -> None:
    large = client.list(page=1, page_size=WALK * PAGES_WALKED, **order)
    small = [client.list(page=page, page_size=WALK, **order) for page in range(1, PAGES_WALKED + 1)]
    for page in (large, *small[: -(-large.total_count // WALK)]):
        expect(page).is_accepted()
    small = [page for page in small if page.is_success]  # past the last page, what is answered is open
    numbers = [number for page in small for number in page.numbers]
    need_customers(large, 1)
    if large.total_count != small[-1].total_count:
        raise NotApplicable("somebody else added or removed customers meanwhile")
    expect(large).is_true(
        sorted(numbers, key=str) == sorted(large.numbers, key=str),
        expected=f"the customers of the first {PAGES_WALKED} pages of {WALK}: {numbers}",
        observed=f"the customers of the first page of {WALK * PAGES_WALKED}: {large.numbers}",
        at="/data",
    )


@clause("list.pages-partition")
@needs("list.total-count", "list.page-size-maximum")
@pytest.mark.parametrize("size", [10, SIZE["maximum"]])
def test_all_pages_but_the_last_are_full(client: Client, size: int) -> None:
    first = everyone(client, 1, size)
    last_page = max(1, -(-first.total_count // size))
    last = everyone(client, last_page, size)
    for answer in (first, last):
        expect(answer).is_accepted()
    need_customers(first, 1)
    if first.total_count != last.total_count:
        raise NotApplicable("somebody else added or removed customers meanwhile")
    for page, answer in ((1, first), (last_page, last)):
        full = min(size, first.total_count - size * (page - 1))
        expect(answer).is_accepted().is_true(
            len(answer.customers) == full,
            expected=f"{full} of {first.total_count} customers on page {page} of {last_page}",
            observed=f"{len(answer.customers)} customers",
            at="/data",
        )


@clause("list.total-count")
def test_total_count_is_the_same_on_every_page(client: Client) -> None:
    one, other = everyone(client, 1, 5), everyone(client, 2, 5)
    need_customers(one, 1)
    again = everyone(client, 1, 5)
    for answer in (one, again):
        expect(answer).is_accepted()
    if not other.is_success and one.total_count <= 5:
        raise NotApplicable("there is no second page")
    expect(other).is_accepted()
    if one.total_count != again.total_count:
        raise NotApplicable("somebody else added or removed customers meanwhile")
    hold_total_count(other, one.total_count)


@clause("list.pages-partition")
@needs("list.total-count")
def test_list_without_filter_shows_everyone(client: Client, dataset: Dataset) -> None:
    answer = client.list(page=1, page_size=LARGE)
    expect(answer).is_accepted()
    if answer.total_count > LARGE:
        raise NotApplicable("the account has more customers than a page of this check")
    missing = sorted(set(dataset.members) - set(answer.numbers))
    expect(answer).is_true(
        not missing, expected="every customer of the account", observed=f"{missing} are missing", at="/data"
    )


@clause("list.total-count")
def test_total_count_counts_no_fewer_than_are_shown(client: Client) -> None:
    answer = everyone(client, 1, LARGE)
    need_customers(answer, 1)
    shown = len(answer.customers)
    if shown < LARGE:
        if answer.total_count > shown:
            beyond = everyone(client, shown // WALK + 1, WALK)
            if set(beyond.numbers) - set(answer.numbers):
                raise Blocked(f"a page of {LARGE} is not full, so that it tells nothing of the count")
        hold_total_count(answer, shown)
        return
    following = everyone(client, 2, LARGE)
    expect(answer).is_true(
        answer.total_count >= len(answer.customers) + len(following.customers),
        expected=f"at least the {len(answer.customers) + len(following.customers)} customers of two pages",
        observed=str(answer.total_count),
        at="/meta/total_count",
    )


@clause("list.page-past-end", "list.pages-partition")
@needs("list.total-count")
def test_page_past_the_end_repeats_no_customer(client: Client) -> None:
    first = everyone(client, 1, LARGE)
    need_customers(first, 1)
    past = everyone(client, first.total_count // LARGE + 2, LARGE)
    if not past.is_success:
        observe(past, clause="list.page-past-end")
        return
    expect(past, "list.pages-partition").is_true(
        not past.customers,
        expected=f"no customer past the last of {first.total_count}",
        observed=f"{len(past.customers)} customers",
        at="/data",
    )
    same = past.total_count == first.total_count
    observe(past, f"empty, total_count {'unchanged' if same else 'changed'}", clause="list.page-past-end")


@clause("answer.no-server-error")
@pytest.mark.parametrize("page", [FAR_PAGE, 2**31])
def test_far_page_is_no_server_error(client: Client, page: int) -> None:
    expect(client.list(page=page, page_size=10)).is_answered(status=(200, 400, 404))


@clause("list.default-order")
def test_is_the_list_sorted_by_number_by_default(client: Client) -> None:
    answer = client.list(page=1, page_size=LARGE)
    numbers = answer.numbers
    if len(numbers) < 2 or not all(isinstance(number, int) for number in numbers):
        raise NotApplicable("needs two customers with numbers")
    observe(answer, "yes" if numbers == sorted(numbers) else "no")
