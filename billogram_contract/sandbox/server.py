"""Serves the sandbox on a local port, from a thread of the process that uses it."""

from __future__ import annotations

import asyncio
import difflib
import secrets
import socket
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl

import uvicorn
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import Response as HttpResponse
from starlette.types import Receive, Scope, Send

from billogram_contract.sandbox.app import ROOT, Credentials, upstream
from billogram_contract.sandbox.drifts import DRIFTS
from billogram_contract.sandbox.http import Handler, Request, Response, json_response
from billogram_contract.sandbox.rules import Rules
from billogram_contract.sandbox.seed import ALLOTTED, FREE, customers
from billogram_contract.sandbox.store import Store
from billogram_contract.sandbox.variants import VARIANTS
from billogram_contract.sandbox.wrapping import Drift, Upstream, Variant, Wrap

HOST = "127.0.0.1"
KEPT_REQUESTS = 5_000
PATIENCE = 10.0  # seconds until a thread that does not start or end is given up


class Sandbox:
    """The embedded target: `with Sandbox(drifts=["page-size-101-accepted"]) as sandbox: ...`."""

    customers = ALLOTTED
    numbers = FREE

    def __init__(
        self,
        *,
        drifts: Sequence[str] = (),
        variants: Sequence[str] = (),
        others: int = 40,
        database: str = ":memory:",
        port: int = 0,
        user: str | None = None,
        password: str | None = None,
    ) -> None:
        wraps = [*_chosen(VARIANTS, variants, "variant"), *_chosen(DRIFTS, drifts, "drift")]
        self.user = user or f"sandbox-{secrets.token_hex(4)}"
        self.password = password or secrets.token_urlsafe(18)
        self.requests: deque[Request] = deque(maxlen=KEPT_REQUESTS)
        self.errors: list[Exception] = []
        self._store = Store(database)
        if self._store.count() == 0:
            self._store.add(customers(others))
        self._handle = _wrapped(self._store, Credentials(self.user, self.password), wraps)
        self._wanted_port = port
        self._server: _Server | None = None

    @property
    def base_url(self) -> str:
        """Where the API is, once started."""
        return f"http://{HOST}:{self.port}{ROOT}"

    @property
    def port(self) -> int:
        """The port that is listened on, once started."""
        return self._running().port

    def start(self) -> Self:
        """Listens; returns when requests are answered."""
        if self._server is not None:
            raise RuntimeError("the sandbox is running")
        self._server = _Server(self._application, self._wanted_port)
        self._server.start()
        return self

    def stop(self) -> None:
        """Closes the port and the customers; a stopped sandbox cannot be started again."""
        self._running().stop()
        self._store.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def answer(self, request: Request) -> Response:
        """Answers a request as the port would, without the network."""
        self.requests.append(request)
        try:
            return self._handle(request)
        except Exception as error:  # a fault of the sandbox, kept for the tests to see
            self.errors.append(error)
            message = "The sandbox itself failed."
            return json_response({"status": "INTERNAL_ERROR", "data": {"message": message}}, 500)

    def _running(self) -> _Server:
        if self._server is None:
            raise RuntimeError("the sandbox is not started")
        return self._server

    async def _application(self, scope: Scope, receive: Receive, send: Send) -> None:
        http = HttpRequest(scope, receive)
        try:
            body = await http.body()
        except ClientDisconnect:
            return
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        request = Request(http.method, scope["path"], tuple(query), dict(http.headers), body)
        answer = self.answer(request)
        await HttpResponse(answer.body, answer.status, dict(answer.headers))(scope, receive, send)


def _chosen(known: Mapping[str, Drift | Variant], names: Sequence[str], kind: str) -> list[Wrap]:
    for name in names:
        if name not in known:
            close = difflib.get_close_matches(name, known, 1, 0.0)
            raise ValueError(f"There is no {kind} {name!r}; the closest is {close[0]!r}.")
    return [known[name].wrap for name in names]


def _wrapped(store: Store, credentials: Credentials, wraps: Sequence[Wrap]) -> Handler:
    built = Upstream(store, Rules(), credentials, lambda store, rules: upstream(store, rules, credentials))
    for wrap in wraps:
        built = built.wrapped(wrap)
    return built.handle


class _Server(uvicorn.Server):
    """uvicorn in a thread of its own, told from another one when to leave."""

    def __init__(self, application: object, port: int) -> None:
        config = uvicorn.Config(
            application,  # type: ignore[arg-type]
            interface="asgi3",
            lifespan="off",
            loop="asyncio",
            http="h11",
            ws="none",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
        )
        super().__init__(config)
        self._socket = socket.create_server((HOST, port))
        # Inherited by each connection: without it the second part of an answer waits for an ACK, 40 ms.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port: int = self._socket.getsockname()[1]
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve_here, name="sandbox", daemon=True)

    def start(self) -> None:
        self._thread.start()
        if not self._ready.wait(PATIENCE):
            raise RuntimeError("the sandbox does not start")

    def stop(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._leave.set)
            self._thread.join(PATIENCE)

    def _serve_here(self) -> None:
        asyncio.run(self.serve(sockets=[self._socket]))

    async def main_loop(self) -> None:
        self._loop, self._leave = asyncio.get_running_loop(), asyncio.Event()
        await self.on_tick(0)
        self._ready.set()
        ticks = 0
        while not self._leave.is_set():
            ticks += 10  # uvicorn renews the Date header at every tenth tick
            try:
                await asyncio.wait_for(self._leave.wait(), 1.0)
            except TimeoutError:
                await self.on_tick(ticks)
