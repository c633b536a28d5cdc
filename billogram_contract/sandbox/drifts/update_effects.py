"""Drifts of what an update changes, and where it shows."""

from __future__ import annotations

from typing import Any

from billogram_contract.sandbox import fields, kit, when
from billogram_contract.sandbox.app import is_list, now
from billogram_contract.sandbox.catalogue import Family, Middleware, Upstream
from billogram_contract.sandbox.http import Document, Handler, Request, Response, json_response
from billogram_contract.sandbox.kit import Update
from billogram_contract.sandbox.store import Store

FAMILY = Family(__name__)

# What is written


def _keeping(path: str) -> Middleware:
    """Puts a field back to what it was."""
    owner, _, field = path.rpartition(":")

    def edit(update: Update) -> None:
        before, holder = update.before, update.now
        if owner:
            before, holder = before.get(owner) or {}, holder.get(owner) or {}
        if field in holder:
            holder[field] = before.get(field)

    return kit.edit_stored(edit)


def _delivered_elsewhere(update: Update) -> None:
    if update.body.get("delivery_address"):
        update.now["address"] = update.now["delivery_address"]
        update.now["delivery_address"] = update.before.get("delivery_address")


def _answer_before(upstream: Upstream, update: Update, response: Response) -> Response:
    before = update.before | {"customer_no": update.now["customer_no"]}
    return json_response({"status": "OK", "data": before})


for _path in ("notes", "contact:phone", "edi:reference", "address:address_line_3", "delivery_address:careof"):
    _name = f"{_path.replace(':', '-').replace('_', '-')}-not-written"
    drift = FAMILY.breaking("update.round-trip")
    drift(_name, f"{_path} is accepted and not written.")(_keeping(_path))

drift = FAMILY.breaking("update.round-trip")
drift("language-shown-nowhere", "No answer shows a language.")(
    kit.edit_customers(lambda customer: customer.pop("language", None))
)

drift = FAMILY.breaking("update.round-trip", "answer.documented-fields")
drift("delivery-address-written-to-address", "A delivery_address goes into the address.")(
    kit.edit_stored(_delivered_elsewhere)
)

drift = FAMILY.breaking(
    "update.round-trip", "update.letter-forwarding", "update.list-agrees", "renumber.keeps-the-rest"
)
drift("update-answers-state-before", "An update answers the customer as it was before.")(
    kit.after_update(_answer_before)
)


# What the list shows of it


@FAMILY.breaking("update.list-agrees", "filter.field")("list-lags-one-update")
def _list_lags_one_update(upstream: Upstream) -> Handler:
    """The list shows all customers as they were before the last update."""
    before = upstream.handle

    def handle(request: Request) -> Response:
        nonlocal before
        if is_list(request):
            return before(request)
        store = upstream.store.copy()
        response = upstream.handle(request)
        if when.updated(request, response):
            before = upstream.with_store(store)
        return response

    return handle


@FAMILY.breaking("update.list-agrees")("list-lags-in-notes")
def _list_lags_in_notes(upstream: Upstream) -> Handler:
    """The list shows a customer's notes as they were before its last update."""
    notes: dict[int, Any] = {}

    def remember(store: Store, update: Update) -> None:
        notes[update.now["customer_no"]] = update.before.get("notes")

    def edit(customer: Document) -> None:
        if customer["customer_no"] in notes:
            customer["notes"] = notes[customer["customer_no"]]

    return kit.edit_customers(edit, when.listed)(upstream.wrapped(kit.edit_store(remember)))


drift = FAMILY.breaking("update.list-agrees")
drift("list-without-phone", "The list leaves out the contact's phone.")(
    kit.edit_customers(lambda customer: (customer.get("contact") or {}).update(phone=None), when.listed)
)


# What is left out, null, or another customer's


def _left_out(name: str, value: Any = None) -> Middleware:
    """Sets a field that an update leaves out."""
    return kit.edit_stored(lambda update: update.now.update({} if name in update.body else {name: value}))


def _nulls(body: Document) -> list[str]:
    """The substructures that a body gives as null."""
    return [name for name in fields.SUBSTRUCTURES if body.get(name, "") is None]


def _touch_neighbour(store: Store, update: Update) -> None:
    number = update.before["customer_no"]
    neighbour = store.read(number + 1) or store.read(number - 1)
    if neighbour is not None:
        given = {name: update.now[name] for name in ("name", "notes") if name in update.body}
        store.write(neighbour["customer_no"], neighbour | given)


drift = FAMILY.breaking("update.partial")
drift("left-out-notes-cleared", "notes left out are cleared.")(_left_out("notes"))
drift("left-out-contact-cleared", "A contact left out is cleared.")(_left_out("contact"))
drift("left-out-language-reset", "A language left out is reset.")(_left_out("language"))
drift("left-out-forwarding-reset", "letter_forwarding_enabled left out becomes true.")(
    _left_out("letter_forwarding_enabled", True)
)

drift = FAMILY.breaking("update.null-substructure")
drift("null-substructure-clears", "A substructure that is null is cleared.")(
    kit.edit_stored(lambda update: update.now.update(dict.fromkeys(_nulls(update.body))))
)


def _null_refused(name: str) -> Middleware:
    return kit.refuse_body(name, lambda body: name in _nulls(body))


for _name in ("contact", "address", "delivery_address", "edi"):
    drift(f"null-{_name.replace('_', '-')}-refused", f"{_name} is refused where it is null.")(
        _null_refused(_name)
    )

drift = FAMILY.breaking(
    "update.only-addressed",
    "filter.field",
    "filter.field-prefix",
    "filter.field-search",
    "filter.special-search",
)
drift("update-touches-neighbour", "An update writes its name and notes to the next customer too.")(
    kit.edit_store(_touch_neighbour)
)


# created_at


@FAMILY.breaking("update.created-at-read-only")("created-at-written")
def _created_at_written(upstream: Upstream) -> Handler:
    """created_at in a body is written."""

    def edit(update: Update) -> None:
        if isinstance(update.body.get("created_at"), str):
            update.now["created_at"] = update.body["created_at"]

    return kit.edit_stored(edit)(upstream.wrapped(kit.edit_body(lambda body: body.pop("created_at", None))))


drift = FAMILY.breaking("update.created-at-read-only")
drift("created-at-moves", "An update sets created_at to the present.")(
    kit.edit_stored(lambda update: update.now.update(created_at=now()))
)

drift = FAMILY.breaking("update.updated-at-answered", "update.refused-changes-nothing")
drift("updates-answer-no-updated-at", "The answer to an update leaves updated_at out.")(
    kit.edit_customers(lambda customer: customer.pop("updated_at", None), when.updated)
)
