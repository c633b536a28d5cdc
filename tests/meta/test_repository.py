"""The repository itself: nothing of a machine in it, names as agreed, nothing grown too long."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LONGEST_FUNCTION = 40  # lines
LONGEST_FILE = 320
CODE = ("billogram_contract", "strategies")

# Put together from pieces, so that this file does not match itself.
OF_A_MACHINE = {
    "home of a user": "/ho" + "me/[a-z]|/Us" + r"ers/[A-Za-z]|[A-Z]:\\Us" + "ers",
    "folder of a machine": r"(?<![\w.}/*])/(?:ro" + "ot|wo" + "rk|t" + "mp|o" + "pt|mn" + "t)/",
    "another index": "(?:extra-)?ind" + "ex-url|PIP_IND" + "EX|UV_IND" + "EX",
    "another registry": "artif"
    + r"actory|https?://[\w.-]*(?:nex"
    + r"us|mirr"
    + r"or|regi"
    + r"stry)[\w.-]*",
    "private address": r"\b(?:10\.\d{1,3}|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d{1,3}\.\d{1,3}\b",
}


def tracked() -> dict[str, str]:
    """The text of every file under version control, by path."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    paths = [path for path in listed.stdout.split("\0") if path and (ROOT / path).is_file()]
    return {path: (ROOT / path).read_text(encoding="utf-8", errors="replace") for path in paths}


def sources(*folders: str) -> list[Path]:
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    assert found
    return found


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


@pytest.mark.parametrize("pattern", OF_A_MACHINE.values(), ids=OF_A_MACHINE)
def test_no_file_tells_of_a_machine(pattern: str) -> None:
    told = {path: found for path, text in tracked().items() if (found := re.findall(pattern, text))}
    assert told == {}


@pytest.mark.parametrize(
    "line",
    [
        "/ho" + "me/ada/suite",
        "cd /t" + "mp/suite",
        "--extra-ind" + "ex-url=x",
        "https://regi" + "stry.example.com/x",
        "at 10" + ".1.2.3",
    ],
)
def test_patterns_find_what_they_are_for(line: str) -> None:
    assert [name for name, pattern in OF_A_MACHINE.items() if re.search(pattern, line)]


def test_checks_are_named_by_subject_and_verb() -> None:
    names = [
        node.name
        for path in sources("tests/contract")
        if path.name.startswith("test_")
        for node in functions(path)
        if node.name.startswith("test")
    ]
    assert names
    assert [name for name in names if not re.fullmatch("test(_[a-z0-9]+){2,}", name)] == []
    assert [name for name in names if "should" in name.split("_")] == []


def test_check_names_are_unique_within_their_file() -> None:
    for path in sources("tests/contract", "tests/meta"):
        names = [node.name for node in functions(path) if node.name.startswith("test_")]
        assert len(names) == len(set(names)), path.name


def test_functions_stay_short() -> None:
    long = {
        f"{path.relative_to(ROOT)}:{node.name}": length
        for path in sources(*CODE)
        for node in functions(path)
        if node.end_lineno and (length := node.end_lineno - node.lineno + 1) > LONGEST_FUNCTION
    }
    assert long == {}


def test_files_stay_short() -> None:
    lengths = {str(path.relative_to(ROOT)): path.read_text("utf-8").count("\n") for path in sources(*CODE)}
    assert {path: length for path, length in lengths.items() if length > LONGEST_FILE} == {}
