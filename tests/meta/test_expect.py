"""Expectations: what each takes for met, and the finding where it is not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from billogram_contract.checking import expect
from billogram_contract.checking.conformance import Violation
from billogram_contract.checking.expect import Expectation, expect_described, observe
from billogram_contract.checking.finding import LONGEST_EXAMPLE, Drift
from billogram_contract.checking.recorder import MOST_EXCHANGES, Recorder
from billogram_contract.errors import Blocked, Outage
from billogram_contract.spec import clauses, description
from billogram_contract.upstream.exchange import Answer, Call

DESCRIPTION = description.load()
CLAUSES = clauses.load(DESCRIPTION)
CLAUSE = "name.maximum"
OPEN = "update.empty-body"
RECEIVING: list[Recorder] = []
STAMP = "2026-01-01T00:00:00Z"
CUSTOMER = {
    "customer_no": 9001,
    "name": "Åsa",
    "contact": {"phone": "1"},
    "updated_at": "2026-01-01T00:00:00Z",
}


@pytest.fixture(autouse=True)
def recorder() -> Iterator[Recorder]:
    """A recorder of this test's own, in a check of one clause, that receives all its answers."""
    one = Recorder(DESCRIPTION, CLAUSES, "http://127.0.0.1/api/v2")
    one.begin("check", (CLAUSE,))
    RECEIVING.append(one)
    yield one
    RECEIVING.clear()


def answer(status: int, document: Any = None, *, credentials: str = "right", **data: Any) -> Answer:
    """An update's answer: the document, or an error whose data is given."""
    document = document or {"status": "INVALID_PARAMETER", "data": {"message": "No."} | data}
    call = Call(number="9001", body=b'{"name": "x"}', credentials=credentials)
    found = Answer(call, status, {"content-type": "application/json"}, json.dumps(document).encode())
    found.hand_to(RECEIVING[0])
    return found


def of(status: int, **more: Any) -> Expectation:
    return expect.expect(answer(status, **more))


def updated(**changed: Any) -> Answer:
    return answer(200, {"status": "OK", "data": CUSTOMER | changed})


def drift(caught: pytest.ExceptionInfo[Drift]) -> list[tuple[str, str, str]]:
    return [(one.clause, one.direction, one.pointer) for one in caught.value.findings]


# Whose clause


def test_check_of_one_clause_speaks_for_it() -> None:
    assert expect.expect(answer(200)).clause == CLAUSE


def test_check_of_several_clauses_must_say_which(recorder: Recorder) -> None:
    recorder.begin("check", (CLAUSE, OPEN))
    with pytest.raises(ValueError, match="say which"):
        expect.expect(answer(200))
    assert expect.expect(answer(200), OPEN).clause == OPEN


def test_clause_that_the_check_names_not_raises() -> None:
    with pytest.raises(ValueError, match=r"doesn't name the clause list\.answers"):
        expect.expect(answer(200), "list.answers")


def test_expectation_without_a_run_raises() -> None:
    with pytest.raises(RuntimeError, match="No run is under way"):
        expect.expect(Answer(Call(), 200, {}, b"{}"))


def test_recorder_keeps_the_last_exchanges_of_a_check_in_order(recorder: Recorder) -> None:
    answers = [Answer(Call(), 503, {}, b"") for _ in range(MOST_EXCHANGES + 2)]
    for one in answers:
        recorder.receive(one)
    assert expect.expect(answers[-1]).recorder is recorder
    assert [one.answer for one in recorder.exchanges] == answers[2:]
    assert [one.number for one in recorder.exchanges][:2] == [3, 4]
    recorder.begin("another", (CLAUSE,))
    assert not recorder.exchanges


# Accepted or refused


def test_met_expectation_exercises_its_clause(recorder: Recorder) -> None:
    of(200).is_accepted()
    of(400).is_refused()
    assert recorder.record.exercised == {CLAUSE: 2}
    assert recorder.record.findings == []


@pytest.mark.parametrize("status", [400, 404, 409, 500])
def test_refusal_of_what_is_documented_is_breaking(recorder: Recorder, status: int) -> None:
    with pytest.raises(Drift) as caught:
        of(status).is_accepted()
    assert drift(caught) == [(CLAUSE, "breaking", "")]
    assert recorder.record.exercised == {CLAUSE: 1}


def test_finding_tells_how_to_see_it_again() -> None:
    with pytest.raises(Drift, match="promised: 200: the request is accepted") as caught:
        of(400).is_accepted()
    (finding,) = caught.value.findings
    assert finding.observed == "400 INVALID_PARAMETER (No.)"
    assert finding.operation == "PUT /customer/{customer_no}"
    assert "/api/v2/customer/9001" in finding.curl


def test_acceptance_of_what_is_invalid_is_relaxed() -> None:
    with pytest.raises(Drift) as caught:
        of(200).is_refused(naming="contact:email")
    assert drift(caught) == [(CLAUSE, "relaxed", "/contact/email")]


@pytest.mark.parametrize("status", [401, 404, 500])
def test_refusal_with_another_status_is_breaking(status: int) -> None:
    with pytest.raises(Drift) as caught:
        of(status, credentials="none").is_refused(naming="name")
    assert drift(caught) == [(CLAUSE, "breaking", "/name")]


@pytest.mark.parametrize("status", [302, 409, 422])
def test_undocumented_status_is_left_to_its_clause(recorder: Recorder, status: int) -> None:
    of(status).is_refused()
    of(status).is_answered()
    assert recorder.record.findings == []


def test_one_of_several_statuses_is_enough() -> None:
    of(404).is_refused(status=(400, 404))
    with pytest.raises(Drift, match="400 or 404: the request is refused"):
        of(200).is_refused(status=(400, 404))


@pytest.mark.parametrize("status", [401, 403])
def test_denial_is_either_of_two_statuses(recorder: Recorder, status: int) -> None:
    of(status, credentials="wrong password").is_denied()
    assert recorder.record.exercised == {CLAUSE: 1}


@pytest.mark.parametrize(("status", "direction"), [(200, "relaxed"), (400, "breaking"), (404, "breaking")])
def test_missing_denial_is_drift(status: int, direction: str) -> None:
    with pytest.raises(Drift) as caught:
        of(status, credentials="none").is_denied()
    assert drift(caught) == [(CLAUSE, direction, "")]


@pytest.mark.parametrize("status", [200, 400])
def test_open_question_takes_either_answer(recorder: Recorder, status: int) -> None:
    of(status).is_answered()
    assert recorder.record.exercised == {CLAUSE: 1}


@pytest.mark.parametrize("status", [404, 500])
def test_open_question_takes_no_third_answer(status: int) -> None:
    with pytest.raises(Drift) as caught:
        of(status).is_answered()
    assert drift(caught) == [(CLAUSE, "breaking", "")]


@pytest.mark.parametrize("status", [401, 403])
def test_right_credentials_denied_are_no_drift_of_a_check(recorder: Recorder, status: int) -> None:
    with pytest.raises(Blocked, match="was denied"):
        of(status).is_accepted()
    assert recorder.record.exercised == {}


def test_right_credentials_denied_are_drift_of_granting(recorder: Recorder) -> None:
    recorder.begin("check", ("auth.basic",))
    with pytest.raises(Drift) as caught:
        of(401).is_accepted()
    assert drift(caught) == [("auth.basic", "breaking", "")]


def test_unavailable_upstream_is_an_outage(recorder: Recorder) -> None:
    for meet in (lambda: of(503).is_accepted(), lambda: of(503).is_refused(), lambda: observe(answer(503))):
        with pytest.raises(Outage, match="503"):
            meet()
    assert recorder.record.exercised == {}


# The field that an error names


@pytest.mark.parametrize("data", [{}, {"field": "email"}, {"field_path": "contact:email"}, {"field": None}])
def test_error_may_name_the_field_at_fault(recorder: Recorder, data: dict[str, Any]) -> None:
    of(400, **data).is_refused(naming="contact:email")
    assert recorder.record.findings == []


def test_error_naming_another_field_is_a_finding_of_its_clause(recorder: Recorder) -> None:
    of(400, field="phone").is_refused(naming="contact:email")
    (finding,) = recorder.record.findings
    assert (finding.clause, finding.pointer) == ("answer.error-field", "/data/field")
    assert finding.observed == "phone"


# Customers


def test_answer_shows_what_was_written() -> None:
    expect.expect(updated(notes="ny")).shows({"notes": "ny", "contact": {"phone": " 1 "}})
    with pytest.raises(Drift) as caught:
        expect.expect(updated(notes="gammal")).shows({"notes": "ny", "contact": {"phone": "2"}})
    assert drift(caught) == [(CLAUSE, "breaking", "/data/notes"), (CLAUSE, "breaking", "/data/contact/phone")]


def test_answer_keeps_what_was_there() -> None:
    expect.expect(updated(name="Ny", updated_at=None)).keeps(CUSTOMER, but=["name"])
    with pytest.raises(Drift) as caught:
        expect.expect(updated(name="Ny", contact=None)).keeps(CUSTOMER, but=["name"])
    assert drift(caught) == [(CLAUSE, "breaking", "/data/contact/phone")]


def test_answer_without_a_customer_is_not_asked(recorder: Recorder) -> None:
    for one in (answer(400), answer(200, {"status": "OK", "data": []}), answer(200, ["x"])):
        with pytest.raises(Blocked, match="answered no customer"):
            expect.expect(one).shows({"name": "x"})
    assert recorder.record.exercised == {}


def test_entry_is_the_customer() -> None:
    expect.expect(updated()).entry_is(CUSTOMER | {"updated_at": None}, CUSTOMER)
    with pytest.raises(Drift) as caught:
        expect.expect(updated()).entry_is(CUSTOMER | {"name": "Asa"}, CUSTOMER)
    assert drift(caught) == [(CLAUSE, "breaking", "/data/name")]


def test_entry_that_is_not_listed_is_breaking() -> None:
    with pytest.raises(Drift, match="customer 9001 is not found in the list") as caught:
        expect.expect(updated()).entry_is(None, CUSTOMER)
    assert drift(caught) == [(CLAUSE, "breaking", "/data")]


def test_unchanged_customer_keeps_its_stamp_too() -> None:
    same = CUSTOMER | {"updated_at": "2026-01-01T00:00:00.000+00:00"}
    expect.expect(updated()).unchanged(same, CUSTOMER)
    with pytest.raises(Drift, match="updated_at stays") as caught:
        expect.expect(updated()).unchanged(CUSTOMER | {"updated_at": "2026-01-02T00:00:00Z"}, CUSTOMER)
    assert drift(caught) == [(CLAUSE, "breaking", "/data/*/updated_at")]


def test_difference_with_a_finding_already_is_not_found_again(recorder: Recorder) -> None:
    one = updated(contact={"phone": "2"})
    known = Violation("/data/*/contact", "an object", "a text")
    recorder.add([recorder.finding("customer.field-types", one, known)])
    with pytest.raises(Blocked, match="has a finding already"):
        expect.expect(one).keeps(CUSTOMER)
    with pytest.raises(Drift) as caught:
        expect.expect(updated(name="Asa", contact=None)).keeps(CUSTOMER)
    assert drift(caught) == [(CLAUSE, "breaking", "/data/name")]


def test_false_statement_is_breaking() -> None:
    of(200).is_true(True, expected="a", observed="b")
    with pytest.raises(Drift, match="promised: a\n  answered: b") as caught:
        of(200).is_true(False, expected="a", observed="b", at="/data")
    assert drift(caught) == [(CLAUSE, "breaking", "/data")]


# Open questions


@pytest.mark.parametrize(("status", "noted"), [(200, "accepted"), (400, "refused: 400")])
def test_answer_to_an_open_question_is_noted(recorder: Recorder, status: int, noted: str) -> None:
    recorder.begin("check", (OPEN,))
    observe(answer(status))
    assert recorder.record.answers[OPEN][0] == noted
    observe(answer(status), "in words")
    assert recorder.record.answers[OPEN] == ("in words", answer(status).call.curl(recorder.base_url))


def test_server_error_answers_no_question(recorder: Recorder) -> None:
    recorder.begin("check", (OPEN,))
    with pytest.raises(Drift) as caught:
        observe(answer(500))
    assert drift(caught) == [("answer.no-server-error", "breaking", "")]
    assert recorder.record.answers == {}


def test_server_error_has_no_shape_to_hold() -> None:
    expect_described(answer(404))
    with pytest.raises(Blocked, match="answered 500"):
        expect_described(answer(500))


def test_fifty_answers_with_one_fault_are_one_finding_with_a_count(recorder: Recorder) -> None:
    recorder.begin("check", (CLAUSE,))
    for _ in range(50):
        recorder.receive(updated(shoe_size=44))
    (found,) = (one for one in recorder.record.findings if one.pointer == "/data/shoe_size")
    assert recorder.record.counts[found.fingerprint] == 50
    assert found.asked == answer(200).call.brief


def test_input_that_hypothesis_found_stays_with_the_finding(recorder: Recorder) -> None:
    one = recorder.finding(CLAUSE, answer(200), Violation("", "a", "b"))
    assert one.found_with("query={'page': 1}").example == "query={'page': 1}"
    assert one.found_with("x" * 9999).fingerprint == one.fingerprint
    assert len(one.found_with("x" * 9999).example) == LONGEST_EXAMPLE
