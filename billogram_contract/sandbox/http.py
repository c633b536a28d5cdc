"""Requests and responses as plain values, so that a handler is a function and a drift is one around it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

MEDIA_TYPE = "application/json"  # exactly: the Python client compares the whole header (C O)


@dataclass(frozen=True)
class Request:
    """A request as received: `query` keeps order and duplicates, names of `headers` are lower-case."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> Any:
        """The body as JSON, or None where it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


@dataclass(frozen=True)
class Response:
    """An answer to be sent; names of `headers` are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""

    def json(self) -> Any:
        """The body as JSON, or None where it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


Handler = Callable[[Request], Response]
Document = dict[str, Any]


def encode(document: Any) -> bytes:
    """Compact JSON in UTF-8; a lone surrogate, which UTF-8 cannot carry, becomes its JSON escape."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", errors="backslashreplace")


def json_response(document: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer that carries a JSON document."""
    return Response(status, {"content-type": MEDIA_TYPE, **(headers or {})}, encode(document))
