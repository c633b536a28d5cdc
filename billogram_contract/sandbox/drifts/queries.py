"""Drifts of which queries the list accepts."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from billogram_contract.sandbox.app import is_list, refuse
from billogram_contract.sandbox.http import Handler, Request, Response
from billogram_contract.sandbox.rules import Problem
from billogram_contract.sandbox.wrapping import (
    Document,
    Upstream,
    declare,
    drift,
    edit_answer,
    edit_document,
    edit_query,
    listed,
    refuse_first,
)

Edit = Callable[[dict[str, str]], None]


def _refuse_query(upstream: Upstream, name: str, applies: Callable[[dict[str, str]], bool]) -> Handler:
    problem = Problem("INVALID_QUERY_PARAMETER", f"{name} is not valid.", name)
    return refuse_first(
        upstream,
        lambda request: is_list(request) and applies(dict(request.query)),
        lambda: refuse(problem),
    )


@drift("list-answers-206", breaks=("answer.status-documented", "list.answers"))
def _list_answers_206(upstream: Upstream) -> Handler:
    """A page is answered as partial content."""

    def edit(request: Request, response: Response) -> Response:
        return replace(response, status=206) if listed(request, response) else response

    return edit_answer(upstream, edit)


# The sample request

declare(
    "empty-filter-field-refused",
    "list.sample-request",
    "An empty filter_field is refused.",
    lambda upstream: _refuse_query(upstream, "filter_field", lambda query: query.get("filter_field") == ""),
)
declare(
    "empty-order-field-refused",
    "list.sample-request",
    "An empty order_field is refused.",
    lambda upstream: _refuse_query(upstream, "order_field", lambda query: query.get("order_field") == ""),
)


@drift("empty-filter-finds-nothing", breaks="list.sample-request")
def _empty_filter_finds_nothing(upstream: Upstream) -> Handler:
    """An empty filter is taken at its word and finds nobody."""

    def edit(document: Document) -> None:
        document.update(data=[], meta={"total_count": 0})

    return edit_document(
        upstream,
        edit,
        where=lambda request, response: (
            listed(request, response) and dict(request.query).get("filter_field") == ""
        ),
    )


# page and page_size


def _lenient(name: str, text: str, *, pattern: str) -> Edit:
    """Reads a parameter that matches a pattern as another text."""

    def edit(query: dict[str, str]) -> None:
        if name in query and re.fullmatch(pattern, query[name]):
            query[name] = text

    return edit


def _truncated(name: str) -> Edit:
    def edit(query: dict[str, str]) -> None:
        query[name] = re.sub(r"(?<=[0-9])\.[0-9]*", "", query.get(name, ""))

    return edit


def _reading(name: str, breaks: str, summary: str, edit: Edit) -> None:
    declare(name, breaks, summary, lambda upstream: edit_query(upstream, edit))


def _default(name: str, text: str) -> Edit:
    return lambda query: query.update({name: query.get(name, text)})


_reading("page-optional", "list.page-required", "Without page the first one comes.", _default("page", "1"))
_reading(
    "page-size-optional",
    "list.page-size-required",
    "Without page_size a page has 25 customers.",
    _default("page_size", "25"),
)
_reading(
    "page-zero-accepted",
    "list.page-minimum",
    "Page 0 is the first page.",
    _lenient("page", "1", pattern="0+"),
)
_reading(
    "page-negative-accepted",
    "list.page-minimum",
    "A negative page is the first page.",
    _lenient("page", "1", pattern="-[0-9]+"),
)
_reading(
    "page-text-accepted",
    "list.page-integer",
    "A page that is no number is the first page.",
    _lenient("page", "1", pattern="[^0-9.-]*"),
)
_reading(
    "page-fraction-accepted",
    "list.page-integer",
    "The fraction of a page is cut off.",
    _truncated("page"),
)
_reading(
    "page-size-zero-accepted",
    "list.page-size-minimum",
    "A page_size of 0 is the largest.",
    _lenient("page_size", "100", pattern="0+"),
)
_reading(
    "page-size-negative-accepted",
    "list.page-size-minimum",
    "A negative page_size is the largest.",
    _lenient("page_size", "100", pattern="-[0-9]+"),
)
_reading(
    "page-size-text-accepted",
    "list.page-size-integer",
    "A page_size that is no number is 25.",
    _lenient("page_size", "25", pattern="[^0-9.-]*"),
)
_reading(
    "page-size-fraction-accepted",
    "list.page-size-integer",
    "The fraction of a page_size is cut off.",
    _truncated("page_size"),
)
_reading(
    "page-size-clamped",
    "list.page-size-maximum",
    "A page_size above 100 gives pages of 100.",
    _lenient("page_size", "100", pattern="[0-9]{4,}|10[1-9]|1[1-9][0-9]|[2-9][0-9]{2}"),
)
declare(
    "page-size-one-refused",
    "list.page-size-minimum",
    "A page_size of 1 is refused.",
    lambda upstream: upstream.with_rules(page_size_minimum=2),
)
declare(
    "page-size-100-refused",
    "list.page-size-maximum",
    "A page_size of 100 is refused.",
    lambda upstream: upstream.with_rules(page_size_maximum=99),
)
declare(
    "page-size-101-accepted",
    "list.page-size-maximum",
    "A page_size of 101 is accepted.",
    lambda upstream: upstream.with_rules(page_size_maximum=101),
)
declare(
    "page-size-unlimited",
    "list.page-size-maximum",
    "Any page_size is accepted.",
    lambda upstream: upstream.with_rules(page_size_maximum=10**9),
)
