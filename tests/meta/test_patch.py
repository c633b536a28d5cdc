"""The patch of the description that a finding carries: applied, the answer that departed conforms."""

from __future__ import annotations

import copy
import json
from typing import Any

import jsonpatch
import pytest

from billogram_contract.checking.conformance import hold
from billogram_contract.checking.patch import bound_removed, type_of
from billogram_contract.spec import description as vendored
from billogram_contract.spec.description import Description
from billogram_contract.upstream.exchange import Answer, Call

DESCRIPTION = vendored.load()
HEADERS = {"content-type": "application/json"}


def customer(**fields: Any) -> dict[str, Any]:
    sample = DESCRIPTION.document["components"]["examples"]["UpdateSampleAnswer"]["value"]
    found = copy.deepcopy(sample["data"])
    found |= {"language": "sv", **fields}
    return {name: value for name, value in found.items() if value != "left out"}


def answer(body: Any, status: int = 200) -> Answer:
    return Answer(Call(number="9001", body=b"{}"), status, HEADERS, json.dumps(body).encode())


def updated(**fields: Any) -> Answer:
    return answer({"status": "OK", "data": customer(**fields)})


def patched(patch: Any) -> Description:
    document = jsonpatch.apply_patch(copy.deepcopy(dict(DESCRIPTION.document)), patch)
    return Description(document, json.dumps(document))


def test_sample_answer_conforms() -> None:
    assert hold(updated(), DESCRIPTION).violations == []


@pytest.mark.parametrize(
    "departing",
    [
        updated(shoe_size=44),
        updated(contact={"name": "Anna", "telex": {"number": "1"}}),
        updated(company_type="association"),
        updated(name="left out"),
        updated(name=None),
        updated(customer_no="12"),
        updated(created_at="2017-08-01 10:00:00"),
        updated(language="swedish"),
        updated(letter_forwarding_enabled="yes"),
        answer({"status": "TEAPOT", "data": {"message": "no"}}, 400),
        answer({"status": "TEAPOT"}, 418),
    ],
)
def test_patched_description_takes_the_departure_in(departing: Answer) -> None:
    violations = hold(departing, DESCRIPTION).violations
    assert violations
    patch = [step for violation in violations for step in violation.patch]
    assert patch
    assert hold(departing, patched(patch)).violations == []
    assert hold(updated(), patched(patch)).violations == []


@pytest.mark.parametrize(
    ("pointer", "operation"),
    [
        ("/components/parameters/PageSize/schema/maximum", "remove"),
        ("/components/parameters/FilterType/schema/enum", "remove"),
        ("/components/schemas/CustomerUpdate/properties/name/maxLength", "remove"),
        ("/components/parameters/Page/required", "replace"),
    ],
)
def test_bound_of_a_request_is_taken_away(pointer: str, operation: str) -> None:
    (step,) = bound_removed(pointer)
    assert (step["op"], step["path"]) == (operation, pointer)
    patched([step]).operation("GET", "/customer")


def test_what_is_no_bound_has_no_patch() -> None:
    assert bound_removed("/paths/~1customer/get") == ()


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (None, "null"),
        (True, "boolean"),
        (1, "integer"),
        (1.0, "integer"),
        (1.5, "number"),
        ("", "string"),
        ([], "array"),
        ({}, "object"),
    ],
)
def test_json_types_are_named_as_the_schema_does(value: Any, name: str) -> None:
    assert type_of(value) == name
