"""Drifts of orders."""

from __future__ import annotations

from dataclasses import replace

from billogram_contract.sandbox import kit, knobs, when
from billogram_contract.sandbox.app import is_list
from billogram_contract.sandbox.catalogue import Family, Upstream
from billogram_contract.sandbox.http import Document, Handler, Request, Response, encode
from billogram_contract.sandbox.rules import Rules

FAMILY = Family(__name__)

UNORDERED = {"order_field": ""}

# order_direction

drift = FAMILY.breaking("order.direction-values")
drift("order-direction-unknown-accepted", "An unknown order_direction is asc.")(
    kit.set_query(
        {"order_direction": "asc"},
        lambda query: query.get("order_direction", "asc") not in Rules().order_directions,
    )
)
drift("order-direction-upper-case-accepted", "ASC is read as asc.")(
    knobs.with_value("order_directions", "ASC")
)

drift = FAMILY.breaking("order.direction-values", "order.descending")
drift("descending-refused", "desc is refused.")(knobs.without_value("order_directions", "desc"))


# The orders


def _as_text(found: list[Document], page: int, size: int) -> list[Document]:
    numbers = [customer["customer_no"] for customer in found[:2]]
    descending = numbers != sorted(numbers)
    found = sorted(found, key=lambda customer: str(customer["customer_no"]), reverse=descending)
    return found[(page - 1) * size : page * size]


drift = FAMILY.breaking("order.ascending")
drift("ascending-descends", "asc sorts the largest first.")(
    kit.set_query({"order_direction": "desc"}, when.orders("asc"))
)

drift = FAMILY.breaking("order.descending")
drift("descending-ignored", "desc sorts as asc does.")(
    kit.set_query({"order_direction": "asc"}, when.orders("desc"))
)

drift = FAMILY.breaking("order.ascending", "order.descending", "order.fields")
drift("order-ignored", "The order is ignored.")(kit.set_query(UNORDERED, when.given("order_field")))

drift = FAMILY.breaking("order.ascending", "order.descending")
drift("order-ignored-when-filtered", "The order is ignored where there is a filter.")(
    kit.set_query(UNORDERED, when.given("filter_field"))
)
drift("numbers-ordered-as-text", "An order by customer_no sorts 10 before 9.")(
    kit.edit_pages(_as_text, when.matching("order_field", "customer_no"))
)

drift = FAMILY.breaking("order.fields")
USED = ("customer_no", "name", "delivery_address:zipcode")
knobs.declare_values(drift, "order_fields", "order-by", "An order by {}", *USED)
drift("order-by-created-at-ignored", "An order by created_at is ignored.")(
    kit.set_query(UNORDERED, when.matching("order_field", "created_at"))
)
drift("order-by-contact-email-ignored", "An order by contact:email is ignored.")(
    kit.set_query(UNORDERED, when.matching("order_field", "contact:email"))
)
drift("order-by-delivery-city-looks-elsewhere", "An order by delivery_address:city sorts by the address.")(
    kit.set_query({"order_field": "address:city"}, when.matching("order_field", "delivery_address:city"))
)


@FAMILY.breaking("order.descending")("descending-within-pages")
def _descending_within_pages(upstream: Upstream) -> Handler:
    """desc turns the customers of each page around, not the result."""

    def handle(request: Request) -> Response:
        query = dict(request.query)
        if not is_list(request) or not when.orders("desc")(query):
            return upstream.handle(request)
        ascending = query | {"order_direction": "asc"}
        response = upstream.handle(replace(request, query=tuple(ascending.items())))
        if not when.listed(request, response):
            return response
        document = response.json()
        document["data"].reverse()
        return replace(response, body=encode(document))

    return handle
