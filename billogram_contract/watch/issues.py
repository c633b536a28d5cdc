"""One issue a finding: what a run makes of the issues that are there, and how that is done.

An issue is known by a marker in its text, which holds the finding's fingerprint, the clause and what was
observed. What people write around our part of the text stays.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from billogram_contract.checking.finding import PROFILE
from billogram_contract.errors import Outage
from billogram_contract.report import markdown, wording
from billogram_contract.results.model import FindingEntry, Ledger
from billogram_contract.results.words import RunWord, Word
from billogram_contract.watch.departures import departures, of_run
from billogram_contract.watch.github import TRIES, Hub, Issue, Lost

LATELY = timedelta(days=30)  # for so long a closed issue is opened again, instead of a new one
LABEL = "billogram-contract"
LONGEST_TITLE = 200
LONGEST_STORY = 60_000  # characters; GitHub takes 65,536 in a body
END = "<!-- /billogram-contract -->"
MARKER = re.compile(
    r"^<!-- billogram-contract finding=([0-9a-f]{12}) from=(contract|baseline) clause=(\S+)"
    r" observed=([0-9a-f]{12}) -->\s*$",
    re.MULTILINE,
)

Kind = Literal["open", "reopen", "update", "close", "close as a duplicate"]


@dataclass(frozen=True)
class Marker:
    """What the marker of an issue says."""

    fingerprint: str
    origin: str
    clause: str
    observed: str


@dataclass(frozen=True)
class Step:
    """One thing to do: `number` is the issue's, None for one to open; `fields` is what is written."""

    kind: Kind
    fingerprint: str
    clause: str
    number: int | None = None
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def line(self) -> str:
        """The step for a terminal."""
        which = f"issue {self.number} of" if self.number else "an issue for"
        verb, _, rest = self.kind.partition(" ")
        return f"{verb} {which} finding {self.fingerprint} ({self.clause}) {rest}".rstrip()


def unfit(ledger: Ledger) -> str:
    """Why a run leaves all issues as they are; empty where it says how they should be."""
    run = ledger.run
    if run.evidence or run.target.kind != "live":
        return f"it was held against the {run.target.kind} target, which is not upstream as it is now"
    if run.partial:
        return "it asked only some of the checks"
    if not ledger.complete or ledger.verdict.word not in (RunWord.HELD, RunWord.DRIFTED):
        return f"it is {ledger.verdict.word}"
    return ""


def plan(ledger: Ledger, issues: Iterable[Issue], now: datetime) -> list[Step]:
    """What to do so that each finding that is there has one open issue, and none that is gone."""
    known = _by_finding(issues)
    there = {one.fingerprint for one in of_run(ledger)}
    steps = [*duplicates(issues)]
    for finding in ledger.findings:
        steps += _for_finding(finding, ledger, _of(finding, known), now)
    for fingerprint, found in known.items():
        if fingerprint not in there:
            steps += _for_gone(found, ledger)
    return steps


def duplicates(issues: Iterable[Issue]) -> Iterator[Step]:
    """Closes all open issues of a finding but the oldest, and takes their markers away."""
    for found in _by_finding(issues).values():
        opened = _opened(found)
        for issue, marker in opened[1:]:
            body = MARKER.sub(f"Duplicate of #{opened[0][0].number}.", issue.body)
            fields = {"state": "closed", "state_reason": "not_planned", "body": body}
            yield Step("close as a duplicate", marker.fingerprint, marker.clause, issue.number, fields)


def carry_out(ledger: Ledger, hub: Hub, steps: Iterable[Step]) -> Iterator[str]:
    """Does what was planned, and tells each step once it is done."""
    has_opened = False
    for step in steps:
        done = _do(step, ledger, hub)
        has_opened |= done is not None and done.kind == "open"
        if done:
            yield done.line
    if has_opened:  # another job may have opened the same at the same time
        for step in duplicates(look(hub)):
            _write(step, hub)
            yield step.line


def look(hub: Hub) -> list[Issue]:
    """The issues that matter: all open ones, and those that were closed lately."""
    return hub.issues(closed_since=hub.now() - LATELY)


def _do(step: Step, ledger: Ledger, hub: Hub) -> Step | None:
    """Does one step; before anything is opened it looks once more, since answers get lost. What was done."""
    if step.kind != "open":
        _write(step, hub)
        return step
    finding = next(one for one in ledger.findings if one.fingerprint == step.fingerprint)
    is_lost = False
    for attempt in range(TRIES):
        found = _of(finding, _by_finding(look(hub)))
        again = next(iter(_for_finding(finding, ledger, found, hub.now())), None)
        if again is None:
            return step if is_lost else None
        if again.kind != "open":
            _write(again, hub)
            return again
        try:
            hub.open(again.fields["title"], again.fields["body"], LABEL)
            return again
        except Lost:
            is_lost = True
            hub.sleep(2.0**attempt)
    raise Outage("GitHub could not be asked: run again later.")


def _write(step: Step, hub: Hub) -> None:
    if step.number is not None:
        hub.change(step.number, **step.fields)


def _for_finding(
    finding: FindingEntry, ledger: Ledger, known: Iterable[tuple[Issue, Marker]], now: datetime
) -> Iterator[Step]:
    """What to do about a finding that is there; one that is accepted opens nothing."""
    told = (finding.fingerprint, finding.clause)
    for issue, marker in _opened(known)[:1]:
        if marker.observed != _digest(finding):
            yield Step("update", *told, issue.number, {"body": _body(finding, ledger, issue.body)})
        return
    if finding.accepted:
        return
    closed = [one for one, _ in known if one.closed and now - one.closed <= LATELY]
    if closed:
        issue = max(closed, key=lambda one: (one.closed or now, one.number))
        body = _body(finding, ledger, issue.body)
        yield Step("reopen", *told, issue.number, {"state": "open", "state_reason": "reopened", "body": body})
        return
    title = f"{finding.clause}: {wording.headline(finding)}"
    yield Step("open", *told, None, {"title": _cut(title, LONGEST_TITLE), "body": _body(finding, ledger)})


def _for_gone(known: Iterable[tuple[Issue, Marker]], ledger: Ledger) -> Iterator[Step]:
    """Closes the issues of a finding that is not there, if its clause was asked again and holds."""
    for issue, marker in _opened(known)[:1]:
        if _holds(marker, ledger):
            note = f"**Gone:** the run of {wording.moment(ledger.run.started)} asked again, and it holds."
            head, end, tail = issue.body.rpartition(END)
            body = f"{head}\n{note}\n{end}{tail}" if end else f"{issue.body}\n\n{note}\n"
            fields = {"state": "closed", "state_reason": "completed", "body": body}
            yield Step("close", marker.fingerprint, marker.clause, issue.number, fields)


def _holds(marker: Marker, ledger: Ledger) -> bool:
    """Whether the run asked again what an issue tells of, and found nothing."""
    verdict = next((one.verdict for one in ledger.clauses if one.id == marker.clause), None)
    is_asked = verdict in (Word.HOLDS, Word.ANSWERED)
    if marker.origin == "contract":
        return is_asked
    compared = ledger.comparison
    if compared is None:
        return False
    return not compared.left_out if marker.clause == PROFILE else is_asked


def _of(finding: FindingEntry, known: Mapping[str, list[tuple[Issue, Marker]]]) -> list[tuple[Issue, Marker]]:
    """The issues of a finding, and of what it tells with it: that may have been told first once."""
    return [issue for one in departures(finding) for issue in known.get(one.fingerprint, ())]


def _by_finding(issues: Iterable[Issue]) -> dict[str, list[tuple[Issue, Marker]]]:
    found: dict[str, list[tuple[Issue, Marker]]] = defaultdict(list)
    for issue in issues:
        if match := MARKER.search(issue.body):
            marker = Marker(*match.groups())
            found[marker.fingerprint].append((issue, marker))
    return found


def _opened(known: Iterable[tuple[Issue, Marker]]) -> list[tuple[Issue, Marker]]:
    """Those that are open, the oldest first."""
    return sorted((one for one in known if not one[0].closed), key=lambda one: one[0].number)


def _digest(finding: FindingEntry) -> str:
    """Stands for what is observed: twelve hexadecimal digits that change with it."""
    told = json.dumps([finding.direction, finding.expected, finding.observed, finding.patch])
    return hashlib.sha256(told.encode()).hexdigest()[:12]


def _body(finding: FindingEntry, ledger: Ledger, before: str = "") -> str:
    """The text of an issue: our part, written anew, and what others wrote around it."""
    run = ledger.run
    story = _cut(markdown.one_finding(finding, run), LONGEST_STORY)
    ours = (
        f"<!-- billogram-contract finding={finding.fingerprint} from={finding.origin} clause={finding.clause}"
        f" observed={_digest(finding)} -->\n\n{story}\n\n"
        f"Seen by the run of {wording.moment(run.started)}, {markdown.code(wording.target(ledger))}."
        " `billogram-contract issues` keeps this text, and closes the issue once a whole run asked again"
        f" and it holds.\n\n{END}"
    )
    marker = MARKER.search(before)
    if marker is None:
        return ours
    _, end, tail = before[marker.start() :].rpartition(END)
    return before[: marker.start()] + ours + (tail if end else "")


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
