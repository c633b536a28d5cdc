"""Drifts of errors, and what appears in answers without being documented."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from billogram_contract.sandbox.drifts.answers import When, editing, not_found, unauthenticated
from billogram_contract.sandbox.http import Handler, Request, Response
from billogram_contract.sandbox.wrapping import (
    Document,
    Upstream,
    declare,
    drift,
    edit_document,
    invalid,
    listed,
    refused,
    updated,
)

# Errors


def _renaming(prefix: str, when: When) -> Callable[[Upstream], Handler]:
    return editing(when, lambda document: document.update(status=prefix + document["status"]))


declare(
    "error-message-missing",
    "answer.error-envelope",
    "Errors have no message.",
    editing(refused, lambda document: document["data"].pop("message")),
)
declare(
    "error-data-missing",
    "answer.error-envelope",
    "Errors have no data.",
    editing(refused, lambda document: document.pop("data")),
)
declare(
    "error-identifiers-renamed",
    "answer.error-identifier",
    "400 has other identifiers.",
    _renaming("E_", invalid),
)
declare(
    "not-found-identifier-renamed",
    ("answer.error-identifier", "update.unknown-customer"),
    "404 has another identifier.",
    _renaming("CUSTOMER_", not_found),
)
declare(
    "auth-identifiers-renamed",
    "answer.error-identifier",
    "401 has other identifiers.",
    _renaming("ERROR_", unauthenticated),
)
declare(
    "error-identifier-of-another-status",
    "answer.error-identifier",
    "A 400 says NOT_FOUND.",
    editing(invalid, lambda document: document.update(status="NOT_FOUND")),
)


def _misname(document: Document) -> None:
    data = document["data"]
    if data.get("field"):
        data["field"] = data["field_path"] = "order_field" if data["field"] != "order_field" else "name"


def _respell(separator: str) -> Callable[[Document], None]:
    def edit(document: Document) -> None:
        if document["data"].get("field_path"):
            document["data"]["field_path"] = document["data"]["field_path"].replace(":", separator)

    return edit


declare(
    "error-names-another-field",
    "answer.error-field",
    "Errors name a wrong field.",
    editing(invalid, _misname),
)
declare(
    "error-paths-with-dots",
    "answer.error-field-path",
    "contact.email in errors.",
    editing(invalid, _respell(".")),
)


# Additions


def _adding(name: str, summary: str, when: When, place: Callable[[Document], Any]) -> None:
    def edit(document: Document) -> None:
        holders = place(document)
        for holder in holders if isinstance(holders, list) else [holders]:
            if isinstance(holder, dict):
                holder["added"] = "new"

    declare(name, "answer.documented-fields", summary, editing(when, edit))


def _inside(owner: str) -> Callable[[Document], Any]:
    def place(document: Document) -> Any:
        data = document["data"]
        return [customer.get(owner) for customer in (data if isinstance(data, list) else [data])]

    return place


def _succeeded(request: Request, response: Response) -> bool:
    return response.status == 200


_adding("field-added-to-customers", "Customers have a new field.", _succeeded, lambda d: d["data"])
_adding("field-added-on-update", "An updated customer has a new field.", updated, lambda d: d["data"])
_adding("field-added-to-contact", "contact has a new field.", _succeeded, _inside("contact"))
_adding("field-added-to-envelope", "The envelope has a new field.", _succeeded, lambda document: document)
_adding("field-added-to-meta", "meta has a new field.", listed, lambda document: document["meta"])
_adding("field-added-to-errors", "Errors have a new field.", refused, lambda document: document["data"])


@drift("field-added-to-one-customer", breaks="answer.documented-fields")
def _field_added_to_one_customer(upstream: Upstream) -> Handler:
    """One customer of a long list has a new field."""

    def edit(document: Document) -> None:
        for customer in document["data"]:
            if customer["customer_no"] == 9007:
                customer["added"] = None

    return edit_document(upstream, edit, where=listed)
