"""Other answers to what the contract leaves open: knobs of the rules, queries and bodies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from billogram_contract.sandbox import fields, kit, knobs, when
from billogram_contract.sandbox.app import is_update, not_found, refuse
from billogram_contract.sandbox.catalogue import Family, Middleware
from billogram_contract.sandbox.http import Document, Request, Response
from billogram_contract.sandbox.rules import Problem, Rules
from billogram_contract.sandbox.when import Query

SAMPLE_ONLY = ("org_no", "vat_no", "permanent_establishment_address", "payment_settings")

FAMILY = Family(__name__)
variant = FAMILY.breaking()


# Knobs

variant("unknown-fields-ignored", "Body fields that are not known are ignored.")(
    knobs.turned(unknown_fields_ignored=True)
)
variant("null-text-refused", "null for a single text is refused.")(knobs.turned(null_texts="refused"))
variant("null-text-ignored", "null for a single text changes nothing.")(knobs.turned(null_texts="ignored"))
variant("substructures-replaced", "A given substructure replaces the whole.")(
    knobs.turned(substructures_replaced=True)
)
variant("zipcodes-kept", "Postal codes come back as sent.")(knobs.turned(zipcodes_normalised=False))
variant("order-binary", "Texts are ordered by code point.")(knobs.turned(orders_case_sensitive=True))
variant("order-nulls-last", "Customers without the order field come last.")(knobs.turned(nulls_last=True))
variant("filters-case-sensitive", "Filters tell upper from lower case.")(
    knobs.turned(filters_case_sensitive=True)
)
variant("only-swedish", "The market has one language.")(knobs.turned(languages=("sv",)))
variant("empty-name-accepted", "A name may be empty.")(knobs.turned(name_minimum=0))
variant("huge-numbers", "Numbers go to 2**63-1.")(knobs.turned(customer_no_maximum=2**63 - 1))


# Queries


def _known_filter_field(query: Query) -> None:
    special = query.get("filter_type") == "special"
    if query.get("filter_field", "") not in ({"search"} if special else Rules().filter_fields):
        query.setdefault("filter_type", "field")
        query["filter_field"] = ""


def _whole_filter(query: Query) -> None:
    if not {"filter_type", "filter_field", "filter_value"} <= query.keys():
        query.setdefault("filter_type", "field")
        query["filter_field"] = ""


def _is_unordered(query: Query) -> bool:
    return not query.get("order_field")


def _past_end(answer: Callable[[], Response]) -> Middleware:
    """Answers a page past the last one in another way, the first page excepted."""

    def applies(request: Request, response: Response) -> bool:
        first = dict(request.query).get("page", "").lstrip("0") == "1"
        return when.listed(request, response) and not first and not response.json()["data"]

    return kit.edit_answer(lambda *_: answer(), applies)


variant("unknown-filter-field-ignored", "A filter on an unknown field filters nothing.")(
    kit.edit_query(_known_filter_field)
)
variant("unknown-order-field-ignored", "An order by an unknown field is none.")(
    kit.set_query({"order_field": ""}, lambda query: query.get("order_field") not in fields.ORDER_FIELDS)
)
variant("half-filter-ignored", "Half a filter filters nothing.")(kit.edit_query(_whole_filter))
variant("newest-first", "Without an order the newest customers come first.")(
    kit.set_query(
        {"order_field": "created_at", "order_direction": "desc"},
        lambda query: (
            _is_unordered(query) and query.get("order_direction", "asc") in Rules().order_directions
        ),
    )
)
variant("ordered-by-name", "Without an order the list is sorted by name.")(
    kit.set_query({"order_field": "name"}, _is_unordered)
)
variant("past-end-404", "A page past the last one is answered 404.")(_past_end(not_found))
variant("past-end-400", "A page past the last one is answered 400.")(
    _past_end(lambda: refuse(Problem("INVALID_QUERY_PARAMETER", "There is no such page.", "page")))
)


# Bodies


def _ignoring(*names: str) -> Middleware:
    """Takes fields out of bodies."""

    def edit(body: Document) -> None:
        for name in names:
            body.pop(name, None)

    return kit.edit_body(edit)


def _trimmed(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _trimmed(inner) for name, inner in value.items()}
    return value.strip() if isinstance(value, str) else value


def _refusing(identifier: str, *names: str) -> Middleware:
    """Refuses bodies that have one of some fields."""
    return kit.refuse_body(names[0], lambda body: not body.keys().isdisjoint(names), identifier)


variant("read-only-ignored", "Read-only fields in a body are ignored.")(_ignoring(*fields.READ_ONLY))
variant("sample-only-ignored", "Fields that only the sample answer shows are ignored in a body.")(
    _ignoring(*SAMPLE_ONLY)
)
variant("number-null-ignored", "A null customer_no is ignored.")(
    kit.read_field("customer_no", lambda value: NotImplemented if value is None else value)
)
variant("white-space-trimmed", "White space around texts is trimmed.")(
    kit.edit_body(lambda body: body.update(_trimmed(body)))
)
variant("emails-lower-cased", "E-mail addresses lose their capitals.")(
    kit.read_text("contact:email", str.lower)
)
variant("links-read-only", "links cannot be written.")(_refusing("READ_ONLY_PARAMETER", "links"))
variant("org-no-refused", "org_no cannot be changed.")(_refusing("INVALID_PARAMETER", "org_no"))
variant("sample-only-unknown", "Fields that only the sample answer shows are unknown.")(
    _refusing("UNKNOWN_PARAMETER", *SAMPLE_ONLY)
)
variant("empty-body-refused", "An update that changes nothing is refused.")(
    kit.refuse_first(
        lambda upstream, request: is_update(request) and request.json() == {},
        lambda: refuse(Problem("INVALID_PARAMETER", "There is nothing to change.")),
    )
)
