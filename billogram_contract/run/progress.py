"""Progress: what a live run shows while it is under way, now and then and never more often than needed."""

from __future__ import annotations

import time
from collections.abc import Callable

PAUSE = 10.0  # seconds between two lines
SHORTEST_WAIT = 3.0  # seconds, of the waits worth a line


class Progress:
    """Says how far a run is, and what it waits for; `write` shows a line."""

    def __init__(self, write: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._write = write
        self._clock = clock
        self._started = self._told = clock()
        self._waits_told = self._started - PAUSE
        self.checks = 0
        self.requests = 0

    def done(self, requests: int, of: int) -> None:
        """One more check is done; `of` is how many there are, 0 where nobody knows."""
        self.checks += 1
        self.requests += requests
        if (now := self._clock()) - self._told >= PAUSE:
            self._told = now
            total = f" of {of}" if of else ""
            seconds = now - self._started
            self._write(f"{self.checks}{total} checks, {self.requests} requests in {seconds:.0f} s")

    def wait(self, seconds: float, reason: str) -> None:
        """The run is about to wait."""
        if seconds >= SHORTEST_WAIT and (now := self._clock()) - self._waits_told >= PAUSE:
            self._waits_told = now
            self._write(f"waiting {seconds:.0f} s: {reason}")
