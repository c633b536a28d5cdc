"""The clauses: the file as it is, and one clear line where it is malformed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from billogram_contract import places
from billogram_contract.errors import SetupError
from billogram_contract.spec import clauses, description
from billogram_contract.spec.clauses import Clause, Clauses

DESCRIPTION = description.load()
CLAUSES = clauses.load(DESCRIPTION)
GOOD = """
[list.extra]
statement = "One more."
source = "R"
level = "must"
"""


def load(path: Path, text: str) -> Clauses:
    path.write_text(text, encoding="utf-8")
    return clauses.load(DESCRIPTION, path)


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
    text = places.CLAUSES.read_text(encoding="utf-8") + GOOD
    found = load(tmp_path / "clauses.toml", text)
    assert list(found) == [*CLAUSES, "list.extra"]
    assert found["list.extra"] == Clause("list.extra", "One more.", "R", "must")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[list.extra", "cannot be read"),
        ("[list.extra]\n[list.extra]", "cannot be read"),
        ("", "words the rule 'status'"),
        (GOOD, "words the rule 'status'"),
        (GOOD.replace('source = "R"', ""), "Clause list.extra in .* a key too many or too few"),
        (GOOD + 'sauce = "R"', "Clause list.extra in .* a key too many or too few"),
        (GOOD + "pointer = 5", "Clause list.extra in .* a key too many or too few"),
        ("[list]\nextra = 5", "Clause list.extra in .* a key too many or too few"),
        (GOOD.replace("must", "may"), "Clause list.extra in .* has level 'may', not must or observed"),
        (GOOD.replace('"R"', '"R X"'), "Clause list.extra in .* has source 'R X'"),
        (GOOD.replace('"R"', '""'), "Clause list.extra in .* has source ''"),
        (GOOD + 'rule = "colour"', "Clause list.extra in .* has rule 'colour'"),
        (GOOD + 'pointer = "/paths/~1invoice"', "nothing at '/paths/~1invoice'"),
        (GOOD + 'pointer = ["/paths", "/components/x"]', "nothing at '/components/x'"),
    ],
)
def test_malformed_file_is_told_in_one_line(tmp_path: Path, text: str, line: str) -> None:
    with pytest.raises(SetupError, match=line) as caught:
        load(tmp_path / "clauses.toml", text)
    assert "\n" not in str(caught.value)


def test_missing_file_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"nothing\.toml cannot be read") as caught:
        clauses.load(DESCRIPTION, tmp_path / "nothing.toml")
    assert "\n" not in str(caught.value)


def test_file_in_another_encoding_is_told(tmp_path: Path) -> None:
    path = tmp_path / "clauses.toml"
    path.write_bytes(GOOD.replace("more", "för mycket").encode("latin-1"))
    with pytest.raises(SetupError, match="cannot be read"):
        clauses.load(DESCRIPTION, path)


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
