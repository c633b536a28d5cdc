"""Conformance: one answer held against the description, and against the rules that no schema can say."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from jsonschema_rs import Draft202012Validator, Registry, ValidationError, ValidationErrorKind

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

    def but(self, is_known: Callable[[str], bool]) -> Held:
        """The same without violations at places that something is known of already."""
        return replace(self, violations=[one for one in self.violations if not is_known(one.where)])

    def joined(self, other: Held) -> Held:
        """Both together; where one departs already, the other has nothing to add."""
        told = {one.where for one in self.violations}
        more = [one for one in other.violations if one.where not in told]
        silent = {one.rule for one in other.violations} - {one.rule for one in more}
        return Held(
            self.rules | (other.rules - silent),
            self.schema_paths | other.schema_paths,
            self.violations + more,
        )


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
    errors = _errors(validator(description, shape.pointer), instance)
    errors.sort(key=lambda error: error.kind.name == "pattern")  # the format beside it says more
    held.violations += [_violation(error, description, response) for error in errors]


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


def _errors(validator: Draft202012Validator, instance: Any) -> list[ValidationError]:
    try:
        return list(validator.iter_errors(instance))
    except UnicodeEncodeError:  # half a pair of surrogates, which JSON can say and the validator can't read
        readable = json.dumps(instance, ensure_ascii=False).encode("utf-8", "replace")
        return list(validator.iter_errors(json.loads(readable)))


def _violation(error: ValidationError, description: Description, response: Node) -> Violation:
    schema_path, keyword = _schema_path(error.evaluation_path, description, response)
    place = _place(error.instance_path)
    if not isinstance(error.kind, ValidationErrorKind.Required):
        is_also_seen = _is_also_seen(error.instance, schema_path, description)
        return Violation(
            place,
            _expected(keyword),
            _short(error.instance),
            schema_path=schema_path,
            direction="additive" if is_also_seen else "breaking",
            patch=widening(keyword, error.instance),
        )
    name = error.kind.property
    owner = keyword.pointer.removesuffix("/required")
    return Violation(
        f"{place}/{name}",
        f"{name} is present",
        "it is missing",
        schema_path=(*schema_path, f"{owner}/properties/{name}"),
        patch=not_required(keyword, name),
    )


def _is_also_seen(value: Any, schema_path: SchemaPath, description: Description) -> bool:
    """Whether a value has a form that sources beside the reference show: the description may be behind."""
    form = description.at(schema_path[-2]).value.get("x-also-seen")
    return form is not None and isinstance(value, str) and re.search(form, value) is not None


def _expected(keyword: Node) -> str:
    """What a keyword of a schema asks for, in words."""
    wording = {
        "type": "the JSON type {}",
        "enum": "one of {}",
        "const": "{!r}",
        "minimum": "at least {}",
        "format": "the format {}",
        "pattern": "a text like {}",
    }
    name, value = keyword.pointer.rpartition("/")[2], keyword.value
    if isinstance(value, list):
        value = (" or " if name == "type" else ", ").join(map(str, value))
    return wording.get(name, f"{name} {{}}").format(value)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 120 else text[:117] + "..."


@cache
def validator(description: Description, pointer: str) -> Draft202012Validator:
    """What holds an instance against the schema at a pointer, formats included."""
    registry = Registry([("urn:description", dict(description.document))])
    return Draft202012Validator(
        {"$ref": f"urn:description#{pointer}"}, registry=registry, validate_formats=True
    )
