"""Redaction: what of an exchange is kept, by an allow-list, and what gets a pseudonym.

Kept are what the suite itself sent, customer numbers, counts, truth values, timestamps, error identifiers,
names of fields, and the few texts of customers that tell nothing of a person. Everything else is replaced,
what is undocumented included.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from billogram_contract.recording.pseudonyms import EMAIL, NUMBER, URL, Pseudonyms, folded
from billogram_contract.recording.vocabulary import vocabulary

_WORD = re.compile(
    f"{EMAIL.pattern}|(?:{URL.pattern.removeprefix('(?i)')})|{NUMBER.pattern}|\\w+", re.IGNORECASE
)

Replace = Callable[[str, str], str]

# The fields whose values are kept, as long as they look as they should.
KEPT: Mapping[str, re.Pattern[str]] = {
    "customer_no": re.compile(r"-?[0-9]{1,15}"),
    "company_type": re.compile(r"[a-z][a-z _-]{0,30}"),
    "language": re.compile(r"[A-Za-z]{1,3}(?:[-_][A-Za-z]{2})?"),
    "recurring_payment_type": re.compile(r"[a-z_]{1,20}"),
    "created_at": re.compile(r"[0-9TZtz:.,+ -]{4,40}"),
    "updated_at": re.compile(r"[0-9TZtz:.,+ -]{4,40}"),
    "status": re.compile(r"[A-Za-z][A-Z_a-z]{0,60}"),
    "field": re.compile(r"[a-z][a-z_0-9]{0,40}(?::[a-z_0-9]{1,40})*"),
    "field_path": re.compile(r"[a-z][a-z_0-9]{0,40}(?::[a-z_0-9]{1,40})*"),
}
COUNTS = ("customer_no", "total_count")  # the numbers that are kept
IDENTITIES = ("org_no", "vat_no")
PROSE = ("message",)
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,40}")  # of a field
HEADERS: Mapping[str, re.Pattern[str]] = {
    "content-type": re.compile(
        r"[A-Za-z0-9.+-]{1,40}/[A-Za-z0-9.+-]{1,40}(?:; ?[a-z]{1,20}=[A-Za-z0-9-]{1,20})?"
    ),
    "retry-after": re.compile(r"[0-9]{1,6}"),
}


class Received(str):
    """A text that upstream answered; what a check takes from it is one too."""

    __slots__ = ()

    def __str__(self) -> str:
        return self


def _keeping(name: str) -> Callable[..., Any]:
    plain = getattr(str, name)

    def method(self: Received, *args: Any) -> Any:
        return received(plain(self, *args))

    return method


for _name in ("__getitem__", "strip", "lstrip", "rstrip", "lower", "upper", "casefold", "replace", "split"):
    setattr(Received, _name, _keeping(_name))


class ReceivedInteger(int):
    """A number that upstream answered where a text would stand."""


class ReceivedFraction(float):
    """Likewise."""


def received(value: Any, field: str = "") -> Any:
    """A JSON value with its texts known as received, and its numbers where they are no counts."""
    if isinstance(value, str):
        return Received(value)
    if isinstance(value, dict):
        return {name: received(one, name) for name, one in value.items()}
    if isinstance(value, list):
        return [received(one, field) for one in value]
    if field in COUNTS or isinstance(value, bool | None):
        return value
    return ReceivedInteger(value) if isinstance(value, int) else ReceivedFraction(value)


def made_texts(value: Any) -> Iterator[str]:
    """The texts and numbers in what the suite sends that it did not receive before."""
    for _, one in leaves(value):
        if not isinstance(one, bool | None | Received | ReceivedInteger | ReceivedFraction):
            yield str(one)


def leaves(value: Any, field: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of a JSON document with the name of the field that it stands in."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from leaves(one, str(name))
    elif isinstance(value, list):
        for one in value:
            yield from leaves(one, field)
    else:
        yield field, value


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
    """Redacts the exchanges of one recording, which it looks through as a whole first."""

    def __init__(self, exchanges: Iterable[Exchange], made: Iterable[str], searched: Iterable[str]) -> None:
        self._made = {*made}
        texts: list[tuple[str, str]] = []
        answered: set[str] = set()
        for exchange in exchanges:
            found = list(_texts(exchange.content))
            self._made |= _respelt(exchange, answered, self._made)
            answered |= {text for _, text in found}
            texts += found
        identities = (text for field, text in texts if field in IDENTITIES)
        self._pseudonyms = Pseudonyms(self._made, searched, [text for _, text in texts], identities)
        self._words = vocabulary() | {word for text in self._made for word in re.findall(r"\w+", text)}

    def of(self, exchange: Exchange) -> Exchange:
        """An exchange as it may be written."""
        return replace(
            exchange,
            url=self._address(exchange.url),
            body=self.sent(exchange.body),
            headers=_headers(exchange.headers),
            content=self._answered(exchange.content),
        )

    def _address(self, url: str) -> str:
        """An address whose query holds no more of a person than the rest."""
        parts = urlsplit(url)
        query = parse_qsl(parts.query, keep_blank_values=True)
        field = dict(query).get("filter_field", "").rpartition(":")[2]
        pairs = [(name, self.text(value, field)) for name, value in query]
        return parts._replace(query=urlencode(pairs)).geturl()

    def text(self, text: str, field: str = "") -> str:
        """A text of a field as it may be written, whoever sent it."""
        is_kept = field in KEPT and KEPT[field].fullmatch(text)
        return text if is_kept or text in self._made else self._pseudonyms.of(text, field)

    def sent(self, body: bytes | None) -> bytes | None:
        """A request's body: what the suite made of it is kept, what it had received is not."""
        if body is None:
            return None
        try:
            return written(self._mapped(parsed(body), self.text))
        except (ValueError, RecursionError):
            return body  # no JSON: the suite's own

    def _answered(self, content: bytes) -> bytes:
        try:
            return written(self._mapped(parsed(content), self._answered_text))
        except (ValueError, RecursionError):
            return self._no_json(content)

    def _mapped(self, value: Any, change: Replace, field: str = "") -> Any:
        if isinstance(value, dict):
            return {
                name if NAME.fullmatch(name) else change(name, ""): self._mapped(one, change, name)
                for name, one in value.items()
            }
        if isinstance(value, list):
            return [self._mapped(one, change, field) for one in value]
        if isinstance(value, str):
            return change(value, field)
        if field in COUNTS or isinstance(value, bool | None):
            return value
        return self._number(value)

    def _number(self, value: int | float) -> int | float:
        """A number where a customer's text would stand, or in an undocumented field."""
        if str(value) in self._made:
            return value
        digits = self._pseudonyms.of(f"{abs(value):f}" if isinstance(value, float) else str(abs(value)))
        return type(value)(re.sub("^0(?=[0-9])", "1", digits)) * (-1 if value < 0 else 1)

    def _answered_text(self, text: str, field: str) -> str:
        return self._prose(text) if field in PROSE else self.text(text, field)

    def _prose(self, text: str) -> str:
        """An error's words: those that everybody uses are kept."""
        return _WORD.sub(lambda match: self._unless_known(match[0], match.start() == 0), text)

    def _unless_known(self, word: str, is_first: bool) -> str:
        known = word in self._words or (is_first and word.lower() in self._words)
        return word if known else self.text(word)

    def _no_json(self, content: bytes) -> bytes:
        """A body that is no JSON keeps its signs, and only the words that everybody uses."""
        try:
            return self._prose(content.decode("utf-8")).encode("utf-8")
        except UnicodeError:
            return self._prose(content.decode("latin-1")).encode("latin-1", "replace")


def _texts(content: bytes) -> Iterator[tuple[str, str]]:
    try:
        values = leaves(parsed(content))
        yield from ((field, str(one)) for field, one in values if not isinstance(one, bool | None))
    except (ValueError, RecursionError):
        yield "", content.decode("utf-8", "replace")


def _respelt(exchange: Exchange, before: set[str], made: set[str]) -> set[str]:
    """What an update's answer shows of texts that the suite made, in another spelling or cut short."""
    try:
        sent, answer = parsed(exchange.body), parsed(exchange.content)
        told = dict(_places(sent))
        seen = dict(_places(answer["data"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        return set()
    return {
        text
        for place, text in seen.items()
        if told.get(place) in made
        and text not in before
        and _plain(text)
        and _plain(text) in _plain(told[place])
    }


def _places(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _places(one, f"{place}/{name}")
    elif isinstance(value, str):
        yield place, value


def _plain(text: str) -> str:
    return "".join(letter for letter in folded(text) if letter.isalnum())


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value for name, value in headers.items() if name in HEADERS and HEADERS[name].fullmatch(value)
    }
