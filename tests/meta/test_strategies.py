"""The strategies: every example is valid, interesting ones are found, minimal ones can be read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import strategies
from billogram_contract.spec.description import load
from strategies import NAME_ALPHABETS, SCRIPTS, NegativeCase

T = TypeVar("T")

MAX_NAME = load().body("name")["maxLength"]
QUIET = settings(database=None, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
PHONE = re.compile(r"\+46(701740(60[5-9]|6[1-9][0-9])|3139006[0-9]{2})")


def assert_all_examples(strategy: st.SearchStrategy[T], predicate: Callable[[T], bool]) -> None:
    @settings(QUIET, max_examples=25, phases=[Phase.generate])
    @given(strategy)
    def check(example: T) -> None:
        assert predicate(example), f"{example!r} is no good"

    check()


def find_any(strategy: st.SearchStrategy[T], condition: Callable[[T], bool] = lambda _: True) -> T:
    return find(strategy, condition, settings=settings(QUIET, max_examples=1_000, phases=[Phase.generate]))


def minimal(strategy: st.SearchStrategy[T], condition: Callable[[T], bool] = lambda _: True) -> T:
    return find(
        strategy,
        condition,
        settings=settings(QUIET, max_examples=1_000, phases=[Phase.generate, Phase.shrink]),
    )


def body_validator() -> Draft202012Validator:
    document = load().document
    schema = {"$ref": "#/components/schemas/CustomerUpdate", "components": document["components"]}
    return Draft202012Validator(schema)


def query_validator() -> Draft202012Validator:
    parameters = [load().at(f"/paths/~1customer/get/parameters/{place}").value for place in range(7)]
    schema = {
        "required": [one["name"] for one in parameters if one.get("required")],
        "properties": {one["name"]: one["schema"] for one in parameters},
        "additionalProperties": False,
    }
    return Draft202012Validator(schema)


def part_validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(
        {**load().at(f"/components/schemas/{name}").value, "additionalProperties": False}
    )


def flaws(value: Mapping[str, Any], validator: Draft202012Validator) -> list[tuple[str, str]]:
    """The keyword and the top-level field of everything that the schema finds wrong."""
    return [
        (str(error.validator), str(error.path[0]) if error.path else "")
        for error in validator.iter_errors(value)
    ]


# ---- Names ----


def is_printable_name(name: str) -> bool:
    categories = {unicodedata.category(character) for character in name}
    return (
        not categories & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
        and name == name.strip()
        and unicodedata.is_normalized("NFC", name)
        and 1 <= len(name) <= MAX_NAME
    )


@pytest.mark.parametrize("script", SCRIPTS)
def test_names_of_each_script_are_printable(script: str) -> None:
    assert_all_examples(strategies.names(scripts=[script]), is_printable_name)


def test_names_in_mixed_scripts_are_printable() -> None:
    assert_all_examples(strategies.names(), is_printable_name)


@pytest.mark.parametrize("script", SCRIPTS)
def test_names_keep_nfc_beside_every_character(script: str) -> None:
    others = "".join(SCRIPTS.values())
    for one in SCRIPTS[script]:
        text = "a" + "".join(other + one for other in others)
        assert unicodedata.normalize("NFC", text) == text


@pytest.mark.parametrize("wanted", ["å", "ж", "字", "🎉", "\u0305", " "])
def test_names_hold_many_scripts(wanted: str) -> None:
    find_any(strategies.names(), lambda name: wanted in name)


def test_names_reach_their_maximum() -> None:
    assert len(find_any(strategies.names(min_size=MAX_NAME))) == MAX_NAME


def test_minimal_name_is_one_letter() -> None:
    assert minimal(strategies.names()) == "A"


@pytest.mark.parametrize("unit", NAME_ALPHABETS.values(), ids=NAME_ALPHABETS)
@pytest.mark.parametrize("n", [0, 1, MAX_NAME - 1, MAX_NAME, MAX_NAME + 1])
def test_names_of_length_count_code_points(n: int, unit: str) -> None:
    name = strategies.names_of_length(n, character=unit)
    assert len(name) == n
    assert unicodedata.is_normalized("NFC", name)


# ---- Numbers ----


def test_electronic_ids_end_in_their_check_digit() -> None:
    def adds_up(digits: str) -> bool:
        return len(digits) == 13 and sum(int(one) for one in digits[::2] + digits[1::2] * 3) % 10 == 0

    assert adds_up("4006381333931")  # a published example, so that the test itself is tested
    assert_all_examples(strategies.electronic_ids(), adds_up)


def test_customer_numbers_stay_within_their_range() -> None:
    within = range(9_001, 9_013, 2)
    assert_all_examples(strategies.customer_numbers(within=within), lambda number: number in within)
    assert minimal(strategies.customer_numbers(within=within)) == 9_001


@pytest.mark.parametrize("bound", ["minimum", "maximum"])
def test_page_sizes_reach_their_bounds(bound: str) -> None:
    find_any(strategies.page_sizes(), lambda size: bool(size == load().query("page_size")[bound]))


# ---- Customers ----


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize(
    ("part", "schema"),
    [
        (strategies.contacts, "ContactUpdate"),
        (strategies.addresses, "AddressUpdate"),
        (strategies.delivery_addresses, "DeliveryAddressUpdate"),
        (strategies.edis, "EdiUpdate"),
    ],
)
def test_parts_satisfy_their_schema(
    part: Callable[..., st.SearchStrategy[Any]], schema: str, full: bool
) -> None:
    validator = part_validator(schema)
    fields = set(validator.schema["properties"]) - {"address_line_1"}  # type: ignore[index]
    assert_all_examples(
        part(full=full), lambda one: not flaws(one, validator) and (not full or set(one) == fields)
    )
    assert full or minimal(part()) == {}


def test_contacts_reach_nobody() -> None:
    assert_all_examples(
        strategies.contacts(full=True),
        lambda one: bool(re.search(r"@example\.(com|org)$", one["email"]) and PHONE.fullmatch(one["phone"])),
    )


def test_swedish_postal_codes_have_five_digits() -> None:
    addresses = strategies.addresses(full=True, countries=["SE"])
    assert_all_examples(addresses, lambda one: bool(re.fullmatch("[1-9][0-9]{4}", one["zipcode"])))


@pytest.mark.parametrize("country", ["SE", "NO", "FI", "DK", "DE"])
def test_addresses_are_in_many_countries(country: str) -> None:
    find_any(strategies.addresses(), lambda one: one.get("country") == country)


def test_updates_satisfy_the_description() -> None:
    validator = body_validator()
    never = {"created_at", "links", "customer_no"}
    assert_all_examples(
        strategies.customer_updates(), lambda body: not flaws(body, validator) and not never & set(body)
    )


def test_full_updates_have_every_field_that_may_be_sent() -> None:
    fields = set(load().body_schema().value["properties"]) - {"created_at", "links", "customer_no"}
    validator = body_validator()
    assert_all_examples(
        strategies.customer_updates(full=True),
        lambda body: set(body) == fields and not flaws(body, validator),
    )


@pytest.mark.parametrize("kind", load().body("company_type")["enum"])
def test_updates_are_foreign_in_type_and_address_alike(kind: str) -> None:
    body = find_any(strategies.customer_updates(full=True), lambda one: bool(one["company_type"] == kind))
    assert kind.startswith("foreign") == (body["address"]["country"] != "SE")


@pytest.mark.parametrize("field", ["name", "address"])
def test_updates_leave_out_each_field_now_and_then(field: str) -> None:
    find_any(strategies.customer_updates(), lambda body: field in body and len(body) == 1)
    find_any(strategies.customer_updates(), lambda body: field not in body and len(body) > 3)
    assert_all_examples(strategies.customer_updates(without=[field]), lambda body: field not in body)


def test_minimal_update_is_empty() -> None:
    assert minimal(strategies.customer_updates()) == {}
    assert minimal(strategies.customer_updates(), lambda body: "name" in body) == {"name": "A"}


def test_updates_speak_only_the_languages_given() -> None:
    updates = strategies.customer_updates(languages=["sv"])
    assert_all_examples(updates, lambda body: body.get("language", "sv") == "sv")


# ---- Queries ----


def test_queries_satisfy_the_description() -> None:
    validator = query_validator()
    assert_all_examples(strategies.list_queries(), lambda query: not flaws(query, validator))


def test_filters_and_orders_come_whole() -> None:
    filter_names = {"filter_type", "filter_field", "filter_value"}
    order_names = {"order_field", "order_direction"}
    assert_all_examples(
        strategies.list_queries(),
        lambda query: (
            len(filter_names & set(query)) in (0, len(filter_names))
            and len(order_names & set(query)) in (0, len(order_names))
        ),
    )


@pytest.mark.parametrize("kind", load().query("filter_type")["enum"])
def test_queries_filter_in_every_way(kind: str) -> None:
    find_any(
        strategies.list_queries(), lambda query: query.get("filter_type") == kind and "order_field" in query
    )


def test_minimal_query_is_the_smallest_first_page() -> None:
    assert minimal(strategies.list_queries()) == {"page": 1, "page_size": 1}


# ---- Near-misses ----

QUERY_FLAWS = {
    "list.page-minimum": ("minimum", ["page"]),
    "list.page-integer": ("type", ["page"]),
    "list.page-required": ("required", ["page"]),
    "list.page-size-minimum": ("minimum", ["page_size"]),
    "list.page-size-maximum": ("maximum", ["page_size"]),
    "list.page-size-integer": ("type", ["page_size"]),
    "list.page-size-required": ("required", ["page_size"]),
    "filter.type-values": ("enum", ["filter_type"]),
    "order.direction-values": ("enum", ["order_direction"]),
}
OBJECTS = ["contact", "address", "delivery_address", "edi"]
UPDATE_FLAWS = {
    "name.maximum": ("maxLength", ["name"]),
    "update.company-type-values": ("enum", ["company_type"]),
    "renumber.positive-only": ("minimum", ["customer_no"]),
    "renumber.integer-only": ("type", ["customer_no"]),
    "update.language-format": ("pattern", ["language"]),
    "update.field-types": ("type", [*OBJECTS, "name", "notes", "letter_forwarding_enabled"]),
}


def breaks_only_this(negative_case: NegativeCase, keyword: str, validator: Draft202012Validator) -> bool:
    field = "" if keyword == "required" else negative_case.breaks
    is_there = negative_case.breaks in negative_case.value
    return flaws(negative_case.value, validator) == [(keyword, field)] and is_there == (keyword != "required")


@pytest.mark.parametrize("clause", QUERY_FLAWS)
def test_invalid_queries_break_their_clause_only(clause: str) -> None:
    (keyword, fields), validator = QUERY_FLAWS[clause], query_validator()
    assert_all_examples(
        strategies.invalid_queries(clauses=[clause]),
        lambda one: (
            one.clause == clause and one.breaks in fields and breaks_only_this(one, keyword, validator)
        ),
    )
    find_any(strategies.invalid_queries(), lambda one: one.clause == clause)


@pytest.mark.parametrize("clause", UPDATE_FLAWS)
def test_invalid_updates_break_their_clause_only(clause: str) -> None:
    (keyword, fields), validator = UPDATE_FLAWS[clause], body_validator()
    assert_all_examples(
        strategies.invalid_updates(clauses=[clause]),
        lambda one: (
            one.clause == clause and one.breaks in fields and breaks_only_this(one, keyword, validator)
        ),
    )


FLAWED_FIELDS = [(clause, field) for clause, (_, fields) in UPDATE_FLAWS.items() for field in fields]


@pytest.mark.parametrize(("clause", "field"), FLAWED_FIELDS)
def test_invalid_updates_break_every_field_of_their_clause(clause: str, field: str) -> None:
    find_any(strategies.invalid_updates(clauses=[clause]), lambda one: one.breaks == field)


def test_no_near_miss_has_a_clause_that_is_not_tested() -> None:
    assert_all_examples(strategies.invalid_queries(), lambda one: one.clause in QUERY_FLAWS)
    assert_all_examples(strategies.invalid_updates(), lambda one: one.clause in UPDATE_FLAWS)


def test_minimal_near_misses_can_be_read() -> None:
    assert minimal(strategies.invalid_queries()) == NegativeCase(
        "list.page-minimum", "page", {"page": 0, "page_size": 1}
    )
    customer_no = minimal(strategies.invalid_updates(clauses=["renumber.positive-only"]))
    assert customer_no == NegativeCase("renumber.positive-only", "customer_no", {"customer_no": 0})


# ---- Options ----


@pytest.mark.parametrize(
    "make",
    [
        lambda: strategies.names(scripts=["klingon"]),
        lambda: strategies.names(scripts=[]),
        lambda: strategies.names(min_size=5, max_size=4),
        lambda: strategies.names_of_length(-1, character="a"),
        lambda: strategies.names_of_length(1, character=""),
        lambda: strategies.pages(min_value=2, max_value=1),
        lambda: strategies.page_sizes(min_value=2, max_value=1),
        lambda: strategies.customer_numbers(within=range(0)),
        lambda: strategies.customer_numbers(within=range(5)),
        lambda: strategies.contacts(without=["fax"]),
        lambda: strategies.addresses(without=["fax"]),
        lambda: strategies.addresses(countries=["XX"]),
        lambda: strategies.customer_updates(without=["customer_no"]),
        lambda: strategies.invalid_queries(clauses=["name.maximum"]),
        lambda: strategies.invalid_updates(clauses=[]),
    ],
)
def test_bad_options_raise(make: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match="must"):
        make()
