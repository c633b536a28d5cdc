"""Drifts of which numbers a customer can have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from billogram_contract.sandbox.app import is_update, number_of, refuse
from billogram_contract.sandbox.drifts.bodies import reading
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
    refuse_first,
    updated,
)

TAKEN = Problem("INVALID_PARAMETER", "The number is not available.", "customer_no")


def new_number(request: Request) -> int | None:
    """The number that an update gives, if it is a valid one and not the customer's own."""
    body = request.json() if is_update(request) else None
    number = body.get("customer_no") if isinstance(body, dict) else None
    valid = isinstance(number, int) and not isinstance(number, bool) and 1 <= number < 2**31
    return number if valid and number != number_of(request) else None


def renumbers(update: Update) -> bool:
    return bool(update.before["customer_no"] != update.now["customer_no"])


def refusing(
    name: str, breaks: str | tuple[str, ...], summary: str, applies: Callable[[Upstream, Request], bool]
) -> None:
    declare(
        name,
        breaks,
        summary,
        lambda upstream: refuse_first(
            upstream, lambda request: applies(upstream, request), lambda: refuse(TAKEN)
        ),
    )


def is_free(upstream: Upstream, request: Request) -> bool:
    number = new_number(request)
    return number is not None and upstream.store.read(number) is None


def is_taken(upstream: Upstream, request: Request) -> bool:
    number = new_number(request)
    return number is not None and upstream.store.read(number) is not None


def ignoring(upstream: Upstream, applies: Callable[[Upstream, Request], bool]) -> Handler:
    """Takes some numbers out of bodies."""

    def handle(request: Request) -> Response:
        if applies(upstream, request):
            body = request.json()
            del body["customer_no"]
            request = replace(request, body=encode(body))
        return upstream.handle(request)

    return handle


# Taken, own and freed numbers

declare(
    "taken-number-ignored",
    "renumber.unique",
    "A number that is taken is accepted and ignored.",
    lambda upstream: ignoring(upstream, is_taken),
)


@drift("taken-number-overwrites", breaks=("renumber.unique", "renumber.count-stays"))
def _taken_number_overwrites(upstream: Upstream) -> Handler:
    """A customer that gets a taken number replaces the one that had it."""

    def handle(request: Request) -> Response:
        taken = new_number(request)
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
        taken, number = new_number(request), number_of(request)
        if taken is None or number is None or not is_taken(upstream, request):
            return upstream.handle(request)
        response = ignoring(upstream, is_taken)(request)
        if updated(request, response):
            shown[number] = taken
        return response

    def edit(customer: Document) -> None:
        customer["customer_no"] = shown.get(customer["customer_no"], customer["customer_no"])

    sharing = replace(upstream, build=lambda *_: handle)
    return edit_customers(sharing, edit)


@drift("taken-number-answers-409", breaks=("answer.status-documented", "renumber.unique"))
def _taken_number_answers_409(upstream: Upstream) -> Handler:
    """A number that is taken is answered 409."""

    def edit(request: Request, response: Response) -> Response:
        conflict = response.status == 400 and is_taken(upstream, request)
        return replace(response, status=409) if conflict else response

    return edit_answer(upstream, edit)


refusing(
    "own-number-refused",
    ("renumber.own-number", "update.sample-request"),
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
        if renumbers(update):
            freed.add(update.before["customer_no"])

    remembering = upstream.wrapped(lambda inner: edit_store(inner, remember))
    return refuse_first(remembering, lambda request: new_number(request) in freed, lambda: refuse(TAKEN))


# Which numbers

declare(
    "number-zero-accepted",
    ("renumber.positive-only", "customer.number"),
    "A customer can have the number 0.",
    lambda upstream: upstream.with_rules(customer_no_minimum=0),
)
declare(
    "number-negative-accepted",
    ("renumber.positive-only", "customer.number"),
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
