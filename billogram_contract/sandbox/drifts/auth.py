"""Drifts of authentication."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace

from billogram_contract.sandbox.app import basic, is_update, refuse
from billogram_contract.sandbox.http import Handler, Request, Response
from billogram_contract.sandbox.rules import Problem
from billogram_contract.sandbox.wrapping import Upstream, declare, drift, edit_answer, refuse_first


def _admit(upstream: Upstream, applies: Callable[[Request], bool]) -> Handler:
    """Gives some requests the right credentials."""
    pair = f"{upstream.credentials.user}:{upstream.credentials.password}"
    right = {"authorization": "Basic " + base64.b64encode(pair.encode()).decode()}

    def handle(request: Request) -> Response:
        if applies(request):
            request = replace(request, headers={**request.headers, **right})
        return upstream.handle(request)

    return handle


def _sent(request: Request) -> tuple[str, str] | None:
    """The user and the password that a request carries."""
    text = basic(request.headers.get("authorization", "")).decode("utf-8", errors="replace")
    user, colon, password = text.partition(":")
    return (user, password) if colon else None


def _has_user(upstream: Upstream, request: Request) -> bool:
    sent = _sent(request)
    return sent is not None and sent[0] == upstream.credentials.user


def _without_credentials(request: Request) -> bool:
    return "authorization" not in request.headers


@drift("update-forbidden", breaks="auth.basic")
def _update_forbidden(upstream: Upstream) -> Handler:
    """The right credentials no longer open the update."""
    problem = Problem("PERMISSION_DENIED", "The permission is missing.", status=403)
    return refuse_first(upstream, is_update, lambda: refuse(problem))


declare(
    "auth-unchecked",
    ("auth.missing", "auth.wrong-password", "auth.unknown-user"),
    "No credentials are asked for.",
    lambda upstream: _admit(upstream, lambda request: True),
)
declare(
    "auth-unchecked-on-update",
    ("auth.missing", "auth.wrong-password", "auth.unknown-user"),
    "The update asks for no credentials.",
    lambda upstream: _admit(upstream, is_update),
)
declare(
    "missing-auth-accepted",
    "auth.missing",
    "A request without credentials is let in; wrong ones are not.",
    lambda upstream: _admit(upstream, _without_credentials),
)
declare(
    "wrong-password-accepted",
    "auth.wrong-password",
    "The user is enough, whatever the password.",
    lambda upstream: _admit(upstream, lambda request: _has_user(upstream, request)),
)


declare(
    "empty-password-accepted",
    "auth.wrong-password",
    "An empty password is let in; other wrong ones are not.",
    lambda upstream: _admit(
        upstream, lambda request: _has_user(upstream, request) and (_sent(request) or "x")[1] == ""
    ),
)
declare(
    "unreadable-credentials-accepted",
    "auth.missing",
    "Credentials that are none are let in.",
    lambda upstream: _admit(
        upstream, lambda request: "authorization" in request.headers and _sent(request) is None
    ),
)


@drift("unknown-user-accepted", breaks="auth.unknown-user")
def _unknown_user_accepted(upstream: Upstream) -> Handler:
    """The password is enough, whoever the user."""
    password = upstream.credentials.password
    return _admit(upstream, lambda request: (_sent(request) or ("", ""))[1] == password)


def _unauthenticated_as(upstream: Upstream, identifier: str, status: int) -> Handler:
    def edit(request: Request, response: Response) -> Response:
        if response.status != 401 or response.json()["status"] != identifier:
            return response
        return replace(response, status=status)

    return edit_answer(upstream, edit)


declare(
    "missing-auth-answers-400",
    ("auth.missing", "answer.error-identifier"),
    "Missing credentials are answered 400.",
    lambda upstream: _unauthenticated_as(upstream, "MISSING_AUTH", 400),
)
declare(
    "wrong-auth-answers-404",
    ("auth.wrong-password", "auth.unknown-user", "auth.missing", "answer.error-identifier"),
    "Wrong credentials are answered 404.",
    lambda upstream: _unauthenticated_as(upstream, "INVALID_AUTH", 404),
)


@drift("missing-auth-redirects", breaks=("answer.status-documented", "auth.missing"))
def _missing_auth_redirects(upstream: Upstream) -> Handler:
    """A request without credentials is sent to a login page."""

    def edit(request: Request, response: Response) -> Response:
        if not _without_credentials(request):
            return response
        return replace(response, status=302, headers={**response.headers, "location": "/login"})

    return edit_answer(upstream, edit)
