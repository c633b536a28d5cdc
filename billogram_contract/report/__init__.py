"""The reports, rendered from a ledger: a module each."""

from __future__ import annotations

import time
from pathlib import Path

from billogram_contract import ledger as ledger_module
from billogram_contract.ledger import Ledger

PACE = 1.0  # seconds from one keeping of what was learnt to the next
SHARE = 20  # keeping takes at most one part in so many of the time


class Reporter:
    """Writes the ledger and the reports into a directory; nothing where that is None."""

    def __init__(self, directory: Path | None) -> None:
        self.directory = directory
        self._next = time.monotonic() + PACE

    def is_due(self, *, is_urgent: bool) -> bool:
        """Whether what was learnt so far should be kept now, lest the run be killed."""
        return self.directory is not None and (is_urgent or time.monotonic() >= self._next)

    def keep(self, ledger: Ledger, *, since: float) -> None:
        """Writes the ledger alone; `since` is when its making began, by the monotonic clock."""
        if self.directory:
            ledger_module.write(ledger, self.directory / "ledger.json")
        now = time.monotonic()
        self._next = now + max(PACE, SHARE * (now - since))

    def write(self, ledger: Ledger) -> None:
        """Writes the ledger and everything that is rendered from it."""
        if self.directory:
            ledger_module.write(ledger, self.directory / "ledger.json")
