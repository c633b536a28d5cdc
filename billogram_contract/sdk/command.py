"""The command of an SDK's tests: run in a group of its own, of which nothing is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType
from typing import IO, NoReturn

from billogram_contract.errors import SetupError

TO_END = 3.0  # seconds from SIGTERM to SIGKILL
KILLED = 128  # what a shell adds to the number of the signal that ended a command


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code as a shell tells it, None where it took too long and was ended."""

    code: int | None
    seconds: float


class Commands:
    """The commands under way; `end()` ends all of them, whoever waits for them."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._is_over = False

    def run(
        self,
        command: Sequence[str],
        variables: Mapping[str, str],
        *,
        timeout: float | None = None,
        output: IO[bytes] | int | None = None,
    ) -> Ended:
        """Runs a command to its end, with more environment variables; what it leaves in its group ends, too.

        Raises SetupError where it cannot start.
        """
        started = time.monotonic()
        process = self._start(command, variables, output)
        try:
            code = process.wait(timeout)
            return Ended(KILLED - code if code < 0 else code, time.monotonic() - started)
        except subprocess.TimeoutExpired:
            return Ended(None, time.monotonic() - started)
        finally:
            _end(process)
            with self._lock:
                self._running.discard(process)

    def _start(
        self, command: Sequence[str], variables: Mapping[str, str], output: IO[bytes] | int | None
    ) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._is_over:
                raise KeyboardInterrupt
            try:
                process = subprocess.Popen(  # noqa: S603  # what the user asked to run
                    list(command),
                    env={**os.environ, **variables},
                    stdout=output,
                    stderr=output and subprocess.STDOUT,
                    start_new_session=True,
                )
            except OSError as error:
                raise SetupError(f"{command[0]} cannot be run: {error.strerror}.") from None
            self._running.add(process)
            return process

    def end(self) -> None:
        """Ends what runs, and lets nothing more start."""
        with self._lock:
            self._is_over = True
            running = list(self._running)
        for process in running:
            _signal(process, signal.SIGTERM)
        for process in running:
            _end(process)


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
