"""The report as one self-contained page, `report/report.html`: no script, nothing loaded from elsewhere."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

from jinja2 import Template
from markupsafe import Markup

from billogram_contract.report import plots, stories, templating, wording
from billogram_contract.report.wording import visible
from billogram_contract.results.model import ClauseEntry, Ledger
from billogram_contract.results.words import Word


def text(ledger: Ledger) -> str:
    """The page as a text."""
    found, verdict = wording.families(ledger), ledger.verdict
    counts = {family: _counts(clauses) for family, clauses in found.items()}
    page: str = _template().render(
        ledger=ledger,
        run=ledger.run,
        verdict=verdict,
        families=found,
        counts=counts,
        total=_counts(ledger.clauses),
        largest=max(map(len, found.values()), default=0),
        words=[word for word in Word if any(count.get(word) for count in counts.values())],
        questions=[clause for clause in ledger.clauses if clause.verdict == Word.ANSWERED],
        failing=verdict.failing,
        gist=[one for one in ledger.findings if one.fails],
        told={finding.fingerprint for finding in ledger.findings},
        never_seen=list(wording.never_seen(ledger)),
        traffic=list(_traffic(ledger)),
    )
    return page


@cache
def _template() -> Template:
    environment = templating.environment()
    environment.filters |= {
        "up": up,
        "raw_up": raw_up,
        "slug": slug,
        "moment": wording.moment,
    }
    environment.globals |= {
        "wording": wording,
        "stories": stories,
        "plots": plots,
        "Word": Word,
        "pretty": pretty,
    }
    return environment.get_template("report/templates/report.html.j2")


def up(told: object, longest: int = wording.LONGEST) -> Markup:
    """A text that upstream may have written: on one line, made visible, its direction kept to itself."""
    return Markup("<bdi>{}</bdi>").format(visible(told, longest))


def raw_up(told: str) -> Markup:
    """A text of several lines that upstream may have written; nothing of it is cut."""
    shown = "\n".join(visible(line, len(line)) for line in told.split("\n"))
    return Markup("<bdi>{}</bdi>").format(shown)


def slug(name: str) -> str:
    """A name as part of an id."""
    return re.sub(r"[^A-Za-z0-9._-]", "-", name) or "-"


def pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _counts(clauses: list[ClauseEntry]) -> dict[str, int]:
    found = Counter(clause.shown for clause in clauses)
    return {word: found[word] for word in Word}


def _traffic(ledger: Ledger) -> Iterator[dict[str, Any]]:
    """For each operation: its statuses, its times, and the plots of both."""
    for number, (operation, statuses) in enumerate(ledger.requests.by_status.items()):
        timing = ledger.timings.get(operation)
        bars = plots.trimmed(timing.histogram) if timing else {}
        names = dict(zip(plots.ranges(list(bars)), bars.values(), strict=False))
        ordered = {visible(status): statuses[status] for status in sorted(statuses)}
        yield {
            "operation": operation,
            "statuses": ordered,
            "timing": timing,
            "bars": names,
            "status_plot": plots.columns(
                ordered, id=f"statuses-{number}", title=f"Answers to {visible(operation)} by status"
            ),
            "time_plot": plots.columns(
                names, id=f"times-{number}", title=f"Answers to {visible(operation)} by milliseconds"
            ),
        }
