"""The rate limit: how fast a run may ask, and how often, counted over all its processes in one small file."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from billogram_contract.errors import Outage

# Set aside for each customer that is not yet put back.
REQUESTS_TO_PUT_BACK = 4
WRITES_TO_PUT_BACK = 2


@dataclass(frozen=True)
class Limits:
    """Requests a second, and how many requests and writes a run may send; None: as many as it likes."""

    rate: float | None = None
    requests: int | None = None
    writes: int | None = None


class RateLimit:
    """Lets requests pass one by one."""

    def __init__(self, limits: Limits, file: Path) -> None:
        self._limits = limits
        self._file = file
        self._lock = FileLock(f"{file}.lock", thread_local=False)

    def take(self, *, write: bool, held: int, putting_back: bool) -> float:
        """Counts one more request; the seconds to wait before it is sent. Raises Outage: budget used up.

        `held` is how many customers this process has to put back. What puts them back is always let through.
        """
        limits = self._limits
        if limits == Limits():
            return 0.0
        with self._lock:
            state = self._read()
            state["held"][str(os.getpid())] = held
            owed = 0 if putting_back else sum(state["held"].values())
            if not putting_back:
                _hold(limits.requests, state["requests"], owed * REQUESTS_TO_PUT_BACK, "requests")
            if write and not putting_back:
                _hold(limits.writes, state["writes"], owed * WRITES_TO_PUT_BACK, "writes")
            now = time.time()
            slot = max(now, state["next"]) if limits.rate else now
            state["requests"] += 1
            state["writes"] += write
            state["next"] = slot + 1 / limits.rate if limits.rate else 0.0
            self._file.write_text(json.dumps(state), encoding="utf-8")
        return slot - now

    def _read(self) -> dict[str, Any]:
        try:
            state: dict[str, Any] = json.loads(self._file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {"requests": 0, "writes": 0, "next": 0.0, "held": {}}
        return state


def _hold(most: int | None, sent: int, owed: int, what: str) -> None:
    if most is not None and sent + 1 + owed > most:
        raise Outage(f"the budget of {most} {what} is used up (--most-{what})")
