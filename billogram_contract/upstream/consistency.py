"""The consistency timeout: for how long a read that follows a write is repeated, as it may lag behind.

A departure is no lag, and waiting for a change that never comes is what stretches a run. So a full wait that
came to nothing is made once for each kind of question, and for a few kinds only: after that a wait is as long
as the longest lag seen explains.
"""

from __future__ import annotations

POLL_INTERVAL = 0.1  # seconds
KINDS_WAITED_FOR = 4
MARGIN = 2.0  # how much longer than the longest lag seen another one may be


class Consistency:
    """For how long reads are repeated; `timeout` is the most, in seconds."""

    def __init__(self, timeout: float) -> None:
        self.timeout = timeout
        self._longest_lag = 0.0
        self._fruitless: set[str] = set()

    def patience(self, kind: str) -> float:
        """For how many seconds a question of a kind is asked again."""
        if kind not in self._fruitless and len(self._fruitless) < KINDS_WAITED_FOR:
            return self.timeout
        return min(self.timeout, max(POLL_INTERVAL, MARGIN * self._longest_lag))

    def waited(self, kind: str, seconds: float, *, has_helped: bool) -> None:
        """Takes note of a wait that is over."""
        if has_helped:
            self._longest_lag = max(self._longest_lag, seconds)
        else:
            self._fruitless.add(kind)
