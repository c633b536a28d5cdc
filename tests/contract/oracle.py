"""What the contract says of a generated request: it must be accepted, it must be refused, or it is open.

Only what the reference pages rule in or out for certain is judged; the rest must merely be answered cleanly.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from billogram_contract.spec import clauses
from billogram_contract.spec import description as vendored
from billogram_contract.spec.keywords import clauses_by_keyword
from billogram_contract.upstream.exchange import Query
from strategies import FILTER_FIELDS, ORDER_FIELDS

# Fields of the body about which more is open than their schema says.
OPEN_FIELDS = {"created_at", "links"}
SUBSTRUCTURES = {"contact", "address", "delivery_address", "edi"}
COMPANIONS = {"filter_type": ("filter_field", "filter_value"), "order_direction": ("order_field",)}

# The clause that a request breaks, by the field at fault and the keyword that it fails.
BROKEN = {
    **clauses_by_keyword(vendored.load(), clauses.load(vendored.load())),
    ("", "body"): "update.malformed-body",  # no keyword of a field says this
}
FIRST_PAGE = "1"  # of which it is certain that it exists
ANSWERS = {"GET": "list.answers", "PUT": "update.answers"}
CLEAN = "answer.no-server-error"


@dataclass(frozen=True)
class Prediction:
    """What is certain of a request: that it is accepted, or refused for what is broken, or neither.

    `is_open` says that upstream may find other reasons to refuse it.
    """

    accepted: bool = False
    broken: frozenset[tuple[str, str]] = frozenset()
    is_open: bool = True

    @property
    def is_decided(self) -> bool:
        """Whether one thing is certain: that it is accepted, or that it is refused for one reason."""
        return self.accepted or len(self.broken) == 1


def predict_query(query: Query) -> Prediction:
    """Predicts a query of the list as it goes over the wire."""
    description = vendored.load()
    given = dict(query)
    if max(Counter(name for name, _ in query).values(), default=0) > 1:
        return Prediction()  # repeated parameters are open
    broken = set()
    plain = set(given) <= set(description.query_parameters())
    for name in ("page", "page_size"):
        fault = _integer_fault(given.get(name), description.query(name))
        if fault == "open":
            plain = False
        elif fault:
            broken.add((name, fault))
    for name, beside in COMPANIONS.items():
        whole = all(given.get(other) for other in (name, *beside))
        if whole and given[name] not in description.query(name)["enum"]:
            broken.add((name, "enum"))
    plain = plain and given.get("page") == FIRST_PAGE and _is_plain_search(given)
    return Prediction(not broken and plain, frozenset(broken), not plain)


def _integer_fault(text: str | None, schema: vendored.Schema) -> str | None:
    """The keyword that a text fails as an integer, None where it is fine, `open` where readers may differ."""
    if text is None:
        return "required"
    if re.fullmatch(r"-?(0|[1-9][0-9]*)", text, re.ASCII):
        if int(text) < schema["minimum"]:
            return "minimum" if text != "-0" else "open"
        if int(text) > schema.get("maximum", int(text)):
            return "maximum"
        return None
    try:
        number = float(text)  # what a lenient reader may take it for: 1.0, 1e1, 1_0, another script's digits
    except ValueError:
        return "type" if re.fullmatch(r"[A-Za-z]{2,}", text) and text not in ("true", "True") else "open"
    return "type" if re.fullmatch(r"[0-9]+\.[0-9]+", text, re.ASCII) and not number.is_integer() else "open"


def _is_plain_search(given: dict[str, str]) -> bool:
    """Whether filter and order are absent, or whole and by documented words."""
    description = vendored.load()
    search = [given.get(name) for name in ("filter_type", "filter_field", "filter_value")]
    order = [given.get(name) for name in ("order_field", "order_direction")]
    sample = description.sample_query()
    unfiltered = [sample[name] for name in ("filter_type", "filter_field", "filter_value")]
    no_filter = search in ([None] * 3, unfiltered)
    no_order = order in ([None] * 2, [sample["order_field"], sample["order_direction"]])
    full_text = search[:2] == ["special", "search"] and bool(search[2])
    by_field = search[0] not in (None, "", "special") and search[1] in FILTER_FIELDS and bool(search[2])
    by_order = order[0] in ORDER_FIELDS and order[1] in description.query("order_direction")["enum"]
    return (no_filter or full_text or by_field) and (no_order or by_order) and _is_plain_text(given)


def predict_body(body: Any) -> Prediction:
    """Predicts the body of an update."""
    if not isinstance(body, dict):
        return Prediction(broken=frozenset({("", "body")}))
    broken, is_open = set(), not body
    properties = vendored.load().body_schema().value["properties"]
    for field, value in body.items():
        if field not in properties or field in OPEN_FIELDS or value is None or not _is_plain_text(value):
            is_open = is_open or value is not None or field not in (*SUBSTRUCTURES, "language")
            continue
        fault = _body_fault(field, value)
        if fault == "open":
            is_open = True
        elif fault:
            broken.add((field, fault))
    return Prediction(not broken and not is_open, frozenset(broken), is_open)


def _body_fault(field: str, value: Any) -> str | None:
    """The keyword that a body field's value fails, None where it is fine, `open` where that is open."""
    failed = {error.validator for error in _validator(field).iter_errors(value)}
    if isinstance(value, bool) and field != "letter_forwarding_enabled":
        return "open"  # a number in some languages, a text in others
    if field in SUBSTRUCTURES and not failed:
        return "open" if not _is_plain_structure(value) else None
    if field == "customer_no" and isinstance(value, str | float):
        return "type" if isinstance(value, float) and not value.is_integer() else "open"
    if "type" in failed:
        return "type" if (field, "type") in BROKEN else "open"
    if field in ("name", "language") and not failed:
        return "open" if (field == "language" and value) or not value else None
    return next((str(keyword) for keyword in failed if (field, str(keyword)) in BROKEN), None)


@cache
def _validator(field: str) -> Draft202012Validator:
    return Draft202012Validator(_flat(vendored.load().body(field)))


def _flat(schema: vendored.Schema) -> dict[str, Any]:
    """A schema without what lies below it: nested fields have no documented types of their own."""
    return {key: value for key, value in schema.items() if key not in ("properties", "format")}


def _is_plain_structure(value: dict[str, Any]) -> bool:
    """Whether nothing in a substructure is open: generated texts are no postal codes or e-mail addresses."""
    return not value


def _is_plain_text(value: Any) -> bool:
    """Whether every text in a value is one that a person would write, without control characters."""
    if isinstance(value, dict):
        return all(_is_plain_text(item) for pair in value.items() for item in pair)
    if isinstance(value, list):
        return all(map(_is_plain_text, value))
    return not isinstance(value, str) or (value.isprintable() and value.strip() == value)
