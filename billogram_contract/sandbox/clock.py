"""Clocks of the sandbox: the present, and one that a recording can repeat."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]


def present() -> datetime:
    return datetime.now(UTC)


class SteppingClock:
    """A second later whenever it is asked, and at the same time again wherever `at` begins."""

    START = datetime(2024, 1, 1, tzinfo=UTC)  # later than any stamp of a fresh sandbox

    def __init__(self) -> None:
        self._now = self.START

    def __call__(self) -> datetime:
        self._now += timedelta(seconds=1)
        return self._now

    @contextmanager
    def at(self, hours: int) -> Iterator[None]:
        """Begins so many hours after the start, and goes on afterwards where it was."""
        before, self._now = self._now, self.START + timedelta(hours=hours)
        try:
            yield
        finally:
            self._now = before
