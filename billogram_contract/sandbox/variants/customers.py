"""Other ways to answer a customer."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from billogram_contract.sandbox import fields, kit
from billogram_contract.sandbox.catalogue import Family, Middleware
from billogram_contract.sandbox.http import Document

STAMPS = "Timestamps are written otherwise, in UTC still."

FAMILY = Family(__name__)
variant = FAMILY.breaking()


def _stamps(edit: Callable[[str], str]) -> Middleware:
    """Writes timestamps in another way."""

    def change(customer: Document) -> None:
        for name in fields.READ_ONLY:
            if customer.get(name):
                customer[name] = edit(customer[name])

    return kit.edit_customers(change)


variant("timestamps-microseconds", STAMPS)(_stamps(lambda stamp: stamp.replace("Z", "000Z")))
variant("timestamps-offset", STAMPS)(_stamps(lambda stamp: stamp.replace("Z", "+00:00")))
variant("timestamps-seconds", STAMPS)(_stamps(lambda stamp: re.sub(r"\.\d+", "", stamp)))
variant("timestamps-isoformat", STAMPS)(_stamps(lambda stamp: datetime.fromisoformat(stamp).isoformat()))


# Fields without a value


def _absent(customer: Document) -> None:
    for holder in [*(value for value in customer.values() if isinstance(value, dict)), customer]:
        for name in [name for name, value in holder.items() if value is None]:
            del holder[name]


def _complete(customer: Document) -> None:
    for name in (*fields.TEXTS, "language", "letter_forwarding_enabled"):
        customer.setdefault(name, None)
    for owner, names in fields.SUBSTRUCTURES.items():
        customer[owner] = dict.fromkeys(names) | (customer.get(owner) or {})


def _null(customer: Document) -> None:
    for owner in fields.SUBSTRUCTURES:
        values = (customer.get(owner) or {}).values()
        customer[owner] = customer[owner] if any(value is not None for value in values) else None


variant("absent-where-null", "Fields without a value are left out.")(kit.edit_customers(_absent))
variant("null-where-absent", "Every field is answered, null where it has no value.")(
    kit.edit_customers(_complete)
)
variant("empty-substructures-null", "A substructure without any value is null, and there even if absent.")(
    kit.edit_customers(_null)
)


# Spellings


def _street(edit: Callable[[Document], object]) -> Middleware:
    """Edits each address that has a street line."""

    def change(customer: Document) -> None:
        for owner in ("address", "delivery_address"):
            if fields.STREET in (customer.get(owner) or {}):
                edit(customer[owner])

    return kit.edit_customers(change)


def _language(default: str) -> Middleware:
    """Answers the default language in another way than as null."""
    return kit.edit_customers(
        lambda customer: customer.update(
            {"language": default} if customer.get("language", default) is None else {}
        )
    )


variant("street-address", "The street line is answered as street_address.")(
    _street(lambda lines: lines.update({fields.STREET_ALIAS: lines.pop(fields.STREET)}))
)
variant("both-street-lines", "The street line is answered under both names.")(
    _street(lambda lines: lines.update({fields.STREET_ALIAS: lines[fields.STREET]}))
)
variant("language-default-empty", "The default language is answered as the empty text.")(_language(""))
variant("language-default-named", "The default language is answered by its code.")(_language("sv"))
