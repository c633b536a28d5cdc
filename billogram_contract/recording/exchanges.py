"""RecordingSession exchanges as answers, to be held against the contract like any other."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote, urlsplit

from billogram_contract.recording.redaction import Exchange
from billogram_contract.upstream.exchange import Answer, Call

_LIST = re.compile(r".*/customer/?")
_UPDATE = re.compile(r".*/customer/([^/]+)")


def call_of(exchange: Exchange) -> Call | None:
    """What was asked, if it was one of the two operations."""
    parts = urlsplit(exchange.url)
    if exchange.method == "GET" and _LIST.fullmatch(parts.path):
        query = parse_qsl(parts.query, keep_blank_values=True, errors="replace")
        return Call(query=tuple(query))
    if exchange.method == "PUT" and (match := _UPDATE.fullmatch(parts.path)):
        return Call(number=unquote(match[1], errors="replace"), body=exchange.body or b"")
    return None


def answer_of(exchange: Exchange) -> Answer:
    """What was answered; raises ValueError where none of the two operations was asked."""
    call = call_of(exchange)
    if call is None:
        raise ValueError(f"{exchange.method} {exchange.url} is none of the two operations")
    return Answer(call, exchange.status, exchange.headers, exchange.content)
