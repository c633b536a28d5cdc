"""The comparison of two ledgers: what upstream changed since, promised or not.

Findings are compared by fingerprint, answers to open questions by the check that asked, and the observed
profile path by path. A change of the profile counts only where chance can't explain it: what one run saw in a
share of the cases, the other would have missed by chance less than once in a thousand. So other random data,
and a customer more or less, change nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec.structs import replace

from billogram_contract.checking.counts import Counts
from billogram_contract.checking.finding import DIRECTIONS, PROFILE, Direction
from billogram_contract.checking.observed_schema import Aspects, ObservedSchema
from billogram_contract.errors import SetupError
from billogram_contract.results.model import (
    Baseline,
    Change,
    ChangeKind,
    Comparison,
    FindingEntry,
    Ledger,
    What,
)
from billogram_contract.results.words import Word
from billogram_contract.upstream.target import Kind

CHANCE = 0.001
DOMINANT = 0.9  # the share from which on a format is the format of a field

Paths = Mapping[str, Aspects]


def require_comparable(baseline: Ledger, path: Path, kind: Kind) -> None:
    """Raises SetupError where a run of this kind of target cannot be compared with a baseline."""
    if not baseline.complete:
        raise SetupError(f"{path} is of a run that was broken off: compare with one that came to its end.")
    if (theirs := kind_of(baseline)) != kind:
        raise SetupError(f"{path} is of the {theirs} target, not of the {kind} one: they can't be compared.")


def kind_of(ledger: Ledger) -> Kind:
    """The kind of target that answered, also where its recorded answers were replayed."""
    return (ledger.run.evidence or ledger.run.target).kind


def compare(old: Ledger, new: Ledger) -> Comparison:
    """What changed from an older ledger to a newer one, the worst first."""
    changes = [*_findings(old, new), *_answers(old, new)]
    left_out = _incomparable(old, new)
    if not left_out:
        changes += _profiles(old.profile, new.profile, new.samples)
    changes.sort(key=lambda change: -DIRECTIONS.index(change.direction))
    return Comparison(Baseline(old.run.started, old.run.target), left_out, changes)


def _incomparable(old: Ledger, new: Ledger) -> str:
    """Why the profiles of two runs can't be compared; empty where they can."""
    for ledger, which in ((old, "baseline"), (new, "run")):
        if not ledger.complete:
            return f"the observed profiles: the {which} was broken off"
    if old.run.scenarios != new.run.scenarios:
        return "the observed profiles: the two runs asked other scenarios"
    if old.run.target.allotted != new.run.target.allotted:
        return "the observed profiles: the two runs had other pools"
    return ""


def _findings(old: Ledger, new: Ledger) -> Iterator[Change]:
    before = {one.fingerprint: one for one in old.findings if one.origin == "contract"}
    after = {one.fingerprint: one for one in new.findings if one.origin == "contract"}
    told_before = {member for one in before.values() for member in one.fingerprints}
    told_after = {member for one in after.values() for member in one.fingerprints}
    for fingerprint, one in after.items():
        known = before.get(fingerprint)
        if known is None and fingerprint not in told_before:
            yield _finding_change("new", one, "not found", one.observed)
        elif known is not None and _kept(known) != _kept(one):
            yield _finding_change("changed", one, known.observed, one.observed)
    asked = {clause.id for clause in new.clauses if clause.verdict == Word.HOLDS}
    for fingerprint, one in before.items():
        if fingerprint not in told_after and one.clause in asked:
            yield _finding_change("gone", one, one.observed, "not found")


def _kept(finding: FindingEntry) -> tuple[str, ...]:
    """What of a finding stays the same in every run against the same upstream."""
    return (finding.direction, finding.clause, finding.pointer)


def _finding_change(what: What, finding: FindingEntry, before: str, after: str) -> Change:
    place = (finding.clause, finding.operation, finding.pointer)
    return Change("finding", what, finding.direction, *place, before, after, finding.curl)


def _answers(old: Ledger, new: Ledger) -> Iterator[Change]:
    before = {clause.id: clause.answers for clause in old.clauses}
    for clause in new.clauses:
        known = {one.check: one.answer for one in before.get(clause.id, ())}
        for one in clause.answers:
            was = known.get(one.check)
            if was is not None and was != one.answer:
                place = (clause.id, one.check, "")
                yield Change("answer", "changed", "changed", *place, was, one.answer, one.curl)


def _profiles(old: ObservedSchema, new: ObservedSchema, samples: Mapping[str, str]) -> Iterator[Change]:
    for key in sorted(old.keys() & new.keys()):
        for path in sorted(old[key].keys() | new[key].keys()):
            for change in _path(old[key], new[key], path):
                yield replace(change, operation=key, pointer=path, curl=samples.get(key, ""))


def _path(old: Paths, new: Paths, path: str) -> Iterator[Change]:
    """The changes of one path; what lies below a field that came or went is told by that field."""
    before, after = _count(old, path), _count(new, path)
    chances_before, chances_after = _chances(old, path), _chances(new, path)
    if not chances_before or not chances_after:
        return
    if not before:
        if is_surprising(after / chances_after, chances_before):
            yield _change("field", "new", "additive", "absent", "present")
    elif not after:
        if is_surprising(before / chances_before, chances_after):
            yield _change("field", "gone", "breaking", "present", "absent")
    else:
        if before >= chances_before and is_surprising(1 - after / chances_after, chances_before):
            yield _change("field", "changed", "changed", "always present", "missing at times")
        yield from _types(old[path], new[path])
        yield from _formats(old[path], new[path])
        yield from _values(old[path], new[path])


def _change(kind: ChangeKind, what: What, direction: Direction, before: str, after: str) -> Change:
    return Change(kind, what, direction, PROFILE, "", "", before, after)


def _types(old: Aspects, new: Aspects) -> Iterator[Change]:
    if any(_surprises(old.types, new.types)):
        before, after = (" or ".join(sorted(aspects.types)) for aspects in (old, new))
        yield _change("type", "changed", "changed", f"the JSON type {before}", f"the JSON type {after}")


def _formats(old: Aspects, new: Aspects) -> Iterator[Change]:
    before, after = _dominant(old.formats), _dominant(new.formats)
    if before != after and not {before, after} <= {"text", "mixed"}:
        yield _change("format", "changed", "changed", f"the format {before}", f"the format {after}")


def _values(old: Aspects, new: Aspects) -> Iterator[Change]:
    if not old.values or not new.values:
        return
    appeared, gone = _surprises(old.values, new.values)
    if appeared or gone:
        direction: Direction = "changed" if gone else "additive"
        yield _change("value", "changed", direction, ", ".join(old.values), ", ".join(new.values))


def _surprises(old: Counts, new: Counts) -> tuple[list[str], list[str]]:
    """What appeared and what is gone, as far as chance can't explain it."""
    before, after = sum(old.values()), sum(new.values())
    appeared = [name for name in new if name not in old and is_surprising(new[name] / after, before)]
    gone = [name for name in old if name not in new and is_surprising(old[name] / before, after)]
    return appeared, gone


def is_surprising(share: float, chances: int) -> bool:
    """Whether something of this share would hardly have been missed in so many chances."""
    return share > 0 and (1 - min(share, 1.0)) ** chances < CHANCE


def _dominant(formats: Counts) -> str:
    total = sum(formats.values())
    return next((name for name, count in formats.items() if total and count >= DOMINANT * total), "mixed")


def _count(paths: Paths, path: str) -> int:
    return paths[path].present if path in paths else 0


def _chances(paths: Paths, path: str) -> int:
    """How often a path could have been there: how often an object stood above it."""
    if path in ("", "/data/*") or path.endswith("/*"):
        return _count(paths, path)
    above = paths.get(path.rpartition("/")[0])
    return above.types.get("object", 0) if above else 0
