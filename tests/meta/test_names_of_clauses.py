"""Who may name clauses: the checks, the drifts, and what holds the requests of an SDK; nobody else."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from billogram_contract.spec import clauses, description

ROOT = Path(__file__).parents[2]
PACKAGE = "billogram_contract"
SANDBOX = ROOT / PACKAGE / "sandbox"
NAMING = (SANDBOX / "drifts", ROOT / PACKAGE / "sdk")


def sources(folder: Path, *, but: tuple[Path, ...] = ()) -> list[Path]:
    """The Python files of a folder, those of some folders inside it left out."""
    found = [path for path in sorted(folder.rglob("*.py")) if not any(map(path.is_relative_to, but))]
    assert found
    return found


def strings(path: Path) -> Iterator[str]:
    """Every string of a file, docstrings and parts of f-strings included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_machinery_names_no_single_clause() -> None:
    ids = "|".join(map(re.escape, clauses.load(description.load())))
    clause = re.compile(rf"(?<![\w.-])(?:{ids})(?![\w-])")
    files = sources(ROOT / PACKAGE, but=NAMING)
    named = [(path.name, text) for path in files for text in strings(path) if clause.search(text)]
    assert named == []


def test_drifts_name_the_clauses_they_break() -> None:
    ids = set(clauses.load(description.load()))
    text = "".join(path.read_text(encoding="utf-8") for path in sources(SANDBOX / "drifts"))
    assert len({id for id in ids if f'"{id}"' in text}) > len(ids) / 2
