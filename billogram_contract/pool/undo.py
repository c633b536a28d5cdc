"""Putting customers back: what is written, in which turn, and how a customer is known again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from billogram_contract.errors import Blocked, Outage
from billogram_contract.spec.customer import WRITABLE, differences, instant, leaves

if TYPE_CHECKING:
    from billogram_contract.pool.leased import LeasedCustomer

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


def put_back(
    customers: Sequence[LeasedCustomer], free_number: Callable[[], int]
) -> dict[LeasedCustomer, str]:
    """Puts customers back, the last first where one has the number of another; what is left by customer."""
    waiting, problems = list(customers), {}
    aside: set[LeasedCustomer] = set()
    while waiting:
        taken = {one.number: one for one in waiting}
        ready = next((one for one in waiting if taken.get(one.original_number, one) is one), None)
        if ready is None and waiting[0] not in aside:  # each has the number of another
            aside.add(waiting[0])
            _step_aside(waiting[0], free_number)
            continue
        ready = ready or waiting[0]
        waiting.remove(ready)
        if problem := _put_back(ready):
            problems[ready] = problem
    return problems


def _step_aside(customer: LeasedCustomer, free_number: Callable[[], int]) -> None:
    with suppress(Outage, Blocked):  # told when the customer cannot be put back
        customer.update({"customer_no": free_number()})


def _put_back(customer: LeasedCustomer) -> str | None:
    """Puts a customer back as it was found; what is left, in a few words."""
    original = customer.original
    try:
        for unset in (None, ""):
            if customer.is_uncertain and not customer.relocate():
                return f"customer {customer.original_number} is no longer listed: look for it under another number"
            body = undo_body(original, customer.current, unset)
            if body and customer.update(body).status == 400:  # one refused field keeps no other one changed
                for name, value in body.items():
                    customer.update({name: value})
    except (Outage, Blocked) as error:
        return f"customer {customer.number}: {error}"
    stuck = _never_written(original, customer.current)
    if stuck:
        customer.residue = (
            f"customer {customer.original_number}: {', '.join(stuck)} was unset, and no update can unset it"
        )
    elif left := undo_body(original, customer.current, ""):
        at = "" if customer.number == customer.original_number else f" (now {customer.number})"
        return f"customer {customer.original_number}{at} was not put back: {', '.join(left)}"
    if _is_reborn(original, customer.current):
        was, now = original["created_at"], customer.current["created_at"]
        return f"customer {customer.original_number} has created_at {now}, not {was}: upstream changed it, no update can"
    return None


def _never_written(original: dict[str, Any], current: dict[str, Any]) -> list[str]:
    """The fields that a customer has and hadn't, where nothing else differs: to unset one is open."""
    found = differences(original, current)
    before = dict(leaves(original))
    known = [one for one in found if one.pointer in before or one.pointer.split("/")[1] not in WRITABLE]
    is_all = not known and not any(_respelt(original.get(name), current.get(name)) for name in WRITABLE)
    return [one.pointer for one in found] if is_all else []


def _is_reborn(original: dict[str, Any], current: dict[str, Any]) -> bool:
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
