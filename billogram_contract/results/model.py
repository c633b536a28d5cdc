"""What a ledger holds: the one definition, from which it is written and read, and its schema made."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from billogram_contract.checking.finding import Direction, Finding
from billogram_contract.checking.observed_schema import ObservedSchema
from billogram_contract.results.severity import Severity
from billogram_contract.results.words import RunWord, Word
from billogram_contract.spec.clauses import Level
from billogram_contract.upstream.target import Kind

VERSION = 2  # one more with every new key, too: a suite reads none that it doesn't know

Version = Annotated[int, Meta(ge=1, le=VERSION)]
Count = Annotated[int, Meta(ge=0)]
Amount = Annotated[float, Meta(ge=0)]
Fingerprint = Annotated[str, Meta(pattern="^[0-9a-f]{12}$")]
Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
Moment = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
Counts = dict[str, Count]
CountsByPlace = dict[str, Counts]
State = Literal["current", "expired", "gone"]
ChangeKind = Literal["finding", "answer", "field", "type", "format", "value"]
Origin = Literal["contract", "baseline", "client"]
What = Literal["new", "gone", "changed"]


class Entry(Struct, frozen=True, forbid_unknown_fields=True):
    """A part of a ledger: it holds nothing that is not declared."""


class Allotted(Entry, frozen=True):
    """How many customers and numbers a run might change."""

    customers: Count
    numbers: Count


class TargetEntry(Entry, frozen=True):
    """What a run was held against; there is no address where it is not live."""

    kind: Kind
    base_url: str | None
    drifts: list[str]
    variants: list[str]
    allotted: Allotted


class Evidence(Entry, frozen=True):
    """What a replay rests on; `words` says where from and how old, in a line."""

    recording: str
    kind: Literal["embedded", "live"]
    host: str
    recorded: Moment
    suite: str
    description: str
    drifts: list[str]
    variants: list[str]
    words: str


class About(Entry, frozen=True):
    """A run itself.

    `evidence` is null where it asked itself, `description` the SHA-256 of the description, `depth` the
    Hypothesis profile; `scenarios` stands for the set of scenarios that were asked, `partial` tells that only
    some of the checks were to be asked.
    """

    started: Moment
    seconds: Amount
    target: TargetEntry
    evidence: Evidence | None
    description: Sha256
    depth: str
    fail_on: Direction
    settle: Amount
    scenarios: str
    checks: Count
    versions: dict[str, str]
    partial: bool = False


class RunVerdict(Entry, frozen=True):
    """What a run came to: how many clauses to which verdict; `failing` counts the findings that fail it."""

    word: RunWord
    exit_code: int | None
    clauses: dict[Word, Count]
    failing: Count


class Noted(Entry, frozen=True):
    """The answer to an observed clause's question, as one check asked it; `curl` shows it again."""

    check: str
    answer: str
    curl: str


class ClauseEntry(Entry, frozen=True):
    """A clause and the verdict on it.

    `exchanges` counts those that exercised it, `answers` are to the question of an observed one, `findings`
    are fingerprints.
    """

    id: str
    family: str
    statement: str
    source: str
    level: Level
    clients: list[str]
    verdict: Word
    untestable: bool
    exchanges: Count
    reason: str
    answers: list[Noted]
    findings: list[Fingerprint]

    @property
    def shown(self) -> Word:
        """The verdict as reports show it: what no check can decide apart from what was not asked."""
        return Word.UNTESTABLE if self.untestable and self.verdict == Word.UNCHECKED else self.verdict


class Member(Entry, frozen=True):
    """A departure that another finding of the same cause tells with it."""

    fingerprint: Fingerprint
    clause: str
    direction: Direction
    operation: str
    pointer: str
    observed: str
    headline: str
    check: str = ""
    generated: bool = False

    @property
    def place(self) -> str:
        return f"{self.operation} {self.pointer}".rstrip()


class FindingEntry(Finding, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A finding of a run: a departure from a promise (from the contract), a change against the baseline, or
    a mistake of the client whose requests were looked at.

    `statement`, `source` and `clients` are the clause's, `quote` the words of its source, which stand at
    `promised_at`. `generated` tells that it was found on generated data, `count` how many answers showed it
    `among` those of the operation, `in_common` what these share. `also` departs for the same cause, `held`
    are neighbouring clauses that hold. `departed` counts the checks that found it, `kept_by` are those of
    the clause that did not. `since` tells which run first did as far as the baseline tells,
    `known` that it stands in the baseline, `fails` that it fails the run.
    """

    fingerprint: Fingerprint
    origin: Origin = field(name="from")
    statement: str
    source: str
    clients: list[str]
    check: str
    generated: bool
    count: Annotated[int, Meta(ge=1)]
    since: Moment
    known: bool
    accepted: bool
    fails: bool
    severity: Severity = "breaks a promise"
    quote: str = ""
    promised_at: str = ""
    among: Count = 0
    also: tuple[Member, ...] = ()
    held: tuple[str, ...] = ()
    in_common: tuple[str, ...] = ()
    departed: Count = 0
    kept_by: tuple[str, ...] = ()

    @property
    def fingerprints(self) -> list[str]:
        """The finding's own, and those of what it tells with it."""
        return [self.fingerprint, *(one.fingerprint for one in self.also)]


class DeviationStatus(Entry, frozen=True):
    """How a deviation stands in a run; `line` says what to do."""

    finding: Fingerprint
    clause: str
    reason: str
    accepted: date
    until: date
    state: State
    line: str


class Change(Entry, frozen=True):
    """One change from an older ledger to a newer one: where, how it was and how it is.

    For an open question, `operation` is the check that asked.
    """

    kind: ChangeKind
    what: What
    direction: Direction
    clause: str
    operation: str
    pointer: str
    before: str
    after: str
    curl: str = ""

    @property
    def place(self) -> str:
        return f"{self.operation} {self.pointer}".rstrip()

    @property
    def finding(self) -> Finding | None:
        """The change as a finding of its own; None where the ledgers' own findings tell it."""
        if self.kind == "finding":
            return None
        return Finding(
            clause=self.clause,
            direction=self.direction,
            operation=self.operation,
            pointer=self.pointer,
            expected=f"{self.before}, as in the baseline",
            observed=self.after,
            curl=self.curl,
        )


class Baseline(Entry, frozen=True):
    """The run that another one is compared with."""

    started: Moment
    target: TargetEntry


class Comparison(Entry, frozen=True):
    """All changes since the baseline, the worst first; `left_out` says what was not compared, and why."""

    baseline: Baseline
    left_out: str
    changes: list[Change]

    @property
    def findings(self) -> list[Finding]:
        return [finding for change in self.changes if (finding := change.finding)]


class Requests(Entry, frozen=True):
    """How many requests a run sent, and how they were answered, by operation and status."""

    total: Count
    by_status: CountsByPlace


class Timing(Entry, frozen=True):
    """How long the answers of an operation took."""

    count: Count
    median_ms: Amount
    p95_ms: Amount
    longest_ms: Amount
    histogram: Counts


class Coverage(Entry, frozen=True):
    """What is documented and how often it was seen; 0 is never."""

    statuses: CountsByPlace
    parameters: CountsByPlace
    written: Counts
    fields: CountsByPlace
    values: CountsByPlace


class Ledger(Entry, frozen=True):
    """All verdicts and findings of one run of the contract checks, with what the run saw.

    It is not complete where the run was broken off or killed: it holds what was learnt until then. The
    findings that fail the run come first, the worst of them first. `problems` could not be put back.
    `timings` go by operation; `profile`, the observed profile, by operation and status, then JSON path, with
    a curl line for each in `samples`. `uncompared` says why a baseline that should be there was not.
    """

    version: Version
    complete: bool
    run: About
    verdict: RunVerdict
    clauses: list[ClauseEntry]
    findings: list[FindingEntry]
    deviations: list[DeviationStatus]
    problems: list[str]
    comparison: Comparison | None
    requests: Requests
    timings: dict[str, Timing]
    coverage: Coverage
    profile: ObservedSchema
    samples: dict[str, str]
    uncompared: str = ""
