"""Keep a history of runs in a folder: a line a run, one page, a badge, and the baseline of the next run."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from billogram_contract.report import wording
from billogram_contract.results import baseline, ledger
from billogram_contract.results.files import write_whole
from billogram_contract.results.verdict import Exit
from billogram_contract.spec import clauses, description
from billogram_contract.watch import history, page

EXAMPLE = "billogram-contract history history report/ledger.json"


def add(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.epilog = f"example: {EXAMPLE}"
    parser.add_argument("folder", type=Path, metavar="DIR", help="the folder of the history")
    parser.add_argument("ledgers", nargs="*", type=Path, metavar="LEDGER", help="the ledgers of runs to add")


def run(options: argparse.Namespace) -> Exit:
    """Adds the runs and renders the history; raises SetupError where one of the files is none."""
    folder: Path = options.folder
    told = [ledger.read(path) for path in options.ledgers]
    nights = history.read(folder)
    for one in told:
        nights = history.append(one, folder)
    write_whole(page.text(nights, clauses.load(description.load())), folder / "index.html")
    write_whole(json.dumps(history.badge(nights), indent=1) + "\n", folder / history.BADGE)
    print(f"{wording.plural(len(nights), 'run')} in {folder / history.LINES}; see {folder / 'index.html'}")
    kept = folder / baseline.KEPT
    since = wording.moment(ledger.read(kept).run.started) if kept.exists() else "none yet"
    print(f"baseline of the next run: {since}")
    return Exit.HELD
