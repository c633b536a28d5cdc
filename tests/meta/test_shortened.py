"""Values in a few words: what repeats is counted, what is long is cut, absence is told exactly."""

from __future__ import annotations

import json
from typing import Any

import pytest

from billogram_contract.checking.telling.shortened import ABSENT, ABSENT_PARENT, request, value
from billogram_contract.checking.telling.updates import found_at
from billogram_contract.upstream.exchange import Call


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("a" * 101, '"a" × 101'),
        ("ab" * 50, '"ab" × 50'),
        ("line\nbreak", '"line\\nbreak"'),
        ("", '""'),
        (None, "null"),
        (True, "true"),
        ({"a": {"b": "c" * 40}}, '{"a": {"b": "c" × 40}}'),
        (ABSENT, "the key is absent"),
        (ABSENT_PARENT, "absent, with what it stands in"),
    ],
)
def test_value_is_told(given: Any, told: str) -> None:
    assert value(given) == told


def test_long_text_is_cut_with_its_length() -> None:
    told = value("The quick brown fox jumps over the lazy dog and then over another one.")
    assert told.endswith("(70 characters)")
    assert len(told) < 80


@pytest.mark.parametrize(
    ("customer", "told"),
    [
        ({"contact": {"email": None}}, "null"),
        ({"contact": {"email": ""}}, '""'),
        ({"contact": {}}, "the key is absent"),
        ({"contact": None}, "absent, with what it stands in"),
        ({}, "absent, with what it stands in"),
    ],
)
def test_absence_is_told_exactly(customer: dict[str, Any], told: str) -> None:
    assert value(found_at(customer, "/contact/email")) == told


def test_body_shows_what_decides() -> None:
    body = json.dumps({"name": "x", "notes": "y", "contact": {}}).encode()
    assert (
        request(Call("9001", body=body), frozenset({"name"})) == 'PUT /customer/9001 {"name": "x"} and 2 more'
    )


def test_credentials_that_are_not_right_are_told() -> None:
    assert request(Call(query=(("page", "1"),), credentials="none")) == (
        "GET /customer page=1 with no credentials at all"
    )
