"""A small client that does all that the reference pages allow, and faults that can be switched on in it."""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from billogram_contract.spec import description

Query = list[tuple[str, str]]
JSON = "application/json; charset=utf-8"


@dataclass(frozen=True)
class Raw:
    """A request before it is sent; `path` is below the base URL."""

    method: str
    path: str
    query: Query = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None

    @property
    def document(self) -> dict[str, Any]:
        return json.loads(self.body or b"{}")


Edit = Callable[[Raw], Raw]


@dataclass(frozen=True)
class Fault:
    """What a client does wrong, and the clause that it is found by: an edit of its requests, or a habit."""

    clause: str
    edit: Edit = lambda raw: raw
    habit: str = ""


class Client:
    """Asks a base URL; `fault` is what it does wrong."""

    def __init__(self, base_url: str, user: str, password: str, fault: Fault | None = None) -> None:
        self.url = urlsplit(base_url)
        secret = base64.b64encode(f"{user}:{password}".encode()).decode()
        self.headers = {"Authorization": f"Basic {secret}", "Accept": "application/json"}
        self.fault = fault or Fault("")
        self.connection = http.client.HTTPConnection(self.url.netloc)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *trouble: object) -> None:
        self.connection.close()

    def send(self, raw: Raw) -> tuple[int, Any]:
        raw = self.fault.edit(raw)
        target = self.url.path + raw.path + (f"?{urlencode(raw.query)}" if raw.query else "")
        self.connection.putrequest(raw.method, target, skip_accept_encoding=True)
        for name, value in raw.headers.items():
            self.connection.putheader(name, value)
        if raw.body is not None:
            self.connection.putheader("Content-Length", str(len(raw.body)))
        self.connection.endheaders(raw.body)
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read())

    def list(self, **query: str | int) -> tuple[int, Any]:
        if self.fault.habit == "reads the first page alone":
            query |= {"page": 1}
        pairs = [(name, str(value)) for name, value in query.items()]
        return self.send(Raw("GET", "/customer", pairs, dict(self.headers)))

    def update(self, number: int, document: dict[str, Any]) -> tuple[int, Any]:
        body = json.dumps(document, ensure_ascii=False).encode()
        headers = {**self.headers, "Content-Type": JSON}
        return self.send(Raw("PUT", f"/customer/{quote(str(number))}", [], headers, body))

    # ---------------------------------------------------------------- what it does

    def everything(self) -> None:
        """All that the pages allow."""
        self.lists()
        self.updates()
        self.numbers()

    def lists(self) -> None:
        self.list(**description.load().sample_query())
        self.read_all(100)
        self.read_all(30)
        self.list(page=1, page_size=1)
        self.list(page=1000, page_size=50)
        for kind in ("field", "field-prefix", "field-search"):
            self.list(page=1, page_size=20, filter_type=kind, filter_field="name", filter_value="Åsa Öberg")
        self.list(
            page=1, page_size=20, filter_type="special", filter_field="search", filter_value="100 % Kaffe"
        )
        for name in ("customer_no", "contact:email", "address:street_address", "delivery_address:name"):
            self.list(page=1, page_size=20, filter_type="field", filter_field=name, filter_value="9001")
        for name in ("created_at", "address:city"):
            self.list(page=2, page_size=20, order_field=name, order_direction="desc")
        self.list(page=1, page_size=20, order_field="name")

    def read_all(self, size: int) -> None:
        page, read, total = 1, 0, 1
        while read < total:
            status, answer = self.list(page=page, page_size=size)
            if status != 200 and self.fault.habit != "reads on":
                return
            total = answer.get("meta", {"total_count": 100})["total_count"]
            if self.fault.habit == "reads the first page alone":
                return
            read += len(answer["data"]) if status == 200 else 1
            page += 1
            if self.fault.habit == "rounds pages down" and page > total // size:
                return
            if page > 8:
                return
        if self.fault.habit == "reads past the end":
            for beyond in range(page, page + 3):
                self.list(page=beyond, page_size=size)

    def updates(self) -> None:
        sample = dict(description.load().sample_update())
        sample.pop("customer_no", None)
        self.update(9001, sample)
        self.update(9002, {"name": "Ö" * 100, "notes": "Zeile 1\n李 小龍 🎣"})
        for kind in ("individual", "business", "foreign individual", "foreign business"):
            self.update(9003, {"company_type": kind})
        for language in (None, "", "sv", "en"):
            self.update(9003, {"language": language})
        for flag in (True, False):
            self.update(9003, {"letter_forwarding_enabled": flag})
        self.update(9003, {"contact": None, "address": None, "delivery_address": None})
        self.update(9003, {"contact": {"email": "a@example.com"}, "edi": {"reference": "x"}})
        self.update(9003, {})
        again = 3 if self.fault.habit == "insists" else 1
        for _ in range(again):
            self.update(987654, {"notes": "nobody"})

    def numbers(self) -> None:
        self.update(9004, {"customer_no": 9004})
        self.update(9004, {"customer_no": 9101, "notes": "moved"})
        self.update(9004 if self.fault.habit == "keeps the old number" else 9101, {"notes": "by the new one"})
        self.update(9101, {"customer_no": 9004})
        self.update(9004, {"notes": "back"})
        self.update(9005, {"customer_no": 9006})  # which is taken
        self.update(9005, {"notes": "still by the old one"})
        if self.fault.habit == "takes a refusal for done":
            self.update(9007, {"customer_no": 9102, "company_type": "bank"})
            self.update(9102, {"notes": "not there"})
        if self.fault.habit == "asks the path from the body":
            self.update(9103, {"customer_no": 9103})


def query(**changes: str | None) -> Edit:
    """Sets parameters of every list; None takes one out."""

    def edit(raw: Raw) -> Raw:
        if raw.method != "GET":
            return raw
        kept = [(name, value) for name, value in raw.query if name not in changes]
        return replace(
            raw, query=kept + [(name, value) for name, value in changes.items() if value is not None]
        )

    return edit


def also(name: str, value: str) -> Edit:
    """Sends a parameter once more."""
    return lambda raw: replace(raw, query=[*raw.query, (name, value)]) if raw.method == "GET" else raw


def instead(name: str, old: str, new: str) -> Edit:
    """Sends another value of a parameter where it has a certain one."""
    return lambda raw: replace(
        raw, query=[(one, new if (one, value) == (name, old) else value) for one, value in raw.query]
    )


def without(name: str) -> Edit:
    """Leaves a parameter out where there is a filter."""
    return lambda raw: replace(raw, query=[pair for pair in raw.query if pair[0] != name])


def body(**changes: Any) -> Edit:
    """Sets fields of every body."""

    def edit(raw: Raw) -> Raw:
        return (
            raw if raw.body is None else replace(raw, body=json.dumps({**raw.document, **changes}).encode())
        )

    return edit


def raw_body(content: bytes) -> Edit:
    return lambda raw: raw if raw.body is None else replace(raw, body=content)


def headers(**changes: str | None) -> Edit:
    def edit(raw: Raw) -> Raw:
        named = {name.replace("_", "-"): value for name, value in changes.items()}
        return replace(
            raw, headers={name: value for name, value in (raw.headers | named).items() if value is not None}
        )

    return edit


def path(edit_path: Callable[[str], str], method: str) -> Edit:
    return lambda raw: replace(raw, path=edit_path(raw.path)) if raw.method == method else raw


FAULTS = {
    "no page": Fault("list.page-required", query(page=None)),
    "no page_size": Fault("list.page-size-required", query(page_size=None)),
    "counts pages from 0": Fault("list.page-minimum", query(page="0")),
    "page in words": Fault("list.page-integer", query(page="first")),
    "page_size 0": Fault("list.page-size-minimum", query(page_size="0")),
    "page_size 500": Fault("list.page-size-maximum", query(page_size="500")),
    "page_size as 20.0": Fault("list.page-size-integer", query(page_size="20.0")),
    "per_page": Fault("list.answers", also("per_page", "20")),
    "page twice": Fault("list.answers", also("page", "1")),
    "slash before the query": Fault("list.answers", path(lambda one: f"{one}/", "GET")),
    "filter_type exact": Fault("filter.type-values", instead("filter_type", "field", "exact")),
    "filter_type in capitals": Fault("filter.type-values", instead("filter_type", "field", "FIELD")),
    "half a filter": Fault("filter.together", without("filter_value")),
    "two filters": Fault("filter.one-at-a-time", also("filter_field", "name")),
    "field with a dot": Fault(
        "filter.unknown-field", instead("filter_field", "contact:email", "contact.email")
    ),
    "special search in a field": Fault("filter.special-search", instead("filter_field", "search", "name")),
    "order_direction ascending": Fault(
        "order.direction-values", instead("order_direction", "desc", "descending")
    ),
    "order by a field of its own": Fault(
        "order.unknown-field", instead("order_field", "created_at", "created")
    ),
    "no credentials": Fault("auth.missing", headers(Authorization=None)),
    "bearer": Fault("auth.basic", headers(Authorization="Bearer abc")),
    "wrong password": Fault(
        "auth.unknown-user", headers(Authorization="Basic " + base64.b64encode(b"me:wrong").decode())
    ),
    "accepts XML": Fault("answer.content-type", headers(Accept="text/xml")),
    "body as a form": Fault("update.answers", headers(Content_Type="application/x-www-form-urlencoded")),
    "body in Latin-1": Fault("update.malformed-body", raw_body('{"name": "Å"}'.encode("latin-1"))),
    "body cut": Fault("update.malformed-body", raw_body(b'{"name": "A"')),
    "NaN": Fault("update.malformed-body", raw_body(b'{"notes": NaN}')),
    "list for a body": Fault("update.malformed-body", raw_body(b'[{"name": "A"}]')),
    "field twice": Fault("update.round-trip", raw_body(b'{"notes": "a", "notes": "b"}')),
    "customer_no null": Fault("renumber.automatic", body(customer_no=None)),
    "customer_no as text": Fault("renumber.integer-only", body(customer_no="9001")),
    "customer_no 0": Fault("renumber.positive-only", body(customer_no=0)),
    "customer_no 1.5": Fault("renumber.integer-only", body(customer_no=1.5)),
    "created_at sent back": Fault("update.created-at-read-only", body(created_at="2026-01-01T00:00:00Z")),
    "org_no written": Fault("update.sample-only-fields", body(org_no="5566778899")),
    "field of its own": Fault("update.unknown-field", body(shoe_size=45)),
    "nested field of its own": Fault("update.unknown-field", body(contact={"mail": "a@example.com"})),
    "name of 101 characters": Fault("name.maximum", body(name="x" * 101)),
    "name null": Fault("update.field-types", body(name=None)),
    "company_type AB": Fault("update.company-type-values", body(company_type="AB")),
    "language swe": Fault("update.language-format", body(language="swe")),
    "contact as text": Fault("update.field-types", body(contact="a@example.com")),
    "flag as text": Fault("update.letter-forwarding", body(letter_forwarding_enabled="yes")),
    "path in words": Fault("update.path-text", path(lambda one: f"{one}-a", "PUT")),
    "reads the first page alone": Fault("list.pages-partition", habit="reads the first page alone"),
    "rounds pages down": Fault("list.pages-partition", habit="rounds pages down"),
    "reads past the end": Fault("list.page-past-end", habit="reads past the end"),
    "keeps the old number": Fault("renumber.old-number-gone", habit="keeps the old number"),
    "insists": Fault("answer.error-envelope", habit="insists"),
    "takes a refusal for done": Fault("renumber.unique", habit="takes a refusal for done"),
    "asks the path from the body": Fault("renumber.new-number", habit="asks the path from the body"),
    "reads on after a refusal": Fault("answer.error-envelope", query(page_size="101"), habit="reads on"),
}
