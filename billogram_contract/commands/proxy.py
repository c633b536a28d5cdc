"""Run an SDK's tests through a proxy that holds its requests and upstream's answers against the contract."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from billogram_contract.errors import SetupError
from billogram_contract.report import Reporter
from billogram_contract.results.verdict import Exit
from billogram_contract.run import settings, settings_file
from billogram_contract.sdk import judge, proxied
from billogram_contract.sdk.command import end_on_sigterm
from billogram_contract.upstream.address import SANDBOX_URL

INTERRUPTED = 130
EPILOG = """\
The command gets BILLOGRAM_BASE_URL in its environment, and on the embedded sandbox BILLOGRAM_API_USER and
BILLOGRAM_API_PASSWORD. On a live target those are taken from the environment, updates of customers and
numbers that are not allotted do not leave, and what the command changes is put back.

example:
  billogram-contract proxy -- pytest tests
  billogram-contract proxy --to live --customers 9001-9012 --numbers 9100-9199 -- vendor/bin/phpunit
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    parser.add_argument("--to", default="embedded", help="embedded (default), live, or an address")
    parser.add_argument("--port", type=int, default=0, help="on 127.0.0.1 (default: any free one)")
    parser.add_argument("--har", type=Path, metavar="FILE", help="what passed, redacted, for `examine`")
    parser.add_argument("--customers", help="live: the customers that may be changed, 9001-9012")
    parser.add_argument("--numbers", help="live: the free numbers that they may be given, 9100-9199")
    for name in ("drift", "variant"):
        parser.add_argument(f"--{name}", action="append", default=[], metavar="NAME", help="of the sandbox")
    for name in ("fail-on", "report-dir", "deviations", "settle", "journal-dir"):
        parser.add_argument(f"--{name}", help="as of a run")
    parser.add_argument("command", nargs="+", metavar="COMMAND", help="what runs the tests, after --")


def run(options: argparse.Namespace) -> int:
    """Runs the command; the exit code is its own where it failed, else that of the verdict."""
    if not 0 <= options.port <= 65535:
        raise SetupError(f"--port {options.port} is no port: give 0 to 65535.")
    given = {name: value for name, value in vars(options).items() if name not in ("to", "run", "command")}
    given["target"] = "embedded" if options.to == "embedded" else "live"
    if given["target"] == "live":
        given["base_url"] = SANDBOX_URL if options.to == "live" else options.to
    told = settings.read(given, file=settings_file.find(Path.cwd()))
    reporter = Reporter(told.report_dir)
    reporter.require_folder()
    end_on_sigterm()
    try:
        found = proxied.run(options.command, told, port=options.port, har=options.har)
    except ValueError as error:  # an unknown drift
        raise SetupError(str(error)) from None
    except KeyboardInterrupt:
        print("interrupted: no report was written", file=sys.stderr)
        return INTERRUPTED
    _show(found, options.har)
    reporter.write(found.ledger)
    if found.code == Exit.SETUP and not found.seen.judged:
        print("The command asked nothing of the two operations: does it take BILLOGRAM_BASE_URL?")
    return found.command_code or int(found.code)


def _show(found: proxied.Proxied, har: Path | None) -> None:
    from rich.console import Console

    from billogram_contract.report import terminal

    terminal.show(found.ledger, Console())
    for line in judge.lines(found.seen, found.unreachable, found.refused):
        print(line)
    for problem in found.problems:
        print(f"NOT PUT BACK: {problem}")
    if har and found.left_out:
        print(f"{found.left_out} exchanges were left out of {har}: it was full")
    print(f"the command ended with {found.command_code}")
