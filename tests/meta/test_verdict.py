"""The verdict on each clause and the exit code of the run, from what its checks recorded."""

from __future__ import annotations

from typing import Any

import pytest

from billogram_contract import summary
from billogram_contract.clauses import Clause, Clauses
from billogram_contract.finding import DIRECTIONS, Direction, Finding
from billogram_contract.recorder import Record
from billogram_contract.verdict import Exit, Verdict, exit_code, fails, verdicts

MUST = Clause("a.must", "A promise.", "R", "must")
OTHER = Clause("a.other", "Another promise.", "R", "must")
OPEN = Clause("a.open", "A question.", "I", "observed")
OUTSIDE = Clause("a.outside", "A promise.", "R", "must", untestable="It is outside.")
CLAUSES = Clauses({clause.id: clause for clause in (MUST, OTHER, OPEN, OUTSIDE)})


def finding(direction: Direction = "breaking", clause: str = MUST.id) -> Finding:
    return Finding(clause, direction, "GET /customer", "/data", "this", "that", "curl")


def record(clause: Clause = MUST, asked: int = 0, **learnt: Any) -> dict[str, Any]:
    """What a check of a clause recorded, with how often it exercised the clause."""
    one = Record("check", (clause.id,), **learnt)
    one.exercised[clause.id] += asked
    return one.as_dict()


def verdict(*records: dict[str, Any], clause: Clause = MUST) -> Verdict:
    (found,) = [one for one in verdicts(CLAUSES, records) if one.clause is clause]
    return found


def code(*records: dict[str, Any], fail_on: Direction = "additive") -> Exit:
    return exit_code(verdicts(CLAUSES, records), fail_on)


HELD = record(asked=1)
DRIFTED = record(asked=1, findings=[finding()])
OUTAGE = record(outage="upstream is away")
PREVENTED = record(unasked="could not be arranged")
CHOSEN = record(unasked="needs customers", by_choice=True)
ANSWERED = record(OPEN, 1, answers={OPEN.id: "accepted"})

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
    other["exercised"][MUST.id] = 4
    assert (verdict(other).word, verdict(other).exchanges) == ("holds", 4)


def test_finding_of_another_check_drifts_a_clause() -> None:
    assert verdict(record(OTHER, 1, findings=[finding()])).findings == (finding(),)


def test_same_finding_of_two_checks_counts_once() -> None:
    assert verdict(DRIFTED, DRIFTED).findings == (finding(),)


@pytest.mark.parametrize(("unasked", "prevented"), [(PREVENTED, True), (CHOSEN, False), (HELD, False)])
def test_only_upstream_prevents_a_check(unasked: dict[str, Any], prevented: bool) -> None:
    assert verdict(unasked).prevented is prevented


def test_open_question_tells_its_answer() -> None:
    found = verdict(ANSWERED, clause=OPEN)
    assert (found.word, found.reason) == ("answered", "accepted")


def test_unanswered_question_is_unchecked() -> None:
    found = verdict(record(OPEN, unasked="could not be arranged"), clause=OPEN)
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
        ([HELD, record(OTHER, unasked="needs customers", by_choice=True)], Exit.HELD),
        ([HELD, DRIFTED], Exit.DRIFT),
        ([OUTAGE, DRIFTED], Exit.DRIFT),
        ([PREVENTED, DRIFTED], Exit.DRIFT),
        ([record(OTHER, outage="away"), DRIFTED], Exit.DRIFT),
        ([HELD, record(OTHER, outage="away")], Exit.INCONCLUSIVE),
        ([HELD, record(OTHER, unasked="could not be arranged")], Exit.INCONCLUSIVE),
        ([HELD, record(OPEN, outage="away")], Exit.INCONCLUSIVE),
        ([HELD, record(OPEN, unasked="could not be arranged")], Exit.HELD),
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


def test_summary_counts_every_clause_once() -> None:
    found = verdicts(CLAUSES, [DRIFTED, record(OTHER, unasked="needs customers", by_choice=True), ANSWERED])
    assert summary.tally(found) == (
        "0 clauses hold, 1 drifted, 0 inconclusive, 1 unchecked, 1 open questions answered, 1 untestable"
    )


def test_summary_tells_findings_reasons_and_answers() -> None:
    found = verdicts(CLAUSES, [DRIFTED, record(OTHER, outage="upstream is away"), ANSWERED])
    text = "\n".join(summary.lines(found, target="a target", requests=7, seconds=1.25))
    assert "held against a target" in text
    assert "DRIFTED  A promise. (source R)" in text
    assert "inconclusive: a.other: upstream is away" in text
    assert "open question: A question. accepted" in text
    assert "7 requests in 1.2 s" in text
