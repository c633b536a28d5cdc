"""What drifts and variants are made of: small edits around a handler.

Each function that does something to requests, answers or customers gives a middleware, `edit_...` by a
function and `refuse_...`, `set_...`, `read_...` by values. The condition under which it does so comes last.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from billogram_contract.sandbox.app import is_list, is_update, number_of, refuse
from billogram_contract.sandbox.catalogue import Middleware, Upstream
from billogram_contract.sandbox.http import Document, Handler, Request, Response, encode, json_response
from billogram_contract.sandbox.rules import Problem
from billogram_contract.sandbox.store import Store
from billogram_contract.sandbox.when import (
    Asked,
    Query,
    When,
    always,
    authenticates,
    body_of,
    listed_where,
    updated,
)

NOBODY = "\0"  # no text has it
OFF = {"filter_field": ""}  # what switches a filter off


# Requests


def edit_request(edit: Callable[[Upstream, Request], Request]) -> Middleware:
    """Edits each request before upstream sees it."""
    return lambda upstream: lambda request: upstream.handle(edit(upstream, request))


def edit_query(edit: Callable[[Query], object]) -> Middleware:
    """Edits the query of each list before upstream sees it."""

    def change(upstream: Upstream, request: Request) -> Request:
        if not is_list(request):
            return request
        query = dict(request.query)
        edit(query)
        return replace(request, query=tuple(query.items()))

    return edit_request(change)


def set_query(changes: Query, asked: Asked) -> Middleware:
    """Replaces parameters of some queries."""
    return edit_query(lambda query: query.update(changes if asked(query) else {}))


def edit_body(edit: Callable[[Document], object]) -> Middleware:
    """Edits the body of each update, if it is an object, before upstream sees it."""

    def change(upstream: Upstream, request: Request) -> Request:
        body = body_of(request)
        if body is None:
            return request
        edit(body)
        return replace(request, body=encode(body))

    return edit_request(change)


def read_field(path: str, read: Callable[[Any], Any]) -> Middleware:
    """Reads one field of a body as another value; NotImplemented drops it."""

    def edit(body: Document) -> None:
        holder, field = _holder(body, path)
        if isinstance(holder, dict) and field in holder:
            holder[field] = read(holder[field])
            if holder[field] is NotImplemented:
                del holder[field]

    return edit_body(edit)


def read_text(path: str, read: Callable[[str], Any]) -> Middleware:
    """Reads one field of a body, if it is a text, as another value."""
    return read_field(path, lambda value: read(value) if isinstance(value, str) else value)


def in_latin_1(text: str) -> str:
    """A text with ? for each character that Latin-1 lacks."""
    return text.encode("latin-1", errors="replace").decode("latin-1")


def _holder(document: Document, path: str) -> tuple[Any, str]:
    """What holds a field (`contact:email`), and the field's name."""
    owner, _, field = path.rpartition(":")
    return document.get(owner) if owner else document, field


# Refusals


def refuse_first(refusing: Callable[[Upstream, Request], bool], answer: Callable[[], Response]) -> Middleware:
    """Refuses some requests that would be accepted, before upstream sees them."""

    def middleware(upstream: Upstream) -> Handler:
        def handle(request: Request) -> Response:
            applies = authenticates(upstream, request) and refusing(upstream, request)
            return answer() if applies else upstream.handle(request)

        return handle

    return middleware


def refuse_query(parameter: str, asked: Asked) -> Middleware:
    """Refuses some queries, because of one parameter."""
    problem = Problem("INVALID_QUERY_PARAMETER", f"{parameter} is not valid.", parameter)
    return refuse_first(
        lambda upstream, request: is_list(request) and asked(dict(request.query)), lambda: refuse(problem)
    )


def refuse_body(
    path: str, refusing: Callable[[Document], bool], identifier: str = "INVALID_PARAMETER"
) -> Middleware:
    """Refuses some bodies, because of one field."""
    problem = Problem(identifier, f"{path} is not valid.", path)

    def applies(upstream: Upstream, request: Request) -> bool:
        body = body_of(request)
        return body is not None and refusing(body)

    return refuse_first(applies, lambda: refuse(problem))


# Answers


def edit_answer(edit: Callable[[Request, Response], Response], when: When = always) -> Middleware:
    """Edits some answers."""

    def middleware(upstream: Upstream) -> Handler:
        def handle(request: Request) -> Response:
            response = upstream.handle(request)
            return edit(request, response) if when(request, response) else response

        return handle

    return middleware


def set_answer(when: When, **changes: Any) -> Middleware:
    """Replaces parts of some answers: status, headers, body."""
    return edit_answer(lambda request, response: replace(response, **changes), when)


def edit_document(edit: Callable[[Document], object], when: When = always) -> Middleware:
    """Edits the JSON object of some answers."""

    def change(request: Request, response: Response) -> Response:
        document = response.json()
        if not isinstance(document, dict):
            return response
        edit(document)
        return replace(response, body=encode(document))

    return edit_answer(change, when)


def edit_customers(edit: Callable[[Document], object], when: When = always) -> Middleware:
    """Edits each customer of some answers."""

    def change(document: Document) -> None:
        for customer in customers_of(document):
            edit(customer)

    return edit_document(change, lambda *pair: pair[1].status == 200 and when(*pair))


def customers_of(document: Document) -> list[Document]:
    """The customers that an answer carries, one or many."""
    data = document.get("data")
    found = data if isinstance(data, list) else [data]
    return [customer for customer in found if isinstance(customer, dict) and "customer_no" in customer]


def edit_field(path: str, edit: Callable[[Any], Any], when: When = always) -> Middleware:
    """Edits one field (`contact:email`) wherever a customer is answered with a value in it."""

    def change(customer: Document) -> None:
        holder, name = _holder(customer, path)
        if isinstance(holder, dict) and holder.get(name) is not None:
            holder[name] = edit(holder[name])

    return edit_customers(change, when)


def edit_pages(
    pick: Callable[[list[Document], int, int], list[Document]], asked: Asked = lambda query: True
) -> Middleware:
    """Cuts some pages in another way: `pick(everything, page, size)`."""

    def middleware(upstream: Upstream) -> Handler:
        def edit(request: Request, response: Response) -> Response:
            query, document = dict(request.query), response.json()
            page, size = int(query["page"]), int(query["page_size"])
            document["data"] = pick(everything(upstream, request), page, size)
            return replace(response, body=encode(document))

        return edit_answer(edit, listed_where(asked))(upstream)

    return middleware


def everything(upstream: Upstream, request: Request) -> list[Document]:
    """All customers of a list, over all of its pages, in its order."""
    found: list[Document] = []
    for page in range(1, 1_000):
        query = dict(request.query) | {"page": str(page), "page_size": "100"}
        data = upstream.handle(replace(request, query=tuple(query.items()))).json()["data"]
        found += data
        if len(data) < 100:
            break
    return found


# Accepted updates


@dataclass(frozen=True)
class Update:
    """An accepted update: the customer before, the body, and the customer now, to be edited in place."""

    before: Document
    body: Document
    now: Document

    @property
    def renumbers(self) -> bool:
        """Whether the customer has got another number."""
        return bool(self.before["customer_no"] != self.now["customer_no"])


def after_update(act: Callable[[Upstream, Update, Response], Response]) -> Middleware:
    """Does something after each accepted update, and answers what that gives."""

    def middleware(upstream: Upstream) -> Handler:
        def handle(request: Request) -> Response:
            number = number_of(request) if is_update(request) else None
            before = None if number is None else upstream.store.read(number)
            response = upstream.handle(request)
            if before is None or not updated(request, response):
                return response
            return act(upstream, Update(before, request.json(), response.json()["data"]), response)

        return handle

    return middleware


def edit_stored(edit: Callable[[Update], object]) -> Middleware:
    """Edits what each accepted update stores and answers."""

    def act(upstream: Upstream, update: Update, response: Response) -> Response:
        number = update.now["customer_no"]
        stored = upstream.store.read(number)
        if stored is None:
            return response
        edit(replace(update, now=stored))
        upstream.store.write(number, stored)
        return json_response({"status": "OK", "data": stored})

    return after_update(act)


def edit_store(edit: Callable[[Store, Update], object]) -> Middleware:
    """Does something to the other customers after each accepted update; the answer stays."""

    def act(upstream: Upstream, update: Update, response: Response) -> Response:
        edit(upstream.store, update)
        return response

    return after_update(act)


def without(body: Mapping[str, Any], *names: str) -> Document:
    """A document without some of its fields."""
    return {name: value for name, value in body.items() if name not in names}


# Numbers

TAKEN = Problem("INVALID_PARAMETER", "The number is not available.", "customer_no")


def refuse_number(refusing: Callable[[Upstream, Request], bool]) -> Middleware:
    """Refuses some updates as if their number were taken."""
    return refuse_first(refusing, lambda: refuse(TAKEN))


def drop_number(dropping: Callable[[Upstream, Request], bool]) -> Middleware:
    """Takes the number out of some bodies."""

    def change(upstream: Upstream, request: Request) -> Request:
        if not dropping(upstream, request):
            return request
        return replace(request, body=encode(without(request.json(), "customer_no")))

    return edit_request(change)
