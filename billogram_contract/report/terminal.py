"""The summary at the end of a run: what holds, what drifted and how to see it again, what was not asked."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

from billogram_contract.report import wording
from billogram_contract.report.wording import visible
from billogram_contract.results.model import Comparison, FindingEntry, Ledger
from billogram_contract.results.words import Word

if TYPE_CHECKING:
    from rich.console import Console

Line = tuple[tuple[str, str], ...]  # pieces of text, each with its style

EMPTY: Line = ()
WORST_CHANGES = 40  # more are counted: the reports have them all


def text(ledger: Ledger, *, colour: bool) -> str:
    """The summary as a terminal shows it, with or without colour."""
    from rich.console import Console

    file = io.StringIO()
    console = Console(
        file=file, force_terminal=colour, no_color=not colour, color_system="standard" if colour else None
    )
    show(ledger, console)
    return file.getvalue()


def show(ledger: Ledger, console: Console) -> None:
    """Prints the summary; no line is cut or wrapped, so that what stands in it can be copied."""
    from rich.text import Text

    for line in styled(ledger):
        pieces = [piece if piece[1] else piece[0] for piece in line]
        console.print(Text.assemble(*pieces), soft_wrap=True, highlight=False, markup=False, emoji=False)


def styled(ledger: Ledger) -> Iterator[Line]:
    """The summary line by line, in pieces with their styles."""
    yield (("held against ", "dim"), (wording.target(ledger), "bold"))
    for finding in ledger.findings:
        yield EMPTY
        yield from _finding(finding)
    yield EMPTY
    yield from _not_asked(ledger)
    yield from _comparison(ledger.comparison)
    for standing in ledger.deviations:
        style = "dim" if standing.state == "current" else "yellow"
        yield ((visible(standing.line), style),)
    for problem in ledger.problems:
        yield (("NOT PUT BACK: ", "bold white on red"), (visible(problem), "bold red"))
    yield EMPTY
    requests, seconds = ledger.requests.total, ledger.run.seconds
    yield ((f"{tally(ledger)}; {requests} requests in {seconds:.1f} s", ""),)
    yield from _verdict(ledger)


def tally(ledger: Ledger) -> str:
    """How many clauses came to which verdict, in one line."""
    counts = ledger.verdict.clauses
    accepted = f"{counts[Word.ACCEPTED]} accepted, " if counts[Word.ACCEPTED] else ""
    return (
        f"{counts[Word.HOLDS]} clauses hold, {counts[Word.DRIFTED]} drifted, {accepted}"
        f"{counts[Word.INCONCLUSIVE]} inconclusive, {counts[Word.UNCHECKED]} unchecked, "
        f"{counts[Word.ANSWERED]} open questions answered, {counts[Word.UNTESTABLE]} untestable"
    )


def _finding(finding: FindingEntry) -> Iterator[Line]:
    word = Word.ACCEPTED if finding.accepted else Word.DRIFTED
    style = word.style if finding.fails or finding.accepted else Word.INCONCLUSIVE.style
    source = f"source {finding.source}" if finding.source else "against the baseline"
    statement, source = f"  {visible(finding.statement)}", f" ({visible(source)})"
    shown = "CLIENT" if finding.origin == "client" and not finding.accepted else word.upper()
    yield ((shown, f"bold {style}"), (statement, "bold"), (source, "dim"))
    yield ((visible(finding.clause), "cyan"), (f" ({finding.direction}) at {visible(finding.place)}", ""))
    yield (("  expected: ", "dim"), (visible(finding.expected), "green"))
    yield (("  observed: ", "dim"), (visible(finding.observed), style))
    yield (("  again:    ", "dim"), (visible(finding.curl, len(finding.curl)), ""))
    fault = f"most likely the fault of {wording.FAULTS[finding.cause]}"
    told = [wording.seen_in(finding), fault, wording.age(finding)]
    if finding.clients:
        told.append(f"clients that rely on it: {', '.join(map(visible, finding.clients))}")
    yield (("  about it: ", "dim"), ("; ".join(filter(None, told)), ""))
    yield (("  finding:  ", "dim"), (finding.fingerprint, ""))


def _not_asked(ledger: Ledger) -> Iterator[Line]:
    for word in (Word.INCONCLUSIVE, Word.UNCHECKED):
        for reason, clauses in wording.by_reason(ledger, word).items():
            ids = ", ".join(visible(clause.id) for clause in clauses)
            yield ((f"{word}: ", word.style), (f"{ids}: {visible(reason)}", ""))
    for clause in ledger.clauses:
        if clause.verdict == Word.ANSWERED:
            question, answer = visible(clause.statement), visible(clause.reason)
            yield (("open question: ", "dim"), (f"{question} ", ""), (answer, "bold"))


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
