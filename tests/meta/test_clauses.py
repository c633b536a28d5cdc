"""The clauses: the file as it is, and one clear line where it is malformed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from billogram_contract import places
from billogram_contract.errors import SetupError
from billogram_contract.spec import clauses, description
from billogram_contract.spec.clauses import Clause, Clauses, Quote

DESCRIPTION = description.load()
CLAUSES = clauses.load(DESCRIPTION)
SOURCES = clauses.read_sources()
GOOD = """
[list.extra]
statement = "One more."
source.extra-pages = "There is one more"
level = "must"
"""
GOOD_SOURCES = """
# Known

## Extra pages

- There is *one* more, as `page`
  says. **R**
- Clients ask for it. **C**
- It came twice. **O**
- It may come at Easter. **I**
- It may come at Christmas. **I**
- Nobody knows from where it comes.

## Clients

| name | relies on |
| --- | --- |
| `python` | one more |
| `java` | one more |
"""


def load(path: Path, text: str, known: str | None = None) -> Clauses:
    """The clauses of a text, with the repository's sources or with those of another text."""
    path.write_text(text, encoding="utf-8")
    if known is None:
        return clauses.load(DESCRIPTION, path)
    path.with_name("sources.md").write_text(known, encoding="utf-8")
    return clauses.load(DESCRIPTION, path, path.with_name("sources.md"))


def with_rules(text: str) -> str:
    """The text and a clause for each rule, so that nothing else is missing."""
    rules = [GOOD.replace("extra]", f"{rule}]") + f'rule = "{rule}"' for rule in clauses.RULES]
    return "\n".join([text, *rules])


def test_ids_are_a_family_and_words() -> None:
    words = re.compile(r"[a-z]+\.[a-z]+(-[a-z0-9]+)*")
    assert [id for id in CLAUSES if not words.fullmatch(id)] == []
    assert [clause.id for clause in CLAUSES.values() if not clause.id.startswith(f"{clause.family}.")] == []


def test_pointers_lead_to_places_in_the_description() -> None:
    pointing = [clause for clause in CLAUSES.values() if clause.pointers]
    assert pointing
    for clause in pointing:
        assert [DESCRIPTION.at(pointer).value for pointer in clause.pointers], clause.id


def test_statements_are_sentences() -> None:
    assert [clause.id for clause in CLAUSES.values() if not re.fullmatch(r"\S.+\.", clause.statement)] == []


def test_statements_are_all_different() -> None:
    statements = [clause.statement for clause in CLAUSES.values()]
    assert len(set(statements)) == len(statements)


def test_observed_clauses_rest_on_nothing_firm() -> None:
    observed = [clause for clause in CLAUSES.values() if clause.level == "observed"]
    assert observed
    assert [clause.id for clause in observed if set(clause.source.split()) & set("RGH")] == []


@pytest.mark.parametrize("rule", clauses.RULES)
def test_every_rule_has_one_clause(rule: str) -> None:
    assert [clause for clause in CLAUSES.values() if clause.rule == rule] == [CLAUSES.of_rule(rule)]


def test_clauses_keep_the_order_of_the_file(tmp_path: Path) -> None:
    own = GOOD.replace("extra-pages", "list-pages").replace(
        "There is one more", "The first page has number 1"
    )
    text = places.CLAUSES.read_text(encoding="utf-8") + own
    assert list(load(tmp_path / "clauses.toml", text)) == [*CLAUSES, "list.extra"]


def test_clause_has_the_tags_and_the_places_of_what_it_quotes(tmp_path: Path) -> None:
    text = GOOD.replace(
        '"There is one more"', '["Clients **ask** for it.", "There is `one` more, as page says"]'
    )
    found = load(tmp_path / "clauses.toml", with_rules(text), GOOD_SOURCES)["list.extra"]
    place = "openapi/sources.md#extra-pages"
    words = ("Clients ask for it.", "There is one more, as page says")
    assert found == Clause(
        "list.extra", "One more.", "R C", "must", quotes=tuple(Quote(place, text) for text in words)
    )
    assert (found.place, found.quote) == (place, " … ".join(words))


def test_clause_rests_on_several_places(tmp_path: Path) -> None:
    known = GOOD_SOURCES + "\n## Filters, and more\n\n- Nothing else is said. **G H**\n"
    text = GOOD + 'source.filters-and-more = "Nothing else"'
    found = load(tmp_path / "clauses.toml", with_rules(text), known)["list.extra"]
    assert found.source == "R G H"
    assert [quote.place.partition("#")[2] for quote in found.quotes] == ["extra-pages", "filters-and-more"]


def quoting(*texts: str) -> str:
    return GOOD.replace('"There is one more"', json.dumps(texts))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[list.extra", "cannot be read"),
        ("[list.extra]\n[list.extra]", "cannot be read"),
        ("", "words the rule 'status'"),
        (GOOD, "words the rule 'status'"),
        ("[list]\nextra = 5", "is no table"),
        (GOOD.replace('level = "must"', ""), "has no level"),
        ('[list.extra]\nstatement = "One more."\nlevel = "must"', "has no source"),
        (GOOD + 'sauce = "R"', r"has the unknown key 'sauce' \(did you mean 'source'\?\)"),
        (GOOD + 'client = "python"', r"has the unknown key 'client' \(did you mean 'clients'\?\)"),
        (GOOD + "pointer = 5", "has a pointer that is no text"),
        (GOOD.replace('"One more."', "1"), "has a statement that is no text"),
        (GOOD.replace('"must"', '"may"'), "has level 'may', not must or observed"),
        (GOOD.replace(".extra-pages", ""), "has a source that names no heading"),
        (GOOD.replace(".extra-pages = ", " = {} # "), "has a source that names no heading"),
        (
            GOOD.replace("extra-pages", "extra-page"),
            r"names openapi/sources\.md#extra-page, which is no heading \(did you mean 'extra-pages'\?\)",
        ),
        (
            GOOD.replace("extra-pages", "known"),
            r"'There is one more', which stands in no facts under .*#known",
        ),
        (quoting("There is two more"), "quotes 'There is two more', which stands in no facts"),
        (quoting("There is one more", "There is two more"), "quotes 'There is two more'"),
        (quoting("Nobody knows"), "quotes 'Nobody knows', which stands in no facts"),
        (quoting("It may come at"), "quotes 'It may come at', which stands in 2 facts"),
        (quoting("more, as page says. Clients"), "stands in no facts"),
        (quoting(""), "quotes '', which stands in no facts"),
        (quoting(), "has a source without a quote"),
        (quoting("It may come at Easter."), "is a must, but rests on I alone"),
        (quoting("It came twice."), "is a must, but rests on O alone"),
        (quoting("It came twice.", "It may come at Easter."), "is a must, but rests on O and I alone"),
        (GOOD + 'clients = ["python", "jave"]', r"the unknown client 'jave' \(did you mean 'java'\?\)"),
        (GOOD + 'rule = "colour"', "has rule 'colour'"),
        (GOOD + 'pointer = "paths"', "has the pointer 'paths': it starts with a slash"),
        (GOOD + 'pointer = "/paths/~1invoice"', "points at '/paths/~1invoice'"),
        (GOOD + 'pointer = ["/paths", "/components/x"]', "points at '/components/x'"),
    ],
)
def test_malformed_clause_is_told_in_one_line(tmp_path: Path, text: str, line: str) -> None:
    with pytest.raises(SetupError, match=line) as caught:
        load(tmp_path / "clauses.toml", text, GOOD_SOURCES)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        quoting("one more"),
        quoting("It came twice.", "Clients ask for it."),
        quoting("It came twice.").replace("must", "observed"),
        GOOD + 'clients = ["python", "java"]',
    ],
)
def test_clause_that_keeps_the_rules_is_taken(tmp_path: Path, text: str) -> None:
    assert "list.extra" in load(tmp_path / "clauses.toml", with_rules(text), GOOD_SOURCES)


def test_flaw_is_told_with_the_clause_that_has_it(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"^Clause list\.extra in .*clauses\.toml has no level\.$"):
        load(tmp_path / "clauses.toml", GOOD.replace('level = "must"', ""), GOOD_SOURCES)


def test_missing_file_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"nothing\.toml cannot be read") as caught:
        clauses.load(DESCRIPTION, tmp_path / "nothing.toml")
    assert "\n" not in str(caught.value)


def test_file_in_another_encoding_is_told(tmp_path: Path) -> None:
    path = tmp_path / "clauses.toml"
    path.write_bytes(GOOD.replace("more", "för mycket").encode("latin-1"))
    with pytest.raises(SetupError, match="cannot be read"):
        clauses.load(DESCRIPTION, path)


# The sources


def test_every_point_of_the_sources_is_a_fact_with_tags() -> None:
    text = places.SOURCES.read_text(encoding="utf-8")
    assert sum(map(len, SOURCES.facts.values())) == len(re.findall(r"^- ", text, re.MULTILINE))


def test_headings_of_the_sources_are_unique() -> None:
    text = places.SOURCES.read_text(encoding="utf-8")
    assert len(SOURCES.facts) == len(re.findall("^#", text, re.MULTILINE))


def test_every_clause_can_be_looked_up() -> None:
    assert [clause.id for clause in CLAUSES.values() if not (clause.place and clause.quote)] == []


def test_every_client_has_one_row() -> None:
    assert SOURCES.clients
    assert len(set(SOURCES.clients)) == len(SOURCES.clients)


def test_client_that_cannot_renumber_relies_on_no_new_number() -> None:
    fixed = {"java", "dotnet", "dotnet-2017"}
    renumbering = ("renumber.new-number", "renumber.keeps-the-rest", "renumber.unique")
    assert [id for id in renumbering if fixed & set(CLAUSES[id].clients)] == []


@pytest.mark.parametrize("write", [lambda path: None, lambda path: path.write_bytes(b"\xff")])
def test_sources_that_cannot_be_read_are_told(tmp_path: Path, write: Callable[[Path], object]) -> None:
    write(tmp_path / "sources.md")
    with pytest.raises(SetupError, match=r"sources\.md cannot be read") as caught:
        clauses.read_sources(tmp_path / "sources.md")
    assert "\n" not in str(caught.value)


# The nearest clause


def clause(id: str, *pointers: str) -> Clause:
    return Clause(id, "A promise.", "R", "must", pointers)


STANDING = Clauses(
    {
        one.id: one
        for one in (
            clause("a.whole", "/whole"),
            clause("a.part", "/whole/part", "/elsewhere"),
            clause("a.leaf", "/leaf"),
        )
    }
)


@pytest.mark.parametrize(
    ("schema_path", "nearest"),
    [
        (("/whole",), "a.whole"),
        (("/whole/part",), "a.part"),
        (("/whole/part/deep/down",), "a.part"),
        (("/whole/particle",), "a.whole"),
        (("/whole/part", "/elsewhere/x"), "a.part"),
        (("/whole", "/leaf"), "a.leaf"),
        (("/leaf", "/whole"), "a.whole"),
        (("/whole/part", "/unknown"), "a.part"),
    ],
)
def test_trail_leads_to_the_nearest_clause(schema_path: tuple[str, ...], nearest: str) -> None:
    found = STANDING.of_schema_path(schema_path)
    assert found is STANDING[nearest]


def test_trail_past_every_clause_leads_nowhere() -> None:
    assert STANDING.of_schema_path(("/unknown", "/wholesale")) is None
