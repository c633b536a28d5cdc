"""Other ways to answer at all: errors, JSON, headers, and upstream on a bad day."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from billogram_contract.sandbox.app import is_list, is_update, not_found, number_of
from billogram_contract.sandbox.http import Handler, Request, Response, encode, json_response
from billogram_contract.sandbox.wrapping import (
    Document,
    Upstream,
    authenticates,
    edit_answer,
    edit_document,
    refuse_first,
    refused,
    updated,
    variant,
)

LAG = 0.05  # seconds


@variant("auth-403")
def _auth_403(upstream: Upstream) -> Handler:
    """Missing and wrong credentials are answered 403."""

    def edit(request: Request, response: Response) -> Response:
        if response.status != 401:
            return response
        kept = {name: text for name, text in response.headers.items() if name != "www-authenticate"}
        return replace(response, status=403, headers=kept)

    return edit_answer(upstream, edit)


def _edit_errors(upstream: Upstream, edit: Callable[[Document], object]) -> Handler:
    def change(document: Document) -> None:
        edit(document["data"])

    return edit_document(upstream, change, where=refused)


@variant("errors-without-field")
def _errors_without_field(upstream: Upstream) -> Handler:
    """Errors name no field."""
    return _edit_errors(upstream, lambda data: [data.pop("field", None), data.pop("field_path", None)])


@variant("errors-with-null-field")
def _errors_with_null_field(upstream: Upstream) -> Handler:
    """Errors carry field and field_path, both null."""
    return _edit_errors(upstream, lambda data: data.update(field=None, field_path=None))


@variant("errors-with-field-only")
def _errors_with_field_only(upstream: Upstream) -> Handler:
    """Errors name the field but not its path."""
    return _edit_errors(upstream, lambda data: data.pop("field_path", None))


@variant("other-messages")
def _other_messages(upstream: Upstream) -> Handler:
    """Errors are worded otherwise."""
    return _edit_errors(upstream, lambda data: data.update(message="Ogiltigt värde – försök igen."))


@variant("missing-is-invalid")
def _missing_is_invalid(upstream: Upstream) -> Handler:
    """A missing query parameter is INVALID_QUERY_PARAMETER."""

    def edit(document: Document) -> None:
        if document["status"] == "MISSING_QUERY_PARAMETER":
            document["status"] = "INVALID_QUERY_PARAMETER"

    return edit_document(upstream, edit, where=refused)


@variant("unknown-customer-first")
def _unknown_customer_first(upstream: Upstream) -> Handler:
    """An unknown customer is answered before the body is looked at."""

    def unknown(request: Request) -> bool:
        number = number_of(request) if is_update(request) else None
        return is_update(request) and (number is None or upstream.store.read(number) is None)

    return refuse_first(upstream, unknown, not_found)


def _written(upstream: Upstream, write: Callable[[Any], bytes]) -> Handler:
    def edit(request: Request, response: Response) -> Response:
        return replace(response, body=write(response.json()))

    return edit_answer(upstream, edit)


@variant("json-pretty")
def _json_pretty(upstream: Upstream) -> Handler:
    """JSON is indented."""
    return _written(upstream, lambda document: json.dumps(document, indent=2, ensure_ascii=False).encode())


@variant("json-ascii")
def _json_ascii(upstream: Upstream) -> Handler:
    """JSON escapes everything beyond ASCII."""
    return _written(upstream, lambda document: json.dumps(document).encode())


@variant("json-sorted")
def _json_sorted(upstream: Upstream) -> Handler:
    """Names in JSON objects are sorted."""
    return _written(upstream, lambda document: encode(_sorted(document)))


def _sorted(value: Any) -> Any:
    if isinstance(value, list):
        return [_sorted(inner) for inner in value]
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return value


@variant("more-headers")
def _more_headers(upstream: Upstream) -> Handler:
    """Answers carry headers of a proxy."""
    more = {"x-request-id": "0123456789abcdef", "cache-control": "no-store", "vary": "Authorization"}
    return edit_answer(upstream, lambda _, response: replace(response, headers={**response.headers, **more}))


def _at_times(upstream: Upstream, status: int, every: int) -> Handler:
    seen = 0

    def handle(request: Request) -> Response:
        nonlocal seen
        seen += 1
        if seen % every:
            return upstream.handle(request)
        data = {"message": "Try again."}
        return json_response({"status": "BUSY", "data": data}, status, {"retry-after": "0"})

    return handle


@variant("busy-at-times")
def _busy_at_times(upstream: Upstream) -> Handler:
    """Every seventh request is answered 503 with Retry-After."""
    return _at_times(upstream, 503, 7)


@variant("rate-limited-at-times")
def _rate_limited_at_times(upstream: Upstream) -> Handler:
    """Every fifth request is answered 429 with Retry-After."""
    return _at_times(upstream, 429, 5)


@variant("list-lags-briefly")
def _list_lags_briefly(upstream: Upstream) -> Handler:
    """For a moment after an update the list shows the customers as they were before it."""
    stale = (0.0, upstream.handle)

    def handle(request: Request) -> Response:
        nonlocal stale
        if is_list(request) and time.monotonic() < stale[0]:
            return stale[1](request)
        if not is_update(request) or not authenticates(upstream, request):
            return upstream.handle(request)
        before = upstream.store.copy()
        response = upstream.handle(request)
        if updated(request, response):
            stale = (time.monotonic() + LAG, upstream.with_store(before))
        return response

    return handle
