"""The command of an SDK's tests: run in a group of its own, of which nothing is left behind."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import IO, Any, NoReturn, Self

from billogram_contract.errors import SetupError

TO_END = 3.0  # seconds from SIGTERM to SIGKILL
BEAT = 0.2  # seconds from one look whether all is to end to the next
KILLED = 128  # what a shell adds to the number of the signal that ended a command


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code as a shell tells it, None where it took too long and was ended."""

    code: int | None
    seconds: float


class Commands:
    """The commands under way: `with Commands() as commands:` leaves none of them, however it ends.

    Inside, SIGINT and SIGTERM raise nothing by themselves, lest a command that just starts be lost: they end
    what runs, and `run` then raises KeyboardInterrupt.
    """

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[bytes]] = set()
        self._is_over = False
        self._handlers: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._handlers[number] = signal.signal(number, lambda *_: self.interrupt())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.interrupt()
        for process in list(self._running):
            _end(process)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def interrupt(self) -> None:
        """Ends what runs, and lets nothing more start; takes no lock, as a signal may come at any time."""
        self._is_over = True
        for process in list(self._running):
            _signal(process, signal.SIGTERM)

    def run(
        self,
        command: Sequence[str],
        variables: Mapping[str, str],
        *,
        timeout: float | None = None,
        output: IO[bytes] | int | None = None,
    ) -> Ended:
        """Runs a command to its end, with more environment variables; what it leaves in its group ends, too.

        Raises SetupError where it cannot start, KeyboardInterrupt where all was to end.
        """
        started = time.monotonic()
        if self._is_over:
            raise KeyboardInterrupt
        process = _started(command, variables, output)
        self._running.add(process)
        try:
            code = self._ended(process, timeout)
        finally:
            _end(process)
            self._running.discard(process)
        if self._is_over:
            raise KeyboardInterrupt
        return Ended(KILLED - code if code and code < 0 else code, time.monotonic() - started)

    def _ended(self, process: subprocess.Popen[bytes], timeout: float | None) -> int | None:
        """The exit code, None where it took too long, or all is to end."""
        until = time.monotonic() + (timeout if timeout is not None else math.inf)
        while not self._is_over and (rest := until - time.monotonic()) > 0:
            with suppress(subprocess.TimeoutExpired):
                return process.wait(min(rest, BEAT))
        return None


def _started(
    command: Sequence[str], variables: Mapping[str, str], output: IO[bytes] | int | None
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(  # noqa: S603  # what the user asked to run
            list(command),
            env={**os.environ, **variables},
            stdout=output,
            stderr=output and subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        raise SetupError(f"{command[0]} cannot be run: {error.strerror}.") from None


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends a command with all of its group: asked first, where it still runs."""
    if process.poll() is None:
        _signal(process, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(TO_END)
    _signal(process, signal.SIGKILL)
    process.wait()


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):  # nobody is left
        os.killpg(process.pid, number)


def end_on_sigterm() -> None:
    """Lets SIGTERM end this process as Ctrl-C does, so that it cleans up."""

    def interrupt(number: int, frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
