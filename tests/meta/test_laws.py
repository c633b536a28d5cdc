"""The laws: what every answer is held to, given what the answers before it told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from billogram_contract.checking.laws import Laws
from billogram_contract.upstream.exchange import Answer, Call

ANNA: dict[str, Any] = {
    "customer_no": 9001,
    "name": "Anna",
    "notes": "old",
    "company_type": "individual",
    "contact": {"email": "anna@example.com"},
    "created_at": "2020-01-01T00:00:00Z",
}


class Talk:
    """Laws and a clock, told one exchange after the other; each answers the rules that it broke."""

    def __init__(self, settle: float | None = 0.0) -> None:
        self.now = 0.0
        self.laws = Laws(clock=lambda: self.now)
        self.laws.settle = settle

    def listed(self, *entries: dict[str, Any], total: int | None = None, **query: Any) -> set[str]:
        asked = {"page": 1, "page_size": 10, **query}
        call = Call(query=tuple((name, str(value)) for name, value in asked.items()))
        count = len(entries) if total is None else total
        return self._broken(
            call, 200, {"status": "OK", "meta": {"total_count": count}, "data": list(entries)}
        )

    def updated(self, body: dict[str, Any], answer: dict[str, Any], number: int = 9001) -> set[str]:
        return self._broken(self._call(body, number), 200, {"status": "OK", "data": answer})

    def refused(self, body: dict[str, Any], field: str | None = None, number: int = 9001) -> set[str]:
        answer = {"status": "INVALID_PARAMETER", "data": {"message": "no", "field": field}}
        return self._broken(self._call(body, number), 400, answer)

    def lost(self, body: dict[str, Any], number: int = 9001) -> None:
        self.laws.sending(self._call(body, number))

    def _call(self, body: dict[str, Any], number: int) -> Call:
        return Call(number=str(number), body=json.dumps(body).encode())

    def _broken(self, call: Call, status: int, answer: dict[str, Any]) -> set[str]:
        if call.body is not None:
            self.laws.sending(call)
        held = self.laws.hold(Answer(call, status, {}, json.dumps(answer).encode()))
        return {str(one.rule) for one in held.violations}


def customers(count: int, first: int = 1) -> list[dict[str, Any]]:
    return [{**ANNA, "customer_no": number} for number in range(first, first + count)]


def test_list_has_no_customer_twice() -> None:
    assert Talk().listed(*customers(2), *customers(1), total=3) == {"pages"}


def test_list_has_at_most_page_size_customers() -> None:
    assert Talk().listed(*customers(11), total=11) == {"pages"}


def test_total_count_is_no_less_than_what_is_shown() -> None:
    assert Talk().listed(*customers(5), total=4) == {"count"}


def test_page_is_as_full_as_a_total_that_was_borne_out_demands() -> None:
    talk = Talk()
    assert talk.listed(*customers(2, 11), page=2, total=12) == set()
    assert talk.listed(*customers(9), total=12) == {"pages"}


def test_page_is_not_blamed_where_the_total_may_be_wrong() -> None:
    assert Talk().listed(*customers(9), total=12) == set()


def test_exact_filter_finds_the_value_alone() -> None:
    query = {"filter_type": "field", "filter_field": "company_type", "filter_value": "business"}
    assert Talk().listed(ANNA, **query) == {"filter"}
    assert Talk().listed({**ANNA, "company_type": "business"}, **query) == set()


@pytest.mark.parametrize(
    ("body", "change", "rule"),
    [
        ({"name": "Bo"}, {}, "name"),
        ({"notes": "short"}, {}, "written"),
        ({"name": "Bo", "company_type": "business"}, {}, "written"),
        ({"notes": "new\nlines"}, {"notes": "new lines"}, "notes"),
        ({"company_type": "business"}, {}, "company-type"),
        ({"letter_forwarding_enabled": True}, {"letter_forwarding_enabled": False}, "flag"),
        ({"contact": {"email": "bo+tag@example.com"}}, {}, "written"),
        ({"notes": "new"}, {"notes": "new", "customer_no": 9002}, "addressed"),
        ({"customer_no": 9101}, {}, "new-number"),
    ],
    ids=str,
)
def test_accepted_update_shows_what_it_wrote(body: dict[str, Any], change: dict[str, Any], rule: str) -> None:
    assert Talk().updated(body, ANNA | change) == {rule}
    assert Talk().updated(body, ANNA | body) == set()


@pytest.mark.parametrize(
    "body",
    [
        {"name": "n" * 101},
        {"name": " padded "},
        {"company_type": "company"},
        {"contact": {"phone": "031-390 06 11"}},
        {"contact": {"email": "Anna@Example.COM"}},
        {"contact": {"shoe": "44"}},
        {"notes": None},
        {"language": ""},
        {"address": {"street_address": "One 1", "address_line_1": "Two 2"}},
    ],
    ids=str,
)
def test_what_is_open_about_a_value_is_tolerated(body: dict[str, Any]) -> None:
    assert Talk().updated(body, ANNA) == set()


@pytest.mark.parametrize(
    ("body", "change", "rule"),
    [
        ({"name": "Bo"}, {"notes": None}, "partial"),
        ({"name": "Bo"}, {"created_at": "2021-01-01T00:00:00Z"}, "created-at"),
        ({"name": "Bo", "contact": None}, {"contact": None}, "null-structure"),
        ({"name": "Bo", "customer_no": 9101}, {"notes": None}, "renumbered"),
    ],
    ids=str,
)
def test_accepted_update_keeps_the_rest(body: dict[str, Any], change: dict[str, Any], rule: str) -> None:
    talk = Talk()
    assert talk.updated({"notes": "old"}, ANNA) == set()
    assert talk.updated(
        body, {**ANNA, "name": "Bo", "customer_no": body.get("customer_no", 9001)} | change
    ) == {rule}


def test_refused_update_changes_nothing() -> None:
    talk = Talk()
    talk.updated({"notes": "old"}, ANNA)
    talk.listed(ANNA)
    talk.refused({"notes": "half", "name": 17})
    assert talk.listed({**ANNA, "notes": "half"}) == {"refused"}


def test_list_shows_what_an_update_answered_once_it_has_settled() -> None:
    talk = Talk(settle=2)
    talk.updated({"notes": "old"}, ANNA)
    stale = {**ANNA, "notes": "before"}
    assert talk.listed(stale) == set()
    talk.now = 3
    assert talk.listed(stale) == {"listed"}


def test_list_is_not_held_to_a_time_that_is_not_known() -> None:
    talk = Talk(settle=None)
    talk.updated({"notes": "old"}, ANNA)
    assert talk.listed({**ANNA, "notes": "before"}) == set()


def test_update_changes_no_other_customer() -> None:
    talk = Talk()
    talk.updated({"notes": "old"}, ANNA)
    talk.updated({"notes": "new"}, {**ANNA, "customer_no": 9002, "notes": "new"}, number=9002)
    assert talk.updated(
        {"company_type": "business"}, {**ANNA, "company_type": "business", "notes": "new"}
    ) == {"alone"}


def test_update_whose_answer_was_lost_is_nobodys_fault() -> None:
    talk = Talk()
    talk.updated({"notes": "old"}, ANNA)
    talk.lost({"notes": "new"})
    assert talk.listed({**ANNA, "notes": "new"}) == set()
    assert talk.updated({"name": "Bo"}, {**ANNA, "notes": "new", "name": "Bo"}) == set()


@pytest.mark.parametrize("field", ["name", "customer_no", "letter_forwarding_enabled"])
def test_error_names_a_field_of_the_request(field: str) -> None:
    assert Talk().refused({"notes": "fine", "language": "zz"}, field=field) == {"error-field"}


def test_error_names_no_field_that_is_surely_fine() -> None:
    assert Talk().refused({"notes": "fine", "language": ""}, field="notes") == {"error-field"}


@pytest.mark.parametrize("field", ["language", "shoe", "body", None])
def test_error_may_name_what_is_at_fault_or_what_nobody_documents(field: str | None) -> None:
    assert Talk().refused({"notes": "fine", "language": "zz"}, field=field) == set()
