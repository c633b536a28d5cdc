"""Drifts of how a customer is answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from billogram_contract.sandbox.wrapping import (
    Document,
    Upstream,
    Wrap,
    declare,
    edit_customers,
    edit_field,
    listed,
    updated,
)


def _field(path: str, edit: Callable[[Any], Any], **where: Any) -> Wrap:
    return lambda upstream: edit_field(upstream, path, edit, **where)


def _missing(name: str) -> Wrap:
    def edit(customer: Document) -> None:
        customer.pop(name, None)

    return lambda upstream: edit_customers(upstream, edit)


def _missing_from_minimal(name: str) -> Wrap:
    """Leaves a field out where a customer has little else."""

    def edit(customer: Document) -> None:
        if "contact" not in customer:
            customer.pop(name, None)

    return lambda upstream: edit_customers(upstream, edit)


def _local(stamp: str) -> str:
    return stamp.replace("Z", "+02:00")


def _of_2017(stamp: str) -> str:
    return f"{datetime.fromisoformat(stamp):%Y-%m-%d %H:%M:%S}"


def _without_zone(stamp: str) -> str:
    return stamp.removesuffix("Z")


def _seconds(stamp: str) -> float:
    return int(datetime.fromisoformat(stamp).timestamp())


_FORMS: Sequence[tuple[str, str, str, Wrap]] = (
    ("number-as-text", "customer.number", "customer_no is a text.", _field("customer_no", str)),
    (
        "number-as-text-on-update",
        "customer.number",
        "customer_no of an updated customer is a text.",
        _field("customer_no", str, where=updated),
    ),
    (
        "small-numbers-as-text",
        "customer.number",
        "customer_no is a text where it is below 100.",
        _field("customer_no", lambda number: str(number) if number < 100 else number),
    ),
    ("name-missing", "customer.name", "Customers have no name.", _missing("name")),
    (
        "name-missing-from-some",
        "customer.name",
        "Customers without a contact have no name.",
        _missing_from_minimal("name"),
    ),
    (
        "name-as-object",
        "customer.name",
        "The name is an object.",
        _field("name", lambda name: {"full": name}),
    ),
    ("company-type-missing", "customer.company-type", "There is no company_type.", _missing("company_type")),
    (
        "company-type-value-added",
        "customer.company-type",
        "Foreign businesses in the list are answered as foreign company.",
        _field(
            "company_type", lambda text: text.replace("foreign business", "foreign company"), where=listed
        ),
    ),
    (
        "company-type-upper-case",
        "customer.company-type",
        "company_type is in upper case.",
        _field("company_type", str.upper),
    ),
    ("created-at-missing", "customer.created-at", "There is no created_at.", _missing("created_at")),
    (
        "created-at-without-zone",
        "customer.created-at",
        "created_at names no zone.",
        _field("created_at", _without_zone),
    ),
    (
        "created-at-local",
        "customer.created-at",
        "created_at is not in UTC.",
        _field("created_at", _local),
    ),
    (
        "created-at-of-2017",
        "customer.created-at",
        "created_at has the form of 2017, a blank for the T.",
        _field("created_at", _of_2017),
    ),
    (
        "created-at-as-number",
        "customer.created-at",
        "created_at counts seconds.",
        _field("created_at", _seconds),
    ),
    (
        "updated-at-without-zone",
        "customer.updated-at",
        "updated_at names no zone.",
        _field("updated_at", _without_zone),
    ),
    (
        "updated-at-local-on-update",
        "customer.updated-at",
        "updated_at of an updated customer is not in UTC.",
        _field("updated_at", _local, where=updated),
    ),
    (
        "language-as-locale",
        "customer.language",
        "language is answered with a region.",
        _field("language", lambda code: f"{code}-SE"),
    ),
    (
        "language-three-letters",
        "customer.language",
        "language is answered with three letters.",
        _field("language", lambda code: {"sv": "swe"}.get(code, code)),
    ),
    (
        "letter-forwarding-as-text",
        "customer.field-types",
        "letter_forwarding_enabled is a text.",
        _field("letter_forwarding_enabled", lambda flag: str(flag).lower()),
    ),
    (
        "careof-flag-as-number",
        "customer.field-types",
        "use_careof_as_attention is 0 or 1.",
        _field("address:use_careof_as_attention", int),
    ),
    (
        "zipcode-as-number",
        "customer.field-types",
        "Postal codes are numbers.",
        _field("address:zipcode", int),
    ),
    ("edi-as-array", "customer.field-types", "edi is an array.", _field("edi", lambda edi: [edi])),
)

for _form in _FORMS:
    declare(*_form)


def _updated_at_empty(upstream: Upstream) -> Any:
    def edit(customer: Document) -> None:
        customer["updated_at"] = customer.get("updated_at") or ""

    return edit_customers(upstream, edit)


declare(
    "updated-at-empty-text",
    "customer.updated-at",
    "updated_at of a customer that was never updated is an empty text.",
    _updated_at_empty,
)
