"""Other ways to answer a customer."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from billogram_contract.sandbox import fields
from billogram_contract.sandbox.http import Handler
from billogram_contract.sandbox.wrapping import (
    Document,
    Upstream,
    Wrap,
    edit_customers,
    variant,
)


def _stamps(edit: Callable[[str], str]) -> Wrap:
    def wrap(upstream: Upstream) -> Handler:
        def change(customer: Document) -> None:
            for name in fields.READ_ONLY:
                if customer.get(name):
                    customer[name] = edit(customer[name])

        return edit_customers(upstream, change)

    wrap.__doc__ = "Timestamps are written otherwise, in UTC still."
    return wrap


variant("timestamps-microseconds")(_stamps(lambda stamp: stamp.replace("Z", "000Z")))
variant("timestamps-offset")(_stamps(lambda stamp: stamp.replace("Z", "+00:00")))
variant("timestamps-seconds")(_stamps(lambda stamp: re.sub(r"\.\d+", "", stamp)))
variant("timestamps-isoformat")(_stamps(lambda stamp: datetime.fromisoformat(stamp).isoformat()))


@variant("absent-where-null")
def _absent_where_null(upstream: Upstream) -> Handler:
    """Fields without a value are left out."""

    def edit(customer: Document) -> None:
        for holder in [*(value for value in customer.values() if isinstance(value, dict)), customer]:
            for name in [name for name, value in holder.items() if value is None]:
                del holder[name]

    return edit_customers(upstream, edit)


@variant("null-where-absent")
def _null_where_absent(upstream: Upstream) -> Handler:
    """Every field is answered, null where it has no value."""

    def edit(customer: Document) -> None:
        for name in (*fields.TEXTS, "language", "letter_forwarding_enabled"):
            customer.setdefault(name, None)
        for owner, names in fields.SUBSTRUCTURES.items():
            customer[owner] = dict.fromkeys(names) | (customer.get(owner) or {})

    return edit_customers(upstream, edit)


@variant("empty-substructures-null")
def _empty_substructures_null(upstream: Upstream) -> Handler:
    """A substructure without any value is null, and there even if absent."""

    def edit(customer: Document) -> None:
        for owner in fields.SUBSTRUCTURES:
            values = (customer.get(owner) or {}).values()
            customer[owner] = customer[owner] if any(value is not None for value in values) else None

    return edit_customers(upstream, edit)


def _street(upstream: Upstream, edit: Callable[[Document], None]) -> Handler:
    def change(customer: Document) -> None:
        for owner in ("address", "delivery_address"):
            if fields.STREET in (customer.get(owner) or {}):
                edit(customer[owner])

    return edit_customers(upstream, change)


@variant("street-address")
def _street_address(upstream: Upstream) -> Handler:
    """The street line is answered as street_address."""
    return _street(upstream, lambda lines: lines.update({fields.STREET_ALIAS: lines.pop(fields.STREET)}))


@variant("both-street-lines")
def _both_street_lines(upstream: Upstream) -> Handler:
    """The street line is answered under both names."""
    return _street(upstream, lambda lines: lines.update({fields.STREET_ALIAS: lines[fields.STREET]}))


def _language(upstream: Upstream, default: str) -> Handler:
    def edit(customer: Document) -> None:
        if customer.get("language", default) is None:
            customer["language"] = default

    return edit_customers(upstream, edit)


@variant("language-default-empty")
def _language_default_empty(upstream: Upstream) -> Handler:
    """The default language is answered as the empty text."""
    return _language(upstream, "")


@variant("language-default-named")
def _language_default_named(upstream: Upstream) -> Handler:
    """The default language is answered by its code."""
    return _language(upstream, "sv")
