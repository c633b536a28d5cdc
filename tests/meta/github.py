"""A stand-in of GitHub's API for issues: it pages, loses answers, limits the rate, is asked twice at once."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from requests.adapters import BaseAdapter

from billogram_contract.watch import github
from billogram_contract.watch.github import Hub

ADDRESS = "https://api.github.test"
REPOSITORY = "owner/sdk"
TOKEN = "the-token-of-the-job"
BOT = {"login": "github-actions[bot]", "type": "Bot"}

# What may happen to a request: lost or answered 502, before it is done or after; refused for a while.
FAULTS = (
    "lost before",
    "lost after",
    "bad gateway before",
    "bad gateway after",
    "slow down",
    "wait for reset",
)


@dataclass
class Clock:
    """A clock that goes on only when somebody waits."""

    time: datetime = datetime(2026, 11, 1, 3, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@dataclass
class StandIn:
    """Issues of one repository, by number, and what was done to them; `faults` come one a request."""

    clock: Clock
    issues: dict[int, dict[str, Any]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)

    def answer(
        self, method: str, path: str, query: Mapping[str, str], body: Any
    ) -> tuple[int, Any, dict[str, str]]:
        """What it answers; raises ConnectionError where the answer is lost."""
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "slow down":
            return 429, {}, {"retry-after": "7"}
        if fault == "wait for reset":
            reset = str(int(self.clock.now().timestamp()) + 90)
            return 403, {}, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": reset}
        done = None if fault.endswith("before") else self._do(method, path, query, body)
        if fault.startswith("lost"):
            raise requests.ConnectionError("no answer")
        return (502, {}, {}) if fault.startswith("bad") or done is None else (*done, {})

    def _do(self, method: str, path: str, query: Mapping[str, str], body: Any) -> tuple[int, Any]:
        base, _, number = path.partition(f"/repos/{REPOSITORY}/issues")
        if base or number.strip("/") not in ("", *map(str, self.issues)):
            return 404, {"message": "Not Found"}
        if method == "GET":
            return 200, self._listed(query)
        self.writes.append(method)
        if method == "POST":
            return 201, self.add(body["title"], body["body"])
        return 200, self._changed(self.issues[int(number.strip("/"))], body)

    def add(self, title: str, body: str, **more: Any) -> dict[str, Any]:
        """Opens an issue."""
        number = len(self.issues) + 1
        found = {"number": number, "title": title, "body": body, "state": "open", "closed_at": None}
        self.issues[number] = {**found, "updated_at": self._stamp(), "user": BOT, **more}
        self.issues[number].setdefault("author_association", "NONE")
        return self.issues[number]

    def _changed(self, issue: dict[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
        was = issue["state"]
        issue |= {**fields, "updated_at": self._stamp()}
        if issue["state"] != was:
            issue["closed_at"] = self._stamp() if issue["state"] == "closed" else None
        return issue

    def _listed(self, query: Mapping[str, str]) -> list[dict[str, Any]]:
        assert (query["sort"], query["direction"]) == ("created", "asc")
        found = [one for one in self.issues.values() if one["state"] == query["state"]]
        found = [one for one in found if one["updated_at"] >= query.get("since", "")]
        size, page = min(int(query["per_page"]), 100), int(query["page"])
        return found[(page - 1) * size : page * size]

    def _stamp(self) -> str:
        return self.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")

    def opened(self, text: str) -> list[int]:
        """The numbers of the open issues with a text in them."""
        return [
            number for number, one in self.issues.items() if one["state"] == "open" and text in one["body"]
        ]


class Turns:
    """Lets two jobs work in the turns of a schedule, each from one request to before the next.

    Only one of them works at a time, so that a schedule always comes to the same. Where it ends, the first
    job goes on to its end, then the second.
    """

    def __init__(self, schedule: Iterable[int]) -> None:
        self.schedule = list(schedule)
        self.left = [0, 1]
        self.working: int | None = None
        self.condition = threading.Condition()

    def wait(self, job: int) -> None:
        with self.condition:
            self._rest(job)
            assert self.condition.wait_for(lambda: self.working is None and self._next() == job, timeout=60)
            if self.schedule:
                self.schedule.pop(0)
            self.working = job

    def end(self, job: int) -> None:
        with self.condition:
            self.left.remove(job)
            self._rest(job)

    def _rest(self, job: int) -> None:
        if self.working == job:
            self.working = None
        self.condition.notify_all()

    def _next(self) -> int:
        while self.schedule and self.schedule[0] not in self.left:
            self.schedule.pop(0)
        return self.schedule[0] if self.schedule else self.left[0]


class Wire(BaseAdapter):
    """Carries the requests of a session to a stand-in, without a network."""

    def __init__(self, stand_in: StandIn, before: Callable[[], None] = lambda: None) -> None:
        super().__init__()
        self.stand_in = stand_in
        self.before = before
        self.lock = threading.Lock()

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        self.before()
        assert request.headers["Authorization"] == f"Bearer {TOKEN}"
        url = urlsplit(request.url or "")
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        body = json.loads(request.body) if request.body else None
        with self.lock:
            status, content, headers = self.stand_in.answer(request.method or "", url.path, query, body)
        response = requests.Response()
        response.status_code = status
        response.headers.update(headers)
        response._content = json.dumps(content).encode()
        response.request, response.url = request, request.url or ""
        return response

    def close(self) -> None:
        pass


def hub(stand_in: StandIn, before: Callable[[], None] = lambda: None) -> Hub:
    """A job's way to a stand-in."""
    session = github.session(TOKEN)
    session.trust_env = False
    session.mount(ADDRESS, Wire(stand_in, before))
    return Hub(ADDRESS, REPOSITORY, session, sleep=stand_in.clock.sleep, now=stand_in.clock.now)


@contextmanager
def served(stand_in: StandIn) -> Iterator[str]:
    """Serves a stand-in over HTTP; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(url.query).items()}
            raw = self.rfile.read(int(self.headers.get("content-length", 0)))
            assert self.headers["Authorization"] == f"Bearer {TOKEN}"
            try:
                told = stand_in.answer(self.command, url.path, query, json.loads(raw) if raw else None)
            except requests.ConnectionError:
                self.close_connection = True
                return
            content = json.dumps(told[1]).encode()
            self.send_response(told[0])
            for name, value in {**told[2], "content-length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_PATCH = do_GET  # noqa: N815  # http.server's names

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
