"""Values and requests in a few words: what repeats is counted, what is long is cut with its length."""

from __future__ import annotations

import json
import re
from typing import Any

from billogram_contract.upstream.exchange import Call

MOST = 5  # members of an object or a list that are shown
LONGEST = 60  # characters of a text that is shown whole
ABSENT = object()  # no such key
ABSENT_PARENT = object()  # nor what it would be in

CREDENTIALS = {
    "none": "no credentials at all",
    "wrong password": "a wrong password",
    "empty password": "an empty password",
    "password in other case": "the password in other case",
    "unreadable": "credentials that nobody can read",
    "unknown user": "an unknown user",
    "empty user": "an empty user name",
}

_REPEATED = re.compile(r"(.{1,4}?)\1{7,}", re.DOTALL)


def value(told: Any) -> str:
    """A value as it came; how it is absent is said exactly."""
    if told is ABSENT:
        return "the key is absent"
    if told is ABSENT_PARENT:
        return "absent, with what it stands in"
    if isinstance(told, str):
        return text(told)
    if isinstance(told, dict):
        inner = ", ".join(f"{json.dumps(name)}: {value(one)}" for name, one in list(told.items())[:MOST])
        return f"{{{inner}{', …' if len(told) > MOST else ''}}}"
    if isinstance(told, list):
        return f"[{', '.join(map(value, told[:MOST]))}{', …' if len(told) > MOST else ''}]"
    return json.dumps(told)


def text(told: str) -> str:
    """A text in quotes: what repeats itself is counted, what is long is cut with its length."""
    found = _REPEATED.fullmatch(told) if len(told) > 12 else None
    if found:
        return f"{quoted(found[1])} × {len(told) // len(found[1])}"
    if len(told) <= LONGEST:
        return quoted(told)
    half = LONGEST // 2
    return f"{quoted(told[:half])} … {quoted(told[-10:])} ({len(told)} characters)"


def apart(one: Any, other: Any) -> tuple[str, str]:
    """Two values beside each other: of long texts, what stands around the first place where they differ."""
    if not isinstance(one, str) or not isinstance(other, str) or max(len(one), len(other)) <= LONGEST:
        return value(one), value(other)
    first = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    if first is None or first < LONGEST // 2:
        return value(one), value(other)
    shown = [f"… {quoted(told[first - 15 : first + 25])} …" for told in (one, other)]
    return shown[0], shown[1]


def quoted(told: str) -> str:
    return json.dumps(told, ensure_ascii=False)


def request(call: Call, deciding: frozenset[str] = frozenset()) -> str:
    """A request in a line; of a body, the members that decide, where they are given."""
    who = (
        "" if call.credentials == "right" else f" with {CREDENTIALS.get(call.credentials, call.credentials)}"
    )
    asked = f"{call.method} {readable(call)}{who}"
    if call.body is None:
        return asked
    try:
        body = json.loads(call.body)
    except ValueError:
        return f"{asked} {text(call.body.decode('utf-8', 'replace'))}"
    if isinstance(body, dict) and deciding & body.keys():
        left_out = len(body.keys() - deciding)
        shown = value({name: one for name, one in body.items() if name in deciding})
        return f"{asked} {shown}" + (f" and {left_out} more" if left_out else "")
    return f"{asked} {value(body)}"


def readable(call: Call) -> str:
    """Path and query for people: nothing is encoded."""
    path = "/customer" if call.number is None else f"/customer/{call.number}"
    query = (
        f"{name}={one if one and one.isascii() and ' ' not in one else text(one)}" for name, one in call.query
    )
    return " ".join([path, *query])
