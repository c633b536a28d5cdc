"""Compare two ledgers: what changed from the older to the newer one."""

from __future__ import annotations

import argparse
from pathlib import Path

from billogram_contract.checking.finding import DIRECTIONS, Direction, is_as_bad
from billogram_contract.report import wording
from billogram_contract.report.wording import visible
from billogram_contract.results import comparison, ledger
from billogram_contract.results.model import Change
from billogram_contract.results.verdict import Exit
from billogram_contract.run.settings import one_of


def add(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("old", type=Path, help="the older ledger")
    parser.add_argument("new", type=Path, help="the newer ledger")
    parser.epilog = "example: billogram-contract compare last-week/ledger.json report/ledger.json"
    parser.add_argument(
        "--fail-on",
        metavar="DIRECTION",
        default=DIRECTIONS[0],
        help=f"the mildest change for exit code 1: {', '.join(DIRECTIONS)} (default {DIRECTIONS[0]})",
    )


def run(options: argparse.Namespace) -> Exit:
    """Prints the changes, the worst first; raises SetupError where a file is no ledger."""
    fail_on = one_of("--fail-on", options.fail_on, DIRECTIONS)
    old, new = ledger.read(options.old), ledger.read(options.new)
    comparison.require_comparable(old, options.old, comparison.kind_of(old))
    comparison.require_comparable(new, options.new, comparison.kind_of(old))
    found = comparison.compare(old, new)
    for word, told in (("from", old), ("to", new)):
        print(f"{word:5}{wording.moment(told.run.started)}, {wording.target(told)}")
    print(f"{wording.plural(len(found.changes), 'change')}")
    for change in found.changes:
        print("", *(visible(line, len(line)) for line in text(change).splitlines()), sep="\n")
    if found.left_out:
        print(f"\nnot compared: {found.left_out}")
    is_bad = any(_fails(change, fail_on) for change in found.changes)
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
