"""Drifts of orders."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from billogram_contract.sandbox.app import is_list
from billogram_contract.sandbox.drifts.filters import (
    orders,
    orders_by,
    querying,
    refusing,
)
from billogram_contract.sandbox.drifts.pages import repaginate
from billogram_contract.sandbox.http import Handler, Request, Response
from billogram_contract.sandbox.wrapping import (
    Upstream,
    drift,
    edit_document,
    listed,
)

# order_direction

querying(
    "order-direction-unknown-accepted",
    "order.direction-values",
    "An unknown order_direction is asc.",
    lambda query: query.get("order_direction", "asc") not in ("asc", "desc"),
    {"order_direction": "asc"},
)
querying(
    "order-direction-upper-case-accepted",
    "order.direction-values",
    "ASC is read as asc.",
    lambda query: query.get("order_direction") == "ASC",
    {"order_direction": "asc"},
)
refusing(
    "descending-refused",
    ("order.direction-values", "order.descending"),
    "desc is refused.",
    "order_direction",
    lambda query: query.get("order_direction") == "desc",
)


# The orders

querying(
    "ascending-descends",
    "order.ascending",
    "asc sorts the largest first.",
    orders("asc"),
    {"order_direction": "desc"},
)
querying(
    "descending-ignored",
    "order.descending",
    "desc sorts as asc does.",
    orders("desc"),
    {"order_direction": "asc"},
)
querying(
    "order-ignored",
    ("order.ascending", "order.descending", "order.fields"),
    "The order is ignored.",
    lambda query: bool(query.get("order_field")),
    {"order_field": ""},
)
querying(
    "order-ignored-when-filtered",
    ("order.ascending", "order.descending"),
    "The order is ignored where there is a filter.",
    lambda query: bool(query.get("filter_field")),
    {"order_field": ""},
)
for _field in ("address:zipcode", "updated_at"):
    refusing(
        f"order-by-{_field.replace(':', '-').replace('_', '-')}-refused",
        "order.fields",
        f"An order by {_field} is refused.",
        "order_field",
        orders_by(_field),
    )
for _field in ("created_at", "contact:email"):
    querying(
        f"order-by-{_field.replace(':', '-').replace('_', '-')}-ignored",
        "order.fields",
        f"An order by {_field} is ignored.",
        orders_by(_field),
        {"order_field": ""},
    )
querying(
    "order-by-delivery-city-looks-elsewhere",
    "order.fields",
    "An order by delivery_address:city sorts by the address.",
    orders_by("delivery_address:city"),
    {"order_field": "address:city"},
)


@drift("descending-within-pages", breaks="order.descending")
def _descending_within_pages(upstream: Upstream) -> Handler:
    """desc turns the customers of each page around, not the result."""

    def handle(request: Request) -> Response:
        query = dict(request.query)
        if not is_list(request) or not orders("desc")(query):
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

    return repaginate(upstream, pick, orders_by("customer_no"))
