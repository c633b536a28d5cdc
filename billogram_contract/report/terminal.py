"""The summary at the end of a run: what holds, what drifted and how to see it again, what was not asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from billogram_contract import finding
from billogram_contract.ledger import Ledger


def lines(ledger: Ledger) -> Iterator[str]:
    """The summary line by line."""
    target = ledger["run"]["target"]
    yield f"held against {target['kind']} target: {target['base_url'] or 'the sandbox of this suite'}"
    for one in ledger["findings"]:
        yield ""
        yield f"{'ACCEPTED' if one['accepted'] else 'DRIFTED'}  {one['statement']} (source {one['source']})"
        yield from finding.text(finding.from_dict(one)).splitlines()
    yield ""
    for word in ("inconclusive", "unchecked"):
        by_reason: dict[str, list[str]] = defaultdict(list)
        for clause in ledger["clauses"]:
            if clause["verdict"] == word and not clause["untestable"]:
                by_reason[clause["reason"]].append(clause["id"])
        for reason, ids in by_reason.items():
            yield f"{word}: {', '.join(ids)}: {reason}"
    for clause in ledger["clauses"]:
        if clause["verdict"] == "answered":
            yield f"open question: {clause['statement']} {clause['reason']}"
    yield from (standing["line"] for standing in ledger["deviations"])
    yield from (f"NOT PUT BACK: {problem}" for problem in ledger["problems"])
    yield ""
    seconds = ledger["run"]["seconds"]
    yield f"{tally(ledger)}; {ledger['requests']['total']} requests in {seconds:.1f} s"


def tally(ledger: Ledger) -> str:
    """How many clauses came to which verdict, in one line."""
    counts = ledger["verdict"]["clauses"]
    return (
        f"{counts['holds']} clauses hold, {counts['drifted']} drifted, "
        f"{counts['inconclusive']} inconclusive, {counts['unchecked']} unchecked, "
        f"{counts['answered']} open questions answered, {counts['untestable']} untestable"
    )
