"""Times the suite beside `schemathesis run` with its default settings, on the same sandbox and description.

    python tests/benchmark/side_by_side.py [ROUNDS]

Both run as a user runs them, in turns, on a fresh sandbox each; the figure is the ratio of the medians.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable
from pathlib import Path

from billogram_contract.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
DESCRIPTION = "openapi/billogram-customer.yaml"


def suite(sandbox: Sandbox) -> list[str]:
    allotted = f"{sandbox.customers[0]}-{sandbox.customers[-1]}"
    numbers = f"{sandbox.numbers[0]}-{sandbox.numbers[-1]}"
    options = ["--base-url", sandbox.base_url, "--customers", allotted, "--numbers", numbers]
    return [sys.executable, "-m", "pytest", "tests/contract", "-q", *options]


def schemathesis(sandbox: Sandbox) -> list[str]:
    command = str(Path(sysconfig.get_path("scripts")) / "schemathesis")
    return [
        command,
        "run",
        DESCRIPTION,
        "--url",
        sandbox.base_url,
        "--auth",
        f"{sandbox.user}:{sandbox.password}",
    ]


def timed(command: Callable[[Sandbox], list[str]]) -> tuple[float, int]:
    """Seconds and requests of one run."""
    with Sandbox() as sandbox:
        credentials = {"BILLOGRAM_API_USER": sandbox.user, "BILLOGRAM_API_PASSWORD": sandbox.password}
        begin = time.monotonic()
        subprocess.run(  # noqa: S603  # our own command lines
            command(sandbox), cwd=ROOT, env=os.environ | credentials, stdout=subprocess.DEVNULL, check=False
        )
        return time.monotonic() - begin, len(sandbox.requests)


def main(rounds: int) -> None:
    results: dict[str, list[tuple[float, int]]] = {"suite": [], "schemathesis run": []}
    for _ in range(rounds):
        results["suite"].append(timed(suite))
        results["schemathesis run"].append(timed(schemathesis))
    medians = {}
    for name, runs in results.items():
        medians[name] = statistics.median(seconds for seconds, _ in runs)
        requests = max(count for _, count in runs)
        print(f"{name:17} {medians[name]:6.1f} s (median of {rounds}), {requests} requests")
    print(f"ratio             {medians['suite'] / medians['schemathesis run']:6.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
