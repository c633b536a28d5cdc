"""The verdict on each clause and the exit code of the run, from what its checks recorded."""

from __future__ import annotations

from typing import Any

import pytest

from billogram_contract.checking.finding import DIRECTIONS, Direction, Finding, fails
from billogram_contract.checking.record import Record
from billogram_contract.results.model import Noted
from billogram_contract.results.verdict import Exit, Verdict, exit_code, verdicts
from billogram_contract.spec.clauses import Clause, Clauses

MUST = Clause("a.must", "A promise.", "R", "must")
OTHER = Clause("a.other", "Another promise.", "R", "must")
OPEN = Clause("a.open", "A question.", "I", "observed")
OUTSIDE = Clause("a.outside", "A promise.", "R", "must", untestable="It is outside.")
CLAUSES = Clauses({clause.id: clause for clause in (MUST, OTHER, OPEN, OUTSIDE)})


def finding(direction: Direction = "breaking", clause: str = MUST.id) -> Finding:
    return Finding(clause, direction, "GET /customer", "/data", "this", "that", "curl")


def record(clause: Clause = MUST, asked: int = 0, **learnt: Any) -> Record:
    """What a check of a clause recorded, with how often it exercised the clause."""
    return Record(**{"check": "check", "clauses": (clause.id,), "exercised": {clause.id: asked}, **learnt})


def verdict(*records: Record, clause: Clause = MUST) -> Verdict:
    (found,) = [one for one in verdicts(CLAUSES, records) if one.clause is clause]
    return found


def code(*records: Record, fail_on: Direction = "additive") -> Exit:
    return exit_code(verdicts(CLAUSES, records), fail_on)


HELD = record(asked=1)
DRIFTED = record(asked=1, findings=[finding()])
OUTAGE = record(outage="upstream is away")
PREVENTED = record(blocked="could not be arranged")
CHOSEN = record(blocked="needs customers", by_choice=True)
OVERSHADOWED = record(blocked="a.other has drifted", dependency_failed=True)
ANSWERED = record(OPEN, 1, answers={OPEN.id: ("accepted", "curl")})

# A run that must be complete


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([HELD, record(OTHER, 1), ANSWERED], Exit.HELD),
        ([HELD, record(OTHER, 1)], Exit.HELD),  # a question is no promise
        ([HELD, CHOSEN, record(OTHER, 1)], Exit.HELD),
        ([HELD], Exit.INCONCLUSIVE),
        ([HELD, record(OTHER, blocked="needs customers", by_choice=True)], Exit.INCONCLUSIVE),
        ([DRIFTED], Exit.DRIFT),
        ([], Exit.SETUP),
    ],
)
def test_complete_run_leaves_no_promise_unchecked(records: list[Any], expected: Exit) -> None:
    judged = verdicts(CLAUSES, records)
    assert exit_code(judged, "additive", require_complete=True) == expected
    assert exit_code(judged, "additive") == (Exit.HELD if expected == Exit.INCONCLUSIVE else expected)


# One clause


@pytest.mark.parametrize(
    ("records", "word", "reason"),
    [
        ([HELD], "holds", ""),
        ([HELD, CHOSEN], "holds", ""),
        ([HELD, DRIFTED], "drifted", ""),
        ([OUTAGE, DRIFTED, PREVENTED], "drifted", ""),
        ([HELD, OUTAGE], "inconclusive", "upstream is away"),
        ([PREVENTED, OUTAGE], "inconclusive", "upstream is away"),
        ([HELD, PREVENTED], "unchecked", "could not be arranged"),
        ([CHOSEN, PREVENTED], "unchecked", "could not be arranged"),
        ([CHOSEN], "unchecked", "needs customers"),
        ([HELD, OVERSHADOWED], "unchecked", "a.other has drifted"),
        ([OVERSHADOWED, PREVENTED], "unchecked", "could not be arranged"),
        ([record()], "unchecked", "no answer of this run shows it"),
        ([], "unchecked", "no check ran"),
        ([record(OTHER, 1)], "unchecked", "no check ran"),
    ],
)
def test_worst_that_was_learnt_is_the_verdict(records: list[Any], word: str, reason: str) -> None:
    found = verdict(*records)
    assert (found.word, found.reason) == (word, reason)


def test_exchanges_of_all_checks_are_added() -> None:
    assert verdict(record(asked=2), record(asked=3)).exchanges == 5


def test_answer_of_another_check_exercises_a_clause() -> None:
    other = record(OTHER, 1)
    other.exercised[MUST.id] = 4
    assert (verdict(other).word, verdict(other).exchanges) == ("holds", 4)


def test_finding_of_another_check_drifts_a_clause() -> None:
    assert verdict(record(OTHER, 1, findings=[finding()])).findings == (finding(),)


def test_same_finding_of_two_checks_counts_once() -> None:
    assert verdict(DRIFTED, DRIFTED).findings == (finding(),)


@pytest.mark.parametrize(
    ("blocked", "prevented"), [(PREVENTED, True), (CHOSEN, False), (OVERSHADOWED, False), (HELD, False)]
)
def test_only_upstream_prevents_a_check(blocked: Record, prevented: bool) -> None:
    assert verdict(blocked).prevented is prevented


def test_open_question_tells_its_answer() -> None:
    found = verdict(ANSWERED, clause=OPEN)
    assert (found.word, found.reason) == ("answered", "accepted")


def test_open_question_keeps_what_each_scenario_was_told() -> None:
    one, other = (record(OPEN, 1, answers={OPEN.id: (text, "curl")}, check=text) for text in ("yes", "no"))
    generated = record(OPEN, 1, answers=ANSWERED.answers, is_property=True)
    found = verdict(one, generated, other, clause=OPEN)
    assert found.answers == (Noted("no", "no", "curl"), Noted("yes", "yes", "curl"))
    assert found.reason == "no; yes"


def test_unanswered_question_is_unchecked() -> None:
    found = verdict(record(OPEN, blocked="could not be arranged"), clause=OPEN)
    assert (found.word, found.prevented) == ("unchecked", False)


def test_untestable_clause_tells_why() -> None:
    found = verdict(HELD, clause=OUTSIDE)
    assert (found.word, found.reason) == ("unchecked", "untestable: It is outside.")


# The run


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([HELD], Exit.HELD),
        ([HELD, ANSWERED], Exit.HELD),
        ([HELD, record(OTHER, blocked="needs customers", by_choice=True)], Exit.HELD),
        ([HELD, DRIFTED], Exit.DRIFT),
        ([OUTAGE, DRIFTED], Exit.DRIFT),
        ([PREVENTED, DRIFTED], Exit.DRIFT),
        ([record(OTHER, outage="away"), DRIFTED], Exit.DRIFT),
        ([HELD, record(OTHER, outage="away")], Exit.INCONCLUSIVE),
        ([HELD, record(OTHER, blocked="could not be arranged")], Exit.INCONCLUSIVE),
        ([HELD, record(OPEN, outage="away")], Exit.INCONCLUSIVE),
        ([HELD, record(OPEN, blocked="could not be arranged")], Exit.HELD),
        ([OUTAGE], Exit.INCONCLUSIVE),
        ([CHOSEN], Exit.SETUP),
        ([record()], Exit.SETUP),
        ([ANSWERED], Exit.SETUP),
        ([], Exit.SETUP),
    ],
)
def test_exit_code_is_the_worst_of_the_run(records: list[Any], expected: Exit) -> None:
    assert code(*records) == expected


@pytest.mark.parametrize("fail_on", DIRECTIONS)
@pytest.mark.parametrize("direction", DIRECTIONS)
def test_drift_milder_than_wanted_fails_no_run(direction: Direction, fail_on: Direction) -> None:
    mild = record(asked=1, findings=[finding(direction)])
    is_bad = DIRECTIONS.index(direction) >= DIRECTIONS.index(fail_on)
    assert fails(finding(direction), fail_on) is is_bad
    assert code(mild, fail_on=fail_on) == (Exit.DRIFT if is_bad else Exit.HELD)
    assert verdict(mild).word == "drifted"


def test_accepted_finding_fails_no_run() -> None:
    accepted = {finding().fingerprint}
    (found,) = [one for one in verdicts(CLAUSES, [DRIFTED], accepted) if one.clause is MUST]
    assert found.word == "accepted"
    assert exit_code([found], "additive", accepted) == Exit.HELD
    assert exit_code([found], "additive", {"another"}) == Exit.DRIFT


def test_clause_with_another_finding_is_no_accepted_one() -> None:
    two = record(asked=1, findings=[finding("relaxed"), finding()])
    (found,) = [one for one in verdicts(CLAUSES, [two], {finding().fingerprint}) if one.clause is MUST]
    assert found.word == "drifted"


def test_change_against_the_baseline_fails_a_run() -> None:
    assert exit_code(verdicts(CLAUSES, [HELD]), "additive", (), [finding("changed")]) == Exit.DRIFT
    assert exit_code(verdicts(CLAUSES, [HELD]), "breaking", (), [finding("changed")]) == Exit.HELD


def test_tolerated_drift_before_a_question_leaves_the_run_held() -> None:
    mild = record(OTHER, 1, findings=[finding("relaxed", OTHER.id)])
    assert code(HELD, OVERSHADOWED, mild, fail_on="breaking") == Exit.HELD
    assert code(HELD, OVERSHADOWED, mild) == Exit.DRIFT


def test_mild_drift_hides_no_outage() -> None:
    mild = record(asked=1, findings=[finding("additive")])
    assert code(mild, record(OTHER, outage="away"), fail_on="breaking") == Exit.INCONCLUSIVE


def test_breaking_drift_beside_mild_ones_fails() -> None:
    both = record(asked=1, findings=[finding("additive"), finding("breaking")])
    assert code(both, fail_on="breaking") == Exit.DRIFT


# What is read of it


def test_fingerprint_stays_whatever_was_observed() -> None:
    other = Finding(MUST.id, "breaking", "GET /customer", "/data", "this", "something else", "curl 2")
    assert other.fingerprint == finding().fingerprint
    assert finding("relaxed").fingerprint != finding().fingerprint
