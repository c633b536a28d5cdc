"""Which tests failed, from the JUnit XML that a command wrote."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

PLACE = "{junit}"  # in a command: where it is to write


def failed(path: Path) -> list[str]:
    """The tests that failed, by the files at a path: one, or all of a folder; none where none can be read."""
    files = sorted(path.rglob("*.xml")) if path.is_dir() else [path]
    return sorted({name for file in files for name in _failed(file)})


def _failed(file: Path) -> Iterator[str]:
    try:
        root = ElementTree.parse(file).getroot()  # noqa: S314  # what the user's own command wrote
    except (OSError, ElementTree.ParseError):
        return
    for case in root.iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            where = case.get("classname") or case.get("file") or ""
            yield f"{where}::{case.get('name', '')}".removeprefix("::")
