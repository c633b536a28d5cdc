"""The report as Markdown: `report/report.md` and the summary of a GitHub job.

What upstream may have written stands in code only, so that nothing in it is read as Markdown, HTML, a link,
an image or a mention.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from billogram_contract.report import stories, wording
from billogram_contract.report.wording import plural, visible
from billogram_contract.results.model import About, Comparison, FindingEntry, Ledger
from billogram_contract.results.words import Word

MOST_FINDINGS = 50  # told in full; the rest have a line each
MOST_CHANGES = 200
MOST_NAMES = 8  # where none of more was seen, they are counted

NOT_ASKED = {
    Word.INCONCLUSIVE: "Inconclusive",
    Word.UNCHECKED: "Unchecked",
    Word.UNTESTABLE: "Untestable from outside",
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
    return "\n".join(line for part in parts for line in part).rstrip("\n") + "\n"


def code(told: object, longest: int = wording.LONGEST) -> str:
    """A text as code inside a line, whatever backticks it holds."""
    shown = visible(told, longest) or " "
    fence = "`" * (_longest_run(shown) + 1)
    pad = " " if shown.startswith(("`", " ")) or shown.endswith(("`", " ")) else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def block(*lines: str, language: str = "") -> Iterator[str]:
    """Lines as a block of code, whatever backticks they hold."""
    fence = "`" * max(3, *(_longest_run(line) + 1 for line in lines))
    yield f"{fence}{language}"
    yield from lines
    yield fence


def section(title: str, lines: Iterable[str]) -> Iterator[str]:
    """Lines under a title; nothing where there are none."""
    if found := list(lines):
        yield from (f"## {title}", "", *found, "")


def labelled(label: str, *lines: str, language: str) -> Iterator[str]:
    """Lines as a block of code below what they are; nothing where there are none."""
    if lines:
        yield from (label, "", *block(*lines, language=language), "")


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
    run, word = ledger.run, ledger.verdict.word
    yield f"# {word.emoji} Contract {word}"
    yield ""
    yield prose(wording.meaning(ledger))
    yield ""
    if caveat := wording.caveat(ledger):
        yield f"**{prose(caveat)}**"
        yield ""
    requests = plural(ledger.requests.total, "request")
    exit_code = ledger.verdict.exit_code
    end = "none: the run came to no end" if exit_code is None else exit_code
    yield f"- Held against {code(wording.target(ledger))}"
    yield f"- {prose(wording.moment(run.started))}, {requests} in {run.seconds:.1f} s, exit code {end}"
    for problem in wording.problems(ledger):
        yield f"- **NOT PUT BACK:** {code(problem)}"
    yield ""
    steps = enumerate(wording.next_steps(ledger), start=1)
    yield from section("What to do next", (f"{number}. {prose(step)}" for number, step in steps))


def _families(ledger: Ledger) -> Iterator[str]:
    return section("Clauses by family", _table(ledger) if ledger.clauses else ())


def _table(ledger: Ledger) -> Iterator[str]:
    words = [word for word in Word if any(word == one.shown for one in ledger.clauses)]
    yield "| family | " + " | ".join(words) + " |"
    yield "| --- |" + " ---: |" * len(words)
    totals: Counter[Word] = Counter()
    for family, clauses in wording.families(ledger).items():
        counts = Counter(clause.shown for clause in clauses)
        totals.update(counts)
        yield f"| {prose(family)} | " + " | ".join(_count(word, counts) for word in words) + " |"
    yield "| **all** | " + " | ".join(f"**{totals[word]}**" for word in words) + " |"


def _count(word: Word, counts: Counter[Word]) -> str:
    count = counts[word]
    is_alarming = word in (Word.DRIFTED, Word.INCONCLUSIVE)
    return "" if not count else f"**{count}**" if is_alarming else str(count)


def _findings(ledger: Ledger) -> Iterator[str]:
    return section(plural(len(ledger.findings), "finding"), _each_finding(ledger))


def _each_finding(ledger: Ledger) -> Iterator[str]:
    findings = ledger.findings
    for number, finding in enumerate(findings[:MOST_FINDINGS], start=1):
        yield from _finding(number, finding, ledger.run)
    for finding in findings[MOST_FINDINGS:]:
        where, what = code(finding.place), code(finding.headline)
        yield f"- {code(finding.clause)} ({finding.severity}) at {where}: {what}"


def one_finding(finding: FindingEntry, run: About) -> str:
    """The story of one finding as a text of its own, without its headline."""
    _, _, *lines = _finding(1, finding, run)
    return "\n".join(lines).rstrip("\n")


def _finding(number: int, finding: FindingEntry, run: About) -> Iterator[str]:
    yield f"### {number}. {told(wording.headline(finding))}"
    yield ""
    code_parts = []
    for part in stories.parts(finding, run.fail_on):
        if part.is_code or part.label == "steps":
            code_parts.append(part)
        elif len(part.lines) == 1:
            yield f"- **{part.label}**: {told(part.lines[0])}"
        else:
            yield f"- **{part.label}**:"
            yield from (f"  - {told(line)}" for line in part.lines)
    yield ""
    for part in code_parts:
        yield from labelled(f"{part.label.capitalize()}:", *map(visible, part.lines), language="text")
    shown = finding.story.script or finding.curl
    yield from labelled("See it again:", stories.again(finding), language="sh")
    if shown:
        lines = (visible(line, len(line)) for line in shown.splitlines())
        yield from labelled("Or by itself:", *lines, language="sh")
    example = map(visible, finding.example.splitlines())
    yield from labelled("The input that Hypothesis found:", *example, language="text")
    if finding.patch:
        patch = map(visible, json.dumps(finding.patch, indent=1, ensure_ascii=False).splitlines())
        yield from labelled(
            "The patch by which the description would follow upstream:", *patch, language="json"
        )
    if not finding.accepted:
        line = wording.accept_line(finding, run.started)
        yield from labelled("Accept it for now:", line, language="sh")


def _deviations(ledger: Ledger) -> Iterator[str]:
    return section("Deviations", (f"- **{one.state}**: {told(one.line)}" for one in ledger.deviations))


def _not_asked(ledger: Ledger) -> Iterator[str]:
    for word, title in NOT_ASKED.items():
        lines = []
        for reason, clauses in wording.by_reason(ledger, word).items():
            ids = ", ".join(code(clause.id) for clause in clauses)
            lines.append(f"- {ids}: {told(reason)}")
        yield from section(title, lines)


def _questions(ledger: Ledger) -> Iterator[str]:
    questions = [clause for clause in ledger.clauses if clause.verdict == Word.ANSWERED]
    if questions:
        note = "Upstream never promised these; the answers fail no run."
        answers = (f"- {prose(one.statement)} → {code(one.reason)}" for one in questions)
        yield from section("Open questions", (note, "", *answers))


def _comparison(ledger: Ledger) -> Iterator[str]:
    return section("Against the baseline", _changes(ledger.comparison) if ledger.comparison else ())


def _changes(comparison: Comparison) -> Iterator[str]:
    changes = comparison.changes
    since = prose(wording.moment(comparison.baseline.started))
    yield f"The baseline is of {since}: {plural(len(changes), 'change') if changes else 'nothing changed'}."
    yield ""
    if comparison.left_out:
        yield f"Not compared: {told(comparison.left_out)}"
        yield ""
    for one in changes[:MOST_CHANGES]:
        place = code(f"{one.clause} at {one.place}")
        what = f"{one.what} {one.kind}, {one.direction}"
        yield f"- **{what}**: {place}: {code(one.before)} → {code(one.after)}"
    if len(changes) > MOST_CHANGES:
        yield f"- and {len(changes) - MOST_CHANGES} more"


def _never_seen(ledger: Ledger) -> Iterator[str]:
    return section("Documented, never seen in this run", map(_unseen, wording.never_seen(ledger)))


def _unseen(found: tuple[str, list[str], int]) -> str:
    kind, names, total = found
    is_all = len(names) == total > MOST_NAMES
    return f"- {prose(kind)}: {f'none of {total}' if is_all else ', '.join(map(code, names))}"


def _run(ledger: Ledger) -> Iterator[str]:
    run = ledger.run
    versions = ", ".join(f"{name} {version}" for name, version in run.versions.items())
    checks = f"- {plural(run.checks, 'check')}, depth {code(run.depth)}, fails on {run.fail_on} and worse"
    return section("The run", (checks, f"- description {code(run.description[:12])}", f"- {code(versions)}"))
