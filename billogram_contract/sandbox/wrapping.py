"""What drifts and variants are made of: small edits around a handler.

A wrap takes the upstream as built so far and gives a handler. Wraps compose in the order they are named; one
that only turns a knob of the rules gives `upstream.with_rules(...)`, and the wraps before it stay in place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from billogram_contract.sandbox.app import Credentials, is_list, is_update, number_of
from billogram_contract.sandbox.http import Handler, Request, Response, encode, json_response
from billogram_contract.sandbox.rules import Rules
from billogram_contract.sandbox.store import Store

Document = dict[str, Any]
Build = Callable[[Store, Rules], Handler]


@dataclass(frozen=True)
class Upstream:
    """What a wrap is put around."""

    store: Store
    rules: Rules
    credentials: Credentials
    build: Build

    @cached_property
    def handle(self) -> Handler:
        """The handler as built so far."""
        return self.build(self.store, self.rules)

    def with_rules(self, **changes: Any) -> Handler:
        """The handler as built so far, with other limits."""
        return self.build(self.store, replace(self.rules, **changes))

    def with_store(self, store: Store) -> Handler:
        """The handler as built so far, over other customers."""
        return self.build(store, self.rules)

    def wrapped(self, wrap: Wrap) -> Upstream:
        """The upstream with one more wrap around it."""
        return replace(self, build=lambda store, rules: wrap(replace(self, store=store, rules=rules)))


Wrap = Callable[[Upstream], Handler]


@dataclass(frozen=True)
class Drift:
    """A departure from the contract, and the clauses that it breaks."""

    name: str
    breaks: tuple[str, ...]
    summary: str
    wrap: Wrap


@dataclass(frozen=True)
class Variant:
    """A departure that the contract leaves open."""

    name: str
    summary: str
    wrap: Wrap


DRIFTS: dict[str, Drift] = {}
VARIANTS: dict[str, Variant] = {}


def drift(name: str, *, breaks: str | Sequence[str]) -> Callable[[Wrap], Wrap]:
    """Registers a wrap as a drift; the first line of its docstring is the summary."""

    def register(wrap: Wrap) -> Wrap:
        clauses = (breaks,) if isinstance(breaks, str) else tuple(breaks)
        assert name not in DRIFTS, name
        DRIFTS[name] = Drift(name, clauses, _summary(wrap), wrap)
        return wrap

    return register


def declare(name: str, breaks: str | Sequence[str], summary: str, wrap: Wrap) -> None:
    """Registers a drift that is one expression."""

    def declared(upstream: Upstream) -> Handler:
        return wrap(upstream)

    declared.__doc__ = summary
    drift(name, breaks=breaks)(declared)


def variant(name: str) -> Callable[[Wrap], Wrap]:
    """Registers a wrap as a variant; the first line of its docstring is the summary."""

    def register(wrap: Wrap) -> Wrap:
        assert name not in VARIANTS, name
        VARIANTS[name] = Variant(name, _summary(wrap), wrap)
        return wrap

    return register


def _summary(wrap: Wrap) -> str:
    return (wrap.__doc__ or "").strip().partition("\n")[0]


# Edits of requests


def edit_query(upstream: Upstream, edit: Callable[[dict[str, str]], None]) -> Handler:
    """Edits the query of each list before upstream sees it."""

    def handle(request: Request) -> Response:
        if not is_list(request):
            return upstream.handle(request)
        query = dict(request.query)
        edit(query)
        return upstream.handle(replace(request, query=tuple(query.items())))

    return handle


def edit_body(upstream: Upstream, edit: Callable[[Document], None]) -> Handler:
    """Edits the body of each update, if it is an object, before upstream sees it."""

    def handle(request: Request) -> Response:
        body = request.json() if is_update(request) else None
        if not isinstance(body, dict):
            return upstream.handle(request)
        edit(body)
        return upstream.handle(replace(request, body=encode(body)))

    return handle


def refuse_first(
    upstream: Upstream, applies: Callable[[Request], bool], answer: Callable[[], Response]
) -> Handler:
    """Refuses some requests that would be accepted, before upstream sees them."""

    def handle(request: Request) -> Response:
        return answer() if authenticates(upstream, request) and applies(request) else upstream.handle(request)

    return handle


def authenticates(upstream: Upstream, request: Request) -> bool:
    """Whether upstream takes the request's credentials, asked on a path where nothing is."""
    probe = replace(request, method="GET", path="/", query=(), body=b"")
    return upstream.handle(probe).status not in (401, 403)


# Edits of answers


def edit_answer(upstream: Upstream, edit: Callable[[Request, Response], Response]) -> Handler:
    """Edits each answer."""

    def handle(request: Request) -> Response:
        return edit(request, upstream.handle(request))

    return handle


def edit_document(
    upstream: Upstream,
    edit: Callable[[Document], None],
    *,
    where: Callable[[Request, Response], bool] = lambda *_: True,
) -> Handler:
    """Edits the JSON object of some answers."""

    def change(request: Request, response: Response) -> Response:
        document = response.json()
        if not isinstance(document, dict) or not where(request, response):
            return response
        edit(document)
        return replace(response, body=encode(document))

    return edit_answer(upstream, change)


def listed(request: Request, response: Response) -> bool:
    """Whether it is a page of customers."""
    return is_list(request) and response.status == 200


def updated(request: Request, response: Response) -> bool:
    """Whether it is an updated customer."""
    return is_update(request) and response.status == 200


def invalid(request: Request, response: Response) -> bool:
    """Whether it is a refusal of what was sent."""
    return response.status == 400


def refused(request: Request, response: Response) -> bool:
    """Whether it is any error."""
    return response.status >= 400


def edit_customers(
    upstream: Upstream,
    edit: Callable[[Document], None],
    *,
    where: Callable[[Request, Response], bool] = lambda *_: True,
) -> Handler:
    """Edits each customer of some answers."""

    def change(document: Document) -> None:
        data = document.get("data")
        for customer in data if isinstance(data, list) else [data]:
            if isinstance(customer, dict) and "customer_no" in customer:
                edit(customer)

    return edit_document(upstream, change, where=lambda *pair: pair[1].status == 200 and where(*pair))


def edit_field(
    upstream: Upstream,
    path: str,
    edit: Callable[[Any], Any],
    *,
    where: Callable[[Request, Response], bool] = lambda *_: True,
) -> Handler:
    """Edits one field (`contact:email`) wherever a customer is answered with a value in it."""

    def change(customer: Document) -> None:
        owner, _, name = path.rpartition(":")
        holder = customer.get(owner) if owner else customer
        if isinstance(holder, dict) and holder.get(name) is not None:
            holder[name] = edit(holder[name])

    return edit_customers(upstream, change, where=where)


# Edits of what is stored


@dataclass(frozen=True)
class Update:
    """An accepted update: the customer before, the body, and the customer now, to be edited in place."""

    before: Document
    body: Document
    now: Document


def edit_stored(upstream: Upstream, edit: Callable[[Update], None]) -> Handler:
    """Edits what each accepted update stores and answers."""

    def handle(request: Request) -> Response:
        before = _addressed(upstream, request)
        response = upstream.handle(request)
        if before is None or not updated(request, response):
            return response
        number = response.json()["data"]["customer_no"]
        stored = upstream.store.read(number)
        if stored is None:
            return response
        edit(Update(before, request.json(), stored))
        upstream.store.write(number, stored)
        return json_response({"status": "OK", "data": stored})

    return handle


def edit_store(upstream: Upstream, edit: Callable[[Store, Update], None]) -> Handler:
    """Does something to the other customers after each accepted update; the answer stays."""

    def handle(request: Request) -> Response:
        before = _addressed(upstream, request)
        response = upstream.handle(request)
        if before is not None and updated(request, response):
            edit(upstream.store, Update(before, request.json(), response.json()["data"]))
        return response

    return handle


def _addressed(upstream: Upstream, request: Request) -> Document | None:
    number = number_of(request) if is_update(request) else None
    return None if number is None else upstream.store.read(number)


def without(body: Mapping[str, Any], *names: str) -> Document:
    """A document without some of its fields."""
    return {name: value for name, value in body.items() if name not in names}
