"""Drifts of what a changed number does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from billogram_contract.sandbox import kit, when
from billogram_contract.sandbox.app import LIST_PATH, is_update, not_found, now, number_of
from billogram_contract.sandbox.catalogue import Family, Middleware, Upstream
from billogram_contract.sandbox.http import Document, Handler, Request, Response
from billogram_contract.sandbox.kit import Update
from billogram_contract.sandbox.store import Store

FAMILY = Family(__name__)

# The new number

drift = FAMILY.breaking("renumber.new-number")
drift("renumber-refused", "No number can be changed.")(kit.refuse_number(when.is_free))
drift("renumber-ignored", "A new customer_no is accepted and ignored.")(kit.drop_number(when.is_free))


def _remembering(upstream: Upstream) -> tuple[Upstream, dict[int, int]]:
    """The upstream, and the old numbers by the new ones."""
    olds: dict[int, int] = {}

    def remember(store: Store, update: Update) -> None:
        if update.renumbers:
            olds.pop(update.before["customer_no"], None)
            olds[update.now["customer_no"]] = update.before["customer_no"]

    return upstream.wrapped(kit.edit_store(remember)), olds


@FAMILY.breaking("renumber.new-number", "renumber.old-number-gone")("list-keeps-old-number")
def _list_keeps_old_number(upstream: Upstream) -> Handler:
    """The list shows a renumbered customer under its old number."""
    remembering, olds = _remembering(upstream)

    def edit(customer: Document) -> None:
        customer["customer_no"] = olds.get(customer["customer_no"], customer["customer_no"])

    return kit.edit_customers(edit, when.listed)(remembering)


@FAMILY.breaking("renumber.new-number", "renumber.own-number", "renumber.positive-only")(
    "new-number-late-in-path"
)
def _new_number_late_in_path(upstream: Upstream) -> Handler:
    """The first update under a new number is answered 404."""
    pending: set[int] = set()

    def handle(request: Request) -> Response:
        number = number_of(request) if is_update(request) else None
        if number in pending:
            pending.discard(number)
            return not_found()
        response = upstream.handle(request)
        if when.updated(request, response) and when.new_number(request) is not None:
            pending.add(response.json()["data"]["customer_no"])
        return response

    return handle


# The old number


@FAMILY.breaking("renumber.old-number-gone")("old-number-still-updates")
def _old_number_still_updates(upstream: Upstream) -> Handler:
    """An update under the old number reaches the customer."""
    remembering, olds = _remembering(upstream)

    def handle(request: Request) -> Response:
        for new, old in olds.items():
            if is_update(request) and number_of(request) == old and upstream.store.read(old) is None:
                request = replace(request, path=f"{LIST_PATH}/{new}")
        return remembering.handle(request)

    return handle


@FAMILY.breaking("answer.status-documented", "renumber.old-number-gone")("old-number-redirects")
def _old_number_redirects(upstream: Upstream) -> Handler:
    """An update under the old number is sent on to the new one."""
    remembering, olds = _remembering(upstream)

    def edit(request: Request, response: Response) -> Response:
        new = [new for new, old in olds.items() if old == number_of(request)]
        if not is_update(request) or response.status != 404 or not new:
            return response
        location = {"location": f"{LIST_PATH}/{new[-1]}"}
        return replace(response, status=308, headers={**response.headers, **location})

    return kit.edit_answer(edit)(remembering)


# The customers and their fields


def _copy(store: Store, update: Update) -> None:
    if update.renumbers:
        store.add([update.before])


def _lose(store: Store, update: Update) -> None:
    if update.renumbers:
        store.remove(update.now["customer_no"])


def _renumbering(changes: Callable[[Update], Document]) -> Middleware:
    """Changes more than the number of a customer that gets another one."""
    return kit.edit_stored(lambda update: update.now.update(changes(update) if update.renumbers else {}))


drift = FAMILY.breaking("renumber.count-stays", "renumber.old-number-gone")
drift("renumbering-copies", "Renumbering leaves the customer under its old number too.")(
    kit.edit_store(_copy)
)

drift = FAMILY.breaking("renumber.new-number", "renumber.count-stays")
drift("renumbering-loses-customer", "A renumbered customer is gone.")(kit.edit_store(_lose))

drift = FAMILY.breaking("renumber.keeps-the-rest")
drift("renumbering-ignores-notes", "Notes beside a new number are not written.")(
    _renumbering(lambda update: {"notes": update.before.get("notes")})
)
drift("renumbering-loses-notes", "Renumbering clears notes.")(_renumbering(lambda update: {"notes": None}))
drift("renumbering-loses-delivery-address", "Renumbering clears the delivery_address.")(
    _renumbering(lambda update: {"delivery_address": None})
)
drift("renumbering-resets-created-at", "A renumbered customer is as new: created_at is the present.")(
    _renumbering(lambda update: {"created_at": now()})
)
