"""Drifts of the list's pages and their count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from billogram_contract.sandbox import kit, when
from billogram_contract.sandbox.catalogue import Family, Middleware, Upstream
from billogram_contract.sandbox.http import Document, Handler, Request, Response, encode
from billogram_contract.sandbox.when import Query

FAMILY = Family(__name__)

# The pages


def _cut(found: list[Document], start: int, size: int) -> list[Document]:
    return found[start : start + size]


def _first_two_swapped(found: list[Document], page: int, size: int) -> list[Document]:
    if page < 3 and len(found) >= 2 * size:
        page = 3 - page
    return _cut(found, (page - 1) * size, size)


def _overlapping(found: list[Document], page: int, size: int) -> list[Document]:
    return _cut(found, max(0, (page - 1) * size - (page > 1)), size)


def _one_short(found: list[Document], page: int, size: int) -> list[Document]:
    shorter = max(1, size - 1)
    return _cut(found, (page - 1) * shorter, shorter)


def _without_the_last(found: list[Document], page: int, size: int) -> list[Document]:
    data = _cut(found, (page - 1) * size, size)
    return data[:-1] if page > 1 and page * size >= len(found) else data


def _is_small(query: Query) -> bool:
    return int(query["page_size"]) < 50


drift = FAMILY.breaking("list.first-page", "list.pages-partition")
drift("pages-from-zero", "Pages count from 0: page 1 is the second one.")(
    kit.edit_pages(
        lambda found, page, size: _cut(found, page * size, size),
        lambda query: "order_field" in query or _is_small(query),
    )
)

drift = FAMILY.breaking("list.first-page")
drift("first-pages-swapped", "The first two pages are swapped.")(kit.edit_pages(_first_two_swapped))

drift = FAMILY.breaking("list.pages-partition")
drift("pages-overlap-by-one", "Each page starts with the last customer of the one before.")(
    kit.edit_pages(_overlapping)
)
drift("pages-overlap-when-ordered", "With an order each page repeats the last customer of the one before.")(
    kit.edit_pages(_overlapping, when.given("order_field"))
)
drift("pages-overlap-when-filtered", "With a filter each page repeats the last customer of the one before.")(
    kit.edit_pages(_overlapping, when.given("filter_field"))
)
drift("pages-skip-one", "Between two pages a customer is missing.")(
    kit.edit_pages(lambda found, page, size: _cut(found, (page - 1) * (size + 1), size))
)
drift("pages-one-short", "Pages hold one customer less than asked for.")(
    kit.edit_pages(_one_short, _is_small)
)
drift("pages-one-over", "Pages hold one customer more than asked for.")(
    kit.edit_pages(lambda found, page, size: _cut(found, (page - 1) * size, size + 1))
)
drift("last-page-one-short", "The last page, unless it is the only one, lacks its last customer.")(
    kit.edit_pages(_without_the_last)
)


# total_count


def _counting(count: Callable[[Upstream, Request, Document], int]) -> Middleware:
    """Gives another total_count."""

    def middleware(upstream: Upstream) -> Handler:
        def edit(request: Request, response: Response) -> Response:
            document = response.json()
            document["meta"]["total_count"] = count(upstream, request, document)
            return replace(response, body=encode(document))

        return kit.edit_answer(edit, when.listed)(upstream)

    return middleware


def _remaining(upstream: Upstream, request: Request, document: Document) -> int:
    query = dict(request.query)
    before = (int(query["page"]) - 1) * int(query["page_size"])
    return max(0, int(document["meta"]["total_count"]) - before)


drift = FAMILY.breaking("list.total-count")
drift("total-count-of-the-page", "total_count is the length of the page.")(
    _counting(lambda upstream, request, document: len(document["data"]))
)
drift("total-count-unfiltered", "total_count leaves the filter out of account.")(
    _counting(lambda upstream, request, document: upstream.store.count())
)
drift("total-count-one-short", "total_count is one too low.")(
    _counting(lambda upstream, request, document: max(0, document["meta"]["total_count"] - 1))
)
drift("total-count-capped", "total_count stops at 10.")(
    _counting(lambda upstream, request, document: min(10, document["meta"]["total_count"]))
)
drift("total-count-remaining", "total_count is what is left from this page on.")(_counting(_remaining))

# What pages show of customers

drift = FAMILY.breaking("list.same-customer", "update.list-agrees", "update.refused-changes-nothing")
drift("large-pages-without-contacts", "Pages of more than 50 customers leave their contacts out.")(
    kit.edit_customers(
        lambda customer: customer.pop("contact", None),
        when.listed_where(lambda query: int(query["page_size"]) > 50),
    )
)
drift("ordered-lists-without-notes", "Lists with an order leave the notes out.")(
    kit.edit_customers(
        lambda customer: customer.pop("notes", None), when.listed_where(when.given("order_field"))
    )
)
