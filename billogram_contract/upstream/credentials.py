"""Credentials: the right ones and each way of having none, by the names that `Call.credentials` uses."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import requests
from requests.auth import HTTPBasicAuth

Sign = Callable[[requests.PreparedRequest], requests.PreparedRequest]


class Basic(HTTPBasicAuth):
    """HTTP Basic whose credentials no traceback shows."""

    def __repr__(self) -> str:
        return "Basic(***)"


def by_name(user: str, password: str) -> Mapping[str, Sign]:
    """What signs a request, by name."""
    name, secret = user.encode(), password.encode()
    return {
        "right": Basic(name, secret),
        "none": _none,
        "wrong password": Basic(name, secret + b"-wrong"),
        "empty password": Basic(name, b""),
        "password in other case": Basic(name, _in_other_case(password).encode()),
        "unreadable": _unreadable,
        "unknown user": Basic(b"unknown-" + name, secret),
        "empty user": Basic(b"", secret),
    }


def _in_other_case(password: str) -> str:
    """A password with the case of its letters turned, or another one where it has none."""
    turned = password.swapcase()
    return turned if turned != password else f"{password}-wrong"


def _none(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """No credentials; without it requests would look for some in ~/.netrc."""
    return request


def _unreadable(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Credentials that are none."""
    request.headers["Authorization"] = "Basic !"
    return request
