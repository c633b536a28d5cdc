"""`serve --ready-file`: how tests in any language start a sandbox and know where it is."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

PATIENCE = 15.0


@contextmanager
def serving(file: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """`serve` with a ready file, once that is there."""
    command = [sys.executable, "-m", "billogram_contract", "serve", "--port", "0", "--ready-file", str(file)]
    process = subprocess.Popen([*command, *options], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + PATIENCE
        while not file.exists():
            assert process.poll() is None, "it ended"
            assert time.monotonic() < until, "no ready file"
            time.sleep(0.02)
        yield process
    finally:
        process.kill()
        process.communicate()


def test_json_says_where_it_is_and_who_asks(tmp_path: Path) -> None:
    file = tmp_path / "ready.json"
    with serving(file):
        told = json.loads(file.read_text())
        assert file.stat().st_mode & 0o077 == 0
        assert requests.get(told["health"], timeout=5).json() == {"status": "OK"}
        address = f"{told['base_url']}/customer?page=1&page_size=1"
        assert requests.get(address, auth=(told["user"], told["password"]), timeout=5).status_code == 200


def test_dotenv_is_read_by_a_shell(tmp_path: Path) -> None:
    file = tmp_path / "billogram.env"
    with serving(file, "--password", "with spaces & $signs' \" `x`"):
        line = f'. {shlex.quote(str(file))}; printf %s "$BILLOGRAM_API_PASSWORD|$BILLOGRAM_CUSTOMERS"'
        told = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True).stdout
    assert told == "with spaces & $signs' \" `x`|9001-9012"


@pytest.mark.parametrize("ending", ["stdin", "SIGTERM", "SIGINT"])
def test_end_leaves_neither_file_nor_port(ending: str, tmp_path: Path) -> None:
    file = tmp_path / "ready.json"
    with serving(file, "--exit-with-stdin") as process:
        address = json.loads(file.read_text())["health"]
        if ending == "stdin":
            assert process.stdin
            process.stdin.close()
            process.stdin = None
        else:
            process.send_signal(signal.Signals[ending])
        assert process.wait(PATIENCE) == 0
    assert not file.exists()
    with pytest.raises(requests.ConnectionError):
        requests.get(address, timeout=5)


def test_ready_file_that_cannot_be_written_is_a_wrong_setting(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "billogram_contract", "serve", "--port", "0", "--ready-file"]
    done = subprocess.run(
        [*command, str(tmp_path / "no" / "r.json")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "cannot be written: No such file or directory" in done.stderr
