"""The command line: `python -m billogram_contract serve`, in this process and in one of its own."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from billogram_contract.__main__ import main
from billogram_contract.sandbox import DRIFTS, VARIANTS

ROOT = Path(__file__).parents[2]
PATIENCE = 20  # seconds for a process to end


@dataclass(frozen=True)
class Served:
    """A sandbox in a process of its own, as far as it has printed what it is."""

    process: subprocess.Popen[str]
    welcome: str

    def told(self, pattern: str) -> str:
        found = re.search(pattern, self.welcome)
        assert found, self.welcome
        return found[1]

    @property
    def address(self) -> str:
        return self.told(r"listens on (\S+)")

    @property
    def credentials(self) -> tuple[str, str]:
        return self.told(r"user +(\S+)"), self.told(r"password +(\S+)")

    def customers(self) -> dict[int, dict[str, Any]]:
        """All customers by number."""
        found = self._ask("GET", "/customer", params={"page": "1", "page_size": "100"})
        assert found["meta"]["total_count"] == len(found["data"])
        return {customer["customer_no"]: customer for customer in found["data"]}

    def update(self, number: int, body: dict[str, Any]) -> None:
        self._ask("PUT", f"/customer/{number}", json=body)

    def interrupt(self) -> int:
        """Presses Ctrl-C; the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE)

    def _ask(self, method: str, path: str, **options: Any) -> Any:
        with requests.Session() as session:
            session.trust_env = False  # neither a proxy nor .netrc
            session.auth = self.credentials
            answer = session.request(method, self.address + path, timeout=10, **options)
        answer.raise_for_status()
        return answer.json()


@contextmanager
def serving(*arguments: str) -> Iterator[Served]:
    """Serves on a free port and reads what is printed first."""
    command = [sys.executable, "-m", "billogram_contract", "serve", "--port", "0", *arguments]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("BILLOGRAM_")}
    with subprocess.Popen(command, cwd=ROOT, env=clean, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            lines = list(iter(process.stdout.readline, "Ctrl-C ends it.\n"))
            yield Served(process, "".join(lines))
        finally:
            process.kill()


# Serving


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving("--user", "ada", "--password", "secret-of-ada", "--others", "3") as found:
        yield found


def test_serve_answers_at_the_printed_address(served: Served) -> None:
    assert served.credentials == ("ada", "secret-of-ada")
    assert len(served.customers()) == 12 + 3


def test_serve_prints_a_line_to_paste(served: Served) -> None:
    assert "export BILLOGRAM_API_USER=ada BILLOGRAM_API_PASSWORD=secret-of-ada\n" in served.welcome
    pasted = served.told(r"(billogram-contract verify (?:.*\\\n)?.*)\n")
    assert pasted.replace("\\\n", "").split()[2:] == [
        *("--base-url", served.address, "--customers", "9001-9012", "--numbers", "9101-9199")
    ]


def test_file_keeps_customers_over_restarts(tmp_path: Path) -> None:
    file = str(tmp_path / "customers.db")
    with serving("--db", file) as first:
        first.update(9001, {"notes": "kept over a restart"})
        customers = first.customers()
        first.interrupt()
    with serving("--db", file) as second:
        assert second.customers() == customers
    assert customers[9001]["notes"] == "kept over a restart"


def test_interrupt_ends_it_promptly_with_zero() -> None:
    with serving() as found:
        pressed = time.monotonic()
        assert found.interrupt() == 0
        assert time.monotonic() - pressed < 5


def test_serve_makes_up_new_credentials_each_time(served: Served) -> None:
    with serving() as one, serving() as other:
        assert one.credentials[1] != other.credentials[1]
        assert one.address != other.address


# Lists and refusals


def test_list_names_every_drift_and_variant(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--list"]) == 0
    named = re.findall(r"^--(?:drift|variant) ([a-z0-9-]+): \S", capsys.readouterr().out, re.MULTILINE)
    assert named == [*DRIFTS, *VARIANTS]


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line on stderr of a command that ends with 2."""
    assert main(["serve", *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    (line,) = printed.err.splitlines()
    return line


@pytest.mark.parametrize("kind", ["drift", "variant"])
def test_unknown_name_is_refused(capsys: pytest.CaptureFixture[str], kind: str) -> None:
    line = refusal(capsys, f"--{kind}", "nope")
    assert line == f"There is no {kind} 'nope': serve --list prints all."


def test_taken_port_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = refusal(capsys, "--port", str(port))
    assert line.startswith(f"Port {port} cannot be listened on: Address already in use")
    assert line.endswith(" Try --port 0.")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # socket.create_server leaks
@pytest.mark.parametrize("port", ["-1", "65536"])
def test_impossible_port_is_refused(capsys: pytest.CaptureFixture[str], port: str) -> None:
    assert refusal(capsys, "--port", port) == f"--port {port} is no port: give 0 to 65535."


def test_unusable_file_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    line = refusal(capsys, "--port", "0", "--db", str(tmp_path))
    assert line == f"--db {tmp_path} cannot be used: unable to open database file."


def test_file_of_another_kind_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "letter.txt"
    file.write_text("Dear customer, " * 100)
    assert refusal(capsys, "--port", "0", "--db", str(file)).startswith(f"--db {file} cannot be used: ")
    assert file.read_text() == "Dear customer, " * 100
