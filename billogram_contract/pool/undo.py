"""Undo: what is written to put a customer back as it was found, and how a customer is known again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from billogram_contract.spec.customer import WRITABLE, differences, instant, leaves

PRECISION = timedelta(seconds=1)
LASTING = ("org_no", "vat_no")  # facts beside created_at that no update of the suite changes


def is_same(original: dict[str, Any], entry: dict[str, Any]) -> bool:
    """Whether an entry is of the customer whose original is given, whatever its number is now."""
    before, after = dict(leaves(original)), dict(leaves(entry))

    def agrees(name: str) -> bool | None:
        one, other = before.get(f"/{name}"), after.get(f"/{name}")
        return None if one is None or other is None else bool(one == other)

    born, facts = agrees("created_at"), [agrees(name) for name in LASTING]
    return born is not False and False not in facts and (born or all(facts))


def never_written(original: dict[str, Any], current: dict[str, Any]) -> list[str]:
    """The fields that a customer has and hadn't, where nothing else differs: to unset one is open."""
    found = differences(original, current)
    before = dict(leaves(original))
    known = [one for one in found if one.pointer in before or one.pointer.split("/")[1] not in WRITABLE]
    is_all = not known and not any(_respelt(original.get(name), current.get(name)) for name in WRITABLE)
    return [one.pointer for one in found] if is_all else []


def is_reborn(original: dict[str, Any], current: dict[str, Any]) -> bool:
    """Whether upstream gave a customer another time of creation, by more than precision explains."""
    before, after = instant(original.get("created_at")), instant(current.get("created_at"))
    return before is not None and after is not None and abs(after - before) >= PRECISION


def undo_body(original: dict[str, Any], current: dict[str, Any], unset: str | None) -> dict[str, Any]:
    """The update that puts a customer back; `unset` is written where nothing was before."""
    changed = {one.pointer.split("/")[1] for one in differences(original, current)}
    changed |= {name for name in WRITABLE if _respelt(original.get(name), current.get(name))}
    body = {name: original.get(name) for name in WRITABLE if name in changed}
    for name, value in body.items():
        before, after = value or {}, current.get(name) or {}
        if isinstance(before, dict) and isinstance(after, dict) and (before or after):
            keys = {**before, **after}
            body[name] = {key: _set(before.get(key), unset, after.get(key)) for key in keys}
        else:
            body[name] = _set(value, unset, current.get(name))
    if "customer_no" in changed:
        body["customer_no"] = original["customer_no"]
    return body


def _respelt(before: Any, after: Any) -> bool:
    """Whether a text is another one where comparison tolerates it: a blank at its end, say."""
    if isinstance(before, dict) and isinstance(after, dict):
        return any(_respelt(before[key], after[key]) for key in before.keys() & after.keys())
    return isinstance(before, str) and isinstance(after, str) and before != after


def _set(value: Any, unset: str | None, now: Any) -> Any:
    """What is written in a field's place; the emptiest of flags is false."""
    if value is not None:
        return value
    return False if unset == "" and isinstance(now, bool) else unset
