"""Accept a finding for now: write it into openapi/deviations.toml, with a reason and an end."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from msgspec.structs import asdict, replace

from billogram_contract import places
from billogram_contract.errors import SetupError
from billogram_contract.results import deviations, ledger
from billogram_contract.results.model import FindingEntry, Ledger
from billogram_contract.results.verdict import Exit
from billogram_contract.run.settings import REPORT_DIR

LEDGER = Path(REPORT_DIR) / "ledger.json"


def add(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.epilog = (
        'example: billogram-contract accept eae9c6751871 --reason "They raise the limit." --until 2027-03-31'
    )
    parser.add_argument("finding", help="a finding's fingerprint, or its clause where that has only one")
    parser.add_argument("--reason", required=True, help="why it is accepted")
    parser.add_argument("--until", required=True, metavar="DATE", help="the last day, such as 2027-01-31")
    parser.add_argument(
        "--ledger", type=Path, default=LEDGER, help=f"the ledger to take it from (default {LEDGER})"
    )
    parser.add_argument(
        "--deviations",
        type=Path,
        default=places.DEVIATIONS,
        help=f"where to write it (default {places.DEVIATIONS.name})",
    )


def run(options: argparse.Namespace) -> Exit:
    """Writes the entry; raises SetupError where finding, reason or date is none."""
    until = _date(options.until)
    if not options.reason.strip():
        raise SetupError("--reason is empty: say why the finding is accepted.")
    told = ledger.read(options.ledger)
    entry = finding_in(told, options.finding, options.ledger)
    deviation = deviations.of_entry(told, entry, reason=options.reason.strip(), until=until)
    for member in members(entry):
        one = deviations.of_entry(told, member, reason=options.reason.strip(), until=until)
        deviations.add(one, options.deviations)
    print(f"Finding {deviation.finding} ({deviation.clause}) is accepted until {until}.")
    return Exit.HELD


def _date(text: str) -> date:
    try:
        until = date.fromisoformat(text)
    except ValueError:
        raise SetupError(f"--until {text!r} is no date: write it like 2027-01-31.") from None
    if until < date.today():
        raise SetupError(f"--until {text} is over: give a day to come.")
    return until


def members(entry: FindingEntry) -> Iterator[FindingEntry]:
    """A finding and what departs with it for the same cause, each as a finding of its own."""
    yield entry
    for one in entry.also:
        own = {name: value for name, value in asdict(one).items() if name in entry.__struct_fields__}
        yield replace(entry, **own)


def finding_in(told: Ledger, wanted: str, path: Path) -> FindingEntry:
    """The finding of a ledger by fingerprint or clause; raises SetupError where it isn't one."""
    found = [one for one in told.findings if wanted in (*one.fingerprints, one.clause)]
    if not found:
        known = ", ".join(one.fingerprint for one in told.findings) or "none"
        raise SetupError(f"There is no finding {wanted!r} in {path}: it has {known}.")
    if len(found) > 1:
        known = ", ".join(one.fingerprint for one in found)
        raise SetupError(f"Clause {wanted} has {len(found)} findings: choose one of {known}.")
    return found[0]
