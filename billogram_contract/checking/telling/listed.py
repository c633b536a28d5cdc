"""What a list shows, in words: its numbers, its query, its pages, and tables of its rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from billogram_contract.checking.answered_values import entries_of, window_of
from billogram_contract.checking.story import Table
from billogram_contract.checking.telling.memory import asked
from billogram_contract.checking.telling.scene import Scene
from billogram_contract.checking.telling.shortened import text
from billogram_contract.upstream.exchange import Answer, whole

FEW = 6  # rows of evidence


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


def table_of(columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Table:
    return Table(columns, tuple(rows[:FEW]), max(0, len(rows) - FEW)) if rows else Table()
