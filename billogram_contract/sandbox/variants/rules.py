"""Other answers to what the contract leaves open: knobs of the rules, queries and bodies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from billogram_contract.sandbox import fields
from billogram_contract.sandbox.app import is_update, not_found, refuse
from billogram_contract.sandbox.http import Handler, Request, Response
from billogram_contract.sandbox.rules import Problem
from billogram_contract.sandbox.wrapping import (
    Document,
    Upstream,
    Wrap,
    edit_answer,
    edit_body,
    edit_query,
    listed,
    refuse_first,
    variant,
)

SAMPLE_ONLY = ("org_no", "vat_no", "permanent_establishment_address", "payment_settings")


def _by_rules(name: str, summary: str, **changes: Any) -> None:
    def wrap(upstream: Upstream) -> Handler:
        return upstream.with_rules(**changes)

    wrap.__doc__ = summary
    variant(name)(wrap)


_by_rules(
    "unknown-fields-ignored", "Body fields that are not known are ignored.", unknown_fields_ignored=True
)
_by_rules("null-text-refused", "null for a single text is refused.", null_texts="refused")
_by_rules("null-text-ignored", "null for a single text changes nothing.", null_texts="ignored")
_by_rules("substructures-replaced", "A given substructure replaces the whole.", substructures_replaced=True)
_by_rules("zipcodes-kept", "Postal codes come back as sent.", zipcodes_normalised=False)
_by_rules("order-binary", "Texts are ordered by code point.", orders_case_sensitive=True)
_by_rules("order-nulls-last", "Customers without the order field come last.", nulls_last=True)
_by_rules("filters-case-sensitive", "Filters tell upper from lower case.", filters_case_sensitive=True)
_by_rules("only-swedish", "The market has one language.", languages=("sv",))
_by_rules("empty-name-accepted", "A name may be empty.", name_minimum=0)
_by_rules("huge-numbers", "Numbers go to 2**63-1.", customer_no_maximum=2**63 - 1)


@variant("unknown-filter-field-ignored")
def _unknown_filter_field_ignored(upstream: Upstream) -> Handler:
    """A filter on an unknown field filters nothing."""

    def edit(query: dict[str, str]) -> None:
        special = query.get("filter_type") == "special"
        if query.get("filter_field", "") not in ({"search"} if special else fields.FILTER_FIELDS):
            query.pop("filter_field", None)
            query.setdefault("filter_type", "field")
            query["filter_field"] = ""

    return edit_query(upstream, edit)


@variant("unknown-order-field-ignored")
def _unknown_order_field_ignored(upstream: Upstream) -> Handler:
    """An order by an unknown field is none."""

    def edit(query: dict[str, str]) -> None:
        if query.get("order_field") not in fields.ORDER_FIELDS:
            query.pop("order_field", None)

    return edit_query(upstream, edit)


@variant("half-filter-ignored")
def _half_filter_ignored(upstream: Upstream) -> Handler:
    """Half a filter filters nothing."""

    def edit(query: dict[str, str]) -> None:
        if not {"filter_type", "filter_field", "filter_value"} <= query.keys():
            query.setdefault("filter_type", "field")
            query["filter_field"] = ""

    return edit_query(upstream, edit)


@variant("newest-first")
def _newest_first(upstream: Upstream) -> Handler:
    """Without an order the newest customers come first."""

    def edit(query: dict[str, str]) -> None:
        if not query.get("order_field") and query.get("order_direction", "asc") in ("asc", "desc"):
            query.update(order_field="created_at", order_direction="desc")

    return edit_query(upstream, edit)


@variant("ordered-by-name")
def _ordered_by_name(upstream: Upstream) -> Handler:
    """Without an order the list is sorted by name."""

    def edit(query: dict[str, str]) -> None:
        if not query.get("order_field"):
            query["order_field"] = "name"

    return edit_query(upstream, edit)


def _past_end(upstream: Upstream, answer: Callable[[], Response]) -> Handler:
    def edit(request: Request, response: Response) -> Response:
        if not listed(request, response) or dict(request.query).get("page", "").lstrip("0") == "1":
            return response
        return response if response.json()["data"] else answer()

    return edit_answer(upstream, edit)


@variant("past-end-404")
def _past_end_404(upstream: Upstream) -> Handler:
    """A page past the last one is answered 404."""
    return _past_end(upstream, not_found)


@variant("past-end-400")
def _past_end_400(upstream: Upstream) -> Handler:
    """A page past the last one is answered 400."""
    problem = Problem("INVALID_QUERY_PARAMETER", "There is no such page.", "page")
    return _past_end(upstream, lambda: refuse(problem))


@variant("read-only-ignored")
def _read_only_ignored(upstream: Upstream) -> Handler:
    """Read-only fields in a body are ignored."""
    return edit_body(upstream, lambda body: _drop(body, *fields.READ_ONLY))


@variant("sample-only-ignored")
def _sample_only_ignored(upstream: Upstream) -> Handler:
    """Fields that only the sample answer shows are ignored in a body."""
    return edit_body(upstream, lambda body: _drop(body, *SAMPLE_ONLY))


@variant("number-null-ignored")
def _number_null_ignored(upstream: Upstream) -> Handler:
    """A null customer_no is ignored."""

    def edit(body: Document) -> None:
        if "customer_no" in body and body["customer_no"] is None:
            del body["customer_no"]

    return edit_body(upstream, edit)


@variant("white-space-trimmed")
def _white_space_trimmed(upstream: Upstream) -> Handler:
    """White space around texts is trimmed."""

    def trimmed(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: trimmed(inner) for name, inner in value.items()}
        return value.strip() if isinstance(value, str) else value

    return edit_body(upstream, lambda body: body.update(trimmed(body)))


@variant("emails-lower-cased")
def _emails_lower_cased(upstream: Upstream) -> Handler:
    """E-mail addresses lose their capitals."""

    def edit(body: Document) -> None:
        contact = body.get("contact")
        if isinstance(contact, dict) and isinstance(contact.get("email"), str):
            body["contact"] = {**contact, "email": contact["email"].lower()}

    return edit_body(upstream, edit)


def _refusing(names: tuple[str, ...], identifier: str, message: str) -> Wrap:
    def wrap(upstream: Upstream) -> Handler:
        def applies(request: Request) -> bool:
            body = request.json() if is_update(request) else None
            return isinstance(body, dict) and not body.keys().isdisjoint(names)

        return refuse_first(upstream, applies, lambda: refuse(Problem(identifier, message, names[0])))

    wrap.__doc__ = message
    return wrap


variant("links-read-only")(_refusing(("links",), "READ_ONLY_PARAMETER", "links cannot be written."))
variant("org-no-refused")(_refusing(("org_no",), "INVALID_PARAMETER", "org_no cannot be changed."))
variant("sample-only-unknown")(
    _refusing(SAMPLE_ONLY, "UNKNOWN_PARAMETER", "Fields that only the sample answer shows are unknown.")
)


@variant("empty-body-refused")
def _empty_body_refused(upstream: Upstream) -> Handler:
    """An update that changes nothing is refused."""
    problem = Problem("INVALID_PARAMETER", "There is nothing to change.")
    return refuse_first(
        upstream, lambda request: is_update(request) and request.json() == {}, lambda: refuse(problem)
    )


def _drop(body: Document, *names: str) -> None:
    for name in names:
        body.pop(name, None)
