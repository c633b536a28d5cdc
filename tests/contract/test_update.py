"""Updates: what they write, what they leave alone, what they refuse."""

from __future__ import annotations

from typing import Any

import pytest

from billogram_contract.checking.expect import expect, observe
from billogram_contract.errors import Blocked, NotApplicable
from billogram_contract.pool.leased import LeasedCustomer
from billogram_contract.pool.pool import Pool
from billogram_contract.spec import description as vendored
from billogram_contract.spec.customer import differences, instant
from billogram_contract.spec.description import Description
from billogram_contract.upstream.client import Client
from billogram_contract.upstream.exchange import Answer
from strategies import names_of_length
from tests.contract.bodies import FULL, OTHER

MAXIMUM = vendored.load().body("name")["maxLength"]
COMPANY_TYPES = vendored.load().body("company_type")["enum"]
SUBSTRUCTURES = ("contact", "address", "delivery_address", "edi")

PLAIN = {"name": "Frida Storm", "company_type": "business", "notes": "a plain update"}
WRONG_TYPES = [
    *({structure: value} for structure in SUBSTRUCTURES for value in ("text", 17, ["list"])),
    *({text: value} for text in ("name", "notes") for value in (17, ["list"], {"an": "object"})),
    *({text: value} for text in ("company_type", "language") for value in (17, ["list"])),
    {"letter_forwarding_enabled": "maybe"},
    {"letter_forwarding_enabled": "true"},
    {"letter_forwarding_enabled": {"an": "object"}},
]
MALFORMED = {
    "cut": b'{"notes": "cut',
    "no JSON": b"notes=none",
    "comma too many": b'{"notes": "comma",}',
    "list": b"[]",
    "text": b'"notes"',
    "number": b"17",
    "null": b"null",
}
FREE_FORM = (
    "line one\nline two\ttabbed åäö αβ ж 漢字 عربي 🚀"
    """ <b>&amp;</b> "quoted" 'single' \\ / %"""
)


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


@clause("update.round-trip")
@needs("update.sample-request")
@pytest.mark.parametrize("body", [FULL, OTHER], ids=["full", "other"])
def test_written_fields_are_answered(customer: LeasedCustomer, body: dict[str, Any]) -> None:
    expect(customer.update(body)).is_accepted().shows(body)


@clause("update.round-trip")
@needs("update.sample-request")
def test_country_beside_sweden_is_kept(customer: LeasedCustomer) -> None:
    body = {"address": {"zipcode": "00100", "city": "Helsinki", "country": "FI"}}
    answer = customer.update(body)
    if not answer.is_success:
        raise NotApplicable("which countries a market knows is open")
    expect(answer).shows(body)


@clause("update.letter-forwarding")
@pytest.mark.parametrize("enabled", [True, False])
def test_letter_forwarding_is_kept(customer: LeasedCustomer, enabled: bool) -> None:
    customer.arrange(letter_forwarding_enabled=not enabled)
    body = {"letter_forwarding_enabled": enabled}
    expect(customer.update(body)).is_accepted().shows(body)


@clause("update.notes-free-form")
@pytest.mark.parametrize("notes", [FREE_FORM, "n" * 2000], ids=["scripts", "long"])
def test_free_form_notes_come_back(customer: LeasedCustomer, notes: str) -> None:
    expect(customer.update({"notes": notes})).is_accepted().shows({"notes": notes})


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
    for body in (FULL, {"contact": OTHER["contact"]}, {"address": None, **long}, OTHER):
        answer = customer.update(body)
        if not answer.is_success:
            raise Blocked(f"could not be arranged: an update was answered {answer.brief}")
        listed, entry = customer.listed(answer.customer)
        expect(listed).entry_is(entry, answer.customer)


@clause("update.partial")
@needs("update.sample-request")
@pytest.mark.parametrize(
    ("base", "field"),
    [
        (OTHER, "notes"),
        *((FULL, field) for field in ("notes", "name", "company_type", "letter_forwarding_enabled")),
        *((FULL, structure) for structure in SUBSTRUCTURES),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_fields_left_out_stay(customer: LeasedCustomer, field: str, base: dict[str, Any]) -> None:
    found = customer.current
    arranged = customer.arrange(**base)
    expect(arranged).keeps(found, but=[*base, "created_at"])
    before = arranged.customer
    answer = customer.update({field: (OTHER if base is FULL else FULL)[field]})
    expect(answer).is_accepted().keeps(before, but=[field, "created_at"])


@clause("update.partial")
def test_language_left_out_stays(customer: LeasedCustomer) -> None:
    accepted = [language for language in ("sv", "en") if customer.update({"language": language}).is_success]
    if not accepted:
        raise NotApplicable("neither sv nor en is a language of this market")
    before = customer.current
    answer = customer.update({"notes": "language left out"})
    expect(answer).is_accepted().keeps(before, but=["notes", "created_at"])


@clause("update.null-substructure")
@pytest.mark.parametrize("structure", SUBSTRUCTURES)
@needs("update.round-trip")
def test_null_substructure_stays(customer: LeasedCustomer, structure: str) -> None:
    before = customer.arrange(**FULL).customer
    answer = customer.update({structure: None, "notes": "beside a null"})
    expect(answer).is_accepted().shows({"notes": "beside a null"}).keeps(before, but=["notes", "created_at"])


@clause("update.only-addressed")
def test_update_leaves_other_customers_alone(pair: tuple[LeasedCustomer, LeasedCustomer]) -> None:
    one, other = pair
    before = other.read()
    one.arrange(**FULL)
    listed, entry = other.listed(before)
    expect(listed).unchanged(entry, before)


@clause("update.unknown-customer")
def test_unknown_customer_is_not_found(client: Client, pool: Pool) -> None:
    number = pool.free_number()
    answer = client.update(number, {"notes": "nobody"})
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


@clause("update.field-types")
@pytest.mark.parametrize("body", WRONG_TYPES, ids=repr)
def test_wrong_type_is_refused(customer: LeasedCustomer, body: dict[str, Any]) -> None:
    (field,) = body
    expect(customer.update(body)).is_refused(naming=field)


@clause("update.company-type-values")
@pytest.mark.parametrize("value", COMPANY_TYPES)
def test_documented_company_type_is_kept(customer: LeasedCustomer, value: str) -> None:
    body = {"company_type": value}
    expect(customer.update(body)).is_accepted().shows(body)


@clause("update.company-type-values")
@pytest.mark.parametrize("value", ["company", "foreign_business", "Business", ""])
def test_undocumented_company_type_is_refused(customer: LeasedCustomer, value: str) -> None:
    expect(customer.update({"company_type": value})).is_refused(naming="company_type")


@clause("update.language-default")
@pytest.mark.parametrize("language", [None, ""])
def test_language_takes_the_markets_default(customer: LeasedCustomer, language: str | None) -> None:
    expect(customer.update({"language": language})).is_accepted()


@clause("update.language-format")
@pytest.mark.parametrize("language", ["swe", "svenska", "s", "12", "sv-SE"])
def test_language_of_another_shape_is_refused(customer: LeasedCustomer, language: str) -> None:
    expect(customer.update({"language": language})).is_refused(naming="language")


@clause("update.round-trip")
@pytest.mark.parametrize("language", ["sv", "en"])
def test_language_of_the_market_is_kept(customer: LeasedCustomer, language: str) -> None:
    answer = customer.update({"language": language})
    if not answer.is_success:
        expect(answer).is_refused(naming="language")  # which languages a market has is open
        return
    expect(answer).shows({"language": language})


@clause("update.created-at-read-only")
@pytest.mark.parametrize("created_at", ["2001-02-03T04:05:06.789Z"])
def test_created_at_cannot_be_written(customer: LeasedCustomer, created_at: str) -> None:
    before = customer.read()
    answer = customer.update({"created_at": created_at})
    expect(answer).is_answered(status=(200, 400))
    hold_created_at(*customer.listed(before), customer.original)


@clause("update.created-at-read-only")
def test_update_leaves_created_at_alone(customer: LeasedCustomer) -> None:
    answer = customer.arrange(notes="created_at stays")
    hold_created_at(answer, answer.customer, customer.original)


def hold_created_at(answer: Answer, customer: dict[str, Any] | None, before: dict[str, Any]) -> None:
    shown = (customer or {}).get("created_at")
    same = not differences({"created_at": before.get("created_at")}, {"created_at": shown})
    expect(answer).is_true(
        same,
        expected=f"created_at stays {before.get('created_at')}",
        observed=str(shown),
        at="/data/created_at",
    )


@clause("update.malformed-body")
@pytest.mark.parametrize("kind", MALFORMED)
def test_malformed_body_is_refused(customer: LeasedCustomer, kind: str) -> None:
    expect(customer.update(MALFORMED[kind])).is_refused()


@clause("update.refused-changes-nothing")
@needs("name.maximum", "renumber.positive-only", "update.company-type-values", "update.field-types")
@needs("update.language-format")
@pytest.mark.parametrize(
    "flaw",
    [
        {"company_type": "company"},
        {"customer_no": -1},
        {"contact": "text"},
        {"name": "n" * MAXIMUM * 10},
        {"language": "swedish"},
    ],
    ids=lambda flaw: next(iter(flaw)),
)
def test_refused_update_changes_nothing(customer: LeasedCustomer, pool: Pool, flaw: dict[str, Any]) -> None:
    before = customer.read()
    answer = customer.update({**OTHER, "customer_no": pool.free_number(), **flaw})
    if answer.is_success:
        raise Blocked(f"the update that was to be refused was answered {answer.brief}")
    listed, entry = customer.listed(before)
    expect(listed).unchanged(entry, before)


@clause("answer.no-server-error")
@pytest.mark.parametrize(
    "body",
    [
        {"notes": "\x00"},
        {"contact": {"email": 5}},
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
@pytest.mark.parametrize("number", ["0", "-1", str(2**31), str(2**63), str(10**30), "1.5", "a b", "å"])
def test_odd_number_in_the_path_is_no_server_error(pool: Pool, number: str) -> None:
    pool.require()
    expect(pool.client.update(number, {"customer_no": "no number"})).is_refused(status=(400, 404))


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
