"""Stories of pages: who is on which page, and how many are counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from billogram_contract.checking.answered_values import total_of, window_of
from billogram_contract.checking.story import Fact, Story
from billogram_contract.checking.telling import mechanisms
from billogram_contract.checking.telling.listed import (
    matches,
    numbers_of,
    pages_of,
    query_of,
    table_of,
    what_of,
)
from billogram_contract.checking.telling.memory import asked, at
from billogram_contract.checking.telling.scene import Scene
from billogram_contract.checking.telling.shortened import value
from billogram_contract.upstream.exchange import Answer

# ---------------------------------------------------------------- counts


def of_count(scene: Scene) -> Story:
    """total_count and the customers that pages show disagree."""
    pages = pages_of(scene) or [scene.answer]
    shown = len({number for page in pages for number in numbers_of(page)})
    wrong = next((page for page in reversed(pages) if total_of(page) != shown), scene.answer)
    total, size = total_of(wrong), (window_of(wrong) or (1, 0))[1]
    unfiltered = scene.memory.totals.get(()) if "filter_type" in query_of(wrong) else None
    told = [((window_of(one) or (0, 0))[0], len(numbers_of(one)), total_of(one)) for one in pages]
    counted = [(page, on_page, count) for page, on_page, count in told if count is not None]
    guess = mechanisms.of_count(counted, shown, size, unfiltered) if _is_whole(pages, size) else ""
    many = f" over {len(pages)} pages" if len(pages) > 1 else ""
    totals = ", ".join(value(count) for *_, count in told)
    facts = [Fact("total_count of each page" if many else "total_count", totals)]
    facts.append(Fact("customers shown", f"{shown}{many}"))
    if unfiltered is not None:
        facts.append(Fact("total_count without the filter", str(unfiltered)))
    rows = [(str(page), str(on_page), value(count)) for page, on_page, count in told]
    table = table_of(("page", "customers shown", "total_count"), rows)
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
    table = table_of(columns, rows) if everyone else table_of(columns[:-1], [row[:-1] for row in rows])
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
