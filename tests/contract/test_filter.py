"""Filters: what each kind finds, in which fields."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from billogram_contract.checking.expect import expect, observe
from billogram_contract.errors import NotApplicable
from billogram_contract.pool.leased import LeasedCustomer
from billogram_contract.pool.pool import Pool
from billogram_contract.spec import description as vendored
from billogram_contract.upstream.client import Client
from billogram_contract.upstream.exchange import Answer
from strategies import FILTER_FIELDS
from tests.contract.dataset import Dataset, value_of

KINDS = vendored.load().query("filter_type")["enum"]
PAGE_SIZE = 50  # of lists that a filter leaves short

# One name is the start of the next, a part of the third, and no part of the fourth.
NAMES = {"whole": "Zyrkvist", "longer": "Zyrkvistson", "inside": "Ab Zyrkvist", "other": "Örnsköld"}
FOUND_BY = {
    "field": {"whole"},
    "field-prefix": {"whole", "longer"},
    "field-search": {"whole", "longer", "inside"},
}
FULL_TEXT = {"filter_type": "special", "filter_field": "search"}

clause = pytest.mark.clause
needs = pytest.mark.needs
pytestmark = needs("list.answers", "list.first-page", "filter.type-values")


@dataclass(frozen=True)
class Named:
    """Customers by their role in NAMES."""

    number: dict[str, int]

    def roles(self, answer: Answer) -> set[str]:
        """The roles of those among them that a list shows."""
        return {role for role, number in self.number.items() if number in answer.numbers}


@pytest.fixture(scope="module")
def named(pool: Pool) -> Iterator[Named]:
    with pool.lease(len(NAMES)) as leased:
        for customer, name in zip(leased, NAMES.values(), strict=True):
            customer.arrange(name=name)
        leased[-1].read()  # waits for the list to show the last of them
        yield Named({role: customer.number for role, customer in zip(NAMES, leased, strict=True)})


def find(client: Client, kind: str, field: str, value: object, **order: str) -> Answer:
    chosen = {"filter_type": kind, "filter_field": field, "filter_value": value}
    return client.list(page=1, page_size=PAGE_SIZE, **chosen, **order)


def folded(value: Any) -> str:
    """A text as the most tolerant collation compares it: case and accents aside."""
    text = unicodedata.normalize("NFKD", str(value)).casefold()
    return "".join(letter for letter in text if not unicodedata.combining(letter)).strip()


def matches(kind: str, own: Any, value: str) -> bool:
    if own is None:
        return True  # the list does not show the field: nothing to tell by
    ours, wanted = folded(own), folded(value)
    found = {"field": ours == wanted, "field-prefix": ours.startswith(wanted), "field-search": wanted in ours}
    return found[kind]


def hold_filter(answer: Answer, kind: str, field: str, value: str, expected: set[int]) -> None:
    """The answer shows those expected and nobody who doesn't match."""
    expect(answer).is_accepted()
    shown = set(answer.numbers)
    strangers = [
        number
        for number, one in zip(answer.numbers, answer.customers, strict=True)
        if number not in expected and not matches(kind, value_of(one, field), value)
    ]
    expect(answer).is_true(
        expected <= shown and not strangers,
        expected=f"{kind} {field} {value!r} finds {sorted(expected)} and only customers that match",
        observed=f"{sorted(expected & shown)} of them, and {len(strangers)} that don't match {strangers[:5]}",
        at="/data",
    )


@clause("filter.field")
def test_field_filter_finds_the_exact_value(client: Client, named: Named) -> None:
    hold_kind(client, named, "field")


@clause("filter.field-prefix")
def test_prefix_filter_finds_what_starts_with_the_value(client: Client, named: Named) -> None:
    hold_kind(client, named, "field-prefix")


@clause("filter.field-search")
def test_search_filter_finds_what_contains_the_value(client: Client, named: Named) -> None:
    hold_kind(client, named, "field-search")


def hold_kind(client: Client, named: Named, kind: str) -> None:
    expected = {named.number[role] for role in FOUND_BY[kind]}
    hold_filter(find(client, kind, "name", NAMES["whole"]), kind, "name", NAMES["whole"], expected)


@clause("filter.field-search")
def test_search_filter_finds_the_end_of_a_value(client: Client, named: Named) -> None:
    expected = {named.number[role] for role in FOUND_BY["field-search"]}
    hold_filter(find(client, "field-search", "name", "rkvist"), "field-search", "name", "rkvist", expected)


@clause("filter.field")
def test_field_filter_finds_every_customer_with_the_value(
    client: Client, pair: tuple[LeasedCustomer, LeasedCustomer]
) -> None:
    for customer in pair:
        customer.arrange(name="Tvillingsson")
    pair[-1].read()  # waits for the list to show the last of them
    answer = find(client, "field", "name", "Tvillingsson")
    hold_filter(answer, "field", "name", "Tvillingsson", {customer.number for customer in pair})


@clause("filter.field")
@needs("list.page-size-minimum")
def test_filter_looks_beyond_the_first_page(client: Client, named: Named) -> None:
    chosen = {"filter_type": "field", "filter_field": "name", "filter_value": NAMES["whole"]}
    hold_filter(
        client.list(page=1, page_size=1, **chosen), "field", "name", NAMES["whole"], {named.number["whole"]}
    )


@clause("filter.field")
@needs("order.direction-values")
def test_field_filter_works_in_an_order(client: Client, named: Named) -> None:
    order = {"order_field": "name", "order_direction": "asc"}
    answer = find(client, "field", "name", NAMES["whole"], **order)
    hold_filter(answer, "field", "name", NAMES["whole"], {named.number["whole"]})


@clause("filter.field")
@pytest.mark.parametrize("value", ["Zyrk", "rkvist", "Z"])
def test_field_filter_finds_no_part_of_a_value(client: Client, named: Named, value: str) -> None:
    hold_filter(find(client, "field", "name", value), "field", "name", value, set())


@clause("filter.field")
def test_field_filter_finds_letters_beyond_ascii(client: Client, named: Named) -> None:
    expected = {named.number["other"]}
    hold_filter(find(client, "field", "name", NAMES["other"]), "field", "name", NAMES["other"], expected)


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=clause(f"filter.{kind}")) for kind in ("field-prefix", "field-search")]
)
@pytest.mark.parametrize("value", ["Zyr_vist", "Z%t"])
def test_value_has_no_wildcards(client: Client, named: Named, kind: str, value: str) -> None:
    hold_filter(find(client, kind, "name", value), kind, "name", value, set())


@clause("filter.field-prefix")
def test_prefix_filter_finds_no_end_of_a_value(client: Client, named: Named) -> None:
    hold_filter(find(client, "field-prefix", "name", "rkvist"), "field-prefix", "name", "rkvist", set())


@clause("filter.special-search")
def test_full_text_search_finds_a_word_of_the_name(pool: Pool, named: Named) -> None:
    query = {"page": 1, "page_size": PAGE_SIZE, "filter_value": NAMES["whole"], **FULL_TEXT}
    answer = pool.settled(
        lambda: pool.client.list(**query),
        lambda answer: answer.is_success and {"whole", "inside"} <= named.roles(answer),
    )
    roles = named.roles(answer)
    expect(answer).is_accepted().is_true(
        {"whole", "inside"} <= roles and "other" not in roles,
        expected=f"customers with the word {NAMES['whole']} in their name, not {NAMES['other']}",
        observed=", ".join(sorted(NAMES[role] for role in roles)) or "none of them",
        at="/data",
    )


@clause("list.total-count")
@needs("filter.field", "filter.field-prefix", "filter.field-search")
@pytest.mark.parametrize("kind", ["field", "field-prefix", "field-search"])
def test_total_count_counts_what_a_filter_finds(client: Client, named: Named, kind: str) -> None:
    answer = find(client, kind, "name", NAMES["whole"])
    shown = len(answer.customers)
    expect(answer).is_true(
        answer.total_count == shown,
        expected=f"{shown}, the matches on the only page",
        observed=str(answer.total_count),
        at="/meta/total_count",
    )


@clause("filter.type-values")
@pytest.mark.parametrize("kind", KINDS)
def test_documented_filter_type_is_accepted(client: Client, kind: str) -> None:
    field = "search" if kind == "special" else "name"
    expect(find(client, kind, field, NAMES["whole"])).is_accepted()


@clause("filter.type-values")
@pytest.mark.parametrize("kind", ["field-suffix", "exact", "FIELD"])
def test_undocumented_filter_type_is_refused(client: Client, kind: str) -> None:
    expect(find(client, kind, "name", NAMES["whole"])).is_refused(naming="filter_type")


@clause("filter.fields")
@needs("filter.field")
def test_notes_can_be_filtered_on(client: Client, pair: tuple[LeasedCustomer, LeasedCustomer]) -> None:
    for customer in pair:
        customer.arrange(notes="contract suite pair")
    pair[-1].read()
    answer = find(client, "field", "notes", "contract suite pair")
    hold_filter(answer, "field", "notes", "contract suite pair", {customer.number for customer in pair})


@clause("filter.fields")
@needs("filter.field")
@pytest.mark.parametrize("field", [field for field in FILTER_FIELDS if field != "org_no"])
def test_field_of_the_clients_can_be_filtered_on(client: Client, dataset: Dataset, field: str) -> None:
    value = next(iter(dataset.values(field).values()))
    expected = dataset.having(field, value)
    answer = find(client, "field", field, value)
    if answer.is_success and answer.total_count > len(answer.customers):
        expected &= set(answer.numbers)  # the others may be on a later page
    hold_filter(answer, "field", field, str(value), expected)


@clause("filter.fields")
@needs("filter.field")
@pytest.mark.parametrize(
    ("field", "neighbour"),
    [
        ("address:city", "delivery_address:city"),
        ("delivery_address:city", "address:city"),
        ("name", "contact:name"),
        ("contact:name", "name"),
    ],
)
def test_field_is_not_found_by_its_neighbour_s_value(
    client: Client, dataset: Dataset, field: str, neighbour: str
) -> None:
    value = next(iter(dataset.values(neighbour).values()))
    hold_filter(find(client, "field", field, value), "field", field, value, set())


@clause("filter.fields")
@needs("filter.field", "filter.field-prefix", "filter.field-search")
@pytest.mark.parametrize("kind", ["field-prefix", "field-search"])
@pytest.mark.parametrize(
    "field", ["contact:name", "contact:email", "address:city", "delivery_address:name", "notes"]
)
def test_part_of_a_field_can_be_filtered_on(client: Client, dataset: Dataset, field: str, kind: str) -> None:
    value = next(iter(dataset.values(field).values()))
    part = value[:-2] if kind == "field-prefix" else value[1:]
    hold_filter(find(client, kind, field, part), kind, field, part, dataset.having(field, value))


@clause("filter.fields")
@needs("filter.field")
def test_organisation_number_can_be_filtered_on(client: Client) -> None:
    some = client.list(page=1, page_size=PAGE_SIZE)
    shown = zip(some.numbers, some.customers, strict=True)
    known = {number: one["org_no"] for number, one in shown if one.get("org_no")}
    if not known:
        raise NotApplicable("no customer shows an org_no")
    number, value = next(iter(known.items()))
    hold_filter(find(client, "field", "org_no", value), "field", "org_no", value, {number})


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


@clause("filter.half")
def test_is_half_a_filter_refused(client: Client) -> None:
    observe(client.list(page=1, page_size=1, filter_type="field"))


@clause("filter.unknown-field")
def test_is_a_filter_on_an_unknown_field_refused(client: Client) -> None:
    observe(find(client, "field", "shoe_size", "44"))


@clause("answer.no-server-error")
@pytest.mark.parametrize("value", ["%", "'", "\\", "\x00", "𝄞", "a" * 1000])
@pytest.mark.parametrize("kind", ["field-search"])
def test_odd_filter_value_is_no_server_error(client: Client, kind: str, value: str) -> None:
    expect(find(client, kind, "name", value)).is_answered()
