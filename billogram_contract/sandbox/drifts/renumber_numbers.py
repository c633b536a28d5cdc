"""Drifts of which numbers a customer can have."""

from __future__ import annotations

from dataclasses import replace

from billogram_contract.sandbox import kit, knobs, when
from billogram_contract.sandbox.app import number_of
from billogram_contract.sandbox.catalogue import Family, Upstream
from billogram_contract.sandbox.http import Document, Handler, Request, Response
from billogram_contract.sandbox.kit import Update
from billogram_contract.sandbox.store import Order, Selection, Store

FAMILY = Family(__name__)

# Taken, own and freed numbers


def _is_own(upstream: Upstream, request: Request) -> bool:
    body = when.body_of(request)
    return body is not None and body.get("customer_no") == number_of(request)


drift = FAMILY.breaking("renumber.unique")
drift("taken-number-ignored", "A number that is taken is accepted and ignored.")(
    kit.drop_number(when.is_taken)
)

drift = FAMILY.breaking("renumber.own-number", "update.sample-request")
drift("own-number-refused", "The customer's own number is refused as taken.")(kit.refuse_number(_is_own))


@FAMILY.breaking("renumber.unique", "renumber.count-stays")("taken-number-overwrites")
def _taken_number_overwrites(upstream: Upstream) -> Handler:
    """A customer that gets a taken number replaces the one that had it."""

    def handle(request: Request) -> Response:
        taken = when.new_number(request)
        other = None if taken is None else upstream.store.read(taken)
        response = upstream.handle(request)
        if taken is None or other is None or response.status != 400:
            return response
        upstream.store.remove(taken)
        response = upstream.handle(request)
        if not when.updated(request, response):
            upstream.store.add([other])
        return response

    return handle


@FAMILY.breaking("renumber.unique")("taken-number-shared")
def _taken_number_shared(upstream: Upstream) -> Handler:
    """A taken number is accepted: the list shows two customers with it."""
    shown: dict[int, int] = {}

    def remember(request: Request, response: Response) -> Response:
        taken, number = when.new_number(request), number_of(request)
        kept = when.updated(request, response) and response.json()["data"]["customer_no"] == number
        if kept and taken and number:
            shown[number] = taken
        return response

    def edit(customer: Document) -> None:
        customer["customer_no"] = shown.get(customer["customer_no"], customer["customer_no"])

    sharing = upstream.wrapped(kit.drop_number(when.is_taken)).wrapped(kit.edit_answer(remember))
    return kit.edit_customers(edit)(sharing)


@FAMILY.breaking("answer.status-documented", "renumber.unique")("taken-number-answers-409")
def _taken_number_answers_409(upstream: Upstream) -> Handler:
    """A number that is taken is answered 409."""

    def conflicts(request: Request, response: Response) -> bool:
        return response.status == 400 and when.is_taken(upstream, request)

    return kit.edit_answer(lambda request, response: replace(response, status=409), conflicts)(upstream)


@FAMILY.breaking("renumber.freed-number")("freed-number-refused")
def _freed_number_refused(upstream: Upstream) -> Handler:
    """A number that a customer once had is not given again."""
    freed: set[int] = set()

    def remember(store: Store, update: Update) -> None:
        if update.renumbers:
            freed.add(update.before["customer_no"])

    remembering = upstream.wrapped(kit.edit_store(remember))
    return kit.refuse_number(lambda upstream, request: when.new_number(request) in freed)(remembering)


# Which numbers

drift = FAMILY.breaking("renumber.positive-only", "customer.number")
drift("number-zero-accepted", "A customer can have the number 0.")(knobs.shifted("customer_no_minimum", -1))
drift("number-negative-accepted", "A customer can have a negative number.")(
    knobs.turned(customer_no_minimum=-(2**31))
)

drift = FAMILY.breaking("renumber.positive-only")
drift("number-zero-ignored", "A customer_no of 0 is ignored.")(
    kit.read_field(
        "customer_no", lambda value: NotImplemented if value == 0 and not isinstance(value, bool) else value
    )
)
drift("number-negative-ignored", "A negative customer_no is ignored.")(
    kit.read_field(
        "customer_no", lambda value: NotImplemented if isinstance(value, int) and value < 0 else value
    )
)

drift = FAMILY.breaking("renumber.integer-only")
drift("number-text-accepted", "A customer_no can be a text of digits.")(
    kit.read_text("customer_no", lambda text: int(text) if text.isdecimal() else text)
)
drift("number-fraction-accepted", "The fraction of a customer_no is cut off.")(
    kit.read_field(
        "customer_no", lambda value: int(value) if isinstance(value, float) and abs(value) < 2**31 else value
    )
)


@FAMILY.breaking("renumber.null-keeps")("number-null-renumbers")
def _number_null_renumbers(upstream: Upstream) -> Handler:
    """A null customer_no gives the customer the next number."""

    def edit(body: Document) -> None:
        if "customer_no" in body and body["customer_no"] is None:
            last = upstream.store.find(Selection(1, order=Order("$.customer_no", descending=True)))
            body["customer_no"] = last.customers[0]["customer_no"] + 1

    return kit.edit_body(edit)(upstream)
