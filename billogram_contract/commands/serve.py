"""Run the embedded sandbox until interrupted."""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import sqlite3
import threading
from pathlib import Path

from billogram_contract.errors import SetupError
from billogram_contract.results.verdict import Exit
from billogram_contract.sandbox import DRIFTS, VARIANTS, Sandbox
from billogram_contract.sdk import ready

LAST_PORT = 65535
MOST_OTHERS = 1_000_000


def add(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument(
        "--port", type=int, default=8025, help="the port on 127.0.0.1 (default 8025; 0: any free one)"
    )
    parser.add_argument(
        "--db",
        metavar="FILE",
        default=":memory:",
        help="keep the customers in an SQLite file (default in memory)",
    )
    parser.add_argument(
        "--others", type=int, default=40, help="customers beside the twelve allotted ones (default 40)"
    )
    parser.add_argument("--user", help="the API user (default: made up)")
    parser.add_argument("--password", help="its password (default: made up)")
    parser.add_argument(
        "--drift",
        action="append",
        default=[],
        metavar="NAME",
        help="depart from the contract, repeatable (default none)",
    )
    parser.add_argument(
        "--variant",
        action="append",
        default=[],
        metavar="NAME",
        help="use a freedom it leaves, repeatable (default none)",
    )
    parser.add_argument(
        "--ready-file",
        type=Path,
        metavar="FILE",
        help="is there as long as it listens: address and credentials as JSON, or as dotenv for a .env",
    )
    parser.add_argument("--exit-with-stdin", action="store_true", help="end when standard input ends")
    parser.add_argument("--list", action="store_true", help="list the drifts and variants, and leave")
    parser.epilog = "example: billogram-contract serve --port 0 --drift page-size-101-accepted"


def run(options: argparse.Namespace) -> Exit:
    """Serves until Ctrl-C; raises SetupError where it cannot start."""
    if options.list:
        for drift in DRIFTS.values():
            print(f"--drift {drift.name}: {drift.summary} (breaks {', '.join(drift.breaks)})")
        for variant in VARIANTS.values():
            print(f"--variant {variant.name}: {variant.summary}")
        return Exit.HELD
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    sandbox = _started(options)
    try:
        with ready.ready_file(options.ready_file, sandbox):
            print(_welcome(sandbox, [*options.drift, *options.variant]), flush=True)
            if options.exit_with_stdin:
                ready.stop_with_stdin(stop)
            stop.wait()
    finally:
        sandbox.stop()
    return Exit.HELD


def _started(options: argparse.Namespace) -> Sandbox:
    if not 0 <= options.port <= LAST_PORT:
        raise SetupError(f"--port {options.port} is no port: give 0 to {LAST_PORT}.")
    if not 0 <= options.others <= MOST_OTHERS:
        raise SetupError(f"--others {options.others} is no number of customers: give 0 to {MOST_OTHERS:,}.")
    for option, text in (("--user", options.user), ("--password", options.password), ("--db", options.db)):
        if text == "" or (text and not text.isprintable()):
            raise SetupError(f"{option} {text!r} is none: give a text, or leave it out.")
    if options.user and ":" in options.user:
        raise SetupError(f"--user {options.user!r} has a colon, which HTTP Basic takes for its end.")
    try:
        return Sandbox(
            drifts=options.drift,
            variants=options.variant,
            others=options.others,
            database=options.db,
            port=options.port,
            user=options.user,
            password=options.password,
        ).start()
    except ValueError as error:
        raise SetupError(str(error)) from None
    except sqlite3.Error as error:
        raise SetupError(f"--db {options.db} cannot be used: {error}.") from None
    except OSError as error:
        raise SetupError(
            f"Port {options.port} cannot be listened on: {os.strerror(error.errno or 0)}. Try --port 0."
        ) from None


def _welcome(sandbox: Sandbox, switched: list[str]) -> str:
    first, last = sandbox.customers[0], sandbox.customers[-1]
    return f"""\
The sandbox listens on {sandbox.base_url}{f" with {', '.join(switched)}" if switched else ""}
user      {sandbox.user}
password  {sandbox.password}

Hold it against the contract from another terminal:
  export BILLOGRAM_API_USER={shlex.quote(sandbox.user)} BILLOGRAM_API_PASSWORD={shlex.quote(sandbox.password)}
  billogram-contract verify --base-url {sandbox.base_url} \\
    --customers {first}-{last} --numbers {sandbox.numbers[0]}-{sandbox.numbers[-1]}

Ctrl-C ends it."""
