"""The embedded sandbox: the faithful account over real HTTP, and that every wrap starts and answers."""

from __future__ import annotations

import json
import socket
import struct
import time
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from billogram_contract.sandbox import DRIFTS, VARIANTS, Request, Sandbox, catalogue
from billogram_contract.sandbox.catalogue import Family, collect
from billogram_contract.sandbox.store import Store

ROOT = Path(__file__).parents[2]
CLAUSES = ROOT / "openapi" / "clauses.toml"
DRIFT_FILES = ROOT / "billogram_contract" / "sandbox" / "drifts"
EVERYTHING = {"page": "1", "page_size": "100"}


@dataclass(frozen=True)
class Caller:
    """Speaks plain HTTP with a sandbox."""

    sandbox: Sandbox
    session: requests.Session

    def get(self, **query: Any) -> requests.Response:
        return self.session.get(f"{self.sandbox.base_url}/customer", params=EVERYTHING | query)

    def put(self, number: int | str, body: Any) -> requests.Response:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.session.put(f"{self.sandbox.base_url}/customer/{number}", data=data)

    def customers(self, **query: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get(**query).json()["data"]
        return found

    def customer(self, number: int) -> dict[str, Any]:
        return next(customer for customer in self.customers() if customer["customer_no"] == number)


def calling(sandbox: Sandbox) -> Caller:
    session = requests.Session()
    session.trust_env = False  # neither a proxy nor .netrc
    session.auth = (sandbox.user, sandbox.password)
    return Caller(sandbox, session)


@pytest.fixture(scope="module")
def caller() -> Iterator[Caller]:
    """A sandbox that the tests of this module share, each writing to customers of its own."""
    with Sandbox() as sandbox:
        one = calling(sandbox)
        yield one
        one.session.close()
    assert sandbox.errors == []


def error(answer: requests.Response) -> tuple[int, str, str | None]:
    """What the refusal says: status code, identifier, path of the field."""
    envelope = answer.json()
    return answer.status_code, envelope["status"], envelope["data"].get("field_path")


# Start and stop


def test_two_sandboxes_share_nothing() -> None:
    with Sandbox() as first, Sandbox() as second:
        assert first.base_url != second.base_url
        assert first.password != second.password
        calling(first).put(9001, {"name": "Bara här"})
        assert calling(second).customer(9001)["name"] != "Bara här"


def test_start_and_stop_are_quick() -> None:
    started = time.perf_counter()
    with Sandbox() as sandbox:
        assert calling(sandbox).get().status_code == 200
    assert time.perf_counter() - started < 1


def test_stopped_sandbox_frees_its_port() -> None:
    with Sandbox() as sandbox:
        port = sandbox.port
    with Sandbox(port=port) as again:
        assert again.base_url == f"http://127.0.0.1:{port}/api/v2"
        assert calling(again).get().status_code == 200


def test_seed_is_the_same_at_every_start() -> None:
    with Sandbox() as first, Sandbox() as second:
        assert calling(first).customers() == calling(second).customers()


def test_database_file_survives_a_restart(tmp_path: Path) -> None:
    file = str(tmp_path / "customers.sqlite")
    with Sandbox(database=file, others=3) as sandbox:
        calling(sandbox).put(9001, {"customer_no": 9150, "notes": "kvar"})
    with Sandbox(database=file) as sandbox:
        assert calling(sandbox).customer(9150)["notes"] == "kvar"
        assert calling(sandbox).get().json()["meta"] == {"total_count": 15}


def test_thousands_of_customers_are_quick() -> None:
    with Sandbox(others=3000) as sandbox:
        caller, started = calling(sandbox), time.perf_counter()
        assert caller.get(page=31).json()["meta"] == {"total_count": 3012}
        assert len(caller.customers(page=5, order_field="name", order_direction="desc")) == 100
        assert caller.customers(filter_type="special", filter_field="search", filter_value="prov")
        assert time.perf_counter() - started < 1


def test_unknown_drift_names_the_closest() -> None:
    with pytest.raises(ValueError, match="closest is 'page-size-101-accepted'"):
        Sandbox(drifts=["page-size-101-acepted"])


def test_unknown_variant_names_the_closest() -> None:
    with pytest.raises(ValueError, match="closest is 'auth-403'"):
        Sandbox(variants=["auth-402"])


def test_requests_are_recorded(caller: Caller) -> None:
    caller.get(filter_type="field", filter_field="name", filter_value="Åsa")
    last = caller.sandbox.requests[-1]
    assert (last.method, last.path) == ("GET", "/api/v2/customer")
    assert dict(last.query)["filter_value"] == "Åsa"


# Seed


def test_allotted_customers_have_every_field(caller: Caller) -> None:
    for number in caller.sandbox.customers:
        customer = caller.customer(number)
        empty = [name for name, value in customer.items() if value is None and name != "updated_at"]
        nested = [v for value in customer.values() if isinstance(value, dict) for v in value.values()]
        assert not empty
        assert None not in nested
        assert (len(customer), customer["language"]) == (17, "sv")


def test_seed_is_varied(caller: Caller) -> None:
    customers = caller.customers()
    assert {len(str(customer["customer_no"])) for customer in customers} == set(range(1, 9))
    assert len({customer["created_at"] for customer in customers}) == len(customers) == 52
    assert any(customer["updated_at"] is None for customer in customers)
    assert any("contact" not in customer for customer in customers)
    by_age = [customer["customer_no"] for customer in caller.customers(order_field="created_at")]
    assert by_age != sorted(by_age)


def test_free_numbers_are_free(caller: Caller) -> None:
    assert not set(caller.sandbox.numbers) & {customer["customer_no"] for customer in caller.customers()}


# Routes


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/customer/9001", 404),
        ("GET", "/customers", 404),
        ("GET", "/customer/", 404),
        ("POST", "/customer", 405),
        ("DELETE", "/customer/9001", 405),
        ("PROPFIND", "/customer/9001", 405),
    ],
)
def test_other_operations_are_refused(caller: Caller, method: str, path: str, status: int) -> None:
    answer = caller.session.request(method, caller.sandbox.base_url + path, data=b"{}")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    assert "serves two operations only" in answer.json()["data"]["message"]


@pytest.mark.parametrize("number", ["8999", "abc", "99999999999999999999"])
def test_unknown_customer_is_told_from_an_unknown_operation(caller: Caller, number: str) -> None:
    answer = caller.put(number, {})
    assert error(answer) == (404, "NOT_FOUND", None)
    assert answer.json()["data"]["message"] == "There is no such customer."


def test_huge_page_is_empty(caller: Caller) -> None:
    answer = caller.get(page="9" * 5000)
    assert answer.json() == {"status": "OK", "meta": {"total_count": 52}, "data": []}


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"name": NaN}', b"\xff", b'{"\\ud800": 41}'])
def test_absurd_body_is_refused(caller: Caller, body: bytes) -> None:
    assert caller.put(9005, body).status_code == 400


# The port


def test_many_connections_are_answered_at_once() -> None:
    with Sandbox() as sandbox, ThreadPoolExecutor(50) as pool:
        callers = [calling(sandbox) for _ in range(50)]
        for _ in range(2):  # the second time on connections that were kept
            assert {answer.status_code for answer in pool.map(lambda one: one.get(), callers)} == {200}
        for one in callers:
            one.session.close()


def test_large_body_is_read(caller: Caller) -> None:
    notes = "å" * 5_000_000
    assert caller.put(9011, {"notes": notes}).json()["data"]["notes"] == notes
    assert caller.put(9011, {"notes": None}).status_code == 200


def test_chunked_body_is_read(caller: Caller) -> None:
    url = f"{caller.sandbox.base_url}/customer/9012"
    answer = caller.session.put(url, data=iter([b'{"notes": "in', b' pieces"}']))
    assert answer.json()["data"]["notes"] == "in pieces"


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET /api/v2/cus",
        b"PUT /api/v2/customer/9001 HTTP/1.1\r\nContent-Length: 100\r\n\r\n{",
        b"PUT /api/v2/customer/9001 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{",
        b"GET /api/v2/customer HTTP/1.1\r\n\r\n",
    ],
)
def test_cut_connection_is_survived(caller: Caller, sent: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    for _ in range(10):
        with socket.create_connection(("127.0.0.1", caller.sandbox.port)) as connection:
            connection.sendall(sent)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # RST
    assert caller.get().status_code == 200
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    "sent",
    [
        b"NO HTTP\r\n\r\n",
        b"PUT /api/v2/customer/9001 HTTP/1.1\r\nContent-Length: many\r\n\r\n",
        b"PUT /api/v2/customer/9001 HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"PUT /api/v2/customer/9001 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nmany\r\n{",
    ],
)
def test_unreadable_request_is_refused(caller: Caller, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", caller.sandbox.port)) as connection:
        connection.sendall(sent)
        head, _, body = b"".join(iter(lambda: connection.recv(65536), b"")).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"content-type: application/json" in head
    assert json.loads(body)["data"]["message"]


def test_fault_of_the_sandbox_is_printed(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delattr(Store, "find")
    with Sandbox() as sandbox:
        answer = calling(sandbox).get()
    assert error(answer) == (500, "INTERNAL_ERROR", None)
    assert "Traceback" in capfd.readouterr().err
    assert [type(found) for found in sandbox.errors] == [AttributeError]


# Variants and drifts


def failures(sandbox: Sandbox) -> list[Exception]:
    """Lists and updates once, without the network, and gives what the handlers raised."""
    for request in (
        Request("GET", "/api/v2/customer", tuple(EVERYTHING.items()), _authorisation(sandbox)),
        Request("PUT", "/api/v2/customer/9001", (), _authorisation(sandbox), b'{"notes":"ny"}'),
        Request("PUT", "/api/v2/customer/9001", (), _authorisation(sandbox), b'{"name":5}'),
        Request("PUT", "/api/v2/customer/1000", (), _authorisation(sandbox), b"{"),
        Request("PUT", "/api/v2/customer/9001"),
    ):
        sandbox.answer(request)
    return sandbox.errors


def _authorisation(sandbox: Sandbox) -> dict[str, str]:
    prepared = requests.Request("GET", "http://localhost", auth=(sandbox.user, sandbox.password)).prepare()
    return {"authorization": prepared.headers["Authorization"]}


@pytest.mark.parametrize("name", VARIANTS)
def test_variant_answers(name: str) -> None:
    assert VARIANTS[name].summary
    assert failures(Sandbox(variants=[name], others=5)) == []


@pytest.mark.parametrize("name", DRIFTS)
def test_drift_answers(name: str) -> None:
    assert DRIFTS[name].summary
    assert failures(Sandbox(drifts=[name], others=5)) == []


def test_drifts_and_variants_go_together() -> None:
    with Sandbox(drifts=["page-size-101-accepted"], variants=["auth-403", "null-text-refused"]) as sandbox:
        caller = calling(sandbox)
        assert caller.get(page_size=101).status_code == 200
        assert caller.get(page_size=102).status_code == 400
        assert caller.put(9001, {"notes": None}).status_code == 400


def clauses() -> dict[str, dict[str, Any]]:
    families = tomllib.loads(CLAUSES.read_text(encoding="utf-8"))
    return {f"{family}.{name}": clause for family, of in families.items() for name, clause in of.items()}


def test_every_testable_clause_has_a_drift() -> None:
    musts = {
        name
        for name, clause in clauses().items()
        if clause["level"] == "must" and not clause.get("untestable")
    }
    assert musts - {clause for drift in catalogue() for clause in drift.breaks} == set()


def test_drifts_break_clauses_that_exist() -> None:
    unknown = {
        f"{drift.family}.py: {drift.name} breaks {clause!r}, which is no clause"
        for drift in catalogue()
        for clause in drift.breaks
        if clause not in clauses()
    }
    assert unknown == set()


def test_catalogue_tells_of_every_drift() -> None:
    entries = catalogue()
    assert [entry.name for entry in entries] == list(DRIFTS)
    files = {path.stem for path in DRIFT_FILES.glob("[!_]*.py")}
    assert {entry.family for entry in entries} == files
    assert all(entry.summary and entry.breaks for entry in entries)


def test_name_that_is_declared_twice_is_refused() -> None:
    one, other = Family("drifts.one"), Family("drifts.other")
    for family in (one, other):
        family.breaking("list.answers")("same-name", "Something else.")(lambda upstream: upstream.handle)
    with pytest.raises(ValueError, match="'same-name' is declared twice, in one and other"):
        collect([one, other])
