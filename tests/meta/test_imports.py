"""Who may know whom: the walls between the sandbox, the machinery, the strategies and the checks."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from billogram_contract.spec import clauses, description

ROOT = Path(__file__).parents[2]
PACKAGE = "billogram_contract"
SANDBOX = ROOT / PACKAGE / "sandbox"
HTTP = (
    "aiohttp",
    "billogram_api",
    "http",
    "httpx",
    "requests",
    "schemathesis",
    "socket",
    "urllib",
    "urllib3",
)


def sources(folder: Path, *, but: Path | None = None) -> list[Path]:
    """The Python files of a folder, those of one folder inside it left out."""
    found = [path for path in sorted(folder.rglob("*.py")) if but is None or not path.is_relative_to(but)]
    assert found
    return found


def imported(path: Path) -> Iterator[str]:
    """Everything that a file imports by its full dotted name, `from a import b` as a.b."""
    package = path.relative_to(ROOT).parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*above, *filter(None, [node.module])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def is_within(name: str, *modules: str) -> bool:
    return any(name == module or name.startswith(module + ".") for module in modules)


def imports(paths: list[Path]) -> list[tuple[str, str]]:
    """File and imported name."""
    return [(str(path.relative_to(ROOT)), name) for path in paths for name in imported(path)]


def test_sandbox_knows_nothing_of_the_machinery() -> None:
    foreign = [
        (file, name)
        for file, name in imports(sources(SANDBOX))
        if is_within(name, PACKAGE, "strategies", "tests") and not is_within(name, f"{PACKAGE}.sandbox")
    ]
    assert foreign == []


def test_machinery_imports_neither_tests_nor_strategies() -> None:
    found = imports(sources(ROOT / PACKAGE))
    assert [one for one in found if is_within(one[1], "tests", "strategies")] == []


def test_strategies_know_the_description_alone() -> None:
    known = {name for _, name in imports(sources(ROOT / "strategies")) if is_within(name, PACKAGE)}
    assert known
    assert {name for name in known if not is_within(name, f"{PACKAGE}.description")} == set()


def test_strategies_import_no_http_library() -> None:
    found = imports(sources(ROOT / "strategies"))
    assert [one for one in found if is_within(one[1], "tests", *HTTP)] == []


@pytest.mark.parametrize("module", ["target", "sandbox", "settings"])
def test_checks_know_no_target(module: str) -> None:
    found = imports(sources(ROOT / "tests" / "contract"))
    assert [one for one in found if is_within(one[1], f"{PACKAGE}.{module}")] == []


def strings(path: Path) -> Iterator[str]:
    """Every string of a file, docstrings and parts of f-strings included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_machinery_names_no_single_clause() -> None:
    ids = "|".join(map(re.escape, clauses.load(description.load())))
    clause = re.compile(rf"(?<![\w.-])(?:{ids})(?![\w-])")
    files = sources(ROOT / PACKAGE, but=SANDBOX / "drifts")
    named = [(path.name, text) for path in files for text in strings(path) if clause.search(text)]
    assert named == []


def test_drifts_name_the_clauses_they_break() -> None:
    ids = set(clauses.load(description.load()))
    text = "".join(path.read_text(encoding="utf-8") for path in sources(SANDBOX / "drifts"))
    assert len({id for id in ids if f'"{id}"' in text}) > len(ids) / 2
