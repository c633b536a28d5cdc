"""The report as Markdown: `report/report.md` and the summary of a GitHub job.

What upstream may have written stands in code only, so that nothing in it is read as Markdown, HTML, a link,
an image or a mention.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from billogram_contract.report import wording
from billogram_contract.report.wording import plural, visible
from billogram_contract.results.ledger import Ledger

MOST_FINDINGS = 50  # told in full; the rest have a line each
MOST_CHANGES = 200
MOST_NAMES = 8  # where none of more was seen, they are counted

SYMBOLS = {
    "held": "✅",
    "drifted": "❌",
    "failed": "❌",
    "inconclusive": "⚠️",
    "nothing checked": "⚠️",
    "stale": "⚠️",
    "incomplete": "⚠️",
}
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&$!@])")  # what a backslash makes literal
_PLAIN = re.compile(r"[\w ,.;:()'’…/-]*")
_LINKED = re.compile(r"://|www\.|@|mailto:|xmpp:", re.IGNORECASE)  # what GitHub makes a link of by itself


def text(ledger: Ledger) -> str:
    """The report as a text."""
    parts = (
        _head(ledger),
        _families(ledger),
        _findings(ledger),
        _deviations(ledger),
        _not_asked(ledger),
        _questions(ledger),
        _comparison(ledger),
        _never_seen(ledger),
        _run(ledger),
    )
    return "\n".join(line for part in parts for line in part) + "\n"


def code(told: object, longest: int = wording.LONGEST) -> str:
    """A text as code inside a line, whatever backticks it holds."""
    shown = visible(told, longest) or " "
    fence = "`" * (_longest_run(shown) + 1)
    pad = " " if shown.startswith(("`", " ")) or shown.endswith(("`", " ")) else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def headline(finding: Mapping[str, Any]) -> str:
    """What a finding is about; the name of a field, which upstream may have chosen, stands as code."""
    if finding["from"] == "contract":
        return prose(finding["statement"])
    return f"Changed since the baseline: {code(finding['pointer'] or finding['clause'])}"


def block(*lines: str, language: str = "") -> Iterator[str]:
    """Lines as a block of code, whatever backticks they hold."""
    fence = "`" * max(3, *(_longest_run(line) + 1 for line in lines))
    yield f"{fence}{language}"
    yield from lines
    yield fence


def prose(told: str) -> str:
    """A text of our own, as it stands."""
    return _SPECIAL.sub(r"\\\1", visible(told))


def told(reason: str) -> str:
    """A text that may quote upstream: as prose if it is plain words, else as code."""
    is_plain = _PLAIN.fullmatch(reason) and not _LINKED.search(reason) and len(reason) < wording.LONGEST
    return prose(reason) if is_plain else code(reason)


def _longest_run(shown: str) -> int:
    return max(map(len, re.findall("`+", shown)), default=0)


def _head(ledger: Ledger) -> Iterator[str]:
    run, word = ledger["run"], ledger["verdict"]["word"]
    yield f"# {SYMBOLS[word]} Contract {word}"
    yield ""
    yield prose(wording.meaning(ledger))
    yield ""
    if caveat := wording.caveat(ledger):
        yield f"**{prose(caveat)}**"
        yield ""
    requests = plural(ledger["requests"]["total"], "request")
    exit_code = ledger["verdict"]["exit_code"]
    end = "none: the run came to no end" if exit_code is None else exit_code
    yield f"- Held against {code(wording.target(ledger))}"
    yield f"- {prose(wording.moment(run['started']))}, {requests} in {run['seconds']:.1f} s, exit code {end}"
    for problem in ledger["problems"]:
        yield f"- **NOT PUT BACK:** {code(problem)}"
    yield ""
    yield "## What to do next"
    yield ""
    yield from (f"{number}. {prose(step)}" for number, step in enumerate(wording.next_steps(ledger), start=1))
    yield ""


def _families(ledger: Ledger) -> Iterator[str]:
    found = wording.families(ledger)
    words = [
        word for word in wording.WORDS if any(word == wording.is_shown_as(one) for one in ledger["clauses"])
    ]
    if not found:
        return
    yield "## Clauses by family"
    yield ""
    yield "| family | " + " | ".join(words) + " |"
    yield "| --- |" + " ---: |" * len(words)
    totals: Counter[str] = Counter()
    for family, clauses in found.items():
        counts = Counter(map(wording.is_shown_as, clauses))
        totals.update(counts)
        yield f"| {prose(family)} | " + " | ".join(_count(word, counts) for word in words) + " |"
    yield "| **all** | " + " | ".join(f"**{totals[word]}**" for word in words) + " |"
    yield ""


def _count(word: str, counts: Counter[str]) -> str:
    count = counts[word]
    return "" if not count else f"**{count}**" if word in ("drifted", "inconclusive") else str(count)


def _findings(ledger: Ledger) -> Iterator[str]:
    findings = ledger["findings"]
    if not findings:
        return
    yield f"## {plural(len(findings), 'finding')}"
    yield ""
    for number, finding in enumerate(findings[:MOST_FINDINGS], start=1):
        yield from _finding(number, finding, ledger["run"])
    for finding in findings[MOST_FINDINGS:]:
        place = f"{finding['operation']} {finding['pointer']}".rstrip()
        seen = code(finding["observed"])
        yield f"- {code(finding['clause'])} ({finding['direction']}) at {code(place)}: {seen}"
    yield ""


def _finding(number: int, finding: Mapping[str, Any], run: Mapping[str, Any]) -> Iterator[str]:
    place = f"{finding['operation']} {finding['pointer']}".rstrip()
    source = f" (source {prose(finding['source'])})" if finding["source"] else ""
    yield f"### {number}. {headline(finding)}"
    yield ""
    standing = wording.standing(finding, run["fail_on"])
    yield f"{code(finding['clause'])}{source} at {code(place)}"
    yield ""
    yield f"- **{finding['direction']}**: {wording.DIRECTIONS[finding['direction']]}; {prose(standing)}"
    fault = f"most likely the fault of {wording.FAULTS[finding['cause']]}"
    yield "- " + prose("; ".join(filter(None, (wording.seen_in(finding), fault, wording.age(finding)))))
    if finding["clients"]:
        yield f"- clients that rely on it: {', '.join(map(prose, finding['clients']))}"
    if finding["asked"]:
        yield f"- asked: {code(finding['asked'])}"
    yield ""
    expected, observed = visible(finding["expected"]), visible(finding["observed"])
    yield from block(f"- expected: {expected}", f"+ observed: {observed}", language="diff")
    yield ""
    yield "See it again:"
    yield ""
    yield from block(visible(finding["curl"], len(finding["curl"])), language="sh")
    yield ""
    if finding["example"]:
        yield "The input that Hypothesis found:"
        yield ""
        yield from block(*map(visible, finding["example"].splitlines() or [""]), language="text")
        yield ""
    if finding["patch"]:
        yield "The patch by which the description would follow upstream:"
        yield ""
        patch = json.dumps(finding["patch"], indent=1, ensure_ascii=False).splitlines()
        yield from block(*map(visible, patch), language="json")
        yield ""
    if not finding["accepted"]:
        yield "Accept it for now:"
        yield ""
        yield from block(wording.accept_line(finding, run["started"]), language="sh")
        yield ""


def _deviations(ledger: Ledger) -> Iterator[str]:
    if ledger["deviations"]:
        yield "## Deviations"
        yield ""
        yield from (f"- **{one['state']}**: {told(one['line'])}" for one in ledger["deviations"])
        yield ""


def _not_asked(ledger: Ledger) -> Iterator[str]:
    titles = {
        "inconclusive": "Inconclusive",
        "unchecked": "Unchecked",
        "untestable": "Untestable from outside",
    }
    for word, title in titles.items():
        if found := wording.by_reason(ledger, word):
            yield f"## {title}"
            yield ""
            for reason, clauses in found.items():
                yield f"- {', '.join(code(clause['id']) for clause in clauses)}: {told(reason)}"
            yield ""


def _questions(ledger: Ledger) -> Iterator[str]:
    questions = [clause for clause in ledger["clauses"] if clause["verdict"] == "answered"]
    if questions:
        yield "## Open questions"
        yield ""
        yield "Upstream never promised these; the answers fail no run."
        yield ""
        yield from (f"- {prose(one['statement'])} → {code(one['reason'])}" for one in questions)
        yield ""


def _comparison(ledger: Ledger) -> Iterator[str]:
    comparison = ledger["comparison"]
    if comparison is None:
        return
    changes = comparison["changes"]
    yield "## Against the baseline"
    yield ""
    since = prose(wording.moment(comparison["baseline"]["started"]))
    yield f"The baseline is of {since}: {plural(len(changes), 'change') if changes else 'nothing changed'}."
    yield ""
    if comparison["left_out"]:
        yield f"Not compared: {told(comparison['left_out'])}"
        yield ""
    for one in changes[:MOST_CHANGES]:
        place = code(f"{one['clause']} at {one['operation']} {one['pointer']}".rstrip())
        what = f"{one['what']} {one['kind']}, {one['direction']}"
        yield f"- **{what}**: {place}: {code(one['before'])} → {code(one['after'])}"
    if len(changes) > MOST_CHANGES:
        yield f"- and {len(changes) - MOST_CHANGES} more"
    yield ""


def _never_seen(ledger: Ledger) -> Iterator[str]:
    found = list(wording.never_seen(ledger))
    if found:
        yield "## Documented, never seen in this run"
        yield ""
        for kind, names, total in found:
            is_all = len(names) == total > MOST_NAMES
            yield f"- {prose(kind)}: {f'none of {total}' if is_all else ', '.join(map(code, names))}"
        yield ""


def _run(ledger: Ledger) -> Iterator[str]:
    run = ledger["run"]
    versions = ", ".join(f"{name} {version}" for name, version in run["versions"].items())
    yield "## The run"
    yield ""
    checks = plural(run["checks"], "check")
    yield f"- {checks}, depth {code(run['depth'])}, fails on {run['fail_on']} and worse"
    yield f"- description {code(run['description'][:12])}"
    yield f"- {code(versions)}"
