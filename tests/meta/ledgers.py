"""Ledgers for the tests of the reports: real ones, built from made-up records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from msgspec.structs import replace

from billogram_contract.checking.finding import DIRECTIONS, Direction, Finding
from billogram_contract.checking.observed_schema import Aspects
from billogram_contract.checking.record import Record
from billogram_contract.results import comparison, ledger
from billogram_contract.results.deviations import Deviation, accepted, status
from billogram_contract.results.model import (
    About,
    Allotted,
    Baseline,
    Change,
    Comparison,
    DeviationStatus,
    Ledger,
    TargetEntry,
)
from billogram_contract.results.verdict import Exit, exit_code, verdicts
from billogram_contract.spec import description
from billogram_contract.spec.clauses import Clause, Clauses

CLAUSES = (
    Clause("list.size", "A page has at most 100 customers.", "R", "must", clients=("python", "php")),
    Clause("list.total", "total_count counts them all.", "R C", "must"),
    Clause("update.name", "A name has at most 100 characters.", "R", "must"),
    Clause("update.trim", "White space around a name is trimmed.", "I", "observed"),
    Clause("update.undo", "An update can be undone.", "R", "must", untestable="There is nothing to ask."),
)
DRIFTED = Finding(
    clause="list.size",
    direction="relaxed",
    operation="GET /customer",
    pointer="/page_size",
    expected="400: the request is refused",
    observed="200: it is accepted",
    curl="curl -i -u \"$BILLOGRAM_API_USER:$BILLOGRAM_API_PASSWORD\" 'http://x/customer?page_size=101'",
    asked="GET /customer?page_size=101",
    patch=({"op": "remove", "path": "/x"},),
    example="page_size=101",
)
# What an upstream may answer that means harm, in every way that a report may read it.
HOSTILE = (
    "<script>alert(1)</script>\"><img src=x onerror=alert(1)>' onload='alert(1) <!-- ]]> &lt;b&gt; "
    "[x](javascript:alert(1)) ![i](https://evil.example/i.png) <https://evil.example> https://evil.example "
    "www.evil.example @someone #1 ` `` ``` ~~~ |a|b| **bold** _it_ \x1b[31mred\x1b[0m \x9b1m "
    "\r\n\n# head\n- item\n    code\n::error file=x,line=1::%0A%25 {{ 7 * 7 }} {% if x %} {# no #} "
    "\u202ereversed\u2066isolated\u200b\u2028\ufeff \x00\x07\x08 "
)


LIVE = TargetEntry("live", "https://sandbox.example/api/v2", [], [], Allotted(12, 99))
ABOUT = About(
    started="2026-11-22T10:00:00+00:00",
    seconds=6.25,
    target=LIVE,
    evidence=None,
    description="0" * 64,
    depth="quick",
    fail_on="additive",
    settle=0.0,
    scenarios="0123456789ab",
    checks=3,
    versions={"billogram-contract": "0.1.0", "python": "3.11.7"},
)


def record(clause: str, *findings: Finding, asked: int = 1, **learnt: Any) -> Record:
    """What a check of a clause recorded."""
    counts = {finding.fingerprint: 50 for finding in findings}
    return Record(
        f"test_{clause}",
        (clause,),
        exercised={clause: asked},
        findings=list(findings),
        counts=counts,
        **learnt,
    )


def traffic(path: str = "/data/*/name", curl: str = "curl http://x/customer") -> Record:
    """What a check recorded of its requests."""
    operation = "GET /customer"
    aspects = Aspects(types={"string": 9}, formats={"text": 9}, values={"Ada": 9})
    return record(
        "list.total",
        requests=3,
        statuses={operation: {"200": 2, "400": 1}},
        milliseconds={operation: [1.5, 7.0, 30.0]},
        profile={f"{operation} 200": {path: aspects}},
        samples={f"{operation} 200": curl},
    )


ANSWERED = record("update.trim", answers={"update.trim": ("it is", "curl http://x/customer")})
HELD = (record("list.size"), traffic(), record("update.name"), ANSWERED)


def made(
    *records: Record,
    deviation_statuses: Sequence[DeviationStatus] = (),
    problems: Sequence[str] = (),
    fail_on: Direction = "additive",
    is_complete: bool = True,
    clauses: Iterable[Clause] = CLAUSES,
    **target: Any,
) -> Ledger:
    """The ledger of a run that recorded this."""
    promised = Clauses({clause.id: clause for clause in clauses})
    judged = verdicts(promised, records, accepted(deviation_statuses))
    code = exit_code(judged, fail_on, accepted(deviation_statuses))
    if any(one.state != "current" for one in deviation_statuses):
        code = Exit.DRIFT
    return ledger.build(
        replace(ABOUT, fail_on=fail_on, target=replace(LIVE, **target)),
        description=description.load(),
        verdicts=judged,
        records=records,
        deviation_statuses=deviation_statuses,
        problems=problems,
        fail_on=fail_on,
        exit_code=code if is_complete else None,
    )


def compared(old: Ledger, new: Ledger) -> Ledger:
    """The newer ledger with its comparison to an older one."""
    return ledger.with_comparison(new, old, comparison.compare(old, new), (), "additive")


def standing(
    finding: Finding = DRIFTED, state: str = "current", reason: str = "Being mended."
) -> DeviationStatus:
    days = (date(2026, 11, 1), date(2099, 1, 1))
    one = Deviation(finding.fingerprint, finding.clause, "what", reason, *days, "live", "check")
    return status(one, state)  # type: ignore[arg-type]  # a state by its word


def drifted(count: int = 1) -> Ledger:
    """A run with so many findings of one clause, all different."""
    found = [DRIFTED, *(_at(f"/page_size/{number}") for number in range(1, count))]
    return made(record("list.size", *found), *HELD[1:])


def _at(pointer: str) -> Finding:
    return Finding("list.size", "breaking", "GET /customer", pointer, "this", "that", "curl http://x")


def hostile() -> Ledger:
    """A run against an upstream that answers harm in every text, and at great length."""
    harm = HOSTILE + "A" * 10_000
    found = [
        _harmful(harm, clause.id, direction)
        for clause, direction in zip(CLAUSES, DIRECTIONS[1:], strict=False)
    ]
    records = [record(one.clause, one) for one in found]
    records.append(traffic(path=f"/data/*/{harm}", curl=harm))
    records.append(record("update.trim", answers={"update.trim": (harm, harm)}))
    told = made(
        *records,
        record("list.away", outage=harm),
        clauses=(*CLAUSES, Clause("list.away", "It answers.", "R", "must")),
        problems=[harm],
        deviation_statuses=[standing(found[0], reason=harm)],
        base_url=f"https://x/{harm}",
        drifts=[harm],
    )
    change = Change("answer", "changed", "changed", "update.trim", harm, harm, harm, harm, harm)
    baseline = Baseline("2026-11-21T10:00:00+00:00", told.run.target)
    return replace(told, comparison=Comparison(baseline, harm, [change]))


def _harmful(harm: str, clause: str, direction: Direction) -> Finding:
    lone = harm + "\ud800"  # half a character, which JSON can say and UTF-8 cannot
    patch = ({harm: [harm]},)
    place = (f"GET {harm}", harm)
    return Finding(clause, direction, *place, lone, lone, lone, lone, patch=patch, example=lone)


def all_kinds() -> dict[str, Ledger]:
    """A ledger of each kind that a report must be able to show, by its name."""
    away = [record(clause.id, asked=0, outage="upstream is away") for clause in CLAUSES]
    return {
        "held": made(*HELD),
        "embedded": made(*HELD, kind="embedded", base_url=None),
        "drifted": drifted(),
        "many": drifted(200),
        "accepted": made(record("list.size", DRIFTED), *HELD[1:], deviation_statuses=[standing()]),
        "expired": made(*HELD, deviation_statuses=[standing(state="expired")]),
        "mild": made(record("list.size", DRIFTED), *HELD[1:], fail_on="breaking"),
        "inconclusive": made(*away),
        "nothing": made(),
        "no clauses": made(clauses=()),
        "incomplete": made(*HELD[:2], is_complete=False),
        "not put back": made(*HELD, problems=["Customer 9001 has the number 9101."]),
        "compared": compared(drifted(), made(*HELD)),
        "known": compared(drifted(), drifted(2)),
        "hostile": hostile(),
    }


KINDS = all_kinds()
