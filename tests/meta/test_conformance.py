"""Conformance: a conforming answer passes, each departure is one finding of the clause it departs from."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from billogram_contract.checking import conformance
from billogram_contract.checking.finding import Finding
from billogram_contract.checking.recorder import Recorder
from billogram_contract.sandbox import Sandbox
from billogram_contract.spec import clauses, description
from billogram_contract.upstream.client import Client
from billogram_contract.upstream.exchange import Answer, Call
from billogram_contract.upstream.target import Target

DESCRIPTION = description.load()
CLAUSES = clauses.load(DESCRIPTION)
EXAMPLES = DESCRIPTION.document["components"]["examples"]
LIST = Call(query=(("page", "1"), ("page_size", "100")))
UPDATE = Call(number=str(EXAMPLES["UpdateSampleAnswer"]["value"]["data"]["customer_no"]), body=b"{}")
REFUSED = Call(number="9001", body=b'{"contact": {"email": 5}}')
ABSENT = object()
REFUSAL = {"status": "INVALID_PARAMETER", "data": {"message": "No.", "field": "email"}}


def answer(call: Call, document: Any, status: int = 200, content_type: str | None = None) -> Answer:
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    return Answer(call, status, {"content-type": content_type or "application/json"}, content)


def page() -> dict[str, Any]:
    return copy.deepcopy(EXAMPLES["ListSampleAnswer"]["value"])


def updated(place: str, value: object) -> Answer:
    """The sample answer of the update with another value at a place."""
    return answer(UPDATE, _changed(copy.deepcopy(EXAMPLES["UpdateSampleAnswer"]["value"]), place, value))


def _changed(document: dict[str, Any], place: str, value: object) -> dict[str, Any]:
    *way, last = place.split("/")
    owner: Any = document
    for step in way:
        owner = owner[int(step) if isinstance(owner, list) else step]
    if value is ABSENT:
        del owner[last]
    else:
        owner[last] = value
    return document


def findings(one: Answer) -> list[Finding]:
    recorder = Recorder(DESCRIPTION, CLAUSES, "http://127.0.0.1/api/v2")
    recorder.receive(one)
    return recorder.record.findings


def the_finding(one: Answer) -> tuple[str, str, str]:
    (finding,) = findings(one)
    return finding.clause, finding.pointer, finding.direction


# Conforming


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with Sandbox() as sandbox:
        client = Client(Target("embedded", sandbox.base_url, sandbox.user, sandbox.password, (8999, 9001)))
        yield client
        client.close()


@pytest.mark.parametrize(
    ("call", "status"),
    [
        (LIST, 200),
        (Call(query=(("page", "0"),)), 400),
        (Call(query=LIST.query, credentials="none"), 401),
        (Call(number="9001", body=b'{"name": "Ny"}'), 200),
        (Call(number="9001", body=b'{"contact": {"email": 5}}'), 400),
        (Call(number="8999", body=b"{}"), 404),
    ],
    ids=repr,
)
def test_answers_of_the_sandbox_conform(client: Client, call: Call, status: int) -> None:
    one = client.send(call)
    assert one.status == status
    assert conformance.hold(one, DESCRIPTION).violations == []


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_outages_are_left_to_the_check(status: int) -> None:
    assert conformance.hold(answer(LIST, b"<html>", status), DESCRIPTION).violations == []


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("data/notes", None),
        ("data/contact", None),
        ("data/contact/email", None),
        ("data/address", ABSENT),
        ("data/letter_forwarding_enabled", None),
        ("data/language", ""),
        ("data/updated_at", None),
        ("data/updated_at", "2026-04-29T11:19:15Z"),
        ("data/created_at", "2026-04-29T11:19:15.647123+00:00"),
        ("data/address/street_address", "Lavendelväg 27"),
    ],
)
def test_freedom_of_a_field_conforms(place: str, value: object) -> None:
    assert findings(updated(place, value)) == []


def test_error_without_fields_conforms() -> None:
    for extra in ({}, {"field": None, "field_path": None}, {"field_path": "items[0]:price"}):
        document = {"status": "INVALID_PARAMETER", "data": {"message": "No."} | extra}
        assert findings(answer(REFUSED, document, 400)) == []


def test_answer_exercises_the_clauses_it_shows() -> None:
    recorder = Recorder(DESCRIPTION, CLAUSES, "http://127.0.0.1/api/v2")
    recorder.receive(answer(LIST, page()))
    assert {"answer.json", "answer.list-meta", "customer.number"} <= recorder.record.exercised.keys()
    assert "answer.error-identifier" not in recorder.record.exercised
    assert recorder.record.requests == 1


@pytest.mark.parametrize("value", [ABSENT, None])
def test_field_without_a_value_exercises_no_clause(value: object) -> None:
    recorder = Recorder(DESCRIPTION, CLAUSES, "http://127.0.0.1/api/v2")
    recorder.receive(updated("data/language", value))
    assert "customer.language" not in recorder.record.exercised


# Departing


@pytest.mark.parametrize("status", [201, 302, 409, 422])
def test_undocumented_status_is_one_violation(status: int) -> None:
    one = answer(LIST, {"anything": 5}, status)
    assert len(conformance.hold(one, DESCRIPTION).violations) == 1
    assert the_finding(one) == ("answer.status-documented", "", "breaking")


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "text/html"])
def test_other_content_type_is_one_violation(content_type: str) -> None:
    one = answer(LIST, page(), content_type=content_type)
    assert len(conformance.hold(one, DESCRIPTION).violations) == 1
    assert the_finding(one) == ("answer.content-type", "", "breaking")


@pytest.mark.parametrize("content", [b"", b"{", b"<html>", b'{"status": "\xe5"}', "\ufeff{}".encode()])
def test_broken_json_is_one_violation(content: bytes) -> None:
    one = answer(LIST, content)
    assert len(conformance.hold(one, DESCRIPTION).violations) == 1
    assert the_finding(one) == ("answer.json", "", "breaking")


@pytest.mark.parametrize(
    ("place", "value", "clause"),
    [
        ("data/customer_no", ABSENT, "customer.number"),
        ("data/customer_no", "9001", "customer.number"),
        ("data/customer_no", 0, "customer.number"),
        ("data/customer_no", 9001.5, "customer.number"),
        ("data/name", ABSENT, "customer.name"),
        ("data/name", None, "customer.name"),
        ("data/company_type", ABSENT, "customer.company-type"),
        ("data/company_type", "association", "customer.company-type"),
        ("data/created_at", ABSENT, "customer.created-at"),
        ("data/created_at", None, "customer.created-at"),
        ("data/created_at", "2026-04-29T11:19:15.647+02:00", "customer.created-at"),
        ("data/created_at", "2026-02-30T11:19:15Z", "customer.created-at"),
        ("data/updated_at", "2026-04-29T11:19:15+02:00", "customer.updated-at"),
        ("data/language", "swe", "customer.language"),
        ("data/language", "sv\n", "customer.language"),
        ("data/language", "\ud800", "customer.language"),
        ("data/notes", 5, "customer.field-types"),
        ("data/letter_forwarding_enabled", "yes", "customer.field-types"),
        ("data/contact", "x", "customer.field-types"),
        ("data/contact/email", False, "customer.field-types"),
        ("data/address/use_careof_as_attention", 1, "customer.field-types"),
        ("data", [], "answer.update-envelope"),
        ("data", ABSENT, "answer.update-envelope"),
        ("status", "ok", "answer.status-ok"),
        ("status", ABSENT, "answer.status-ok"),
    ],
)
def test_departing_field_is_one_violation(place: str, value: object, clause: str) -> None:
    one = updated(place, value)
    assert len(conformance.hold(one, DESCRIPTION).violations) == 1
    assert the_finding(one) == (clause, f"/{place}", "breaking")


@pytest.mark.parametrize("stamp", ["2026-04-29T11:19:15.647", "2026-04-29 11:19", "2026-04-29", ""])
@pytest.mark.parametrize("field", ["created_at", "updated_at"])
def test_time_without_zone_is_one_finding(field: str, stamp: str) -> None:
    clause = f"customer.{field.replace('_', '-')}"
    assert the_finding(updated(f"data/{field}", stamp)) == (clause, f"/data/{field}", "breaking")


@pytest.mark.parametrize("field", ["created_at", "updated_at"])
def test_time_with_a_space_is_what_the_description_does_not_know_yet(field: str) -> None:
    clause = f"customer.{field.replace('_', '-')}"
    place = f"/data/{field}"
    assert the_finding(updated(f"data/{field}", "2026-04-29 11:19:15")) == (clause, place, "additive")


@pytest.mark.parametrize(
    ("place", "value", "clause", "pointer"),
    [
        ("data", ABSENT, "answer.list-envelope", "/data"),
        ("data", {}, "answer.list-envelope", "/data"),
        ("meta", ABSENT, "answer.list-meta", "/meta"),
        ("meta/total_count", ABSENT, "answer.list-meta", "/meta/total_count"),
        ("meta/total_count", "1", "answer.list-meta", "/meta/total_count"),
        ("meta/total_count", -1, "answer.list-meta", "/meta/total_count"),
        ("status", "string", "answer.status-ok", "/status"),
        ("data/0/customer_no", "1", "customer.number", "/data/*/customer_no"),
        ("data/0/contact/email", 5, "customer.field-types", "/data/*/contact/email"),
    ],
)
def test_departing_page_is_one_violation(place: str, value: object, clause: str, pointer: str) -> None:
    one = answer(LIST, _changed(page(), place, value))
    assert len(conformance.hold(one, DESCRIPTION).violations) == 1
    assert the_finding(one) == (clause, pointer, "breaking")


@pytest.mark.parametrize(
    ("place", "pointer"),
    [
        ("page_count", "/page_count"),
        ("meta/page", "/meta/page"),
        ("data/0/shoe_size", "/data/*/shoe_size"),
        ("data/0/contact/fax", "/data/*/contact/fax"),
        ("data/0/edi/a~b", "/data/*/edi/a~0b"),
    ],
)
def test_undocumented_field_is_additive(place: str, pointer: str) -> None:
    one = answer(LIST, _changed(page(), place, 41))
    assert len(conformance.hold(one, DESCRIPTION).violations) == 1
    assert the_finding(one) == ("answer.documented-fields", pointer, "additive")


def test_undocumented_error_field_is_additive() -> None:
    one = answer(REFUSED, _changed(copy.deepcopy(REFUSAL), "data/hint", "x"), 400)
    assert the_finding(one) == ("answer.documented-fields", "/data/hint", "additive")


@pytest.mark.parametrize(
    ("status", "identifier"), [(400, "BAD"), (400, "NOT_FOUND"), (401, "BAD"), (404, "INVALID_PARAMETER")]
)
def test_unknown_error_identifier_is_one_violation(status: int, identifier: str) -> None:
    one = answer(REFUSED, REFUSAL | {"status": identifier}, status)
    assert len(conformance.hold(one, DESCRIPTION).violations) == 1
    assert the_finding(one) == ("answer.error-identifier", "/status", "breaking")


@pytest.mark.parametrize("path", ["contact.email", "contact/email", "contact>email", "contact[email]"])
def test_field_path_without_colons_is_one_violation(path: str) -> None:
    one = answer(REFUSED, _changed(copy.deepcopy(REFUSAL), "data/field_path", path), 400)
    assert len(conformance.hold(one, DESCRIPTION).violations) == 1
    assert the_finding(one) == ("answer.error-field-path", "/data/field_path", "breaking")


def test_error_without_message_is_one_violation() -> None:
    one = answer(REFUSED, _changed(copy.deepcopy(REFUSAL), "data/message", ABSENT), 400)
    assert the_finding(one) == ("answer.error-envelope", "/data/message", "breaking")


def test_two_missing_fields_are_two_violations() -> None:
    document = _changed(_changed(page(), "data/0/name", ABSENT), "data/0/company_type", ABSENT)
    found = conformance.hold(answer(LIST, document), DESCRIPTION).violations
    assert [one.where for one in found] == ["/data/*/name", "/data/*/company_type"]


# What is kept


def test_two_departures_are_two_findings() -> None:
    document = _changed(_changed(page(), "data/0/name", ABSENT), "data/0/notes", 5)
    found = {finding.clause for finding in findings(answer(LIST, document))}
    assert found == {"customer.name", "customer.field-types"}


def test_same_departure_is_kept_once() -> None:
    recorder = Recorder(DESCRIPTION, CLAUSES, "http://127.0.0.1/api/v2")
    for name in (5, 6):
        recorder.receive(answer(LIST, _changed(page(), "data/0/name", name)))
    assert [finding.clause for finding in recorder.record.findings] == ["customer.name"]
    assert recorder.drifted == {"customer.name"}


def test_departed_field_is_known_with_what_lies_below() -> None:
    recorder = Recorder(DESCRIPTION, CLAUSES, "http://127.0.0.1/api/v2")
    recorder.receive(updated("data/contact", "x"))
    assert recorder.is_known("/contact")
    assert recorder.is_known("/contact/email")
    assert not recorder.is_known("/contacts")


def test_requests_before_the_first_check_count_with_it() -> None:
    recorder = Recorder(DESCRIPTION, CLAUSES, "http://127.0.0.1/api/v2")
    recorder.receive(updated("data/name", 5))
    recorder.begin("first", ("customer.name",))
    assert (recorder.record.requests, len(recorder.record.findings)) == (1, 1)
    recorder.begin("second", ("customer.name",))
    assert (recorder.record.requests, recorder.record.findings) == (0, [])
