"""The description: valid OpenAPI, true to its samples, readable where a bound is needed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import validate

from billogram_contract.errors import SetupError
from billogram_contract.spec import description
from billogram_contract.spec.description import LIST, UPDATE, escape

DESCRIPTION = description.load()


def flaws(pointer: str, instance: object) -> list[str]:
    """What a schema of the description finds wrong."""
    schema = {"$ref": f"#{pointer}", "components": DESCRIPTION.document["components"]}
    checker = FormatChecker(["date-time"])
    return [
        error.message for error in Draft202012Validator(schema, format_checker=checker).iter_errors(instance)
    ]


def example(name: str) -> Any:
    return DESCRIPTION.document["components"]["examples"][name]["value"]


def test_description_is_valid_openapi() -> None:
    validate(dict(DESCRIPTION.document))


def test_description_knows_two_operations_and_no_production() -> None:
    paths = DESCRIPTION.document["paths"]
    found = {(method.upper(), path) for path, item in paths.items() for method in item}
    assert found == {LIST, UPDATE}
    assert [server["url"] for server in DESCRIPTION.document["servers"]] == [
        "https://sandbox.billogram.com/api/v2"
    ]


@pytest.mark.parametrize(
    ("schema", "sample"),
    [
        ("CustomerUpdate", "UpdateSampleRequest"),
        ("CustomerEnvelope", "UpdateSampleAnswer"),
        ("CustomerListEnvelope", "ListSampleAnswer"),
    ],
)
def test_sample_fits_its_schema(schema: str, sample: str) -> None:
    assert flaws(f"/components/schemas/{schema}", example(sample)) == []
    assert flaws(f"/components/schemas/{schema}", []) != []


def test_sample_answers_hold_no_undocumented_field() -> None:
    customer = example("UpdateSampleAnswer")["data"]
    properties = DESCRIPTION.at("/components/schemas/Customer").child("properties")
    assert customer.keys() <= properties.value.keys()
    for name, part in customer.items():
        if isinstance(part, dict):
            documented = DESCRIPTION.follow(properties.child(name)).value["properties"]
            assert part.keys() <= documented.keys()


def test_sample_query_fits_its_parameters() -> None:
    parameters, sample = DESCRIPTION.query_parameters(), DESCRIPTION.sample_query()
    assert sample.keys() == parameters.keys()
    for name, text in sample.items():
        schema = parameters[name].value
        value = int(text) if schema["type"] == "integer" else text
        assert list(Draft202012Validator(dict(schema)).iter_errors(value)) == []


def test_bounds_of_the_reference_pages_can_be_read() -> None:
    assert DESCRIPTION.query("page")["minimum"] == 1
    assert (DESCRIPTION.query("page_size")["minimum"], DESCRIPTION.query("page_size")["maximum"]) == (1, 100)
    assert DESCRIPTION.query("order_direction")["enum"] == ["asc", "desc"]
    assert DESCRIPTION.query("filter_type")["enum"] == ["field", "field-prefix", "field-search", "special"]
    assert DESCRIPTION.body("name")["maxLength"] == 100
    assert DESCRIPTION.body("customer_no")["minimum"] == 1
    assert DESCRIPTION.body("contact")["properties"].keys() == {"name", "email", "phone"}


@pytest.mark.parametrize("operation", [LIST, UPDATE])
def test_documented_statuses_can_be_read(operation: tuple[str, str]) -> None:
    found = DESCRIPTION.responses(*operation)
    assert set(found) == {"200", "400", "401", "403", "404", "429", "500", "503"}
    assert all(response.pointer.startswith("/components/responses/") for response in found.values())


def test_sample_is_the_callers_own() -> None:
    DESCRIPTION.sample_update()["name"] = "changed"
    DESCRIPTION.sample_query()["page"] = "2"
    assert DESCRIPTION.sample_update()["name"] == "Peter"
    assert DESCRIPTION.sample_query()["page"] == "1"


def test_pointer_follows_references_on_its_way() -> None:
    found = DESCRIPTION.at("/paths/~1customer/get/parameters/1/schema/maximum")
    assert (found.pointer, found.value) == ("/components/parameters/PageSize/schema/maximum", 100)


@pytest.mark.parametrize(
    "pointer",
    [
        "/paths/~1invoice",
        "/paths/~1customer/get/parameters/7",
        "/openapi/x",
        "/paths/~1customer/get/tags/one",
    ],
)
def test_pointer_at_nothing_is_told(pointer: str) -> None:
    with pytest.raises(SetupError, match="has nothing at") as caught:
        DESCRIPTION.at(pointer)
    assert pointer in str(caught.value)


def test_tokens_of_pointers_are_escaped() -> None:
    assert escape("/a~b") == "~1a~0b"


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"paths: [", "cannot be read"),
        (b"a: b: c", "cannot be read"),
        (b"\xff\xfe\xfa", "cannot be read"),
        (b"", "has no paths"),
        (b"- paths", "has no paths"),
        (b"openapi: 3.1.0", "has no paths"),
    ],
)
def test_broken_file_is_told_in_one_line(tmp_path: Path, content: bytes, line: str) -> None:
    path = tmp_path / "broken.yaml"
    path.write_bytes(content)
    with pytest.raises(SetupError, match=line) as caught:
        description.load(path)
    assert "broken.yaml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_file_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"nothing\.yaml cannot be read") as caught:
        description.load(tmp_path / "nothing.yaml")
    assert "\n" not in str(caught.value)
