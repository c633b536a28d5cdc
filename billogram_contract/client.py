"""The client: the two operations and nothing else, whoever asks.

Every request of the suite goes through `Client.send`, Schemathesis' and Hypothesis' included. The transport
below it lets only `GET /customer` and `PUT /customer/{customer_no}` of the target out.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import requests
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

from billogram_contract.errors import Outage
from billogram_contract.exchange import Answer, Call, Query
from billogram_contract.target import Target

TIMEOUT = (5, 30)  # seconds to connect, seconds to wait for an answer
ATTEMPTS = 4
LONGEST_WAIT = 30.0  # seconds, whatever Retry-After says
UNAVAILABLE = (429, 503)
OUTAGES_BEFORE_GIVING_UP = 2

_ALLOWED = re.compile(r"GET /customer(\?.*)?|PUT /customer/[^/?]+")


class NotAllowed(Exception):
    """A request that is not one of the two operations; it is a fault of the suite, and nothing was sent."""


class _Busy(Exception):
    """Upstream asks to come back later."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.brief)
        self.answer = answer


class _Lost(Exception):
    """A request or its answer was lost on the way, and asking again is safe."""


class Basic(HTTPBasicAuth):
    """HTTP Basic whose credentials no traceback shows."""

    def __repr__(self) -> str:
        return "Basic(***)"


class AllowList(HTTPAdapter):
    """A transport that refuses whatever is not one of the two operations of the target."""

    def __init__(self, base_url: str) -> None:
        super().__init__()
        self.base_url = base_url

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        url = request.url or ""
        if not url.startswith(self.base_url + "/customer"):
            raise NotAllowed(f"{request.method} {url} is not the target's")
        path = url.removeprefix(self.base_url)
        number = unquote(path).removeprefix("/customer/")
        is_path = request.method == "PUT" and ("/" in number or number in (".", ".."))
        if is_path or not _ALLOWED.fullmatch(f"{request.method} {path}"):
            raise NotAllowed(f"{request.method} {path} is none of the two operations")
        return super().send(request, *args, **kwargs)


class Client:
    """Asks a target; hands every answer to `receive` before anyone else sees it."""

    @staticmethod
    def sleep(seconds: float) -> None:
        """Waits; a replay doesn't."""
        time.sleep(seconds)

    def __init__(self, target: Target, receive: Callable[[Answer], None] = lambda answer: None) -> None:
        self.target = target
        self._receive = receive
        self._outages = 0
        self._session = requests.Session()
        self._session.headers.update({"User-Agent": "billogram-contract", "Accept": "application/json"})
        for prefix in ("http://", "https://"):
            self._session.mount(prefix, AllowList(target.base_url))
        # Proxies and certificates of the environment, looked up once and not for every request.
        self._environment = self._session.merge_environment_settings(target.base_url, {}, None, None, None)
        user, password = target.user.encode(), target.password.encode()
        self._credentials: dict[str, Any] = {
            "right": Basic(user, password),
            "none": _unchanged,
            "wrong password": Basic(user, password + b"-wrong"),
            "unknown user": Basic(b"unknown-" + user, password),
        }

    def close(self) -> None:
        self._session.close()

    def list(self, *, credentials: str = "right", **query: object) -> Answer:
        """GET /customer with a query; None leaves a parameter out."""
        pairs = tuple((name, str(value)) for name, value in query.items() if value is not None)
        return self.send(Call(query=pairs, credentials=credentials))

    def list_raw(self, query: Query) -> Answer:
        """GET /customer with a query as pairs, repetitions included."""
        return self.send(Call(query=query))

    def update(self, number: int | str, body: Any, *, credentials: str = "right") -> Answer:
        """PUT /customer/{number} with a JSON body; bytes are sent as they are."""
        content = (
            body
            if isinstance(body, bytes)
            else json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")
        )
        return self.send(Call(number=str(number), body=content, credentials=credentials))

    def send(self, call: Call) -> Answer:
        """Asks, and asks again where upstream was busy or an answer to a read was lost.

        Raises Outage where upstream cannot be asked, at once where it could not be asked again and again.
        """
        if self._outages >= OUTAGES_BEFORE_GIVING_UP:
            raise Outage("upstream could not be asked before; not asked again in this run")
        answer = self._patiently(call)
        if answer.status >= 500 and _is_repeatable(call):
            answer = self._patiently(call)  # a passing fault is no drift
        self._receive(answer)
        return answer

    def _patiently(self, call: Call) -> Answer:
        retrying = Retrying(
            retry=retry_if_exception_type((_Busy, _Lost)),
            stop=stop_after_attempt(ATTEMPTS),
            wait=_wait,
            sleep=self.sleep,
            reraise=True,
        )
        try:
            answer: Answer = retrying(self._attempt, call)
        except (_Busy, _Lost) as error:
            self._outages += 1
            raise Outage(f"{call.method} {call.path.partition('?')[0]}: {error}") from None
        self._outages = 0
        return answer

    def _attempt(self, call: Call) -> Answer:
        answer = self._once(call)
        if answer.status in UNAVAILABLE:
            raise _Busy(answer)
        return answer

    def _once(self, call: Call) -> Answer:
        headers = {"Content-Type": "application/json"} if call.body is not None else {}
        request = requests.Request(
            call.method,
            self.target.base_url + call.path,
            data=call.body,
            headers=headers,
            auth=self._credentials[call.credentials],
        )
        try:
            prepared = self._session.prepare_request(request)
            response = self._session.send(
                prepared, timeout=TIMEOUT, allow_redirects=False, **self._environment
            )
        except requests.RequestException as error:
            reason = f"no answer ({type(error).__name__})"
            if _is_repeatable(call) or isinstance(error, requests.ConnectTimeout):
                raise _Lost(reason) from None
            raise Outage(f"{call.method} {call.path}: {reason}") from None
        names = {name.lower(): value for name, value in response.headers.items()}
        return Answer(call, response.status_code, names, response.content, response.elapsed.total_seconds())


def _unchanged(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """No credentials; without it requests would look for some in ~/.netrc."""
    return request


def _is_repeatable(call: Call) -> bool:
    """Whether asking twice comes to the same: not where a first asking may have renumbered the customer."""
    return call.body is None or b"customer_no" not in call.body


def _wait(state: RetryCallState) -> float:
    """Seconds before the next attempt: what Retry-After says, else a little more each time."""
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, _Busy):
        after = error.answer.headers.get("retry-after", "")
        if after.isdecimal():
            return min(float(after), LONGEST_WAIT)
    return 0.2 * 2.0 ** (state.attempt_number - 1)
