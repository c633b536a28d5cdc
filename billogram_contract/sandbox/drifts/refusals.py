"""Drifts of what is refused, and of what a refusal leaves behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from billogram_contract.sandbox.app import is_update
from billogram_contract.sandbox.http import Handler, Request, Response, encode
from billogram_contract.sandbox.wrapping import (
    Document,
    Upstream,
    drift,
    edit_answer,
    without,
)


def _repairing(upstream: Upstream, repair: Callable[[Any], bool]) -> Handler:
    """Reads some bodies that are no object as an empty one."""

    def handle(request: Request) -> Response:
        if is_update(request) and repair(request):
            request = replace(request, body=b"{}")
        return upstream.handle(request)

    return handle


@drift("malformed-json-accepted", breaks="update.malformed-body")
def _malformed_json_accepted(upstream: Upstream) -> Handler:
    """A body that is no JSON changes nothing and is accepted."""
    return _repairing(upstream, lambda request: request.json() is None and request.body != b"null")


@drift("array-body-accepted", breaks="update.malformed-body")
def _array_body_accepted(upstream: Upstream) -> Handler:
    """A body that is JSON but no object changes nothing and is accepted."""
    return _repairing(
        upstream, lambda request: not isinstance(request.json() or [], dict) and _is_json(request)
    )


def _is_json(request: Request) -> bool:
    return request.json() is not None or request.body == b"null"


def _after_refusal(upstream: Upstream, act: Callable[[Request, Document], None]) -> Handler:
    def edit(request: Request, response: Response) -> Response:
        body = request.json() if is_update(request) and response.status == 400 else None
        if isinstance(body, dict):
            act(request, body)
        return response

    return edit_answer(upstream, edit)


@drift("refused-update-half-written", breaks="update.refused-changes-nothing")
def _refused_update_half_written(upstream: Upstream) -> Handler:
    """A refused update writes the fields that are valid."""

    def act(request: Request, body: Document) -> None:
        for name, value in without(body, "customer_no").items():
            upstream.handle(replace(request, body=encode({name: value})))

    return _after_refusal(upstream, act)


@drift("refused-number-writes-the-rest", breaks="update.refused-changes-nothing")
def _refused_number_writes_the_rest(upstream: Upstream) -> Handler:
    """An update whose customer_no is refused writes the rest."""

    def act(request: Request, body: Document) -> None:
        if "customer_no" in body:
            upstream.handle(replace(request, body=encode(without(body, "customer_no"))))

    return _after_refusal(upstream, act)


@drift("refused-update-stamped", breaks="update.refused-changes-nothing")
def _refused_update_stamped(upstream: Upstream) -> Handler:
    """A refused update moves updated_at."""

    def act(request: Request, body: Document) -> None:
        upstream.handle(replace(request, body=b"{}"))

    return _after_refusal(upstream, act)
