"""Keep one GitHub issue a finding: open, update, close and reopen them as a run of upstream says."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from billogram_contract.commands.accept import LEDGER
from billogram_contract.report import wording
from billogram_contract.results import ledger
from billogram_contract.results.verdict import Exit
from billogram_contract.watch import github, issues

EXAMPLE = "billogram-contract issues report/ledger.json --repository owner/sdk --dry-run"


def add(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.epilog = f"The token comes from GITHUB_TOKEN alone. Example: {EXAMPLE}"
    parser.add_argument("ledger", nargs="?", type=Path, default=LEDGER, help=f"the run's ledger ({LEDGER})")
    parser.add_argument(
        "--repository",
        default=os.environ.get("GITHUB_REPOSITORY", ""),
        help="whose issues, owner/name (GITHUB_REPOSITORY)",
    )
    parser.add_argument(
        "--api-url",
        default=os.environ.get("GITHUB_API_URL") or github.PUBLIC,
        help=f"the address of GitHub's API (GITHUB_API_URL, or {github.PUBLIC})",
    )
    parser.add_argument("--dry-run", action="store_true", help="print what would be done, and write nothing")


def run(options: argparse.Namespace) -> Exit:
    """Prints a line for each thing that is done; raises SetupError or Outage where GitHub doesn't let it."""
    told = ledger.read(options.ledger)
    if reason := issues.unfit(told):
        print(f"All issues stay as they are: the run is no news of upstream, {reason}.")
        return Exit.HELD
    hub = github.connect(options.api_url, options.repository, os.environ.get("GITHUB_TOKEN", ""))
    steps = issues.plan(told, issues.look(hub), hub.now())
    if options.dry_run:
        lines = [f"would {step.line}" for step in steps]
        print(*lines or ["Nothing would be done."], sep="\n")
        return Exit.HELD
    count = 0
    for line in issues.carry_out(told, hub, steps):
        print(line, flush=True)
        count += 1
    print(f"{wording.plural(len(told.findings), 'finding')}, {wording.plural(count, 'issue')} touched")
    return Exit.HELD
