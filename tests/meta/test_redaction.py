"""Redaction: an allow-list, held against exchanges with everything in them that must not be written."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from billogram_contract.recording import sources
from billogram_contract.recording.redaction import NO_MESSAGE, Exchange, Redaction, parsed
from billogram_contract.recording.sources import Sources
from billogram_contract.spec import description

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


KNOWN = sources.read([], description.load())


def redaction(*exchanges: Exchange, made: tuple[str, ...] = ()) -> Redaction:
    known = Sources(KNOWN.literals.union(made), KNOWN.names, KNOWN.values)
    return Redaction(exchanges, known, numbers=[9001])


def redacted(*exchanges: Exchange, made: tuple[str, ...] = ()) -> list[Exchange]:
    found = redaction(*exchanges, made=made)
    return [found.of(one) for one in exchanges]


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


def test_errors_prose_is_replaced_whole_and_its_identifiers_stay() -> None:
    data = {"message": "The name Karl Svensson is not valid, karl@example.org", "field": "contact:name"}
    (found,) = redacted(exchange({"status": "INVALID_PARAMETER", "data": data}, status=400))
    answer = {"message": NO_MESSAGE, "field": "contact:name"}
    assert json.loads(found.content) == {"status": "INVALID_PARAMETER", "data": answer}


@pytest.mark.parametrize("name", ["status", "field", "field_path", "company_type"])
def test_word_that_the_description_does_not_list_is_replaced(name: str) -> None:
    (found,) = redacted(exchange({name: "svensson"}))
    assert b"svensson" not in found.content


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
    body = {"name": "Frida Storm", "notes": "Karl Svensson", "company_type": "business"}
    sent, shown = redacted(
        exchange({"data": {**CUSTOMER, **body}}, body), exchange({"data": [CUSTOMER]}), made=("Frida Storm",)
    )
    written = json.loads(sent.body or b"")
    assert written["name"] == json.loads(sent.content)["data"]["name"] == "Frida Storm"
    assert written["company_type"] == "business"
    assert written["notes"] == json.loads(shown.content)["data"][0]["name"] != "Karl Svensson"


@pytest.mark.parametrize("shown", ["FRIDA STORM", "Frida", "frida  storm"])
def test_written_text_in_another_spelling_is_the_suites(shown: str) -> None:
    (found,) = redacted(exchange({"data": {"name": shown}}, {"name": "Frida Storm"}), made=("Frida Storm",))
    assert json.loads(found.content)["data"]["name"] == shown


# A text that was answered, made into another in each way that texts have


def _json(text: str) -> str:
    return json.dumps({"in": text})


NAME, NUMBER = "Karl Svensson", "55601" + "60680"
DERIVED: dict[str, Callable[[str], str]] = {
    "itself": str,
    "plus": lambda text: text + " badg",
    "percent": lambda text: "badg %s" % text,  # noqa: UP031  # one of the ways
    "format": "badg {}".format,
    "f-string": lambda text: f"badg {text} pink",
    "join": lambda text: "-".join([text, "badg"]),
    "joined letters": " ".join,
    "letters": lambda text: "".join(list(text)),
    "reversed": lambda text: text[::-1],
    "start": lambda text: text[:4],
    "inside": lambda text: text[2:9],
    "end": lambda text: text[-4:],
    "bytes": lambda text: text.encode().decode(),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "json": _json,
    "upper": str.upper,
    "lower": str.lower,
    "title": str.title,
    "swapcase": str.swapcase,
    "casefold": str.casefold,
    "capitalize": str.capitalize,
    "replace": lambda text: text.replace("a", "badg").replace("5", "badg"),
    "split": lambda text: text.split()[-1],
    "rsplit": lambda text: text.rsplit(maxsplit=1)[0],
    "partition": lambda text: text.partition("l")[0] + text.partition("6")[2],
    "splitlines": lambda text: text.splitlines()[0],
    "strip": lambda text: text.strip("K5"),
    "removeprefix": lambda text: text.removeprefix("K"),
    "center": lambda text: text.center(30),
    "ljust": lambda text: text.ljust(30, "-"),
    "zfill": lambda text: text.zfill(20),
    "translate": lambda text: text.translate({ord("K"): "C"}),
    "expandtabs": lambda text: text.expandtabs(),
    "times": lambda text: text * 2,
    "number": lambda text: str(int(NUMBER) + 1),
}


@pytest.mark.parametrize("way", DERIVED)
@pytest.mark.parametrize("text", [NAME, NUMBER])
def test_derived_text_is_nowhere_kept(text: str, way: str) -> None:
    """In a body, as the name of a field, in a query and in the path, and where it is answered again."""
    derived = DERIVED[way](text)
    query = "?filter_type=field&filter_field=name&filter_value="
    exchanges = [
        exchange({"data": [{"customer_no": 9001, "name": NAME, "org_no": NUMBER}]}),
        exchange({"data": {"name": derived}}, {"name": derived, derived: {"notes": [derived]}}),
    ]
    answered = exchange({"data": [{"name": derived}]})
    for url in (answered.url + query + derived, f"{answered.url}/{derived}"):
        exchanges.append(Exchange("GET", url, None, 200, {}, answered.content))
    found = redacted(*exchanges, made=("badg", "pink"))
    kept = [one for each in found for one in (each.url, each.body or b"", each.content)]
    written = [one if isinstance(one, str) else one.decode() for one in kept]
    assert [one for one in written if derived in one] == []
    assert [one for one in written if text in one] == []


def test_text_that_can_not_be_told_from_upstreams_makes_a_request_unrepeatable() -> None:
    shown = exchange({"data": [CUSTOMER]})
    back, derived = (exchange({}, {"name": name}) for name in (CUSTOMER["name"], "Karl Svensson badg"))
    own = exchange({}, {"name": "Frida Storm", "notes": "Storm Frida"})
    found = redaction(shown, back, derived, own, made=("Frida Storm", "badg"))
    assert [found.is_repeatable(one) for one in (back, derived, own)] == [True, False, True]


@pytest.mark.parametrize(
    "text", ["Frida Storm", "Storm, Frida", "Frida", "rida Sto", "kkkkkk", "Frida 9001", "", "%"]
)
def test_text_that_is_made_of_the_sources_stays(text: str) -> None:
    (found,) = redacted(exchange({"data": {"name": text}}, {"name": text}), made=("Frida Storm", "k"))
    assert json.loads(found.body or b"")["name"] == json.loads(found.content)["data"]["name"] == text


def test_words_of_the_sources_that_were_answered_together_are_upstreams() -> None:
    shown, back = exchange({"data": [{"name": "Frida Storm"}]}), exchange({}, {"name": "Frida Storm, badg"})
    _, found = redacted(shown, back, made=("Frida", "Storm", "badg"))
    assert b"Frida" not in (found.body or b"")


def test_same_key_gives_the_same_and_no_key_another() -> None:
    shown = exchange({"data": [CUSTOMER]})
    made = [Redaction([shown], KNOWN, key=key).of(shown).content for key in (b"1", b"1", None, None)]
    assert made[0] == made[1]
    assert len({*made}) == 3
