"""How VCR sees a request and an answer, and when two requests ask the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from vcr.request import Request

from billogram_contract.recording import cassettes
from billogram_contract.recording.redaction import Exchange, parsed, written


def is_same(asked: Any, recorded: Any) -> bool:
    """Whether two requests ask the same, wherever they went: method, path, query, body."""
    one, other = urlsplit(asked.uri), urlsplit(recorded.uri)
    return (
        (asked.method, one.path) == (recorded.method, other.path)
        and parse_qsl(one.query, keep_blank_values=True) == parse_qsl(other.query, keep_blank_values=True)
        and _body(asked.body) == _body(recorded.body)
    )


def _body(content: bytes | None) -> bytes | None:
    """A body in one spelling."""
    try:
        return content and written(parsed(content))
    except (ValueError, RecursionError):
        return content


def vcr_interactions(exchanges: Sequence[Exchange]) -> tuple[list[Any], list[Any]]:
    """Exchanges as VCR holds them once loaded."""
    requests = [Request(one.method, one.url, one.body, {}) for one in exchanges]
    responses = [
        {**cassettes.interaction_of(one)["response"], "body": {"string": one.content}} for one in exchanges
    ]
    return requests, responses
