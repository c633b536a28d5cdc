"""Print the clauses: what each promises, where it stands, and the checks and drifts of each."""

from __future__ import annotations

import argparse
import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from billogram_contract import places
from billogram_contract.errors import SetupError
from billogram_contract.results.verdict import Exit
from billogram_contract.sandbox import DRIFTS
from billogram_contract.spec import clauses as promises
from billogram_contract.spec import description
from billogram_contract.spec.clauses import Clause


def add(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.epilog = "example: billogram-contract clauses list.page"
    parser.add_argument("part", nargs="?", default="", help="an id, or how ids begin, such as list.page")


def run(options: argparse.Namespace) -> Exit:
    """Prints them; raises SetupError where none begins so."""
    known = promises.load(description.load())
    found = [clause for clause in known.values() if clause.id.startswith(options.part)]
    if not found:
        raise SetupError(f"No clause begins with {options.part!r}: the families are {_families(known)}.")
    checks = checks_by_clause(places.CHECKS)
    for clause in found:
        print("\n".join(told(clause, checks.get(clause.id, []))), end="\n\n")
    return Exit.HELD


def told(clause: Clause, checks: list[str]) -> Iterator[str]:
    """A clause for a terminal, line by line."""
    yield f"{clause.id} ({clause.level}, {clause.source})"
    yield f"  {clause.statement}"
    for quote in clause.quotes:
        yield f'  source:  "{quote.text}" ({quote.place})'
    if clause.untestable:
        yield f"  untestable: {clause.untestable}"
    if clause.clients:
        yield f"  clients: {', '.join(clause.clients)}"
    drifts = [drift.name for drift in DRIFTS.values() if clause.id in drift.breaks]
    for word, names in (("check", checks), ("drift", drifts)):
        yield from (f"  {word}:   {name}" for name in names)


def checks_by_clause(folder: Path) -> Mapping[str, list[str]]:
    """The checks by the clauses that their marks name; read, not imported, so that nothing is collected."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(folder.glob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                for id in _marked(node):
                    found[id].append(f"{folder.parent.name}/{folder.name}/{path.name}::{node.name}")
    return found


def _marked(node: ast.FunctionDef | ast.ClassDef) -> Iterator[str]:
    """The clauses that the mark `clause` of a function or class names."""
    for mark in node.decorator_list:
        if isinstance(mark, ast.Call) and ast.unparse(mark.func).split(".")[-1] == "clause":
            yield from (str(one.value) for one in mark.args if isinstance(one, ast.Constant))


def _families(known: Mapping[str, Clause]) -> str:
    return ", ".join(dict.fromkeys(clause.family for clause in known.values()))
