"""What the published clients rely on, as `openapi/sources.md` has it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from billogram_contract import places

_ROW = re.compile(r"^\| `([^`]+)` \|.*\| ([^|]*) \|$", re.MULTILINE)
_WORDS = re.compile("`([^`]+)`")


class Reliance(NamedTuple):
    """One thing that a client relies on, and the names of the API in it."""

    text: str
    words: tuple[str, ...]


@cache
def reliances(path: Path = places.SOURCES) -> Mapping[str, tuple[Reliance, ...]]:
    """By client, what it relies on; empty where the file can't be read."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return {}
    found = {}
    for name, told in _ROW.findall(text):
        found[name] = tuple(
            Reliance(one.strip().replace("`", ""), tuple(_WORDS.findall(one)))
            for one in told.split(";")
            if one.strip()
        )
    return found
