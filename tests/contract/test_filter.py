"""Filters: what each kind finds, in which fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest

from billogram_contract.checking.expect import expect, observe
from billogram_contract.errors import NotApplicable
from billogram_contract.pool.pool import Pool
from billogram_contract.upstream.client import Client
from billogram_contract.upstream.exchange import Answer
from strategies import FILTER_FIELDS
from tests.contract.account import Account, View, entries_of
from tests.contract.dataset import (
    BARE_ZIPCODES,
    COMPANY_TYPES,
    EMAIL,
    EMAIL_STEM,
    LONG,
    STEM,
    TEXTS,
    WHOLE,
    Dataset,
    in_order,
    moment,
    texts,
    value_of,
)
from tests.contract.lists import (
    FIELD_KINDS,
    FILTERS,
    FULL_TEXT,
    KINDS,
    ORDERS,
    PAGE_SIZES,
    SIZE,
    contexts,
    find,
    hold_filter,
    hold_order,
    hold_same,
    hold_total_count,
    in_context,
    in_page,
    is_match,
    may_match,
    need_value,
    ordered,
    params,
)

BY_ENTRY = [order for order in ORDERS if order["order_field"] in ("customer_no", "created_at", "updated_at")]
NAME, LONG_NAME = STEM, texts("name")[LONG]
WILDCARDS = {
    "field": (f"{NAME} b_d", f"{NAME} b?d", f"{NAME} %", f"{NAME} *"),
    "field-prefix": (f"{NAME} b_d", f"{NAME} b?d", f"{NAME[0]}%o bad", f"{NAME[0]}*o bad"),
}

clause = pytest.mark.clause
needs = pytest.mark.needs
pytestmark = needs("list.answers", "list.first-page", "filter.type-values")

each_kind = pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=clause(f"filter.{kind}")) for kind in FIELD_KINDS]
)


# ---------------------------------------------------------------- what each kind finds, by the name


@each_kind
def test_filter_finds_the_names_that_match(client: Client, arranged: Dataset, kind: str) -> None:
    """One name is the value, one starts with it, one ends with it, and others have nothing of it."""
    value = texts("name")[WHOLE]
    hold_filter(client, find(client, kind, "name", value), kind, "name", value, arranged.values("name"))


@pytest.mark.parametrize(
    ("kind", "order"),
    [
        pytest.param(kind, order, marks=[clause(f"filter.{kind}"), in_context], id=kind)
        for kind, order in zip(FIELD_KINDS[:2], ORDERS[2:4], strict=True)
    ],
)
def test_filter_is_no_looser_on_a_later_page(
    client: Client, arranged: Dataset, kind: str, order: dict[str, str]
) -> None:
    """The page past the last match shows nobody whom a looser filter finds, in an order too."""
    value, names = texts("name")[WHOLE], arranged.values("name")
    matches = sum(is_match(kind, name, value) for name in names.values())
    answer = find(client, kind, "name", value, page=matches + 1, size=1, order=order)
    if not answer.is_success:
        raise NotApplicable("what is past the last page is open")
    shown = [one.get("name") for one in answer.customers]
    expect(answer).is_true(
        all(may_match(kind, name, value) for name in shown),
        expected=f"nobody past the {matches} whose name matches {value!r}",
        observed=f"{shown}",
        at="/data",
    )


def by(kind: str, field: str, value: str, id: str) -> Any:
    """A parameter of a check: a filter, for the clause of its kind, or of fields where it is not the name."""
    marks = [clause("filter.fields"), needs(f"filter.{kind}")]
    return pytest.param(
        kind, field, value, id=f"{kind}-{id}", marks=clause(f"filter.{kind}") if field == "name" else marks
    )


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        by("field", "name", NAME[1:], "inside"),
        by("field-prefix", "name", NAME[1:], "inside"),
        by("field-search", "name", NAME[1:5], "inside"),
        *(by(kind, "name", value, value) for kind, values in WILDCARDS.items() for value in values),
        by("field", "name", LONG_NAME, "long"),
        by("field-prefix", "name", LONG_NAME, "long"),
        by("field-search", "name", f" {NAME}", "blank-before"),
        by("field-prefix", "name", f"{NAME} bad ", "blank-after"),
        by("field-search", "name", f"{NAME} mot", "blank-inside"),
    ],
)
def test_filter_takes_the_value_letter_by_letter(
    client: Client, arranged: Dataset, kind: str, field: str, value: str
) -> None:
    hold_filter(client, find(client, kind, field, value), kind, field, value, arranged.values(field))


# ---------------------------------------------------------------- what a value may hold

# Two names: what one has, the other has as somebody reads it who knows wildcards, escapes, lists or quotes.
ODD = "Åtorpemo g_d p*k f.k c[ae]d r&t s;t j,k \"h\" 'q' i+o %41b a\\b 5%d m?t x/y #z å𠮷é $n^ {w} u=v l|n 0"
NEAR = "Åtorpemo gud prrk fok cad r t s t j k h q i o Ab ab 5 d mat x y z aoe n w u v l n 7"
ODD_CONTACT = {"email": "Bo.Torpemo+Tag@example.com", "phone": "0313900699"}
ODD_PARTS = (
    "%", "g_d", "p*k", "?", "f.k c[ae]d", "r&t", "s;t", '"h"', "𠮷",
    "i+o %41b a\\b 5%d m?t x/y #z",
)  # fmt: skip


@dataclass(frozen=True)
class Odd:
    """What the customer with the odd values and the one near it have, by field and number."""

    known: dict[str, dict[int, Any]]


@pytest.fixture(scope="module")
def odd(pool: Pool) -> Iterator[Odd]:
    with pool.lease(2) as (odd, near):
        odd.arrange(name=ODD, delivery_address={"careof": "0071"})
        near.arrange(name=NEAR, delivery_address={"careof": "71"})
        odd.update({"contact": ODD_CONTACT})  # which may be refused, or kept otherwise
        near.read()  # waits for the list to show the last of them
        entry = odd.read()
        known = {
            "name": {odd.number: ODD, near.number: NEAR},
            "delivery_address:careof": {odd.number: "0071", near.number: "71"},
            **{
                f"contact:{name}": {odd.number: value}
                for name, value in ODD_CONTACT.items()
                if value_of(entry, f"contact:{name}") == value
            },
        }
        yield Odd(known)


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        by("field", "name", ODD, "all"),
        by("field", "delivery_address:careof", "0071", "zeros"),
        *(by("field", f"contact:{name}", value, name) for name, value in ODD_CONTACT.items()),
        by("field-prefix", "name", ODD[:-1], "start"),
        by("field-prefix", "name", ODD[:11], "wildcard"),
        *(by("field-search", "name", part, part) for part in ODD_PARTS),
    ],
)
def test_filter_finds_odd_values_and_not_what_is_near(
    client: Client, odd: Odd, kind: str, field: str, value: str
) -> None:
    if field not in odd.known:
        raise NotApplicable(f"{field} was not kept as it was written")
    hold_filter(client, find(client, kind, field, value), kind, field, value, odd.known[field])


@clause("answer.no-server-error")
@pytest.mark.parametrize("value", ["%'\\𝄞*\"", "\x00", "a" * 1000], ids=["odd", "nul", "long"])
def test_odd_filter_value_is_no_server_error(client: Client, value: str) -> None:
    expect(find(client, "field-search", "name", value)).is_answered()


# ---------------------------------------------------------------- the full-text search


@clause("filter.special-search")
def test_full_text_search_finds_a_word_of_the_name(pool: Pool, arranged: Dataset) -> None:
    hold_full_text(pool, arranged, NAME, size=50)


@clause("filter.special-search", "list.total-count", "list.same-customer")
@in_context
@pytest.mark.parametrize(
    ("word", "size", "order"),
    [
        pytest.param(NAME, SIZE["maximum"], ordered("customer_no", "asc"), id="every-name"),
        pytest.param(texts("name")[WHOLE], 60, ordered("customer_no", "desc"), id="two-words"),
        pytest.param(LONG_NAME.split()[1], 10, ordered("name", "asc"), id="one-name"),
    ],
)
def test_full_text_search_works_in_an_order(
    pool: Pool,
    dataset: Dataset,
    stand_on: Callable[..., None],
    word: str,
    size: int,
    order: dict[str, str],
) -> None:
    stand_on("filter.special-search", "list.total-count")
    answer = hold_full_text(pool, dataset, word, size=size, **order)
    hold_total_count(answer, len(answer.customers), clause="list.total-count")
    hold_same(answer, dataset.otherwise(answer), clause="list.same-customer")
    if len(answer.customers) > 1:
        field, direction = order["order_field"], order["order_direction"]
        shown = [entry.get(field) for entry in answer.customers]
        hold_order(answer, shown, direction, field, clause="filter.special-search")


def hold_full_text(pool: Pool, dataset: Dataset, text: str, *, size: int, **order: str) -> Answer:
    """A full-text search may find more than the words as they stand, but nobody with none of them."""
    names = dataset.values("name")
    wanted = {number for number, name in names.items() if f" {text} " in f" {name} "}
    others = {number for number, name in names.items() if not any(word in name for word in text.split())}
    if not wanted:
        raise NotApplicable("needs more allotted customers (--customers)")
    query = {**FULL_TEXT, "filter_value": text, **order}
    answer = pool.settled(
        lambda: pool.client.list(page=1, page_size=size, **query),
        lambda answer: answer.is_success and wanted <= set(answer.numbers),
    )
    expect(answer, "filter.special-search").is_accepted()
    for number in sorted(wanted - set(answer.numbers)):
        need_value(pool.client, number, "name", names[number])
    expect(answer, "filter.special-search").is_true(
        wanted <= set(answer.numbers) and not others & set(answer.numbers),
        expected=f"{sorted(wanted)}, which have {text} in their name, and not {sorted(others)}",
        observed=f"{sorted(set(names) & set(answer.numbers))}",
        at="/data",
    )
    return answer


# ---------------------------------------------------------------- filter_type


@clause("filter.type-values")
@pytest.mark.parametrize("kind", KINDS)
def test_documented_filter_type_is_accepted(client: Client, kind: str) -> None:
    expect(client.list(page=1, page_size=50, **FILTERS[kind])).is_accepted()


@clause("filter.type-values")
@pytest.mark.parametrize(
    ("kind", "rest"), params(contexts(["field-suffix", "exact", "FIELD"], filtered=[False]))
)
def test_undocumented_filter_type_is_refused(client: Client, kind: str, rest: dict[str, str]) -> None:
    query = {"filter_field": "name", "filter_value": NAME, **rest, "filter_type": kind}
    answer = client.list(page=1, page_size=SIZE["maximum"] if rest else 10, **query)
    expect(answer).is_refused(naming="filter_type")


# ---------------------------------------------------------------- each field of the clients, by each kind


NUMERALS = {  # a value, a start and a part that decide
    "contact:phone": ("+46406280412", "+46406", "0628"),
    "address:zipcode": ("01067", "222", "106"),
    "delivery_address:zipcode": ("01067", "222", "106"),
}
PAGES_INSIDE = ((3, 2), (2, 3), (2, 2), (3, 3), (5, 1))  # of seven customers
CHOSEN = (*TEXTS, EMAIL, *NUMERALS, "notes")


def value_for(field: str, kind: str, dataset: Dataset, turn: int) -> str:
    """A value of a field for a kind of filter, of which another kind would find more or fewer."""
    if field == "notes":
        return dataset.filter_by(kind)["filter_value"]
    if field not in CHOSEN:
        return str(next(iter(dataset.values(field).values())))
    stem, whole = EMAIL_STEM if field == EMAIL else STEM, texts(field)[WHOLE] if field not in NUMERALS else ""
    longer_start = whole.partition("@")[0][:-2]
    values = NUMERALS.get(field) or (whole, longer_start if turn % 2 else stem, stem[1:])
    return values[FIELD_KINDS.index(kind)]


@clause("filter.fields", "filter.field")
@pytest.mark.parametrize("field", [field for field in FILTER_FIELDS if field != "org_no"])
def test_field_of_the_clients_can_be_filtered_on(
    client: Client, arranged: Dataset, stand_on: Callable[..., None], field: str
) -> None:
    """Where all have the value, no other field can stand in: it is the filter that finds too few."""
    stand_on("filter.field")
    value, known = value_for(field, "field", arranged, 0), arranged.values(field)
    answer = find(client, "field", field, value)
    is_for_all = set(known.values()) == {value} and answer.is_success
    clause = "filter.field" if is_for_all and set(answer.numbers) < set(known) else "filter.fields"
    hold_filter(client, answer, "field", field, value, known, clause=clause)


@clause("filter.fields", "list.total-count", "list.same-customer")
@in_context
@needs("list.pages-partition")
@pytest.mark.parametrize(
    ("field", "kind", "turn"),
    [
        pytest.param(field, kind, turn, id=f"{field}-{kind}")
        for turn, (field, kind) in enumerate(product(CHOSEN, FIELD_KINDS[1:]))
    ],
)
def test_part_of_a_field_can_be_filtered_on(
    client: Client, dataset: Dataset, stand_on: Callable[..., None], field: str, kind: str, turn: int
) -> None:
    """Each with another page size and in another order; where all are found, on a page in the middle."""
    stand_on("filter.fields", "list.total-count", "list.same-customer")
    value, known = value_for(field, kind, dataset, turn), dataset.values(field)
    order = ORDERS[(turn // 2 * 5 + turn % 2 * 11) % len(ORDERS)]
    found = [number for number, own in known.items() if is_match(kind, own, value)]
    by, direction = order["order_field"], order["order_direction"]
    values = dataset.values(by) if by != "org_no" else {}
    in_turn = in_order([values.get(number) for number in found], direction)
    if kind == "field-search" and field in (*TEXTS, EMAIL) and values and in_turn:
        page, size = PAGES_INSIDE[turn // 2 % len(PAGES_INSIDE)]
        answer = find(client, kind, field, value, page=page, size=size, order=order)
        expect(answer, "filter.fields").is_accepted()
        told, wanted = [values.get(number) for number in answer.numbers], in_page(in_turn, page, size)
        expect(answer, "filter.fields").is_true(
            told == wanted,
            expected=f"on page {page} with page_size {size}, {by} {direction}: {wanted}",
            observed=f"{told}",
            at="/data",
        )
        hold_total_count(answer, len(found), clause="list.total-count")
    else:
        answer = find(client, kind, field, value, size=PAGE_SIZES[turn % len(PAGE_SIZES)], order=order)
        hold_filter(client, answer, kind, field, value, known, clause="filter.fields")
        hold_total_count(answer, len(answer.customers), clause="list.total-count")
        shown = [values[number] for number in answer.numbers if number in values]
        if len(set(shown)) > 1:
            hold_order(answer, shown, direction, by, clause="filter.fields")
    hold_same(answer, dataset.otherwise(answer), clause="list.same-customer")


@pytest.mark.property  # which letters the account's own texts hold is in no cassette
@clause("filter.fields", "list.total-count", "list.same-customer")
@in_context
@needs("list.pages-partition", "renumber.old-number-gone", "renumber.unique")
@pytest.mark.parametrize(
    ("field", "kind", "value", "order"),
    [
        pytest.param(field, kind, value, BY_ENTRY[turn % len(BY_ENTRY)], id=f"{field}-{kind}-{value}")
        for turn, (field, kind, value) in enumerate(
            [
                *(("company_type", "field", one) for one in COMPANY_TYPES),
                ("company_type", "field-prefix", COMPANY_TYPES[2][:9]),
                ("company_type", "field-search", COMPANY_TYPES[0][1:]),
                ("address:country", "field-search", "E"),
                ("delivery_address:country", "field-prefix", "D"),
                ("customer_no", "field-prefix", "9"),
                ("customer_no", "field-search", "01"),
                ("name", "field-search", "a"),
                ("contact:email", "field-search", "@"),
            ]
        )
    ],
)
def test_filter_finds_everybody_in_the_account(
    client: Client,
    dataset: Dataset,
    view: View,
    stand_on: Callable[..., None],
    field: str,
    kind: str,
    value: str,
    order: dict[str, str],
) -> None:
    """All who match are there, whoever they are, in the order asked for."""
    stand_on("filter.fields", "list.total-count", "list.same-customer")
    if field == "company_type":
        stand_on("customer.company-type")

    def missing(account: Account, answer: Answer) -> list[str]:
        """The numbers of those who match and are not shown, where one page can show all."""
        own = {number: str(value_of(entry, field)) for number, entry in account.entries}
        wanted = {number for number, text in own.items() if is_match(kind, text, value)}
        absent = wanted - set(answer.numbers) if answer.total_count <= SIZE["maximum"] else set()
        return sorted(map(str, absent))

    query = {"filter_type": kind, "filter_field": field, "filter_value": value, **order}
    answer = view.agreeing(
        lambda: client.list(page=1, page_size=SIZE["maximum"], **query),
        lambda account, answer: (
            not answer.is_success or not (missing(account, answer) or account.otherwise(entries_of(answer)))
        ),
    )
    hold_filter(client, answer, kind, field, value, dataset.values(field), clause="filter.fields")
    absent = missing(view.account, answer)
    expect(answer, "filter.fields").is_true(
        not absent,
        expected=f"{kind} {field} {value!r} finds every customer that matches",
        observed=f"{len(absent)} are missing: {', '.join(absent[:5])}",
        at="/data",
    )
    if len(answer.customers) < SIZE["maximum"]:
        hold_total_count(answer, len(answer.customers), clause="list.total-count")
    hold_same(answer, view.account.otherwise(entries_of(answer)), clause="list.same-customer")
    by, direction = order["order_field"], order["order_direction"]
    values = [entry[by] if by == "customer_no" else moment(entry, by) for _, entry in entries_of(answer)]
    if len(set(values)) > 1:
        hold_order(answer, values, direction, by, clause="filter.fields")


@clause("filter.fields")
@needs("filter.field", "filter.field-prefix")
@pytest.mark.parametrize(
    ("field", "kind", "without"),
    [
        ("contact:email", "field", "end"),
        ("contact:phone", "field", "end"),
        ("contact:phone", "field", "start"),
        ("contact:phone", "field-prefix", "start"),
        ("address:zipcode", "field", "end"),
        ("address:zipcode", "field", "zero"),
        ("delivery_address:zipcode", "field", "zero"),
        ("notes", "field", "end"),
        ("notes", "field-prefix", "start"),
        ("customer_no", "field", "end"),
        ("customer_no", "field", "tail"),
    ],
)
def test_part_of_a_value_is_not_the_value(
    client: Client, dataset: Dataset, field: str, kind: str, without: str
) -> None:
    values = [str(value) for value in dataset.values(field).values()]
    value = next((value for value in values if value.startswith("0")), values[0])
    part = {
        "end": value[:-1],
        "start": value[1:],
        "zero": BARE_ZIPCODES.get(value, value),
        "tail": value[2:].lstrip("0"),
    }[without]
    hold_filter(client, find(client, kind, field, part), kind, field, part, dataset.values(field))


@clause("filter.fields")
@needs("filter.field")
@pytest.mark.parametrize(
    ("field", "neighbour"),
    [
        ("delivery_address:city", "address:city"),
        ("delivery_address:name", "name"),
        ("contact:name", "name"),
    ],
)
def test_nothing_stands_in_for_a_value_that_is_not_there(
    client: Client, view: View, field: str, neighbour: str
) -> None:
    """A customer without a delivery address is not found by its address in place of it."""
    without = {
        number: value_of(entry, neighbour)
        for number, entry in view.account.entries
        if not value_of(entry, field) and value_of(entry, neighbour)
    }
    if not without:
        raise NotApplicable(f"every customer shows {field}")
    number, value = next(iter(without.items()))
    answer = find(client, "field", field, value)
    expect(answer).is_accepted()
    entry = dict(entries_of(answer)).get(number, {})
    expect(answer).is_true(
        number not in answer.numbers or value_of(entry, field) == value,
        expected=f"nobody who has no {field}",
        observed=f"customer {number}, by its {neighbour}",
        at="/data",
    )


@clause("filter.fields")
@needs("filter.field")
def test_text_finds_no_number(client: Client, dataset: Dataset) -> None:
    """Whether a text in place of a number is refused is open; a customer with a number doesn't have it."""
    value = f"{next(iter(dataset.members))}abc"
    answer = find(client, "field", "customer_no", value)
    expect(answer).is_answered().is_true(
        not answer.is_success or not answer.customers,
        expected=f"no customer has the number {value!r}",
        observed=f"{answer.numbers[:5] if answer.is_success else []}",
        at="/data",
    )


@pytest.mark.property  # parts of a number that is in no cassette: its pseudonym has others
@clause("filter.fields")
@needs("list.same-customer")
@pytest.mark.parametrize(
    ("kind", "odd"),
    [
        pytest.param(kind, odd, id=f"{kind}{'-odd' * odd}", marks=in_context)
        for kind, odd in [*((kind, False) for kind in FIELD_KINDS), ("field", True)]
    ],
)
def test_organisation_number_can_be_filtered_on(
    client: Client, view: View, stand_on: Callable[..., None], kind: str, odd: bool
) -> None:
    """One that starts with a zero, if there is one, and one with other letters than digits."""
    stand_on(f"filter.{kind}")
    shown = {number: str(entry["org_no"]) for number, entry in view.account.entries if entry.get("org_no")}
    wanted = {number: value for number, value in shown.items() if value.isdecimal() != odd}
    if not wanted:
        raise NotApplicable("no customer shows such an org_no")
    number, value = max(wanted.items(), key=lambda item: item[1].startswith("0"))
    part = {"field": value, "field-prefix": value[:-1], "field-search": value[1:]}[kind]
    answer = find(client, kind, "org_no", part, size=SIZE["maximum"], order=ORDERS[FIELD_KINDS.index(kind)])
    hold_filter(client, answer, kind, "org_no", part, {number: value})


@clause("filter.street-line")
def test_can_the_street_line_be_filtered_on(client: Client, dataset: Dataset) -> None:
    number, value = next(iter(dataset.values("address:street_address").items()))
    spellings = ("address:street_address", "address:address_line_1")
    answers = [find(client, "field", spelling, value) for spelling in spellings]
    working = [
        spelling
        for spelling, answer in zip(spellings, answers, strict=True)
        if answer.is_success and answer.numbers == [number]
    ]
    for answer in answers:
        observe(answer, f"as {' and '.join(working)}" if working else "no")


# ---------------------------------------------------------------- what is open


def hold_fault(answer: Answer, *faults: str) -> None:
    """An error that names a field names one at fault, also where refusing is open."""
    named = answer.named_fields if not answer.is_success else []
    expect(answer, "answer.error-field").is_true(
        not named or any(name in faults for name in named),
        expected=f"one of the fields at fault, {', '.join(faults)}, or none",
        observed=", ".join(named),
        at="/data/field",
    )


@clause("filter.half", "answer.error-field")
def test_is_half_a_filter_refused(client: Client) -> None:
    answer = client.list(page=1, page_size=10, filter_type="field")
    observe(answer, clause="filter.half")
    hold_fault(answer, "filter_type", "filter_field", "filter_value")


@clause("filter.unknown-field", "answer.error-field")
def test_is_a_filter_on_an_unknown_field_refused(client: Client) -> None:
    answer = find(client, "field", "shoe_size", "44")
    observe(answer, clause="filter.unknown-field")
    hold_fault(answer, "filter_type", "filter_field", "filter_value", "shoe_size")
