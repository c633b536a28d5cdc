"""Stories of lists: whom a filter finds, in which order, and what a list shows of a customer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from billogram_contract.checking.answered_values import customer_of, entries_of, total_of, window_of
from billogram_contract.checking.story import Fact, Kind, Story
from billogram_contract.checking.telling import mechanisms
from billogram_contract.checking.telling.listed import (
    matches,
    numbers_of,
    pages_of,
    query_of,
    table_of,
    what_of,
)
from billogram_contract.checking.telling.memory import at
from billogram_contract.checking.telling.scene import Scene
from billogram_contract.checking.telling.shortened import ABSENT, value
from billogram_contract.checking.telling.updates import found_at
from billogram_contract.spec.customer import differences
from billogram_contract.upstream.exchange import whole

FIELDS = (
    "name", "notes", "contact:name", "contact:email", "contact:phone", "address:careof",
    "address:street_address",
    "address:zipcode", "address:city", "delivery_address:name", "delivery_address:careof",
    "delivery_address:zipcode", "delivery_address:city", "org_no",
)  # fmt: skip


# ---------------------------------------------------------------- filters


@dataclass(frozen=True)
class Found:
    """Whom a filter found: what each has in the field, who doesn't match, and who does and isn't there."""

    entries: dict[Any, dict[str, Any]]
    own: dict[Any, Any]
    strangers: list[Any]
    missing: list[Any]


def of_filter(scene: Scene) -> Story:
    """A filter that finds who doesn't match, or doesn't find who does."""
    query, unfiltered = query_of(scene.answer), scene.memory.totals.get(())
    kind, field, wanted = (query.get(f"filter_{one}", "") for one in ("type", "field", "value"))
    field = "name" if kind == "special" else field
    found = _found(scene, kind, field, wanted)
    if not found.strangers and not found.missing:
        return of_statement(scene, "rows")
    total, is_empty = total_of(scene.answer), not found.entries
    page, size = window_of(scene.answer) or (1, 0)
    if is_empty and total:
        guess = mechanisms.of_empty_page(page, size, total)
        headline = f"page 1 of {what_of(scene.answer)} is empty, although total_count says {total}"
    else:
        is_everybody = total is not None and total == unfiltered and total > 2
        guess = _guess_of_filter(scene, (kind, field, wanted), found, is_everybody=is_everybody)
        headline = f"{what_of(scene.answer)} {_wrong(found)}"
    rows = [
        *((one, "found, and doesn't match") for one in found.strangers),
        *((one, "matches, and is not found") for one in found.missing),
    ]
    count = f", total_count {total}" if total is not None else ""
    facts = [Fact("found", f"{_people([*found.entries])}{count}")]
    if unfiltered is not None:
        facts.append(Fact("without a filter", f"total_count {unfiltered}"))
    cells = [(str(one), scene.role(one), value(found.own[one]), what) for one, what in rows]
    return Story(
        headline,
        "rows",
        facts=tuple(facts),
        table=table_of(("customer", "who", field, ""), cells),
        guess=guess,
    )


def _found(scene: Scene, kind: str, field: str, wanted: str) -> Found:
    numbers, memory = numbers_of(scene.answer), scene.memory
    entries = dict(zip(numbers, entries_of(scene.answer) or [], strict=True))
    own = {number: _own(scene, number, field, entries.get(number)) for number in {*numbers, *memory.wrote}}
    tolerated = "field-search" if kind == "special" else kind
    strangers = [one for one in numbers if not matches(tolerated, own[one], wanted)]
    page, size = window_of(scene.answer) or (1, 0)
    missing = [one for one in memory.wrote if one not in numbers and matches(kind, own[one], wanted)]
    is_all = page == 1 and len(numbers) < size  # else they may stand on another page
    return Found(entries, own, strangers, missing if is_all else [])


def _guess_of_filter(
    scene: Scene, asked_for: tuple[str, str, str], found: Found, *, is_everybody: bool
) -> str:
    kind, field, wanted = asked_for
    tolerated = "field-search" if kind == "special" else kind
    return mechanisms.of_filter(
        kind,
        wanted,
        [str(found.own[one] or "") for one in found.strangers],
        [str(found.own[one]) for one in found.missing],
        [str(found.own[one]) for one in found.entries if one not in found.strangers],
        is_everybody=is_everybody,
        elsewhere=_elsewhere(scene, field, tolerated, wanted, found.strangers, found.entries),
    )


def _wrong(found: Found) -> str:
    strangers, missing = found.strangers, found.missing
    wrong = f"finds {_people(strangers)} that {'do' if len(strangers) > 1 else 'does'} not match"
    lost = f"does not find {_people(missing)} that {'match' if len(missing) > 1 else 'matches'}"
    if not found.entries:
        return "finds nobody"
    return " and ".join([*([wrong] if strangers else []), *([lost] if missing else [])])


def _own(scene: Scene, number: Any, field: str, entry: dict[str, Any] | None) -> Any:
    if field == "customer_no":
        return number
    written = at(scene.memory.wrote.get(number, {}), field)
    return written if written is not None else at(entry or {}, field) or scene.memory.own(number, field)


def _elsewhere(
    scene: Scene, field: str, kind: str, wanted: str, strangers: Sequence[Any], entries: dict[Any, Any]
) -> str:
    """The one other field that has the value in all that was found against the filter."""
    if not strangers:
        return ""
    shown = list(entries)  # whoever is rightly found has the value there, too
    found = [
        name
        for name in FIELDS
        if name != field and all(matches(kind, _own(scene, one, name, entries[one]), wanted) for one in shown)
    ]
    return found[0] if len(found) == 1 else ""


def _people(numbers: Sequence[Any]) -> str:
    return f"{len(numbers)} customers" if len(numbers) != 1 else "1 customer"


# ---------------------------------------------------------------- orders


def of_order(scene: Scene) -> Story:
    """Customers that don't stand in the order asked for."""
    query = query_of(scene.answer)
    field, direction = query.get("order_field", ""), query.get("order_direction", "asc")
    pages = pages_of(scene) or [scene.answer]
    entries = [(page, one) for page in pages for one in entries_of(page) or []]
    numbers = [whole(one.get("customer_no")) for _, one in entries]
    values = [
        number if field == "customer_no" else _own(scene, number, field, one)
        for number, (_, one) in zip(numbers, entries, strict=True)
    ]
    default = [one for one in _default(scene) if one in numbers]
    guess = mechanisms.of_order(
        values,
        direction,
        is_default=len(numbers) > 2 and default == numbers,
        pages=[len(numbers_of(page)) for page in pages],
    )
    other = "" if guess else _sorted_by(scene, field, numbers, entries, direction)
    if other:
        guess = f"it is sorted by {other} instead"
    elif not guess and _is_rising(numbers) and len(numbers) > 2:
        guess = "the order is ignored: customers come by their numbers"
    rows = [(str(number), value(one)) for number, one in zip(numbers, values, strict=True) if one is not None]
    first = next(((a, b) for a, b in pairwise(values) if _is_wrong(a, b, direction)), None)
    seen = f"{value(first[0])} stands before {value(first[1])}" if first else scene.violation.observed
    headline = f"{what_of(scene.answer)} is not kept: {seen}"
    facts = (Fact("asked for", f"{field} {direction}"), Fact("answered", scene.violation.observed))
    return Story(headline, "order", facts=facts, table=table_of(("customer", field), rows), guess=guess)


def _is_rising(numbers: Sequence[Any]) -> bool:
    return all(isinstance(one, int) for one in numbers) and list(numbers) == sorted(numbers)


def _is_wrong(one: Any, other: Any, direction: str) -> bool:
    if one is None or other is None or type(one) is not type(other):
        return False
    return bool(one < other if direction == "desc" else one > other)


def _default(scene: Scene) -> list[Any]:
    """The numbers of a list without an order, as pages showed it."""
    for query, pages in scene.memory.lists.items():
        if not any(name.startswith(("order", "filter")) for name, _ in query) and 1 in pages:
            return [number for page in sorted(pages) for number in pages[page]]
    return []


def _sorted_by(
    scene: Scene, field: str, numbers: Sequence[Any], entries: Sequence[Any], direction: str
) -> str:
    """Another field that the customers are sorted by; empty where none is, or more than one."""
    found = []
    for name in FIELDS:
        own = [_own(scene, number, name, one) for number, (_, one) in zip(numbers, entries, strict=True)]
        if name == field or len(set(map(str, own))) < 3 or None in own:
            continue
        if own == sorted(own, reverse=direction == "desc"):
            found.append(name)
    return found[0] if len(found) == 1 else ""


# ---------------------------------------------------------------- the rest


def of_same(scene: Scene) -> Story:
    """A list that shows customers otherwise than other lists do."""
    rows = []
    places: list[str] = []
    for entry in entries_of(scene.answer) or []:
        number = whole(entry.get("customer_no"))
        known = scene.memory.seen.get(number, {})
        for one in differences(known, entry):
            places.append(one.pointer.strip("/").replace("/", "."))
            rows.append((str(number), places[-1], one.expected, one.observed))
    subject = ", ".join(dict.fromkeys(places[:4])) or "customers"
    headline = f"{what_of(scene.answer)} shows {subject} otherwise than other lists do"
    table = table_of(("customer", "field", "elsewhere", "here"), rows)
    told = Fact("this list", scene.violation.observed)
    return Story(headline, "changed", facts=(told,), table=table, subject=subject)


def of_renumbered(scene: Scene) -> Story:
    """Where a customer is found after it was given another number."""
    old, new = scene.renumbered or (None, None)
    found = numbers_of(scene.answer)
    rows = [(str(one), scene.role(one), "listed" if one in found else "not listed") for one in (old, new)]
    guess = mechanisms.of_renumbering(found, old, new) if "filter_type" not in query_of(scene.answer) else ""
    if old in found:
        seen = "is still listed under its old number" + (" as well" if new in found else "")
    elif found.count(new) > 1:
        seen = f"is listed {found.count(new)} times under its new number"
    elif new not in found:
        seen = "is not found"
    else:
        return of_statement(scene, "rows")
    headline = f"a customer renumbered from {old} to {new} {seen} by {what_of(scene.answer)}"
    return Story(headline, "rows", table=table_of(("number", "who", "the list"), rows), guess=guess)


def of_statement(scene: Scene, kind: Kind = "rows") -> Story:
    """What the check said of it, in its own words."""
    violation = scene.violation
    if scene.answer.call.body is not None and violation.where.startswith("/data/"):
        return _of_field(scene, kind)
    if violation.where == "/data/*/updated_at" and scene.updates:
        return _of_moment(scene)
    operation = what_of(scene.answer) if scene.answer.call.body is None else "an update"
    facts = (Fact("promised", violation.expected), Fact("answered", violation.observed))
    return Story(f"{operation}: {violation.observed}, not {violation.expected}", kind, facts=facts)


def _of_moment(scene: Scene) -> Story:
    """A customer whose `updated_at` moved although its update was refused, or was another's."""
    last = scene.updates[-1]
    what = "an update" if last.is_success else f"a refused update ({last.status})"
    facts = (Fact("before", scene.violation.expected), Fact("the list shows", scene.violation.observed))
    return Story(f"{what} moves updated_at, which should stay", "changed", facts=facts)


def _of_field(scene: Scene, kind: Kind) -> Story:
    """A field that an update answers otherwise than promised."""
    pointer = scene.violation.where.removeprefix("/data")
    shown = value(found_at(customer_of(scene.answer) or {}, pointer))
    name = pointer.strip("/").replace("/", ".")
    facts = (Fact("promised", scene.violation.expected), Fact("answered", shown))
    if shown == value(ABSENT):
        return Story(f"an update answers no {name}: {shown}", kind, facts=facts)
    return Story(f"an update answers {name} as {shown}, not {scene.violation.expected}", kind, facts=facts)
