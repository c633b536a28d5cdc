"""The patch by which the description would follow upstream, as JSON Patch (RFC 6902)."""

from __future__ import annotations

from typing import Any

from billogram_contract.spec.description import Node, escape

Patch = tuple[dict[str, Any], ...]

# Keywords that narrow what they stand in: without them the description says less, and so what upstream does.
BOUNDS = (
    "const", "enum", "format", "maxItems", "maxLength", "maximum", "minItems", "minLength", "minimum",
    "multipleOf", "pattern", "exclusiveMaximum", "exclusiveMinimum",
)  # fmt: skip


def widening(keyword: Node, instance: Any) -> Patch:
    """Lets the keyword of a schema that an instance departs from take the instance in."""
    name = keyword.pointer.rpartition("/")[2]
    if name == "type":
        known = keyword.value if isinstance(keyword.value, list) else [keyword.value]
        return ({"op": "replace", "path": keyword.pointer, "value": [*known, type_of(instance)]},)
    if name == "enum" and isinstance(instance, str | int | float | None):
        return ({"op": "add", "path": f"{keyword.pointer}/-", "value": instance},)
    return bound_removed(keyword.pointer)


def bound_removed(pointer: str) -> Patch:
    """Takes a bound of a schema away, or lets a required parameter be left out; else nothing."""
    name = pointer.rpartition("/")[2]
    if name in BOUNDS:
        return ({"op": "remove", "path": pointer},)
    if name == "required":
        return ({"op": "replace", "path": pointer, "value": False},)
    return ()


def not_required(required: Node, name: str) -> Patch:
    """Takes a name off a list of required ones."""
    return ({"op": "remove", "path": f"{required.pointer}/{required.value.index(name)}"},)


def property_added(schema: str, name: str, value: Any) -> Patch:
    """Describes a property that upstream answers, by the type seen."""
    return ({"op": "add", "path": f"{schema}/properties/{escape(name)}", "value": {"type": type_of(value)}},)


def response_added(operation: tuple[str, str], status: int) -> Patch:
    """Describes that an operation answers a status."""
    method, path = operation
    place = f"/paths/{escape(path)}/{method.lower()}/responses/{status}"
    return (
        {"op": "add", "path": place, "value": {"description": "Answered by upstream, documented nowhere."}},
    )


def type_of(value: Any) -> str:
    """The JSON type of a parsed value, in JSON Schema's words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "integer" if value == int(value) else "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"
