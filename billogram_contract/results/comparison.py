"""The comparison of two ledgers: what upstream changed since, promised or not.

Findings are compared by fingerprint, answers to open questions by the check that asked, and the observed
profile path by path. A change of the profile counts only where chance can't explain it: what one run saw in a
share of the cases, the other would have missed by chance less than once in a thousand. So other random data,
and a customer more or less, change nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from billogram_contract.checking.finding import DIRECTIONS, PROFILE, Direction, Finding
from billogram_contract.checking.observed_schema import present

Kind = Literal["finding", "answer", "field", "type", "format", "value"]
What = Literal["new", "gone", "changed"]

CHANCE = 0.001
DOMINANT = 0.9  # the share from which on a format is the format of a field


@dataclass(frozen=True)
class Change:
    """One change from an older ledger to a newer one: where, how it was and how it is.

    For an open question, `operation` is the check that asked.
    """

    kind: Kind
    what: What
    direction: Direction
    clause: str
    operation: str
    pointer: str
    before: str
    after: str
    curl: str = ""

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


@dataclass(frozen=True)
class Comparison:
    """All changes from one ledger to a newer one; `left_out` says what could not be compared, and why."""

    changes: tuple[Change, ...]
    left_out: str = ""

    @property
    def findings(self) -> list[Finding]:
        return [finding for change in self.changes if (finding := change.finding)]


NONE = Comparison(())


def compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> Comparison:
    """What changed from an older ledger to a newer one, the worst first."""
    changes = [*_findings(old, new), *_answers(old, new)]
    left_out = _incomparable(old, new)
    if not left_out:
        changes += _profiles(old["profile"], new["profile"], new["samples"])
    worst_first = sorted(changes, key=lambda change: -DIRECTIONS.index(change.direction))
    return Comparison(tuple(worst_first), left_out)


def _incomparable(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """Why the profiles of two runs can't be compared; empty where they can."""
    for ledger, which in ((old, "baseline"), (new, "run")):
        if not ledger["complete"]:
            return f"the observed profiles: the {which} was broken off"
    if old["run"]["scenarios"] != new["run"]["scenarios"]:
        return "the observed profiles: the two runs asked other scenarios"
    if old["run"]["target"]["allotted"] != new["run"]["target"]["allotted"]:
        return "the observed profiles: the two runs had other pools"
    return ""


def _findings(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    before = {one["fingerprint"]: one for one in old["findings"] if one["from"] == "contract"}
    after = {one["fingerprint"]: one for one in new["findings"] if one["from"] == "contract"}
    for fingerprint, one in after.items():
        known = before.get(fingerprint)
        if known is None:
            yield _finding_change("new", one, "not found", one["observed"])
        elif _kept(known) != _kept(one):
            yield _finding_change("changed", one, known["observed"], one["observed"])
    asked = {clause["id"] for clause in new["clauses"] if clause["verdict"] == "holds"}
    for fingerprint, one in before.items():
        if fingerprint not in after and one["clause"] in asked:
            yield _finding_change("gone", one, one["observed"], "not found")


def _kept(finding: Mapping[str, Any]) -> tuple[str, ...]:
    """What of a finding stays the same in every run against the same upstream."""
    return (finding["direction"], finding["clause"], finding["pointer"])


def _finding_change(what: What, finding: Mapping[str, Any], before: str, after: str) -> Change:
    place = (finding["clause"], finding["operation"], finding["pointer"])
    return Change("finding", what, finding["direction"], *place, before, after, finding["curl"])


def _answers(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    before = {clause["id"]: clause["answers"] for clause in old["clauses"]}
    for clause in new["clauses"]:
        known = {one["check"]: one["answer"] for one in before.get(clause["id"], ())}
        for one in clause["answers"]:
            was = known.get(one["check"])
            if was is not None and was != one["answer"]:
                place = (clause["id"], one["check"], "")
                yield Change("answer", "changed", "changed", *place, was, one["answer"], one["curl"])


def _profiles(old: Mapping[str, Any], new: Mapping[str, Any], samples: Mapping[str, str]) -> Iterator[Change]:
    for key in sorted(old.keys() & new.keys()):
        for path in sorted(old[key].keys() | new[key].keys()):
            for change in _path(old[key], new[key], path):
                yield replace(change, operation=key, pointer=path, curl=samples.get(key, ""))


def _path(old: Mapping[str, Any], new: Mapping[str, Any], path: str) -> Iterator[Change]:
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


def _change(kind: Kind, what: What, direction: Direction, before: str, after: str) -> Change:
    return Change(kind, what, direction, PROFILE, "", "", before, after)


def _types(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    if any(_surprises(old["types"], new["types"])):
        before, after = (" or ".join(sorted(aspects["types"])) for aspects in (old, new))
        yield _change("type", "changed", "changed", f"the JSON type {before}", f"the JSON type {after}")


def _formats(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    before, after = _dominant(old["formats"]), _dominant(new["formats"])
    if before != after and not {before, after} <= {"text", "mixed"}:
        yield _change("format", "changed", "changed", f"the format {before}", f"the format {after}")


def _values(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    if not old["values"] or not new["values"]:
        return
    appeared, gone = _surprises(old["values"], new["values"])
    if appeared or gone:
        direction: Direction = "changed" if gone else "additive"
        yield _change("value", "changed", direction, ", ".join(old["values"]), ", ".join(new["values"]))


def _surprises(old: Mapping[str, int], new: Mapping[str, int]) -> tuple[list[str], list[str]]:
    """What appeared and what is gone, as far as chance can't explain it."""
    before, after = sum(old.values()), sum(new.values())
    appeared = [name for name in new if name not in old and is_surprising(new[name] / after, before)]
    gone = [name for name in old if name not in new and is_surprising(old[name] / before, after)]
    return appeared, gone


def is_surprising(share: float, chances: int) -> bool:
    """Whether something of this share would hardly have been missed in so many chances."""
    return share > 0 and (1 - min(share, 1.0)) ** chances < CHANCE


def _dominant(formats: Mapping[str, int]) -> str:
    total = sum(formats.values())
    return next((name for name, count in formats.items() if total and count >= DOMINANT * total), "mixed")


def _count(profile: Mapping[str, Any], path: str) -> int:
    return present(profile[path]) if path in profile else 0


def _chances(profile: Mapping[str, Any], path: str) -> int:
    """How often a path could have been there: how often an object stood above it."""
    above = path.rpartition("/")[0]
    if path in ("", "/data/*") or path.endswith("/*"):
        return _count(profile, path)
    entry = profile.get(above)
    return int(entry["types"].get("object", 0)) if entry else 0
