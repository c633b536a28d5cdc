"""Retrying: how long one request is asked again, and when an operation is given up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from tenacity import RetryCallState, Retrying, retry_if_exception_type

from billogram_contract.spec.description import LIST, UPDATE
from billogram_contract.upstream.exchange import Answer

UNAVAILABLE = (429, 502, 503, 504)  # upstream, or what stands before it, asks to come back later
FIRST_WAIT, LONGEST_OWN_WAIT = 0.2, 2.0
LONGEST_WAIT = 30.0  # seconds, whatever Retry-After says
OUTAGES_BEFORE_GIVING_UP = 2

Operation = tuple[str, str]


@dataclass(frozen=True)
class Patience:
    """For how many seconds one request is asked again where upstream is busy, and where it is silent."""

    busy: float = 45.0
    silence: float = 10.0

    def after(self, outages: int) -> Patience:
        """What is left of it for an upstream that is known to be out."""
        return Patience(self.busy / (1 + 9 * outages), self.silence / (1 + 9 * outages))


PATIENT, IMPATIENT = Patience(), Patience(0.0, 0.0)


class Busy(Exception):
    """Upstream asks to come back later."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.brief)
        self.answer = answer


class Lost(Exception):
    """A request or its answer was lost on the way, and asking again is safe."""


class Outages:
    """The requests that came to nothing, each operation for itself.

    An operation is given up after two of its own requests in a row; after one, where the other operation
    fares no better.
    """

    def __init__(self) -> None:
        self._since_answer: dict[Operation, Counter[Operation]] = {LIST: Counter(), UPDATE: Counter()}

    def of(self, operation: Operation) -> int:
        """How many requests came to nothing since the operation was last answered."""
        return self._since_answer[operation].total()

    def is_given_up(self, operation: Operation) -> bool:
        since = self._since_answer[operation]
        return since[operation] > 0 and since.total() >= OUTAGES_BEFORE_GIVING_UP

    def answered(self, operation: Operation) -> None:
        self._since_answer[operation].clear()

    def add(self, operation: Operation) -> None:
        for since in self._since_answer.values():
            since[operation] += 1


def retried(
    attempt: Callable[[], Answer],
    patience: Patience,
    sleep: Callable[[float], None],
    on_wait: Callable[[float, str], None],
) -> tuple[Answer, int]:
    """The answer that is none of a busy upstream, and the number of attempts; raises Busy or Lost."""

    def ask() -> Answer:
        answer = attempt()
        if answer.status in UNAVAILABLE:
            raise Busy(answer)
        return answer

    def is_enough(state: RetryCallState) -> bool:
        most = patience.busy if isinstance(_error(state), Busy) else patience.silence
        is_first = state.attempt_number == 1 and patience != IMPATIENT
        return max(state.idle_for, state.seconds_since_start or 0.0) >= most and not is_first

    def tell(state: RetryCallState) -> None:
        error = _error(state)
        busy = f"upstream asked to ({error.answer.status})" if isinstance(error, Busy) else str(error)
        on_wait(state.upcoming_sleep, busy)

    retrying = Retrying(
        retry=retry_if_exception_type((Busy, Lost)),
        stop=is_enough,
        wait=lambda state: _wait(state, patience),
        sleep=sleep,
        before_sleep=tell,
        reraise=True,
    )
    answer: Answer = retrying(ask)
    return answer, int(retrying.statistics["attempt_number"])


def _error(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None


def _wait(state: RetryCallState, patience: Patience) -> float:
    """Seconds before the next attempt: what Retry-After says, else a little more each time."""
    error = _error(state)
    own = min(FIRST_WAIT * 2.0 ** (state.attempt_number - 1), LONGEST_OWN_WAIT)
    asked = _retry_after(error.answer) if isinstance(error, Busy) else None
    if asked is None:
        return own
    if asked == 0:
        return own if state.attempt_number > 1 else 0.0
    return min(asked, LONGEST_WAIT, max(own, patience.busy - state.idle_for))


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
