"""Kills runs at random moments, restores, and counts how often the account is as it was.

    python tests/benchmark/killed_runs.py --tries 100

It serves the sandbox in a process of its own, holds it against the contract in another one, ends that one
with SIGKILL, runs `restore`, and compares all customers with those before the first try, `updated_at` aside.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).parents[2]
PASSWORD = "made-up-for-the-benchmark"  # noqa: S105
USER = "benchmark"
PAGE_SIZE = 100
ALLOTTED = ("--customers", "9001-9012", "--numbers", "9101-9199")


def environment(**more: str) -> dict[str, str]:
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("BILLOGRAM_", "PYTEST"))
    }
    known = {"BILLOGRAM_API_USER": USER, "BILLOGRAM_API_PASSWORD": PASSWORD, "NO_PROXY": "127.0.0.1"}
    return clean | known | more


@contextmanager
def served(database: Path, drifts: list[str]) -> Iterator[str]:
    """The address of a sandbox in a process of its own."""
    command = [sys.executable, "-m", "billogram_contract", "serve", "--port", "0", "--db", str(database)]
    command += ["--user", USER, "--password", PASSWORD, *(f"--drift={name}" for name in drifts)]
    with subprocess.Popen(  # noqa: S603 - our own command
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout
            line = next(line for line in process.stdout if "listens on" in line)
            yield re.findall(r"\S+", line)[-1]
        finally:
            process.terminate()


def customers(address: str) -> dict[int, dict[str, Any]]:
    """Every customer by its number, but for when it was updated."""
    found: dict[int, dict[str, Any]] = {}
    for page in range(1, 1000):
        answer = requests.get(
            f"{address}/customer",
            params={"page": str(page), "page_size": str(PAGE_SIZE)},
            auth=(USER, PASSWORD),
            timeout=30,
        )
        entries = answer.json()["data"]
        found |= {one["customer_no"]: {**one, "updated_at": None} for one in entries}
        if len(entries) < PAGE_SIZE:
            break
    return found


def kill_one(address: str, folder: Path, seconds: float, workers: int) -> int | None:
    """Ends a run after so many seconds; its exit code, where it had ended before."""
    command = [sys.executable, "-m", "pytest", "tests/contract", "-q", "-p", "no:cacheprovider"]
    command += ["--base-url", address, *ALLOTTED, "--journal-dir", str(folder), "--settle", "0.3"]
    command += ["-n", str(workers)] if workers else []
    started = subprocess.Popen(  # noqa: S603 - our own command
        command, cwd=ROOT, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        return started.wait(seconds)
    except subprocess.TimeoutExpired:
        started.kill()
        started.wait()
        return None


def restore(folder: Path) -> str:
    """What `restore` says, from another directory."""
    command = [sys.executable, "-m", "billogram_contract", "restore", "--journal-dir", str(folder)]
    done = subprocess.run(  # noqa: S603 - our own command
        command,
        cwd=folder,
        env=environment(PYTHONPATH=str(ROOT)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return f"exit {done.returncode}: {done.stdout.strip()}"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--tries", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--longest", type=float, default=8.0, help="seconds until the latest kill")
    parser.add_argument("--workers", type=int, default=0, help="of pytest-xdist")
    parser.add_argument("--drift", action="append", default=[], metavar="NAME")
    options = parser.parse_args()
    dice, equal, dirty = random.Random(options.seed), 0, 0  # noqa: S311 - moments, no secrets
    with tempfile.TemporaryDirectory() as name, served(Path(name, "customers.db"), options.drift) as address:
        folder = Path(name, "journals")
        folder.mkdir()
        before = customers(address)
        for number in range(1, options.tries + 1):
            seconds = dice.uniform(1.0, options.longest)
            code = kill_one(address, folder, seconds, options.workers)
            time.sleep(0.5 if options.workers else 0.0)  # workers end when they notice
            dirty += customers(address) != before
            told = restore(folder)
            same = customers(address) == before and not list(folder.glob("*.jsonl"))
            equal += same
            end = "killed" if code is None else f"had ended with {code}"
            print(f"{number:4} after {seconds:4.1f} s, {end}: {'equal' if same else 'DIFFERENT'}; {told}")
    print(f"{equal} of {options.tries} equal after restore; {dirty} were left changed by the kill")
    return 0 if equal == options.tries else 1


if __name__ == "__main__":
    sys.exit(main())
