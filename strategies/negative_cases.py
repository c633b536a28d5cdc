"""Near-misses: requests that break exactly one clause, and say which.

Only what R rules out for certain: no null, no boolean for a number, no `12.0`, no numeral as text, no empty
text, and no other case of an enum's word. A flag is a boolean: 0 and 1 are none.
"""

from __future__ import annotations

import string
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from billogram_contract.spec.description import load
from strategies.brief import brief
from strategies.customers import Body, customer_updates
from strategies.names import NAME_ALPHABETS, names, names_of_length
from strategies.numbers import page_sizes
from strategies.queries import field_filters, list_queries, orders

REACH = 1_000  # how far past a bound
MISSING = object()  # stands for a field that is left out
BOOLEAN_WORDS = {"true", "false", "yes", "on", "off"}  # a lenient reader may take them for booleans

words = st.text(string.ascii_lowercase, min_size=3, max_size=8)
fractions = st.builds("{}.{}".format, st.integers(1, 99), st.integers(1, 9))
numbers = st.integers(0, REACH)
lists = st.lists(words, min_size=1, max_size=2)
objects = st.fixed_dictionaries({"value": words})


@dataclass(frozen=True)
class NegativeCase:
    """A query or a body that breaks one clause, by one of its fields."""

    clause: str
    breaks: str
    value: dict[str, Any]


@dataclass(frozen=True)
class _Flaw:
    """Bad values of one field, and the valid fields that have to stand beside it."""

    clause: str
    breaks: str
    values: st.SearchStrategy[Any]
    beside: st.SearchStrategy[Body] = field(default_factory=lambda: st.just(Body()))


def invalid_queries(*, clauses: Collection[str] | None = None) -> st.SearchStrategy[NegativeCase]:
    """Queries of the list that break one of the clauses, by default any (R); filter and order are valid."""
    return _near_misses(_window_flaws() + _choice_flaws(), base=list_queries(), clauses=clauses)


def invalid_updates(*, clauses: Collection[str] | None = None) -> st.SearchStrategy[NegativeCase]:
    """Update bodies that break one of the clauses, by default any (R); their other fields are valid."""
    return _near_misses(_value_flaws() + _type_flaws(), base=customer_updates(), clauses=clauses)


def _near_misses(
    flaws: Sequence[_Flaw], *, base: st.SearchStrategy[Body], clauses: Collection[str] | None
) -> st.SearchStrategy[NegativeCase]:
    known = {flaw.clause for flaw in flaws}
    wanted = known if clauses is None else set(clauses)
    if not wanted or wanted - known:
        raise ValueError(f"clauses must be some of {sorted(known)}, not {sorted(wanted - known) or 'none'}")
    return brief(
        "negative_cases", st.one_of([_spoilt(base, flaw) for flaw in flaws if flaw.clause in wanted])
    )


def _spoilt(base: st.SearchStrategy[Body], flaw: _Flaw) -> st.SearchStrategy[NegativeCase]:
    def spoil(valid: Body, beside: Body, bad: Any) -> NegativeCase:
        value = valid | beside | {flaw.breaks: bad}
        return NegativeCase(
            flaw.clause, flaw.breaks, {name: one for name, one in value.items() if one is not MISSING}
        )

    return st.builds(spoil, base, flaw.beside, flaw.values)


def _window_flaws() -> list[_Flaw]:
    """Pages and page sizes out of bounds, missing, or no integers."""
    size = load().query("page_size")
    above = page_sizes(min_value=size["maximum"] + 1, max_value=size["maximum"] + REACH)
    return [
        _Flaw("list.page-minimum", "page", _below(load().query("page")["minimum"])),
        _Flaw("list.page-integer", "page", words | fractions),
        _Flaw("list.page-required", "page", st.just(MISSING)),
        _Flaw("list.page-size-minimum", "page_size", _below(size["minimum"])),
        _Flaw("list.page-size-maximum", "page_size", above),
        _Flaw("list.page-size-integer", "page_size", words | fractions),
        _Flaw("list.page-size-required", "page_size", st.just(MISSING)),
    ]


def _choice_flaws() -> list[_Flaw]:
    """Words outside an enum, the rest of the filter or of the order being valid."""
    kinds = _words_outside(load().query("filter_type")["enum"])
    directions = _words_outside(load().query("order_direction")["enum"])
    return [
        _Flaw("filter.type-values", "filter_type", kinds, beside=field_filters()),
        _Flaw("order.direction-values", "order_direction", directions, beside=orders()),
    ]


def _value_flaws() -> list[_Flaw]:
    """Fields of the right JSON type (renumbering aside) with a value that is ruled out."""
    longest = load().body("name")["maxLength"]
    just_above = [names_of_length(longest + 1, character=unit) for unit in NAME_ALPHABETS.values()]
    long_names = st.sampled_from(just_above) | names(min_size=longest + 1, max_size=longest + 50)
    halves = st.integers(1, REACH).map(lambda number: number + 0.5)
    languages = words | st.text(string.digits, min_size=2, max_size=2)
    return [
        _Flaw("name.maximum", "name", long_names),
        _Flaw(
            "update.company-type-values", "company_type", _words_outside(load().body("company_type")["enum"])
        ),
        _Flaw("renumber.positive-only", "customer_no", _below(load().body("customer_no")["minimum"])),
        _Flaw("renumber.integer-only", "customer_no", words | halves),
        _Flaw("update.language-format", "language", languages),
    ]


def _type_flaws() -> list[_Flaw]:
    """Top-level fields of the wrong JSON type."""
    no_booleans = words.filter(lambda word: word not in BOOLEAN_WORDS) | numbers
    no_objects = st.one_of(words, numbers, lists)
    no_texts = st.one_of(numbers, lists, objects)
    wrong = {
        **dict.fromkeys(("contact", "address", "delivery_address", "edi"), no_objects),
        **dict.fromkeys(("name", "notes"), no_texts),
        "letter_forwarding_enabled": no_booleans,
    }
    return [_Flaw("update.field-types", name, values) for name, values in wrong.items()]


def _below(minimum: int) -> st.SearchStrategy[int]:
    return st.integers(minimum - REACH, minimum - 1)


def _words_outside(enum: Collection[str]) -> st.SearchStrategy[str]:
    return words.filter(lambda word: word not in enum)
