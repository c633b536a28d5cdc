"""Sources: the texts that stand in the checks, the strategies and the description at the start."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from billogram_contract.spec.description import Description

LONGEST = 10_000  # of what a module holds: no table of words


@dataclass(frozen=True)
class Sources:
    """Whole texts that the suite holds, the names of documented fields, and the values of enumerations."""

    literals: frozenset[str]
    names: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()


def read(packages: Iterable[str], description: Description) -> Sources:
    """The sources of a run, whichever checks it makes: Python packages, and the description."""
    nodes = [*_nodes(description.document)]
    names = {name for node in nodes for name in node.get("properties", ())}
    names |= {node["name"] for node in nodes if "in" in node and isinstance(node.get("name"), str)}
    values = {*texts_of([(node.get("enum", ()), node.get("const", ())) for node in nodes])}
    literals = {*texts_of([description.sample_query(), description.sample_update()]), *names, *values}
    for package in packages:
        for path in Path(str(import_module(package).__file__)).parent.glob("*.py"):
            literals |= _literals(path)
            module = vars(import_module(f"{package}.{path.stem}"))
            literals.update(texts_of([value for name, value in module.items() if not name.startswith("__")]))
    return Sources(frozenset(literals), frozenset(names), frozenset(values))


def _literals(path: Path) -> set[str]:
    """What a Python file spells out, its prose aside."""
    nodes = [*ast.walk(ast.parse(path.read_bytes()))]
    prose = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    return {
        *texts_of([node.value for node in nodes if isinstance(node, ast.Constant) and id(node) not in prose])
    }


def texts_of(value: Any) -> Iterator[str]:
    """The texts and numbers in plain data, names of fields among them."""
    if isinstance(value, bytes):
        yield plain(value)[0]
    elif isinstance(value, str | int | float):
        yield str(value)
    elif isinstance(value, Mapping):
        for pair in value.items():
            yield from texts_of(pair)
    elif isinstance(value, list | tuple | set | frozenset) and len(value) <= LONGEST:
        for one in value:
            yield from texts_of(one)


def plain(content: bytes) -> tuple[str, str]:
    """Bytes as a text, and the encoding that they are in."""
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return content.decode("latin-1"), "latin-1"


def _nodes(value: Any) -> Iterator[Mapping[str, Any]]:
    """Every object of a document."""
    if isinstance(value, Mapping):
        yield value
    for one in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        yield from _nodes(one)
