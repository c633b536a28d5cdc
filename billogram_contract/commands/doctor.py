"""Check before a live run that it can do its work; nothing is changed."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from billogram_contract.errors import Blocked, Outage, SetupError
from billogram_contract.pool import journal, locks
from billogram_contract.pool.journal import Journal, JournalGone
from billogram_contract.results import baseline, deviations
from billogram_contract.results.verdict import Exit
from billogram_contract.run import options as options_of_a_run
from billogram_contract.run import settings, settings_file
from billogram_contract.run.settings import FULL_CUSTOMERS, Settings
from billogram_contract.upstream.client import Client
from billogram_contract.upstream.exchange import Answer
from billogram_contract.upstream.lookup import Lookup
from billogram_contract.upstream.reach import reach
from billogram_contract.upstream.retry import Patience
from billogram_contract.upstream.target import Target

FULL_NUMBERS = 10
NUMBERS_LOOKED_AT = 20
CLOCK_TOLERANCE = 60.0  # seconds


@dataclass(frozen=True)
class Line:
    """What one check came to; an empty problem is none, and one of code 0 keeps no run from its work."""

    what: str
    told: str
    problem: str = ""
    code: Exit = Exit.SETUP

    @property
    def mark(self) -> str:
        if not self.problem:
            return "ok"
        return "problem" if self.code else "note"


def add(parser: argparse.ArgumentParser) -> None:
    """Declares the options: those of a live run."""
    for option in options_of_a_run.OPTIONS:
        if option.kind != "several":
            parser.add_argument(f"--{option.name}", **option.how)
    parser.epilog = "example: billogram-contract doctor --customers 9001-9012 --numbers 9100-9199"


def run(options: argparse.Namespace) -> Exit:
    """Prints a line a check; raises SetupError where the settings are wrong."""
    given = vars(options)
    target = given["target"] or os.environ.get("BILLOGRAM_TARGET") or "live"
    told = settings.read({**given, "target": target}, file=settings_file.find(Path.cwd()))
    if told.target != "live":
        raise SetupError(f"The doctor is for live targets, not for {told.target}: give --target live.")
    codes = [Exit.HELD]
    for line in examine(told):
        print(
            f"{line.mark:8} {line.what}: {line.told}{': ' if line.problem else ''}{line.problem}", flush=True
        )
        codes += [line.code] if line.problem else []
    return max(codes)


def examine(told: Settings) -> Iterator[Line]:
    """The checks in order: what is on this machine first, then what needs an upstream that answers."""
    yield from _files(told)
    yield from _house(told)
    yield Line("address", told.base_url)
    target = Target("live", told.base_url, told.user, told.password, told.customers, told.numbers)
    client = Client(target, patience=Patience(silence=0.0))
    try:
        reach(told.base_url, lambda line: print(line, file=sys.stderr))
        answer = client.list(page=1, page_size=1)
        yield Line("reachable", f"answers in {answer.seconds * 1000:.0f} ms")
        yield from _account(told, answer, Lookup(client, 0.0))
    except Outage as error:
        yield Line("reachable", "no", str(error), Exit.INCONCLUSIVE)
    finally:
        client.close()


def _files(told: Settings) -> Iterator[Line]:
    """What a run reads before it asks, and where it writes."""
    try:
        deviations.load(told.deviations)
        baseline.find(told.baseline)
    except SetupError as error:
        yield Line("files", "unreadable", str(error))
    folders = {"--report-dir": told.report_dir, "--journal-dir": told.journal_dir or journal.default_folder()}
    unusable = [f"{name} {folder}" for name, folder in folders.items() if folder and not _is_writable(folder)]
    yield Line("folders", "where a run writes", f"cannot write to {', '.join(unusable)}" if unusable else "")


def _is_writable(folder: Path) -> bool:
    """Whether a folder can be written to, or made; nothing is made."""
    there = next(one for one in (folder.absolute(), *folder.absolute().parents) if one.exists())
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)


def _account(told: Settings, answer: Answer, listing: Lookup) -> Iterator[Line]:
    """What needs an upstream that answers."""
    if answer.status in (401, 403):
        fix = "check BILLOGRAM_API_USER and BILLOGRAM_API_PASSWORD"
        yield Line("credentials", f"refused ({answer.brief})", fix)
        return
    if not answer.is_success:
        fix = "give --base-url up to and with the version, such as …/api/v2"
        yield Line("list", f"GET /customer is answered {answer.brief}", fix)
        return
    yield Line("credentials", f"user {told.user} is let in")
    steps: tuple[Callable[[Settings, Answer, Lookup], Iterator[Line]], ...] = (
        _list, _customers, _numbers, _clock,
    )  # fmt: skip
    for step in steps:
        try:
            yield from step(told, answer, listing)
        except Outage as error:
            yield Line(step.__name__.strip("_"), "not told", str(error), Exit.INCONCLUSIVE)
        except Blocked as error:
            yield Line(step.__name__.strip("_"), "not told", str(error))


def _list(told: Settings, answer: Answer, listing: Lookup) -> Iterator[Line]:
    yield Line("list", f"{answer.total_count} customers in the account")


def _customers(told: Settings, answer: Answer, listing: Lookup) -> Iterator[Line]:
    if not told.customers:
        yield Line(
            "customers",
            "none allotted",
            "the run only reads, and what needs writing stays unchecked; give --customers and --numbers",
            Exit.INCONCLUSIVE if told.require_complete else Exit.HELD,
        )
        return
    listing.probe(told.customers[0])
    missing = [number for number in told.customers if listing.find(number) is None]
    count = len(told.customers)
    fix = "create them in the account, or give others to --customers"
    yield Line(
        "customers",
        f"{count - len(missing)} of {count} allotted customers are there",
        f"{_some(missing)} missing; {fix}" if missing else "",
    )
    enough = count >= FULL_CUSTOMERS
    yield Line(
        "coverage",
        f"{count} customers" + (" are enough for every check" if enough else ""),
        "" if enough else f"some checks need {FULL_CUSTOMERS} and will stay unchecked; allot more",
    )


def _numbers(told: Settings, answer: Answer, listing: Lookup) -> Iterator[Line]:
    if not told.numbers:
        if told.customers:
            yield Line("numbers", "none allotted", "renumbering will stay unchecked; give --numbers")
        return
    looked_at = told.numbers[:NUMBERS_LOOKED_AT]
    taken = [number for number in looked_at if listing.find(number) is not None]
    few = len(told.numbers) < FULL_NUMBERS
    problem = f"{_some(taken)} taken; give a range that nobody uses" if taken else ""
    problem = problem or (f"few: allot {FULL_NUMBERS} or more" if few else "")
    yield Line("numbers", f"{len(looked_at) - len(taken)} of {len(looked_at)} looked at are free", problem)


def _clock(told: Settings, answer: Answer, listing: Lookup) -> Iterator[Line]:
    try:
        theirs = parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        yield Line("clock", "upstream sends no Date to compare with")
        return
    apart = abs((datetime.now(UTC) - theirs.replace(tzinfo=theirs.tzinfo or UTC)).total_seconds())
    problem = "" if apart < CLOCK_TOLERANCE else "set this machine's clock"
    yield Line("clock", f"{apart:.0f} s apart from upstream's", problem)


def _house(told: Settings) -> Iterator[Line]:
    """Journals and claims on this machine."""
    folder = told.journal_dir or journal.default_folder()
    ours = journal.header(told.base_url, told.user, told.customers, told.numbers)
    left, busy = [], []
    for path in journal.found(folder):
        try:
            header, entries = journal.read(path)
        except JournalGone:
            continue
        except SetupError as error:
            yield Line("journal", "unreadable", str(error))
            continue
        if locks.overlap(ours, header):
            under_way = Journal.is_kept(path)
            busy += [header] if under_way else []
            left += [path] if not under_way and any(entry.changed for entry in entries.values()) else []
    fix = "run python -m billogram_contract restore"
    yield Line("journals", f"{len(left)} left by dead runs in {folder}", fix if left else "")
    pids = ", ".join(str(header.pid) for header in busy)
    yield Line(
        "claims", "taken" if busy else "free", f"a run under way has them (pid {pids}): wait" if busy else ""
    )


def _some(numbers: list[Any]) -> str:
    return ", ".join(map(str, numbers[:5])) + (f" and {len(numbers) - 5} more" if len(numbers) > 5 else "")
