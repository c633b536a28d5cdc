"""Drifts of filters and orders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from billogram_contract.sandbox.app import is_list, refuse
from billogram_contract.sandbox.drifts.lists import repaginate
from billogram_contract.sandbox.http import Handler, Request, Response
from billogram_contract.sandbox.rules import Problem
from billogram_contract.sandbox.wrapping import (
    Document,
    Upstream,
    declare,
    drift,
    edit_document,
    edit_query,
    listed,
    refuse_first,
)

Query = dict[str, str]
NOBODY = "\0"  # no text has it


def _where_query(applies: Callable[[Query], bool]) -> Callable[[Request, Response], bool]:
    return lambda request, response: listed(request, response) and applies(dict(request.query))


def _querying(
    name: str,
    breaks: str | tuple[str, ...],
    summary: str,
    applies: Callable[[Query], bool],
    changes: Query,
) -> None:
    """Replaces parameters of the queries that it applies to."""

    def edit(query: Query) -> None:
        if applies(query):
            query.update(changes)

    declare(name, breaks, summary, lambda upstream: edit_query(upstream, edit))


def _refusing(
    name: str, breaks: str | tuple[str, ...], summary: str, parameter: str, applies: Callable[[Query], bool]
) -> None:
    problem = Problem("INVALID_QUERY_PARAMETER", f"{parameter} is not valid.", parameter)

    def wrap(upstream: Upstream) -> Handler:
        return refuse_first(
            upstream,
            lambda request: is_list(request) and applies(dict(request.query)),
            lambda: refuse(problem),
        )

    declare(name, breaks, summary, wrap)


def _filters(kind: str) -> Callable[[Query], bool]:
    return lambda query: query.get("filter_type") == kind and bool(query.get("filter_field"))


def _filters_on(field: str) -> Callable[[Query], bool]:
    return lambda query: query.get("filter_field") == field and "filter_type" in query


def _orders(direction: str) -> Callable[[Query], bool]:
    return lambda query: query.get("order_direction", "asc") == direction and bool(query.get("order_field"))


def _orders_by(*names: str) -> Callable[[Query], bool]:
    return lambda query: query.get("order_field") in names


TYPES = ("", "field", "field-prefix", "field-search", "special")
OFF = {"filter_field": ""}

# filter_type

_querying(
    "filter-type-unknown-accepted",
    "filter.type-values",
    "An unknown filter_type filters nothing.",
    lambda query: query.get("filter_type", "") not in TYPES,
    {"filter_type": "field", **OFF},
)
_querying(
    "filter-type-upper-case-accepted",
    "filter.type-values",
    "FIELD is read as field.",
    lambda query: query.get("filter_type") == "FIELD",
    {"filter_type": "field"},
)
_refusing(
    "filter-type-field-prefix-refused",
    "filter.type-values",
    "The filter type field-prefix is refused.",
    "filter_type",
    lambda query: query.get("filter_type") == "field-prefix",
)
_refusing(
    "filter-type-special-refused",
    "filter.type-values",
    "The filter type special is refused.",
    "filter_type",
    lambda query: query.get("filter_type") == "special",
)

# How the types match

for _name, _kind, _other, _summary in (
    ("field-filter-by-prefix", "field", "field-prefix", "The exact filter finds beginnings too."),
    ("field-filter-contains", "field", "field-search", "The exact filter finds parts too."),
    ("prefix-filter-contains", "field-prefix", "field-search", "The prefix filter finds parts too."),
    ("prefix-filter-exact", "field-prefix", "field", "The prefix filter finds the whole value only."),
    ("search-filter-by-prefix", "field-search", "field-prefix", "The contains filter finds beginnings only."),
    ("search-filter-exact", "field-search", "field", "The contains filter finds the whole value only."),
):
    _querying(_name, f"filter.{_kind}", _summary, _filters(_kind), {"filter_type": _other})

_querying("field-filter-ignored", "filter.field", "The exact filter is ignored.", _filters("field"), OFF)
_querying(
    "prefix-filter-ignored",
    "filter.field-prefix",
    "The prefix filter is ignored.",
    _filters("field-prefix"),
    OFF,
)
_querying(
    "search-filter-ignored",
    "filter.field-search",
    "The contains filter is ignored.",
    _filters("field-search"),
    OFF,
)
_querying(
    "special-search-ignored",
    "filter.special-search",
    "The full-text search is ignored.",
    _filters("special"),
    OFF,
)
_querying(
    "special-search-finds-nothing",
    "filter.special-search",
    "The full-text search finds nobody.",
    _filters("special"),
    {"filter_value": NOBODY},
)
_querying(
    "special-search-in-notes-only",
    "filter.special-search",
    "The full-text search looks in the notes only.",
    _filters("special"),
    {"filter_type": "field-search", "filter_field": "notes"},
)
_querying(
    "filter-ignored-when-ordered",
    ("filter.field", "filter.field-prefix", "filter.field-search"),
    "A filter is ignored where there is an order.",
    lambda query: bool(query.get("order_field")) and query.get("filter_type") in TYPES[1:],
    OFF,
)


@drift("field-filter-finds-one", breaks="filter.field")
def _field_filter_finds_one(upstream: Upstream) -> Handler:
    """The exact filter stops at the first match."""

    def edit(document: Document) -> None:
        document["data"] = document["data"][:1]
        document["meta"]["total_count"] = min(1, document["meta"]["total_count"])

    return edit_document(upstream, edit, where=_where_query(_filters("field")))


# The fields

for _field in ("contact:email", "delivery_address:city"):
    _refusing(
        f"filter-by-{_field.replace(':', '-').replace('_', '-')}-refused",
        "filter.fields",
        f"A filter on {_field} is refused.",
        "filter_field",
        _filters_on(_field),
    )
for _field in ("notes", "contact:phone"):
    _querying(
        f"filter-by-{_field.replace(':', '-').replace('_', '-')}-ignored",
        "filter.fields",
        f"A filter on {_field} is ignored.",
        _filters_on(_field),
        OFF,
    )
_querying(
    "filter-by-contact-name-finds-nothing",
    "filter.fields",
    "A filter on contact:name finds nobody.",
    _filters_on("contact:name"),
    {"filter_value": NOBODY},
)
_querying(
    "filter-by-delivery-zipcode-looks-elsewhere",
    "filter.fields",
    "A filter on delivery_address:zipcode looks in the address.",
    _filters_on("delivery_address:zipcode"),
    {"filter_field": "address:zipcode"},
)

# order_direction

_querying(
    "order-direction-unknown-accepted",
    "order.direction-values",
    "An unknown order_direction is asc.",
    lambda query: query.get("order_direction", "asc") not in ("asc", "desc"),
    {"order_direction": "asc"},
)
_querying(
    "order-direction-upper-case-accepted",
    "order.direction-values",
    "DESC is read as desc.",
    lambda query: query.get("order_direction") == "DESC",
    {"order_direction": "desc"},
)
_refusing(
    "descending-refused",
    ("order.direction-values", "order.descending"),
    "desc is refused.",
    "order_direction",
    lambda query: query.get("order_direction") == "desc",
)

# The orders

_querying(
    "ascending-descends",
    "order.ascending",
    "asc sorts the largest first.",
    _orders("asc"),
    {"order_direction": "desc"},
)
_querying(
    "descending-ignored",
    "order.descending",
    "desc sorts as asc does.",
    _orders("desc"),
    {"order_direction": "asc"},
)
_querying(
    "order-ignored",
    ("order.ascending", "order.descending", "order.fields"),
    "The order is ignored.",
    lambda query: bool(query.get("order_field")),
    {"order_field": ""},
)
_querying(
    "order-ignored-when-filtered",
    ("order.ascending", "order.descending"),
    "The order is ignored where there is a filter.",
    lambda query: bool(query.get("filter_field")),
    {"order_field": ""},
)
for _field in ("address:zipcode", "updated_at"):
    _refusing(
        f"order-by-{_field.replace(':', '-').replace('_', '-')}-refused",
        "order.fields",
        f"An order by {_field} is refused.",
        "order_field",
        _orders_by(_field),
    )
for _field in ("created_at", "contact:email"):
    _querying(
        f"order-by-{_field.replace(':', '-').replace('_', '-')}-ignored",
        "order.fields",
        f"An order by {_field} is ignored.",
        _orders_by(_field),
        {"order_field": ""},
    )
_querying(
    "order-by-delivery-city-looks-elsewhere",
    "order.fields",
    "An order by delivery_address:city sorts by the address.",
    _orders_by("delivery_address:city"),
    {"order_field": "address:city"},
)


@drift("descending-within-pages", breaks="order.descending")
def _descending_within_pages(upstream: Upstream) -> Handler:
    """desc turns the customers of each page around, not the result."""

    def handle(request: Request) -> Response:
        query = dict(request.query)
        if not is_list(request) or not _orders("desc")(query):
            return upstream.handle(request)
        query["order_direction"] = "asc"
        turned = replace(upstream, build=lambda *_: upstream.handle)
        return edit_document(turned, lambda document: document["data"].reverse(), where=listed)(
            replace(request, query=tuple(query.items()))
        )

    return handle


@drift("numbers-ordered-as-text", breaks=("order.ascending", "order.descending"))
def _numbers_ordered_as_text(upstream: Upstream) -> Handler:
    """An order by customer_no sorts 10 before 9."""

    def pick(found: list[Any], page: int, size: int) -> list[Any]:
        descending = [customer["customer_no"] for customer in found[:2]] != sorted(
            customer["customer_no"] for customer in found[:2]
        )
        found = sorted(found, key=lambda customer: str(customer["customer_no"]), reverse=descending)
        return found[(page - 1) * size : page * size]

    return repaginate(upstream, pick, _orders_by("customer_no"))
