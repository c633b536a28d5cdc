"""The clauses: `openapi/clauses.toml`, one promise of upstream a table."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from billogram_contract import places
from billogram_contract.errors import SetupError
from billogram_contract.spec.description import Description

Level = Literal["must", "observed"]

RULES = (
    "status", "server-error", "content-type", "json", "undocumented", "error-field", "granted",
    # the laws (checking/laws.py)
    "pages", "count", "filter", "addressed", "new-number", "written", "name", "notes", "company-type", "flag",
    "partial", "null-structure", "created-at", "renumbered", "refused", "listed", "old-number",
)  # fmt: skip
SOURCES = frozenset("RGCOHI")


@dataclass(frozen=True)
class Clause:
    """One promise of upstream.

    `pointers` say where it stands in the description, `rule` which rule of every answer it words,
    `untestable` why no check can decide it.
    """

    id: str
    statement: str
    source: str
    level: Level
    pointers: tuple[str, ...] = ()
    rule: str | None = None
    clients: tuple[str, ...] = ()
    untestable: str | None = None

    @property
    def family(self) -> str:
        return self.id.partition(".")[0]


class Clauses(dict[str, Clause]):
    """The clauses by id, in the order of the file."""

    def of_rule(self, rule: str) -> Clause:
        return next(clause for clause in self.values() if clause.rule == rule)

    def of_schema_path(self, schema_path: tuple[str, ...]) -> Clause | None:
        """The clause that stands nearest to the end of a schema path of pointers into the description.

        It is the way from an answer's root to a place in it: each pointer a part of the description,
        references followed.
        """
        for pointer in reversed(schema_path):
            standing = [
                (len(ancestor), clause)
                for clause in self.values()
                for ancestor in clause.pointers
                if _within(pointer, ancestor)
            ]
            if standing:
                return max(standing, key=lambda found: found[0])[1]
        return None


def _within(pointer: str, ancestor: str) -> bool:
    return pointer == ancestor or pointer.startswith(ancestor + "/")


@cache
def load(description: Description, path: Path = places.CLAUSES) -> Clauses:
    """The clauses in a file; raises SetupError where one is malformed or points at nothing."""
    try:
        text = path.read_text(encoding="utf-8")
        tables = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SetupError(f"The clauses {path} cannot be read: {error}") from None
    clauses = Clauses()
    for family, entries in tables.items():
        for words, table in entries.items() if isinstance(entries, dict) else ():
            clause = _clause(f"{family}.{words}", table, description, path)
            clauses[clause.id] = clause
    # tomllib groups tables by family; the order of the file is the order in which they are asked.
    clauses = Clauses(sorted(clauses.items(), key=lambda entry: text.find(f"[{entry[0]}]")))
    missing = [rule for rule in RULES if not any(clause.rule == rule for clause in clauses.values())]
    if missing:
        raise SetupError(f"No clause in {path} words the rule {missing[0]!r}.")
    return clauses


def _clause(id: str, table: Any, description: Description, path: Path) -> Clause:
    try:
        pointer, clients = table.get("pointer", ()), table.get("clients", ())
        pointers = (pointer,) if isinstance(pointer, str) else tuple(pointer)
        rest = {key: value for key, value in table.items() if key not in ("pointer", "clients")}
        clause = Clause(id=id, pointers=pointers, clients=tuple(clients), **rest)
    except (TypeError, AttributeError):
        raise SetupError(f"Clause {id} in {path} has a key too many or too few.") from None
    texts = (clause.statement, clause.source, *clause.pointers, *clause.clients)
    if not all(isinstance(text, str) for text in texts):
        raise SetupError(f"Clause {id} in {path} has a value that is no text.")
    if clause.level not in ("must", "observed"):
        raise SetupError(f"Clause {id} in {path} has level {clause.level!r}, not must or observed.")
    if not clause.source or not set(clause.source.split()) <= SOURCES:
        raise SetupError(
            f"Clause {id} in {path} has source {clause.source!r}, not tags of {sorted(SOURCES)}."
        )
    if clause.rule and clause.rule not in RULES:
        raise SetupError(f"Clause {id} in {path} has rule {clause.rule!r}, not one of {list(RULES)}.")
    for pointer in clause.pointers:
        if not pointer.startswith("/"):
            raise SetupError(f"Clause {id} in {path} has the pointer {pointer!r}: it starts with a slash.")
        description.at(pointer)
    return clause
