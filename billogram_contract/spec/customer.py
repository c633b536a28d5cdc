"""Customers as answered, compared in the way that upstream leaves open.

Tolerated, each with its source: null, absence and emptiness of what was never written (I), white space
around texts (I), inner white space of postal codes (O), what parts the digits of telephone numbers (I), the
two spellings of the street line (O), the precision of timestamps (R G), and where all is silent the case of
e-mail addresses and canonically equivalent Unicode.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

WRITABLE = (
    "name", "notes", "company_type", "language", "letter_forwarding_enabled",
    "contact", "address", "delivery_address", "edi",
)  # fmt: skip
STREET = ("street_address", "address_line_1")
NO_VALUE = "no value"
GENERATED = "/links"  # upstream's own: that a link is there is compared, not which
OPERATOR = "/edi/operator"  # seen once, in a sample: which one serves an electronic id is upstream's
TIMESTAMPS = ("created_at", "updated_at")


@dataclass(frozen=True)
class Difference:
    """One place where a customer is not as expected; pointer below the customer."""

    pointer: str
    expected: str
    observed: str


def differences(
    expected: dict[str, Any], observed: dict[str, Any], *, but: Iterable[str] = ()
) -> list[Difference]:
    """Where two accounts of one customer differ, `updated_at` and the fields named aside."""
    left_out = {"updated_at", *but}
    before, after = dict(leaves(expected)), dict(leaves(observed))
    names = sorted(name for name in before.keys() | after.keys() if name.split("/")[1] not in left_out)
    return [
        _difference(name, before.get(name), after.get(name))
        for name in names
        if before.get(name) != after.get(name)
    ]


def unwritten(body: dict[str, Any], answered: dict[str, Any]) -> list[Difference]:
    """The fields of an update's body that its answer doesn't show as they were written."""
    after = dict(leaves(answered))
    written = {name: value for name, value in leaves(body) if name != "/language"}
    if body.get("language"):
        written["/language"] = body["language"]
    return [
        _difference(name, value, after.get(name))
        for name, value in written.items()
        if after.get(name) != value
    ]


def leaves(customer: dict[str, Any], pointer: str = "") -> Iterator[tuple[str, Any]]:
    """Every written value of a customer by its JSON pointer, in one form for all that is tolerated."""
    for name, value in customer.items():
        place = f"{pointer}/{'street' if pointer and name in STREET else name}"
        if isinstance(value, dict):
            yield from leaves(value, place)
        elif pointer == GENERATED and value:
            yield place, "some link"
        elif place == OPERATOR and value:
            yield place, "some operator"
        elif (plain := _plain(name, value)) not in (None, ""):
            yield place, plain


def instant(text: Any) -> datetime | None:
    """A timestamp as an instant in UTC, or None where it is none."""
    try:
        moment = datetime.fromisoformat(text.upper().replace("Z", "+00:00"))
    except (AttributeError, ValueError):
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)


def _plain(name: str, value: Any) -> Any:
    if name in TIMESTAMPS and (moment := instant(value)):
        return moment.isoformat(timespec="milliseconds")
    if not isinstance(value, str):
        return value
    text = unicodedata.normalize("NFC", value).strip()
    if name == "zipcode":
        return "".join(text.split())
    if name == "phone":
        return re.sub(r"[\s()./-]", "", text)
    return text.lower() if name == "email" else text


def _difference(pointer: str, expected: Any, observed: Any) -> Difference:
    shown = (NO_VALUE if value is None else _short(repr(value)) for value in (expected, observed))
    return Difference(pointer.replace("/street", "/address_line_1"), *shown)


def _short(text: str) -> str:
    return text if len(text) <= 160 else f"{text[:120]}... ({len(text)} characters)"
