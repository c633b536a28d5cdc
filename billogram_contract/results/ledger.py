"""The ledger: all verdicts and findings of a run, with what it saw; `report/ledger.json`."""

from __future__ import annotations

import hashlib
import json
import platform
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from billogram_contract.checking.finding import DIRECTIONS, Direction, Finding, fails
from billogram_contract.checking.observed_schema import ObservedSchema, merge, plain
from billogram_contract.errors import SetupError
from billogram_contract.results.comparison import Comparison
from billogram_contract.results.coverage import coverage
from billogram_contract.results.deviations import DeviationStatus, accepted
from billogram_contract.results.files import write_whole
from billogram_contract.results.verdict import Exit, Verdict
from billogram_contract.spec.description import Description

VERSION = 1
SCHEMA_PATH = Path(__file__).with_name("ledger.schema.json")
PACKAGES = ("billogram-contract", "hypothesis", "pytest", "schemathesis")
BUCKETS = (5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000)  # milliseconds, each the end of a bar

WORDS = {
    Exit.HELD: "held",
    Exit.DRIFT: "drifted",
    Exit.SETUP: "nothing checked",
    Exit.INTERNAL: "failed",
    Exit.INCONCLUSIVE: "inconclusive",
}
STALE = "stale"  # what was recorded is not what the checks ask for
Ledger = dict[str, Any]


class Totals:
    """What the records of a run come to, added up."""

    def __init__(self, records: Sequence[Mapping[str, Any]]) -> None:
        self.requests = sum(record["requests"] for record in records)
        self.counts: Counter[str] = Counter()
        self.asked: Counter[str] = Counter()
        self.statuses: dict[str, dict[str, int]] = {}
        self.milliseconds: dict[str, list[float]] = {}
        self.samples: dict[str, str] = {}
        self.profile: ObservedSchema = {}
        for record in records:
            self.counts.update(record["counts"])
            self.asked.update(record["asked"])
            merge(self.profile, record["profile"])
            self.samples = {**record["samples"], **self.samples}
            for operation, counts in record["statuses"].items():
                self.statuses[operation] = dict(Counter(self.statuses.get(operation, {})) + Counter(counts))
                self.milliseconds.setdefault(operation, []).extend(record["milliseconds"][operation])


def build(
    run: Mapping[str, Any],
    *,
    description: Description,
    verdicts: Sequence[Verdict],
    records: Sequence[Mapping[str, Any]],
    deviation_statuses: Sequence[DeviationStatus] = (),
    problems: Sequence[str] = (),
    fail_on: Direction = "additive",
    exit_code: Exit | None = None,
    is_stale: bool = False,
) -> Ledger:
    """The ledger of a run, without a comparison; `run` is what `about` told.

    Without an exit code the run came to no end: the ledger is incomplete. `is_stale` tells that cassettes
    did not hold what was asked.
    """
    totals = Totals(records)
    profile = plain(totals.profile)
    entries = _Entries(records, totals.counts, deviation_statuses, fail_on, run["started"])
    findings = [entries.contract(verdict, one) for verdict in verdicts for one in verdict.findings]
    return {
        "version": VERSION,
        "complete": exit_code is not None,
        "run": dict(run),
        "verdict": _verdict(exit_code, verdicts, findings, is_stale=is_stale),
        "clauses": [_clause(verdict) for verdict in verdicts],
        "findings": sorted(findings, key=_worst_first),
        "deviations": [_standing(one) for one in deviation_statuses],
        "problems": list(problems),
        "comparison": None,
        "requests": {"total": totals.requests, "by_status": dict(sorted(totals.statuses.items()))},
        "timings": {name: _timing(found) for name, found in sorted(totals.milliseconds.items())},
        "coverage": coverage(description, profile, totals.statuses, totals.asked),
        "profile": profile,
        "samples": dict(sorted(totals.samples.items())),
    }


def with_comparison(
    ledger: Ledger,
    baseline: Mapping[str, Any],
    comparison: Comparison,
    deviation_statuses: Sequence[DeviationStatus],
    fail_on: Direction,
) -> Ledger:
    """The ledger with its comparison: changes become findings, and known findings tell since when."""
    known = {one["fingerprint"]: one["since"] for one in baseline["findings"]}
    clauses = {clause["id"]: clause for clause in ledger["clauses"]}
    entries = _Entries((), Counter(), deviation_statuses, fail_on, ledger["run"]["started"])
    findings = [
        *ledger["findings"],
        *(entries.baseline(one, clauses.get(one.clause, {})) for one in comparison.findings),
    ]
    for entry in findings:
        entry["since"] = known.get(entry["fingerprint"], entry["since"])
        entry["known"] = entry["fingerprint"] in known
    told = {
        "baseline": {"started": baseline["run"]["started"], "target": baseline["run"]["target"]},
        "left_out": comparison.left_out,
        "changes": [asdict(change) for change in comparison.changes],
    }
    verdict = {**ledger["verdict"], "failing": sum(1 for one in findings if one["fails"])}
    findings.sort(key=_worst_first)
    return {**ledger, "verdict": verdict, "findings": findings, "comparison": told}


def scenarios(checks: Iterable[str]) -> str:
    """What stands for a set of checks: two runs that asked the same have the same."""
    return hashlib.sha256("\n".join(sorted(checks)).encode()).hexdigest()[:12]


def versions() -> dict[str, str]:
    """The versions that a run rests on."""
    return {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}


def write(ledger: Ledger, path: Path) -> None:
    """Writes a ledger whole or not at all; raises SetupError where it cannot be written."""
    write_whole(json.dumps(ledger, indent=1, ensure_ascii=False) + "\n", path)


def read(path: Path) -> Ledger:
    """The ledger in a file; raises SetupError where it is none."""
    try:
        ledger: Ledger = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SetupError(f"The ledger {path} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise SetupError(f"The ledger {path} is no JSON: {error}.") from None
    for departure in schema_validator().iter_errors(ledger):
        where = "/".join(map(str, departure.absolute_path)) or "its root"
        raise SetupError(f"The ledger {path} is none of this suite's: at {where}: {departure.message[:200]}")
    return ledger


@cache
def schema_validator() -> Draft202012Validator:
    """What every ledger is held to: the published schema beside this module."""
    return Draft202012Validator(json.loads(SCHEMA_PATH.read_text(encoding="utf-8")))


class _Entries:
    """Findings as the ledger has them."""

    def __init__(
        self,
        records: Sequence[Mapping[str, Any]],
        counts: Counter[str],
        deviation_statuses: Sequence[DeviationStatus],
        fail_on: Direction,
        started: str,
    ) -> None:
        self._records = records
        self._counts = counts
        self._accepted = accepted(deviation_statuses)
        self._fail_on = fail_on
        self._started = started

    def contract(self, verdict: Verdict, finding: Finding) -> dict[str, Any]:
        record = next(one for one in self._records if _shows(one, finding))
        clause = verdict.clause
        return {
            "from": "contract",
            "statement": clause.statement,
            "source": clause.source,
            "clients": list(clause.clients),
            "check": record["check"],
            "generated": record["is_property"],
            **self._common(finding),
        }

    def baseline(self, finding: Finding, clause: Mapping[str, Any]) -> dict[str, Any]:
        origin = {
            "statement": clause.get("statement", "Answers look as they did in the baseline."),
            "source": clause.get("source", ""),
            "clients": clause.get("clients", []),
        }
        return {"from": "baseline", **origin, "check": "", "generated": False, **self._common(finding)}

    def _common(self, finding: Finding) -> dict[str, Any]:
        is_accepted = finding.fingerprint in self._accepted
        return {
            "fingerprint": finding.fingerprint,
            **finding.as_dict(),
            "patch": list(finding.patch),
            "count": max(1, self._counts[finding.fingerprint]),
            "since": self._started,
            "known": False,
            "accepted": is_accepted,
            "fails": fails(finding, self._fail_on) and not is_accepted,
        }


def _shows(record: Mapping[str, Any], finding: Finding) -> bool:
    return any(one["clause"] == finding.clause and one["curl"] == finding.curl for one in record["findings"])


def _verdict(
    code: Exit | None,
    verdicts: Sequence[Verdict],
    findings: Sequence[Mapping[str, Any]],
    *,
    is_stale: bool,
) -> dict[str, Any]:
    counts: Counter[str] = Counter(verdict.word for verdict in verdicts if not verdict.clause.untestable)
    words = ("holds", "drifted", "accepted", "inconclusive", "unchecked", "answered")
    return {
        "word": "incomplete" if code is None else STALE if is_stale else WORDS[code],
        "exit_code": None if code is None else int(code),
        "clauses": {word: counts[word] for word in words}
        | {"untestable": sum(1 for verdict in verdicts if verdict.clause.untestable)},
        "failing": sum(1 for finding in findings if finding["fails"]),
    }


def _clause(verdict: Verdict) -> dict[str, Any]:
    clause = verdict.clause
    return {
        "id": clause.id,
        "family": clause.family,
        "statement": clause.statement,
        "source": clause.source,
        "level": clause.level,
        "clients": list(clause.clients),
        "verdict": verdict.word,
        "untestable": bool(clause.untestable),
        "exchanges": verdict.exchanges,
        "reason": verdict.reason,
        "answers": [asdict(answer) for answer in verdict.answers],
        "findings": [finding.fingerprint for finding in verdict.findings],
    }


def _standing(standing: DeviationStatus) -> dict[str, Any]:
    one = standing.deviation
    return {
        "finding": one.finding,
        "clause": one.clause,
        "reason": one.reason,
        "accepted": one.accepted.isoformat(),
        "until": one.until.isoformat(),
        "state": standing.state,
        "line": standing.line,
    }


def _worst_first(finding: Mapping[str, Any]) -> tuple[bool, int]:
    """What fails the run first, the worst of it first; else in the order of the clauses."""
    return (not finding["fails"], -DIRECTIONS.index(finding["direction"]))


def _timing(milliseconds: Sequence[float]) -> dict[str, Any]:
    ordered = sorted(milliseconds)
    bars = [
        sum(1 for one in ordered if low <= one < high)
        for low, high in zip((0, *BUCKETS), BUCKETS, strict=False)
    ]
    return {
        "count": len(ordered),
        "median_ms": round(statistics.median(ordered), 1),
        "p95_ms": ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))],
        "longest_ms": ordered[-1],
        "histogram": {
            **{f"under {end} ms": count for end, count in zip(BUCKETS, bars, strict=True)},
            f"{BUCKETS[-1]} ms and more": sum(1 for one in ordered if one >= BUCKETS[-1]),
        },
    }
