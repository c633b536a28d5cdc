"""One exchange with upstream: what was asked and what came."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from billogram_contract.errors import Blocked
from billogram_contract.spec.description import LIST, UPDATE

Query = tuple[tuple[str, str], ...]

LONGEST_BODY = 300  # bytes of a body in a request in short

CURL_CREDENTIALS = {
    "right": '-u "$BILLOGRAM_API_USER:$BILLOGRAM_API_PASSWORD"',
    "none": "",
    "wrong password": '-u "$BILLOGRAM_API_USER:wrong"',
    "empty password": '-u "$BILLOGRAM_API_USER:"',
    "password in other case": (
        "-u \"$BILLOGRAM_API_USER:$(echo \"$BILLOGRAM_API_PASSWORD\" | tr 'A-Za-z' 'a-zA-Z')\""
    ),
    "unreadable": "-H 'Authorization: Basic !'",
    "unknown user": '-u "unknown:$BILLOGRAM_API_PASSWORD"',
    "empty user": '-u ":$BILLOGRAM_API_PASSWORD"',
}


@dataclass(frozen=True)
class Call:
    """What is asked: the list with a query, or the update of a customer number with a body.

    `credentials` is a key of CURL_CREDENTIALS; `body` is None for the list.
    """

    number: str | None = None
    query: Query = ()
    body: bytes | None = None
    credentials: str = "right"

    @property
    def operation(self) -> tuple[str, str]:
        return LIST if self.number is None else UPDATE

    @property
    def method(self) -> str:
        return self.operation[0]

    @property
    def path(self) -> str:
        """Path and query below the base URL."""
        path = "/customer" if self.number is None else f"/customer/{quote(self.number, safe='')}"
        return f"{path}?{urlencode(self.query)}" if self.query else path

    @property
    def brief(self) -> str:
        """The request in short, for a person."""
        body = "" if self.body is None else f" {self.body[:LONGEST_BODY].decode('utf-8', 'replace')}"
        more = "..." if len(self.body or b"") > LONGEST_BODY else ""
        return f"{self.method} {self.path}{body}{more}"

    def curl(self, base_url: str) -> str:
        """A shell line that asks the same again, credentials taken from the environment."""
        parts = ["curl -i", CURL_CREDENTIALS[self.credentials]]
        if self.body is not None:
            parts += ["-X PUT -H 'Content-Type: application/json'", f"--data-raw {_quoted(self.body)}"]
        return " ".join([*filter(None, parts), shlex.quote(base_url + self.path)])


class Receiver(Protocol):
    """Who receives the answers of a run."""

    def receive(self, answer: Answer) -> None: ...


@dataclass(frozen=True, eq=False)
class Answer:
    """What came: status, headers (names in lower case) and content, with the call that it answers.

    `seconds` is how long it took, 0 where nobody measured; `undecoded` is a content coding that is named, and
    that the content is not in; `receiver` is who received it, for those who judge it later.
    """

    call: Call
    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)
    seconds: float = 0.0
    undecoded: str = ""
    receiver: Receiver | None = field(default=None, init=False, repr=False)

    def hand_to(self, receiver: Receiver) -> None:
        """Notes who received the answer."""
        object.__setattr__(self, "receiver", receiver)

    @cached_property
    def json(self) -> Any:
        """The parsed body; raises ValueError where it is no JSON in UTF-8, or not in its content coding."""
        if self.undecoded:
            raise ValueError(f"no {self.undecoded}, which Content-Encoding names")
        try:
            return json.loads(self.content.decode("utf-8"), parse_constant=_no_constant)
        except RecursionError:
            raise ValueError("nested too deeply") from None

    @property
    def brief(self) -> str:
        """Status and, where there is one, the identifier and message of an error, in a few words."""
        if self.status == 200:
            return "200"
        try:
            about = "".join(f", {name}" for name in self.named_fields[:1])
            return f"{self.status} {self.json['status']}{about} ({self.json['data']['message']})"
        except (ValueError, KeyError, TypeError):
            return f"{self.status} {self.content[:80].decode('utf-8', 'replace')!r}"

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def customer(self) -> dict[str, Any]:
        """The customer that an update answered; raises Blocked where there is none to read."""
        data = self._data()
        if not isinstance(data, dict):
            raise Blocked(
                f"{self.call.method} {self.call.path} answered no customer under data: {self.brief}"
            )
        return data

    @property
    def customers(self) -> list[dict[str, Any]]:
        """The customers that a list answered; raises Blocked where there are none to read."""
        data = self._data()
        if not isinstance(data, list) or not all(isinstance(entry, dict) for entry in data):
            raise Blocked(
                f"{self.call.method} {self.call.path} answered no customers under data: {self.brief}"
            )
        return data

    @property
    def numbers(self) -> list[Any]:
        """The customer numbers that a list answered, in its order, as integers where they are whole."""
        return [whole(entry.get("customer_no")) for entry in self.customers]

    @property
    def total_count(self) -> int:
        """How many customers match, over all pages; raises Blocked where the list doesn't say."""
        try:
            count = self.json["meta"]["total_count"]
        except (ValueError, KeyError, TypeError):
            count = None
        if not isinstance(count, int):
            raise Blocked(f"{self.call.method} {self.call.path} answered no meta.total_count.")
        return count

    @property
    def identifier(self) -> str | None:
        """The error's identifier, where there is one."""
        try:
            identifier = self.json["status"]
        except (ValueError, KeyError, TypeError):
            return None
        return identifier if isinstance(identifier, str) else None

    @property
    def named_fields(self) -> list[str]:
        """The fields that an error names in `field` and `field_path`, if any."""
        try:
            data = self.json["data"]
            return [
                name for name in (data.get("field"), data.get("field_path")) if isinstance(name, str) and name
            ]
        except (ValueError, KeyError, TypeError, AttributeError):
            return []

    def _data(self) -> Any:
        try:
            return self.json["data"] if self.is_success else None
        except (ValueError, KeyError, TypeError):
            return None


def _quoted(body: bytes) -> str:
    """A body as a word of the shell, on one line; bash's own quotes where plain ones can't say it."""
    text = body.decode("utf-8", "replace")
    if text.isprintable() and "\ufffd" not in text:
        return shlex.quote(text)
    shown = "".join(
        chr(one) if 32 <= one < 127 and chr(one) not in "\\'" else f"\\x{one:02x}" for one in body
    )
    return f"$'{shown}'"


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def whole(number: Any) -> Any:
    """A customer number as an integer where it is whole, whatever JSON type it came as."""
    return int(number) if str(number).isdecimal() else number
