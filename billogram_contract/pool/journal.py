"""The journal: what a live run is about to change, on disk before it does, so that it can be undone.

A file holds one JSON document a line. The first tells whose it is; the others, customer by customer, what it
was like, that an update is on its way and which number it may give, where the customer is, and that it was
put back. A file without a customer left changed is removed. No file holds a password.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import platformdirs
from filelock import FileLock, Timeout

from billogram_contract.errors import SetupError

SUFFIX = ".jsonl"


class JournalGone(SetupError):
    """The journal is there no more: its run has ended, or somebody has discarded it."""


@dataclass(frozen=True)
class JournalHeader:
    """Whose a journal is: an account, a run, and what is allotted to the process that keeps it."""

    base_url: str
    user: str
    run: str
    customers: tuple[int, ...]
    numbers: tuple[int, int]  # the first, and the one after the last
    pid: int
    started: str

    @property
    def name(self) -> str:
        host = self.base_url.partition("://")[2].partition("/")[0]
        plain = (re.sub(r"[^A-Za-z0-9.-]+", "_", part) for part in (host, self.user, self.run))
        return "-".join([*plain, str(self.pid)]) + SUFFIX


@dataclass
class JournalEntry:
    """What a journal tells of one customer: how it was, the numbers it may have now, the likeliest first.

    `answered` are fields that updates show otherwise than the list; `is_doubtful`: the run met departures.
    """

    original: dict[str, Any]
    answered: dict[str, Any] = field(default_factory=dict)
    numbers: list[int] = field(default_factory=list)
    changed: bool = False
    pending: bool = False
    is_doubtful: bool = False


def header(
    base_url: str, user: str, customers: tuple[int, ...], numbers: range, run: str | None = None
) -> JournalHeader:
    """This process as a header, of the run given or of a new one."""
    ends = (numbers[0], numbers[-1] + 1) if numbers else (0, 0)
    started = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return JournalHeader(base_url, user, run or secrets.token_hex(4), customers, ends, os.getpid(), started)


def default_folder() -> Path:
    """Where journals are when nobody says otherwise."""
    return platformdirs.user_state_path("billogram-contract", appauthor=False) / "journals"


class Journal:
    """One file, locked by the process that has it open: the lock goes when the process does."""

    def __init__(
        self, path: Path, header: JournalHeader, entries: dict[int, JournalEntry], lock: FileLock
    ) -> None:
        self.path = path
        self.header = header
        self.entries = entries
        self._lock = lock
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND)

    @classmethod
    def create(cls, folder: Path, header: JournalHeader) -> Self:
        """A new journal; raises SetupError where it cannot be written."""
        path = folder / header.name
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = _lock(path)
            lock.acquire(blocking=False)
            _write_first(path, json.dumps({"owner": asdict(header)}).encode() + b"\n")
            journal = cls(path, header, {}, lock)
        except (OSError, Timeout) as error:
            raise SetupError(f"The journal {path} cannot be written ({error}): see --journal-dir.") from None
        return journal

    @classmethod
    def take(cls, path: Path) -> Self | None:
        """A journal that was left; None while its process lives. Raises SetupError where it is unreadable."""
        lock = _lock(path)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            return None
        try:
            header, entries = read(path)
            return cls(path, header, entries, lock)
        except (OSError, SetupError) as error:
            lock.release()
            if isinstance(error, JournalGone):
                Path(lock.lock_file).unlink(missing_ok=True)
            raise

    @staticmethod
    def is_kept(path: Path) -> bool:
        """Whether the process that keeps a journal lives."""
        lock = _lock(path)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            return True
        lock.release()
        return False

    @property
    def changed(self) -> dict[int, JournalEntry]:
        """The customers that are not put back, by their own numbers."""
        return {number: entry for number, entry in self.entries.items() if entry.changed}

    def change(self, original_number: int, original: dict[str, Any], number: int | None) -> None:
        """An update of a customer is about to be sent, that may give it a number."""
        first = original_number not in self.entries
        if first:
            self._write({"customer": original_number, "original": original})
        was_back = first or not self.entries[original_number].changed
        line = {"customer": original_number, "put": number}
        _note(self.entries, line | ({"original": original} if first else {}))
        self._write(line, sync=was_back or number is not None)

    def at(self, original_number: int, number: int) -> None:
        """The update was answered, and the customer has the number."""
        self._tell({"customer": original_number, "at": number})

    def answered(self, original_number: int, fields: dict[str, Any]) -> None:
        """Updates show some fields of a customer otherwise than the list: what they were there."""
        if original_number in self.entries:
            self._tell({"customer": original_number, "answered": fields})

    def doubt(self) -> None:
        """Something has departed in the run: the list alone doesn't tell how its customers are."""
        for original_number in self.changed:
            self._tell({"customer": original_number, "doubtful": True})

    def back(self, original_number: int) -> None:
        """The customer is as it was found."""
        if original_number in self.changed:
            self._tell({"customer": original_number, "back": True})

    def close(self, *, is_discarded: bool = False) -> None:
        """Lets go of the file, and removes it where nothing is left to put back, or is to be."""
        os.close(self._file)
        if is_discarded or not self.changed:
            self.path.unlink(missing_ok=True)
            Path(self._lock.lock_file).unlink(missing_ok=True)
        self._lock.release()

    def _tell(self, line: dict[str, Any]) -> None:
        _note(self.entries, line)
        self._write(line)

    def _write(self, line: dict[str, Any], *, sync: bool = False) -> None:
        try:
            os.write(self._file, json.dumps(line).encode() + b"\n")
            if sync:
                os.fsync(self._file)
        except OSError as error:
            raise SetupError(f"The journal {self.path} cannot be written ({error}).") from None


def found(folder: Path) -> Iterator[Path]:
    """The journals in a folder, those of runs under way included."""
    yield from sorted(folder.glob(f"*{SUFFIX}")) if folder.is_dir() else ()


def read_all(folder: Path) -> Iterator[tuple[Path, JournalHeader, dict[int, JournalEntry]]]:
    """What each journal in a folder tells; one that vanishes meanwhile is left out. Raises SetupError."""
    for path in found(folder):
        with suppress(JournalGone):
            yield path, *read(path)


def read(path: Path) -> tuple[JournalHeader, dict[int, JournalEntry]]:
    """What a journal tells; a last line that was cut off is left out. Raises SetupError, or JournalGone."""
    entries: dict[int, JournalEntry] = {}
    try:
        first, *lines = path.read_bytes().split(b"\n")[:-1]
        told = json.loads(first)["owner"]
        numbers = (int(told["numbers"][0]), int(told["numbers"][1]))
        header = JournalHeader(**{**told, "customers": tuple(told["customers"]), "numbers": numbers})
        for line in lines:
            _note(entries, json.loads(line))
    except FileNotFoundError:
        raise JournalGone(f"The journal {path} is there no more.") from None
    except (OSError, ValueError, KeyError, TypeError):
        raise SetupError(
            f"The journal {path} cannot be read: look by hand whether a customer is left changed,"
            " then delete it."
        ) from None
    return header, entries


def _note(entries: dict[int, JournalEntry], line: dict[str, Any]) -> None:
    """Takes a line into account."""
    original_number = line["customer"]
    if "original" in line:
        entries[original_number] = JournalEntry(line["original"], numbers=[original_number])
    entry = entries[original_number]
    entry.answered |= line.get("answered", {})
    entry.is_doubtful |= line.get("doubtful", False)
    if "put" in line:
        entry.changed = entry.pending = True
        _likeliest(entry, line["put"])
    if "at" in line:
        entry.pending = False
        _likeliest(entry, line["at"])
    if "back" in line:
        entry.changed = entry.pending = False
        _likeliest(entry, original_number)


def _likeliest(entry: JournalEntry, number: int | None) -> None:
    if number is not None:
        entry.numbers = [number, *(other for other in entry.numbers if other != number)]


def _lock(path: Path) -> FileLock:
    return FileLock(path.with_suffix(".lock"), thread_local=False)


def _write_first(path: Path, line: bytes) -> None:
    """Writes a file that is whole as soon as it has its name."""
    unnamed = path.with_suffix(".new")
    file = os.open(unnamed, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(file, line)
        os.fsync(file)
    finally:
        os.close(file)
    unnamed.rename(path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return  # a folder cannot be opened there
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
