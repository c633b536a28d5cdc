"""Drifts of filters."""

from __future__ import annotations

from collections.abc import Callable

from billogram_contract.sandbox.app import is_list, refuse
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


def where_query(applies: Callable[[Query], bool]) -> Callable[[Request, Response], bool]:
    return lambda request, response: listed(request, response) and applies(dict(request.query))


def querying(
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


def refusing(
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


def orders(direction: str) -> Callable[[Query], bool]:
    return lambda query: query.get("order_direction", "asc") == direction and bool(query.get("order_field"))


def orders_by(*names: str) -> Callable[[Query], bool]:
    return lambda query: query.get("order_field") in names


TYPES = ("", "field", "field-prefix", "field-search", "special")
OFF = {"filter_field": ""}


# filter_type

querying(
    "filter-type-unknown-accepted",
    "filter.type-values",
    "An unknown filter_type filters nothing.",
    lambda query: query.get("filter_type", "") not in TYPES,
    {"filter_type": "field", **OFF},
)
querying(
    "filter-type-upper-case-accepted",
    "filter.type-values",
    "FIELD is read as field.",
    lambda query: query.get("filter_type") == "FIELD",
    {"filter_type": "field"},
)
refusing(
    "filter-type-field-prefix-refused",
    "filter.type-values",
    "The filter type field-prefix is refused.",
    "filter_type",
    lambda query: query.get("filter_type") == "field-prefix",
)
refusing(
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
    querying(_name, f"filter.{_kind}", _summary, _filters(_kind), {"filter_type": _other})

querying("field-filter-ignored", "filter.field", "The exact filter is ignored.", _filters("field"), OFF)
querying(
    "prefix-filter-ignored",
    "filter.field-prefix",
    "The prefix filter is ignored.",
    _filters("field-prefix"),
    OFF,
)
querying(
    "search-filter-ignored",
    "filter.field-search",
    "The contains filter is ignored.",
    _filters("field-search"),
    OFF,
)
querying(
    "special-search-ignored",
    "filter.special-search",
    "The full-text search is ignored.",
    _filters("special"),
    OFF,
)
querying(
    "special-search-finds-nothing",
    "filter.special-search",
    "The full-text search finds nobody.",
    _filters("special"),
    {"filter_value": NOBODY},
)
querying(
    "special-search-in-notes-only",
    "filter.special-search",
    "The full-text search looks in the notes only.",
    _filters("special"),
    {"filter_type": "field-search", "filter_field": "notes"},
)
querying(
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

    return edit_document(upstream, edit, where=where_query(_filters("field")))


# The fields

for _field in ("contact:email", "delivery_address:city"):
    refusing(
        f"filter-by-{_field.replace(':', '-').replace('_', '-')}-refused",
        "filter.fields",
        f"A filter on {_field} is refused.",
        "filter_field",
        _filters_on(_field),
    )
for _field in ("notes", "contact:phone"):
    querying(
        f"filter-by-{_field.replace(':', '-').replace('_', '-')}-ignored",
        "filter.fields",
        f"A filter on {_field} is ignored.",
        _filters_on(_field),
        OFF,
    )
querying(
    "filter-by-contact-name-finds-nothing",
    "filter.fields",
    "A filter on contact:name finds nobody.",
    _filters_on("contact:name"),
    {"filter_value": NOBODY},
)
querying(
    "filter-by-city-finds-delivery-cities",
    "filter.fields",
    "A filter on address:city finds delivery cities as well.",
    lambda query: _filters_on("address:city")(query) and query["filter_value"].startswith("Holm"),
    {"filter_field": "delivery_address:city"},
)
querying(
    "filter-by-delivery-zipcode-looks-elsewhere",
    "filter.fields",
    "A filter on delivery_address:zipcode looks in the address.",
    _filters_on("delivery_address:zipcode"),
    {"filter_field": "address:zipcode"},
)
