"""Drifts of what every answer has: status, headers, envelope, errors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from billogram_contract.sandbox.app import is_update
from billogram_contract.sandbox.http import Handler, Request, Response, json_response
from billogram_contract.sandbox.wrapping import (
    Document,
    Upstream,
    declare,
    drift,
    edit_answer,
    edit_document,
    invalid,
    listed,
    refused,
    updated,
)

When = Callable[[Request, Response], bool]


def _always(request: Request, response: Response) -> bool:
    return True


def not_found(request: Request, response: Response) -> bool:
    return response.status == 404


def unauthenticated(request: Request, response: Response) -> bool:
    return response.status == 401


def replacing(when: When, **changes: Any) -> Callable[[Upstream], Handler]:
    """A wrap that replaces parts of some responses."""

    def edit(request: Request, response: Response) -> Response:
        return replace(response, **changes) if when(request, response) else response

    return lambda upstream: edit_answer(upstream, edit)


def editing(when: When, edit: Callable[[Document], object]) -> Callable[[Upstream], Handler]:
    """A wrap that edits the document of some responses in place."""

    def change(document: Document) -> None:
        edit(document)

    return lambda upstream: edit_document(upstream, change, where=when)


# Status codes

declare(
    "refusals-answer-422", "answer.status-documented", "422 instead of 400.", replacing(invalid, status=422)
)
declare(
    "unknown-customer-answers-410",
    ("answer.status-documented", "update.unknown-customer"),
    "410 instead of 404.",
    replacing(not_found, status=410),
)
declare(
    "update-answers-204",
    ("update.answers", "answer.status-documented"),
    "An update is answered 204 without a body.",
    replacing(updated, status=204, body=b"", headers={}),
)


def _failing(name: str, summary: str, applies: Callable[[Request], bool]) -> None:
    failure = json_response({"status": "INTERNAL_ERROR", "data": {"message": "Something went wrong."}}, 500)

    def edit(request: Request, response: Response) -> Response:
        return failure if response.status not in (401, 403) and applies(request) else response

    declare(name, "answer.no-server-error", summary, lambda upstream: edit_answer(upstream, edit))


def _fails_on_body(document: Any) -> bool:
    return not isinstance(document, dict)


def _has_long_number(request: Request) -> bool:
    body = request.json() if is_update(request) else None
    number = body.get("customer_no") if isinstance(body, dict) else None
    return isinstance(number, int) and number > 2**31 - 1


_failing(
    "malformed-body-breaks-the-server",
    "A body that is no JSON object is answered 500.",
    lambda request: is_update(request) and _fails_on_body(request.json()),
)
_failing(
    "text-page-breaks-the-server",
    "A page that is no number is answered 500.",
    lambda request: dict(request.query).get("page", "1").strip("-0123456789.") != "",
)
_failing("large-number-breaks-the-server", "A customer_no of 2**31 is answered 500.", _has_long_number)

# Headers and bodies

declare(
    "content-type-with-charset",
    "answer.content-type",
    "Content-Type has a charset.",
    replacing(_always, headers={"content-type": "application/json; charset=utf-8"}),
)
declare(
    "content-type-of-errors-changed",
    "answer.content-type",
    "Errors are application/problem+json.",
    replacing(refused, headers={"content-type": "application/problem+json"}),
)
declare(
    "errors-in-plain-text",
    ("answer.json", "answer.error-envelope"),
    "The body of a 400 is a line of text.",
    replacing(invalid, body=b"Bad Request"),
)
declare(
    "not-found-without-body",
    ("answer.json", "answer.error-envelope"),
    "A 404 has no body.",
    replacing(not_found, body=b""),
)

# Envelopes

declare(
    "status-lower-case",
    "answer.status-ok",
    "The status of a success is ok.",
    editing(lambda *pair: pair[1].status == 200, lambda document: document.update(status="ok")),
)
declare(
    "status-success-on-update",
    "answer.status-ok",
    "The status of an update is SUCCESS.",
    editing(updated, lambda document: document.update(status="SUCCESS")),
)
declare(
    "list-data-as-object",
    "answer.list-envelope",
    "The customers are wrapped in one object more.",
    editing(listed, lambda document: document.update(data={"customers": document["data"]})),
)
declare(
    "single-match-not-in-array",
    "answer.list-envelope",
    "A page of one customer is no array.",
    editing(
        lambda request, response: listed(request, response) and len(response.json()["data"]) == 1,
        lambda document: document.update(data=document["data"][0]),
    ),
)
declare(
    "empty-page-null",
    "answer.list-envelope",
    "An empty page is null.",
    editing(listed, lambda document: document.update(data=document["data"] or None)),
)
declare("meta-missing", "answer.list-meta", "The list has no meta.", editing(listed, lambda d: d.pop("meta")))
declare(
    "total-count-as-text",
    "answer.list-meta",
    "total_count is a text.",
    editing(
        listed, lambda document: document["meta"].update(total_count=str(document["meta"]["total_count"]))
    ),
)
declare(
    "total-count-renamed",
    "answer.list-meta",
    "total_count is called count.",
    editing(listed, lambda document: document.update(meta={"count": document["meta"]["total_count"]})),
)
declare(
    "update-data-in-array",
    "answer.update-envelope",
    "The updated customer is in an array.",
    editing(updated, lambda document: document.update(data=[document["data"]])),
)
declare(
    "update-data-null",
    "answer.update-envelope",
    "The update answers null for the customer.",
    editing(updated, lambda document: document.update(data=None)),
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
