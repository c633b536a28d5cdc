"""Conformance: one answer held against the description, and against the rules that no schema can say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import jsonschema_rs
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from billogram_contract.checking.finding import Direction
from billogram_contract.checking.patch import Patch, not_required, property_added, response_added, widening
from billogram_contract.spec.description import MEDIA_TYPE, Description, Node, escape
from billogram_contract.upstream.exchange import Answer

SchemaPath = tuple[str, ...]

FEW = 3  # documented fields that an answer lacks beside a new one, to be worth a word
SERVER_ERRORS = range(500, 600)


@dataclass(frozen=True)
class Violation:
    """One departure of an answer: of a rule, or of the place in the description at the end of `schema_path`.

    `patch` is how the description would follow.
    """

    where: str
    expected: str
    observed: str
    rule: str | None = None
    schema_path: SchemaPath = ()
    direction: Direction = "breaking"
    patch: Patch = ()


@dataclass
class Held:
    """What came of holding one answer: the rules and places that it exercised, and its violations."""

    rules: set[str] = field(default_factory=set)
    schema_paths: set[SchemaPath] = field(default_factory=set)
    violations: list[Violation] = field(default_factory=list)


def hold(answer: Answer, description: Description) -> Held:
    """Holds an answer against what is documented for its operation and status."""
    held = Held()
    if answer.status in SERVER_ERRORS:  # for the check to judge: an outage, or a departure of its own clause
        return held
    held.rules.add("status")
    responses = _responses(description, *answer.call.operation)
    response = responses.get(str(answer.status))
    if response is None:
        documented = ", ".join(responses)
        patch = response_added(answer.call.operation, answer.status)
        held.violations.append(
            Violation("", f"a status among {documented}", answer.brief, rule="status", patch=patch)
        )
        return held
    if "content" in response.value:
        _hold_body(answer, description, response, held)
    return held


def _hold_body(answer: Answer, description: Description, response: Node, held: Held) -> None:
    held.rules |= {"content-type", "json"}
    content_type = answer.headers.get("content-type", "no Content-Type")
    if content_type != MEDIA_TYPE:
        held.violations.append(Violation("", MEDIA_TYPE, content_type, rule="content-type"))
    try:
        instance = answer.json
    except ValueError:
        text = answer.content[:80].decode("utf-8", "replace")
        coding = f"no {answer.undecoded}, which Content-Encoding names: " if answer.undecoded else ""
        held.violations.append(Violation("", "a JSON body in UTF-8", f"{coding}{text!r}", rule="json"))
        return
    held.rules.add("undocumented")
    shape = _shape(description, response.pointer)
    for place, schema_path, undocumented, absent in _walk(shape, instance, ""):
        held.schema_paths.add(schema_path)
        held.violations += [
            _addition(place, schema_path, name, value, absent) for name, value in undocumented
        ]
    quick = _quick_validator(description, shape.pointer)
    if not quick.is_valid(instance):
        errors = list(_validator(description, shape.pointer).iter_errors(instance))
        for error in errors:
            held.violations += _violations(error, description, response)
        for quick_error in quick.iter_errors(instance) if not errors else ():
            # jsonschema lets a pattern end before a line break
            schema_path, _ = _schema_path(quick_error.schema_path, description, response)
            place = _place(quick_error.instance_path)
            held.violations.append(
                Violation(place, "as described", quick_error.message, schema_path=schema_path)
            )


def documented_fields(description: Description, method: str, path: str, status: str) -> dict[str, Node]:
    """The fields that an answer may have by its documentation: JSON pointer to schema."""
    response = _responses(description, method, path)[status]
    if "content" not in response.value:
        return {}
    shape = _shape(description, response.pointer)
    return {place: description.at(pointer) for place, pointer in _fields(shape, "") if place}


def _fields(shape: Shape, place: str) -> Iterator[tuple[str, str]]:
    yield place, shape.pointer
    for name, inner in shape.properties.items():
        yield from _fields(inner, f"{place}/{escape(name)}")
    if shape.items:
        yield from _fields(shape.items, f"{place}/*")


@dataclass(frozen=True)
class Shape:
    """What a schema says of fields and items, with its schema path from the root of the answer."""

    schema_path: SchemaPath
    items: Shape | None = None
    properties: Mapping[str, Shape] = field(default_factory=dict)

    @property
    def pointer(self) -> str:
        return self.schema_path[-1]


@cache
def _responses(description: Description, method: str, path: str) -> dict[str, Node]:
    return description.responses(method, path)


@cache
def _shape(description: Description, response: str) -> Shape:
    """The shape of the body that a response documents."""
    schema = description.at(response).child("content", MEDIA_TYPE, "schema")
    return _shape_of(schema, description, (response,))


def _shape_of(schema: Node, description: Description, schema_path: SchemaPath) -> Shape:
    schema_path = (*schema_path, schema.pointer)
    schema = description.follow(schema)
    schema_path = (*schema_path, schema.pointer)
    items = _shape_of(schema.child("items"), description, schema_path) if "items" in schema.value else None
    properties = {
        name: _shape_of(schema.child("properties", name), description, schema_path)
        for name in schema.value.get("properties", {})
    }
    return Shape(schema_path, items, properties)


def _walk(
    shape: Shape, instance: Any, place: str
) -> Iterator[tuple[str, SchemaPath, list[tuple[str, Any]], list[str]]]:
    """Every place of an instance: its schema path, undocumented fields, and documented ones that it lacks."""
    if instance is None:
        return  # says nothing of what stands there
    known = shape.properties
    named = instance if known and isinstance(instance, dict) else {}
    undocumented = [(name, value) for name, value in named.items() if name not in known]
    yield (
        place,
        shape.schema_path,
        undocumented,
        [name for name in known if undocumented and name not in named],
    )
    for name, value in named.items():
        if name in known:
            yield from _walk(known[name], value, f"{place}/{name}")
    if shape.items and isinstance(instance, list):
        for item in instance:
            yield from _walk(shape.items, item, f"{place}/*")


def _addition(place: str, schema_path: SchemaPath, name: str, value: Any, absent: list[str]) -> Violation:
    """A field that is not documented; documented ones that are not there may be what it was called before."""
    lacking = f"; {', '.join(absent)} is not there" if 0 < len(absent) <= FEW else ""
    return Violation(
        f"{place}/{escape(name)}",
        "no such field",
        f"the new field {name} with {_short(value)}{lacking}",
        "undocumented",
        direction="additive",
        patch=property_added(schema_path[-1], name, value),
    )


def _schema_path(
    path: Iterable[str | int], description: Description, response: Node
) -> tuple[SchemaPath, Node]:
    """The schema path that a keyword path leads along, references followed, and the node where it ends."""
    node = description.follow(response.child("content", MEDIA_TYPE, "schema"))
    schema_path = [response.pointer, node.pointer]
    for step in path:
        node = description.follow(node) if isinstance(node.value, dict) else node
        node = node if step == "$ref" else node.child(step)
        schema_path.append(node.pointer)
    return tuple(schema_path), node


def _place(path: Iterable[str | int]) -> str:
    return "".join(f"/{'*' if isinstance(step, int) else escape(str(step))}" for step in path)


def _violations(error: ValidationError, description: Description, response: Node) -> list[Violation]:
    schema_path, node = _schema_path(error.absolute_schema_path, description, response)
    place = _place(error.absolute_path)
    if error.validator != "required":
        patch = widening(node, error.instance)
        return [
            Violation(place, _expected(error), _short(error.instance), schema_path=schema_path, patch=patch)
        ]
    owner = node.pointer.removesuffix("/required")
    instance: Any = error.instance
    missing = [name for name in node.value if name not in instance and repr(name) in str(error.message)]
    schema_paths = {name: (*schema_path, f"{owner}/properties/{name}") for name in missing}
    return [
        Violation(
            f"{place}/{name}",
            f"{name} is present",
            "it is missing",
            schema_path=schema_paths[name],
            patch=not_required(node, name),
        )
        for name in missing
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
def _quick_validator(description: Description, pointer: str) -> jsonschema_rs.Draft202012Validator:
    """Tells valid from invalid fast; what is wrong is jsonschema's to say."""
    registry = jsonschema_rs.Registry([("urn:description", dict(description.document))])
    return jsonschema_rs.Draft202012Validator(
        {"$ref": f"urn:description#{pointer}"}, registry=registry, validate_formats=True
    )


@cache
def _validator(description: Description, pointer: str) -> Draft202012Validator:
    resource = Resource.from_contents(dict(description.document), default_specification=DRAFT202012)
    registry: Registry[Any] = Registry().with_resource("urn:description", resource)
    return Draft202012Validator(
        {"$ref": f"urn:description#{pointer}"}, registry=registry, format_checker=FormatChecker(["date-time"])
    )
