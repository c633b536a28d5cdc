"""Drifts of what every answer has: status code, headers, envelope."""

from __future__ import annotations

from collections.abc import Callable

from billogram_contract.sandbox import kit, when
from billogram_contract.sandbox.app import is_update
from billogram_contract.sandbox.catalogue import Family, Middleware
from billogram_contract.sandbox.http import Document, Request, Response, json_response

FAMILY = Family(__name__)

# Status codes


def _failing(applies: Callable[[Request], bool]) -> Middleware:
    """Answers some requests that carry the right credentials with 500."""
    failure = json_response({"status": "INTERNAL_ERROR", "data": {"message": "Something went wrong."}}, 500)
    return kit.edit_answer(
        lambda *_: failure, lambda request, response: response.status not in (401, 403) and applies(request)
    )


def _has_long_number(request: Request) -> bool:
    number = (when.body_of(request) or {}).get("customer_no")
    return isinstance(number, int) and number > 2**31 - 1


drift = FAMILY.breaking("answer.status-documented")
drift("refusals-answer-422", "422 instead of 400.")(kit.set_answer(when.answered(400), status=422))

drift = FAMILY.breaking("answer.status-documented", "update.unknown-customer")
drift("unknown-customer-answers-410", "410 instead of 404.")(kit.set_answer(when.answered(404), status=410))

drift = FAMILY.breaking("answer.status-documented", "update.answers")
drift("update-answers-204", "An update is answered 204 without a body.")(
    kit.set_answer(when.updated, status=204, body=b"", headers={})
)

drift = FAMILY.breaking("update.malformed-body", "answer.no-server-error")
drift("malformed-body-breaks-the-server", "A body that is no JSON object is answered 500.")(
    _failing(lambda request: is_update(request) and when.body_of(request) is None)
)

drift = FAMILY.breaking("list.page-integer")
drift("text-page-breaks-the-server", "A page that is no number is answered 500.")(
    _failing(lambda request: dict(request.query).get("page", "1").strip("-0123456789.") != "")
)

drift = FAMILY.breaking("answer.no-server-error")
drift("large-number-breaks-the-server", "A customer_no of 2**31 is answered 500.")(_failing(_has_long_number))


# Headers and bodies

drift = FAMILY.breaking("answer.content-type")
drift("content-type-with-charset", "Content-Type has a charset.")(
    kit.set_answer(when.always, headers={"content-type": "application/json; charset=utf-8"})
)
drift("content-type-of-errors-changed", "Errors are application/problem+json.")(
    kit.set_answer(when.refused, headers={"content-type": "application/problem+json"})
)

drift = FAMILY.breaking("answer.json", "answer.error-envelope")
drift("errors-in-plain-text", "The body of a 400 is a line of text.")(
    kit.set_answer(when.answered(400), body=b"Bad Request")
)
drift("not-found-without-body", "A 404 has no body.")(kit.set_answer(when.answered(404), body=b""))


# Envelopes


def _one_match(request: Request, response: Response) -> bool:
    return when.listed(request, response) and len(response.json()["data"]) == 1


def _count_as_text(document: Document) -> None:
    document["meta"]["total_count"] = str(document["meta"]["total_count"])


def _count_renamed(document: Document) -> None:
    document["meta"] = {"count": document["meta"]["total_count"]}


drift = FAMILY.breaking("answer.status-ok")
drift("status-lower-case", "The status of a success is ok.")(
    kit.edit_document(lambda document: document.update(status="ok"), when.answered(200))
)
drift("status-success-on-update", "The status of an update is SUCCESS.")(
    kit.edit_document(lambda document: document.update(status="SUCCESS"), when.updated)
)

drift = FAMILY.breaking("answer.list-envelope")
drift("list-data-as-object", "The customers are wrapped in one object more.")(
    kit.edit_document(lambda document: document.update(data={"customers": document["data"]}), when.listed)
)
drift("single-match-not-in-array", "A page of one customer is no array.")(
    kit.edit_document(lambda document: document.update(data=document["data"][0]), _one_match)
)
drift("empty-page-null", "An empty page is null.")(
    kit.edit_document(lambda document: document.update(data=document["data"] or None), when.listed)
)

drift = FAMILY.breaking("answer.list-meta")
drift("meta-missing", "The list has no meta.")(
    kit.edit_document(lambda document: document.pop("meta"), when.listed)
)
drift("total-count-as-text", "total_count is a text.")(kit.edit_document(_count_as_text, when.listed))

drift = FAMILY.breaking("answer.list-meta", "answer.documented-fields")
drift("total-count-renamed", "total_count is called count.")(kit.edit_document(_count_renamed, when.listed))

drift = FAMILY.breaking("answer.update-envelope")
drift("update-data-in-array", "The updated customer is in an array.")(
    kit.edit_document(lambda document: document.update(data=[document["data"]]), when.updated)
)
drift("update-data-null", "The update answers null for the customer.")(
    kit.edit_document(lambda document: document.update(data=None), when.updated)
)
