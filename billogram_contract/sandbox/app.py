"""Upstream's two endpoints as one faithful handler: authentication, route, validation, execution."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from billogram_contract.sandbox.clock import present, timestamp
from billogram_contract.sandbox.http import Handler, Request, Response, json_response
from billogram_contract.sandbox.rules import Problem, Rules, merge, read_list, read_update
from billogram_contract.sandbox.store import NumberTakenError, Store

ROOT = "/api/v2"
LIST_PATH = f"{ROOT}/customer"
_CUSTOMER = re.compile(re.escape(LIST_PATH) + "/([^/]+)")
_NUMBER = re.compile("[0-9]{1,19}")
_OPERATIONS = f"This sandbox serves two operations only: GET {LIST_PATH} and PUT {LIST_PATH}/{{customer_no}}."
_CHALLENGE = {"www-authenticate": 'Basic realm="Billogram API", charset="UTF-8"'}  # H


@dataclass(frozen=True)
class Credentials:
    """The API user and its password."""

    user: str
    password: str


def upstream(store: Store, rules: Rules, credentials: Credentials) -> Handler:
    """The faithful handler."""

    def handle(request: Request) -> Response:
        return unauthenticated(request, credentials) or _route(request, store, rules)

    return handle


def refuse(problem: Problem, headers: dict[str, str] | None = None) -> Response:
    """The error envelope (G)."""
    data = {"message": problem.message}
    if problem.path is not None:
        data |= {"field": str(problem.field), "field_path": problem.path}
    return json_response({"status": problem.identifier, "data": data}, problem.status, headers)


def unauthenticated(request: Request, credentials: Credentials) -> Response | None:
    """The refusal of a request without the right credentials, or None (R G)."""
    sent = request.headers.get("authorization")
    if sent is None:
        return refuse(Problem("MISSING_AUTH", "Authentication is required.", status=401), _CHALLENGE)
    wanted = f"{credentials.user}:{credentials.password}".encode()
    if not hmac.compare_digest(basic(sent), wanted):
        return refuse(Problem("INVALID_AUTH", "Wrong user or password.", status=401), _CHALLENGE)
    return None


def basic(header: str) -> bytes:
    """The `user:password` of an Authorization header, or nothing."""
    scheme, _, token = header.partition(" ")
    try:
        return base64.b64decode(token.strip(), validate=True) if scheme.lower() == "basic" else b""
    except (binascii.Error, ValueError):
        return b""


def target(request: Request) -> str | None:
    """The last part of a customer's path, as text, or None for any other path."""
    found = _CUSTOMER.fullmatch(request.path)
    return found and found[1]


def is_list(request: Request) -> bool:
    return request.method == "GET" and request.path == LIST_PATH


def is_update(request: Request) -> bool:
    return request.method == "PUT" and target(request) is not None


def number_of(request: Request) -> int | None:
    """The number in an update's path, or None where there is none."""
    text = target(request) or ""
    return int(text) if _NUMBER.fullmatch(text) else None


def _route(request: Request, store: Store, rules: Rules) -> Response:
    if is_list(request):
        return _list(request, store, rules)
    if is_update(request):
        return _update(request, store, rules)
    if request.path == LIST_PATH or (target(request) is not None and request.method != "GET"):
        allowed = "GET" if request.path == LIST_PATH else "PUT"
        return refuse(Problem("METHOD_NOT_ALLOWED", _OPERATIONS, status=405), {"allow": allowed})
    return refuse(Problem("NOT_FOUND", _OPERATIONS, status=404))


def not_found() -> Response:
    """The answer for an unknown customer (G O)."""
    return refuse(Problem("NOT_FOUND", "There is no such customer.", status=404))


def _list(request: Request, store: Store, rules: Rules) -> Response:
    selection = read_list(dict(request.query), rules)  # of a repeated parameter the last counts (I)
    if isinstance(selection, Problem):
        return refuse(selection)
    page = store.find(selection)
    return json_response({"status": "OK", "meta": {"total_count": page.total}, "data": page.customers})


def _update(request: Request, store: Store, rules: Rules) -> Response:
    changes = read_update(request.body, rules)
    if isinstance(changes, Problem):
        return refuse(changes)
    number = number_of(request)
    customer = None if number is None else store.read(number)
    if number is None or customer is None:
        return not_found()
    updated_at = now(after=customer.get("updated_at"))
    merged = merge(customer, changes, rules) | {"updated_at": updated_at}
    try:
        store.write(number, merged)
    except NumberTakenError:
        return refuse(Problem("INVALID_PARAMETER", "The number is taken.", "customer_no"))  # O
    return json_response({"status": "OK", "data": merged})


def now(after: Any = None) -> str:
    """The present, or one tick after an earlier stamp that is not yet past."""
    stamp = timestamp(present())
    if isinstance(after, str) and after >= stamp:
        return timestamp(datetime.fromisoformat(after) + timedelta(milliseconds=1))
    return stamp
