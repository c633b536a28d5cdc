"""The one walk through a JSON document, place by place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from billogram_contract.spec.description import escape


def walk(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of a document by its JSON pointer, outer ones first; the items of a list share one, `*`."""
    yield place, value
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from walk(inner, f"{place}/{escape(name)}")
    elif isinstance(value, list):
        for inner in value:
            yield from walk(inner, f"{place}/*")
