"""Redaction: an allow-list, held against exchanges with everything in them that must not be written."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from billogram_contract.recording.redaction import Exchange, Received, Redaction, made_texts, parsed, received

CUSTOMER = {
    "customer_no": 512,
    "name": "Karl Svensson",
    "notes": "Ring Karl, karl@example.org",
    "org_no": "55601" + "60680",
    "language": "sv",
    "company_type": "individual",
    "letter_forwarding_enabled": True,
    "created_at": "2026-04-29T11:19:15.647Z",
    "updated_at": None,
    "contact": {"name": "Karl Svensson", "email": "karl@example.org", "phone": "031-390 06 17"},
    "nick_name": "Kalle",
    "kalle@example.org": "key",
    "shoe_size": 4711_0815,
}
SECRETS = ("Karl", "Svensson", "karl", "svensson", "55601", "390 06", "Kalle", "kalle", "47110815")


def exchange(answer: Any, body: Any = None, status: int = 200, **headers: str) -> Exchange:
    content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    sent = None if body is None else json.dumps(body).encode()
    address = "http://embedded.invalid/api/v2/customer"
    return Exchange("PUT" if sent else "GET", address, sent, status, headers, content)


def redacted(*exchanges: Exchange, made: tuple[str, ...] = ()) -> list[Exchange]:
    redaction = Redaction(exchanges, made, ())
    return [redaction.of(one) for one in exchanges]


def test_nothing_of_a_person_is_kept() -> None:
    (found,) = redacted(exchange({"status": "OK", "data": [CUSTOMER], "meta": {"total_count": 1}}))
    text = found.content.decode()
    assert [secret for secret in SECRETS if secret in text] == []


def test_what_tells_of_nobody_is_kept() -> None:
    (found,) = redacted(exchange({"status": "OK", "data": [CUSTOMER], "meta": {"total_count": 1}}))
    answer = json.loads(found.content)
    (one,) = answer["data"]
    kept = (
        "customer_no",
        "language",
        "company_type",
        "letter_forwarding_enabled",
        "created_at",
        "updated_at",
    )
    assert {name: one[name] for name in kept} == {name: CUSTOMER[name] for name in kept}
    assert (answer["status"], answer["meta"]) == ("OK", {"total_count": 1})
    assert one["contact"]["name"] == one["name"]
    assert one["contact"]["email"] in one["notes"]


@pytest.mark.parametrize("name", ["company_type", "language", "created_at", "customer_no", "status"])
def test_kept_field_with_something_else_in_it_is_not_kept(name: str) -> None:
    (found,) = redacted(exchange({"data": [{name: "Karl Svensson, 47"}]}))
    assert b"Svensson" not in found.content


def test_message_that_quotes_a_value_keeps_its_words_alone() -> None:
    data = {"message": "The name Karl Svensson is not valid, karl@example.org", "field": "contact:name"}
    (found,) = redacted(exchange({"status": "INVALID_PARAMETER", "data": data}, status=400))
    answer = json.loads(found.content)
    assert answer["data"]["message"].startswith("The name ")
    assert " is not valid, " in answer["data"]["message"]
    assert answer["data"]["field"] == "contact:name"
    assert b"arl" not in found.content


@pytest.mark.parametrize(
    "content",
    [
        b"<html>Karl Svensson</html>",
        "Karl Åse Svensson".encode("latin-1"),
        b'{"name":"Karl Svensson"',
        b"[NaN]",
    ],
)
def test_body_that_is_no_json_stays_none_and_tells_nothing(content: bytes) -> None:
    (found,) = redacted(exchange(content))
    assert b"Svensson" not in found.content
    assert len(found.content) == len(content)
    with pytest.raises(ValueError):  # noqa: PT011  # of JSON or of UTF-8
        parsed(found.content)


def test_headers_are_kept_by_an_allow_list() -> None:
    headers = {"set-cookie": "id=1", "x-user": "karl", "content-type": "application/json", "retry-after": "7"}
    (found,) = redacted(exchange({}, **headers))
    assert dict(found.headers) == {"content-type": "application/json", "retry-after": "7"}


def test_header_that_tells_more_is_not_kept() -> None:
    (found,) = redacted(exchange({}, **{"content-type": "application/json; user=karl@example.org"}))
    assert dict(found.headers) == {}


def test_what_the_suite_sends_is_kept_and_what_it_gives_back_is_not() -> None:
    body = {"name": "Frida Storm", "notes": "Karl Svensson", "company_type": "association"}
    sent, shown = redacted(
        exchange({"data": {**CUSTOMER, **body}}, body), exchange({"data": [CUSTOMER]}), made=("Frida Storm",)
    )
    written = json.loads(sent.body or b"")
    assert written["name"] == json.loads(sent.content)["data"]["name"] == "Frida Storm"
    assert written["company_type"] == "association"
    assert written["notes"] == json.loads(shown.content)["data"][0]["name"] != "Karl Svensson"


@pytest.mark.parametrize("shown", ["FRIDA STORM", "Frida", "frida  storm"])
def test_written_text_in_another_spelling_is_the_suites(shown: str) -> None:
    (found,) = redacted(exchange({"data": {"name": shown}}, {"name": "Frida Storm"}), made=("Frida Storm",))
    assert json.loads(found.content)["data"]["name"] == shown


def test_what_is_received_is_known_wherever_it_goes() -> None:
    customer = received(copy.deepcopy(CUSTOMER))
    body = {
        "name": customer["name"],
        "notes": customer["notes"][5:].strip().lower(),
        "contact": copy.deepcopy(customer["contact"]),
        "address": {"city": "Ekeby", "zipcode": customer["shoe_size"], "careof": 17},
    }
    assert [*made_texts(body)] == ["Ekeby", "17"]
    assert isinstance(str(customer["org_no"]), Received)
    assert json.loads(json.dumps(customer)) == CUSTOMER
