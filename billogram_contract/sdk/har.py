"""What passed the proxy as a HAR file, redacted: `examine` reads it again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from billogram_contract.recording import sources
from billogram_contract.recording.redaction import Exchange, Redaction, parsed
from billogram_contract.results.files import write_whole
from billogram_contract.spec import description
from billogram_contract.upstream.exchange import Query

MOST = 5_000  # exchanges
LARGEST = 64 * 2**20  # bytes of all bodies
PLAIN = ("page", "page_size", "filter_type", "filter_field", "order_field", "order_direction")
WORD = re.compile("[a-z0-9_:-]{0,40}")
LEFT_OUT = b"(left out: no JSON)"


class Tape:
    """The exchanges that are kept for the file, up to a bound; `left_out` counts those beyond it."""

    def __init__(self) -> None:
        self.left_out = 0
        self._exchanges: list[Exchange] = []
        self._size = 0

    def keep(self, exchange: Exchange) -> None:
        """Keeps an exchange, if there is room for it."""
        size = len(exchange.content) + len(exchange.body or b"")
        if len(self._exchanges) >= MOST or self._size + size > LARGEST:
            self.left_out += 1
            return
        self._size += size
        self._exchanges.append(exchange)

    def write(self, path: Path, base_url: str) -> None:
        """Writes the file, all that tells of a person replaced; raises SetupError where it cannot."""
        described = sources.read((), description.load())
        plain = described.literals | _plain(self._exchanges)
        redaction = Redaction(self._exchanges, replace(described, literals=plain))
        started = datetime.now(UTC).isoformat(timespec="milliseconds")
        entries = [_entry(redaction.of(_json_only(one)), base_url, started) for one in self._exchanges]
        creator = {"name": "billogram-contract", "version": version("billogram-contract")}
        log = {"log": {"version": "1.2", "creator": creator, "entries": entries}}
        write_whole(json.dumps(log, indent=1, ensure_ascii=False) + "\n", path)


def _plain(exchanges: Iterable[Exchange]) -> set[str]:
    """The values of queries that tell nothing of a person: pages, fields, directions."""
    pairs = (pair for one in exchanges for pair in _query(one))
    return {value for name, value in pairs if name in PLAIN and WORD.fullmatch(value)}


def _query(exchange: Exchange) -> Query:
    return tuple(parse_qsl(urlsplit(exchange.url).query, keep_blank_values=True))


def _json_only(exchange: Exchange) -> Exchange:
    """An exchange without a request's body that is no JSON, where nothing tells a person's data apart."""
    try:
        parsed(exchange.body)
    except (ValueError, RecursionError):
        body = LEFT_OUT if exchange.body else exchange.body
        return Exchange(
            exchange.method, exchange.url, body, exchange.status, exchange.headers, exchange.content
        )
    return exchange


def _entry(exchange: Exchange, base_url: str, started: str) -> dict[str, Any]:
    url = base_url + exchange.url.removeprefix("http://localhost")
    request: dict[str, Any] = {
        "method": exchange.method,
        "url": url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": [],
        "queryString": [{"name": name, "value": value} for name, value in _query(exchange)],
        "headersSize": -1,
        "bodySize": len(exchange.body or b""),
    }
    if exchange.body is not None:
        request["postData"] = {
            "mimeType": "application/json",
            "text": exchange.body.decode("utf-8", "replace"),
        }
    return {
        "startedDateTime": started,
        "time": 0,
        "request": request,
        "response": {
            "status": exchange.status,
            "statusText": "",
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": [{"name": name, "value": value} for name, value in exchange.headers.items()],
            "content": {
                "size": len(exchange.content),
                "mimeType": exchange.headers.get("content-type", ""),
                "text": exchange.content.decode("utf-8", "replace"),
            },
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": -1,
        },
        "cache": {},
        "timings": {"send": 0, "wait": 0, "receive": 0},
    }
