"""Bad days: the sandbox behind a line that refuses, resets, cuts off, delays or dies, by a fixed plan."""

from __future__ import annotations

import socket
import socketserver
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import parse_qsl, unquote, urlsplit

from billogram_contract.sandbox import Sandbox
from billogram_contract.sandbox.http import Request, Response, json_response

Action = str
Plan = Callable[[int], Action]  # what happens to the request of a number, counted from 1

LATENCY = 0.4  # seconds
DEATH = 150  # the request after which nothing is answered any more


def every(count: int, action: Action) -> Plan:
    return lambda number: action if number % count == 0 else ""


def bursts(length: int, count: int, action: Action) -> Plan:
    return lambda number: action if number % count < length else ""


def after(count: int, action: Action) -> Plan:
    return lambda number: action if number > count else ""


PASSING: dict[str, Plan] = {
    "503 at times": every(9, "503"),
    "503 in bursts": bursts(7, 90, "503"),
    "429 in bursts": bursts(5, 60, "429"),
    "500 at times": every(23, "500"),
    "reset before": every(11, "reset before"),
    "reset after": every(11, "reset after"),
    "reset after, twice": bursts(2, 31, "reset after"),
    "cut off": every(7, "cut off"),
    "cut off, of unknown length": every(7, "cut off, of unknown length"),
}
LASTING: dict[str, Plan] = {
    "down from the start": after(0, "reset before"),
    "dies midway": after(DEATH, "reset before"),
    "dies midway, request done": after(DEATH, "reset after"),
    "503 for ever": after(DEATH, "503"),
    "429 for ever": after(DEATH, "429"),
}
SLOW: dict[str, Plan] = {"latency": every(1, "late")}
PLANS = PASSING | LASTING | SLOW


class Line(socketserver.ThreadingTCPServer):
    """Listens in place of a sandbox."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, sandbox: Sandbox, plan: Plan) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.sandbox = sandbox
        self.plan = plan
        self.count = 0
        self.lock = threading.Lock()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/api/v2"

    def next_action(self) -> Action:
        with self.lock:
            self.count += 1
            return self.plan(self.count)

    def answer(self, request: Request) -> Response:
        with self.lock:
            return self.sandbox.answer(request)


class _Connection(socketserver.StreamRequestHandler):
    server: Line
    disable_nagle_algorithm = True

    def handle(self) -> None:
        while (line := self.rfile.readline()) and self._exchange(line.decode("latin-1").split()):
            pass

    def _exchange(self, line: list[str]) -> bool:
        """Answers one request as planned; whether the connection stays open."""
        request = self._request(line)
        action = self.server.next_action()
        if action == "reset before":
            return self._reset()
        if action.isdecimal():
            busy = {"status": "BUSY", "data": {"message": "Try again."}}
            return self._write(json_response(busy, int(action), {"retry-after": "0"}))
        if action == "no gzip":
            headers = {**self.server.answer(request).headers, "content-encoding": "gzip"}
            return self._write(replace(self.server.answer(request), headers=headers))
        if action == "late":
            time.sleep(LATENCY)
        response = self.server.answer(request)
        if action == "reset after":
            return self._reset()
        return self._write(response, action)

    def _request(self, line: list[str]) -> Request:
        headers = {}
        while header := self.rfile.readline().strip():
            name, _, value = header.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        body = self.rfile.read(int(headers.get("content-length", "0")))
        url = urlsplit(line[1])
        query = tuple(parse_qsl(url.query, keep_blank_values=True))
        return Request(line[0], unquote(url.path), query, headers, body)

    def _write(self, response: Response, action: Action = "") -> bool:
        head = "".join(f"{name}: {value}\r\n" for name, value in response.headers.items())
        cut = action.startswith("cut off")
        if action != "cut off, of unknown length":
            head += f"Content-Length: {len(response.body)}\r\n"
        body = response.body[: len(response.body) // 2] if cut else response.body
        self.wfile.write(f"HTTP/1.1 {response.status} Planned\r\n{head}\r\n".encode("latin-1") + body)
        return not cut

    def _reset(self) -> bool:
        """Ends the connection with RST."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False


@contextmanager
def line(sandbox: Sandbox, plan: Plan) -> Iterator[Line]:
    with Line(sandbox, plan) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server
        server.shutdown()
