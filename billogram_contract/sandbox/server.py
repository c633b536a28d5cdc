"""Serves a handler on a local port, from threads of the process that uses it."""

from __future__ import annotations

import socket
import sys
import threading
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import Any
from urllib.parse import parse_qsl, unquote

from billogram_contract.sandbox.http import Handler, Request, Response, json_response

HOST = "127.0.0.1"
WAITING_CONNECTIONS = 128
POLL = 0.05  # seconds until the thread that accepts connections sees that it is to end
PATIENCE = 10.0  # seconds until a thread that does not end is given up


class Server(ThreadingTCPServer):
    """HTTP/1.1 with kept connections, a thread each: `Server(answer, port)` listens, `start()` answers."""

    allow_reuse_address = True
    request_queue_size = WAITING_CONNECTIONS

    def __init__(self, answer: Handler, port: int) -> None:
        super().__init__((HOST, port), _Connection)
        self.port: int = self.server_address[1]
        self.answer = answer
        self._open: dict[Any, threading.Thread] = {}
        self._accepting = threading.Thread(target=self.serve_forever, args=(POLL,), daemon=True)

    def start(self) -> None:
        """Answers from now on."""
        self._accepting.start()

    def stop(self) -> None:
        """Closes the port and all connections; returns when the last request is answered."""
        self.shutdown()
        self.server_close()
        for connection, thread in list(self._open.items()):
            with suppress(OSError):  # the other side was quicker
                connection.shutdown(socket.SHUT_RD)
            thread.join(PATIENCE)

    def process_request(self, request: Any, client_address: Any) -> None:
        arguments = (request, client_address)
        self._open[request] = threading.Thread(
            target=self.process_request_thread, args=arguments, daemon=True
        )
        self._open[request].start()

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        self._open.pop(request, None)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):  # a connection that was cut is nothing to tell of
            super().handle_error(request, client_address)


class _Connection(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _exchange(self) -> None:
        path, _, query = self.path.partition("?")
        headers = {name.lower(): text for name, text in reversed(self.headers.items())}
        try:
            body = self._body()
        except ValueError:
            self.send_error(400)
            return
        fields = tuple(parse_qsl(query, keep_blank_values=True))
        self._send(self.server.answer(Request(self.command, unquote(path), fields, headers, body)))

    def __getattr__(self, name: str) -> Any:
        """`do_GET` and its like, for whatever method is asked."""
        if name.startswith("do_"):
            return self._exchange
        raise AttributeError(name)

    def _body(self) -> bytes:
        """The body; ValueError where its length is told wrongly, ConnectionError where it was cut."""
        if "chunked" not in self.headers.get("transfer-encoding", "").lower():
            return self._read(int(self.headers.get("content-length", "0")))
        chunks = []
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            chunks.append(self._read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass  # trailers
        return b"".join(chunks)

    def _read(self, length: int) -> bytes:
        if length < 0:
            raise ValueError("a length is negative")
        body = self.rfile.read(length)
        if len(body) < length:
            raise ConnectionError("the body was cut")
        return body

    def _send(self, response: Response) -> None:
        """Writes head and body at once: a second write would wait for the first one's ACK."""
        lines = [f"HTTP/1.1 {response.status} {_phrase(response.status)}", f"date: {self.date_time_string()}"]
        lines += [f"{name}: {text}" for name, text in response.headers.items()]
        if response.status != HTTPStatus.NO_CONTENT:
            lines.append(f"content-length: {len(response.body)}")
        if self.close_connection:
            lines.append("connection: close")
        head = "\r\n".join([*lines, "\r\n"]).encode("latin-1")
        self.wfile.write(head if self.command == "HEAD" else head + response.body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuses what is no request: in the envelope of the API, and as the last answer."""
        self.close_connection = True
        text = message or "The request cannot be read."
        self._send(json_response({"status": "BAD_REQUEST", "data": {"message": text}}, code))

    def log_message(self, format: str, *arguments: object) -> None:
        """Requests are not printed."""


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in list(HTTPStatus) else ""
