"""Redaction: what of an exchange is kept, by an allow-list, and what gets a pseudonym.

Kept are the suite's own texts, customer numbers, counts, truth values, timestamps, names of fields, and what
the description lists. Everything else is replaced, whoever sent it, what is undocumented included.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from billogram_contract.recording.own_texts import OwnTexts
from billogram_contract.recording.pseudonyms import Pseudonyms
from billogram_contract.recording.sources import Sources, plain

Place = tuple[str, ...]

COUNTS = ("customer_no", "total_count")  # the numbers that are kept
IDENTITIES = ("org_no", "vat_no")
NAMING = ("field", "field_path", "filter_field", "order_field")  # whose values are names of fields
PATTERNS: Mapping[str, re.Pattern[str]] = {
    **dict.fromkeys(("created_at", "updated_at"), re.compile(r"[12]\d{3}-\d\d-\d\d[0-9TZtz:.,+ -]{0,30}")),
    **dict.fromkeys(("page", "page_size"), re.compile(r"-?\d{1,4}")),
    "language": re.compile("[A-Za-z]{2}"),
}
MESSAGE, NO_MESSAGE = "message", "(not recorded)"
NAME = re.compile(r"[a-z][A-Za-z0-9_]{0,40}")  # of a field
HEADERS: Mapping[str, re.Pattern[str]] = {
    "content-type": re.compile(
        r"[A-Za-z0-9.+-]{1,40}/[A-Za-z0-9.+-]{1,40}(?:; ?[a-z]{1,20}=[A-Za-z0-9-]{1,20})?"
    ),
    "content-encoding": re.compile("[a-z, ]{1,30}"),  # left only where the body is not in it
    "retry-after": re.compile(r"[0-9]{1,6}"),
}


@dataclass(frozen=True)
class Exchange:
    """One request and its answer, as bytes; header names in lower case."""

    method: str
    url: str
    body: bytes | None
    status: int
    headers: Mapping[str, str]
    content: bytes


def parsed(content: bytes | None) -> Any:
    """A body as JSON; raises ValueError where it is none that can be written again."""
    value = json.loads((content or b"").decode("utf-8"), parse_constant=_refuse)
    json.dumps(value, allow_nan=False)
    return value


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def written(value: Any) -> bytes:
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode("utf-8")


class Redaction:
    """Redacts the exchanges of one recording, which it looks through first, as a whole and in their order.

    `numbers` are the customer numbers that the run was given, `before` what else the recording holds, by
    cassettes and redacted, those that checks share first. The same `key` gives the same pseudonyms.
    """

    def __init__(
        self,
        exchanges: Iterable[Exchange],
        sources: Sources,
        *,
        numbers: Iterable[int] = (),
        before: Iterable[Sequence[Exchange]] = (),
        key: bytes | None = None,
    ) -> None:
        self._sources = sources
        self._numbers = {*map(str, numbers)}
        self._own = OwnTexts(sources.literals, self._numbers)
        self._answered: set[str] = set()
        self._unknown: set[str] = set()  # sent before anybody had answered them, and none of ours
        self._names: set[str] = set()
        self._searched: set[str] = set()
        seen: set[str] = set()
        for cassette in before:
            self._look_at_redacted(cassette, seen)
        texts: list[tuple[str, str]] = []
        for exchange in exchanges:
            self._look_at_request(exchange)
            texts += self._look_at_answer(exchange)
        others = [(field, text) for field, text in texts if text not in self._own]
        self._pseudonyms = Pseudonyms(
            self._own.sent,
            self._searched & self._own.sent,
            [text for _, text in others],
            [text for field, text in others if field in IDENTITIES],
            sources.literals,
            key,
        )

    def is_repeatable(self, exchange: Exchange) -> bool:
        """Whether a replay can send the same: nothing but the suite's own, and what was answered as it is."""
        return self._unknown.isdisjoint(text for _, text in _sent_texts(exchange))

    def of(self, exchange: Exchange) -> Exchange:
        """An exchange as it may be written."""
        told, content = exchange.headers, self._body(exchange.content, self._answer)
        headers = {name: told[name] for name, form in HEADERS.items() if form.fullmatch(told.get(name, ""))}
        is_broken = isinstance(_document(content), str) or "content-encoding" in headers
        if is_broken and {"content-length", "transfer-encoding"} & told.keys():
            headers["content-length"] = str(len(content))  # it is not cut short: nobody asks for it again
        return replace(
            exchange,
            url=self._url(exchange.url),
            body=None if exchange.body is None else self._body(exchange.body, self._value),
            headers=headers,
            content=content,
        )

    # ---------------------------------------------------------------- looking through

    def _look_at_redacted(self, cassette: Sequence[Exchange], answered: set[str]) -> None:
        """Learns what is the suite's own where nothing else is kept: what nobody had answered before."""
        for exchange in cassette:
            sent = {text for field, text in _sent_texts(exchange) if not self._is_known(text, field)}
            self._own.sent |= {text for text in sent if text in self._own or text not in answered}
            self._searched |= _searched(exchange)
            answered.update(str(value) for _, _, value in _leaves(_document(exchange.content)))

    def _look_at_request(self, exchange: Exchange) -> None:
        for field, text in _sent_texts(exchange):
            if self._is_known(text, field):
                continue
            self._own.send(text)
            if text not in self._own and text not in self._answered:
                self._unknown.add(text)
        self._searched |= _searched(exchange)

    def _look_at_answer(self, exchange: Exchange) -> Iterator[tuple[str, str]]:
        """Learns what an answer teaches; its texts that are not kept whoever made them, with their fields."""
        answer = _document(exchange.content)
        sent = {place: str(value) for place, _, value in _leaves(_document(exchange.body))}
        for place, field, value in _leaves(answer):
            self._names.update(filter(NAME.fullmatch, place))
            text = str(value)
            self._answered.add(text)
            if isinstance(value, bool | None):
                continue
            if field == "customer_no" and re.fullmatch(r"-?\d{1,10}", text):
                self._numbers.add(text)
            elif not self._is_known(text, field):
                self._own.hear(text, sent.get(place[1:]) if place[:1] == ("data",) else None)
                yield field, text

    # ---------------------------------------------------------------- what may be written

    def _stays(self, text: str, field: str) -> bool:
        return text in self._own or self._is_known(text, field)

    def _is_known(self, text: str, field: str) -> bool:
        """Whether a text is one of those that a field may show of everybody."""
        if field == "customer_no":
            return text.isdecimal() and any(text in number for number in self._numbers)
        if field in NAMING:
            return self._sources.names.issuperset(re.findall(r"\w+", text))
        return text in self._sources.values or (field in PATTERNS and bool(PATTERNS[field].fullmatch(text)))

    def _url(self, url: str) -> str:
        parts = urlsplit(url)
        base, _, last = parts.path.rpartition("/")
        if base.endswith("/customer"):
            last = quote(self._value(unquote(last), "customer_no"), safe="")
        query = [(self._name(name), self._value(value, field)) for name, field, value in _asked(url)]
        return parts._replace(path=f"{base}/{last}", query=urlencode(query)).geturl()

    def _body(self, body: bytes, change: Callable[[Any, str], Any]) -> bytes:
        """A body with its values and names changed; one that is no JSON keeps its signs alone."""
        try:
            return written(self._mapped(parsed(body), change))
        except (ValueError, RecursionError):
            text, encoding = plain(body)
            return str(self._value(text, "")).encode(encoding, "replace")

    def _mapped(self, value: Any, change: Callable[[Any, str], Any], field: str = "") -> Any:
        if isinstance(value, dict):
            return {self._name(name): self._mapped(one, change, name) for name, one in value.items()}
        if isinstance(value, list):
            return [self._mapped(one, change, field) for one in value]
        return value if isinstance(value, bool | None) else change(value, field)

    def _name(self, name: str) -> str:
        known = name in self._names or self._stays(name, "")
        return name if known else self._pseudonyms.of(name)

    def _answer(self, value: Any, field: str) -> Any:
        if field == MESSAGE and isinstance(value, str):
            return value and NO_MESSAGE
        return value if field in COUNTS and not isinstance(value, str) else self._value(value, field)

    def _value(self, value: Any, field: str) -> Any:
        """A text, or a number where a text would stand, as it may be written."""
        if self._stays(str(value), field):
            return value
        if isinstance(value, str):
            return self._pseudonyms.of(value, field)
        digits = self._pseudonyms.of(f"{abs(value):f}" if isinstance(value, float) else str(abs(value)))
        return type(value)(re.sub("^0(?=[0-9])", "1", digits)) * (-1 if value < 0 else 1)


def _document(content: bytes | None) -> Any:
    """A body as JSON, or as one text."""
    try:
        return None if content is None else parsed(content)
    except (ValueError, RecursionError):
        return plain(content or b"")[0]


def _leaves(value: Any, place: Place = ()) -> Iterator[tuple[Place, str, Any]]:
    """The values of a JSON document: the names that lead to each, the last of them, and the value."""
    if value and isinstance(value, dict):
        for name, one in value.items():
            yield from _leaves(one, (*place, name))
    elif value and isinstance(value, list):
        for one in value:
            yield from _leaves(one, place)
    else:
        yield place, place[-1] if place else "", None if isinstance(value, dict | list) else value


def _query(url: str) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(url).query, keep_blank_values=True)


def _searched(exchange: Exchange) -> set[str]:
    return {value for name, value in _query(exchange.url) if name == "filter_value"}


def _asked(url: str) -> Iterator[tuple[str, str, str]]:
    """The parameters of a query: the name of each, the field that its value is of, the value."""
    query = _query(url)
    searched = dict(query).get("filter_field", "").rpartition(":")[2]
    yield from ((name, searched if name == "filter_value" else name, value) for name, value in query)


def _sent_texts(exchange: Exchange) -> Iterator[tuple[str, str]]:
    """Every text of a request with its field, names of fields among them."""
    base, _, last = urlsplit(exchange.url).path.rpartition("/")
    if base.endswith("/customer"):
        yield "customer_no", unquote(last)
    for name, field, value in _asked(exchange.url):
        yield from (("", name), (field, value))
    for place, field, value in _leaves(_document(exchange.body)):
        yield from (("", name) for name in place)
        if not isinstance(value, bool | None):
            yield field, str(value)
