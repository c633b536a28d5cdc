"""Which promise a request breaks, by the field at fault and the keyword of its schema that it fails."""

from __future__ import annotations

from billogram_contract.spec.clauses import Clauses
from billogram_contract.spec.description import Description


def clauses_by_keyword(description: Description, clauses: Clauses) -> dict[tuple[str, str], str]:
    """The ids of the clauses that stand at a keyword of a parameter or body field: `("page", "minimum")`."""
    names = _names_by_pointer(description)
    return {
        (names[owner], keyword): clause.id
        for clause in clauses.values()
        for owner, _, keyword in (pointer.rpartition("/") for pointer in clause.pointers)
        if owner in names
    }


def _names_by_pointer(description: Description) -> dict[str, str]:
    """The names of parameters and body fields by where their keywords stand."""
    names = {}
    for name, schema in description.query_parameters().items():
        names[schema.pointer] = names[schema.pointer.removesuffix("/schema")] = name
    body = description.body_schema()
    return names | {body.child("properties", name).pointer: name for name in body.value["properties"]}
