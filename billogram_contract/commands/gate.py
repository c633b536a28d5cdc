"""Decide on a release: open (0) or shut (1), by the ledgers of live runs or recordings, without a network."""

from __future__ import annotations

import argparse
import os
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from billogram_contract import places
from billogram_contract.results import deviations, ledger
from billogram_contract.results.model import Ledger
from billogram_contract.results.verdict import Exit
from billogram_contract.run import contained, settings_file
from billogram_contract.run.settings import Given, days, deviations_file, one_of
from billogram_contract.spec import clauses, description
from billogram_contract.upstream.address import SANDBOX_URL, checked_address
from billogram_contract.watch import gate
from billogram_contract.watch.gate import Demand

MAX_AGE = "7"
EXAMPLE = "billogram-contract gate report/ledger.json --client python --max-age 3"


def add(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.epilog = f"example: {EXAMPLE}"
    parser.add_argument(
        "evidence",
        nargs="+",
        type=Path,
        help="a ledger of a live run or of a replay, or a folder of cassettes",
    )
    parser.add_argument("--client", default="", help="the published client that the SDK is, such as python")
    parser.add_argument("--max-age", help=f"the most days that an answer may be old (default {MAX_AGE})")
    parser.add_argument("--base-url", help=f"the upstream that must have answered (default {SANDBOX_URL})")
    parser.add_argument("--deviations", help=f"the accepted findings (default {places.DEVIATIONS.name})")


def run(options: argparse.Namespace) -> Exit:
    """Prints the decision and why; raises SetupError where what was given cannot be read."""
    value = Given(vars(options), os.environ, settings_file.find(Path.cwd())).text
    promised = description.load()
    demand = Demand(
        address=checked_address(value("base_url") or SANDBOX_URL),
        description=promised.sha256,
        clauses=clauses.load(promised),
        max_age=timedelta(days=days(value("max_age") or MAX_AGE) or 0),
        client=one_of("--client", options.client, clauses.read_sources().clients) if options.client else "",
        deviations=deviations.load(deviations_file(value("deviations"))),
        now=datetime.now(UTC),
    )
    decision = gate.decide({str(path): _read(path) for path in options.evidence}, demand)
    print("\n".join(decision.lines))
    return Exit.HELD if decision.is_open else Exit.DRIFT


def _read(path: Path) -> Ledger | str:
    """The ledger in a file, or of the replay of a folder; a text where there is none."""
    if not path.exists():
        return "it is not there"
    return _replayed(path) if path.is_dir() else ledger.read(path)


def _replayed(cassettes: Path) -> Ledger | str:
    with tempfile.TemporaryDirectory() as folder:
        where = ["--target", "cassettes", "--cassettes", str(cassettes.resolve()), "--report-dir", folder]
        # The gate itself asks how old the recording is, and looks at deviations and changes.
        code = contained.run([*where, "--max-age", "999999"], is_quiet=True)
        path = Path(folder) / "ledger.json"
        if path.exists():
            return ledger.read(path)
    return f"its replay ends with {code}: see what replay --cassettes {cassettes} says"
