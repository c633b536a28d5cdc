"""Drifts of the customer number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from billogram_contract.sandbox.app import LIST_PATH, is_update, not_found, now, number_of, refuse
from billogram_contract.sandbox.drifts.updates import reading, storing
from billogram_contract.sandbox.http import Handler, Request, Response, encode
from billogram_contract.sandbox.rules import Problem
from billogram_contract.sandbox.store import Order, Selection, Store
from billogram_contract.sandbox.wrapping import (
    Document,
    Update,
    Upstream,
    declare,
    drift,
    edit_answer,
    edit_body,
    edit_customers,
    edit_store,
    listed,
    refuse_first,
    updated,
)

TAKEN = Problem("INVALID_PARAMETER", "The number is not available.", "customer_no")


def _new_number(request: Request) -> int | None:
    """The number that an update gives, if it is a valid one and not the customer's own."""
    body = request.json() if is_update(request) else None
    number = body.get("customer_no") if isinstance(body, dict) else None
    valid = isinstance(number, int) and not isinstance(number, bool) and 1 <= number < 2**31
    return number if valid and number != number_of(request) else None


def _renumbers(update: Update) -> bool:
    return bool(update.before["customer_no"] != update.now["customer_no"])


def _refusing(name: str, breaks: str, summary: str, applies: Callable[[Upstream, Request], bool]) -> None:
    declare(
        name,
        breaks,
        summary,
        lambda upstream: refuse_first(
            upstream, lambda request: applies(upstream, request), lambda: refuse(TAKEN)
        ),
    )


def _is_free(upstream: Upstream, request: Request) -> bool:
    number = _new_number(request)
    return number is not None and upstream.store.read(number) is None


def _is_taken(upstream: Upstream, request: Request) -> bool:
    number = _new_number(request)
    return number is not None and upstream.store.read(number) is not None


def _ignoring(upstream: Upstream, applies: Callable[[Upstream, Request], bool]) -> Handler:
    """Takes some numbers out of bodies."""

    def handle(request: Request) -> Response:
        if applies(upstream, request):
            body = request.json()
            del body["customer_no"]
            request = replace(request, body=encode(body))
        return upstream.handle(request)

    return handle


# The new number

_refusing("renumber-refused", "renumber.new-number", "No number can be changed.", _is_free)
declare(
    "renumber-ignored",
    "renumber.new-number",
    "A new customer_no is accepted and ignored.",
    lambda upstream: _ignoring(upstream, _is_free),
)


def _remembering(upstream: Upstream) -> tuple[Upstream, dict[int, int]]:
    """The upstream, and the old numbers by the new ones."""
    olds: dict[int, int] = {}

    def remember(store: Store, update: Update) -> None:
        if _renumbers(update):
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


@drift("new-number-late-in-path", breaks="renumber.new-number")
def _new_number_late_in_path(upstream: Upstream) -> Handler:
    """The first update under a new number is answered 404."""
    pending: set[int] = set()

    def edit(request: Request, response: Response) -> Response:
        if updated(request, response) and _new_number(request) is not None:
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


@drift("old-number-redirects", breaks=("renumber.old-number-gone", "answer.status-documented"))
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
        if _renumbers(update):
            store.add([update.before])

    return edit_store(upstream, edit)


@drift("renumbering-loses-customer", breaks=("renumber.count-stays", "renumber.new-number"))
def _renumbering_loses_customer(upstream: Upstream) -> Handler:
    """A renumbered customer is gone."""

    def edit(store: Store, update: Update) -> None:
        if _renumbers(update):
            store.remove(update.now["customer_no"])

    return edit_store(upstream, edit)


# The rest


def _losing(*names: str) -> Callable[[Update], None]:
    return lambda update: update.now.update(dict.fromkeys(names) if _renumbers(update) else {})


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
    lambda update: update.now.update({"created_at": now()} if _renumbers(update) else {}),
)

# Taken, own and freed numbers

declare(
    "taken-number-ignored",
    "renumber.unique",
    "A number that is taken is accepted and ignored.",
    lambda upstream: _ignoring(upstream, _is_taken),
)


@drift("taken-number-overwrites", breaks=("renumber.unique", "renumber.count-stays"))
def _taken_number_overwrites(upstream: Upstream) -> Handler:
    """A customer that gets a taken number replaces the one that had it."""

    def handle(request: Request) -> Response:
        taken = _new_number(request)
        other = None if taken is None else upstream.store.read(taken)
        response = upstream.handle(request)
        if taken is None or other is None or response.status != 400:
            return response
        upstream.store.remove(taken)
        response = upstream.handle(request)
        if not updated(request, response):
            upstream.store.add([other])
        return response

    return handle


@drift("taken-number-shared", breaks="renumber.unique")
def _taken_number_shared(upstream: Upstream) -> Handler:
    """A taken number is accepted: the list shows two customers with it."""
    shown: dict[int, int] = {}

    def handle(request: Request) -> Response:
        taken, number = _new_number(request), number_of(request)
        if taken is None or number is None or not _is_taken(upstream, request):
            return upstream.handle(request)
        response = _ignoring(upstream, _is_taken)(request)
        if updated(request, response):
            shown[number] = taken
        return response

    def edit(customer: Document) -> None:
        customer["customer_no"] = shown.get(customer["customer_no"], customer["customer_no"])

    sharing = replace(upstream, build=lambda *_: handle)
    return edit_customers(sharing, edit)


@drift("taken-number-answers-409", breaks=("renumber.unique", "answer.status-documented"))
def _taken_number_answers_409(upstream: Upstream) -> Handler:
    """A number that is taken is answered 409."""

    def edit(request: Request, response: Response) -> Response:
        conflict = response.status == 400 and _is_taken(upstream, request)
        return replace(response, status=409) if conflict else response

    return edit_answer(upstream, edit)


_refusing(
    "own-number-refused",
    "renumber.own-number",
    "The customer's own number is refused as taken.",
    lambda upstream, request: (
        is_update(request)
        and isinstance(request.json(), dict)
        and request.json().get("customer_no") == number_of(request)
    ),
)


@drift("freed-number-refused", breaks="renumber.freed-number")
def _freed_number_refused(upstream: Upstream) -> Handler:
    """A number that a customer once had is not given again."""
    freed: set[int] = set()

    def remember(store: Store, update: Update) -> None:
        if _renumbers(update):
            freed.add(update.before["customer_no"])

    remembering = upstream.wrapped(lambda inner: edit_store(inner, remember))
    return refuse_first(remembering, lambda request: _new_number(request) in freed, lambda: refuse(TAKEN))


# Which numbers

declare(
    "number-zero-accepted",
    "renumber.positive-only",
    "A customer can have the number 0.",
    lambda upstream: upstream.with_rules(customer_no_minimum=0),
)
declare(
    "number-negative-accepted",
    "renumber.positive-only",
    "A customer can have a negative number.",
    lambda upstream: upstream.with_rules(customer_no_minimum=-(2**31)),
)
reading(
    "number-zero-ignored",
    "renumber.positive-only",
    "A customer_no of 0 is ignored.",
    "customer_no",
    lambda value: NotImplemented if value == 0 and not isinstance(value, bool) else value,
)
reading(
    "number-negative-ignored",
    "renumber.positive-only",
    "A negative customer_no is ignored.",
    "customer_no",
    lambda value: NotImplemented if isinstance(value, int) and value < 0 else value,
)
reading(
    "number-text-accepted",
    "renumber.integer-only",
    "A customer_no can be a text of digits.",
    "customer_no",
    lambda value: int(value) if isinstance(value, str) and value.isdecimal() else value,
)
reading(
    "number-fraction-accepted",
    "renumber.integer-only",
    "The fraction of a customer_no is cut off.",
    "customer_no",
    lambda value: int(value) if isinstance(value, float) and abs(value) < 2**31 else value,
)


@drift("number-null-renumbers", breaks="renumber.null-keeps")
def _number_null_renumbers(upstream: Upstream) -> Handler:
    """A null customer_no gives the customer the next number."""

    def edit(body: Document) -> None:
        if "customer_no" in body and body["customer_no"] is None:
            last = upstream.store.find(Selection(1, order=Order("$.customer_no", descending=True)))
            body["customer_no"] = last.customers[0]["customer_no"] + 1

    return edit_body(upstream, edit)
