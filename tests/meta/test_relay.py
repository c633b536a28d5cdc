"""The proxy's way through: no byte altered, nothing held back, whatever upstream and the client do."""

from __future__ import annotations

import gzip
import hashlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import pytest

from billogram_contract.errors import SetupError
from billogram_contract.sdk import relay as relay_module
from billogram_contract.sdk.passed import Passed
from billogram_contract.sdk.relay import HOST, Relay

LARGE = bytes(range(256)) * 40_000  # 10 MB
PATIENCE = 20.0

Answer = Callable[[socket.socket, bytes], None]


@contextmanager
def upstream(answer: Answer) -> Iterator[str]:
    """A server of plain sockets: `answer(connection, head)` for each request, whose body it reads itself."""
    listening = socket.create_server((HOST, 0), backlog=128)

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            while head := read_until(connection, b"\r\n\r\n"):
                answer(connection, head)

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listening.accept()
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://{HOST}:{listening.getsockname()[1]}/api/v2"
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()


def read_until(connection: socket.socket, end: bytes) -> bytes:
    read = b""
    while not read.endswith(end):
        piece = connection.recv(1)
        if not piece:
            return b""
        read += piece
    return read


@contextmanager
def relayed(answer: Answer) -> Iterator[tuple[Relay, list[Passed], str]]:
    """A proxy before such a server, and what it heard."""
    heard: list[Passed] = []
    with upstream(answer) as address, Relay(address, heard.append) as relay:
        yield relay, heard, address


def ask(address: str, request: bytes) -> bytes:
    """All that comes for a request until the connection ends."""
    host, _, port = address.removeprefix("http://").partition("/")[0].partition(":")
    with socket.create_connection((host, int(port)), timeout=PATIENCE) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def get(more: bytes = b"") -> bytes:
    return b"GET /api/v2/customer?page=1&q=%C3%85 HTTP/1.1\r\nhOsT: x\r\nX-Odd:  two  \r\n" + more + b"\r\n"


def chunks(body: bytes, *sizes: int) -> bytes:
    parts, at = [], 0
    for size in sizes:
        parts.append(b"%X;name=value\r\n%s\r\n" % (size, body[at : at + size]))
        at += size
    return b"".join(parts) + b"0\r\nTrailer: 1\r\n\r\n"


PACKED = gzip.compress(LARGE[:300_000], mtime=0)
ANSWERS = {
    "length": b"HTTP/1.1 200 Very OK\r\nContent-LENGTH: 5\r\nx-A:1\r\nX-a: 2\r\n\r\nhello",
    "no phrase": b"HTTP/1.1 200\r\ncontent-length: 2\r\n\r\nok",
    "chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    + chunks(LARGE, 1, 70_000, 3, 200_000),
    "compressed": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(PACKED)
    + PACKED,
    "both": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n"
    + chunks(PACKED, 100, len(PACKED) - 100),
    "10 MB": b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(LARGE) + LARGE,
    "until the end": b"HTTP/1.1 200 OK\r\n\r\n" + LARGE[:100_000],
    "no content": b"HTTP/1.1 204 No Content\r\n\r\n",
    "one before the final one": b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "other letters": "HTTP/1.1 400 Fält\r\nX: å\r\nContent-Length: 0\r\n\r\n".encode("latin-1"),
}
ENDS = ("until the end",)


@pytest.mark.parametrize("name", ANSWERS)
def test_answer_comes_through_as_it_is(name: str) -> None:
    def answer(connection: socket.socket, head: bytes) -> None:
        connection.sendall(ANSWERS[name])
        if name in ENDS:
            connection.shutdown(socket.SHUT_RDWR)

    with relayed(answer) as (relay, heard, address):
        direct, through = (ask(base, get()) for base in (address, relay.base_url))
    assert hashlib.sha256(through).digest() == hashlib.sha256(direct).digest()
    assert through == ANSWERS[name]
    assert [one.answer is not None for one in heard] == [True]


REQUESTS = {
    "no body": get(),
    "length": b'PUT /api/v2/customer/1 HTTP/1.1\r\nHost: a\r\ncontent-Length: 7\r\n\r\n{"a":1}',
    "chunked": b"PUT /api/v2/customer/1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    + chunks(LARGE, 5, 90_000),
    "10 MB": b"PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(LARGE) + LARGE,
    "odd method": b"BREW /pot?a=%00 HTTP/1.1\r\nHost: a\r\n\r\n",
    "HTTP/1.0": b"GET /api/v2/customer HTTP/1.0\r\n\r\n",
}


@pytest.mark.parametrize("name", REQUESTS)
def test_request_comes_through_as_it_is(name: str) -> None:
    got = bytearray()

    def answer(connection: socket.socket, head: bytes) -> None:
        got.extend(head)
        while len(got) < len(REQUESTS[name]):
            got.extend(connection.recv(65536))
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")

    with relayed(answer) as (relay, heard, _):
        assert ask(relay.base_url, REQUESTS[name]).endswith(b"ok")
    assert hashlib.sha256(got).digest() == hashlib.sha256(REQUESTS[name]).digest()
    assert [one.request.raw for one in heard] == [REQUESTS[name].partition(b"\r\n\r\n")[0] + b"\r\n\r\n"]


def test_body_that_waits_for_100_is_passed() -> None:
    def answer(connection: socket.socket, head: bytes) -> None:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        assert connection.recv(100) == b"{}"
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")

    with relayed(answer) as (relay, heard, _):
        host, port = HOST, relay.port
        with socket.create_connection((host, port), timeout=PATIENCE) as connection:
            connection.sendall(
                b"PUT /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
            )
            assert b"100 Continue" in read_until(connection, b"\r\n\r\n")
            connection.sendall(b"{}")
            assert b"200 OK" in read_until(connection, b"ok")
    assert heard[0].body == b"{}"


@pytest.mark.parametrize(
    "cut",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nonly this",
        b"HTTP/1.1 200 OK\r\nConte",
        b"",
        b"no HTTP\r\n\r\n",
    ],
    ids=["length", "chunk", "head", "nothing", "nonsense"],
)
def test_answer_that_is_cut_is_cut_there(cut: bytes) -> None:
    def answer(connection: socket.socket, head: bytes) -> None:
        connection.sendall(cut)
        connection.shutdown(socket.SHUT_RDWR)

    with relayed(answer) as (relay, heard, _):
        through = ask(relay.base_url, get())
    assert cut.startswith(through)
    assert not cut.startswith(b"HTTP/1.1 200 OK\r\nT") or through == cut
    assert [one.answer for one in heard] == [None]


def test_slow_answer_comes_as_it_is_sent() -> None:
    def answer(connection: socket.socket, head: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst")
        time.sleep(0.5)
        connection.sendall(b"later")

    with relayed(answer) as (relay, _, _), socket.create_connection((HOST, relay.port)) as connection:
        connection.settimeout(0.4)
        connection.sendall(get())
        assert read_until(connection, b"first")
        with pytest.raises(TimeoutError):
            connection.recv(1)
        connection.settimeout(PATIENCE)
        assert read_until(connection, b"later")


def test_connection_is_kept_and_each_exchange_told() -> None:
    ports = set()

    def answer(connection: socket.socket, head: bytes) -> None:
        ports.add(connection.getpeername())
        connection.sendall(ANSWERS["length"])

    with relayed(answer) as (relay, heard, _), socket.create_connection((HOST, relay.port)) as connection:
        for _ in range(5):
            connection.sendall(get())
            assert read_until(connection, b"hello")
    assert len(ports) == 1
    assert [one.content for one in heard] == [b"hello"] * 5


def test_fifty_connections_with_large_bodies_at_once() -> None:
    body = LARGE[:1_000_000]
    wanted = hashlib.sha256(body).hexdigest()

    def answer(connection: socket.socket, head: bytes) -> None:
        rest = len(body)
        hashed = hashlib.sha256()
        while rest:
            piece = connection.recv(min(65536, rest))
            hashed.update(piece)
            rest -= len(piece)
        assert hashed.hexdigest() == wanted
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    request = (
        b"PUT /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    )
    heard: list[Passed] = []
    with (
        upstream(answer) as address,
        Relay(address, lambda one: hear(one)) as relay,
        ThreadPoolExecutor(50) as pool,
    ):

        def hear(one: Passed) -> None:
            heard.append(one)
            relay.heard(one)

        answers = list(pool.map(lambda _: ask(relay.base_url, request), range(50)))
    assert {hashlib.sha256(one.partition(b"\r\n\r\n")[2]).hexdigest() for one in answers} == {wanted}
    assert len(heard) == 50


def test_what_nobody_heard_of_yet_makes_the_next_request_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "MOST_UNHEARD", 4)
    with (
        relayed(lambda connection, head: connection.sendall(ANSWERS["length"])) as (relay, heard, _),
        socket.create_connection((HOST, relay.port), timeout=0.3) as connection,
    ):
        connection.sendall(get())
        assert read_until(connection, b"hello")
        connection.sendall(get())
        with pytest.raises(TimeoutError):
            connection.recv(1)
        relay.heard(heard[0])
        connection.settimeout(PATIENCE)
        assert read_until(connection, b"hello")


def test_body_that_is_too_large_is_passed_and_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "LARGEST_KEPT", 4)
    with relayed(lambda connection, head: connection.sendall(ANSWERS["length"])) as (relay, heard, _):
        assert ask(relay.base_url, get(b"Connection: close\r\n")) == ANSWERS["length"]
    assert heard[0].answer
    assert heard[0].content is None


def test_upstream_that_is_not_there_cuts_the_connection() -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
    with Relay(f"http://{HOST}:{port}/api/v2", lambda one: None) as relay:
        assert ask(relay.base_url, get()) == b""
    assert relay.unreachable == 1


def test_host_is_upstreams_own_where_it_has_a_name() -> None:
    got: list[bytes] = []

    def answer(connection: socket.socket, head: bytes) -> None:
        got.append(head)
        connection.sendall(ANSWERS["length"])

    with upstream(answer) as address, Relay(address.replace(HOST, "localhost"), lambda one: None) as relay:
        ask(relay.base_url, get(b"X-Host: y\r\n"))
    port = address.partition(":")[2].partition(":")[2].partition("/")[0].encode()
    assert got == [get(b"X-Host: y\r\n").replace(b"hOsT: x", b"Host: localhost:" + port)]


def test_port_that_is_taken_is_a_wrong_setting() -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(SetupError, match=f"Port {port} cannot be listened on"),
            Relay("http://127.0.0.1:9/api/v2", lambda one: None, port),
        ):
            pass


def test_end_closes_the_port_and_open_connections() -> None:
    with relayed(lambda connection, head: connection.sendall(ANSWERS["length"])) as (relay, _, _):
        connection = socket.create_connection((HOST, relay.port), timeout=PATIENCE)
        connection.sendall(get())
        assert read_until(connection, b"hello")
    with connection:
        assert connection.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((HOST, relay.port))
