"""Drifts of the list's pages and their count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from billogram_contract.sandbox.http import Handler, Request, Response, encode
from billogram_contract.sandbox.wrapping import (
    Document,
    Upstream,
    declare,
    edit_answer,
    listed,
)

Pick = Callable[[list[Any], int, int], list[Any]]


def everything(upstream: Upstream, request: Request) -> list[Any]:
    """All customers of a list, over all of its pages, in its order."""
    found: list[Any] = []
    for page in range(1, 1_000):
        query = dict(request.query) | {"page": str(page), "page_size": "100"}
        data = upstream.handle(replace(request, query=tuple(query.items()))).json()["data"]
        found += data
        if len(data) < 100:
            break
    return found


def repaginate(
    upstream: Upstream, pick: Pick, applies: Callable[[dict[str, str]], bool] = lambda query: True
) -> Handler:
    """Cuts pages in another way: `pick(everything, page, size)`."""

    def edit(request: Request, response: Response) -> Response:
        query = dict(request.query)
        if not listed(request, response) or not applies(query):
            return response
        document = response.json()
        page, size = int(query["page"]), int(query["page_size"])
        document["data"] = pick(everything(upstream, request), page, size)
        return replace(response, body=encode(document))

    return edit_answer(upstream, edit)


# The pages


def _paging(
    name: str,
    breaks: str | tuple[str, ...],
    summary: str,
    pick: Pick,
    applies: Callable[[dict[str, str]], bool] = lambda query: True,
) -> None:
    declare(name, breaks, summary, lambda upstream: repaginate(upstream, pick, applies))


def _cut(found: list[Any], start: int, size: int) -> list[Any]:
    return found[start : start + size]


def _first_two_swapped(found: list[Any], page: int, size: int) -> list[Any]:
    if page < 3 and len(found) >= 2 * size:
        page = 3 - page
    return _cut(found, (page - 1) * size, size)


def _without_the_last(found: list[Any], page: int, size: int) -> list[Any]:
    data = _cut(found, (page - 1) * size, size)
    return data[:-1] if page > 1 and page * size >= len(found) else data


_paging(
    "pages-from-zero",
    ("list.first-page", "list.pages-partition"),
    "Pages count from 0: page 1 is the second one.",
    lambda found, page, size: _cut(found, page * size, size),
    lambda query: "order_field" in query or int(query["page_size"]) < 50,
)
_paging(
    "first-pages-swapped",
    "list.first-page",
    "The first two pages are swapped.",
    _first_two_swapped,
)
_paging(
    "pages-overlap-by-one",
    "list.pages-partition",
    "Each page starts with the last customer of the one before.",
    lambda found, page, size: _cut(found, max(0, (page - 1) * size - (page > 1)), size),
)
_paging(
    "pages-overlap-when-ordered",
    "list.pages-partition",
    "With an order each page repeats the last customer of the one before.",
    lambda found, page, size: _cut(found, max(0, (page - 1) * size - (page > 1)), size),
    lambda query: bool(query.get("order_field")),
)
_paging(
    "pages-overlap-when-filtered",
    "list.pages-partition",
    "With a filter each page repeats the last customer of the one before.",
    lambda found, page, size: _cut(found, max(0, (page - 1) * size - (page > 1)), size),
    lambda query: bool(query.get("filter_field")),
)
_paging(
    "pages-skip-one",
    "list.pages-partition",
    "Between two pages a customer is missing.",
    lambda found, page, size: _cut(found, (page - 1) * (size + 1), size),
)
_paging(
    "pages-one-short",
    "list.pages-partition",
    "Pages hold one customer less than asked for.",
    lambda found, page, size: _cut(found, (page - 1) * max(1, size - 1), max(1, size - 1)),
    lambda query: int(query["page_size"]) < 50,
)
_paging(
    "pages-one-over",
    "list.pages-partition",
    "Pages hold one customer more than asked for.",
    lambda found, page, size: _cut(found, (page - 1) * size, size + 1),
)
_paging(
    "last-page-one-short",
    "list.pages-partition",
    "The last page, unless it is the only one, lacks its last customer.",
    _without_the_last,
)


# total_count


def _counting(
    name: str,
    summary: str,
    count: Callable[[Upstream, Request, Document], int],
    where: Callable[[Document], bool] = lambda document: True,
) -> None:
    def wrap(upstream: Upstream) -> Handler:
        def edit(request: Request, response: Response) -> Response:
            document = response.json() if listed(request, response) else None
            if document is None or not where(document):
                return response
            document["meta"]["total_count"] = count(upstream, request, document)
            return replace(response, body=encode(document))

        return edit_answer(upstream, edit)

    declare(name, "list.total-count", summary, wrap)


def _remaining(upstream: Upstream, request: Request, document: Document) -> int:
    query = dict(request.query)
    before = (int(query["page"]) - 1) * int(query["page_size"])
    return max(0, int(document["meta"]["total_count"]) - before)


_counting(
    "total-count-of-the-page",
    "total_count is the length of the page.",
    lambda upstream, request, document: len(document["data"]),
)
_counting(
    "total-count-unfiltered",
    "total_count leaves the filter out of account.",
    lambda upstream, request, document: upstream.store.count(),
)
_counting(
    "total-count-one-short",
    "total_count is one too low.",
    lambda upstream, request, document: document["meta"]["total_count"] - 1,
    lambda document: document["meta"]["total_count"] > 0,
)
_counting(
    "total-count-capped",
    "total_count stops at 10.",
    lambda upstream, request, document: min(10, document["meta"]["total_count"]),
)
_counting("total-count-remaining", "total_count is what is left from this page on.", _remaining)
