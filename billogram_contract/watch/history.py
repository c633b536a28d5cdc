"""The history: one line a run, what came of that from night to night, and the baseline beside it.

A line holds verdicts, findings by fingerprint, and answers to open questions: nothing that was sent, nothing
of an answer beyond what a check noted. Lines of two histories can be put together in any order.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from billogram_contract.checking.finding import PROFILE
from billogram_contract.checking.story import Story
from billogram_contract.errors import SetupError
from billogram_contract.report.wording import visible
from billogram_contract.results import baseline, ledger
from billogram_contract.results.files import write_whole
from billogram_contract.results.model import FindingEntry, Ledger
from billogram_contract.results.words import RunWord, Word
from billogram_contract.watch.departures import Departure, departures
from billogram_contract.watch.moments import moment

LINES = "history.jsonl"
LATEST = "latest.json"  # the ledger of the last run, for the gate
BADGE = "badge.json"
ATTRIBUTES = f"{LINES} merge=union\n"  # git puts the lines of two jobs together
LONGEST_ANSWER = 120
ASKED = (Word.HOLDS, Word.ANSWERED)
COLOURS = {RunWord.HELD: "brightgreen", RunWord.DRIFTED: "red", RunWord.FAILED: "orange"}


class Found(Struct, frozen=True):
    """A finding of a run."""

    id: str
    clause: str
    direction: str
    place: str
    accepted: bool = False


class Night(Struct, frozen=True):
    """One run: `clauses` are their ids by verdict, `answers` what open questions were answered."""

    run: str
    started: str
    seconds: float
    requests: int
    target: str
    suite: str
    description: str
    word: RunWord
    partial: bool
    compared: bool
    clauses: dict[Word, list[str]]
    findings: list[Found] = []
    answers: dict[str, str] = {}

    @property
    def day(self) -> str:
        return self.started[:10]

    def verdict(self, clause: str) -> Word | None:
        """The verdict on a clause; None where the run did not know it."""
        return next((word for word, ids in self.clauses.items() if clause in ids), None)


@dataclass(frozen=True)
class Spell:
    """A time through which a finding was there: the first and the last run with it, and whether it went."""

    first: str
    last: str
    is_over: bool


def night(told: Ledger) -> Night:
    """The line of a run."""
    run = told.run
    clauses: dict[Word, list[str]] = defaultdict(list)
    for clause in told.clauses:
        clauses[clause.shown].append(clause.id)
    identity = json.dumps([run.started, run.target.base_url, run.seconds, told.requests.total, run.scenarios])
    return Night(
        run=hashlib.sha256(identity.encode()).hexdigest()[:12],
        started=moment(run.started).isoformat(timespec="seconds"),
        seconds=run.seconds,
        requests=told.requests.total,
        target=run.evidence.kind if run.evidence else run.target.kind,
        suite=run.versions.get("billogram-contract", ""),
        description=run.description[:12],
        word=told.verdict.word,
        partial=run.partial,
        compared=told.comparison is not None,
        clauses=dict(clauses),
        findings=[
            _found(one, is_accepted=finding.accepted)
            for finding in told.findings
            for one in departures(finding)
        ],
        answers={
            clause.id: visible(clause.reason, LONGEST_ANSWER)
            for clause in told.clauses
            if clause.verdict == Word.ANSWERED
        },
    )


def _found(one: Departure, *, is_accepted: bool) -> Found:
    place = visible(one.place, LONGEST_ANSWER)
    return Found(one.fingerprint, visible(one.clause), one.direction, place, is_accepted)


def read(folder: Path) -> list[Night]:
    """The runs of a history, the oldest first, each once; raises SetupError where a line is none."""
    path = folder / LINES
    try:
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(f"The history {path} cannot be read: {error}.") from None
    nights: dict[str, Night] = {}
    for number, line in enumerate(lines, start=1):
        if line.strip():
            one = _read(line, f"{path}, line {number}")
            nights.setdefault(one.run, one)
    return sorted(nights.values(), key=lambda one: (one.started, one.run))


def _read(line: str, place: str) -> Night:
    try:
        one = msgspec.json.decode(line, type=Night)
    except msgspec.DecodeError as error:  # a ValidationError is one, too
        raise SetupError(f"{place} is no run of a history: {' '.join(str(error).split())[:200]}.") from None
    moment(one.started)
    return one


def append(told: Ledger, folder: Path) -> list[Night]:
    """Adds a run to a history, which changes nothing where it is there already; all its runs."""
    known, new = read(folder), night(told)
    if all(one.run != new.run for one in known):
        path = folder / LINES
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        line = msgspec.json.encode(new).decode()
        write_whole("".join(f"{one}\n" for one in [*before.splitlines(), line]), path)
        write_whole(ATTRIBUTES, folder / ".gitattributes")
        if _is_baseline(told, folder):
            ledger.write(_kept(told), folder / baseline.KEPT)
        if all(one.started <= new.started or one.partial for one in known) and not new.partial:
            ledger.write(_kept(told), folder / LATEST)
    return read(folder)


def _is_baseline(told: Ledger, folder: Path) -> bool:
    """Whether later runs are to be compared with this one.

    A run that held takes the place of an older one; where there is none, any whole run will do.
    """
    is_away = any(clause.verdict == Word.INCONCLUSIVE for clause in told.clauses)
    if not told.complete or told.run.partial or told.run.evidence or is_away:
        return False
    if (folder / baseline.KEPT).exists():
        return told.verdict.word == RunWord.HELD
    return told.verdict.word in (RunWord.HELD, RunWord.DRIFTED, RunWord.INCONCLUSIVE)


def _kept(told: Ledger) -> Ledger:
    """What of a ledger a comparison needs: nothing that was sent."""
    return replace(
        told,
        samples={},
        findings=[_bare(one) for one in told.findings],
        clauses=[
            replace(one, answers=[replace(noted, curl="") for noted in one.answers]) for one in told.clauses
        ],
    )


def _bare(one: FindingEntry) -> FindingEntry:
    """A finding without what was sent and how it is shown again."""
    return replace(one, curl="", asked="", example="", story=Story(headline=one.headline), held=())


def badge(nights: Sequence[Night]) -> dict[str, Any]:
    """What shields.io shows: *held* with the day of the last run, or since when it is not."""
    whole = [one for one in nights if not one.partial]
    told = {"schemaVersion": 1, "label": "Billogram contract"}
    if not whole:
        return {**told, "message": "no run yet", "color": "lightgrey"}
    last = whole[-1]
    since = last.day
    for one in reversed(whole):
        if one.word == RunWord.HELD:
            break
        since = one.day
    message = f"held, {last.day}" if last.word == RunWord.HELD else f"{last.word} since {since}"
    if last.target != "live":
        return {**told, "message": f"{message} (on the suite's own sandbox)", "color": "lightgrey"}
    return {**told, "message": message, "color": COLOURS.get(last.word, "yellow")}


def spells(nights: Sequence[Night]) -> dict[str, tuple[Found, list[Spell]]]:
    """When each finding came and went: it went where its clause was asked again and held."""
    known: dict[str, tuple[Found, list[Spell]]] = {}
    for one in nights:
        there = {found.id: found for found in one.findings}
        for id, found in there.items():
            before = known[id][1] if id in known else []
            last = before[-1] if before else None
            if last is None or last.is_over:
                known[id] = (found, [*before, Spell(one.day, one.day, False)])
            else:
                known[id] = (found, [*before[:-1], Spell(last.first, one.day, False)])
        for id, (found, before) in known.items():
            if id not in there and not before[-1].is_over and _was_asked(found, one):
                known[id] = (found, [*before[:-1], Spell(before[-1].first, before[-1].last, True)])
    return known


def _was_asked(found: Found, one: Night) -> bool:
    return not one.partial and (
        one.compared if found.clause == PROFILE else one.verdict(found.clause) in ASKED
    )


def answers(nights: Sequence[Night]) -> dict[str, list[tuple[str, str]]]:
    """How the answers to open questions changed: each with the day of the first run that gave it."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for one in nights:
        for clause, answer in one.answers.items():
            if not found[clause] or found[clause][-1][1] != answer:
                found[clause].append((one.day, answer))
    return dict(found)


def matrix(nights: Sequence[Night], order: Mapping[str, object]) -> dict[str, list[Word | None]]:
    """The verdicts on each clause, a run each: in the order of today's clauses, then what was before."""
    tables = [{id: word for word, ids in one.clauses.items() for id in ids} for one in nights]
    ids = [*order, *(id for table in tables for id in table if id not in order)]
    rows = {id: [table.get(id) for table in tables] for id in dict.fromkeys(ids)}
    return {id: row for id, row in rows.items() if set(row) - {None, Word.UNTESTABLE}}


def stretches(row: Sequence[Word | None]) -> Iterator[tuple[Word, int, int]]:
    """A row in stretches of the same verdict: where each begins and how long it is."""
    start = 0
    for number in range(1, len(row) + 1):
        if number == len(row) or row[number] != row[start]:
            if (word := row[start]) is not None:
                yield word, start, number - start
            start = number
