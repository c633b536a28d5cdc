"""Hold recordings made elsewhere, VCR cassettes and HAR files, against the contract."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from billogram_contract.checking import finding
from billogram_contract.checking.finding import DIRECTIONS, Finding, fails
from billogram_contract.checking.recorder import Recorder
from billogram_contract.recording import exchanges, importers
from billogram_contract.recording.redaction import Exchange
from billogram_contract.report.wording import visible
from billogram_contract.results.verdict import Exit
from billogram_contract.spec import clauses as clauses_module
from billogram_contract.spec import description as description_module


@dataclass
class Examined:
    """What came of all files: findings with the place of the first entry that shows each, and the rest."""

    findings: list[tuple[Finding, str]] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    held: int = 0
    others: int = 0


def add(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a VCR cassette or HAR file")
    parser.add_argument(
        "--fail-on",
        choices=DIRECTIONS,
        default="additive",
        help="the mildest direction that fails (default additive)",
    )


def run(options: argparse.Namespace) -> Exit:
    """Examines the files and tells what was found."""
    description = description_module.load()
    recorder = Recorder(description, clauses_module.load(description), "")
    examined = Examined()
    for path in options.files:
        examine(path, recorder, examined)
    for line in lines(examined, recorder, len(options.files)):
        print(visible(line, len(line)))
    if any(fails(found, options.fail_on) for found, _ in examined.findings):
        return Exit.DRIFT
    return Exit.SETUP if examined.unreadable or not examined.held else Exit.HELD


def examine(path: Path, recorder: Recorder, examined: Examined) -> None:
    """Holds the entries of one file against the contract."""
    try:
        for entry in importers.entries(path):
            place = f"{path}, entry {entry.number}"
            if entry.exchange is None:
                examined.unreadable.append(f"{place}: {entry.trouble}")
            else:
                _hold(entry.exchange, place, recorder, examined)
    except importers.Unreadable as error:
        examined.unreadable.append(f"{path}: {error}")


def _hold(exchange: Exchange, place: str, recorder: Recorder, examined: Examined) -> None:
    try:
        if exchanges.call_of(exchange) is None:
            examined.others += 1
            return
        url = urlsplit(exchange.url)
        host = url.netloc.rpartition("@")[2]  # without credentials
        recorder.base_url = f"{url.scheme}://{host}{url.path.rpartition('/customer')[0]}"
        known = len(recorder.record.findings)
        recorder.receive(exchanges.answer_of(exchange))
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        examined.unreadable.append(f"{place}: it cannot be judged ({type(error).__name__})")
        return
    examined.held += 1
    examined.findings += [(found, place) for found in recorder.record.findings[known:]]


def lines(examined: Examined, recorder: Recorder, files: int) -> Iterator[str]:
    """What was found, line by line."""
    for found, place in examined.findings:
        clause = recorder.clauses[found.clause]
        yield f"DRIFTED  {clause.statement} (source {clause.source})"
        yield from finding.text(found).splitlines()
        yield f"  seen in:  {place}"
        yield ""
    for trouble in examined.unreadable:
        yield f"could not be read: {trouble}"
    drifted = {found.clause for found, _ in examined.findings}
    held = len(recorder.record.exercised.keys() - drifted)
    yield (
        f"{held} clauses hold, {len(drifted)} drifted in {examined.held} answers of {files} files;"
        f" {examined.others} entries of other endpoints left out, {len(examined.unreadable)} not read"
    )
