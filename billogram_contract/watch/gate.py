"""The gate: whether a release may go, decided by the ledgers of runs alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from billogram_contract.checking.finding import PROFILE, is_as_bad
from billogram_contract.report import wording
from billogram_contract.results.deviations import Deviation
from billogram_contract.results.model import ClauseEntry, Ledger
from billogram_contract.results.verdict import Exit
from billogram_contract.results.words import Word
from billogram_contract.spec.clauses import Clauses
from billogram_contract.watch.departures import Departure, of_run
from billogram_contract.watch.moments import age_in_words, answered_at

DECIDED = (Word.HOLDS, Word.ANSWERED, Word.DRIFTED, Word.ACCEPTED)
TO_AN_END = (Exit.HELD, Exit.DRIFT, Exit.INCONCLUSIVE)
CLOCKS_DIFFER = timedelta(hours=1)

Evidence = Mapping[str, Ledger | str]  # by the name that it was given by; a text says why there is none


@dataclass(frozen=True)
class Demand:
    """What a release is held to.

    `address` is the upstream that must have answered, `description` the SHA-256 of the one in force. `client`
    names the published client whose clauses must be covered; every clause where it is empty.
    """

    address: str
    description: str
    clauses: Clauses
    max_age: timedelta
    client: str
    deviations: Sequence[Deviation]
    now: datetime


@dataclass(frozen=True)
class Decision:
    """Whether the gate is open, and what led to that, a line each."""

    is_open: bool
    lines: tuple[str, ...]


def decide(evidence: Evidence, demand: Demand) -> Decision:
    """The decision on a release; whatever is missing or unfit shuts the gate."""
    flaws = [f"{name} is no evidence: {flaw}." for name, flaw in _flaws(evidence, demand)]
    fit = [one for one in evidence.values() if isinstance(one, Ledger)]
    fit.sort(key=answered_at, reverse=True)
    if flaws or not fit:
        return _shut(demand, flaws or ["There is no evidence."])
    needed = [
        clause for clause in demand.clauses.values() if _is_needed(clause.clients, clause.level, demand)
    ]
    asked = [clause.id for clause in needed if not clause.untestable]
    uncovered = [line for id in asked if (line := _uncovered(id, fit))]
    findings = list(_standing(fit))
    bad = [one for one in findings if is_as_bad(one.direction, "breaking")]
    accepted = {
        one.finding for one in demand.deviations if one.target == "live" and not _is_over(one, demand)
    }
    departures = [_departure(one) for one in bad if one.fingerprint not in accepted]
    if uncovered or departures:
        return _shut(demand, [*departures, *uncovered])
    youngest, oldest = (age_in_words(demand.now - answered_at(one)) for one in (fit[0], fit[-1]))
    since = youngest if youngest == oldest else f"{youngest} to {oldest}"
    return Decision(
        True,
        (
            f"OPEN for {_who(demand)}: {len(asked)} clauses were asked {since} ago, and nothing that is"
            " breaking stands unaccepted.",
            *(f"- accepted for now: {_place(one)}" for one in bad),
            *(f"- {one.direction}, which shuts no gate: {_place(one)}" for one in findings if one not in bad),
            *_untestable(len(needed) - len(asked)),
        ),
    )


def _shut(demand: Demand, reasons: Sequence[str]) -> Decision:
    count = wording.plural(len(reasons), "reason")
    return Decision(False, (f"SHUT for {_who(demand)}, for {count}:", *(f"- {one}" for one in reasons)))


def _who(demand: Demand) -> str:
    return f"the {demand.client} client" if demand.client else "every client"


def _untestable(count: int) -> Iterator[str]:
    if count:
        yield f"- {wording.plural(count, 'clause')} more cannot be tested from outside."


def _is_needed(clients: Sequence[str], level: str, demand: Demand) -> bool:
    return demand.client in clients if demand.client else level == "must"


def _is_over(one: Deviation, demand: Demand) -> bool:
    return one.is_expired(date(demand.now.year, demand.now.month, demand.now.day))


def _flaws(evidence: Evidence, demand: Demand) -> Iterator[tuple[str, str]]:
    for name, found in evidence.items():
        if flaw := found if isinstance(found, str) else _flaw(found, demand):
            yield name, flaw


def _flaw(ledger: Ledger, demand: Demand) -> str:
    """Why a ledger is no evidence for a release; empty where it is."""
    run, recorded = ledger.run, ledger.run.evidence
    kind = recorded.kind if recorded else run.target.kind
    wanted = urlsplit(demand.address).netloc
    host = recorded.host if recorded else urlsplit(run.target.base_url or "").netloc
    age = demand.now - answered_at(ledger)
    words = f"{'recorded' if recorded else 'it ran'} {age_in_words(age)} ago"
    if kind != "live":
        return "the sandbox of this suite answered, not upstream"
    if host != wanted:
        return f"{wording.visible(host)} answered, not {wanted}"
    if not ledger.complete or ledger.verdict.exit_code not in TO_AN_END:
        return f"the run came to no end that proves something ({ledger.verdict.word})"
    if run.partial:
        return "the run asked only some of the checks"
    if not run.description == (recorded or run).description == demand.description:
        return "another description was in force"
    if age < -CLOCKS_DIFFER:
        return "it is dated in the future"
    if age > demand.max_age:
        return f"{words}, and {age_in_words(demand.max_age)} is the most"
    return ""


def _uncovered(id: str, ledgers: Sequence[Ledger]) -> str:
    """Why a clause is not covered; empty where a ledger has an answer to it."""
    if _decided(id, ledgers):
        return ""
    known = next((one for ledger in ledgers if (one := _entry(id, ledger))), None)
    reason = wording.visible(known.reason or known.verdict) if known else "no run knew it"
    return f"{id} is not covered: {reason}."


def _standing(ledgers: Sequence[Ledger]) -> Iterator[Departure]:
    """What departs: of each clause what the youngest ledger says that has an answer to it."""
    ids = dict.fromkeys(one.clause for ledger in ledgers for one in of_run(ledger))
    for id in ids:
        compared = (one for one in ledgers if one.comparison)
        ledger = next(compared, None) if id == PROFILE else _decided(id, ledgers)
        yield from (one for one in (of_run(ledger) if ledger else ()) if one.clause == id)


def _decided(id: str, ledgers: Sequence[Ledger]) -> Ledger | None:
    """The youngest ledger that has an answer to a clause."""
    return next((one for one in ledgers if (entry := _entry(id, one)) and entry.verdict in DECIDED), None)


def _entry(id: str, ledger: Ledger) -> ClauseEntry | None:
    return next((one for one in ledger.clauses if one.id == id), None)


def _departure(one: Departure) -> str:
    return f"{_place(one)}: {wording.visible(one.observed)} (finding {one.fingerprint})"


def _place(one: Departure) -> str:
    return f"{wording.visible(one.clause)} ({one.direction}) at {wording.visible(one.place)}"
