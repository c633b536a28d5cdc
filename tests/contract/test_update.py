"""Updates: what they write, what they leave alone, what they refuse."""

from __future__ import annotations

from typing import Any

import pytest

from billogram_contract.checking.expect import expect, observe
from billogram_contract.errors import Blocked, NotApplicable
from billogram_contract.pool.leased import LeasedCustomer
from billogram_contract.pool.pool import Pool
from billogram_contract.spec.customer import differences, instant
from billogram_contract.spec.description import Description
from billogram_contract.upstream.client import Client
from billogram_contract.upstream.exchange import Answer
from strategies import names_of_length
from tests.contract.bodies import FULL, MAXIMUM, OTHER, home
from tests.contract.dataset import value_of
from tests.contract.gathering import gathering

PLAIN = {"name": "Frida Storm", "company_type": "business", "notes": "a plain update"}
BEYOND = str(10**30)  # what no customer's number can be
MALFORMED = {
    "cut": b'{"notes": "cut',
    "no JSON": b"notes=none",
    "comma too many": b'{"notes": "comma",}',
    "list": b"[]",
    "text": b'"notes"',
    "number": b"17",
    "null": b"null",
}
clause = pytest.mark.clause
needs = pytest.mark.needs
pytestmark = needs("update.answers", "update.partial", "auth.basic")


@clause("update.answers")
def test_update_answers_the_customer_of_the_path(customer: LeasedCustomer) -> None:
    customer.update(PLAIN)
    answer = customer.update(PLAIN)  # the same again comes to the same
    expect(answer).is_accepted().is_true(
        str(answer.customer.get("customer_no")) == str(customer.number),
        expected=f"customer {customer.number}",
        observed=f"customer {answer.customer.get('customer_no')}",
        at="/data/customer_no",
    )


@clause("update.sample-request")
def test_sample_body_is_accepted(customer: LeasedCustomer, description: Description) -> None:
    sample = description.sample_update() | {"customer_no": customer.number}
    expect(customer.update(sample)).is_accepted()


@clause("update.notes-free-form")
def test_notes_can_be_emptied(customer: LeasedCustomer) -> None:
    customer.arrange(notes="to be emptied")
    answer = customer.update({"notes": ""})
    if not answer.is_success:
        raise NotApplicable("whether a text can be empty is open")
    expect(answer).is_true(
        not answer.customer.get("notes"),
        expected="no notes, as written",
        observed=repr(answer.customer.get("notes")),
        at="/data/notes",
    )


@clause("update.list-agrees")
def test_list_shows_what_updates_answered(customer: LeasedCustomer) -> None:
    long = {"name": names_of_length(MAXIMUM, character="𝄞 å"), "notes": "n" * 1000}
    for body in (FULL, {"contact": None, **long}):
        answer = customer.update(body)
        if not answer.is_success:
            raise Blocked(f"could not be arranged: an update was answered {answer.brief}")
        listed, entry = customer.listed(answer.customer)
        expect(listed).entry_is(entry, answer.customer)


@clause("update.partial")
def test_fields_left_out_stay(customer: LeasedCustomer) -> None:
    before = customer.arrange(**FULL).customer
    answer = customer.update({"notes": OTHER["notes"]})
    expect(answer).is_accepted().keeps(before, but=["notes", "created_at"])


@clause("update.only-addressed")
@needs("update.list-agrees")
def test_update_leaves_other_customers_alone(pair: tuple[LeasedCustomer, LeasedCustomer]) -> None:
    one, other = pair
    before = other.read()
    one.arrange(**FULL)
    listed, entry = other.listed(before)
    expect(listed).unchanged(entry, before)


# By which filter a customer is looked for after an update, in which field: by the new value and by the old.
LOOKED_FOR = (("field", "name"), ("field-prefix", "contact:email"), ("field-search", "address:city"))
LOOKED_FOR_BY_OLD = (
    ("special", "search"),
    ("field", "contact:email"),
    ("field-search", "delivery_address:name"),
    ("field-search", "address:zipcode"),
)


@clause("filter.field", "filter.field-prefix", "filter.field-search", "filter.special-search")
@clause("order.ascending", "order.descending", "update.list-agrees")
@needs("update.round-trip", "update.only-addressed", "order.fields", "filter.fields", "list.first-page")
def test_filters_and_orders_follow_an_update(pair: tuple[LeasedCustomer, LeasedCustomer], pool: Pool) -> None:
    one, other = pair
    mark = {"notes": "contract suite: found anew"}
    first, middle, last = (
        worded(*words) for words in (("badg", "17569"), ("kemp", "22240"), ("pink", "41104"))
    )
    one.arrange(**mark, **first)
    other.arrange(**mark, **middle)
    one.arrange(**last)
    listed, entry = one.listed(one.current)
    expect(listed, "update.list-agrees").entry_is(entry, one.current)
    with gathering() as each:
        for kind, field in LOOKED_FOR:
            with each.question():
                hold_found(pool, one.number, kind, field, part_of(kind, field, last), is_new=True)
        for kind, field in (*LOOKED_FOR, *LOOKED_FOR_BY_OLD):
            with each.question():
                hold_found(pool, one.number, kind, field, part_of(kind, field, first), is_new=False)
        for field, direction, by in (("name", "asc", "ascending"), ("address:city", "desc", "descending")):
            wanted = [other.number, one.number][:: 1 if direction == "asc" else -1]
            with each.question():
                answer = listing(pool, "field", "notes", mark["notes"], wanted, field, direction)
                found = [number for number in answer.numbers if number in wanted]
                expect(answer, "filter.field").is_accepted().is_true(
                    set(found) == set(wanted),
                    expected=f"both {wanted} by their notes",
                    observed=f"{found}",
                    at="/data",
                )
                expect(answer, f"order.{by}").is_accepted().is_true(
                    found == wanted,
                    expected=f"{wanted} in this order, by {field} after an update",
                    observed=f"{found}",
                    at="/order_field",
                )


def worded(word: str, zipcode: str) -> dict[str, Any]:
    """A body with a word in every field that is looked for, or a postal code."""
    return {
        "name": f"Kvarn {word}",
        "contact": {"name": f"Anna {word}", "email": f"{word}.suite@example.com"},
        "address": {**home("business"), "city": f"Ekeby {word}", "zipcode": zipcode},
        "delivery_address": {**home("business"), "name": f"Fors {word}"},
    }


def part_of(kind: str, field: str, body: dict[str, Any]) -> str:
    """What a filter of a kind finds a body's field by."""
    if kind == "special":
        return str(body["name"].split()[-1])
    value = str(value_of(body, field))
    return {"field": value, "field-prefix": value[:-1], "field-search": value[1:]}[kind]


def listing(
    pool: Pool,
    kind: str,
    field: str,
    value: str,
    wanted: list[int],
    order: str | None = None,
    way: str | None = None,
) -> Answer:
    """The list of those that have a value, once those that are wanted lead each other as they should."""
    return pool.settled(
        lambda: pool.client.list(
            page=1,
            page_size=100,
            filter_type=kind,
            filter_field=field,
            filter_value=value,
            order_field=order,
            order_direction=way,
        ),
        lambda answer: [number for number in answer.numbers if number in wanted] == wanted,
    )


def hold_found(pool: Pool, number: int, kind: str, field: str, value: str, *, is_new: bool) -> None:
    """The filter finds a customer by the value that an update gave it, and not by the one before."""
    answer = pool.settled(
        lambda: listing(pool, kind, field, value, []), lambda answer: (number in answer.numbers) is is_new
    )
    if answer.is_success and answer.total_count > len(answer.customers):
        raise NotApplicable(f"more customers than a page shows have {field} {value!r}")
    expect(answer, f"filter.{'special-search' if kind == 'special' else kind}").is_accepted().is_true(
        (number in answer.numbers) is is_new,
        expected=f"{field} {value!r} {'finds' if is_new else 'no longer finds'} customer {number}",
        observed=f"{answer.numbers}",
        at="/data",
    )


@clause("update.unknown-customer")
def test_unknown_customer_is_not_found(client: Client, pool: Pool) -> None:
    number = pool.free_number()
    whole = {name: FULL[name] for name in ("name", "company_type", "letter_forwarding_enabled", "contact")}
    for body in ({"notes": "nobody"}, {"company_type": FULL["company_type"]}, whole):
        answer = client.update(number, body)
        expect(answer).is_refused(status=404).is_true(
            answer.identifier != "NOT_AVAILABLE_YET",
            expected="NOT_FOUND: no such customer is to come",
            observed=answer.brief,
            at="/status",
        )
    listed = pool.by_number(number)
    expect(listed).is_true(
        number not in listed.numbers,
        expected=f"no customer {number} after the refused update",
        observed="the list shows one",
        at="/data",
    )


@clause("update.company-type-values")
def test_undocumented_company_type_is_refused(customer: LeasedCustomer) -> None:
    expect(customer.update({"company_type": "company"})).is_refused(naming="company_type")


@clause("update.field-types")
@pytest.mark.parametrize(
    "body", [{"contact": "text"}, {"notes": 17}, {"letter_forwarding_enabled": 1}], ids=repr
)
def test_wrong_type_is_refused(customer: LeasedCustomer, body: dict[str, Any]) -> None:
    (field,) = body
    expect(customer.update(body)).is_refused(naming=field)


@clause("update.language-format")
def test_language_of_another_shape_is_refused(customer: LeasedCustomer) -> None:
    expect(customer.update({"language": "swe"})).is_refused(naming="language")


@clause("update.round-trip")
def test_languages_of_the_market_are_kept(customer: LeasedCustomer) -> None:
    answers = {language: customer.update({"language": language}) for language in ("sv", "en")}
    for answer in answers.values():
        if not answer.is_success:
            expect(answer).is_refused(naming="language")  # which languages a market has is open
    kept = {language: answer for language, answer in answers.items() if answer.is_success}
    # The market's own may be shown as none: one at the most.
    unnamed = [language for language, answer in kept.items() if not answer.customer.get("language")]
    for language, answer in kept.items():
        if unnamed != [language]:
            expect(answer).shows({"language": language})


@clause("update.created-at-read-only", "update.refused-changes-nothing")
def test_created_at_cannot_be_written(customer: LeasedCustomer, pool: Pool) -> None:
    before, accepted = customer.read(), False
    given = {"created_at": "2001-02-03T04:05:06.789Z"}
    others: list[dict[str, Any]] = [{}, {"name": OTHER["name"], "contact": OTHER["contact"]}]
    others.append({"customer_no": pool.free_number(), "notes": "beside created_at"})
    for body in (given, *({**other, **given} for other in others), {**given, **others[1]}):
        answer = customer.update(body)
        expect(answer, "update.created-at-read-only").is_answered(status=(200, 400))
        accepted = accepted or answer.is_success
    listed, entry = customer.listed(customer.current if accepted else before)
    hold_created_at(listed, entry, before)
    if not accepted:
        expect(listed, "update.refused-changes-nothing").unchanged(entry, before)


@clause("update.created-at-read-only", "update.updated-at-answered")
def test_update_answers_both_moments(customer: LeasedCustomer) -> None:
    answer = customer.arrange(notes="contract suite: when?")
    hold_created_at(answer, answer.customer, customer.original)
    shown = answer.customer.get("updated_at")
    expect(answer, "update.updated-at-answered").is_true(
        instant(shown) is not None, expected="a moment", observed=repr(shown), at="/data/updated_at"
    )


def hold_created_at(answer: Answer, customer: dict[str, Any] | None, before: dict[str, Any]) -> None:
    """created_at stays."""
    shown = (customer or {}).get("created_at")
    same = not differences({"created_at": before.get("created_at")}, {"created_at": shown})
    expect(answer, "update.created-at-read-only").is_true(
        same,
        expected=f"created_at stays {before.get('created_at')}",
        observed=str(shown),
        at="/data/created_at",
    )


@clause("update.malformed-body")
@pytest.mark.parametrize("kind", MALFORMED)
def test_malformed_body_is_refused(customer: LeasedCustomer, kind: str) -> None:
    expect(customer.update(MALFORMED[kind])).is_refused()


@clause("answer.no-server-error")
@pytest.mark.parametrize(
    "body",
    [
        {"notes": "\x00"},
        {"contact": {"email": "no address"}},
        {"address": {"zipcode": ["list"]}},
        {"name": ""},
        {"unknown": {"deep": [[[[[[]]]]]]}},
        b"",
        b"\xff\xfe",
    ],
    ids=repr,
)
def test_odd_body_is_no_server_error(customer: LeasedCustomer, body: Any) -> None:
    expect(customer.update(body)).is_answered()


@clause("answer.no-server-error")
@pytest.mark.parametrize("number", ["0", "-1", str(2**31), str(2**63), BEYOND, "1.5", "a b", "å"])
def test_odd_number_in_the_path_is_no_server_error(pool: Pool, number: str) -> None:
    pool.require()
    body = {"notes": "nobody"} if number == BEYOND else {"customer_no": "no number"}
    expect(pool.client.update(number, body)).is_refused(status=(400, 404))


# ---------------------------------------------------------------- open questions


@clause("update.path-text")
def test_is_a_path_that_is_no_number_unknown(pool: Pool) -> None:
    pool.require()
    observe(pool.client.update("nobody", {"notes": "nobody"}))


@clause("update.updated-at-unset")
def test_is_updated_at_null_before_the_first_update(client: Client) -> None:
    answer = client.list(page=1, page_size=100)
    times = [one.get("updated_at") for one in answer.customers]
    observe(answer, "seen null" if None in times else "never seen null")


@clause("update.updated-at-moves")
def test_does_updated_at_move_with_an_update(customer: LeasedCustomer) -> None:
    before = instant(customer.arrange(notes="one").customer.get("updated_at"))
    answer = customer.arrange(notes="two")
    after = instant(answer.customer.get("updated_at"))
    observe(answer, "yes" if before and after and after >= before else "no")


@clause("update.substructure-members")
def test_does_a_member_left_out_of_a_substructure_stay(customer: LeasedCustomer) -> None:
    before = customer.arrange(contact=FULL["contact"]).customer
    answer = customer.arrange(contact={"phone": OTHER["contact"]["phone"]})
    stays = all(
        value_of(before, one) == value_of(answer.customer, one) for one in ("contact:name", "contact:email")
    )
    observe(answer, "yes" if stays else "no")


@clause("update.unknown-field")
def test_is_an_unknown_body_field_refused(customer: LeasedCustomer) -> None:
    observe(customer.update({"shoe_size": 44}))


@clause("update.text-null")
@pytest.mark.parametrize("body", [{"notes": None}, {"contact": {"phone": None}}], ids=["text", "nested"])
def test_is_null_for_a_text_accepted(customer: LeasedCustomer, body: dict[str, Any]) -> None:
    observe(customer.update(body))


@clause("update.sample-only-fields")
def test_can_a_field_of_the_sample_answer_alone_be_written(customer: LeasedCustomer) -> None:
    shown = customer.original.get("org_no")
    if not shown:
        raise NotApplicable("needs an allotted customer with an org_no, to write the same again")
    observe(customer.update({"org_no": shown}))


@clause("update.street-line")
def test_is_the_street_line_answered_as_address_line_1(customer: LeasedCustomer) -> None:
    answer = customer.arrange(address={"street_address": "Backgatan 1"})
    address = answer.customer.get("address") or {}
    shown = [spelling for spelling in ("address_line_1", "street_address") if address.get(spelling)]
    observe(answer, f"as {' and '.join(shown) or 'neither'}")


@clause("update.zipcode-normalised")
def test_does_a_zipcode_lose_its_space(customer: LeasedCustomer) -> None:
    answer = customer.arrange(address={"zipcode": "175 69", "country": "SE"})
    observe(answer, f"175 69 came back as {(answer.customer.get('address') or {}).get('zipcode')}")


@clause("update.white-space-trimmed")
def test_is_white_space_trimmed(customer: LeasedCustomer) -> None:
    answer = customer.arrange(notes="  indented  ")
    observe(answer, f"came back as {answer.customer.get('notes')!r}")


@clause("update.unknown-language")
def test_is_an_unknown_language_refused(customer: LeasedCustomer) -> None:
    observe(customer.update({"language": "zz"}))


@clause("update.empty-body")
def test_is_an_empty_update_accepted(customer: LeasedCustomer) -> None:
    observe(customer.update({}))
