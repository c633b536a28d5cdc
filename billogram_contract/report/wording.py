"""What every report says in the same words: texts made safe to show, verdicts, causes, what to do next."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

from billogram_contract import places
from billogram_contract.checking.finding import PROFILE
from billogram_contract.results.model import ClauseEntry, FindingEntry, Ledger
from billogram_contract.results.verdict import NO_CHECK_RAN
from billogram_contract.results.words import RunWord, Word

LONGEST = 2000  # characters of one text of upstream that a report shows
ACCEPTED_FOR = timedelta(days=30)  # what the proposed command accepts a finding for
BEGINNINGS = ("the", "a", "an", "no", "page", "pages", "customer", "renumbering")  # of headlines
CLAUSES_FILE = "openapi/clauses.toml"

RECORDED = "Recorded answers were replayed: this shows how it was then, not how it is now."

FAULTS = {
    "upstream": "upstream",
    "description": "the description: it doesn't know yet what upstream does",
    "suite": "this suite: its own sandbox answered, with no drift switched on",
    "environment": "something in between: a proxy, a gateway, a sign-in page",
    "client": "the client: it asks for what the contract doesn't give",
}
STEPS = {
    "nothing": "Nothing: no finding fails this run.",
    "put back": "Put back by hand what could not be put back, before anything else.",
    "see again": "Ask again for each finding, by its line or by its script.",
    "ask": "Hold releases that rely on what departed, and ask upstream whether it is meant. If it is, let "
    "the description follow, by the patch where the finding has one; until then, accept the finding.",
    "follow": "Where the description doesn't know yet what upstream does, apply the finding's patch to it.",
    "suite": "Where the suite is at fault, mend the suite: such a finding says nothing of upstream.",
    "between": "Look for a proxy, a gateway or a sign-in page between here and upstream, and run again.",
    "client": "Mend the client where it is at fault; accept what its tests ask for on purpose.",
    "renew": "Renew or mend the deviations that have expired.",
    "delete": "Delete the deviations that no longer occur.",
    "failed": "Mend the check that failed, then run again: until then this run proves nothing.",
    "inconclusive": "Run again when upstream can be asked.",
    "incomplete": "Run again, to the end.",
    "stale": "Record again with tox -e record, then replay.",
    "nothing checked": "Look at the reasons under Unchecked: a run that asks nothing proves nothing.",
}

# Controls, what turns the direction of writing or shows as nothing, and lone surrogates.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164"
    "\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)


def visible(text: object, longest: int = LONGEST) -> str:
    """A text on one line, what can't be seen written as an escape, what is too long cut with a note."""
    told = str(text)
    shown = _UNSEEN.sub(_escaped, told[:longest])
    rest = len(told) - longest
    return shown if rest <= 0 else f"{shown}… ({rest:,} more characters)"


def _escaped(found: re.Match[str]) -> str:
    code = ord(found.group())
    known = {9: "\\t", 10: "\\n", 13: "\\r"}.get(code)
    return known or (
        f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"
    )


def plural(count: int, one: str, many: str = "") -> str:
    """A count with its noun: `1 finding`, `2 findings`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def target(ledger: Ledger) -> str:
    """What the run was held against: `live target: https://…`."""
    found, evidence = ledger.run.target, ledger.run.evidence
    where = evidence.words if evidence else found.base_url or "the sandbox of this suite"
    return f"{found.kind} target: {visible(where)}"


def moment(stamp: str) -> str:
    """A time of the ledger for people: `22 November 2026, 01:31 UTC`; as it stands where it is none."""
    try:
        found = datetime.fromisoformat(stamp)
    except ValueError:
        return visible(stamp)
    zone = "UTC" if not found.utcoffset() else found.strftime("%z")
    return f"{found.day} {found:%B %Y, %H:%M} {zone}"


def problems(ledger: Ledger) -> list[str]:
    """What could not be put back; nothing where the customers were the sandbox's own, which is gone."""
    return [] if ledger.run.target.kind == "embedded" else ledger.problems


def meaning(ledger: Ledger) -> str:
    """What the verdict means, in one or two sentences."""
    verdict, run = ledger.verdict, ledger.run
    counts, failing = verdict.clauses, verdict.failing
    match verdict.word:
        case RunWord.HELD:
            held = _tolerated(ledger) or "Every clause that this run asked about holds."
            return f"{held} {unasked(ledger)}".rstrip()
        case RunWord.DRIFTED if failing:
            return _departures(ledger)
        case RunWord.DRIFTED:
            return "No finding fails this run, but a deviation has expired or no longer occurs."
        case RunWord.NOTHING_CHECKED:
            return "No promise was put to the test, so this run shows nothing."
        case RunWord.STALE:
            return "What was recorded is not what the checks ask for, so this replay proves nothing."
        case RunWord.FAILED:
            return "A check itself failed: a fault of this suite. What it says of upstream is incomplete."
        case RunWord.INCONCLUSIVE:
            held = _tolerated(ledger) or "Nothing drifted."
            if ledger.uncompared and not counts[Word.INCONCLUSIVE]:
                return f"{held} But {visible(ledger.uncompared)}."
            if not counts[Word.INCONCLUSIVE] and (rest := unasked(ledger)):
                return f"{held} {rest}"
            return f"{held} But not all could be asked: this run is no proof that the rest holds."
        case _:
            done = plural(run.checks, "check")
            return f"The run was broken off after {done}: this is what it had learnt until then."


def unasked(ledger: Ledger) -> str:
    """How many promises a run left unchecked, and how to have them asked; empty where it asked all."""
    promises = [one for one in ledger.clauses if one.level == "must" and not one.untestable]
    left = [one for one in promises if one.verdict == Word.UNCHECKED]
    if not left:
        return ""
    allotted = ledger.run.target.allotted
    is_live = ledger.run.target.kind == "live"
    if not ledger.run.checks:
        how = "the recordings show nothing of them"
    elif is_live and not (allotted.customers and allotted.numbers):
        how = "give --customers and --numbers to have them asked"
    elif any(one.reason == NO_CHECK_RAN for one in left):
        how = "run all checks to have them asked"
    else:
        how = "the report says why"
    return f"{len(left)} of {plural(len(promises), 'promise')} stayed unchecked: {how}."


def _tolerated(ledger: Ledger) -> str:
    """What departs and fails no run; empty where nothing departs."""
    accepted = sum(1 for one in ledger.findings if one.accepted)
    mild = len(ledger.findings) - accepted
    fail_on = ledger.run.fail_on
    told = [f"{plural(accepted, 'finding')} accepted for now"] if accepted else []
    told += [f"{plural(mild, 'finding')} milder than --fail-on {fail_on}"] if mild else []
    return f"Nothing that fails the run drifted; {' and '.join(told)}." if told else ""


def _departures(ledger: Ledger) -> str:
    kind, evidence = ledger.run.target.kind, ledger.run.evidence
    who = "The sandbox" if "embedded" in (kind, evidence and evidence.kind) else "Upstream"
    who += ", as it was recorded," if evidence else ""
    failing = [one for one in ledger.findings if one.fails]
    promises = {one.clause for one in failing if one.origin == "contract"}
    others = sum(1 for one in failing if one.origin == "baseline")
    mistakes = sum(1 for one in failing if one.origin == "client")
    if mistakes:
        kept = (
            f"departs from {plural(len(promises), 'documented promise')}"
            if promises
            else "keeps its promises"
        )
        return f"The client makes {plural(mistakes, 'mistake')}; {who[0].lower()}{who[1:]} {kept}."
    if not promises:
        return f"{who} keeps its promises, but {plural(others, 'thing')} changed since the baseline."
    also = f", and {plural(others, 'thing')} changed since the baseline" if others else ""
    return f"{who} departs from {plural(len(promises), 'documented promise')}{also}."


def caveat(ledger: Ledger) -> str:
    """What the target keeps the run from showing; empty for a live one."""
    evidence = ledger.run.evidence
    answered = evidence or ledger.run.target
    drifts = answered.drifts
    if answered.kind != "embedded":
        return RECORDED if evidence else ""
    which = "What was replayed was recorded from" if evidence else "The target is"
    told = f"{which} the sandbox of this suite: the run shows that the suite works, not that upstream does."
    if not drifts:
        return told
    return f"{told} It was made to drift on purpose: {', '.join(map(visible, drifts))}."


def next_steps(ledger: Ledger) -> list[str]:
    """What a reader should do next, in order."""
    failing = [one for one in ledger.findings if one.fails]
    causes = {one.cause for one in failing}
    word = ledger.verdict.word
    states = {one.state for one in ledger.deviations}
    due = {
        "put back": problems(ledger),
        "see again": failing,
        "ask": "upstream" in causes,
        "follow": "description" in causes,
        "suite": "suite" in causes,
        "between": "environment" in causes,
        "client": "client" in causes,
        "renew": "expired" in states,
        "delete": "gone" in states,
        word: word in STEPS,
    }
    return [STEPS[name] for name, is_due in due.items() if is_due] or [STEPS["nothing"]]


def families(ledger: Ledger) -> dict[str, list[ClauseEntry]]:
    """The clauses by family, both in the order of the ledger."""
    found: dict[str, list[ClauseEntry]] = defaultdict(list)
    for clause in ledger.clauses:
        found[clause.family].append(clause)
    return dict(found)


def by_reason(ledger: Ledger, word: Word) -> dict[str, list[ClauseEntry]]:
    """The clauses of one verdict by the reason that they share."""
    found: dict[str, list[ClauseEntry]] = defaultdict(list)
    for clause in ledger.clauses:
        if clause.shown == word:
            found[clause.reason.removeprefix("untestable: ")].append(clause)
    return dict(found)


def never_seen(ledger: Ledger) -> Iterator[tuple[str, list[str], int]]:
    """What is documented and no answer or request of the run showed: what it is, the names, of how many."""
    coverage = ledger.coverage
    kinds = {
        "Statuses of {}": coverage.statuses,
        "Values of the parameter {}": coverage.parameters,
        "Writable fields": {"": coverage.written},
        "Fields of {}": coverage.fields,
        "Values of {}": coverage.values,
    }
    for kind, found in kinds.items():
        for place, counts in found.items():
            if unseen := [visible(name) for name, count in counts.items() if not count]:
                yield kind.format(visible(place)), unseen, len(counts)


def headline(finding: FindingEntry) -> str:
    """What happened, in a sentence."""
    if finding.origin == "contract":
        first, _, rest = finding.headline.partition(" ")
        return visible(f"{first.capitalize() if first in BEGINNINGS else first} {rest}")
    if finding.origin == "client":
        return visible(f"the client: {finding.statement}")
    where = finding.pointer or ("the whole answer" if finding.clause == PROFILE else finding.clause)
    return visible(f"since the baseline {where} changed: {finding.observed}, not {finding.expected}")


def age(finding: FindingEntry) -> str:
    """Since when a finding is there, as far as a baseline tells; empty without one."""
    return f"since {moment(finding.since)}" if finding.known else ""


def seen_in(finding: FindingEntry) -> str:
    """How often a finding was seen; empty for a change against the baseline, which no single answer shows."""
    what = {"contract": "answer", "client": "request"}.get(finding.origin, "")
    if not what:
        return ""
    among = f" of {finding.among:,}" if finding.among > finding.count else ""
    return f"seen in {finding.count:,}{among} {what if finding.count == 1 and not among else f'{what}s'}"


def standing(finding: FindingEntry, fail_on: str) -> str:
    """Whether a finding fails the run, in words."""
    if finding.accepted:
        return "accepted"
    return "fails the run" if finding.fails else f"milder than --fail-on {fail_on}"


def accept_line(finding: FindingEntry, started: str) -> str:
    """The command that accepts a finding for a month from the run on."""
    try:
        until = str((datetime.fromisoformat(started) + ACCEPTED_FOR).date())
    except ValueError:
        until = str(date.max)
    return f"python -m billogram_contract accept {finding.fingerprint} --reason 'say why' --until {until}"


@cache
def lines_of_clauses(path: Path = places.CLAUSES) -> Mapping[str, int]:
    """The line on which each clause stands in its file; empty where the file can't be read."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return {}
    tables = (re.fullmatch(r"\[([\w.-]+)\]\s*", line) for line in text.splitlines())
    return {table[1]: number for number, table in enumerate(tables, start=1) if table}
