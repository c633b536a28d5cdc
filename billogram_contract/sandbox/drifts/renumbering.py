"""Drifts of what a changed number does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from billogram_contract.sandbox.app import LIST_PATH, is_update, not_found, now, number_of
from billogram_contract.sandbox.drifts.bodies import storing
from billogram_contract.sandbox.drifts.numbers import ignoring, is_free, new_number, refusing, renumbers
from billogram_contract.sandbox.http import Handler, Request, Response
from billogram_contract.sandbox.store import Store
from billogram_contract.sandbox.wrapping import (
    Document,
    Update,
    Upstream,
    declare,
    drift,
    edit_answer,
    edit_customers,
    edit_store,
    listed,
    updated,
)

# The new number

refusing("renumber-refused", "renumber.new-number", "No number can be changed.", is_free)
declare(
    "renumber-ignored",
    "renumber.new-number",
    "A new customer_no is accepted and ignored.",
    lambda upstream: ignoring(upstream, is_free),
)


def _remembering(upstream: Upstream) -> tuple[Upstream, dict[int, int]]:
    """The upstream, and the old numbers by the new ones."""
    olds: dict[int, int] = {}

    def remember(store: Store, update: Update) -> None:
        if renumbers(update):
            olds.pop(update.before["customer_no"], None)
            olds[update.now["customer_no"]] = update.before["customer_no"]

    return upstream.wrapped(lambda inner: edit_store(inner, remember)), olds


@drift("list-keeps-old-number", breaks=("renumber.new-number", "renumber.old-number-gone"))
def _list_keeps_old_number(upstream: Upstream) -> Handler:
    """The list shows a renumbered customer under its old number."""
    remembering, olds = _remembering(upstream)

    def edit(customer: Document) -> None:
        customer["customer_no"] = olds.get(customer["customer_no"], customer["customer_no"])

    return edit_customers(remembering, edit, where=listed)


@drift(
    "new-number-late-in-path",
    breaks=("renumber.new-number", "renumber.own-number", "renumber.positive-only"),
)
def _new_number_late_in_path(upstream: Upstream) -> Handler:
    """The first update under a new number is answered 404."""
    pending: set[int] = set()

    def edit(request: Request, response: Response) -> Response:
        if updated(request, response) and new_number(request) is not None:
            pending.add(response.json()["data"]["customer_no"])
        return response

    handle = edit_answer(upstream, edit)

    def late(request: Request) -> Response:
        number = number_of(request) if is_update(request) else None
        if number in pending:
            pending.discard(number)
            return not_found()
        return handle(request)

    return late


# The old number


@drift("old-number-still-updates", breaks="renumber.old-number-gone")
def _old_number_still_updates(upstream: Upstream) -> Handler:
    """An update under the old number reaches the customer."""
    remembering, olds = _remembering(upstream)

    def handle(request: Request) -> Response:
        for new, old in olds.items():
            if is_update(request) and number_of(request) == old and upstream.store.read(old) is None:
                request = replace(request, path=f"{LIST_PATH}/{new}")
        return remembering.handle(request)

    return handle


@drift("old-number-redirects", breaks=("answer.status-documented", "renumber.old-number-gone"))
def _old_number_redirects(upstream: Upstream) -> Handler:
    """An update under the old number is sent on to the new one."""
    remembering, olds = _remembering(upstream)

    def edit(request: Request, response: Response) -> Response:
        new = [new for new, old in olds.items() if old == number_of(request)]
        if not is_update(request) or response.status != 404 or not new:
            return response
        location = {"location": f"{LIST_PATH}/{new[-1]}"}
        return replace(response, status=308, headers={**response.headers, **location})

    return edit_answer(remembering, edit)


@drift("renumbering-copies", breaks=("renumber.count-stays", "renumber.old-number-gone"))
def _renumbering_copies(upstream: Upstream) -> Handler:
    """Renumbering leaves the customer under its old number too."""

    def edit(store: Store, update: Update) -> None:
        if renumbers(update):
            store.add([update.before])

    return edit_store(upstream, edit)


@drift("renumbering-loses-customer", breaks=("renumber.new-number", "renumber.count-stays"))
def _renumbering_loses_customer(upstream: Upstream) -> Handler:
    """A renumbered customer is gone."""

    def edit(store: Store, update: Update) -> None:
        if renumbers(update):
            store.remove(update.now["customer_no"])

    return edit_store(upstream, edit)


# The rest


def _losing(*names: str) -> Callable[[Update], None]:
    return lambda update: update.now.update(dict.fromkeys(names) if renumbers(update) else {})


storing(
    "renumbering-ignores-notes",
    "renumber.keeps-the-rest",
    "Notes beside a new number are not written.",
    lambda update: update.now.update({"notes": update.before.get("notes")} if renumbers(update) else {}),
)
storing("renumbering-loses-notes", "renumber.keeps-the-rest", "Renumbering clears notes.", _losing("notes"))
storing(
    "renumbering-loses-delivery-address",
    "renumber.keeps-the-rest",
    "Renumbering clears the delivery_address.",
    _losing("delivery_address"),
)
storing(
    "renumbering-resets-created-at",
    "renumber.keeps-the-rest",
    "A renumbered customer is as new: created_at is the present.",
    lambda update: update.now.update({"created_at": now()} if renumbers(update) else {}),
)
