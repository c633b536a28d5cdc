"""Other ways to answer at all: errors, JSON, headers, and upstream on a bad day."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from billogram_contract.sandbox import kit, when
from billogram_contract.sandbox.app import is_list, is_update, not_found, number_of
from billogram_contract.sandbox.catalogue import Family, Middleware, Upstream
from billogram_contract.sandbox.http import Document, Handler, Request, Response, encode, json_response

LAG = 0.05  # seconds

FAMILY = Family(__name__)
variant = FAMILY.breaking()


# Errors


def _forbidden(request: Request, response: Response) -> Response:
    return replace(response, status=403, headers=kit.without(response.headers, "www-authenticate"))


def _edit_errors(edit: Callable[[Document], object]) -> Middleware:
    """Edits the data of errors."""
    return kit.edit_document(lambda document: edit(document["data"]), when.refused)


def _without_field(data: Document) -> None:
    data.pop("field", None)
    data.pop("field_path", None)


def _as_invalid(document: Document) -> None:
    if document["status"] == "MISSING_QUERY_PARAMETER":
        document["status"] = "INVALID_QUERY_PARAMETER"


def _is_unknown(upstream: Upstream, request: Request) -> bool:
    number = number_of(request)
    return is_update(request) and (number is None or upstream.store.read(number) is None)


variant("auth-403", "Missing and wrong credentials are answered 403.")(
    kit.edit_answer(_forbidden, when.answered(401))
)
variant("errors-without-field", "Errors name no field.")(_edit_errors(_without_field))
variant("errors-with-null-field", "Errors carry field and field_path, both null.")(
    _edit_errors(lambda data: data.update(field=None, field_path=None))
)
variant("errors-with-field-only", "Errors name the field but not its path.")(
    _edit_errors(lambda data: data.pop("field_path", None))
)
variant("other-messages", "Errors are worded otherwise.")(
    _edit_errors(lambda data: data.update(message="Ogiltigt värde – försök igen."))
)
variant("missing-is-invalid", "A missing query parameter is INVALID_QUERY_PARAMETER.")(
    kit.edit_document(_as_invalid, when.refused)
)
variant("unknown-customer-first", "An unknown customer is answered before the body is looked at.")(
    kit.refuse_first(_is_unknown, not_found)
)


# JSON and headers


def _written(write: Callable[[Any], bytes]) -> Middleware:
    """Writes the JSON of answers in another way."""
    return kit.edit_answer(lambda request, response: replace(response, body=write(response.json())))


def _sorted(value: Any) -> Any:
    if isinstance(value, list):
        return [_sorted(inner) for inner in value]
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return value


def _proxied(request: Request, response: Response) -> Response:
    more = {"x-request-id": "0123456789abcdef", "cache-control": "no-store", "vary": "Authorization"}
    return replace(response, headers={**response.headers, **more})


variant("json-pretty", "JSON is indented.")(
    _written(lambda document: json.dumps(document, indent=2, ensure_ascii=False).encode())
)
variant("json-ascii", "JSON escapes everything beyond ASCII.")(
    _written(lambda document: json.dumps(document).encode())
)
variant("json-sorted", "Names in JSON objects are sorted.")(
    _written(lambda document: encode(_sorted(document)))
)
variant("more-headers", "Answers carry headers of a proxy.")(kit.edit_answer(_proxied))


# Bad days


def _at_times(status: int, every: int) -> Middleware:
    """Asks to try again at every so many requests."""

    def middleware(upstream: Upstream) -> Handler:
        seen = 0

        def handle(request: Request) -> Response:
            nonlocal seen
            seen += 1
            if seen % every:
                return upstream.handle(request)
            data = {"message": "Try again."}
            return json_response({"status": "BUSY", "data": data}, status, {"retry-after": "0"})

        return handle

    return middleware


variant("busy-at-times", "Every seventh request is answered 503 with Retry-After.")(_at_times(503, 7))
variant("rate-limited-at-times", "Every fifth request is answered 429 with Retry-After.")(_at_times(429, 5))


@variant("list-lags-briefly")
def _list_lags_briefly(upstream: Upstream) -> Handler:
    """For a moment after an update the list shows the customers as they were before it."""
    stale = (0.0, upstream.handle)

    def handle(request: Request) -> Response:
        nonlocal stale
        if is_list(request) and time.monotonic() < stale[0]:
            return stale[1](request)
        if not is_update(request) or not when.authenticates(upstream, request):
            return upstream.handle(request)
        before = upstream.store.copy()
        response = upstream.handle(request)
        if when.updated(request, response):
            stale = (time.monotonic() + LAG, upstream.with_store(before))
        return response

    return handle
