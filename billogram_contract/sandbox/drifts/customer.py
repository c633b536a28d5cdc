"""Drifts of how a customer is answered."""

from __future__ import annotations

from datetime import datetime

from billogram_contract.sandbox import kit, when
from billogram_contract.sandbox.catalogue import Family, Middleware
from billogram_contract.sandbox.http import Document

FAMILY = Family(__name__)


def _missing(name: str) -> Middleware:
    """Leaves a field out."""
    return kit.edit_customers(lambda customer: customer.pop(name, None))


def _nameless(customer: Document) -> None:
    if "contact" not in customer:
        customer.pop("name", None)


def _stamped(customer: Document) -> None:
    customer["updated_at"] = customer.get("updated_at") or ""


def _local(stamp: str) -> str:
    return stamp.replace("Z", "+02:00")


def _of_2017(stamp: str) -> str:
    return f"{datetime.fromisoformat(stamp):%Y-%m-%d %H:%M:%S}"


def _without_zone(stamp: str) -> str:
    return stamp.removesuffix("Z")


def _seconds(stamp: str) -> float:
    return int(datetime.fromisoformat(stamp).timestamp())


drift = FAMILY.breaking("customer.number")
drift("number-as-text", "customer_no is a text.")(kit.edit_field("customer_no", str))
drift("number-as-text-on-update", "customer_no of an updated customer is a text.")(
    kit.edit_field("customer_no", str, when.updated)
)
drift("small-numbers-as-text", "customer_no is a text where it is below 100.")(
    kit.edit_field("customer_no", lambda number: str(number) if number < 100 else number)
)

drift = FAMILY.breaking("customer.name")
drift("name-missing", "Customers have no name.")(_missing("name"))
drift("name-missing-from-some", "Customers without a contact have no name.")(kit.edit_customers(_nameless))
drift("name-as-object", "The name is an object.")(kit.edit_field("name", lambda name: {"full": name}))

drift = FAMILY.breaking("customer.company-type")
drift("company-type-missing", "There is no company_type.")(_missing("company_type"))
drift("company-type-value-added", "Foreign businesses in the list are answered as foreign company.")(
    kit.edit_field(
        "company_type", lambda text: text.replace("foreign business", "foreign company"), when.listed
    )
)
drift("company-type-upper-case", "company_type is in upper case.")(kit.edit_field("company_type", str.upper))

drift = FAMILY.breaking("customer.created-at")
drift("created-at-missing", "There is no created_at.")(_missing("created_at"))
drift("created-at-without-zone", "created_at names no zone.")(kit.edit_field("created_at", _without_zone))
drift("created-at-local", "created_at is not in UTC.")(kit.edit_field("created_at", _local))
drift("created-at-of-2017", "created_at has the form of 2017, a blank for the T.")(
    kit.edit_field("created_at", _of_2017)
)
drift("created-at-as-number", "created_at counts seconds.")(kit.edit_field("created_at", _seconds))

drift = FAMILY.breaking("customer.updated-at")
drift("updated-at-without-zone", "updated_at names no zone.")(kit.edit_field("updated_at", _without_zone))
drift("updated-at-local-on-update", "updated_at of an updated customer is not in UTC.")(
    kit.edit_field("updated_at", _local, when.updated)
)
drift("updated-at-empty-text", "updated_at of a customer that was never updated is an empty text.")(
    kit.edit_customers(_stamped)
)

drift = FAMILY.breaking("customer.language")
drift("language-as-locale", "language is answered with a region.")(
    kit.edit_field("language", lambda code: f"{code}-SE")
)
drift("language-three-letters", "language is answered with three letters.")(
    kit.edit_field("language", lambda code: {"sv": "swe"}.get(code, code))
)

drift = FAMILY.breaking("customer.field-types")
drift("letter-forwarding-as-text", "letter_forwarding_enabled is a text.")(
    kit.edit_field("letter_forwarding_enabled", lambda flag: str(flag).lower())
)
drift("careof-flag-as-number", "use_careof_as_attention is 0 or 1.")(
    kit.edit_field("address:use_careof_as_attention", int)
)
drift("zipcode-as-number", "Postal codes are numbers.")(kit.edit_field("address:zipcode", int))
drift("edi-as-array", "edi is an array.")(kit.edit_field("edi", lambda edi: [edi]))
