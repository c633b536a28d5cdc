"""The clauses: `openapi/clauses.toml`, one promise of upstream a table."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, Literal

from billogram_contract import places
from billogram_contract.errors import SetupError
from billogram_contract.spec import clients
from billogram_contract.spec.description import Description

Level = Literal["must", "observed"]

RULES = (
    "status", "server-error", "content-type", "json", "undocumented", "error-field", "granted",
    # the laws (checking/laws.py)
    "pages", "count", "filter", "addressed", "new-number", "written", "name", "notes", "company-type", "flag",
    "partial", "null-structure", "created-at", "renumbered", "refused", "listed", "alone",
)  # fmt: skip
PLACES = "openapi/sources.md"  # as readers know it
TAGS = "RGCOHI"
OPEN = frozenset("OI")  # what these alone say is never drift

_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_FACT = re.compile(rf"^- (.+?)\*\*([{TAGS}](?: [{TAGS}])*)\*\*$", re.DOTALL)
_CLIENT = re.compile(r"^\| `([^`]+)` \|", re.MULTILINE)


@dataclass(frozen=True)
class Fact:
    """One thing that is known of upstream, without its markup, and the tags of what it rests on."""

    text: str
    tags: frozenset[str]


@dataclass(frozen=True)
class Sources:
    """What is known of upstream: the facts by the anchor of their heading, and the names of the clients."""

    facts: Mapping[str, tuple[Fact, ...]]
    clients: tuple[str, ...]


@dataclass(frozen=True)
class Quote:
    """A sentence, or a part of one, of `openapi/sources.md`, and its place there."""

    place: str
    text: str


@dataclass(frozen=True)
class Clause:
    """One promise of upstream.

    `source` has the tags of what it rests on and `quotes` the words; `pointers` say where it stands in the
    description, `rule` which rule of every answer it words, `untestable` why no check can decide it.
    """

    id: str
    statement: str
    source: str
    level: Level
    pointers: tuple[str, ...] = ()
    rule: str | None = None
    clients: tuple[str, ...] = ()
    untestable: str | None = None
    quotes: tuple[Quote, ...] = ()

    @property
    def family(self) -> str:
        return self.id.partition(".")[0]

    @property
    def place(self) -> str:
        """Where it can be looked up first, such as `openapi/sources.md#list-pages`."""
        return self.quotes[0].place if self.quotes else ""

    @property
    def quote(self) -> str:
        """All that it rests on, in the words of the places."""
        return " … ".join(quote.text for quote in self.quotes)


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


KEYS = frozenset(field.name for field in fields(Clause)) - {"id", "pointers", "quotes"} | {"pointer"}
REQUIRED = ("statement", "source", "level")


@cache
def load(description: Description, path: Path = places.CLAUSES, sources: Path = places.SOURCES) -> Clauses:
    """The clauses in a file; raises SetupError where one is malformed, or points at or quotes nothing."""
    known = read_sources(sources)
    try:
        text = path.read_text(encoding="utf-8")
        tables = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SetupError(f"The clauses {path} cannot be read: {error}") from None
    clauses = Clauses()
    for family, entries in tables.items():
        for words, table in entries.items() if isinstance(entries, dict) else ():
            id = f"{family}.{words}"
            try:
                clauses[id] = _clause(id, table, description, known)
            except _Flaw as flaw:
                raise SetupError(f"Clause {id} in {path} {flaw}.") from None
    # tomllib groups tables by family; the order of the file is the order in which they are asked.
    clauses = Clauses(sorted(clauses.items(), key=lambda entry: text.find(f"[{entry[0]}]")))
    missing = [rule for rule in RULES if not any(clause.rule == rule for clause in clauses.values())]
    if missing:
        raise SetupError(f"No clause in {path} words the rule {missing[0]!r}.")
    return clauses


@cache
def read_sources(path: Path = places.SOURCES) -> Sources:
    """The facts and the clients' names in `openapi/sources.md`; raises SetupError where it cannot be read.

    A fact is a point of a list that ends with its tags; a client is a row of the table of clients.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(f"The sources {path} cannot be read: {error}") from None
    _, *parts = _HEADING.split(text)
    sections = dict(zip(map(_anchor, parts[::2]), parts[1::2], strict=True))
    return Sources(
        {anchor: tuple(_facts(section)) for anchor, section in sections.items()},
        tuple(_CLIENT.findall(sections.get("clients", ""))),
    )


def _anchor(heading: str) -> str:
    """What GitHub makes of a heading in a link."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def _facts(section: str) -> Iterator[Fact]:
    for point in re.split(r"\n(?=- )|\n\n", section):
        if found := _FACT.fullmatch(point.strip()):
            yield Fact(_plain(found[1]), frozenset(found[2].split()))


def _plain(text: str) -> str:
    """A text without Markdown's emphasis and code marks, in one line."""
    return " ".join(re.sub("[*`]", "", text).split())


class _Flaw(Exception):
    """What is wrong with a clause: the end of a sentence that begins with its name."""


def _clause(id: str, table: Any, description: Description, sources: Sources) -> Clause:
    _hold_keys(table)
    quotes, tags = _quotes(table["source"], sources)
    clause = Clause(
        id=id,
        statement=_text("statement", table["statement"]),
        source=" ".join(tag for tag in TAGS if tag in tags),
        level=table["level"],
        pointers=_texts("pointer", table.get("pointer", [])),
        rule=table.get("rule"),
        clients=tuple(dict.fromkeys((*clients.names_of(id), *_texts("clients", table.get("clients", []))))),
        untestable=_text("untestable", table["untestable"]) if "untestable" in table else None,
        quotes=quotes,
    )
    if clause.level not in ("must", "observed"):
        raise _Flaw(f"has level {clause.level!r}, not must or observed")
    if clause.level == "must" and tags <= OPEN:
        raise _Flaw(f"is a must, but rests on {' and '.join(clause.source.split())} alone")
    if clause.rule is not None and clause.rule not in RULES:
        raise _Flaw(f"has rule {clause.rule!r}, not one of {list(RULES)}")
    for client in clause.clients:
        if client not in sources.clients:
            raise _Flaw(f"names the unknown client {client!r}{_closest(client, sources.clients)}")
    for pointer in clause.pointers:
        if not pointer.startswith("/"):
            raise _Flaw(f"has the pointer {pointer!r}: it starts with a slash")
        try:
            description.at(pointer)
        except SetupError:
            raise _Flaw(f"points at {pointer!r}, which the description doesn't have") from None
    return clause


def _hold_keys(table: Any) -> None:
    if not isinstance(table, dict):
        raise _Flaw("is no table")
    for key in table:
        if key not in KEYS:
            raise _Flaw(f"has the unknown key {key!r}{_closest(key, KEYS)}")
    for key in REQUIRED:
        if key not in table:
            raise _Flaw(f"has no {key}")


def _quotes(headings: Any, sources: Sources) -> tuple[tuple[Quote, ...], frozenset[str]]:
    """What a clause quotes, by the anchors of the headings, and the tags of all that."""
    if not isinstance(headings, dict) or not headings:
        raise _Flaw("has a source that names no heading: write source.<heading> = the sentence there")
    quotes, tags = [], frozenset[str]()
    for anchor, texts in headings.items():
        place = f"{PLACES}#{anchor}"
        if anchor not in sources.facts:
            raise _Flaw(f"names {place}, which is no heading{_closest(anchor, sources.facts)}")
        for text in map(_plain, _texts(f"source.{anchor}", texts)):
            standing = [fact for fact in sources.facts[anchor] if text and text in fact.text]
            if len(standing) != 1:
                raise _Flaw(f"quotes {text!r}, which stands in {len(standing) or 'no'} facts under {place}")
            quotes.append(Quote(place, text))
            tags |= standing[0].tags
    if not quotes:
        raise _Flaw("has a source without a quote")
    return tuple(quotes), tags


def _text(key: str, value: Any) -> str:
    if not isinstance(value, str):
        raise _Flaw(f"has a {key} that is no text")
    return value


def _texts(key: str, value: Any) -> tuple[str, ...]:
    """One text or several."""
    return tuple(_text(key, one) for one in (value if isinstance(value, list) else [value]))


def _closest(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, sorted(known), 1, 0.4)
    return f" (did you mean {close[0]!r}?)" if close else ""
