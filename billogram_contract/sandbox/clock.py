"""The time that a sandbox knows: the machine's, or one that whoever tests sets and advances."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

_PRESENT: ContextVar[datetime | None] = ContextVar("present", default=None)


class Clock:
    """A clock: `Clock()` goes with the machine, `Clock(moment)` stands still there."""

    def __init__(self, moment: datetime | None = None) -> None:
        self._moment = _aware(moment) if moment else None

    def now(self) -> datetime:
        """The time on it."""
        return self._moment or datetime.now(UTC)

    def set(self, moment: datetime) -> None:
        """Stands still at a moment from now on; raises ValueError where it has no time zone."""
        self._moment = _aware(moment)

    def advance(self, by: timedelta) -> None:
        """Stands still some time after what it shows."""
        self._moment = self.now() + by

    def follow(self) -> None:
        """Goes with the machine again."""
        self._moment = None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Inside, `present()` is what this clock shows at the beginning."""
        token = _PRESENT.set(self.now())
        try:
            yield
        finally:
            _PRESENT.reset(token)


class SteppingClock(Clock):
    """A clock for recordings: a second later each time it is asked, the same again wherever `at` begins."""

    START = datetime(2024, 1, 1, tzinfo=UTC)  # later than any stamp of a fresh sandbox

    def __init__(self) -> None:
        super().__init__(self.START)

    def now(self) -> datetime:
        """A second later than before."""
        self.advance(timedelta(seconds=1))
        return self._moment or self.START

    def advance(self, by: timedelta) -> None:
        """Stands still some time after what it shows."""
        self._moment = (self._moment or self.START) + by

    @contextmanager
    def at(self, hours: int) -> Iterator[None]:
        """Begins so many hours after the start, and goes on afterwards where it was."""
        before, self._moment = self._moment, self.START + timedelta(hours=hours)
        try:
            yield
        finally:
            self._moment = before


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone: write datetime(..., tzinfo=UTC).")
    return moment


def present() -> datetime:
    """The time of the sandbox that is answering, or the machine's."""
    return _PRESENT.get() or datetime.now(UTC)


def timestamp(moment: datetime) -> str:
    """A moment as R's sample writes it: 2026-04-29T11:19:15.647Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
