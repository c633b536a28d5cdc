"""Put back what killed runs left changed, from their journals."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from billogram_contract.errors import Outage, SetupError
from billogram_contract.pool import journal
from billogram_contract.pool.journal import Journal
from billogram_contract.pool.recovery import restore
from billogram_contract.results.verdict import Exit
from billogram_contract.run.settings import settle_time
from billogram_contract.upstream.address import checked_address


def add(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument(
        "--journal-dir", metavar="FOLDER", help="where the journals are (BILLOGRAM_JOURNAL_DIR)"
    )
    parser.add_argument("--settle", help="seconds for which the list may lag behind a write (default 2)")


def run(options: argparse.Namespace) -> Exit:
    """Restores; raises SetupError or Outage where a journal cannot be worked through."""
    folder = Path(options.journal_dir or os.environ.get("BILLOGRAM_JOURNAL_DIR") or journal.default_folder())
    settle = settle_time(options.settle or os.environ.get("BILLOGRAM_SETTLE") or "2")
    paths = list(journal.found(folder))
    if not paths:
        print(f"Nothing to restore: there is no journal in {folder}.")
        return Exit.HELD
    return max(_restore_or_tell(path, settle) for path in paths)


def _restore_or_tell(path: Path, settle: float) -> Exit:
    """One journal that cannot be worked through keeps none of the others."""
    try:
        return _restore(path, settle)
    except (SetupError, Outage) as error:
        print(error, file=sys.stderr)
        return Exit.SETUP if isinstance(error, SetupError) else Exit.INCONCLUSIVE


def _restore(path: Path, settle: float) -> Exit:
    header, _ = journal.read(path)
    left = Journal.take(path)
    if left is None:
        print(
            f"{header.base_url}: a run is under way (pid {header.pid}, since {header.started}): left alone."
        )
        return Exit.SETUP
    try:
        return _put_back(left, settle)
    finally:
        left.close()


def _put_back(left: Journal, settle: float) -> Exit:
    address, user = checked_address(left.header.base_url), left.header.user
    if not left.changed:
        print(f"{address}: the run of {left.header.started} left nothing changed.")
        return Exit.HELD
    if os.environ.get("BILLOGRAM_API_USER") != user or not os.environ.get("BILLOGRAM_API_PASSWORD"):
        raise SetupError(
            f"{left.path} is of the API user {user} at {address}:"
            " set BILLOGRAM_API_USER and BILLOGRAM_API_PASSWORD to that user's."
        )
    restored = restore(left, os.environ["BILLOGRAM_API_PASSWORD"], settle)
    print(f"{address}: {restored.customers} customers are as the run of {left.header.started} found them.")
    for problem in restored.problems:
        print(f"NOT PUT BACK: {problem}")
    if restored.problems:
        print(f"Put the rest back by hand; {left.path} has how it was. Delete it then.")
    return Exit.DRIFT if restored.problems else Exit.HELD
