"""The client: the two operations and nothing else, whoever asks.

Every request of the suite goes through `Client.send`, Schemathesis' and Hypothesis' included. The transport
below it lets only `GET /customer` and `PUT /customer/{customer_no}` of the target out.
"""

from __future__ import annotations

import json
import re
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import requests
from requests.adapters import HTTPAdapter
from tenacity import RetryCallState, Retrying, retry_if_exception_type

from billogram_contract.errors import Outage, SetupError
from billogram_contract.upstream import credentials
from billogram_contract.upstream.exchange import Answer, Call, Query
from billogram_contract.upstream.guard import NotAllowed, given_number, refuse_strangers
from billogram_contract.upstream.rate_limit import Limits, RateLimit
from billogram_contract.upstream.target import Target

TIMEOUT = (5, 15)  # seconds to connect, seconds to wait for an answer
GONE = 404  # what a customer that was renumbered answers under its old number
UNAVAILABLE = (429, 502, 503, 504)  # upstream, or what stands before it, asks to come back later
PATIENCE_WITH_BUSY = 45.0  # seconds of waits before one request is given up
PATIENCE_WITH_SILENCE = 10.0
FIRST_WAIT, LONGEST_OWN_WAIT = 0.2, 2.0
LONGEST_WAIT = 30.0  # seconds, whatever Retry-After says
OUTAGES_BEFORE_GIVING_UP = 2
FAULTS_ASKED_AGAIN = (0.0, 0.3)  # seconds to wait before each time
LOST_UPDATES_ASKED_AGAIN = 3

_ALLOWED = re.compile(r"GET /customer(\?.*)?|PUT /customer/[^/?]+")

Again = Callable[[Call], Call]


class _Busy(Exception):
    """Upstream asks to come back later."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.brief)
        self.answer = answer


class _Lost(Exception):
    """A request or its answer was lost on the way, and asking again is safe."""


class _Unknown(Exception):
    """An update may or may not have been made, and asking again could mean something else now."""


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
    """Asks a target; hands every answer to `receive` before anyone else sees it.

    The hooks are for the pool: `before_write` and `after_write` hear of every update, `held` says how
    many customers are not yet put back. `on_wait` hears of every wait.
    """

    def __init__(
        self,
        target: Target,
        receive: Callable[[Answer], None] = lambda answer: None,
        *,
        rate_limit: RateLimit | None = None,
        on_wait: Callable[[float, str], None] = lambda seconds, reason: None,
    ) -> None:
        self.target = target
        self.before_write: Callable[[Call], None] = lambda call: None
        self.after_write: Callable[[Answer], None] = lambda answer: None
        self.on_write: Callable[[Call], None] = lambda call: None
        self.held: Callable[[], int] = lambda: 0
        self.followed: set[int] = set()
        self.is_putting_back = False
        self.sent = 0
        self._receive = receive
        self._rate_limit = rate_limit or RateLimit(Limits(), Path(tempfile.gettempdir()))
        self._on_wait = on_wait
        self._outages = 0
        self._session = requests.Session()
        self._session.headers.update({"User-Agent": "billogram-contract", "Accept": "application/json"})
        for prefix in ("http://", "https://"):
            self._session.mount(prefix, AllowList(target.base_url))
        # Proxies and certificates of the environment, looked up once and not for every request.
        self._environment = self._session.merge_environment_settings(target.base_url, {}, None, None, None)
        self._credentials = credentials.by_name(target.user, target.password)

    @staticmethod
    def sleep(seconds: float) -> None:
        """Waits; a replay doesn't."""
        time.sleep(seconds)

    def close(self) -> None:
        self._session.close()

    def list(self, *, credentials: str = "right", **query: object) -> Answer:
        """GET /customer with a query; None leaves a parameter out."""
        pairs = tuple((name, str(value)) for name, value in query.items() if value is not None)
        return self.send(Call(query=pairs, credentials=credentials))

    def list_raw(self, query: Query) -> Answer:
        """GET /customer with a query as pairs, repetitions included."""
        return self.send(Call(query=query))

    def update(
        self, number: int | str, body: Any, *, credentials: str = "right", again: Again | None = None
    ) -> Answer:
        """PUT /customer/{number} with a JSON body; bytes are sent as they are."""
        content = (
            body
            if isinstance(body, bytes)
            else json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")
        )
        return self.send(Call(number=str(number), body=content, credentials=credentials), again)

    def revive(self) -> None:
        """Lets an upstream that was given up be asked once more, with little patience."""
        self._outages = min(self._outages, OUTAGES_BEFORE_GIVING_UP - 1)

    def send(self, call: Call, again: Again | None = None) -> Answer:
        """Asks, and asks again where upstream was busy or an answer was lost.

        An update that gives a number is asked again only as `again` says, which must find out where the
        customer is by now. Raises Outage where upstream cannot be asked, at once where it could not before.
        """
        if self._outages >= OUTAGES_BEFORE_GIVING_UP:
            raise Outage("upstream could not be asked before; not asked again in this run")
        answer = self._surely(call) if _is_repeatable(call) else self._carefully(call, again)
        self._receive(answer)
        if call.body is not None:
            self.after_write(answer)
        return answer

    def _surely(self, call: Call) -> Answer:
        """A call that may be asked twice; a passing fault of upstream is no drift."""
        answer = self._patiently(call)
        for seconds in FAULTS_ASKED_AGAIN:
            if _may_be_passing(answer):
                self.sleep(seconds)
                answer = self._patiently(call)
        return answer

    def _carefully(self, call: Call, again: Again | None) -> Answer:
        """A call that must not be asked twice blindly."""
        asked, faults = call, 0
        while True:
            try:
                answer = self._patiently(asked)
                reason = answer.brief
            except _Unknown as error:
                answer, reason = None, str(error)
            if answer is not None and (again is None or faults or not _may_be_passing(answer)):
                break
            faults += 1
            if again is None or faults > LOST_UPDATES_ASKED_AGAIN:
                raise self._outage(asked, reason)
            asked = again(asked)
        if asked.number != call.number and not answer.is_success:
            raise Outage(f"PUT {call.path}: the answer was lost, and {asked.path} answers {answer.brief}")
        return answer

    def _outage(self, call: Call, reason: str) -> Outage:
        self._outages += 1
        return Outage(f"{call.method} {call.path.partition('?')[0]}: {reason}")

    def _patiently(self, call: Call) -> Answer:
        retrying = Retrying(
            retry=retry_if_exception_type((_Busy, _Lost)),
            stop=self._is_enough,
            wait=_wait,
            sleep=self.sleep,
            before_sleep=self._tell,
            reraise=True,
        )
        try:
            answer: Answer = retrying(self._attempt, call)
        except (_Busy, _Lost) as error:
            raise self._outage(call, str(error)) from None
        attempts = retrying.statistics["attempt_number"]
        if attempts > 1 and not _is_repeatable(call) and answer.status == GONE:
            raise _Unknown(answer.brief)  # what was asked first may have been done after all
        self._outages = 0
        return answer

    def _is_enough(self, state: RetryCallState) -> bool:
        """Whether one request was tried long enough: an upstream known to be out is tried less."""
        error = state.outcome.exception() if state.outcome else None
        patience = PATIENCE_WITH_BUSY if isinstance(error, _Busy) else PATIENCE_WITH_SILENCE
        patience /= 1 + 9 * self._outages
        return max(state.idle_for, state.seconds_since_start or 0.0) >= patience and state.attempt_number > 1

    def _tell(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        busy = f"upstream asked to ({error.answer.status})" if isinstance(error, _Busy) else str(error)
        self._on_wait(state.upcoming_sleep, busy)

    def _attempt(self, call: Call) -> Answer:
        answer = self._once(call)
        if answer.status in UNAVAILABLE:
            raise _Busy(answer)
        return answer

    def _once(self, call: Call) -> Answer:
        if call.body is not None:
            refuse_strangers(call, self.target, self.followed)
        self._keep_rate(call)  # before anything is noted: what is over the budget is not sent
        if call.body is not None:
            self.before_write(call)
            self.on_write(call)
        headers = {"Content-Type": "application/json"} if call.body is not None else {}
        request = requests.Request(
            call.method,
            self.target.base_url + call.path,
            data=call.body,
            headers=headers,
            auth=self._credentials[call.credentials],
        )
        self.sent += 1
        try:
            prepared = self._session.prepare_request(request)
            response = self._session.send(
                prepared, timeout=TIMEOUT, allow_redirects=False, **self._environment
            )
        except requests.RequestException as error:
            reason = f"no answer ({type(error).__name__})"
            if _is_repeatable(call) or isinstance(error, requests.ConnectTimeout):
                raise _Lost(reason) from None
            raise _Unknown(reason) from None
        names = {name.lower(): value for name, value in response.headers.items()}
        return Answer(call, response.status_code, names, response.content, response.elapsed.total_seconds())

    def _keep_rate(self, call: Call) -> None:
        is_write = call.body is not None
        held = self.held() + is_write  # the customer that is about to change is to be put back, too
        seconds = self._rate_limit.take(write=is_write, held=held, putting_back=self.is_putting_back)
        if seconds > 0:
            self._on_wait(seconds, "--request-rate")
            self.sleep(seconds)


def require_access(answer: Answer, base_url: str) -> None:
    """Raises SetupError where the first answer of an address refuses the credentials."""
    if answer.status in (401, 403):
        raise SetupError(
            f"{base_url} refuses the credentials ({answer.brief}):"
            " check BILLOGRAM_API_USER and BILLOGRAM_API_PASSWORD."
        )


def _is_repeatable(call: Call) -> bool:
    """Whether asking twice comes to the same: not where a first asking may have renumbered the customer."""
    return call.body is None or b"customer_no" not in call.body or given_number(call.body) is None


def _may_be_passing(answer: Answer) -> bool:
    """Whether an answer is a server error, or one of unknown length that ends in the middle of its JSON."""
    if answer.status >= 500:
        return True
    if answer.status == 204 or "content-length" in answer.headers or "transfer-encoding" in answer.headers:
        return False
    try:
        return answer.json is ...
    except ValueError:
        return True


def _wait(state: RetryCallState) -> float:
    """Seconds before the next attempt: what Retry-After says, else a little more each time."""
    error = state.outcome.exception() if state.outcome else None
    own = min(FIRST_WAIT * 2.0 ** (state.attempt_number - 1), LONGEST_OWN_WAIT)
    asked = _retry_after(error.answer) if isinstance(error, _Busy) else None
    if asked is None:
        return own
    if asked == 0:
        return own if state.attempt_number > 1 else 0.0
    return min(asked, LONGEST_WAIT, max(own, PATIENCE_WITH_BUSY - state.idle_for))


def _retry_after(answer: Answer) -> float | None:
    """The seconds that Retry-After asks to wait, a number or a date; None where it says neither."""
    after = answer.headers.get("retry-after", "").strip()
    if after.isdecimal():
        return float(after)
    try:
        until = parsedate_to_datetime(after)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())
