"""Run an SDK's tests against each change that upstream could make, and say which of them they notice."""

from __future__ import annotations

import argparse
from pathlib import Path

from billogram_contract.errors import SetupError
from billogram_contract.results.files import write_whole
from billogram_contract.results.verdict import Exit
from billogram_contract.run.settings import REPORT_DIR
from billogram_contract.sdk import rehearsal, tables
from billogram_contract.sdk.command import end_on_sigterm

MOST_AT_ONCE = 64
INTERRUPTED = 130
EPILOG = """\
The command gets BILLOGRAM_BASE_URL, BILLOGRAM_API_USER and BILLOGRAM_API_PASSWORD in its environment.
{junit} in it stands for a file, new for each run, where it may write JUnit XML: then the tests are named.

example:
  billogram-contract rehearse --only 'filter.*' -n 2 -- pytest tests --junitxml {junit}
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    parser.add_argument("--all", action="store_true", help="every drift, not the first two of each clause")
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="PATTERN",
        help="these clauses or drifts alone, such as 'filter.*'",
    )
    parser.add_argument("-n", type=int, default=1, metavar="COUNT", help="runs at once (default 1)")
    parser.add_argument(
        "--timeout",
        type=float,
        metavar="SECONDS",
        help="of a run (default: 10 and 5 times the faithful one's)",
    )
    parser.add_argument(
        "--expect",
        type=Path,
        metavar="FILE",
        help="an earlier rehearsal.json: end with 1 where a drift came to else",
    )
    parser.add_argument(
        "--report-dir",
        type=Path,
        default=Path(REPORT_DIR),
        help=f"where the tables go (default {REPORT_DIR})",
    )
    parser.add_argument("command", nargs="+", metavar="COMMAND", help="what runs the tests, after --")


def run(options: argparse.Namespace) -> int:
    """Rehearses, and tells what came of it."""
    if not 1 <= options.n <= MOST_AT_ONCE:
        raise SetupError(f"-n {options.n} is no number of runs at once: give 1 to {MOST_AT_ONCE}.")
    if options.timeout is not None and options.timeout <= 0:
        raise SetupError(f"--timeout {options.timeout:g} is no time: give seconds.")
    expected = rehearsal.read(options.expect) if options.expect else None
    drifts = rehearsal.chosen(options.only, is_all=options.all)
    end_on_sigterm()
    try:
        found = rehearsal.rehearse(
            options.command,
            drifts,
            at_once=options.n,
            timeout=options.timeout,
            tell=lambda one: print(tables.line(one), flush=True),
        )
    except KeyboardInterrupt:
        print("interrupted: no table was written")
        return INTERRUPTED
    print("", *tables.summary(found), sep="\n")
    for name, text in (
        ("json", rehearsal.written(found)),
        ("md", tables.markdown(found)),
        ("html", tables.html(found)),
    ):
        write_whole(text, options.report_dir / f"rehearsal.{name}")
    print(f"written to {options.report_dir / 'rehearsal.html'}, .md and .json")
    changed = rehearsal.changes(expected, found) if expected else []
    print(*changed, sep="\n", end="\n" if changed else "")
    return Exit.DRIFT if changed else Exit.HELD
