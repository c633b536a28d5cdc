"""GitHub's workflow commands: each finding as an annotation of the clause that it departs from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from billogram_contract.report import wording
from billogram_contract.report.wording import CLAUSES_FILE, visible
from billogram_contract.results.ledger import Ledger

LONGEST = 600  # characters of one text in an annotation


def commands(ledger: Ledger, *, at: Mapping[str, int] | None = None) -> Iterator[str]:
    """A workflow command for each finding; `at` says on which line each clause stands."""
    places = wording.lines_of_clauses() if at is None else at
    for finding in ledger["findings"]:
        place = (
            f",file={CLAUSES_FILE},line={places[finding['clause']]}" if finding["clause"] in places else ""
        )
        title = f"{finding['clause']} ({finding['direction']})"
        yield f"::{_level(finding)} title={_property(title)}{place}::{_message(finding, ledger)}"
    for problem in ledger["problems"]:
        yield f"::error title=Not put back::{_data(visible(problem, LONGEST))}"


def _level(finding: Mapping[str, Any]) -> str:
    if finding["accepted"]:
        return "notice"
    return "error" if finding["fails"] else "warning"


def _message(finding: Mapping[str, Any], ledger: Ledger) -> str:
    place = f"{finding['operation']} {finding['pointer']}".rstrip()
    standing = wording.standing(finding, ledger["run"]["fail_on"])
    told = (
        finding["statement"],
        f"At {place}",
        f"expected: {visible(finding['expected'], LONGEST)}",
        f"observed: {visible(finding['observed'], LONGEST)}",
        f"Finding {finding['fingerprint']}, {standing}.",
    )
    return _data("\n".join(visible(line, 2 * LONGEST) for line in told))


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(visible(text, LONGEST)).replace(":", "%3A").replace(",", "%2C")
