"""The client: only the two operations leave, upstream's bad days are survived, nothing is asked twice."""

from __future__ import annotations

import json
import os
import re
import socketserver
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from billogram_contract.errors import Outage
from billogram_contract.sandbox import Sandbox
from billogram_contract.spec.description import LIST, UPDATE
from billogram_contract.upstream.client import Client
from billogram_contract.upstream.consistency import Consistency
from billogram_contract.upstream.exchange import CURL_CREDENTIALS, Answer, Call
from billogram_contract.upstream.guard import NotAllowed
from billogram_contract.upstream.retry import Outages
from billogram_contract.upstream.target import Target
from billogram_contract.upstream.transport import AllowList

EVERYTHING: dict[str, Any] = {"page": 1, "page_size": 100}


def client_of(sandbox: Sandbox) -> Client:
    allotted = sandbox.customers, sandbox.numbers
    return Client(Target("live", sandbox.base_url, sandbox.user, sandbox.password, *allotted))


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(others=3) as running:
        yield running


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Client]:
    client = client_of(sandbox)
    yield client
    client.close()


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits between two attempts, none of which is waited for."""
    waits: list[float] = []
    monkeypatch.setattr("tenacity.nap.time.sleep", waits.append)
    return waits


class Scripted(socketserver.ThreadingTCPServer):
    """Answers the statuses it was given, one a request, then closes the connection without an answer."""

    daemon_threads = True

    def __init__(self, *statuses: int, retry_after: str = "0") -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.statuses = list(statuses)
        self.retry_after = retry_after
        self.asked: list[str] = []

    @property
    def target(self) -> Target:
        address = f"http://127.0.0.1:{self.server_address[1]}/api/v2"
        return Target("live", address, "user", "password", (9001, 9002), range(9101, 9103))


class _Connection(socketserver.StreamRequestHandler):
    server: Scripted

    def handle(self) -> None:
        while line := self.rfile.readline():
            size = 0
            while header := self.rfile.readline().strip():
                if header.lower().startswith(b"content-length:"):
                    size = int(header.partition(b":")[2])
            self.rfile.read(size)
            self.server.asked.append(line.decode().partition(" HTTP")[0])
            if not self.server.statuses:
                return
            status = self.server.statuses.pop(0)
            head = f"HTTP/1.1 {status} Scripted\r\nRetry-After: {self.server.retry_after}\r\n"
            self.wfile.write(f"{head}Location: /api/v2/customer\r\nContent-Length: 2\r\n\r\n{{}}".encode())


@contextmanager
def scripted(*statuses: int, retry_after: str = "0") -> Iterator[Scripted]:
    with Scripted(*statuses, retry_after=retry_after) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


# What leaves


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/customer"),
        ("DELETE", "/customer/9001"),
        ("PATCH", "/customer/9001"),
        ("OPTIONS", "/customer"),
        ("HEAD", "/customer"),
        ("PUT", "/customer"),
        ("PUT", "/customer/"),
        ("PUT", "/customer/1/x"),
        ("PUT", "/customer/1?a=b"),
        ("PUT", "/customer/../invoice/1"),
        ("PUT", "/customer/.."),
        ("GET", "/customer/9001"),
        ("GET", "/customers"),
        ("GET", "/invoice"),
        ("GET", "/../v2/invoice"),
        ("GET", ""),
    ],
)
def test_transport_refuses_everything_else(sandbox: Sandbox, method: str, path: str) -> None:
    before = len(sandbox.requests)
    with requests.Session() as session:
        session.mount("http://", AllowList(sandbox.base_url))
        with pytest.raises(NotAllowed, match=method):
            session.request(method, sandbox.base_url + path, data=b"{}")
    assert len(sandbox.requests) == before


@pytest.mark.parametrize("other", ["http://127.0.0.1:1", "http://127.0.0.2:{port}", "http://127.0.0.1"])
def test_transport_refuses_another_host(sandbox: Sandbox, other: str) -> None:
    before = len(sandbox.requests)
    with requests.Session() as session:
        session.mount("http://", AllowList(sandbox.base_url))
        with pytest.raises(NotAllowed, match="not the target's"):
            session.get(other.format(port=sandbox.port) + "/api/v2/customer")
    assert len(sandbox.requests) == before


@pytest.mark.parametrize("number", ["1/x", "../invoice", "..", "."])
def test_number_that_is_a_path_is_not_sent(sandbox: Sandbox, client: Client, number: str) -> None:
    before = len(sandbox.requests)
    with pytest.raises(NotAllowed):
        client.update(number, {})
    assert len(sandbox.requests) == before


@pytest.mark.parametrize("number", ["1?a=b", "1#a", "å b"])
def test_odd_number_stays_one_segment(sandbox: Sandbox, client: Client, number: str) -> None:
    assert client.update(number, {}).status == 404
    sent = sandbox.requests[-1]
    assert (sent.method, sent.path, sent.query) == ("PUT", f"/api/v2/customer/{number}", ())


def test_both_operations_get_through(sandbox: Sandbox, client: Client) -> None:
    assert client.list(**EVERYTHING).total_count == 15
    assert client.update(9001, {"notes": "hej"}).customer["notes"] == "hej"
    assert [(one.method, one.path) for one in sandbox.requests][-2:] == [
        ("GET", "/api/v2/customer"),
        ("PUT", "/api/v2/customer/9001"),
    ]


def test_none_leaves_a_parameter_out(sandbox: Sandbox, client: Client) -> None:
    client.list(page=1, page_size=None, filter_value="")
    assert sandbox.requests[-1].query == (("page", "1"), ("filter_value", ""))


def test_raw_query_keeps_repetitions_in_order(sandbox: Sandbox, client: Client) -> None:
    query = (("page", "2"), ("page", "å&="), ("page_size", ""))
    client.list_raw(query)
    assert sandbox.requests[-1].query == query


def test_bytes_are_sent_as_they_are(sandbox: Sandbox, client: Client) -> None:
    client.update(9001, b"{\xff")
    sent = sandbox.requests[-1]
    assert (sent.body, sent.headers["content-type"]) == (b"{\xff", "application/json")


def test_every_answer_is_handed_over(sandbox: Sandbox) -> None:
    received: list[Answer] = []
    client = Client(Target("live", sandbox.base_url, sandbox.user, sandbox.password), received.append)
    assert [client.list(page=0), client.list(**EVERYTHING)] == received


# Credentials


@pytest.mark.parametrize("credentials", [name for name in CURL_CREDENTIALS if name != "right"])
def test_wrong_credentials_are_really_sent_wrong(client: Client, credentials: str) -> None:
    assert client.list(**EVERYTHING, credentials=credentials).status == 401


def test_netrc_gives_no_credentials(
    sandbox: Sandbox, client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine 127.0.0.1 login {sandbox.user} password {sandbox.password}\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    query = {name: str(value) for name, value in EVERYTHING.items()}
    assert requests.get(f"{sandbox.base_url}/customer", params=query, timeout=5).status_code == 200
    assert client.list(**EVERYTHING, credentials="none").status == 401
    assert "authorization" not in sandbox.requests[-1].headers


def test_redirect_is_not_followed() -> None:
    with scripted(302, 200) as server:
        assert Client(server.target).list(page=1).status == 302
        assert server.asked == ["GET /api/v2/customer?page=1"]


# Bad days


@pytest.mark.parametrize("variant", ["busy-at-times", "rate-limited-at-times"])
def test_busy_upstream_is_asked_again(variant: str) -> None:
    with Sandbox(variants=[variant], others=0) as sandbox:
        client = client_of(sandbox)
        assert [client.list(**EVERYTHING).status for _ in range(8)] == [200] * 8
        assert [client.update(9001, {"notes": "x"}).status for _ in range(8)] == [200] * 8
        assert len(sandbox.requests) > 16


@pytest.mark.parametrize(("after", "wait"), [("7", 7.0), ("3600", 30.0), ("soon", 0.2)])
def test_retry_after_is_waited_for_within_bounds(waits: list[float], after: str, wait: float) -> None:
    with scripted(429, 200, retry_after=after) as server:
        assert Client(server.target).list(page=1).status == 200
    assert waits == [wait]


def test_retry_after_may_be_a_date(waits: list[float]) -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    with scripted(503, 200, retry_after=until) as server:
        assert Client(server.target).list(page=1).status == 200
    assert 15 < waits[0] <= 20


@pytest.mark.parametrize("status", [429, 502, 503, 504])
@pytest.mark.parametrize("after", ["0", "1", "3600"])
def test_lasting_refusal_is_an_outage_in_bounded_time(waits: list[float], status: int, after: str) -> None:
    with scripted(*[status] * 99, retry_after=after) as server:
        client = Client(server.target)
        for reason in (str(status), str(status), "not asked again in this run"):
            with pytest.raises(Outage, match=reason):
                client.list(page=1)
    assert 45 <= sum(waits) <= 90
    assert len(server.asked) < 60


@pytest.mark.parametrize("faults", [1, 10])
def test_burst_of_refusals_is_ridden_out(waits: list[float], faults: int) -> None:
    with scripted(*[503] * faults, 200, retry_after="soon") as server:
        assert Client(server.target).list(page=1).status == 200


def test_passing_server_error_is_asked_again() -> None:
    with scripted(500, 200) as server:
        assert Client(server.target).list(page=1).status == 200


def test_lasting_server_error_is_an_answer() -> None:
    with scripted(500, 500, 500, 200) as server:
        assert Client(server.target).list(page=1).status == 500


def test_unreachable_upstream_is_given_up(waits: list[float]) -> None:
    with Scripted() as server:
        target = server.target  # its port is closed again
    client, started = Client(target), time.perf_counter()
    for _ in range(2):
        with pytest.raises(Outage, match="no answer"):
            client.list(page=1)
    waited = len(waits)
    with pytest.raises(Outage, match="not asked again in this run"):
        client.list(page=1)
    assert waited == len(waits) > 4
    assert 10 <= sum(waits) < 15
    assert time.perf_counter() - started < 2


def test_lost_answer_to_a_read_is_asked_again(waits: list[float]) -> None:
    with scripted() as server, pytest.raises(Outage, match="no answer"):
        Client(server.target).list(page=1)
    assert set(server.asked) == {"GET /api/v2/customer?page=1"}
    assert len(server.asked) > 4


def test_lost_answer_to_a_renumbering_is_not_asked_again() -> None:
    with scripted() as server, pytest.raises(Outage, match="no answer"):
        Client(server.target).update(9001, {"customer_no": 9101})
    assert server.asked == ["PUT /api/v2/customer/9001"]


def test_failed_renumbering_is_not_asked_again() -> None:
    with scripted(500, 200) as server:
        assert Client(server.target).update(9001, {"customer_no": 9101}).status == 500


def test_answered_request_forgets_earlier_outages(waits: list[float]) -> None:
    lasting = [503] * 3  # two waits of 30 and 15 seconds
    with scripted(*lasting, 200, *lasting, 200, retry_after="30") as server:
        client = Client(server.target)
        for _ in range(2):
            with pytest.raises(Outage):
                client.list(page=1)
            assert client.list(page=1).status == 200


# The line that asks again


def run(call: Call, sandbox: Sandbox) -> tuple[str, Any]:
    """The status line and the body that the call's curl line brings."""
    line = call.curl(sandbox.base_url)
    known = {"BILLOGRAM_API_USER": sandbox.user, "BILLOGRAM_API_PASSWORD": sandbox.password}
    done = subprocess.run(
        ["/bin/sh", "-c", f"{line} --silent"], env=os.environ | known, capture_output=True, check=True
    )
    head, _, body = done.stdout.decode().partition("\r\n\r\n")
    return head.splitlines()[0], json.loads(body)


@pytest.mark.parametrize("text", ['O\'Hara "x" $HOME `id` \\n', "Åsa 🎣\nny rad", "a && b; c | d > e"])
def test_curl_line_updates_as_the_client_did(sandbox: Sandbox, client: Client, text: str) -> None:
    call = client.update(9002, {"notes": text}).call
    status, answer = run(call, sandbox)
    assert (status.split()[1], answer["data"]["notes"]) == ("200", text)
    assert sandbox.requests[-1].body == call.body


def test_curl_line_lists_as_the_client_did(sandbox: Sandbox, client: Client) -> None:
    query = {"filter_type": "field", "filter_field": "contact:name", "filter_value": "Åsa & O'Hara [1-2] {a}"}
    answer = client.list(**EVERYTHING, **query)
    assert run(answer.call, sandbox) == ("HTTP/1.1 200 OK", answer.json)
    assert sandbox.requests[-1].query == sandbox.requests[-2].query


@pytest.mark.parametrize("credentials", CURL_CREDENTIALS)
def test_curl_line_holds_no_credentials(sandbox: Sandbox, credentials: str) -> None:
    call = Call(number="9001", body=b"{}", credentials=credentials)
    line = call.curl(sandbox.base_url)
    assert not re.search(f"{re.escape(sandbox.user)}|{re.escape(sandbox.password)}", line)
    status, _ = run(call, sandbox)
    assert status.split()[1] == ("200" if credentials == "right" else "401")


# One operation down


def test_operation_that_stays_down_is_given_up_by_itself() -> None:
    outages = Outages()
    for _ in range(2):
        outages.add(UPDATE)
        outages.answered(LIST)
    assert outages.is_given_up(UPDATE)
    assert not outages.is_given_up(LIST)


def test_upstream_that_is_out_is_given_up_as_a_whole() -> None:
    outages = Outages()
    outages.add(LIST)
    outages.add(LIST)
    assert outages.is_given_up(LIST)
    assert not outages.is_given_up(UPDATE)  # it is asked once
    outages.add(UPDATE)
    assert outages.is_given_up(UPDATE)


def test_departure_is_waited_for_once() -> None:
    consistency = Consistency(2.0)
    assert consistency.patience("notes") == 2.0
    consistency.waited("notes", 2.0, has_helped=False)
    assert consistency.patience("notes") < 0.2
    assert consistency.patience("name") == 2.0


def test_lag_that_was_seen_is_waited_for_again() -> None:
    consistency = Consistency(2.0)
    consistency.waited("name", 0.5, has_helped=True)
    consistency.waited("notes", 2.0, has_helped=False)
    assert consistency.patience("notes") == 1.0
