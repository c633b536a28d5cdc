"""The story of a finding, part by part, in the words that every report shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from billogram_contract.report import wording
from billogram_contract.results.model import FindingEntry
from billogram_contract.results.severity import MEANINGS
from billogram_contract.spec import clients
from billogram_contract.spec.reliances import Reliance, reliances

MOST_ALSO = 6  # places of one cause that are told
WIDEST = 32  # characters of a cell in a table of plain text
ALONE = 1  # step: what it shows stands in one request


class Part(NamedTuple):
    """One part of a story: what it is, and its lines; `is_code` where they are shown as they stand."""

    label: str
    lines: list[str]
    is_code: bool = False


def parts(finding: FindingEntry, fail_on: str) -> Iterator[Part]:
    """The parts of a story, in the order in which a stranger needs them; none is empty."""
    for part in _all(finding, fail_on):
        if part.lines:
            yield part


def how_bad(finding: FindingEntry, fail_on: str) -> str:
    """How bad it is, in a line."""
    words = f"{finding.severity}: {MEANINGS[finding.severity]}"
    return "; ".join([words, wording.standing(finding, fail_on), *filter(None, [wording.age(finding)])])


def again(finding: FindingEntry) -> str:
    """The command that asks for a finding again."""
    return f"python -m billogram_contract again {finding.fingerprint}"


def _all(finding: FindingEntry, fail_on: str) -> Iterator[Part]:
    story = finding.story
    yield Part("how bad", [how_bad(finding, fail_on)])
    yield Part("for whom", list(_for_whom(finding)))
    yield Part("promise", list(_promise(finding)))
    yield Part("facts", [f"{one.label}: {one.told}" for one in story.facts] or _facts(finding))
    steps = enumerate(story.steps, start=1)
    yield Part("steps", [f"{turn}. {one.role}: {one.request} → {one.answer}" for turn, one in steps])
    yield Part("rows", list(_rows(finding)), is_code=True)
    yield Part("a guess", [story.guess] if story.guess else [])
    yield Part("extent", list(_extent(finding)))
    fault = wording.FAULTS[finding.cause] if finding.cause != "upstream" else ""
    yield Part("at fault", [f"most likely {fault}"] if fault else [])


def _facts(finding: FindingEntry) -> list[str]:
    """What a finding without a story knows: a change against the baseline, or one of an older ledger."""
    return [f"expected: {finding.expected}", f"observed: {finding.observed}"]


def _for_whom(finding: FindingEntry) -> Iterator[str]:
    known, measured = reliances(), clients.names_of(finding.clause)
    about = f"{finding.statement} {finding.pointer}"
    if finding.direction != "additive":
        harms = clients.broken_by(finding.clause, is_relaxed=finding.direction == "relaxed")
        yield from (f"{line} (at worst)" for line in harms)
    others = []
    for client in [one for one in finding.clients if one not in measured]:
        told = [one for one in known.get(client, ()) if _is_about(one, about)]
        if told:
            yield f"{client} relies on {' and '.join(one.text for one in told)}"
        else:
            others.append(client)
    if others:
        yield ", ".join(others)


def _is_about(reliance: Reliance, about: str) -> bool:
    """Whether a text has all the names of what a client relies on."""
    found = [re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", about) for word in reliance.words]
    return bool(found) and None not in found


def _promise(finding: FindingEntry) -> Iterator[str]:
    yield f"{finding.clause}: {finding.statement}"
    if finding.quote:
        yield f"“{finding.quote}” ({finding.promised_at})"


def _rows(finding: FindingEntry) -> Iterator[str]:
    table = finding.story.table
    if not table.rows:
        return
    rows = [table.columns, *table.rows]
    widths = [max(len(_cell(row[at])) for row in rows) for at in range(len(table.columns))]
    for row in rows:
        cells = (_cell(cell).ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()
    if table.more:
        yield f"and {table.more} more"


def _cell(told: str) -> str:
    shown = wording.visible(told)
    return shown if len(shown) <= WIDEST else f"{shown[: WIDEST - 1]}…"


def _extent(finding: FindingEntry) -> Iterator[str]:
    if finding.origin == "contract":
        yield f"at {finding.place}; {wording.seen_in(finding)}"
    if finding.in_common:
        yield f"all of them have in common: {', '.join(finding.in_common)}"
    if finding.kept_by:
        yield f"found by {wording.plural(finding.departed, 'check')}; not by {', '.join(finding.kept_by)}"
    for one in finding.also[:MOST_ALSO]:
        yield f"also {one.clause} at {one.place}: {one.headline}"
    if len(finding.also) > MOST_ALSO:
        yield f"and {len(finding.also) - MOST_ALSO} more places"
    if finding.story.kept:
        yield f"kept: {', '.join(finding.story.kept)}"
    if finding.held:
        yield f"beside it holds: {', '.join(finding.held)}"
