"""The summary at the end of a run: what holds, what drifted and how to see it again, what was not asked."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from billogram_contract import finding
from billogram_contract.verdict import Verdict


def lines(verdicts: Sequence[Verdict], *, target: str, requests: int, seconds: float) -> Iterator[str]:
    """The summary line by line."""
    yield f"held against {target}"
    for verdict in verdicts:
        for one in verdict.findings:
            yield ""
            yield f"DRIFTED  {verdict.clause.statement} (source {verdict.clause.source})"
            yield from finding.text(one).splitlines()
    yield ""
    for word in ("inconclusive", "unchecked"):
        by_reason: dict[str, list[str]] = defaultdict(list)
        for verdict in verdicts:
            if verdict.word == word and not verdict.clause.untestable:
                by_reason[verdict.reason].append(verdict.clause.id)
        for reason, ids in by_reason.items():
            yield f"{word}: {', '.join(ids)}: {reason}"
    for verdict in verdicts:
        if verdict.word == "answered":
            yield f"open question: {verdict.clause.statement} {verdict.reason}"
    yield ""
    yield f"{tally(verdicts)}; {requests} requests in {seconds:.1f} s"


def tally(verdicts: Sequence[Verdict]) -> str:
    """How many clauses came to which verdict, in one line."""
    counts = Counter(verdict.word for verdict in verdicts if not verdict.clause.untestable)
    untestable = sum(1 for verdict in verdicts if verdict.clause.untestable)
    return (
        f"{counts['holds']} clauses hold, {counts['drifted']} drifted, "
        f"{counts['inconclusive']} inconclusive, {counts['unchecked']} unchecked, "
        f"{counts['answered']} open questions answered, {untestable} untestable"
    )
