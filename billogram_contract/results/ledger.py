"""The ledger: all verdicts and findings of a run, with what it saw; `report/ledger.json`."""

from __future__ import annotations

import hashlib
import json
import platform
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import asdict, replace

from billogram_contract.checking.counts import Counts
from billogram_contract.checking.finding import Direction, Finding, fails
from billogram_contract.checking.observed_schema import plain
from billogram_contract.checking.record import Record, total
from billogram_contract.checking.telling.traits import in_common
from billogram_contract.errors import SetupError
from billogram_contract.results.coverage import coverage
from billogram_contract.results.deviations import accepted
from billogram_contract.results.files import write_whole
from billogram_contract.results.grouping import grouped, leads
from billogram_contract.results.model import (
    VERSION,
    About,
    ClauseEntry,
    Comparison,
    DeviationStatus,
    FindingEntry,
    Ledger,
    Origin,
    Requests,
    RunVerdict,
    Timing,
)
from billogram_contract.results.severity import severity
from billogram_contract.results.verdict import Exit, Verdict
from billogram_contract.results.words import RunWord, Word
from billogram_contract.spec.clauses import Clause
from billogram_contract.spec.description import Description

PACKAGES = ("billogram-contract", "hypothesis", "pytest", "schemathesis")
BUCKETS = (5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000)  # milliseconds, each the end of a bar
NEIGHBOURS = 4  # clauses beside a finding that are named because they hold
AS_BEFORE = "Answers look as they did in the baseline."  # the statement of what no clause promises


def build(
    run: About,
    *,
    description: Description,
    verdicts: Sequence[Verdict],
    records: Sequence[Record],
    deviation_statuses: Sequence[DeviationStatus] = (),
    problems: Sequence[str] = (),
    fail_on: Direction = "additive",
    exit_code: Exit | None = None,
    is_stale: bool = False,
    mistakes: Sequence[Finding] = (),
    uncompared: str = "",
) -> Ledger:
    """The ledger of a run, without a comparison; `run` is what `about` told.

    Without an exit code it is incomplete; `uncompared` is why there was no baseline, `mistakes` a client's.
    """
    whole = total(records)
    profile = plain(whole.profile)
    entries = _Entries(records, whole.counts, deviation_statuses, fail_on, run.started, whole)
    findings = [replace(one, held=_held(one, verdicts)) for one in grouped(entries.all(verdicts, mistakes))]
    told_by = {member: one.fingerprint for one in findings for member in one.fingerprints}
    return Ledger(
        version=VERSION,
        complete=exit_code is not None,
        run=run,
        verdict=_verdict(exit_code, verdicts, findings, is_stale=is_stale),
        clauses=[_clause(verdict, told_by) for verdict in verdicts],
        findings=sorted(findings, key=leads),
        deviations=list(deviation_statuses),
        problems=list(problems),
        comparison=None,
        requests=Requests(whole.requests, dict(sorted(whole.statuses.items()))),
        timings={name: _timing(found) for name, found in sorted(whole.milliseconds.items())},
        coverage=coverage(description, profile, whole.statuses, whole.asked),
        profile=profile,
        samples=dict(sorted(whole.samples.items())),
        uncompared=uncompared,
    )


def with_comparison(
    ledger: Ledger,
    baseline: Ledger,
    comparison: Comparison,
    deviation_statuses: Sequence[DeviationStatus],
    fail_on: Direction,
) -> Ledger:
    """The ledger with its comparison: changes become findings, and known findings tell since when."""
    since = {member: one.since for one in baseline.findings for member in one.fingerprints}
    clauses = {clause.id: clause for clause in ledger.clauses}
    entries = _Entries((), {}, deviation_statuses, fail_on, ledger.run.started)
    changed = [entries.baseline(one, clauses.get(one.clause)) for one in comparison.findings]
    findings = [
        replace(one, since=since.get(one.fingerprint, one.since), known=one.fingerprint in since)
        for one in (*ledger.findings, *changed)
    ]
    verdict = replace(ledger.verdict, failing=sum(one.fails for one in findings))
    findings.sort(key=leads)
    return replace(ledger, verdict=verdict, findings=findings, comparison=comparison)


def scenarios(checks: Iterable[str]) -> str:
    """What stands for a set of checks: two runs that asked the same have the same."""
    return hashlib.sha256("\n".join(sorted(checks)).encode()).hexdigest()[:12]


def versions() -> dict[str, str]:
    """The versions that a run rests on."""
    return {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}


def write(ledger: Ledger, path: Path) -> None:
    """Writes a ledger whole or not at all; raises SetupError where it cannot be written."""
    # Not msgspec's own writer: half a pair of surrogates is for `write_whole` to say.
    write_whole(json.dumps(msgspec.to_builtins(ledger), indent=1, ensure_ascii=False) + "\n", path)


def read(path: Path) -> Ledger:
    """The ledger in a file; raises SetupError where it is none that this suite can read."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SetupError(f"The ledger {path} cannot be read: {error.strerror}.") from None
    except (ValueError, RecursionError) as error:
        raise SetupError(f"The ledger {path} is no JSON: {error}.") from None
    if newer := _newer_suite(document):
        raise SetupError(f"The ledger {path} was written by a newer suite ({newer}): update this one.")
    try:
        return msgspec.convert(document, Ledger)
    except msgspec.ValidationError as error:
        told = " ".join(str(error).split())[:200]
        raise SetupError(f"The ledger {path} is none of this suite's: {told}.") from None


def _newer_suite(document: Any) -> str:
    """The version of the suite that wrote a ledger newer than this suite knows; empty where it knows it."""
    match document:
        case {"version": int(number), "run": {"versions": {"billogram-contract": str(suite)}}}:
            return suite if number > VERSION else ""
        case {"version": int(number)} if number > VERSION:
            return f"version {number} of the ledger"
    return ""


class _Entries:
    """Findings as the ledger has them."""

    def __init__(
        self,
        records: Sequence[Record],
        counts: Counts,
        deviation_statuses: Sequence[DeviationStatus],
        fail_on: Direction,
        started: str,
        whole: Record | None = None,
    ) -> None:
        self._whole = whole or Record("none")
        self._records = records
        self._counts = counts
        self._accepted = accepted(deviation_statuses)
        self._fail_on = fail_on
        self._started = started

    def all(self, verdicts: Sequence[Verdict], mistakes: Sequence[Finding]) -> list[FindingEntry]:
        """The departures of upstream, and the client's mistakes."""
        clauses = {verdict.clause.id: verdict.clause for verdict in verdicts}
        departures = [self.contract(verdict, one) for verdict in verdicts for one in verdict.findings]
        return departures + [self.client(one, clauses[one.clause]) for one in mistakes]

    def contract(self, verdict: Verdict, finding: Finding) -> FindingEntry:
        """A departure from a promise, with the check that found it."""
        record = next(one for one in self._records if _shows(one, finding))
        return self._entry("contract", finding, verdict.clause, record.check, record.is_property)

    def baseline(self, finding: Finding, clause: ClauseEntry | None) -> FindingEntry:
        """A change against the baseline; there is no clause where nothing is promised."""
        return self._entry("baseline", finding, clause)

    def _kept_by(self, finding: Finding) -> list[str]:
        """The checks of the clause alone that asked to their end and found no departure."""
        return [
            one.check.partition("::")[2]
            for one in self._records
            if finding.clause in one.clauses
            and one.exercised.get(finding.clause)
            and not one.findings
            and not one.blocked
            and not one.counts
        ][:NEIGHBOURS]

    def _in_common(self, finding: Finding) -> list[str]:
        """What the answers that show a finding share; nothing of a single one, which shows no pattern."""
        count = self._counts.get(finding.fingerprint, 0)
        own = self._whole.traits_of.get(finding.fingerprint, {})
        return in_common(own, self._whole.traits, finding.operation, count) if count > 2 else []

    def client(self, finding: Finding, clause: Clause) -> FindingEntry:
        """A mistake of the client, with what looked at its requests."""
        return self._entry("client", finding, clause, self._records[0].check)

    def _entry(
        self,
        origin: Origin,
        finding: Finding,
        clause: Clause | ClauseEntry | None,
        check: str = "",
        is_generated: bool = False,
    ) -> FindingEntry:
        is_accepted = finding.fingerprint in self._accepted
        return FindingEntry(
            **asdict(finding),
            fingerprint=finding.fingerprint,
            origin=origin,
            statement=clause.statement if clause else AS_BEFORE,
            source=clause.source if clause else "",
            clients=list(clause.clients) if clause and origin != "client" else [],
            check=check,
            generated=is_generated,
            count=max(1, self._counts.get(finding.fingerprint, 0)),
            since=self._started,
            known=False,
            accepted=is_accepted,
            fails=fails(finding, self._fail_on) and not is_accepted,
            severity=severity(finding, clients=bool(clause and clause.clients)),
            quote=clause.quote if isinstance(clause, Clause) else "",
            promised_at=clause.place if isinstance(clause, Clause) else "",
            among=sum(self._whole.statuses.get(finding.operation, {}).values()),
            in_common=tuple(self._in_common(finding)),
            departed=sum(1 for one in self._records if finding.fingerprint in one.counts),
            kept_by=tuple(self._kept_by(finding)),
        )


def _shows(record: Record, finding: Finding) -> bool:
    return any(one.fingerprint == finding.fingerprint for one in record.findings)


def _verdict(
    code: Exit | None, verdicts: Sequence[Verdict], findings: Sequence[FindingEntry], *, is_stale: bool
) -> RunVerdict:
    counts = Counter(Word.UNTESTABLE if verdict.clause.untestable else verdict.word for verdict in verdicts)
    return RunVerdict(
        word=RunWord.INCOMPLETE if code is None else RunWord.STALE if is_stale else code.word,
        exit_code=None if code is None else int(code),
        clauses={word: counts[word] for word in Word},
        failing=sum(finding.fails for finding in findings),
    )


def _clause(verdict: Verdict, told_by: Mapping[str, str]) -> ClauseEntry:
    clause = verdict.clause
    return ClauseEntry(
        id=clause.id,
        family=clause.family,
        statement=clause.statement,
        source=clause.source,
        level=clause.level,
        clients=list(clause.clients),
        verdict=verdict.word,
        untestable=bool(clause.untestable),
        exchanges=verdict.exchanges,
        reason=verdict.reason,
        answers=list(verdict.answers),
        findings=list(dict.fromkeys(told_by[finding.fingerprint] for finding in verdict.findings)),
    )


def _held(finding: FindingEntry, verdicts: Sequence[Verdict]) -> tuple[str, ...]:
    """The clauses nearest to a finding's that hold: of its family, by their words."""
    family = finding.clause.partition(".")[0]
    near = [one.clause.id for one in verdicts if one.clause.family == family and one.word == Word.HOLDS]
    words = set(finding.clause.partition(".")[2].split("-"))
    near.sort(key=lambda id: -len(words & set(id.partition(".")[2].split("-"))))
    return tuple(near[:NEIGHBOURS])


def _timing(milliseconds: Sequence[float]) -> Timing:
    ordered = sorted(milliseconds)
    bars = [
        sum(1 for one in ordered if low <= one < high)
        for low, high in zip((0, *BUCKETS), BUCKETS, strict=False)
    ]
    return Timing(
        count=len(ordered),
        median_ms=round(statistics.median(ordered), 1),
        p95_ms=ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))],
        longest_ms=ordered[-1],
        histogram={
            **{f"under {end} ms": count for end, count in zip(BUCKETS, bars, strict=True)},
            f"{BUCKETS[-1]} ms and more": sum(1 for one in ordered if one >= BUCKETS[-1]),
        },
    )
