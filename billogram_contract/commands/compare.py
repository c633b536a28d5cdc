"""Compare two ledgers: what changed from the older to the newer one."""

from __future__ import annotations

import argparse
from pathlib import Path

from billogram_contract.checking.finding import DIRECTIONS, Direction, is_as_bad
from billogram_contract.errors import SetupError
from billogram_contract.report.wording import visible
from billogram_contract.results import comparison, ledger
from billogram_contract.results.model import Change
from billogram_contract.results.verdict import Exit


def add(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("old", type=Path, help="the older ledger")
    parser.add_argument("new", type=Path, help="the newer ledger")
    parser.add_argument(
        "--fail-on",
        default=DIRECTIONS[0],
        help=f"the mildest change for exit code 1: {', '.join(DIRECTIONS)} (default {DIRECTIONS[0]})",
    )


def run(options: argparse.Namespace) -> Exit:
    """Prints the changes, the worst first; raises SetupError where a file is no ledger."""
    if options.fail_on not in DIRECTIONS:
        raise SetupError(f"--fail-on {options.fail_on!r} is not known: choose {', '.join(DIRECTIONS)}.")
    old, new = ledger.read(options.old), ledger.read(options.new)
    found = comparison.compare(old, new)
    print(f"from {old.run.started} to {new.run.started}: {len(found.changes)} changes")
    for change in found.changes:
        print("", *(visible(line, len(line)) for line in text(change).splitlines()), sep="\n")
    if found.left_out:
        print(f"\nnot compared: {found.left_out}")
    is_bad = any(_fails(change, options.fail_on) for change in found.changes)
    return Exit.DRIFT if is_bad else Exit.HELD


def text(change: Change) -> str:
    """A change for a terminal, four lines."""
    return (
        f"{change.what} {change.kind} ({change.direction}): {change.clause} at {change.place}\n"
        f"  before: {change.before}\n"
        f"  now:    {change.after}\n"
        f"  again:  {change.curl}"
    )


def _fails(change: Change, fail_on: Direction) -> bool:
    """Whether a change fails: a finding that is gone is none to fail for."""
    is_better = change.kind == "finding" and change.what == "gone"
    return not is_better and is_as_bad(change.direction, fail_on)
