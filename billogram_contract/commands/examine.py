"""Hold recordings made elsewhere, VCR cassettes and HAR files, against the contract."""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

from billogram_contract.checking import finding
from billogram_contract.checking.finding import DIRECTIONS, Direction
from billogram_contract.checking.record import Record
from billogram_contract.checking.recorder import Recorder
from billogram_contract.errors import SetupError
from billogram_contract.places import DEVIATIONS
from billogram_contract.recording import exchanges, importers
from billogram_contract.recording.redaction import Exchange
from billogram_contract.report import Reporter
from billogram_contract.report.wording import plural, visible
from billogram_contract.results import deviations, ledger
from billogram_contract.results.deviations import Deviation
from billogram_contract.results.model import About, Allotted, Evidence, Ledger, TargetEntry
from billogram_contract.results.verdict import Exit, exit_code, findings_of, verdicts
from billogram_contract.results.words import Word
from billogram_contract.run.settings import deviations_file, one_of
from billogram_contract.spec import clauses as clauses_module
from billogram_contract.spec import description as description_module
from billogram_contract.upstream.address import LOOPBACK, SANDBOX_URL, is_production

ELSEWHERE = "recorded elsewhere"
MOST_HOSTS = 5  # of those left out that are named


@dataclass
class Examined:
    """What came of all files: a record of each entry that was held, by its place, and what was not held."""

    records: list[Record] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    held: Counter[str] = field(default_factory=Counter)  # answers by host
    elsewhere: Counter[str] = field(default_factory=Counter)  # entries of the operations, by host
    others: int = 0


def add(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a VCR cassette or HAR file")
    parser.add_argument(
        "--host",
        action="append",
        default=[],
        metavar="NAME",
        help="a host that is this API too, repeatable (default the description's servers and loopback)",
    )
    parser.add_argument(
        "--fail-on",
        default=DIRECTIONS[0],
        metavar="DIRECTION",
        help=f"the mildest direction that fails: {', '.join(DIRECTIONS)} (default {DIRECTIONS[0]})",
    )
    parser.add_argument(
        "--deviations", type=Path, metavar="FILE", help=f"the accepted findings (default {DEVIATIONS.name})"
    )
    parser.add_argument(
        "--report-dir", metavar="DIR", help="where the ledger and the reports go (default none)"
    )
    parser.epilog = (
        "example: billogram-contract examine export.har --host api.example.com --report-dir report"
    )


def run(options: argparse.Namespace) -> Exit:
    """Examines the files and tells what was found."""
    started = time.monotonic()
    fail_on = one_of("--fail-on", options.fail_on, DIRECTIONS)
    accepted = deviations.load(deviations_file(options.deviations))
    reporter = Reporter(Path(options.report_dir) if options.report_dir else None)
    reporter.require_folder()
    description = description_module.load()
    recorder = Recorder(description, clauses_module.load(description), SANDBOX_URL)
    servers = (str(server["url"]) for server in description.at("/servers").value)
    hosts = {*LOOPBACK, *(urlsplit(url).hostname or "" for url in servers), *map(_host, options.host)}
    examined = Examined()
    for path in options.files:
        examine(path, recorder, examined, hosts)
    told = _ledger(examined, recorder, accepted, fail_on, options.files, time.monotonic() - started)
    for line in lines(examined, told, len(options.files)):
        print(visible(line, len(line)))
    if options.report_dir:
        reporter.write(told)
    return Exit(told.verdict.exit_code or Exit.HELD)


def _host(text: str) -> str:
    """A host as it was given, with a port or not."""
    host = urlsplit(f"//{text}").hostname if "/" not in text else None
    if not host:
        raise SetupError(f"--host {text!r} is no host: write it like api.example.com.")
    return host


def examine(path: Path, recorder: Recorder, examined: Examined, hosts: Collection[str]) -> None:
    """Holds the entries of one file against the contract."""
    try:
        for entry in importers.entries(path):
            place = f"{path}, entry {entry.number}"
            if entry.exchange is None:
                examined.unreadable.append(f"{place}: {entry.trouble}")
            else:
                _hold(entry.exchange, place, recorder, examined, hosts)
    except importers.Unreadable as error:
        examined.unreadable.append(f"{path}: {error}")


def _hold(
    exchange: Exchange, place: str, recorder: Recorder, examined: Examined, hosts: Collection[str]
) -> None:
    try:
        if exchanges.call_of(exchange) is None:
            examined.others += 1
            return
        url = urlsplit(exchange.url)
        host = url.hostname or ""
        if host not in hosts:
            examined.elsewhere[host] += 1
            return
        recorder.base_url = _asked_again_at(exchange.url)
        recorder.begin(place, ())
        recorder.receive(exchanges.answer_of(exchange))
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        examined.unreadable.append(f"{place}: it cannot be judged ({type(error).__name__})")
        return
    examined.held[host] += 1
    examined.records.append(recorder.end())


def _asked_again_at(address: str) -> str:
    """The base URL for the line that asks again, without credentials; what was production is the sandbox."""
    url = urlsplit(address)
    if is_production(url.hostname or ""):
        return SANDBOX_URL
    return f"{url.scheme}://{url.netloc.rpartition('@')[2]}{url.path.rpartition('/customer')[0]}"


def _ledger(
    examined: Examined,
    recorder: Recorder,
    known: tuple[Deviation, ...],
    fail_on: Direction,
    files: list[Path],
    seconds: float,
) -> Ledger:
    """All of it as the ledger of a run."""
    found = findings_of(examined.records)
    statuses = deviations.standing(known, found, (), target="live", depth="")
    accepted = deviations.accepted(statuses)
    judged = verdicts(recorder.clauses, examined.records, accepted)
    code = exit_code(judged, fail_on, accepted)
    if any(one.state != "current" for one in statuses):
        code = Exit.DRIFT
    if code == Exit.HELD and examined.unreadable:
        code = Exit.SETUP
    return ledger.build(
        _about(examined, recorder.description.sha256, fail_on, files, seconds),
        description=recorder.description,
        verdicts=judged,
        records=examined.records,
        deviation_statuses=statuses,
        fail_on=fail_on,
        exit_code=code,
    )


def _about(
    examined: Examined, description: str, fail_on: Direction, files: list[Path], seconds: float
) -> About:
    """What the ledger says of recordings: as old as the oldest file, and asked by nobody of this suite."""
    dates = [path.stat().st_mtime for path in files if path.exists()]
    recorded = datetime.fromtimestamp(min(dates), UTC) if dates else datetime.now(UTC)
    hosts = ", ".join(sorted(examined.held)) or "nowhere"
    return About(
        started=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=round(seconds, 1),
        target=TargetEntry("cassettes", None, [], [], Allotted(0, 0)),
        evidence=Evidence(
            recording=ELSEWHERE,
            kind="live",
            host=hosts,
            recorded=recorded.isoformat(timespec="seconds"),
            suite=version("billogram-contract"),
            description=description,
            drifts=[],
            variants=[],
            words=f"{plural(len(files), 'file')} {ELSEWHERE}, from {hosts}",
        ),
        description=description,
        depth="",
        fail_on=fail_on,
        settle=0.0,
        scenarios="",
        checks=0,
        versions=ledger.versions(),
        partial=True,  # whoever recorded asked what they needed
    )


def lines(examined: Examined, told: Ledger, files: int) -> Iterator[str]:
    """What was found, line by line."""
    for one in told.findings:
        yield f"{'ACCEPTED' if one.accepted else 'DRIFTED'}  {one.statement} (source {one.source})"
        yield from (line for line in finding.text(one).splitlines() if not line.startswith("  again:"))
        yield f"  finding:  {one.fingerprint}"
        yield from (
            f"  with it:  {two.clause} ({two.direction}) at {two.place}: {two.observed}" for two in one.also
        )
        yield f"  seen in:  {one.check}"
        yield ""
    yield from (status.line for status in told.deviations)
    for trouble in examined.unreadable:
        yield f"could not be read: {trouble}"
    if examined.elsewhere:
        hosts = [host for host, _ in examined.elsewhere.most_common(MOST_HOSTS)]
        more = f" and {len(examined.elsewhere) - MOST_HOSTS} more" * (len(examined.elsewhere) > MOST_HOSTS)
        yield f"left out, as of other hosts: {', '.join(hosts)}{more}; --host NAME holds one"
    counts = told.verdict.clauses
    others = examined.others + examined.elsewhere.total()
    yield (
        f"{plural(counts[Word.HOLDS], 'clause holds', 'clauses hold')}, {counts[Word.DRIFTED]} drifted"
        f" in {plural(examined.held.total(), 'answer')} of {plural(files, 'file')};"
        f" {others} entries of other endpoints or hosts left out, {len(examined.unreadable)} not read"
    )
