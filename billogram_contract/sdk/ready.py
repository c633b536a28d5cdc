"""The ready file: where a sandbox listens and its credentials, for tests in any language."""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from billogram_contract.errors import SetupError
from billogram_contract.sandbox import Sandbox
from billogram_contract.sandbox.embedded import HEALTH

STDIN = 0
ONLY_MINE = 0o600  # it holds a password


def environment(sandbox: Sandbox) -> dict[str, str]:
    """A running sandbox as environment variables."""
    return variables(sandbox.base_url, sandbox.user, sandbox.password, sandbox.customers, sandbox.numbers)


def variables(
    base_url: str, user: str, password: str, customers: Sequence[int], numbers: Sequence[int]
) -> dict[str, str]:
    """Address, credentials, and what may be changed as environment variables."""
    return {
        "BILLOGRAM_BASE_URL": base_url,
        "BILLOGRAM_API_USER": user,
        "BILLOGRAM_API_PASSWORD": password,
        "BILLOGRAM_CUSTOMERS": f"{customers[0]}-{customers[-1]}",
        "BILLOGRAM_NUMBERS": f"{numbers[0]}-{numbers[-1]}",
    }


@contextmanager
def ready_file(path: Path | None, sandbox: Sandbox) -> Iterator[None]:
    """A file that is there as long as the sandbox is: JSON, or dotenv where its name ends in .env.

    It appears whole. Raises SetupError where it cannot be written.
    """
    if path is None:
        yield
        return
    _write(_dotenv(environment(sandbox)) if path.name.endswith(".env") else _json(sandbox), path)
    try:
        yield
    finally:
        with suppress(OSError):  # whoever has removed it was quicker
            path.unlink()


def _json(sandbox: Sandbox) -> str:
    told = {
        "base_url": sandbox.base_url,
        "user": sandbox.user,
        "password": sandbox.password,
        "health": f"http://127.0.0.1:{sandbox.port}{HEALTH}",
        "pid": os.getpid(),
    }
    return json.dumps(told, indent=1) + "\n"


def _dotenv(variables: Mapping[str, str]) -> str:
    return "".join(f"{name}={_quoted(value)}\n" for name, value in variables.items())


def _quoted(value: str) -> str:
    """A value in single quotes, in which nothing is replaced; where it has one itself, in double quotes."""
    if "'" not in value:
        return f"'{value}'"
    return '"' + re.sub(r'([\\"$`])', r"\\\1", value) + '"'


def _write(text: str, path: Path) -> None:
    beside = path.with_name(f"{path.name}.part")
    try:
        beside.unlink(missing_ok=True)
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, ONLY_MINE), "w") as file:
            file.write(text)
        beside.replace(path)
    except OSError as error:
        raise SetupError(f"--ready-file {path} cannot be written: {error.strerror}.") from None


def stop_with_stdin(stop: threading.Event) -> None:
    """Sets an event once standard input ends: whoever started this process is gone, or closed it."""

    def wait() -> None:
        with suppress(OSError):  # there is none
            while os.read(STDIN, 4096):
                pass
        stop.set()

    threading.Thread(target=wait, daemon=True).start()
