"""Drifts of what an update refuses, and of what a refusal leaves behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from billogram_contract.sandbox import kit, when
from billogram_contract.sandbox.app import is_update, not_found, now, number_of, refuse
from billogram_contract.sandbox.catalogue import Family, Middleware, Upstream
from billogram_contract.sandbox.http import Document, Handler, Request, Response, encode
from billogram_contract.sandbox.rules import Problem

FAMILY = Family(__name__)

# Malformed bodies


def _is_json(request: Request) -> bool:
    return request.json() is not None or request.body == b"null"


def _repair(broken: Callable[[Request], bool]) -> Middleware:
    """Reads some bodies that are no object as an empty one."""

    def change(upstream: Upstream, request: Request) -> Request:
        return replace(request, body=b"{}") if is_update(request) and broken(request) else request

    return kit.edit_request(change)


drift = FAMILY.breaking("update.malformed-body")
drift("malformed-json-accepted", "A body that is no JSON changes nothing and is accepted.")(
    _repair(lambda request: not _is_json(request))
)
drift("array-body-accepted", "A body that is JSON but no object changes nothing and is accepted.")(
    _repair(lambda request: not isinstance(request.json() or [], dict) and _is_json(request))
)


# What a refusal leaves behind


def _writing(bodies: Callable[[Document], list[Document]]) -> Middleware:
    """Sends other bodies to the customer after each update that is refused."""

    def middleware(upstream: Upstream) -> Handler:
        def edit(request: Request, response: Response) -> Response:
            body = when.body_of(request)
            for other in [] if body is None or response.status != 400 else bodies(body):
                upstream.handle(replace(request, body=encode(other)))
            return response

        return kit.edit_answer(edit)(upstream)

    return middleware


def _each_field(body: Document) -> list[Document]:
    return [{name: value} for name, value in kit.without(body, "customer_no").items()]


def _all_but_the_number(body: Document) -> list[Document]:
    return [kit.without(body, "customer_no")] if "customer_no" in body else []


drift = FAMILY.breaking("update.refused-changes-nothing")
drift("refused-update-half-written", "A refused update writes the fields that are valid.")(
    _writing(_each_field)
)
drift("refused-number-writes-the-rest", "An update whose customer_no is refused writes the rest.")(
    _writing(_all_but_the_number)
)
drift("refused-update-stamped", "A refused update moves updated_at.")(_writing(lambda body: [{}]))


# Unknown customers


def _is_unknown(request: Request, response: Response) -> bool:
    return is_update(request) and response.status == 404


drift = FAMILY.breaking("update.unknown-customer")
drift("unknown-customer-answers-400", "An unknown customer is answered 400.")(
    kit.edit_answer(lambda *_: refuse(Problem("INVALID_PARAMETER", "No such customer.")), _is_unknown)
)


@FAMILY.breaking("update.unknown-customer")("unknown-customer-created")
def _unknown_customer_created(upstream: Upstream) -> Handler:
    """An update of an unknown customer creates it."""

    def create(request: Request, response: Response) -> Response:
        number = number_of(request)
        if number is None or not 1 <= number < 2**31:
            return not_found()
        customer = {"customer_no": number, "name": "Ny kund", "company_type": "individual"}
        upstream.store.add([customer | {"created_at": now(), "updated_at": None}])
        return upstream.handle(request)

    return kit.edit_answer(create, _is_unknown)(upstream)
