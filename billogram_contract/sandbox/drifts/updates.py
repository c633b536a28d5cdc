"""Drifts of what an update changes, and where it shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from billogram_contract.sandbox import fields
from billogram_contract.sandbox.app import is_list, is_update, not_found, now, number_of, refuse
from billogram_contract.sandbox.drifts.bodies import refusing, storing
from billogram_contract.sandbox.http import Handler, Request, Response, json_response
from billogram_contract.sandbox.rules import Problem
from billogram_contract.sandbox.store import Store
from billogram_contract.sandbox.wrapping import (
    Document,
    Update,
    Upstream,
    drift,
    edit_answer,
    edit_body,
    edit_customers,
    edit_store,
    edit_stored,
    listed,
    updated,
)


def _keep(path: str) -> Callable[[Update], None]:
    """Puts a field back to what it was."""
    owner, _, field = path.rpartition(":")

    def edit(update: Update) -> None:
        before, holder = (update.before, update.now)
        if owner:
            before, holder = before.get(owner) or {}, holder.get(owner) or {}
        if field in holder:
            holder[field] = before.get(field)

    return edit


# What is written

for _path in ("notes", "contact:phone", "edi:reference", "address:address_line_3", "delivery_address:careof"):
    storing(
        f"{_path.replace(':', '-').replace('_', '-')}-not-written",
        "update.round-trip",
        f"{_path} is accepted and not written.",
        _keep(_path),
    )
storing(
    "delivery-address-written-to-address",
    ("update.round-trip", "answer.documented-fields"),
    "A delivery_address goes into the address.",
    lambda update: update.now.update(
        {"address": update.now["delivery_address"], "delivery_address": update.before.get("delivery_address")}
        if update.body.get("delivery_address")
        else {}
    ),
)
refusing(
    "street-address-refused",
    "update.sample-request",
    "The spelling street_address, as in the sample request, is refused.",
    "address:street_address",
    lambda body: isinstance(body.get("address"), dict) and fields.STREET_ALIAS in body["address"],
)
refusing(
    "name-required",
    ("update.partial", "answer.error-field"),
    "An update without name is refused.",
    "name",
    lambda body: "name" not in body,
)


@drift(
    "update-answers-state-before",
    breaks=(
        "update.round-trip",
        "update.letter-forwarding",
        "update.list-agrees",
        "renumber.keeps-the-rest",
    ),
)
def _update_answers_state_before(upstream: Upstream) -> Handler:
    """An update answers the customer as it was before."""

    def handle(request: Request) -> Response:
        number = number_of(request)
        before = None if number is None else upstream.store.read(number)
        response = upstream.handle(request)
        if before is None or not updated(request, response):
            return response
        before["customer_no"] = response.json()["data"]["customer_no"]
        return json_response({"status": "OK", "data": before})

    return handle


# What the list shows of it


@drift("list-lags-one-update", breaks=("update.list-agrees", "filter.field"))
def _list_lags_one_update(upstream: Upstream) -> Handler:
    """The list shows all customers as they were before the last update."""
    before = upstream.handle

    def handle(request: Request) -> Response:
        nonlocal before
        if is_list(request):
            return before(request)
        store = upstream.store.copy()
        response = upstream.handle(request)
        if updated(request, response):
            before = upstream.with_store(store)
        return response

    return handle


@drift("list-lags-in-notes", breaks="update.list-agrees")
def _list_lags_in_notes(upstream: Upstream) -> Handler:
    """The list shows a customer's notes as they were before its last update."""
    notes: dict[int, Any] = {}

    def remember(store: Store, update: Update) -> None:
        notes[update.now["customer_no"]] = update.before.get("notes")

    def edit(customer: Document) -> None:
        if customer["customer_no"] in notes:
            customer["notes"] = notes[customer["customer_no"]]

    remembering = upstream.wrapped(lambda inner: edit_store(inner, remember))
    return edit_customers(remembering, edit, where=listed)


@drift("list-without-phone", breaks="update.list-agrees")
def _list_without_phone(upstream: Upstream) -> Handler:
    """The list leaves out the contact's phone."""
    return edit_customers(
        upstream, lambda customer: (customer.get("contact") or {}).update(phone=None), where=listed
    )


# What is left out, null, or another customer's


def _clear(*names: str) -> Callable[[Update], None]:
    """Clears what an update leaves out."""

    def edit(update: Update) -> None:
        update.now.update(dict.fromkeys(name for name in names if name not in update.body))

    return edit


storing("left-out-notes-cleared", "update.partial", "notes left out are cleared.", _clear("notes"))
storing("left-out-contact-cleared", "update.partial", "A contact left out is cleared.", _clear("contact"))
storing("left-out-language-reset", "update.partial", "A language left out is reset.", _clear("language"))
storing(
    "left-out-forwarding-reset",
    "update.partial",
    "letter_forwarding_enabled left out becomes true.",
    lambda update: update.now.update(
        {} if "letter_forwarding_enabled" in update.body else {"letter_forwarding_enabled": True}
    ),
)
storing(
    "null-substructure-clears",
    "update.null-substructure",
    "A substructure that is null is cleared.",
    lambda update: update.now.update(
        {name: None for name in fields.SUBSTRUCTURES if update.body.get(name, "") is None}
    ),
)
refusing(
    "null-substructure-refused",
    "update.null-substructure",
    "A substructure that is null is refused.",
    "contact",
    lambda body: any(body.get(name, "") is None for name in fields.SUBSTRUCTURES),
)


@drift(
    "update-touches-neighbour",
    breaks=(
        "update.only-addressed",
        "filter.field",
        "filter.field-prefix",
        "filter.field-search",
        "filter.special-search",
    ),
)
def _update_touches_neighbour(upstream: Upstream) -> Handler:
    """An update writes its name and notes to the next customer too."""

    def edit(store: Store, update: Update) -> None:
        number = update.before["customer_no"]
        neighbour = store.read(number + 1) or store.read(number - 1)
        if neighbour is not None:
            given = {name: update.now[name] for name in ("name", "notes") if name in update.body}
            store.write(neighbour["customer_no"], neighbour | given)

    return edit_store(upstream, edit)


# Unknown customers


def _unknown(upstream: Upstream, answer: Callable[[Request], Response]) -> Handler:
    def edit(request: Request, response: Response) -> Response:
        return answer(request) if is_update(request) and response.status == 404 else response

    return edit_answer(upstream, edit)


@drift("unknown-customer-answers-400", breaks="update.unknown-customer")
def _unknown_customer_answers_400(upstream: Upstream) -> Handler:
    """An unknown customer is answered 400."""
    return _unknown(upstream, lambda request: refuse(Problem("INVALID_PARAMETER", "No such customer.")))


@drift("unknown-customer-created", breaks="update.unknown-customer")
def _unknown_customer_created(upstream: Upstream) -> Handler:
    """An update of an unknown customer creates it."""

    def create(request: Request) -> Response:
        number = number_of(request)
        if number is None or not 1 <= number < 2**31:
            return not_found()
        customer = {"customer_no": number, "name": "Ny kund", "company_type": "individual"}
        upstream.store.add([customer | {"created_at": now(), "updated_at": None}])
        return upstream.handle(request)

    return _unknown(upstream, create)


# created_at


@drift("created-at-written", breaks="update.created-at-read-only")
def _created_at_written(upstream: Upstream) -> Handler:
    """created_at in a body is written."""
    reading_on = upstream.wrapped(lambda inner: edit_body(inner, lambda body: body.pop("created_at", None)))

    def edit(update: Update) -> None:
        if isinstance(update.body.get("created_at"), str):
            update.now["created_at"] = update.body["created_at"]

    return edit_stored(reading_on, edit)


storing(
    "created-at-moves",
    "update.created-at-read-only",
    "An update sets created_at to the present.",
    lambda update: update.now.update(created_at=now()),
)
