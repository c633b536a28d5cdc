"""The observed profile: paths, types, formats and values of what was answered, and nobody's words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from billogram_contract.checking.observed_schema import (
    MOST_VALUES,
    Aspects,
    ObservedSchema,
    Observer,
    merge,
    plain,
)
from billogram_contract.upstream.exchange import Answer, Call

LISTED = "GET /customer 200"


def listed(*customers: Any, status: int = 200, **envelope: Any) -> Answer:
    body = {"status": "OK", "data": list(customers), "meta": {"total_count": 1}, **envelope}
    return Answer(Call(query=(("page", "1"),)), status, {}, json.dumps(body).encode())


def seen(*answers: Answer) -> ObservedSchema:
    observer = Observer()
    for answer in answers:
        observer.see(answer)
    return plain(observer.take())


def at(profile: ObservedSchema, path: str) -> Aspects:
    return profile[LISTED][path]


def test_paths_are_kept_by_operation_and_status() -> None:
    error = Answer(Call(number="9001", body=b"{}"), 404, {}, b'{"status": "NOT_FOUND"}')
    found = seen(listed({"name": "Anna"}), error)
    assert list(found) == [LISTED, "PUT /customer/{customer_no} 404"]
    assert list(found["PUT /customer/{customer_no} 404"]) == ["", "/status"]
    assert "/data/*/name" in found[LISTED]


def test_types_are_counted() -> None:
    found = seen(listed({"edi": None}, {"edi": {"operator": "x", "codes": [1, 2.5]}}))
    assert at(found, "/data/*/edi").types == {"null": 1, "object": 1}
    assert at(found, "/data/*/edi/codes/*").types == {"integer": 1, "number": 1}


def test_same_state_of_a_customer_counts_once() -> None:
    one, other = {"customer_no": 1}, {"customer_no": 2}
    found = seen(listed(one, other), listed(one), listed(other, one))
    assert at(found, "/data/*/customer_no").types == {"integer": 2}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("2026-04-29T11:19:15.647Z", "date-time in UTC"),
        ("2026-04-29T11:19:15+00:00", "date-time in UTC"),
        ("2026-04-29T11:19:15+02:00", "date-time with an offset"),
        ("2026-04-29 11:19:15", "date-time without a zone"),
        ("2026-04-29", "date"),
        ("https://example.com/x", "uri"),
        ("f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "uuid"),
        ("29 April", "text"),
        ("", "text"),
    ],
)
def test_formats_are_told_apart(text: str, name: str) -> None:
    assert at(seen(listed({"when": text})), "/data/*/when").formats == {name: 1}


def test_values_of_a_choice_are_kept() -> None:
    customers = [{"state": ("active", "closed")[number % 2], "no": number} for number in range(8)]
    assert at(seen(listed(*customers)), "/data/*/state").values == {"active": 4, "closed": 4}


@pytest.mark.parametrize(
    "texts",
    [
        ["active", "closed"],  # each seen once: perhaps anything
        ["a" + "b" * number for number in range(MOST_VALUES + 1)] * 3,
        ["Box 12"] * 8,
        ["anna@example.com"] * 8,
        ["x" * 33] * 8,
    ],
)
def test_values_of_no_choice_are_not(texts: list[str]) -> None:
    customers = [{"state": text, "no": number} for number, text in enumerate(texts)]
    assert at(seen(listed(*customers)), "/data/*/state").values == {}


@pytest.mark.parametrize("field", ["name", "notes", "org_no"])
def test_words_of_people_are_never_kept(field: str) -> None:
    found = seen(listed(*({field: "Anna", "contact": {"name": "Anna"}, "no": no} for no in range(8))))
    assert at(found, f"/data/*/{field}").values == {}
    assert at(found, "/data/*/contact/name").values == {}
    assert "Anna" not in str(found)


def test_answer_that_is_no_json_is_left_out() -> None:
    assert seen(Answer(Call(), 200, {}, b"<html>")) == {}


def test_taking_leaves_nothing_behind_and_what_was_taken_adds_up() -> None:
    observer, total = Observer(), ObservedSchema()
    for customer in ({"no": 1}, {"no": 2}):
        observer.see(listed(customer))
        merge(total, observer.take())
    assert observer.take() == {}
    assert plain(total)[LISTED]["/data/*/no"].types == {"integer": 2}
