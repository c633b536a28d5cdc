"""What the proxy costs a request: asked in turn directly and through it, of the same sandbox.

The sandbox is a process of its own. Run it with `python tests/benchmark/proxy_cost.py`.
"""

from __future__ import annotations

import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

TURNS = 400
SERVE = [sys.executable, "-m", "billogram_contract", "serve", "--port", "0", "--others", "188"]
MEASURE = "measure"  # how this file calls itself behind the proxy


def asking(base_url: str, method: str, path: str, body: str | None = None) -> Callable[[], float]:
    """Asks the same over one connection; each call gives the milliseconds that it took."""
    url = urlsplit(base_url)
    connection = http.client.HTTPConnection(url.netloc)
    secret = f"{os.environ['BILLOGRAM_API_USER']}:{os.environ['BILLOGRAM_API_PASSWORD']}"
    headers = {
        "Authorization": f"Basic {b64encode(secret.encode()).decode()}",
        "Content-Type": "application/json",
    }

    def ask() -> float:
        started = time.perf_counter()
        connection.request(method, url.path + path, body, headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, answer.status
        return (time.perf_counter() - started) * 1000

    return ask


def measure(direct: str) -> None:
    """Asks in turn, and prints the medians."""
    through = os.environ["BILLOGRAM_BASE_URL"]
    for name, request in (
        ("list of 10", ("GET", "/customer?page=1&page_size=10")),
        ("list of 100", ("GET", "/customer?page=1&page_size=100")),
        ("update", ("PUT", "/customer/9001", json.dumps({"notes": "x"}))),
    ):
        ways = [asking(direct, *request), asking(through, *request)]
        pairs = [(ways[0](), ways[1]()) for _ in range(TURNS)]
        medians = [statistics.median(pair[way] for pair in pairs) for way in (0, 1)]
        cost = statistics.median(there - here for here, there in pairs)
        print(f"{name:12} direct {medians[0]:6.2f} ms  through {medians[1]:6.2f} ms  cost {cost:5.2f} ms")


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready.json"
        command = [*SERVE, "--ready-file", str(ready)]
        serving = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603  # our own
        try:
            while not ready.exists():
                time.sleep(0.05)
            told = json.loads(ready.read_text())
            environment = os.environ | {
                "BILLOGRAM_API_USER": told["user"],
                "BILLOGRAM_API_PASSWORD": told["password"],
            }
            options = ["--to", told["base_url"], "--customers", "9001-9012", "--numbers", "9101-9199"]
            options += ["--settle", "0", "--journal-dir", folder, "--report-dir", folder]
            again = [sys.executable, __file__, MEASURE, told["base_url"]]
            command = [sys.executable, "-m", "billogram_contract", "proxy", *options, "--", *again]
            return subprocess.run(command, env=environment, check=False).returncode  # noqa: S603
        finally:
            serving.terminate()
            serving.wait()


if __name__ == "__main__":
    if sys.argv[1:2] == [MEASURE]:
        measure(sys.argv[2])
    else:
        sys.exit(main())
