"""Drifts of what every answer has: status code, headers, envelope."""

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
    ("answer.status-documented", "update.answers"),
    "An update is answered 204 without a body.",
    replacing(updated, status=204, body=b"", headers={}),
)


def _failing(
    name: str, breaks: str | tuple[str, ...], summary: str, applies: Callable[[Request], bool]
) -> None:
    failure = json_response({"status": "INTERNAL_ERROR", "data": {"message": "Something went wrong."}}, 500)

    def edit(request: Request, response: Response) -> Response:
        return failure if response.status not in (401, 403) and applies(request) else response

    declare(name, breaks, summary, lambda upstream: edit_answer(upstream, edit))


def _fails_on_body(document: Any) -> bool:
    return not isinstance(document, dict)


def _has_long_number(request: Request) -> bool:
    body = request.json() if is_update(request) else None
    number = body.get("customer_no") if isinstance(body, dict) else None
    return isinstance(number, int) and number > 2**31 - 1


_failing(
    "malformed-body-breaks-the-server",
    ("update.malformed-body", "answer.no-server-error"),
    "A body that is no JSON object is answered 500.",
    lambda request: is_update(request) and _fails_on_body(request.json()),
)
_failing(
    "text-page-breaks-the-server",
    "list.page-integer",
    "A page that is no number is answered 500.",
    lambda request: dict(request.query).get("page", "1").strip("-0123456789.") != "",
)
_failing(
    "large-number-breaks-the-server",
    "answer.no-server-error",
    "A customer_no of 2**31 is answered 500.",
    _has_long_number,
)


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
    ("answer.list-meta", "answer.documented-fields"),
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
