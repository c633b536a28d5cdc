"""The summary at the end of a run: what holds, what drifted and how to see it again, what was not asked."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from billogram_contract.report import stories, wording
from billogram_contract.report.wording import visible
from billogram_contract.results.model import Comparison, FindingEntry, Ledger
from billogram_contract.results.words import Word

if TYPE_CHECKING:
    from rich.console import Console

Line = tuple[tuple[str, str], ...]  # pieces of text, each with its style

EMPTY: Line = ()
WIDTH = 80  # columns
LONGEST_PROBLEM = 600  # characters: field, value and customer, and a command, are told whole
KEEP: Any = {"break_long_words": False, "break_on_hyphens": False}
WORST_CHANGES = 40  # more are counted: the reports have them all


def text(ledger: Ledger, *, colour: bool, verbose: bool = False) -> str:
    """The summary as a terminal shows it, with or without colour."""
    from rich.console import Console

    file = io.StringIO()
    console = Console(
        file=file, force_terminal=colour, no_color=not colour, color_system="standard" if colour else None
    )
    show(ledger, console, verbose=verbose)
    return file.getvalue()


def show(ledger: Ledger, console: Console, *, verbose: bool = False) -> None:
    """Prints the summary; what can be copied stands on a line of its own, however long."""
    from rich.text import Text

    for line in styled(ledger, verbose=verbose):
        pieces = [piece if piece[1] else piece[0] for piece in line]
        console.print(Text.assemble(*pieces), soft_wrap=True, highlight=False, markup=False, emoji=False)


def styled(ledger: Ledger, *, verbose: bool = False) -> Iterator[Line]:
    """The summary line by line, in pieces with their styles; verbose, with what was not asked and is open."""
    yield (("held against ", "dim"), (wording.target(ledger), "bold"))
    for finding in ledger.findings:
        yield EMPTY
        yield from _finding(finding, ledger.run.fail_on)
    yield EMPTY
    yield from _not_asked(ledger, verbose=verbose)
    yield from _comparison(ledger.comparison)
    for standing in ledger.deviations:
        style = "dim" if standing.state == "current" else "yellow"
        yield ((visible(standing.line), style),)
    for problem in wording.problems(ledger):
        yield (("NOT PUT BACK: ", "bold white on red"), (visible(problem, LONGEST_PROBLEM), "bold red"))
    yield EMPTY
    requests, seconds = ledger.requests.total, ledger.run.seconds
    yield ((f"{tally(ledger)}; {wording.plural(requests, 'request')} in {seconds:.1f} s", ""),)
    yield from _verdict(ledger)


def tally(ledger: Ledger) -> str:
    """How many clauses came to which verdict, in one line."""
    counts = ledger.verdict.clauses
    accepted = f"{counts[Word.ACCEPTED]} accepted, " if counts[Word.ACCEPTED] else ""
    holds = f"{wording.plural(counts[Word.HOLDS], 'clause')} {'holds' if counts[Word.HOLDS] == 1 else 'hold'}"
    questions = wording.plural(counts[Word.ANSWERED], "open question")
    return (
        f"{holds}, {counts[Word.DRIFTED]} drifted, {accepted}"
        f"{counts[Word.INCONCLUSIVE]} inconclusive, {counts[Word.UNCHECKED]} unchecked, "
        f"{questions} answered, {counts[Word.UNTESTABLE]} untestable"
    )


def _finding(finding: FindingEntry, fail_on: str) -> Iterator[Line]:
    word = Word.ACCEPTED if finding.accepted else Word.DRIFTED
    style = word.style if finding.fails or finding.accepted else Word.INCONCLUSIVE.style
    shown = "CLIENT" if finding.origin == "client" and not finding.accepted else word.upper()
    head = f"{shown}  {wording.headline(finding).removeprefix('the client: ')}"
    for turn, line in enumerate(textwrap.wrap(head, WIDTH, subsequent_indent="  ", **KEEP)):
        start = len(shown) if turn == 0 else 0
        yield ((line[:start], f"bold {style}"), (line[start:], "bold"))
    for label, lines, is_code in stories.parts(finding, fail_on):
        yield from _part(label, lines, is_code=is_code)
    yield (("  again     ", "dim"), (stories.again(finding), "cyan"))
    if len(finding.story.steps) <= stories.ALONE and finding.curl:
        yield (("  or        ", "dim"), (visible(finding.curl, len(finding.curl)), ""))


def _part(label: str, lines: Sequence[str], *, is_code: bool) -> Iterator[Line]:
    """A part of a story: its label beside its first line, all of them within the width of a terminal."""
    start = f"  {label:<10}"
    for line in lines:
        shown = [line] if is_code else textwrap.wrap(visible(line), WIDTH - len(start), **KEEP)
        for piece in shown:
            yield ((start, "dim"), (piece, ""))
            start = " " * len(start)


def _not_asked(ledger: Ledger, *, verbose: bool) -> Iterator[Line]:
    for word in (Word.INCONCLUSIVE, Word.UNCHECKED) if verbose else ():
        for reason, clauses in wording.by_reason(ledger, word).items():
            ids = ", ".join(visible(clause.id) for clause in clauses)
            yield from _wrapped(f"{word}: {visible(reason)}: {ids}", word.style)
    if not verbose:
        for reason in wording.by_reason(ledger, Word.INCONCLUSIVE):
            yield from _wrapped(f"inconclusive: {visible(reason)}", Word.INCONCLUSIVE.style)
        if counts := {word: ledger.verdict.clauses[word] for word in (Word.UNCHECKED, Word.ANSWERED)}:
            told = [f"{count} {word}" for word, count in counts.items() if count]
            yield from _wrapped(f"{' and '.join(told)}: -v tells why and what" if told else "", "dim")
        return
    for clause in ledger.clauses:
        if clause.verdict == Word.ANSWERED:
            yield from _wrapped(f"open question: {visible(clause.statement)} {visible(clause.reason)}")


def _wrapped(told: str, style: str = "") -> Iterator[Line]:
    for line in textwrap.wrap(told, WIDTH, subsequent_indent="  ", **KEEP):
        yield ((line, style),)


def _comparison(comparison: Comparison | None) -> Iterator[Line]:
    if comparison is None:
        return
    changes, since = comparison.changes, wording.moment(comparison.baseline.started)
    yield EMPTY
    told = wording.plural(len(changes), "change") if changes else "nothing changed"
    yield (("against the baseline ", "dim"), (f"of {since}: ", ""), (told, "bold"))
    if comparison.left_out:
        yield (("not compared: ", "yellow"), (visible(comparison.left_out), ""))
    for change in changes[:WORST_CHANGES]:
        place = f"{change.clause} at {change.place}"
        yield (
            (f"  {change.what} {change.kind} ({change.direction}): ", ""),
            (visible(place), "cyan"),
            (f": {visible(change.before)} → {visible(change.after)}", ""),
        )
    if len(changes) > WORST_CHANGES:
        yield ((f"  and {len(changes) - WORST_CHANGES} more", "dim"),)


def _verdict(ledger: Ledger) -> Iterator[Line]:
    word, code = ledger.verdict.word, ledger.verdict.exit_code
    if caveat := wording.caveat(ledger):
        yield ((caveat, "dim"),)
    end = "no exit code: the run came to no end" if code is None else f"exit code {code}"
    yield ((word.upper(), f"bold {word.looks_like.style}"), (f": {wording.meaning(ledger)} ({end})", ""))
