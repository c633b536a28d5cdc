"""The embedded target as one object: customers, chosen departures, and a port."""

from __future__ import annotations

import difflib
import secrets
import threading
import traceback
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Self

from billogram_contract.sandbox.app import ROOT, Credentials, upstream
from billogram_contract.sandbox.catalogue import Departure, Middleware, Upstream
from billogram_contract.sandbox.clock import Clock
from billogram_contract.sandbox.drifts import DRIFTS
from billogram_contract.sandbox.http import Document, Handler, Request, Response, json_response
from billogram_contract.sandbox.knobs import require_apart
from billogram_contract.sandbox.rules import Rules
from billogram_contract.sandbox.seed import ALLOTTED, FREE, customers
from billogram_contract.sandbox.server import HOST, Server
from billogram_contract.sandbox.store import Store
from billogram_contract.sandbox.variants import VARIANTS

KEPT_REQUESTS = 5_000
HEALTH = "/health"  # outside of the API, and open to everybody


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
        seeded: Iterable[Document] | None = None,
        clock: Clock | None = None,
    ) -> None:
        """`seeded` are the customers to start with, instead of the allotted ones and `others` more."""
        chosen = departures(drifts, variants)
        self.user = user or f"sandbox-{secrets.token_hex(4)}"
        self.password = password or secrets.token_urlsafe(18)
        self.requests: deque[Request] = deque(maxlen=KEPT_REQUESTS)
        self.errors: list[Exception] = []
        self._lock = threading.Lock()
        self._store = Store(database)
        self._fresh = customers(others)
        if self._store.count() == 0:
            self._store.add(self._fresh if seeded is None else seeded)
        self.clock = clock or Clock()
        credentials, middlewares = Credentials(self.user, self.password), [one.middleware for one in chosen]
        self._handle = _wrapped(self._store, Rules(), credentials, middlewares)
        self._wanted_port = port
        self._server: Server | None = None

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
        self._server = Server(self.answer, self._wanted_port)
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
        if request.path == HEALTH:
            return json_response({"status": "OK"})
        with self._lock, self.clock.held():  # one request at a time, as the customers need it
            self.requests.append(request)
            try:
                return self._handle(request)
            except Exception as error:  # a fault of the sandbox itself
                traceback.print_exc()
                self.errors.append(error)
                message = "The sandbox itself failed; its console says why."
                return json_response({"status": "INTERNAL_ERROR", "data": {"message": message}}, 500)

    def read(self, number: int) -> Document | None:
        """The customer with a number as it is now, or None."""
        with self._lock:
            return self._store.read(number)

    def everyone(self) -> list[Document]:
        """All customers as they are now, by number."""
        with self._lock:
            return self._store.everyone()

    def forget_updates(self) -> None:
        """Gives customers that are as at the start the stamp of then, as if nobody had changed them."""
        with self._lock:
            for customer in self._fresh:
                found = self._store.read(customer["customer_no"])
                if found and found | {"updated_at": customer["updated_at"]} == customer:
                    self._store.write(customer["customer_no"], customer)

    def _running(self) -> Server:
        if self._server is None:
            raise RuntimeError("the sandbox is not started")
        return self._server


def departures(drifts: Sequence[str], variants: Sequence[str]) -> list[Departure]:
    """Those of the names; raises ValueError where a name is unknown, or two can't go together."""
    chosen = [*_chosen(VARIANTS, variants, "variant"), *_chosen(DRIFTS, drifts, "drift")]
    require_apart(chosen)
    return chosen


def _chosen(known: Mapping[str, Departure], names: Sequence[str], kind: str) -> list[Departure]:
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            meant = f"; the closest is {near[0]!r}" if near else ": serve --list prints all"
            raise ValueError(f"There is no {kind} {name!r}{meant}.")
        if names.count(name) > 1:
            raise ValueError(f"The {kind} {name!r} is named twice: once is enough.")
    return [known[name] for name in names]


def _wrapped(
    store: Store, rules: Rules, credentials: Credentials, middlewares: Sequence[Middleware]
) -> Handler:
    built = Upstream(store, rules, credentials, lambda store, rules: upstream(store, rules, credentials))
    for middleware in middlewares:
        built = built.wrapped(middleware)
    return built.handle
