"""What checks of lists have in common: in which contexts a question is asked, and what a list must show."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from itertools import combinations, product
from typing import Any

import pytest

from billogram_contract.checking.expect import expect
from billogram_contract.errors import Blocked, NotApplicable
from billogram_contract.spec import description as vendored
from billogram_contract.spec.customer import differences
from billogram_contract.upstream.client import Client
from billogram_contract.upstream.exchange import Answer
from strategies import ORDER_FIELDS
from tests.contract.dataset import comes_first, value_of
from tests.contract.pairwise import pairwise

SIZE = vendored.load().query("page_size")
KINDS = vendored.load().query("filter_type")["enum"]
DIRECTIONS = vendored.load().query("order_direction")["enum"]
FULL_TEXT = {"filter_type": "special", "filter_field": "search"}

# Filters that find somebody in nearly any account, and orders: contexts of a question about something else.
FILTERS: dict[str, dict[str, str]] = {
    "field": {"filter_type": "field", "filter_field": "name", "filter_value": "Bo Ek"},
    "field-prefix": {"filter_type": "field-prefix", "filter_field": "name", "filter_value": "A"},
    "field-search": {"filter_type": "field-search", "filter_field": "name", "filter_value": "a"},
    "special": FULL_TEXT | {"filter_value": "AB"},
}
FIELD_KINDS = ("field", "field-prefix", "field-search")


def ordered(field: str, direction: str) -> dict[str, str]:
    """The query for an order."""
    return {"order_field": field, "order_direction": direction}


ORDERS = [ordered(field, direction) for field, direction in product(ORDER_FIELDS, DIRECTIONS)]

# What a question in a context stands on: where one of these has drifted, the context is to blame.
CONTEXT = (
    "filter.type-values", "filter.field", "filter.field-prefix", "filter.field-search", "filter.fields",
    "filter.special-search", "order.direction-values", "order.ascending", "order.descending", "order.fields",
    "list.page-size-minimum", "list.page-size-maximum",
)  # fmt: skip
in_context = pytest.mark.needs(*CONTEXT)

PAGE_SIZES = (SIZE["maximum"], 50, SIZE["maximum"] - 1, 10, 60)  # that show all that a filter leaves


def contexts(
    values: Iterable[Any],
    *,
    filtered: Iterable[bool] = (False, True),
    ordered: Iterable[bool] = (False, True),
) -> list[tuple[str, Any, dict[str, str]]]:
    """Each value with and without a filter and an order, pairwise: a name, the value, the rest of its query.

    Each kind of filter and both directions come in turn.
    """
    found = []
    kinds = 0
    for row, (value, is_filtered, is_ordered) in enumerate(pairwise(list(values), [*filtered], [*ordered])):
        kind = list(FILTERS)[kinds % len(FILTERS)] if is_filtered else ""
        kinds += is_filtered
        order = ORDERS[row * 5 % len(ORDERS)] if is_ordered else {}
        words = [repr(value), kind, order.get("order_direction", "")]
        found.append(("-".join(filter(None, words)), value, FILTERS.get(kind, {}) | order))
    return found


def find(
    client: Client,
    kind: str,
    field: str,
    value: object,
    *,
    page: int = 1,
    size: int = 50,
    order: dict[str, str] | None = None,
) -> Answer:
    """A page of what a filter finds."""
    chosen = {"filter_type": kind, "filter_field": field, "filter_value": str(value)}
    return client.list(page=page, page_size=size, **chosen, **(order or {}))


def in_page(values: list[Any], page: int, size: int) -> list[Any]:
    """The values on a page of them."""
    return values[size * (page - 1) : size * page]


def folded(value: Any) -> str:
    """A text as the most tolerant collation compares it: case and accents aside."""
    text = unicodedata.normalize("NFKD", str(value)).casefold()
    return "".join(letter for letter in text if not unicodedata.combining(letter))


def is_match(kind: str, own: str, wanted: str) -> bool:
    """Whether a filter of a kind finds a text, letter by letter."""
    if kind == "field":
        return own == wanted
    return own.startswith(wanted) if kind == "field-prefix" else wanted in own


def may_match(kind: str, own: Any, wanted: str) -> bool:
    """Whether a filter of a kind may find a value, collations and white space at the ends being open."""
    if own is None:
        return True  # the list does not show the field: nothing to tell by
    return is_match(kind, folded(own), folded(wanted)) or is_match(kind, folded(own).strip(), folded(wanted))


def hold_filter(
    client: Client,
    answer: Answer,
    kind: str,
    field: str,
    value: str,
    known: dict[int, Any],
    *,
    clause: str | None = None,
) -> None:
    """A list shows all those that match of the customers whose values are known, and nobody who doesn't."""
    expect(answer, clause).is_accepted()
    expected = {number for number, own in known.items() if is_match(kind, str(own), value)}
    if answer.total_count > len(answer.customers) >= page_size(answer):
        expected &= set(answer.numbers)  # the others may be on a later page
    strangers = [
        number
        for number, entry in zip(answer.numbers, answer.customers, strict=True)
        if not any(may_match(kind, one, value) for one in told_of(entry, field, known.get(number)))
    ]
    for number in sorted(expected - set(answer.numbers)):
        need_value(client, number, field, known[number])
    expect(answer, clause).is_true(
        expected <= set(answer.numbers) and not strangers,
        expected=f"{kind} {field} {value!r} finds {sorted(expected)} and only customers that match",
        observed=f"{sorted(expected & set(answer.numbers))} of them, and {len(strangers)} that don't match"
        f" {strangers[:5]}",
        at="/data",
    )


def told_of(entry: dict[str, Any], field: str, known: Any) -> list[Any]:
    """What is told of a field of a customer: what was arranged, and what the list shows."""
    return [one for one in (known, value_of(entry, field)) if one is not None] or [None]


def need_value(client: Client, number: int, field: str, value: Any) -> None:
    """Raises Blocked where a customer is listed with another value: it is not the filter that lost it."""
    answer = find(client, "field", "customer_no", number)
    shown = [value_of(entry, field) for entry in answer.customers if entry.get("customer_no") == number]
    if answer.is_success and any(differences({field: value}, {field: one}) for one in shown):
        raise Blocked(f"customer {number} is listed with {field} {shown[0]!r}, not with {value!r}")


def page_size(answer: Answer) -> int:
    """The page size that a list was asked for."""
    return int(dict(answer.call.query)["page_size"])


def hold_order(
    answer: Answer, values: list[Any], direction: str, field: str, *, clause: str | None = None
) -> None:
    """Values stand in the order asked for, as far as every collation agrees."""
    expect(answer, clause).is_accepted()
    decided = [(one, other, comes_first(one, other)) for one, other in combinations(values, 2)]
    wrong = [
        f"{one} before {other}" for one, other, first in decided if first is (direction == "desc")
    ]  # fmt: skip
    if all(first is None for _, _, first in decided):
        raise NotApplicable(f"needs two customers with different values of {field}")
    expect(answer, clause).is_true(
        not wrong,
        expected=f"{field} {direction}",
        observed=f"{len(wrong)} pairs the other way round: {'; '.join(wrong[:3])}",
        at="/order_field",
    )


def hold_total_count(answer: Answer, count: int, *, clause: str | None = None) -> None:
    """total_count is the number of matches."""
    expect(answer, clause).is_true(
        answer.total_count == count,
        expected=f"{count}, the number of matches over all pages",
        observed=str(answer.total_count),
        at="/meta/total_count",
    )


def hold_same(answer: Answer, otherwise: list[str], *, clause: str | None = None) -> None:
    """Customers read as in the other lists that show them."""
    expect(answer, clause).is_true(
        not otherwise,
        expected="each customer as the other lists show it",
        observed=f"{len(otherwise)} places that differ: {'; '.join(otherwise[:3])}",
        at="/data/*",
    )


def params(rows: Iterable[tuple[str, Any, dict[str, str]]]) -> list[Any]:
    """Contexts as parameters of a check: a value and the rest of its query."""
    return [
        pytest.param(value, rest, id=name, marks=[in_context] if rest else []) for name, value, rest in rows
    ]
