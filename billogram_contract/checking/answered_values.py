"""What laws read of calls and answers, and which values nothing is open about."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from billogram_contract.checking.conformance import Violation
from billogram_contract.spec import description as vendored
from billogram_contract.spec.customer import WRITABLE, Difference
from billogram_contract.upstream.exchange import Answer, Call

Told = tuple[str, Violation | None]  # a rule, and how the answer departs from it, if it does

SUBSTRUCTURES = ("contact", "address", "delivery_address", "edi")
SHORT = 20  # characters of a text that nobody refuses
EXACT = ("customer_no", "company_type")  # fields of a filter that have one form only
RULES_OF_FIELDS = {
    "name": "name",
    "notes": "notes",
    "company_type": "company-type",
    "letter_forwarding_enabled": "flag",
}
# What a value must look like for nothing to be open about how it comes back.
PLAIN = {
    "email": r"[a-z0-9][a-z0-9.+_-]*@[a-z0-9.-]+\.[a-z]+",
    "phone": r"\+[0-9]{8,15}",
    "zipcode": r"[0-9]{4,5}",
    "country": r"[A-Z]{2}",
    "language": r"[a-z]{2}",
    "electronic_id": r"[0-9]+",
    "operator": r"[a-z]+",
    "reference": r"[A-Za-z0-9 ]+",
    "sorting_code": r"[0-9]+",
}
TOGETHER = (("filter_type", "filter_field", "filter_value"), ("order_field", "order_direction"))


def body_of(call: Call) -> dict[str, Any] | None:
    """The object that an update sends; None where it sends none, or names a field twice."""
    try:
        body = json.loads(call.body or b"", object_pairs_hook=_object)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def written_number(body: dict[str, Any] | None) -> int | None:
    """The customer number that a body gives."""
    number = (body or {}).get("customer_no")
    return number if isinstance(number, int) and not isinstance(number, bool) and number > 0 else None


def is_settled_text(value: Any) -> bool:
    """Whether no text in a value has characters that may be answered in one way and stored in another."""
    if isinstance(value, dict):
        return all(map(is_settled_text, value.values()))
    if isinstance(value, list):
        return all(map(is_settled_text, value))
    return not isinstance(value, str) or _is_text(value)


def plain_part(body: dict[str, Any]) -> dict[str, Any]:
    """The fields of a body whose values are valid, and come back as they are by every freedom."""
    plain = {name: value for name, value in body.items() if name in WRITABLE and _is_plain_field(name, value)}
    for name in SUBSTRUCTURES:
        if {"street_address", "address_line_1"} <= set(plain.get(name) or {}):
            del plain[name]  # which of the two stands is open
    return plain


def _is_plain_field(name: str, value: Any) -> bool:
    schema = vendored.load().body(name)
    if name in SUBSTRUCTURES:
        known = schema["properties"]
        return isinstance(value, dict) and all(
            field in known and _is_plain(field, one, known[field].get("type")) for field, one in value.items()
        )
    kind = schema.get("type")
    if not _is_plain(name, value, "boolean" if kind == "boolean" else "string"):
        return False
    return value in schema.get("enum", [value]) and len(str(value)) <= schema.get(
        "maxLength", len(str(value))
    )


def _is_plain(name: str, value: Any, kind: Any) -> bool:
    if kind == "boolean":
        return isinstance(value, bool)
    if not isinstance(value, str) or not value or value != value.strip() or not _is_text(value):
        return False
    return name not in PLAIN or re.fullmatch(PLAIN[name], value) is not None


def _is_text(value: str) -> bool:
    return all(one.isprintable() or one in "\n\t\u200c\u200d" for one in value)


@cache
def documented_fields() -> frozenset[str]:
    """The names of all documented fields of a body, nested ones too."""
    schemas = {name: vendored.load().body(name) for name in vendored.load().body_schema().value["properties"]}
    return frozenset({*schemas, *(name for one in schemas.values() for name in one.get("properties", {}))})


def names_of(value: Any) -> Iterator[str]:
    """The field names in a value, at every depth."""
    if isinstance(value, dict):
        yield from value
        for inner in value.values():
            yield from names_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from names_of(inner)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a field is named twice")
    return found


def canonical(text: str | None) -> int | None:
    """A positive number as anybody would write it."""
    return int(text) if text and re.fullmatch(r"[1-9][0-9]{0,17}", text) else None


def window_of(answer: Answer) -> tuple[int, int] | None:
    """Page and page size of a list, where both are asked for once and within their bounds."""
    names = [name for name, _ in answer.call.query]
    query = dict(answer.call.query)
    page, size = canonical(query.get("page")), canonical(query.get("page_size"))
    if len(set(names)) < len(names) or page is None or size is None:
        return None
    return (page, size) if size <= vendored.load().query("page_size")["maximum"] else None


def total_of(answer: Answer) -> int | None:
    try:
        total = answer.json["meta"]["total_count"]
    except (KeyError, TypeError):
        return None
    return total if isinstance(total, int) and not isinstance(total, bool) else None


def entries_of(answer: Answer) -> list[dict[str, Any]] | None:
    data = _data(answer)
    is_list = isinstance(data, list) and all(isinstance(entry, dict) for entry in data)
    return data if is_list else None


def customer_of(answer: Answer) -> dict[str, Any] | None:
    data = _data(answer)
    return data if isinstance(data, dict) else None


def _data(answer: Answer) -> Any:
    try:
        return answer.json["data"] if answer.is_success else None
    except (ValueError, KeyError, TypeError):
        return None


def top(one: Difference) -> str:
    return one.pointer.split("/")[1]


def violation(one: Difference, rule: str, told_by: str, below: str = "/data") -> Violation:
    return Violation(f"{below}{one.pointer}", f"{one.expected}, {told_by}", one.observed, rule)


def page_violation(expected: str, observed: str) -> Told:
    return "pages", Violation("/data", expected, observed, "pages")
