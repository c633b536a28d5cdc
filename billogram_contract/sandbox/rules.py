"""What upstream accepts. Validation returns its refusal as data, and changes nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from billogram_contract.sandbox import fields
from billogram_contract.sandbox.store import Filter, Order, Selection

_INTEGER = re.compile(r"-?[0-9]+")
_PATH = re.compile(r"[A-Za-z0-9_-]+(:[A-Za-z0-9_-]+)?")
_MANY = 10**18  # larger integers in a query are read as this one


@dataclass(frozen=True)
class Rules:
    """The limits and open choices, as knobs; the defaults are the faithful account."""

    page_minimum: int = 1  # R
    page_size_minimum: int = 1  # R
    page_size_maximum: int = 100  # R
    filter_types: tuple[str, ...] = ("field", "field-prefix", "field-search", "special")  # R
    filter_fields: tuple[str, ...] = tuple(fields.FILTER_FIELDS)  # R
    order_directions: tuple[str, ...] = ("asc", "desc")  # R
    order_fields: tuple[str, ...] = tuple(fields.ORDER_FIELDS)  # R
    name_minimum: int = 1  # I
    name_maximum: int = 100  # R
    measure: Callable[[str], int] = len  # code points (I)
    customer_no_minimum: int = 1  # R
    customer_no_maximum: int = 2**31 - 1  # I
    company_types: tuple[str, ...] = fields.COMPANY_TYPES  # R
    languages: tuple[str, ...] = ("sv", "en", "no", "da", "fi", "de")  # R: they are market specific
    null_texts: Literal["stored", "ignored", "refused"] = "stored"  # I
    unknown_fields_ignored: bool = False  # I
    substructures_replaced: bool = False  # I
    zipcodes_normalised: bool = True  # O
    filters_case_sensitive: bool = False  # I
    orders_case_sensitive: bool = False  # I
    nulls_last: bool = False  # I


@dataclass(frozen=True)
class Problem:
    """A refusal: what the error envelope says (G O)."""

    identifier: str
    message: str
    path: str | None = None
    status: int = 400

    @property
    def field(self) -> str | None:
        """The last part of the path: `email` of `contact:email`."""
        return None if self.path is None else self.path.rpartition(":")[2]


class RefusedError(Exception):
    """Carries a problem out of nested validation; it never leaves this module."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem


# The list


def read_list(query: Mapping[str, str], rules: Rules) -> Selection | Problem:
    """The page that a query asks for, or why it is refused. Unknown parameters are ignored (I)."""
    try:
        page = _integer(query, "page", rules.page_minimum, _MANY)
        size = _integer(query, "page_size", rules.page_size_minimum, rules.page_size_maximum)
        offset = (page - 1) * size
        return Selection(size, max(0, offset), _filter(query, rules), _order(query, rules))
    except RefusedError as refused:
        return refused.problem


def _integer(query: Mapping[str, str], name: str, minimum: int, maximum: int) -> int:
    text = query.get(name)
    if text is None:
        raise RefusedError(
            Problem("MISSING_QUERY_PARAMETER", f"The query parameter {name} is required.", name)
        )
    if not _INTEGER.fullmatch(text):
        raise _bad_query(name, f"{name} must be an integer.")
    value = int(text) if len(text) < 19 else -_MANY if text.startswith("-") else _large(text)
    if not minimum <= value <= maximum:
        raise _bad_query(name, f"{name} is out of range.")
    return value


def _large(digits: str) -> int:
    return min(_MANY, int(digits.lstrip("0")[:19] or "0"))


def _filter(query: Mapping[str, str], rules: Rules) -> Filter | None:
    kind, name, wanted = (query.get(f"filter_{part}") for part in ("type", "field", "value"))
    if kind and kind not in rules.filter_types:
        raise _bad_query("filter_type", "There is no such filter type.")
    if kind == "" or name == "" or (kind is None and name is None):
        return None  # R's sample request sends a type with an empty field
    for part, text in (("type", kind), ("field", name), ("value", wanted)):
        if text is None:
            raise _bad_query(f"filter_{part}", "A filter needs a type, a field and a value.")
    if name not in ({"search"} if kind == "special" else rules.filter_fields):
        raise _bad_query("filter_field", "There is no such filter field.")
    path = None if kind == "special" else fields.FILTER_FIELDS[str(name)]
    return Filter(str(kind), path, str(wanted), rules.filters_case_sensitive)


def _order(query: Mapping[str, str], rules: Rules) -> Order | None:
    name, direction = query.get("order_field"), query.get("order_direction", "asc")
    if direction not in rules.order_directions:
        raise _bad_query("order_direction", "The order is either asc or desc.")
    if not name:
        return None
    if name not in rules.order_fields:
        raise _bad_query("order_field", "There is no such order field.")
    return Order(
        fields.ORDER_FIELDS[name], direction == "desc", rules.orders_case_sensitive, rules.nulls_last
    )


def _bad_query(name: str, message: str) -> RefusedError:
    return RefusedError(Problem("INVALID_QUERY_PARAMETER", message, name))


# The update


def read_update(body: bytes, rules: Rules) -> dict[str, Any] | Problem:
    """The changes that a body asks for, normalised, or why it is refused."""
    try:
        document = json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return Problem("INVALID_PARAMETER", "The body must be JSON.")
    if not isinstance(document, dict):
        return Problem("INVALID_PARAMETER", "The body must be a JSON object.")
    try:
        known = {name: value for name, value in document.items() if _known(name, rules)}
        changes = {name: _value(name, value, rules) for name, value in known.items()}
    except RefusedError as refused:
        return refused.problem
    return {name: value for name, value in changes.items() if value is not _UNCHANGED}


def merge(customer: Mapping[str, Any], changes: Mapping[str, Any], rules: Rules) -> dict[str, Any]:
    """The customer with the changes: what was left out stays, inside a substructure too (G)."""
    merged = dict(customer)
    for name, value in changes.items():
        if name in fields.SUBSTRUCTURES and not rules.substructures_replaced:
            value = {**(merged.get(name) or {}), **value}
        merged[name] = value
    return merged


_UNCHANGED = object()


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _known(path: str, rules: Rules) -> bool:
    """Whether a field is to be read; an unknown one is refused, or ignored by a rule."""
    owner, colon, name = path.partition(":")
    if colon and owner in fields.SUBSTRUCTURES:
        names = fields.SUBSTRUCTURES[owner]
        known = name in names or (name == fields.STREET_ALIAS and fields.STREET in names)
    else:
        known = path in _READERS or path in fields.SUBSTRUCTURES
    if not known and not rules.unknown_fields_ignored:
        shown = path if _PATH.fullmatch(path) else None  # any other text is not echoed
        raise RefusedError(Problem("UNKNOWN_PARAMETER", "There is no such field.", shown))
    return known


def _value(name: str, value: Any, rules: Rules) -> Any:
    if name in fields.SUBSTRUCTURES:
        return _substructure(name, value, rules)
    return _READERS[name](name, value, rules)


def _substructure(owner: str, value: Any, rules: Rules) -> Any:
    if value is None:
        return _UNCHANGED  # G: it stays as it was
    if not isinstance(value, dict):
        raise _bad(owner, "An object is expected.")
    read: dict[str, Any] = {}
    for name, inner in value.items():
        path = f"{owner}:{name}"
        if not _known(path, rules):
            continue
        read[name] = _flag(path, inner, rules) if name in fields.FLAGS else _text(path, inner, rules)
        if name == "zipcode" and rules.zipcodes_normalised and isinstance(read[name], str):
            read[name] = "".join(read[name].split())  # O
    street = read.pop(fields.STREET_ALIAS, _UNCHANGED)
    if street is not _UNCHANGED:
        read.setdefault(fields.STREET, street)
    changes = {name: inner for name, inner in read.items() if inner is not _UNCHANGED}
    return _UNCHANGED if owner == "links" else changes  # links are upstream's own (I)


def _text(path: str, value: Any, rules: Rules) -> Any:
    if value is None and rules.null_texts != "refused":
        return None if rules.null_texts == "stored" else _UNCHANGED
    return _checked_text(path, value)


def _checked_text(path: str, value: Any) -> str:
    if not isinstance(value, str):
        raise _bad(path, "A text is expected.")
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise _bad(path, "The text contains a character that is not allowed.")
    return value


def _name(path: str, value: Any, rules: Rules) -> str:
    text = _checked_text(path, value)
    if not rules.name_minimum <= rules.measure(text) <= rules.name_maximum:
        raise _bad(path, f"The name must have {rules.name_minimum} to {rules.name_maximum} characters.")
    return text


def _company_type(path: str, value: Any, rules: Rules) -> str:
    if _checked_text(path, value) not in rules.company_types:
        raise _bad(path, "There is no such company type.")
    return str(value)


def _language(path: str, value: Any, rules: Rules) -> str | None:
    if value is None or value == "":
        return None  # R: the market's default
    if _checked_text(path, value) not in rules.languages:
        raise _bad(path, "The language is not available.")
    return str(value)


def _flag(path: str, value: Any, rules: Rules) -> bool:
    if not isinstance(value, bool):
        raise _bad(path, "A boolean is expected.")
    return value


def _customer_no(path: str, value: Any, rules: Rules) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # JSON knows one kind of number
    if not isinstance(value, int) or isinstance(value, bool):
        raise _bad(path, "An integer is expected.")
    if not rules.customer_no_minimum <= value <= rules.customer_no_maximum:
        raise _bad(path, "The number is out of range.")
    return value


def _read_only(path: str, value: Any, rules: Rules) -> Any:
    raise RefusedError(Problem("READ_ONLY_PARAMETER", "The field is read-only.", path))


def _bad(path: str, message: str) -> RefusedError:
    return RefusedError(Problem("INVALID_PARAMETER", message, path))


_READERS: Mapping[str, Callable[[str, Any, Rules], Any]] = {
    "customer_no": _customer_no,
    "name": _name,
    "company_type": _company_type,
    "language": _language,
    "letter_forwarding_enabled": _flag,
    **dict.fromkeys(fields.TEXTS, _text),
    **dict.fromkeys(fields.READ_ONLY, _read_only),
}
