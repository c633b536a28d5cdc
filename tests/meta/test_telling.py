"""Stories: what a stranger is told of a departure, from the exchanges of its check."""

from __future__ import annotations

import json
from typing import Any

import pytest

from billogram_contract.checking.conformance import Violation
from billogram_contract.checking.recorder import Recorder
from billogram_contract.checking.story import Fact, Story
from billogram_contract.spec import clauses, description
from billogram_contract.upstream.exchange import Answer, Call

DESCRIPTION = description.load()
CLAUSES = clauses.load(DESCRIPTION)
JSON = {"content-type": "application/json"}
FILTER = (("filter_type", "field"), ("filter_field", "name"), ("filter_value", "Ada"))


@pytest.fixture
def recorder() -> Recorder:
    one = Recorder(DESCRIPTION, CLAUSES, "http://127.0.0.1/api/v2")
    one.begin("check", ("update.partial",))
    return one


def update(recorder: Recorder, number: int, body: dict[str, Any], status: int = 200, **shown: Any) -> Answer:
    """An update and its answer, which shows the customer as given."""
    error = {"status": "INVALID_PARAMETER", "data": {"message": "No.", "field": next(iter(body))}}
    document = {"status": "OK", "data": {"customer_no": number} | shown} if status == 200 else error
    call = Call(str(number), body=json.dumps(body).encode())
    return received(recorder, Answer(call, status, JSON, json.dumps(document).encode()))


def listed(recorder: Recorder, total: int, *entries: dict[str, Any], query: Any = ()) -> Answer:
    """A page of a list and its answer."""
    asked = (("page", "1"), ("page_size", "50"), *query)
    document = {"status": "OK", "meta": {"total_count": total}, "data": list(entries)}
    return received(recorder, Answer(Call(query=asked), 200, JSON, json.dumps(document).encode()))


def received(recorder: Recorder, answer: Answer) -> Answer:
    recorder.receive(answer)
    return answer


def told(recorder: Recorder, clause: str, answer: Answer, *violation: Any, **more: Any) -> Story:
    return recorder.finding(clause, answer, Violation(*violation, **more)).story


def test_loss_tells_what_was_there_and_what_is_kept(recorder: Recorder) -> None:
    update(recorder, 9001, {"notes": "kept", "name": "Ada"}, notes="kept", name="Ada")
    answer = update(recorder, 9001, {"name": "Bo"}, name="Bo", notes=None)
    story = told(recorder, "update.partial", answer, "/data/notes", "'kept', as it was before", "no value")
    assert (story.kind, story.harm) == ("lost", "data loss")
    assert 'an update that leaves notes out does not keep it: "kept" becomes null' in story.headline
    assert story.facts == (Fact("before", '"kept"'), Fact("answered", "null"))
    assert [step.role for step in story.steps] == ["update the customer", "update the customer"]


def test_refused_update_that_is_applied_is_told_as_one(recorder: Recorder) -> None:
    update(recorder, 9001, {"notes": "before"}, notes="before")
    update(recorder, 9001, {"company_type": "x", "notes": "after"}, status=400)
    answer = listed(recorder, 1, {"customer_no": 9001, "notes": "after"})
    violation = ("/data/notes", "'before', as it was before", "'after'")
    story = told(recorder, "update.refused-changes-nothing", answer, *violation)
    assert story.headline == ('a refused update (400) changes notes all the same: "before" becomes "after"')
    assert story.harm == "data loss"


def test_count_tells_both_numbers_and_the_unfiltered_one(recorder: Recorder) -> None:
    listed(recorder, 72, *({"customer_no": number} for number in range(1, 51)))
    answer = listed(recorder, 72, {"customer_no": 9001, "name": "Ada"}, query=FILTER)
    story = told(recorder, "list.total-count", answer, "/meta/total_count", "1", "72")
    assert story.headline == 'total_count of the field filter name="Ada" is 72, where pages show 1 customer'
    assert story.guess == "total_count leaves the filter out of account"
    assert Fact("customers shown", "1") in story.facts
    assert Fact("total_count without the filter", "72") in story.facts


def test_filter_shows_the_rows_with_the_field_that_decides(recorder: Recorder) -> None:
    update(recorder, 9001, {"name": "Ada"}, name="Ada")
    update(recorder, 9002, {"name": "Adam"}, name="Adam")
    entries = [{"customer_no": 9001, "name": "Ada"}, {"customer_no": 9002, "name": "Adam"}]
    answer = listed(recorder, 2, *entries, query=FILTER)
    story = told(recorder, "filter.field", answer, "/data", "Ada alone", "Adam too")
    assert story.headline == 'the field filter name="Ada" finds 1 customer that does not match'
    assert story.table.columns[:3] == ("customer", "who", "name")
    (row,) = story.table.rows
    assert (row[0], row[2]) == ("9002", '"Adam"')
    assert story.guess == "field matches a beginning, as field-prefix does"


def test_first_page_that_is_empty_is_no_fault_of_the_filter(recorder: Recorder) -> None:
    update(recorder, 9001, {"name": "Ada"}, name="Ada")
    answer = listed(recorder, 1, query=FILTER)
    story = told(recorder, "filter.field", answer, "/data", "Ada", "nobody")
    assert story.headline == 'page 1 of the field filter name="Ada" is empty, although total_count says 1'


def test_numbers_of_a_renumbered_customer_have_roles(recorder: Recorder) -> None:
    update(recorder, 9001, {"customer_no": 9101}, customer_no=9101)
    answer = listed(recorder, 2, {"customer_no": 9001}, {"customer_no": 9101})
    story = told(recorder, "renumber.old-number-gone", answer, "/data", "9001 is gone", "it is there")
    assert "a customer renumbered from 9001 to 9101 is still listed under its old number" in story.headline
    assert [row[:2] for row in story.table.rows] == [("9001", "its old number"), ("9101", "its new number")]
    assert story.guess == "the customer is copied to the new number, not moved"
    assert story.steps[0].role == "renumber the customer (its new number: 9101)"


def test_open_door_is_told_as_one(recorder: Recorder) -> None:
    call = Call(query=(("page", "1"), ("page_size", "50")), credentials="none")
    content = json.dumps({"status": "OK", "meta": {"total_count": 0}, "data": []}).encode()
    answer = received(recorder, Answer(call, 200, JSON, content))
    story = told(
        recorder, "auth.missing", answer, "", "401 or 403", "200: it is accepted", direction="relaxed"
    )
    assert story.harm == "open door"
    assert story.headline == "no credentials at all reads customers: 200, with 0 customers"


def test_script_never_holds_credentials_or_the_address(recorder: Recorder) -> None:
    answer = update(recorder, 9001, {"name": "a" * 101}, name="a" * 101)
    story = told(
        recorder, "name.maximum", answer, "/name", "400: refused", "200: it is accepted", direction="relaxed"
    )
    assert "$BASE_URL" in story.script
    assert "127.0.0.1" not in story.script
    assert '"$BILLOGRAM_API_USER:$BILLOGRAM_API_PASSWORD"' in story.script
    assert "put_back 9001 9001" in story.script
