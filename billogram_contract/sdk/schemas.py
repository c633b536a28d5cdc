"""Requests held against the schemas of the description, each fault laid to the clause that stands there."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from jsonschema_rs import ValidationError

from billogram_contract.checking.conformance import validator
from billogram_contract.checking.finding import Direction
from billogram_contract.spec.clauses import Clauses
from billogram_contract.spec.description import Description, Node, escape


@dataclass(frozen=True)
class Fault:
    """What a client does that the contract doesn't allow (breaking) or doesn't know (additive).

    `is_refused` tells that the contract promises a refusal of it.
    """

    clause: str
    pointer: str
    expected: str
    observed: str
    direction: Direction = "breaking"
    is_refused: bool = False


@dataclass(frozen=True)
class Schemas:
    """The schemas of requests, and the clauses that stand at them."""

    description: Description
    clauses: Clauses

    def errors(self, schema: Node, instance: Any) -> list[ValidationError]:
        """What departs from a schema; nothing where half a surrogate pair stands."""
        try:
            return list(validator(self.description, schema.pointer).iter_errors(instance))
        except UnicodeEncodeError:
            return []

    def violated(self, error: ValidationError, schema: Node, place: str, value: Any) -> Fault:
        """A violated keyword as the fault of the clause that stands there."""
        node, written, path = schema, schema.pointer, [schema.pointer]
        for step in error.evaluation_path:
            node = self.description.follow(node) if isinstance(node.value, dict) else node
            if step != "$ref":
                node = node.child(step)
                written = f"{written}/{escape(str(step))}"
                path.append(node.pointer)
        keyword, wanted = str(error.evaluation_path[-1]), node.value
        told = ", ".join(map(str, wanted)) if isinstance(wanted, list) else str(wanted)
        return self.of_path((*path, written), place, f"{keyword} {told}", _short(value))

    def of_path(self, path: tuple[str, ...], place: str, expected: str, observed: str) -> Fault:
        clause = self.clauses.of_schema_path(path)
        if clause is None:
            name = place.rpartition("/")[2]
            clause = self.clauses["list.answers" if place.startswith("/query") else "update.answers"]
            return Fault(clause.id, place, f"{name}: {expected}", observed)
        is_refused = clause.level == "must" and path[-1] in clause.pointers and "readOnly" not in path[-1]
        return Fault(clause.id, place, expected, observed, is_refused=is_refused)


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:77]}..."
