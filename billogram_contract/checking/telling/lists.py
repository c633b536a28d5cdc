"""Stories of lists: who is on which page, whom a filter finds, in which order, and how many are counted."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from billogram_contract.checking.answered_values import customer_of, entries_of, total_of, window_of
from billogram_contract.checking.story import Fact, Kind, Story, Table
from billogram_contract.checking.telling import mechanisms
from billogram_contract.checking.telling.memory import asked, at
from billogram_contract.checking.telling.scene import Scene
from billogram_contract.checking.telling.shortened import ABSENT, text, value
from billogram_contract.checking.telling.updates import found_at
from billogram_contract.spec.customer import differences
from billogram_contract.upstream.exchange import Answer, whole

FEW = 6  # rows of evidence
FIELDS = (
    "name", "notes", "contact:name", "contact:email", "contact:phone", "address:careof",
    "address:street_address",
    "address:zipcode", "address:city", "delivery_address:name", "delivery_address:careof",
    "delivery_address:zipcode", "delivery_address:city", "org_no",
)  # fmt: skip


def numbers_of(answer: Answer) -> list[Any]:
    return [whole(one.get("customer_no")) for one in entries_of(answer) or []]


def query_of(answer: Answer) -> dict[str, str]:
    return dict(answer.call.query)


def what_of(answer: Answer) -> str:
    """What a list is of: its filter and its order, in words."""
    query = query_of(answer)
    words = []
    if query.get("filter_type") == "special":
        words.append(f"the search for {text(query.get('filter_value', ''))}")
    elif query.get("filter_type"):
        kind, field, wanted = (query.get(f"filter_{one}", "") for one in ("type", "field", "value"))
        words.append(f"the {kind} filter {field}={text(wanted)}")
    if query.get("order_field"):
        words.append(f"the order by {query['order_field']} {query.get('order_direction', '')}".strip())
    return " in ".join(words) or "the list"


def pages_of(scene: Scene) -> list[Answer]:
    """The pages of the same list that the check saw last, in the order of their numbers."""
    found: dict[int, Answer] = {}
    for one in scene.exchanges:
        same = one.answer.call.body is None and asked(one.answer) == asked(scene.answer)
        if same and (window := window_of(one.answer)) and entries_of(one.answer) is not None:
            found[window[0]] = one.answer
    return [found[page] for page in sorted(found)]


def matches(kind: str, own: Any, wanted: str) -> bool:
    """Whether a filter may find a value, the most tolerant reading."""
    if own is None:
        return False
    mine, sought = str(own).casefold().strip(), wanted.casefold().strip()
    if kind == "field":
        return mine == sought
    return mine.startswith(sought) if kind == "field-prefix" else sought in mine


# ---------------------------------------------------------------- counts


def of_count(scene: Scene) -> Story:
    """total_count and the customers that pages show disagree."""
    pages = pages_of(scene) or [scene.answer]
    shown = len({number for page in pages for number in numbers_of(page)})
    wrong = next((page for page in reversed(pages) if total_of(page) != shown), scene.answer)
    total, (page, size) = total_of(wrong), window_of(wrong) or (1, 0)
    unfiltered = scene.memory.totals.get(()) if "filter_type" in query_of(wrong) else None
    is_whole = _is_whole(pages, size)
    guess = ""
    if isinstance(total, int) and is_whole:
        guess = mechanisms.of_count(total, shown, len(numbers_of(wrong)), page, size, unfiltered)
    many = f" over {len(pages)} pages" if len(pages) > 1 else ""
    facts = [Fact(f"total_count of page {page}", value(total)), Fact("customers shown", f"{shown}{many}")]
    if unfiltered is not None:
        facts.append(Fact("total_count without the filter", str(unfiltered)))
    rows = [
        (str((window_of(one) or (0, 0))[0]), str(len(numbers_of(one))), value(total_of(one))) for one in pages
    ]
    table = _table(("page", "customers shown", "total_count"), rows)
    people = f"{shown} customer{'' if shown == 1 else 's'}"
    headline = f"total_count of {what_of(wrong)} is {total}, where pages show {people}"
    if total == shown:
        headline = f"{what_of(wrong)} counts {total} customers: {scene.violation.expected} are right"
    return Story(headline, "count", facts=tuple(facts), table=table, guess=guess)


def _is_whole(pages: Sequence[Answer], size: int) -> bool:
    """Whether pages hold all of a list: they begin with the first one, none is left out."""
    numbers = [(window_of(page) or (0, 0))[0] for page in pages]
    return numbers == list(range(1, len(numbers) + 1)) and bool(size)


# ---------------------------------------------------------------- pages


def of_pages(scene: Scene) -> Story:
    """Pages that don't part the list: a customer twice, one missing, a page too short or another one's."""
    pages = pages_of(scene) or [scene.answer]
    everyone = _everyone(scene)
    shown = [numbers_of(page) for page in pages]
    size = (window_of(scene.answer) or (1, 1))[1]
    guess, facts, rows = "", [], []
    for page, numbers in zip(pages, shown, strict=True):
        at_page = (window_of(page) or (1, size))[0]
        wanted = everyone[(at_page - 1) * size : at_page * size]
        told = mechanisms.of_pages(at_page, size, numbers, everyone, len(wanted)) if everyone else ""
        guess = guess or told
        rows.append((f"page {at_page} of {size}", str(len(numbers)), _range(numbers), _range(wanted)))
    flat = [one for numbers in shown for one in numbers]
    guess = guess or mechanisms.of_seams(shown)
    repeated = sorted({one for one in flat if flat.count(one) > 1}, key=str)
    is_all = _is_whole(pages, size) and len(pages) * size >= len(everyone)
    missing = [one for one in everyone if one not in flat] if is_all else []
    facts.append(Fact("pages show", ", ".join(f"{len(one)}" for one in shown) + " customers"))
    if (total := total_of(scene.answer)) is not None:
        facts.append(Fact("total_count", str(total)))
    if repeated:
        facts.append(Fact("on two pages", _range(repeated)))
    if missing:
        facts.append(Fact("on no page", _range(missing)))
    columns = ("page", "customers", "it shows", "the same list elsewhere has there")
    table = _table(columns, rows) if everyone else _table(columns[:-1], [row[:-1] for row in rows])
    what = _pages_headline(scene, pages, shown, everyone, size, repeated, missing)
    return Story(what, "pages", facts=tuple(facts), table=table, guess=guess)


def _pages_headline(
    scene: Scene,
    pages: Sequence[Answer],
    shown: Sequence[list[Any]],
    everyone: Sequence[Any],
    size: int,
    repeated: Sequence[Any],
    missing: Sequence[Any],
) -> str:
    what = what_of(scene.answer)
    for page, numbers in zip(pages, shown, strict=True):
        turn = (window_of(page) or (1, size))[0]
        if len(numbers) > size:
            return f"page {turn} of {what} holds {len(numbers)} customers, with page_size {size}"
        if everyone and numbers and numbers[0] in everyone:
            start = everyone.index(numbers[0])
            if start != (turn - 1) * size:
                return (
                    f"page {turn} of {what} starts with customer {start + 1} of {len(everyone)},"
                    f" not with customer {(turn - 1) * size + 1} (page_size {size})"
                )
        wanted = len(everyone[(turn - 1) * size : turn * size])
        if everyone and len(numbers) != wanted:
            return f"page {turn} of {what} holds {len(numbers)} customers, not {wanted} (page_size {size})"
    if repeated or missing:
        many = f"{len(repeated)} customers stand on two pages" if len(repeated) > 1 else ""
        one = f"customer {repeated[0]} stands on two pages" if len(repeated) == 1 else ""
        none = f"{len(missing)} on none" if missing else ""
        return f"pages of {what} don't part it: {', '.join(filter(None, (many, one, none)))}"
    return f"pages of {what}: {scene.violation.observed}"


def _everyone(scene: Scene) -> list[Any]:
    """The same list in its order, as another page size showed it; empty where none did.

    By customer number everybody's order is known once an unfiltered list was shown whole.
    """
    own, query = dict(asked(scene.answer)), query_of(scene.answer)
    shown = numbers_of(scene.answer)
    for asked_for, pages in reversed(scene.memory.lists.items()):
        named = dict(asked_for)
        found = pages.get(1, [])
        total = scene.memory.totals.get(tuple(one for one in asked_for if one[0] != "page_size"))
        is_whole = len(set(found)) == len(found) == total
        if {**named, "page_size": ""} == {**own, "page_size": ""} and named != own:
            if is_whole or (shown and shown[0] in found[1:]):
                return found
        elif named.keys() == {"page_size"} and _is_by_number(query):
            in_turn = sorted(found, key=int, reverse=query.get("order_direction") == "desc")
            if is_whole or (in_turn == found and shown and shown[0] in found[1:]):
                return in_turn
    return _arranged(scene)


def _arranged(scene: Scene) -> list[Any]:
    """The customers that the suite arranged for the list, where pages show them by their numbers."""
    query, pages = query_of(scene.answer), [numbers_of(page) for page in pages_of(scene)]
    kind, field, wanted = (query.get(f"filter_{one}", "") for one in ("type", "field", "value"))
    own = {number: at(wrote, field) for number, wrote in scene.memory.wrote.items()}
    ours = sorted(number for number, one in own.items() if one is not None and matches(kind, one, wanted))
    for in_turn in (ours, ours[::-1]):
        if all([one for one in in_turn if one in page] == page for page in pages):
            return in_turn if len(ours) == total_of(scene.answer) else []
    return []


def _is_by_number(query: dict[str, str]) -> bool:
    return query.get("order_field") == "customer_no" and "filter_type" not in query


def _range(numbers: Sequence[Any]) -> str:
    if not numbers:
        return "nobody"
    shown = ", ".join(map(str, numbers[:4]))
    return f"{shown}, … {numbers[-1]}" if len(numbers) > 5 else ", ".join(map(str, numbers))


# ---------------------------------------------------------------- filters


def of_filter(scene: Scene) -> Story:
    """A filter that finds who doesn't match, or doesn't find who does."""
    query, memory = query_of(scene.answer), scene.memory
    kind, field, wanted = (query.get(f"filter_{one}", "") for one in ("type", "field", "value"))
    field = "name" if kind == "special" else field
    found = numbers_of(scene.answer)
    entries = dict(zip(found, entries_of(scene.answer) or [], strict=True))
    own = {number: _own(scene, number, field, entries.get(number)) for number in {*found, *memory.wrote}}
    tolerated = "field-search" if kind == "special" else kind
    strangers = [one for one in found if not matches(tolerated, own[one], wanted)]
    page, size = window_of(scene.answer) or (1, 0)
    is_all = page == 1 and len(found) < size
    missing = [one for one in memory.wrote if one not in found and matches(kind, own[one], wanted)]
    missing = missing if is_all else []
    total, unfiltered = total_of(scene.answer), memory.totals.get(())
    right = [own[one] for one in found if one not in strangers]
    elsewhere = _elsewhere(scene, field, tolerated, wanted, strangers, entries)
    guess = mechanisms.of_filter(
        kind,
        wanted,
        [str(own[one] or "") for one in strangers],
        [str(own[one]) for one in missing],
        [str(one) for one in right],
        is_everybody=total is not None and total == unfiltered and total > 2,
        elsewhere=elsewhere,
    )
    rows = [
        (str(one), scene.role(one), value(own[one]), "found, and doesn't match" if one in strangers else word)
        for one, word in [
            *((one, "") for one in strangers),
            *((one, "matches, and is not found") for one in missing),
        ]
    ]
    what = what_of(scene.answer)
    if missing and not found and total:
        guess = mechanisms.of_empty_page(page, size, total)
    wrong = f"finds {_people(strangers)} that {'do' if len(strangers) > 1 else 'does'} not match"
    lost = f"does not find {_people(missing)} that {'match' if len(missing) > 1 else 'matches'}"
    if strangers and missing:
        headline = f"{what} {wrong} and {lost}"
    elif strangers:
        headline = f"{what} {wrong}"
    elif missing:
        headline = f"{what} {lost if found else 'finds nobody'}"
        if not found and total:
            headline = f"page 1 of {what} is empty, although total_count says {total}"
    else:
        return of_statement(scene, "rows")
    count = f", total_count {total}" if total is not None else ""
    facts = [Fact("found", f"{_people(found)}{count}")]
    if unfiltered is not None:
        facts.append(Fact("without a filter", f"total_count {unfiltered}"))
    table = _table(("customer", "who", field, ""), rows)
    return Story(headline, "rows", facts=tuple(facts), table=table, guess=guess)


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
    return Story(headline, "order", facts=facts, table=_table(("customer", field), rows), guess=guess)


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
    table = _table(("customer", "field", "elsewhere", "here"), rows)
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
    return Story(headline, "rows", table=_table(("number", "who", "the list"), rows), guess=guess)


def of_statement(scene: Scene, kind: Kind = "rows") -> Story:
    """What the check said of it, in its own words."""
    violation = scene.violation
    if scene.answer.call.body is not None and violation.where.startswith("/data/"):
        return _of_field(scene, kind)
    operation = what_of(scene.answer) if scene.answer.call.body is None else "an update"
    facts = (Fact("promised", violation.expected), Fact("answered", violation.observed))
    return Story(f"{operation}: {violation.observed}, not {violation.expected}", kind, facts=facts)


def _of_field(scene: Scene, kind: Kind) -> Story:
    """A field that an update answers otherwise than promised."""
    pointer = scene.violation.where.removeprefix("/data")
    shown = value(found_at(customer_of(scene.answer) or {}, pointer))
    name = pointer.strip("/").replace("/", ".")
    facts = (Fact("promised", scene.violation.expected), Fact("answered", shown))
    if shown == value(ABSENT):
        return Story(f"an update answers no {name}: {shown}", kind, facts=facts)
    return Story(f"an update answers {name} as {shown}, not {scene.violation.expected}", kind, facts=facts)


def _table(columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Table:
    return Table(columns, tuple(rows[:FEW]), max(0, len(rows) - FEW)) if rows else Table()
