"""One cause, one finding: departures that have one explanation are told together, with their extent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from msgspec.structs import replace

from billogram_contract.results.model import FindingEntry, Member
from billogram_contract.results.severity import SEVERITIES

Bond = Callable[[FindingEntry, FindingEntry], bool]

VALUES = ("lost", "changed")


def grouped(findings: Sequence[FindingEntry]) -> list[FindingEntry]:
    """The findings, those of one cause as one, which the worst and best explained of them leads."""
    found: list[list[FindingEntry]] = []
    for one in sorted(findings, key=leads):
        bound = [group for group in found if any(is_one_cause(one, other) for other in group)]
        found = [group for group in found if group not in bound]
        found.append([*(other for group in bound for other in group), one])
    groups = [sorted(group, key=leads) for group in found]
    return sorted((_together(group) for group in groups), key=leads)


def is_one_cause(one: FindingEntry, other: FindingEntry) -> bool:
    """Whether two findings have one explanation; one without a story stands for itself."""
    if not one.story.kind or not other.story.kind:
        return False
    if (one.accepted, one.fails) != (other.accepted, other.fails):
        return False
    return any(bond(one, other) for bond in BONDS)


def _same_exchange(one: FindingEntry, other: FindingEntry) -> bool:
    return bool(one.curl) and one.curl == other.curl and one.check == other.check


def _same_check(one: FindingEntry, other: FindingEntry) -> bool:
    return bool(one.check) and one.check == other.check and not one.generated


def _same_guess(one: FindingEntry, other: FindingEntry) -> bool:
    return bool(one.story.guess) and one.story.guess == other.story.guess


def _same_clause(one: FindingEntry, other: FindingEntry) -> bool:
    """One clause, departed from in one way, by one mechanism as far as both have one."""
    guesses = {one.story.guess, other.story.guess} - {""}
    return one.clause == other.clause and one.story.kind == other.story.kind and len(guesses) < 2


def _same_place(one: FindingEntry, other: FindingEntry) -> bool:
    """One field, lost or changed wherever it is shown."""
    mine, others = (field_of(two) for two in (one, other))
    return bool(mine) and mine == others and one.story.kind in VALUES and other.story.kind in VALUES


def _same_harm(one: FindingEntry, other: FindingEntry) -> bool:
    return one.story.harm == other.story.harm == "open door"


def _same_request(one: FindingEntry, other: FindingEntry) -> bool:
    """The same body, of whichever customer: it is taken, and then shown."""
    bodies = {two.asked.partition(" {")[2] for two in (one, other)}
    return len(bodies) == 1 and bodies != {""}


def _same_error(one: FindingEntry, other: FindingEntry) -> bool:
    """The same failure or refusal, word by word."""
    alike = one.story.kind == other.story.kind and one.observed == other.observed
    return alike and one.story.kind in ("error", "refused")


BONDS: tuple[Bond, ...] = (
    _same_exchange, _same_check, _same_guess, _same_clause, _same_place, _same_harm, _same_request,
    _same_error,
)  # fmt: skip


def field_of(finding: FindingEntry) -> str:
    """The field of a customer that a finding is about, whichever operation shows it."""
    parts = finding.pointer.removeprefix("/data").removeprefix("/*").strip("/").split("/")
    return parts[0] if finding.pointer.startswith("/data/") else ""


def leads(finding: FindingEntry) -> tuple[bool, int, bool]:
    """What stands first: what fails the run, the worst of it, and what has an explanation."""
    return (not finding.fails, SEVERITIES.index(finding.severity), not finding.story.guess)


def _together(group: Sequence[FindingEntry]) -> FindingEntry:
    """A group as its first finding, with the others as its extent."""
    first, *rest = group
    if not rest:
        return first
    members = [_member(one) for one in rest]
    story = replace(first.story, headline=_headline(group), kept=_kept(group))
    clients = list(dict.fromkeys(client for one in group for client in one.clients))
    return replace(
        first, story=story, also=tuple(members), clients=clients, count=max(one.count for one in group)
    )


def _member(one: FindingEntry) -> Member:
    return Member(**{name: getattr(one, name) for name in Member.__struct_fields__})


def _headline(group: Sequence[FindingEntry]) -> str:
    """What happened, with all places that share it in place of the first one."""
    story = group[0].story
    alike = [one for one in group if one.story.subject and one.story.kind == story.kind]
    subjects = list(dict.fromkeys(one.story.subject for one in alike))
    if not story.subject or len(subjects) < 2:
        return story.headline
    more = f"; so is {_joint(subjects[1:])}" if len(subjects) == 2 else f"; so are {_joint(subjects[1:])}"
    whole = _whole(subjects)
    head = story.headline.replace(story.subject, whole, 1) if whole else story.headline
    return head if whole else head + more


def _whole(subjects: Sequence[str]) -> str:
    """The substructure that all places stand in, with their names; empty where there are several."""
    tops = {subject.partition(".")[0] for subject in subjects}
    if len(tops) != 1 or not all("." in subject for subject in subjects):
        return ""
    return f"{tops.pop()} ({', '.join(subject.partition('.')[2] for subject in subjects)})"


def _joint(names: Sequence[str]) -> str:
    shown = list(names[:6])
    return ", ".join(shown) + (f" and {len(names) - 6} more" if len(names) > 6 else "")


def _kept(group: Iterable[FindingEntry]) -> tuple[str, ...]:
    """What stayed right in all of a group."""
    alike = [one.story for one in group if one.story.kept]
    if not alike:
        return ()
    lost = {story.subject.partition(".")[0] for story in alike}
    return tuple(
        name for name in alike[0].kept if name not in lost and all(name in one.kept for one in alike)
    )
