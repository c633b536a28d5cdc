"""The live session: a run as a guest, with its locks and journal, its rate limit, and the order it leaves."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from billogram_contract.errors import Outage, SetupError
from billogram_contract.pool import journal, locks
from billogram_contract.pool.journal import Journal
from billogram_contract.pool.recovery import restore
from billogram_contract.run.settings import Settings
from billogram_contract.upstream.rate_limit import Limits, RateLimit
from billogram_contract.upstream.target import Target

COMMAND = "python -m billogram_contract restore"


class LiveSession:
    """What one process of a run keeps beside its target; `shared` is what pytest-xdist's workers are told."""

    def __init__(self, settings: Settings, shared: Mapping[str, Any] | None = None) -> None:
        self.settings = settings
        self.folder = settings.journal_dir or journal.default_folder()
        self.notes: list[str] = []
        self.on_note: Callable[[str], None] = lambda line: None
        self.on_wait: Callable[[float, str], None] = lambda seconds, reason: None
        self.journal: Journal | None = None
        self._run: str | None = shared["run"] if shared else None
        self._own_folder: str | None = None
        if shared is None and settings.limits != Limits():
            self._own_folder = tempfile.mkdtemp(prefix="billogram-contract-")
        self._rate_file = (shared or {}).get("rate_limit") or str(
            Path(self._own_folder or "", "rate_limit.json")
        )
        self.rate_limit = RateLimit(settings.limits, Path(self._rate_file))
        self._handler: Any = None

    @property
    def shared(self) -> dict[str, str | None]:
        return {"run": self._run, "rate_limit": self._rate_file}

    def begin(self, target: Target) -> None:
        """Claims an pool, once it is in order; raises SetupError or Outage where that cannot be."""
        if target.kind != "live":
            return
        if threading.current_thread() is threading.main_thread():
            self._handler = signal.signal(signal.SIGTERM, _interrupt)
        if not target.customers:
            return
        header = journal.header(target.base_url, target.user, target.customers, target.numbers, self._run)
        if self._run:  # a worker: the locks are its controller's
            self.journal = Journal.create(self.folder, header)
            return
        self._run = header.run
        self.journal, left = locks.take(self.folder, header)
        try:
            for one in left:
                self._restore(one, target.password)
        finally:
            for one in left:
                one.close()

    def _restore(self, left: Journal, password: str) -> None:
        """Puts back what a dead run left changed."""
        since = f"the run of {left.header.started}"
        try:
            restored = restore(left, password, self.settings.settle)
        except Outage as error:
            raise Outage(f"{since} left customers changed, which could not be put back: {error}") from None
        if restored.problems:
            raise SetupError(
                f"{since} left customers changed, which could not all be put back: {restored.problems[0]}."
                f" Run {COMMAND}; once all is in order by hand, delete {left.path}."
            )
        if restored.customers:
            self.notes.append(f"put back what {since} had left changed: {restored.customers} customers")

    def left_by_workers(self) -> list[str]:
        """What workers that are gone did not put back."""
        problems = []
        for _, header, entries in journal.read_all(self.folder) if self._run and self.journal else ():
            changed = sorted(number for number, entry in entries.items() if entry.changed)
            if header.run == self._run and header.pid != os.getpid() and changed:
                problems.append(f"customers {', '.join(map(str, changed))}: their process is gone")
        return problems

    def end(self) -> None:
        """Lets go of the locks; a journal of customers left changed stays."""
        if self.journal is not None:
            self.journal.close()
            self.journal = None
        if self._own_folder is not None:
            shutil.rmtree(self._own_folder, ignore_errors=True)
        if self._handler is not None:
            signal.signal(signal.SIGTERM, self._handler)
            self._handler = None


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    """Takes a request to end as Ctrl-C: what was changed is put back first."""
    raise KeyboardInterrupt
