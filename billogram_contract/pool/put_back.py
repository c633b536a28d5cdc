"""Putting customers back: in which turn, by which updates, and what is left where one cannot be put back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from billogram_contract.errors import Blocked, Outage
from billogram_contract.pool import undo
from billogram_contract.pool.leased import Document, LeasedCustomer

FreeNumber = Callable[[LeasedCustomer], int]
Step = Callable[[LeasedCustomer], None]
Undo = Callable[[LeasedCustomer], str | None]


def put_back(
    customers: Sequence[LeasedCustomer], free_number: FreeNumber, undo_one: Undo | None = None
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
        if problem := (undo_one or quickly)(ready):
            problems[ready] = problem
    return problems


def _step_aside(customer: LeasedCustomer, free_number: FreeNumber) -> None:
    with suppress(Outage, Blocked):  # told when the customer cannot be put back
        customer.update({"customer_no": free_number(customer)})


def quickly(customer: LeasedCustomer) -> str | None:
    """Puts a customer back, believing what updates answer; what is left, in a few words."""
    reason = ""
    try:
        for step in QUICK:
            if customer.is_uncertain and not customer.relocate():
                return missing(customer)
            if not customer.left:
                break
            step(customer)
    except (Outage, Blocked) as error:
        reason = str(error)
    customer.give_up(customer.left)
    return told(customer, reason=reason)


# The steps: each writes what is not yet as it was found, another way


def _as_one(customer: LeasedCustomer, unset: str | None = None) -> None:
    body = _body(customer, unset)
    if body and not customer.update(body).is_success:  # one refused field keeps no other one changed
        _each(customer, [{name: value} for name, value in body.items()])


def _emptied(customer: LeasedCustomer) -> None:
    _as_one(customer, "")


def _one_by_one(customer: LeasedCustomer) -> None:
    _each(customer, [{name: value} for name, value in _body(customer).items()])


def _everything(customer: LeasedCustomer) -> None:
    _each(customer, [undo.full_body(customer.goal, _body(customer))])


def _leaf_by_leaf(customer: LeasedCustomer) -> None:
    substructures = [(name, value) for name, value in _body(customer).items() if isinstance(value, dict)]
    _each(customer, [{name: {key: one}} for name, value in substructures for key, one in value.items()])


def _backwards(customer: LeasedCustomer) -> None:
    _each(customer, [{name: value} for name, value in reversed(_body(customer).items())])


QUICK: tuple[Step, ...] = (_as_one, _emptied)
THOROUGH: tuple[Step, ...] = (*QUICK, _one_by_one, _everything, _leaf_by_leaf, _backwards, _as_one)


def _body(customer: LeasedCustomer, unset: str | None = "") -> Document:
    names = {one.field for one in customer.left} - {"created_at"}
    return undo.undo_body(customer.goal, customer.current, names, unset)


def _each(customer: LeasedCustomer, bodies: Iterable[Document]) -> None:
    for body in bodies:
        customer.update(body)


# What is told


def missing(customer: LeasedCustomer) -> str:
    """What is told of a customer that the list doesn't show."""
    return (
        f"{name_of(customer)} is no longer listed: look for it under another number, and put it back by hand"
    )


def told(customer: LeasedCustomer, *, with_forms: bool = False, reason: str = "") -> str | None:
    """What is left of a customer to put back by hand; what no update can undo becomes its residue."""
    found = undo.changes(customer.goal, customer.current)
    customer.residue = ""
    if any(not one.is_form and not one.is_unset for one in found) or (reason and customer.is_uncertain):
        cures = ", ".join(one.cure for one in found if not one.is_form)
        at = "" if customer.number == customer.original_number else f" (now {customer.number})"
        why = f" ({reason})" if reason else ""
        return f"{name_of(customer)}{at}: put back by hand: {cures or 'look at every field'}{why}"
    if left := [one for one in found if with_forms or not one.is_form]:
        words = ", ".join(one.words for one in left)
        customer.residue = f"{name_of(customer)}: {words}: no update can undo it"
    return None


def name_of(customer: LeasedCustomer) -> str:
    return f"customer {customer.original_number}"
