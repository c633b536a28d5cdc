"""Stories of values: what a write, a read after it, or an update of something else made of a field."""

from __future__ import annotations

from typing import Any

from billogram_contract.checking.answered_values import body_of, entries_of, written_number
from billogram_contract.checking.story import Fact, Harm, Kind, Story, Table
from billogram_contract.checking.telling import mechanisms
from billogram_contract.checking.telling.scene import Scene, entry_in
from billogram_contract.checking.telling.shortened import ABSENT, ABSENT_PARENT, apart, value
from billogram_contract.spec.customer import STREET, WRITABLE, differences
from billogram_contract.upstream.exchange import whole

WRITTEN = "as the request wrote it"
BEFORE = "as it was before"
ANSWERED = "as the update answered"
MADE_UP = tuple(map(value, (ABSENT, ABSENT_PARENT, None, "")))
LABELS = {WRITTEN: "written", BEFORE: "before", ANSWERED: "the update answered"}


def told_by(scene: Scene) -> str:
    """Who told what is expected of a value; empty where the departure is of no value."""
    source = scene.violation.expected.rpartition(", ")[2]
    return source if source in LABELS and scene.violation.where.startswith("/data/") else ""


def of_value(scene: Scene) -> Story:
    """A field that isn't as it was written, as it was before, or as the update answered."""
    source = told_by(scene)
    pointer = scene.violation.where.removeprefix("/data").removeprefix("/*")
    number, customer = _customer(scene, pointer)
    expected, wanted = _wanted(scene, source, pointer, number)
    shown = found_at(customer, pointer)
    is_lost = shown in (None, "", False) or shown in (ABSENT, ABSENT_PARENT)
    is_made_up = wanted in (ABSENT, ABSENT_PARENT, None, "")
    kind: Kind = "lost" if is_lost and not is_made_up else "changed"
    subject = pointer.strip("/").replace("/", ".")
    before = found_at(scene.memory.before.get(number, {}), pointer)
    guess = "" if is_lost or is_made_up else mechanisms.of_value(wanted, shown, before)
    was, now = apart(wanted, shown)
    headline = _headline(scene, source, number, subject, was, now)
    where = "the list shows" if scene.answer.call.body is None else "answered"
    kept = _kept(expected, customer, but=pointer) if expected else ()
    is_loss = (kind == "lost" and source != ANSWERED) or source == BEFORE or "cut" in guess
    is_loss = is_loss and not is_made_up
    harm: Harm = "data loss" if is_loss else ""
    facts = (Fact(LABELS[source], was), Fact(where, now))
    role = f"{number} ({scene.role(number)})"
    table = Table(("customer", LABELS[source], where), ((role, was, now),))
    return Story(headline, kind, harm, facts, table=table, kept=kept, guess=guess, subject=subject)


def of_absent(scene: Scene) -> Story:
    """A customer that the list doesn't show after a write."""
    who = scene.violation.expected.removesuffix(" is listed")
    headline = f"{who} is not found in the list after its update"
    facts = (
        Fact("updated", who),
        Fact("the list", "does not show it"),
    )
    return Story(headline, "rows", "data loss", facts)


def _headline(scene: Scene, source: str, number: Any, subject: str, wanted: str, shown: str) -> str:
    if source == WRITTEN:
        new = written_number(scene.body)
        beside = " by an update that renumbers" if new not in (None, whole(scene.answer.call.number)) else ""
        return f"{subject} is not kept as written{beside}: {wanted} is answered as {shown}"
    if source == ANSWERED:
        return f"the list shows {subject} otherwise than the update answered: {shown} for {wanted}"
    if (
        wanted in MADE_UP
        and scene.answer.call.body is not None
        and subject.partition(".")[0] not in scene.body
    ):
        return f"an update of other fields answers {subject} as {shown}, where the list showed {wanted}"
    last = scene.updates[-1] if scene.updates else None
    if last is None:
        return f"{subject} changes by itself: {wanted} becomes {shown}"
    if not last.is_success and scene.answer.call.body is None:
        return f"a refused update ({last.status}) changes {subject} all the same: {wanted} becomes {shown}"
    if scene.answer.call.body is None and whole(last.call.number) != number:
        return f"an update of one customer changes another's {subject}: {wanted} becomes {shown}"
    body = body_of(last.call) or {}
    top = subject.partition(".")[0]
    if top in body and body[top] is None:
        return f"{top}: null does not keep {subject}: {wanted} becomes {shown}"
    if scene.renumbered and "customer_no" in body:
        return f"renumbering changes {subject}: {wanted} becomes {shown}"
    if "customer_no" in body and len(body) == 1:
        return f"an update with nothing but customer_no changes {subject}: {wanted} becomes {shown}"
    return f"an update that leaves {subject} out does not keep it: {wanted} becomes {shown}"


def _customer(scene: Scene, pointer: str) -> tuple[Any, dict[str, Any]]:
    """The customer that departs, and its number: of a list, the one whose value is the observed one."""
    if scene.answer.call.body is not None:
        customer = entry_in(scene.answer, None) or {}
        return whole(customer.get("customer_no")), customer
    entries = {whole(one.get("customer_no")): one for one in entries_of(scene.answer) or []}
    ours = [whole(one.call.number) for one in reversed(scene.updates)]
    ours += scene.renumbered or ()
    ours += [number for number in entries if number in scene.memory.wrote]
    for number in ours:
        if number in entries and _plain(entries[number], pointer) == scene.violation.observed:
            return number, entries[number]
    return next(iter(entries.items()), (None, {}))


def _wanted(scene: Scene, source: str, pointer: str, number: Any) -> tuple[dict[str, Any], Any]:
    """What is expected of the field as it came, and the whole that it stood in."""
    memory, told = scene.memory, scene.violation.expected.removesuffix(f", {source}")
    candidates = [scene.body] if source == WRITTEN else [memory.before.get(number), memory.seen.get(number)]
    if source == ANSWERED:
        candidates.reverse()
    for one in candidates:
        if one is not None and _plain(one, pointer) == told:
            return one, found_at(one, pointer)
    return {}, ABSENT if told == "no value" else told.strip("'")


def _plain(customer: dict[str, Any], pointer: str) -> str:
    """A field as a difference tells it."""
    told = {one.pointer: one.observed for one in differences({}, customer)}
    return told.get(pointer, "no value")


def found_at(customer: dict[str, Any], pointer: str) -> Any:
    """What stands at a pointer; where nothing does, whether the key or its parent is absent."""
    here: Any = customer
    *parents, name = pointer.strip("/").split("/")
    for part in parents:
        here = here.get(part, ABSENT) if isinstance(here, dict) else ABSENT
        if not isinstance(here, dict):
            return ABSENT_PARENT
    if name in STREET and name not in here:
        name = STREET[1 - STREET.index(name)]
    return here.get(name, ABSENT)


def _kept(expected: dict[str, Any], customer: dict[str, Any], but: str) -> tuple[str, ...]:
    """The fields that are as expected, beside the one that isn't; those of a substructure if it is one."""
    changed = {one.pointer.strip("/").split("/")[0] for one in differences(expected, customer)}
    names = [name for name in expected if name not in changed and expected[name] not in (None, "", {})]
    return tuple(name for name in names if name in WRITABLE)
