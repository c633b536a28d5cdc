"""The guard: no update reaches a customer, or gives a number, that is not allotted to the run."""

from __future__ import annotations

import json
import math
from collections.abc import Container
from typing import Any

from billogram_contract.spec import description
from billogram_contract.upstream.exchange import Call
from billogram_contract.upstream.target import Target

BEYOND = 2**64  # no customer has a number as large as this


class NotAllowed(Exception):
    """A request that the suite may not send: it is a fault of the suite, and nothing was sent."""


def refuse_strangers(call: Call, target: Target, followed: Container[int]) -> None:
    """Raises NotAllowed where an update is of somebody else's customer, or gives somebody else's number.

    `followed` are numbers outside the pool at which upstream itself has put an allotted customer.
    """

    def is_ours(number: int | None) -> bool:
        if number is None or number < 1:  # asked first: `None in range(...)` walks through all of it
            return True
        return target.has(number) or number in followed

    body = document(call.body or b"")
    asked = readable(call.number)
    if not is_ours(asked) and not (asked or 0) >= BEYOND and not _asks_nothing(body):
        raise NotAllowed(f"PUT {call.path}: the customer is not allotted (--customers, --numbers)")
    given = body.get("customer_no") if isinstance(body, dict) else None
    if not is_ours(readable(given)) and not _is_half(given) and not _is_ruled_out(body):
        raise NotAllowed(f"PUT {call.path} gives {given!r}: the number is not allotted (--numbers)")


def document(body: bytes) -> Any:
    """The JSON document of a body, None where it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def given_number(body: bytes) -> int | None:
    """The number that an update may give its customer, None where it gives none."""
    told = document(body)
    return readable(told.get("customer_no")) if isinstance(told, dict) else None


def readable(value: Any) -> int | None:
    """The number that somebody lenient may read a value as, None where there is none."""
    if isinstance(value, int):
        return int(value)
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        pass
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return int(number) if math.isfinite(number) else None


def _is_half(value: Any) -> bool:
    """Whether a value is a number that is not whole, which nobody may be given."""
    return isinstance(value, float) and not value.is_integer()


def _asks_nothing(body: Any) -> bool:
    """Whether a body asks for nothing but a number that is none: whoever takes it has changed nothing."""
    return isinstance(body, dict) and body.keys() == {"customer_no"} and readable(body["customer_no"]) is None


def _is_ruled_out(body: dict[str, Any]) -> bool:
    """Whether the description rules the body out for another field, whose value is not of its enum."""
    properties = description.load().body_schema().value["properties"]
    return any(
        body[name] not in description.load().body(name).get("enum", [body[name]])
        for name in body.keys() & properties.keys()
        if name != "customer_no"
    )
