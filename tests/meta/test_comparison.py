"""The comparison of two ledgers: what changed is told once, and what chance explains is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from billogram_contract.__main__ import main
from billogram_contract.checking.finding import PROFILE, Finding
from billogram_contract.checking.observed_schema import Aspects
from billogram_contract.results import ledger as ledgers
from billogram_contract.results.comparison import compare, is_surprising
from billogram_contract.results.model import Allotted, Change, FindingEntry, Ledger
from billogram_contract.results.words import Word
from billogram_contract.spec.clauses import Clause
from tests.meta.ledgers import KINDS, LIVE, made, record

LISTED = "GET /customer 200"
STATES = 200  # of customers that both runs saw
CLAUSES = (Clause("a.must", "A promise.", "R", "must"), Clause("a.open", "A question.", "I", "observed"))
WITHOUT_NAME = {"/data/*/name": None}


def aspects(formats: dict[str, int] | None = None, values: dict[str, int] | None = None, **types: int) -> Any:
    return Aspects(types=types, formats=formats or {}, values=values or {})


def ledger(*findings: FindingEntry, answer: str | None = "yes", **paths: Any) -> Ledger:
    """A ledger of a promise and an answered question; `paths` of its profile are others, None for none."""
    fields = {
        "": aspects(object=50),
        "/data": aspects(array=50),
        "/data/*": aspects(object=STATES),
        "/data/*/name": aspects(string=STATES),
        "/data/*/since": aspects({"date": STATES}, string=STATES),
        "/data/*/state": aspects({"text": STATES}, {"active": 150, "closed": 50}, string=STATES),
        "/data/*/edi": aspects(object=150, null=50),
        "/data/*/edi/operator": aspects(string=150),
        "/data/*/rare": aspects(string=1),
        **paths,
    }
    asked = record("a.must"), record("a.open", answers={"a.open": (answer, "curl open")} if answer else {})
    return replace(
        made(*asked, clauses=CLAUSES),
        findings=list(findings),
        profile={LISTED: {path: found for path, found in fields.items() if found is not None}},
        samples={LISTED: "curl list"},
    )


def finding(observed: str = "that", origin: str = "contract") -> FindingEntry:
    found = Finding("a.must", "breaking", "GET /customer", "/data", "this", observed, "curl")
    (entry,) = made(record("a.must", found), clauses=CLAUSES).findings
    return replace(entry, origin=origin)


def changed(**paths: Any) -> list[Change]:
    """The changes where some paths of the newer profile are others; None takes one out."""
    return compare(ledger(), ledger(**paths)).changes


def told(changes: list[Change]) -> list[tuple[str, str, str, str]]:
    return [(change.kind, change.what, change.direction, change.pointer) for change in changes]


def test_equal_ledgers_have_no_change() -> None:
    assert compare(ledger(), ledger()).changes == []
    assert compare(ledger(), ledger()).left_out == ""


# Findings


def test_new_finding_is_told() -> None:
    (change,) = compare(ledger(), ledger(finding())).changes
    assert (change.kind, change.what, change.before, change.after) == ("finding", "new", "not found", "that")
    assert change.finding is None


def test_gone_finding_is_told_where_its_clause_was_asked() -> None:
    old, new = ledger(finding()), ledger()
    assert [change.what for change in compare(old, new).changes] == ["gone"]
    blocked = replace(new.clauses[0], verdict=Word.UNCHECKED)
    assert compare(old, replace(new, clauses=[blocked, *new.clauses[1:]])).changes == []


def test_finding_observed_in_other_words_is_the_same() -> None:
    old, new = (ledger(finding(observed)) for observed in ("'Anna'", "'Bo'"))
    assert compare(old, new).changes == []


def test_changes_of_the_baseline_itself_are_compared_no_more() -> None:
    assert compare(ledger(), ledger(finding(origin="baseline"))).changes == []


# Open questions


def test_changed_answer_is_a_finding_of_its_clause() -> None:
    (found,) = compare(ledger(), ledger(answer="no")).findings
    assert (found.clause, found.direction, found.observed) == ("a.open", "changed", "no")
    assert (found.expected, found.curl) == ("yes, as in the baseline", "curl open")


def test_question_that_was_not_asked_before_changes_nothing() -> None:
    assert compare(ledger(answer=None), ledger()).changes == []


# The profile


@pytest.mark.parametrize(
    ("path", "found", "expected"),
    [
        ("/data/*/name", None, ("field", "gone", "breaking")),
        ("/data/*/shoe_size", aspects(integer=STATES), ("field", "new", "additive")),
        ("/data/*/shoe_size", aspects(integer=20), ("field", "new", "additive")),
        ("/data/*/name", aspects(string=150), ("field", "changed", "changed")),
        ("/data/*/name", aspects(string=150, null=50), ("type", "changed", "changed")),
        ("/data/*/name", aspects(integer=STATES), ("type", "changed", "changed")),
        ("/data/*/edi", aspects(object=150, boolean=50), ("type", "changed", "changed")),
        (
            "/data/*/since",
            aspects({"date-time in UTC": STATES}, string=STATES),
            ("format", "changed", "changed"),
        ),
        (
            "/data/*/since",
            aspects({"text": 100, "date": 100}, string=STATES),
            ("format", "changed", "changed"),
        ),
        (
            "/data/*/state",
            aspects({"text": STATES}, {"active": 100, "closed": 50, "new": 50}, string=STATES),
            ("value", "changed", "additive"),
        ),
        (
            "/data/*/state",
            aspects({"text": STATES}, {"ACTIVE": 150, "closed": 50}, string=STATES),
            ("value", "changed", "changed"),
        ),
    ],
)
def test_change_of_a_field_is_told_once(path: str, found: Any, expected: tuple[str, str, str]) -> None:
    assert told(changed(**{path: found})) == [(*expected, path)]


def test_field_that_is_gone_speaks_for_those_below() -> None:
    changes = changed(**{"/data/*/edi": None, "/data/*/edi/operator": None})
    assert [change.pointer for change in changes] == ["/data/*/edi"]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/data/*/rare", None),
        ("/data/*/other", aspects(string=1)),
        ("/data/*/name", aspects(string=STATES - 1)),
        ("/data/*/name", aspects(string=STATES - 1, null=1)),
        ("/data/*/name", aspects(string=STATES * 3)),
        ("/data/*/since", aspects({"date": STATES - 5, "text": 5}, string=STATES)),
        ("/data/*/state", aspects({"text": STATES}, {"active": 199, "closed": 1}, string=STATES)),
        ("/data/*/state", aspects({"text": STATES}, {}, string=STATES)),
    ],
)
def test_what_chance_explains_is_no_change(path: str, found: Any) -> None:
    assert changed(**{path: found}) == []


def test_change_of_the_profile_shows_itself_again() -> None:
    (found,) = compare(ledger(), ledger(**WITHOUT_NAME)).findings
    assert (found.clause, found.operation, found.pointer) == (PROFILE, LISTED, "/data/*/name")
    assert found.curl == "curl list"


@pytest.mark.parametrize(
    ("run", "complete", "reason"),
    [
        ({"scenarios": "b"}, True, "other scenarios"),
        ({"target": replace(LIVE, allotted=Allotted(0, 0))}, True, "other pools"),
        ({}, False, "the run was broken off"),
    ],
)
def test_runs_that_asked_otherwise_compare_no_profiles(
    run: dict[str, Any], complete: bool, reason: str
) -> None:
    new = ledger(**WITHOUT_NAME)
    compared = compare(ledger(), replace(new, run=replace(new.run, **run), complete=complete))
    assert compared.changes == []
    assert reason in compared.left_out


def test_worst_change_comes_first() -> None:
    changes = changed(**{"/data/*/shoe_size": aspects(integer=STATES), "/data/*/name": None})
    assert [change.direction for change in changes] == ["breaking", "additive"]


@pytest.mark.parametrize(
    ("share", "chances", "expected"),
    [(0.0, 1000, False), (1.0, 1, True), (0.5, 9, False), (0.5, 10, True), (0.01, 100, False)],
)
def test_surprise_is_rarer_than_once_in_a_thousand(share: float, chances: int, expected: bool) -> None:
    assert is_surprising(share, chances) is expected


# The command


def compared(folder: Path, capsys: pytest.CaptureFixture[str], old: Ledger, new: Ledger) -> tuple[int, str]:
    """The exit code of comparing two ledgers, and all that is printed."""
    for name, told in (("old", old), ("new", new)):
        ledgers.write(told, folder / f"{name}.json")
    code = main(["compare", str(folder / "old.json"), str(folder / "new.json")])
    printed = capsys.readouterr()
    return code, printed.out + printed.err


def test_command_says_what_it_compares(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = compared(tmp_path, capsys, KINDS["held"], KINDS["drifted"])
    where = "22 November 2026, 10:00 UTC, live target: https://sandbox.example/api/v2"
    assert code == 1
    assert told.splitlines()[:3] == [f"from {where}", f"to   {where}", "1 change"]


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("incomplete", "held", "old.json is of a run that was broken off"),
        ("held", "incomplete", "new.json is of a run that was broken off"),
        ("held", "embedded", "new.json is of the embedded target, not of the live one"),
    ],
)
def test_command_refuses_what_cannot_be_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, line: str
) -> None:
    code, told = compared(tmp_path, capsys, KINDS[old], KINDS[new])
    assert (code, line in told, len(told.splitlines())) == (2, True, 1)
