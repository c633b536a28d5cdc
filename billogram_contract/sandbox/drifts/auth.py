"""Drifts of authentication."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace

from billogram_contract.sandbox import kit
from billogram_contract.sandbox.app import basic, is_update, refuse
from billogram_contract.sandbox.catalogue import Family, Middleware, Upstream
from billogram_contract.sandbox.http import Request, Response
from billogram_contract.sandbox.rules import Problem

FAMILY = Family(__name__)


def _sent(request: Request) -> tuple[str, str] | None:
    """The user and the password that a request carries."""
    text = basic(request.headers.get("authorization", "")).decode("utf-8", errors="replace")
    user, colon, password = text.partition(":")
    return (user, password) if colon else None


def _has_user(upstream: Upstream, request: Request) -> bool:
    sent = _sent(request)
    return sent is not None and sent[0] == upstream.credentials.user


def _has_password(upstream: Upstream, request: Request) -> bool:
    sent = _sent(request)
    return sent is not None and sent[1] == upstream.credentials.password


def _has_empty_password(upstream: Upstream, request: Request) -> bool:
    return _sent(request) == (upstream.credentials.user, "")


def _is_anonymous(request: Request) -> bool:
    return "authorization" not in request.headers


def _is_unreadable(upstream: Upstream, request: Request) -> bool:
    return not _is_anonymous(request) and _sent(request) is None


def _admit(admitted: Callable[[Upstream, Request], bool]) -> Middleware:
    """Gives some requests the right credentials."""

    def change(upstream: Upstream, request: Request) -> Request:
        if not admitted(upstream, request):
            return request
        pair = f"{upstream.credentials.user}:{upstream.credentials.password}"
        token = base64.b64encode(pair.encode()).decode()
        return replace(request, headers={**request.headers, "authorization": f"Basic {token}"})

    return kit.edit_request(change)


def _refusing_as(identifier: str, status: int) -> Middleware:
    """Answers one kind of 401 with another status code."""
    return kit.set_answer(
        lambda request, response: response.status == 401 and response.json()["status"] == identifier,
        status=status,
    )


def _to_login(request: Request, response: Response) -> Response:
    return replace(response, status=302, headers={**response.headers, "location": "/login"})


drift = FAMILY.breaking("auth.basic")
drift("update-forbidden", "The right credentials no longer open the update.")(
    kit.refuse_first(
        lambda upstream, request: is_update(request),
        lambda: refuse(Problem("PERMISSION_DENIED", "The permission is missing.", status=403)),
    )
)

drift = FAMILY.breaking("auth.missing", "auth.wrong-password", "auth.unknown-user")
drift("auth-unchecked", "No credentials are asked for.")(_admit(lambda upstream, request: True))
drift("auth-unchecked-on-update", "The update asks for no credentials.")(
    _admit(lambda upstream, request: is_update(request))
)

drift = FAMILY.breaking("auth.missing")
drift("missing-auth-accepted", "A request without credentials is let in; wrong ones are not.")(
    _admit(lambda upstream, request: _is_anonymous(request))
)
drift("unreadable-credentials-accepted", "Credentials that are none are let in.")(_admit(_is_unreadable))

drift = FAMILY.breaking("auth.wrong-password")
drift("wrong-password-accepted", "The user is enough, whatever the password.")(_admit(_has_user))
drift("empty-password-accepted", "An empty password is let in; other wrong ones are not.")(
    _admit(_has_empty_password)
)

drift = FAMILY.breaking("auth.unknown-user")
drift("unknown-user-accepted", "The password is enough, whoever the user.")(_admit(_has_password))

drift = FAMILY.breaking("auth.missing", "answer.error-identifier")
drift("missing-auth-answers-400", "Missing credentials are answered 400.")(_refusing_as("MISSING_AUTH", 400))

drift = FAMILY.breaking("auth.wrong-password", "auth.unknown-user", "auth.missing", "answer.error-identifier")
drift("wrong-auth-answers-404", "Wrong credentials are answered 404.")(_refusing_as("INVALID_AUTH", 404))

drift = FAMILY.breaking("answer.status-documented", "auth.missing")
drift("missing-auth-redirects", "A request without credentials is sent to a login page.")(
    kit.edit_answer(_to_login, lambda request, response: _is_anonymous(request))
)
