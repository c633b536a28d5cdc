"""The history as one static page: no script, nothing loaded from elsewhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from billogram_contract.report import templating, wording
from billogram_contract.report.html import up
from billogram_contract.results.words import Word
from billogram_contract.spec.clauses import Clauses
from billogram_contract.watch import history
from billogram_contract.watch.history import Found, Night, Spell

LATEST = 14  # runs that have a row of their own
WIDEST = 14  # pixels of one run
TALL = {Word.DRIFTED: 10, Word.INCONCLUSIVE: 6, Word.ACCEPTED: 7, Word.UNCHECKED: 1}  # of 10; the rest has 4
DAY_WIDTH = 90  # pixels of a day's name
HEIGHT = 40  # of a plot
STRIP = Markup(
    '<svg class="strip" viewBox="0 0 {count} 10" preserveAspectRatio="none" role="img" aria-label="{label}"'
    ' style="width:min(100%,{width}px)">{paths}</svg>'
)
PATH = Markup('<path class="line-{name}" stroke-width="{tall}" d="{data}"/>')
PLOT = Markup(
    '<svg class="plot" viewBox="0 0 {count} {height}" preserveAspectRatio="none" role="img"'
    ' aria-label="{label}" style="width:min(100%,{width}px)"><path class="fill-accent" d="{data}"/></svg>'
)


def text(nights: Sequence[Night], clauses: Clauses) -> str:
    """The page as a text."""
    environment = templating.environment()
    environment.filters |= {"up": up, "moment": wording.moment}
    families: dict[str, dict[str, Markup]] = defaultdict(dict)
    for id, row in history.matrix(nights, clauses).items():
        families[id.partition(".")[0]][id] = strip(row)
    page: str = environment.get_template("watch/templates/history.html.j2").render(
        nights=nights,
        latest=list(reversed(nights[-LATEST:])),
        badge=history.badge(nights),
        clauses=clauses,
        families=families,
        words=[word for word in Word if word != Word.UNTESTABLE],
        spells=_latest_first(history.spells(nights)),
        answers=history.answers(nights),
        ticks=list(ticks(nights)),
        width=WIDEST * len(nights),
        plots=list(_plots(nights)),
        Word=Word,
    )
    return page


def _latest_first(spells: Mapping[str, tuple[Found, list[Spell]]]) -> dict[str, tuple[Found, list[Spell]]]:
    """Findings by their last spell: what is there yet comes first."""
    by_end = sorted(spells.items(), key=lambda one: (not one[1][1][-1].is_over, one[1][1][-1].last))
    return dict(reversed(by_end))


def strip(row: Sequence[Word | None]) -> Markup:
    """A row of verdicts as a strip: what is worse is drawn taller, so that colour alone tells nothing."""
    data: dict[Word, str] = defaultdict(str)
    for word, start, length in history.stretches(row):
        data[word] += f"M{start} 5h{length}"
    paths = Markup().join(
        PATH.format(name=word, tall=TALL.get(word, 4), data=told) for word, told in data.items()
    )
    counts = (f"{word} in {row.count(word)}" for word in data)
    label = f"{', '.join(counts)} of {len(row)} runs"
    return STRIP.format(count=len(row), label=label, width=WIDEST * len(row), paths=paths)


def ticks(nights: Sequence[Night]) -> Iterator[tuple[float, str]]:
    """The days above the strips, as many as have room: where each stands, in parts of a hundred."""
    most = min(8, max(1, WIDEST * len(nights) // DAY_WIDTH))
    step = max(1, -(-len(nights) // most))
    for number in range(0, len(nights), step):
        yield 100 * number / len(nights), nights[number].day


def _plots(nights: Sequence[Night]) -> Iterator[Mapping[str, Any]]:
    numbers = {
        "Requests": [float(one.requests) for one in nights],
        "Seconds": [one.seconds for one in nights],
    }
    for title, values in numbers.items():
        most, middle = max(values, default=0.0), sorted(values)[len(values) // 2] if values else 0.0
        told = f"{min(values, default=0.0):g} to {most:g}, {middle:g} in the middle"
        yield {"title": title, "told": told, "plot": _plot(values, most, f"{title} a run: {told}")}


def _plot(values: Sequence[float], most: float, label: str) -> Markup:
    """Columns without gaps, one a run."""
    data = "".join(
        f"M{number} {HEIGHT}v-{HEIGHT * value / (most or 1):.1f}h.9V{HEIGHT}z"
        for number, value in enumerate(values)
    )
    return PLOT.format(
        count=len(values) or 1, height=HEIGHT, label=label, width=WIDEST * len(values), data=data
    )
