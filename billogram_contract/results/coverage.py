"""Coverage: which documented fields, values, parameters and statuses a run saw, and which it did not.

What is documented and was never seen stands with a zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from billogram_contract.checking.conformance import documented_fields
from billogram_contract.checking.counts import Counts
from billogram_contract.checking.observed_schema import Aspects, ObservedSchema
from billogram_contract.results.model import Coverage
from billogram_contract.spec.description import LIST, UPDATE, Description

NEVER = Aspects()


def coverage(
    description: Description, profile: ObservedSchema, statuses: Mapping[str, Counts], requests: Counts
) -> Coverage:
    """The coverage, in the order of the description.

    `statuses` are counts by operation, `requests` counts of what `asked` told.
    """
    fields: dict[str, Counts] = {}
    values: dict[str, Counts] = {}
    for method, path in (LIST, UPDATE):
        seen = profile.get(f"{method} {path} 200", {})
        documented = documented_fields(description, method, path, "200")
        fields[f"{method} {path}"] = {place: seen.get(place, NEVER).present for place in documented}
        for place, schema in documented.items():
            for value in schema.value.get("enum", ()):
                count = seen.get(place, NEVER).values.get(value, 0)
                values.setdefault(f"{method} {path} {place}", {})[value] = count
    return Coverage(
        statuses={key: _statuses(description, key, counts) for key, counts in sorted(statuses.items())},
        parameters=_parameters(description, requests),
        written={name: requests.get(name, 0) for name in _writable(description)},
        fields=fields,
        values=values,
    )


def _statuses(description: Description, operation: str, counts: Counts) -> Counts:
    method, _, path = operation.partition(" ")
    return {
        status: counts.get(status, 0) for status in sorted({*description.responses(method, path), *counts})
    }


def _parameters(description: Description, requests: Counts) -> dict[str, Counts]:
    """By parameter; where the description has no list of values, those that were asked for."""
    found: dict[str, Counts] = {}
    for name, schema in description.query_parameters().items():
        if "enum" in schema.value:
            found[name] = {value: requests.get(f"{name}={value}", 0) for value in schema.value["enum"]}
    for name in ("filter_field", "order_field"):
        told = {key.partition("=")[2]: count for key, count in requests.items() if key.startswith(f"{name}=")}
        found[name] = dict(sorted(told.items()))
    return found


def _writable(description: Description) -> Iterator[str]:
    body = description.body_schema()
    for name in body.value.get("properties", {}):
        inner = description.follow(body.child("properties", name)).value.get("properties")
        yield from (f"/{name}/{key}" for key in inner) if inner else (f"/{name}",)
