"""Ask again for a finding: run just the check that found it, and say whether it is still so."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from billogram_contract.commands.accept import LEDGER, finding_in
from billogram_contract.commands.options_of_a_run import declare, require_good
from billogram_contract.results import ledger
from billogram_contract.results.model import FindingEntry, Ledger
from billogram_contract.results.verdict import Exit
from billogram_contract.results.words import Word
from billogram_contract.run import contained

EXAMPLE = "billogram-contract again eae9c6751871 --target live --customers 9001-9012 --numbers 9100-9199"


def add(parser: argparse.ArgumentParser) -> None:
    """Declares the options; those of a run say where to ask."""
    parser.add_argument("finding", help="a finding's fingerprint, or its clause where that has only one")
    parser.add_argument(
        "--ledger", type=Path, default=LEDGER, help=f"the ledger that has it (default {LEDGER})"
    )
    declare(parser, EXAMPLE)


def run(options: argparse.Namespace) -> Exit:
    """Prints *still so* (1), *no longer* (0) or *could not be asked* (6, or 2 for a wrong setting)."""
    require_good(options.rest, report_dir="")
    wanted = finding_in(ledger.read(options.ledger), options.finding, options.ledger)
    check = wanted.check.partition("[")[0] if wanted.generated else wanted.check
    if "::" not in check:
        print(f"could not be asked: no check found {wanted.fingerprint}; run the whole suite again.")
        return Exit.INCONCLUSIVE
    with tempfile.TemporaryDirectory() as folder:
        code = contained.run(["--report-dir", folder, *options.rest], check, is_quiet=True)
        path = Path(folder) / "ledger.json"
        if code not in (Exit.HELD, Exit.DRIFT, Exit.INCONCLUSIVE) or not path.exists():
            print("could not be asked: see above.")
            return Exit(code) if code in list(Exit) else Exit.INTERNAL
        told = ledger.read(path)
    return _told(wanted, told)


def _told(wanted: FindingEntry, told: Ledger) -> Exit:
    """What asking again came to, for a finding and the ledger of the new run."""
    what = f"{wanted.clause} ({wanted.direction}) at {wanted.place}"
    for one in told.findings:
        if set(one.fingerprints) & set(wanted.fingerprints):
            print(f"still so: {what}: {one.headline}")
            return Exit.DRIFT
    clause = next(one for one in told.clauses if one.id == wanted.clause)
    if clause.verdict in (Word.HOLDS, Word.ANSWERED):
        print(f"no longer: {what}")
        return Exit.HELD
    print(f"could not be asked: {clause.reason or clause.verdict}")
    return Exit.INCONCLUSIVE
