"""The client: the two operations and nothing else, whoever asks.

Every request of the suite goes through `Client.send`, Schemathesis' and Hypothesis' included. The transport
below it lets only `GET /customer` and `PUT /customer/{customer_no}` of the target out.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from billogram_contract.errors import Outage, SetupError
from billogram_contract.upstream import retry
from billogram_contract.upstream.exchange import Answer, Call, Query
from billogram_contract.upstream.guard import given_number, refuse_strangers
from billogram_contract.upstream.rate_limit import Limits, RateLimit
from billogram_contract.upstream.retry import Busy, Lost, Outages, Patience
from billogram_contract.upstream.target import Target
from billogram_contract.upstream.transport import TO_CONNECT, NoAnswer, Transport

GONE = 404  # what a customer that was renumbered answers under its old number
FAULTS_ASKED_AGAIN = (0.0, 0.3)  # seconds to wait before each time
FRUITLESS_WAITS = 2  # in a row, for a server error to pass; then none is waited for
LOST_UPDATES_ASKED_AGAIN = 3

Again = Callable[[Call], Call]


class Observer(Protocol):
    """Who has to know of every update, and tells the client what it may touch."""

    @property
    def held(self) -> int:
        """How many customers are not yet put back."""

    @property
    def followed(self) -> Container[int]:
        """Numbers outside the pool at which upstream itself has put a customer of it."""

    def before_update(self, call: Call) -> None:
        """An update is about to be sent."""

    def after_update(self, answer: Answer) -> None:
        """An update was answered."""


class Nobody:
    """Observes nothing: nothing is ever held."""

    held = 0
    followed: Container[int] = ()

    def before_update(self, call: Call) -> None: ...

    def after_update(self, answer: Answer) -> None: ...


class _Unknown(Exception):
    """An update may or may not have been made, and asking again could mean something else now."""


class Client:
    """Asks a target; hands every answer to `receive` before anyone else sees it. `on_wait` hears of waits."""

    def __init__(
        self,
        target: Target,
        receive: Callable[[Answer], None] = lambda answer: None,
        *,
        rate_limit: RateLimit | None = None,
        on_wait: Callable[[float, str], None] = lambda seconds, reason: None,
        patience: Patience = retry.PATIENT,
        to_connect: float = TO_CONNECT,
    ) -> None:
        self.target = target
        self.on_write: Callable[[Call], None] = lambda call: None
        self.sent = 0
        self._receive = receive
        self._observer: Observer = Nobody()
        self._is_putting_back = False
        self._rate_limit = rate_limit or RateLimit(Limits(), Path(tempfile.gettempdir()))
        self._on_wait = on_wait
        self._patience = patience
        self._outages = Outages()
        self._fruitless: Counter[retry.Operation] = Counter()
        self._transport = Transport(target, to_connect)

    @staticmethod
    def sleep(seconds: float) -> None:
        """Waits; a replay doesn't."""
        time.sleep(seconds)

    def close(self) -> None:
        self._transport.close()

    @property
    def observer(self) -> Observer:
        """Who observes every update."""
        return self._observer

    def report_to(self, observer: Observer) -> None:
        """Lets somebody observe every update from now on."""
        self._observer = observer

    @contextmanager
    def putting_back(self) -> Iterator[None]:
        """Inside, customers are put back: no budget stops it, and what was given up is tried once each."""
        before, self._is_putting_back = self._is_putting_back, True
        try:
            yield
        finally:
            self._is_putting_back = before

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

    def send(self, call: Call, again: Again | None = None) -> Answer:
        """Asks, and asks again where upstream was busy or an answer was lost.

        An update that gives a number is asked again only as `again` says, which must find out where the
        customer is by now. Raises Outage where upstream cannot be asked, at once where it could not before.
        """
        if self._outages.is_given_up(call.operation) and not self._is_putting_back:
            raise Outage("upstream could not be asked before; not asked again in this run")
        answer = self._surely(call) if _is_repeatable(call) else self._carefully(call, again)
        self._receive(answer)
        if call.body is not None:
            self._observer.after_update(answer)
        return answer

    def _surely(self, call: Call) -> Answer:
        """A call that may be asked twice; a passing fault of upstream is no drift."""
        answer = self._patiently(call)
        if not _may_be_passing(answer):
            return answer
        for seconds in FAULTS_ASKED_AGAIN:
            if seconds and self._fruitless[call.operation] >= FRUITLESS_WAITS:
                break
            self.sleep(seconds)
            answer = self._patiently(call)
            if not _may_be_passing(answer):
                del self._fruitless[call.operation]
                return answer
        self._fruitless[call.operation] += 1
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
        self._outages.add(call.operation)
        return Outage(f"{call.method} {call.path.partition('?')[0]}: {reason}")

    def _patiently(self, call: Call) -> Answer:
        patience = self._patience.after(self._outages.of(call.operation))
        if self._outages.is_given_up(call.operation):
            patience = retry.IMPATIENT
        try:
            answer, attempts = retry.retried(lambda: self._once(call), patience, self.sleep, self._on_wait)
        except (Busy, Lost) as error:
            raise self._outage(call, str(error)) from None
        if attempts > 1 and not _is_repeatable(call) and answer.status == GONE:
            raise _Unknown(answer.brief)  # what was asked first may have been done after all
        self._outages.answered(call.operation)
        return answer

    def _once(self, call: Call) -> Answer:
        if call.body is not None:
            refuse_strangers(call, self.target, self._observer.followed)
        self._keep_rate(call)  # before anything is noted: what is over the budget is not sent
        if call.body is not None:
            self._observer.before_update(call)
            self.on_write(call)
        self.sent += 1
        try:
            return self._transport.send(call)
        except NoAnswer as error:
            if _is_repeatable(call) or not error.was_sent:
                raise Lost(str(error)) from None
            raise _Unknown(str(error)) from None

    def _keep_rate(self, call: Call) -> None:
        is_write = call.body is not None
        held = self._observer.held + is_write  # the customer that is about to change is to be put back, too
        seconds = self._rate_limit.take(write=is_write, held=held, putting_back=self._is_putting_back)
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
