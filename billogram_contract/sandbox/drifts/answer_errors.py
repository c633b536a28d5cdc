"""Drifts of errors, and what appears in answers without being documented."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from billogram_contract.sandbox import kit, when
from billogram_contract.sandbox.catalogue import Family, Middleware
from billogram_contract.sandbox.http import Document
from billogram_contract.sandbox.when import When

FAMILY = Family(__name__)

# Errors


def _prefixed(prefix: str, status: int) -> Middleware:
    """Puts something before the identifiers of a status code."""
    return kit.edit_document(
        lambda document: document.update(status=prefix + document["status"]), when.answered(status)
    )


def _misnamed(document: Document) -> None:
    data = document["data"]
    if data.get("field"):
        data["field"] = data["field_path"] = "order_field" if data["field"] != "order_field" else "name"


def _dotted(document: Document) -> None:
    if document["data"].get("field_path"):
        document["data"]["field_path"] = document["data"]["field_path"].replace(":", ".")


drift = FAMILY.breaking("answer.error-envelope")
drift("error-message-missing", "Errors have no message.")(
    kit.edit_document(lambda document: document["data"].pop("message"), when.refused)
)
drift("error-data-missing", "Errors have no data.")(
    kit.edit_document(lambda document: document.pop("data"), when.refused)
)

drift = FAMILY.breaking("answer.error-identifier")
drift("error-identifiers-renamed", "400 has other identifiers.")(_prefixed("E_", 400))
drift("auth-identifiers-renamed", "401 has other identifiers.")(_prefixed("ERROR_", 401))
drift("error-identifier-of-another-status", "A 400 says NOT_FOUND.")(
    kit.edit_document(lambda document: document.update(status="NOT_FOUND"), when.answered(400))
)

drift = FAMILY.breaking("answer.error-identifier", "update.unknown-customer")
drift("not-found-identifier-renamed", "404 has another identifier.")(_prefixed("CUSTOMER_", 404))

drift = FAMILY.breaking("answer.error-field")
drift("error-names-another-field", "Errors name a wrong field.")(
    kit.edit_document(_misnamed, when.answered(400))
)

drift = FAMILY.breaking("answer.error-field-path")
drift("error-paths-with-dots", "contact.email in errors.")(kit.edit_document(_dotted, when.answered(400)))


# Additions


def _adding(holders: Callable[[Document], list[Any]], when: When) -> Middleware:
    """Adds a field to the objects that it finds in some answers."""

    def edit(document: Document) -> None:
        for holder in holders(document):
            if isinstance(holder, dict):
                holder["added"] = "new"

    return kit.edit_document(edit, when)


def _contacts(document: Document) -> list[Any]:
    return [customer.get("contact") for customer in kit.customers_of(document)]


drift = FAMILY.breaking("answer.documented-fields")
drift("field-added-to-customers", "Customers have a new field.")(
    _adding(kit.customers_of, when.answered(200))
)
drift("field-added-on-update", "An updated customer has a new field.")(
    _adding(kit.customers_of, when.updated)
)
drift("field-added-to-contact", "contact has a new field.")(_adding(_contacts, when.answered(200)))
drift("field-added-to-envelope", "The envelope has a new field.")(
    _adding(lambda document: [document], when.answered(200))
)
drift("field-added-to-meta", "meta has a new field.")(
    _adding(lambda document: [document["meta"]], when.listed)
)
drift("field-added-to-errors", "Errors have a new field.")(
    _adding(lambda document: [document["data"]], when.refused)
)
drift("field-added-to-one-customer", "One customer of a long list has a new field.")(
    kit.edit_customers(
        lambda customer: customer.update({"added": None} if customer["customer_no"] == 9007 else {}),
        when.listed,
    )
)
