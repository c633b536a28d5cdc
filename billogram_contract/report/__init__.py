"""The reports, rendered from a ledger: a module each."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from billogram_contract.errors import SetupError
from billogram_contract.results import ledger as ledger_module
from billogram_contract.results.files import write_whole
from billogram_contract.results.model import Ledger

PACE = 1.0  # seconds from one keeping of what was learnt to the next
SHARE = 20  # keeping takes at most one part in so many of the time
LONGEST_SUMMARY = 1_000_000  # bytes; GitHub takes 1 MiB for a step and drops what is longer


class Reporter:
    """Writes the ledger and the reports into a directory; nothing where that is None."""

    def __init__(self, directory: Path | None, environment: Mapping[str, str] = os.environ) -> None:
        self.directory = directory
        self.environment = environment
        self._next = time.monotonic() + PACE

    def require_folder(self) -> None:
        """Raises SetupError where no report could be written: better before the run than after it."""
        if self.directory is None:
            return
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.directory):
                pass
        except OSError as error:
            raise SetupError(
                f"--report-dir {self.directory} cannot be written to: {error.strerror}."
            ) from None

    def is_due(self, *, is_urgent: bool) -> bool:
        """Whether what was learnt so far should be kept now, lest the run be killed."""
        return self.directory is not None and (is_urgent or time.monotonic() >= self._next)

    def keep(self, ledger: Ledger, *, since: float) -> None:
        """Writes the ledger alone; `since` is when its making began, by the monotonic clock."""
        if self.directory:
            with suppress(SetupError):  # told at the end, by what is written then
                ledger_module.write(ledger, self.directory / "ledger.json")
        now = time.monotonic()
        self._next = now + max(PACE, SHARE * (now - since))

    def write(self, ledger: Ledger) -> None:
        """Writes the ledger and everything that is rendered from it; raises SetupError where it cannot."""
        from billogram_contract.report import html, markdown, sarif

        told = markdown.text(ledger) if self.directory or "GITHUB_STEP_SUMMARY" in self.environment else ""
        if self.directory:
            ledger_module.write(ledger, self.directory / "ledger.json")
            write_whole(told, self.directory / "report.md")
            write_whole(html.text(ledger), self.directory / "report.html")
            write_whole(sarif.text(ledger), self.directory / "report.sarif")
        if summary := self.environment.get("GITHUB_STEP_SUMMARY"):
            _append(told, Path(summary))

    def write_or_tell(self, ledger: Ledger) -> str:
        """Writes everything; where that fails, the line that says why."""
        try:
            self.write(ledger)
        except SetupError as error:
            return str(error)
        return ""


def _append(text: str, path: Path) -> None:
    """Appends to the summary of a GitHub step."""
    raw = text.encode("utf-8", "backslashreplace")
    if len(raw) > LONGEST_SUMMARY:
        head = raw[:LONGEST_SUMMARY].decode("utf-8", "ignore").rpartition("\n## ")[0]
        raw = f"{head}\n\nThe summary is cut here: report.md has it all.\n".encode()
    try:
        with path.open("ab") as file:
            file.write(raw + b"\n")
    except OSError as error:
        raise SetupError(f"GITHUB_STEP_SUMMARY cannot be written: {error.strerror}.") from None
