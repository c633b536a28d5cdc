"""Conformance: one answer held against the description, and against the rules that no schema can say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from billogram_contract.description import MEDIA_TYPE, Description, Located, escape
from billogram_contract.exchange import Answer
from billogram_contract.finding import Direction

Trail = tuple[str, ...]

SERVER_ERRORS = range(500, 600)


@dataclass(frozen=True)
class Violation:
    """One departure of an answer: of a rule, or of the place in the description at the end of `trail`."""

    where: str
    expected: str
    observed: str
    rule: str | None = None
    trail: Trail = ()
    direction: Direction = "breaking"


@dataclass
class Held:
    """What came of holding one answer: the rules and places that it exercised, and its violations."""

    rules: set[str] = field(default_factory=set)
    trails: set[Trail] = field(default_factory=set)
    violations: list[Violation] = field(default_factory=list)


def hold(answer: Answer, description: Description) -> Held:
    """Holds an answer against what is documented for its operation and status."""
    held = Held()
    if answer.status in SERVER_ERRORS:  # for the check to judge: an outage, or a departure of its own clause
        return held
    held.rules.add("status")
    responses = description.responses(*answer.call.operation)
    response = responses.get(str(answer.status))
    if response is None:
        documented = ", ".join(responses)
        held.violations.append(Violation("", f"a status among {documented}", answer.brief, rule="status"))
        return held
    if "content" in response.value:
        _hold_body(answer, description, response, held)
    return held


def _hold_body(answer: Answer, description: Description, response: Located, held: Held) -> None:
    held.rules |= {"content-type", "json"}
    content_type = answer.headers.get("content-type", "no Content-Type")
    if content_type != MEDIA_TYPE:
        held.violations.append(Violation("", MEDIA_TYPE, content_type, rule="content-type"))
    try:
        instance = answer.json
    except ValueError:
        text = answer.content[:80].decode("utf-8", "replace")
        held.violations.append(Violation("", "a JSON body in UTF-8", repr(text), rule="json"))
        return
    held.rules.add("undocumented")
    schema = response.child("content", MEDIA_TYPE, "schema")
    root = (response.pointer,)
    for place, trail, undocumented in _walk(schema, instance, description, root, ""):
        held.trails.add(trail)
        held.violations += [
            Violation(
                f"{place}/{escape(name)}",
                "no such field",
                _short(value),
                rule="undocumented",
                direction="additive",
            )
            for name, value in undocumented.items()
        ]
    for error in _validator(description, schema.pointer).iter_errors(instance):
        held.violations += _violations(error, description, schema, root)


def _walk(
    schema: Located, instance: Any, description: Description, trail: Trail, place: str
) -> Iterator[tuple[str, Trail, dict[str, Any]]]:
    """Every place of an instance, its trail through the description, and the fields not documented there."""
    schema = description.follow(schema)
    trail = (*trail, schema.pointer)
    if isinstance(instance, list) and "items" in schema.value:
        yield place, trail, {}
        for item in instance:
            yield from _walk(schema.child("items"), item, description, trail, f"{place}/*")
    elif isinstance(instance, dict):
        parts = [schema, *_all_of(schema, description)]
        known = {
            name: part.child("properties", name)
            for part in parts
            for name in part.value.get("properties", {})
        }
        yield place, trail, {name: value for name, value in instance.items() if known and name not in known}
        for part in parts[1:]:
            yield place, (*trail, part.pointer), {}
        for name in known.keys() & instance.keys():
            below = (*trail, known[name].pointer)
            yield from _walk(known[name], instance[name], description, below, f"{place}/{escape(name)}")
    elif instance is not None:
        yield place, trail, {}


def _all_of(schema: Located, description: Description) -> list[Located]:
    parts = schema.value.get("allOf", [])
    return [description.follow(schema.child("allOf", index)) for index in range(len(parts))]


def _violations(
    error: ValidationError, description: Description, schema: Located, root: Trail
) -> list[Violation]:
    located, trail = description.follow(schema), [*root, schema.pointer]
    for step in error.absolute_schema_path:
        if step == "$ref":
            located = description.follow(located)
        else:
            located = description.follow(located) if isinstance(located.value, dict) else located
            located = located.child(step)
        trail.append(located.pointer)
    place = "".join(
        f"/{'*' if isinstance(token, int) else escape(str(token))}" for token in error.absolute_path
    )
    if error.validator != "required":
        return [Violation(place, _expected(error), _short(error.instance), trail=tuple(trail))]
    owner = located.pointer.removesuffix("/required")
    instance: Any = error.instance
    missing = [name for name in located.value if name not in instance]
    return [
        Violation(
            f"{place}/{name}",
            f"{name} is present",
            "it is missing",
            trail=(*trail, f"{owner}/properties/{name}"),
        )
        for name in missing
        if repr(name) in str(error.message)
    ]


def _expected(error: ValidationError) -> str:
    wording = {
        "type": "the JSON type {}",
        "enum": "one of {}",
        "const": "{!r}",
        "minimum": "at least {}",
        "format": "the format {}",
        "pattern": "a text like {}",
    }
    value = error.validator_value
    if isinstance(value, list):
        value = " or ".join(map(str, value)) if error.validator == "type" else ", ".join(map(str, value))
    return wording.get(str(error.validator), str(error.validator) + " {}").format(value)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 120 else text[:117] + "..."


@cache
def _validator(description: Description, pointer: str) -> Draft202012Validator:
    resource = Resource.from_contents(dict(description.document), default_specification=DRAFT202012)
    registry: Registry[Any] = Registry().with_resource("urn:description", resource)
    return Draft202012Validator(
        {"$ref": f"urn:description#{pointer}"}, registry=registry, format_checker=FormatChecker(["date-time"])
    )
