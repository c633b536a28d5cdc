"""Customers compared: what upstream leaves open is no difference, everything else is one at its place."""

from __future__ import annotations

from typing import Any

import pytest

from billogram_contract.spec.customer import differences, instant, leaves, unwritten

STAMP = "2026-04-29T11:19:15.647Z"


def pointers(found: list[Any]) -> list[str]:
    return [one.pointer for one in found]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"notes": None}, {}),
        ({"notes": ""}, {"notes": None}),
        ({"contact": None}, {}),
        ({"contact": {}}, {"contact": None}),
        ({"contact": {"phone": None}}, {"contact": {}}),
        ({"contact": {"phone": "", "email": None}}, {}),
        ({"name": " Åsa\n"}, {"name": "Åsa"}),
        ({"contact": {"name": "Åsa"}}, {"contact": {"name": "\tÅsa "}}),
        ({"address": {"zipcode": "175 69"}}, {"address": {"zipcode": "17569"}}),
        ({"address": {"street_address": "Väg 1"}}, {"address": {"address_line_1": "Väg 1"}}),
        ({"address": {"street_address": "A", "address_line_1": "A"}}, {"address": {"street_address": "A"}}),
        ({"created_at": STAMP}, {"created_at": "2026-04-29T11:19:15.647000Z"}),
        ({"created_at": STAMP}, {"created_at": "2026-04-29T11:19:15.647+00:00"}),
        ({"created_at": STAMP}, {"created_at": "2026-04-29t11:19:15.647z"}),
        ({"name": "A\u030asa"}, {"name": "Åsa"}),
        ({"updated_at": STAMP}, {"updated_at": None}),
    ],
)
def test_tolerated_difference_is_none(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert differences(one, other) == []
    assert differences(other, one) == []


@pytest.mark.parametrize(
    ("one", "other", "pointer"),
    [
        ({"name": "Åsa"}, {"name": "Asa"}, "/name"),
        ({"name": "Åsa"}, {"name": "åsa"}, "/name"),
        ({"name": "A B"}, {"name": "AB"}, "/name"),
        ({"name": "ﬁ"}, {"name": "fi"}, "/name"),
        ({"notes": "x"}, {}, "/notes"),
        ({"customer_no": 9001}, {"customer_no": "9001"}, "/customer_no"),
        ({"letter_forwarding_enabled": False}, {}, "/letter_forwarding_enabled"),
        ({"contact": {"email": "a@example.com"}}, {"contact": None}, "/contact/email"),
        ({"address": {"zipcode": "175 69"}}, {"address": {"zipcode": "17568"}}, "/address/zipcode"),
        (
            {"address": {"street_address": "1"}},
            {"address": {"address_line_1": "2"}},
            "/address/address_line_1",
        ),
        ({"address": {"city": "A B"}}, {"address": {"city": "AB"}}, "/address/city"),
        ({"created_at": STAMP}, {"created_at": "2026-04-29T11:19:15.648Z"}, "/created_at"),
        ({"created_at": STAMP}, {"created_at": "2026-04-29T11:19:15.647+02:00"}, "/created_at"),
        ({"shoe_size": 41}, {"shoe_size": 42}, "/shoe_size"),
    ],
)
def test_real_difference_is_found_at_its_place(
    one: dict[str, Any], other: dict[str, Any], pointer: str
) -> None:
    assert pointers(differences(one, other)) == [pointer]
    assert pointers(differences(other, one)) == [pointer]


def test_fields_named_are_left_aside() -> None:
    one = {"name": "A", "notes": "x", "contact": {"email": "a"}}
    other = {"name": "B", "notes": "y", "contact": {"email": "b"}}
    assert pointers(differences(one, other, but=["notes", "contact"])) == ["/name"]


def test_difference_tells_both_sides_briefly() -> None:
    (found,) = differences({"notes": "x" * 500}, {})
    assert (found.observed, len(found.expected) < 160) == ("no value", True)
    assert "502 characters" in found.expected


def test_unwritten_looks_at_the_written_fields_only() -> None:
    body = {"notes": "ny", "contact": {"phone": "1"}, "edi": None}
    answered = {"notes": "gammal", "contact": {"phone": "1", "email": "e"}, "edi": {"operator": "o"}}
    assert pointers(unwritten(body, answered)) == ["/notes"]
    assert unwritten({"contact": {"phone": "1"}}, answered) == []


def test_unwritten_tolerates_what_differences_does() -> None:
    body = {"name": " Åsa ", "address": {"street_address": "Väg 1", "zipcode": "175 69"}}
    answered = {"name": "Åsa", "address": {"address_line_1": "Väg 1", "zipcode": "17569"}}
    assert unwritten(body, answered) == []


@pytest.mark.parametrize("language", ["", None])
def test_default_language_is_answered_as_upstream_likes(language: str | None) -> None:
    assert unwritten({"language": language}, {"language": "sv"}) == []


def test_language_that_is_lost_is_unwritten() -> None:
    assert pointers(unwritten({"language": "en"}, {"language": "sv"})) == ["/language"]


def test_leaves_have_one_form_for_all_tolerated() -> None:
    customer = {
        "name": " Åsa ",
        "notes": None,
        "address": {"street_address": "Väg 1", "zipcode": "1 2", "city": ""},
        "letter_forwarding_enabled": False,
    }
    assert dict(leaves(customer)) == {
        "/name": "Åsa",
        "/address/street": "Väg 1",
        "/address/zipcode": "12",
        "/letter_forwarding_enabled": False,
    }


@pytest.mark.parametrize("text", [None, 5, "", "yesterday", "2026-13-01T00:00:00Z"])
def test_what_is_no_timestamp_is_no_instant(text: object) -> None:
    assert instant(text) is None
