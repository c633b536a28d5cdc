"""Putting customers back: in which turn, and what is left where one cannot be put back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

from billogram_contract.errors import Blocked, Outage
from billogram_contract.pool import undo
from billogram_contract.pool.leased import LeasedCustomer


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
                return f"{_name(customer)} is no longer listed: look for it under another number"
            body = undo.undo_body(original, customer.current, unset)
            if body and customer.update(body).status == 400:  # one refused field keeps no other one changed
                for name, value in body.items():
                    customer.update({name: value})
    except (Outage, Blocked) as error:
        return f"customer {customer.number}: {error}"
    stuck = undo.never_written(original, customer.current)
    if stuck:
        customer.residue = f"{_name(customer)}: {', '.join(stuck)} was unset, and no update can unset it"
    elif left := undo.undo_body(original, customer.current, ""):
        at = "" if customer.number == customer.original_number else f" (now {customer.number})"
        return f"{_name(customer)}{at} was not put back: {', '.join(left)}"
    if undo.is_reborn(original, customer.current):
        was, now = original["created_at"], customer.current["created_at"]
        return f"{_name(customer)} has created_at {now}, not {was}: upstream changed it, no update can"
    return None


def _name(customer: LeasedCustomer) -> str:
    return f"customer {customer.original_number}"
