"""The conditions of drifts and variants: on queries, on answers, on updates."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from billogram_contract.sandbox.app import is_list, is_update, number_of
from billogram_contract.sandbox.catalogue import Upstream
from billogram_contract.sandbox.http import Document, Request, Response

Query = dict[str, str]
Asked = Callable[[Query], bool]  # a condition on the query of a list
When = Callable[[Request, Response], bool]  # a condition on an answer

# Queries


def matching(name: str, pattern: str) -> Asked:
    """Whether a parameter is given and matches a pattern."""
    return lambda query: name in query and re.fullmatch(pattern, query[name]) is not None


def lacking(name: str) -> Asked:
    """Whether a parameter is missing."""
    return lambda query: name not in query


def given(name: str) -> Asked:
    """Whether a parameter has a value that is not empty."""
    return lambda query: bool(query.get(name))


def filters(kind: str) -> Asked:
    """Whether there is a filter of a type."""
    return lambda query: query.get("filter_type") == kind and bool(query.get("filter_field"))


def filters_on(field: str) -> Asked:
    """Whether there is a filter on a field."""
    return lambda query: query.get("filter_field") == field and "filter_type" in query


def orders(direction: str) -> Asked:
    """Whether there is an order in a direction."""
    return lambda query: query.get("order_direction", "asc") == direction and bool(query.get("order_field"))


# Answers


def always(request: Request, response: Response) -> bool:
    """Whatever the answer."""
    return True


def answered(status: int) -> When:
    """Whether it has a status code."""
    return lambda request, response: response.status == status


def refused(request: Request, response: Response) -> bool:
    """Whether it is any error."""
    return response.status >= 400


def listed(request: Request, response: Response) -> bool:
    """Whether it is a page of customers."""
    return is_list(request) and response.status == 200


def listed_where(asked: Asked) -> When:
    """Whether it is a page of customers that some query asked for."""
    return lambda request, response: listed(request, response) and asked(dict(request.query))


def updated(request: Request, response: Response) -> bool:
    """Whether it is an updated customer."""
    return is_update(request) and response.status == 200


# Updates and credentials


def body_of(request: Request) -> Document | None:
    """The body of an update, if it is an object."""
    body = request.json() if is_update(request) else None
    return body if isinstance(body, dict) else None


def new_number(request: Request) -> int | None:
    """The number that an update gives, if it is a valid one and not the customer's own."""
    number = (body_of(request) or {}).get("customer_no")
    valid = isinstance(number, int) and not isinstance(number, bool) and 1 <= number < 2**31
    return number if valid and number != number_of(request) else None


def is_free(upstream: Upstream, request: Request) -> bool:
    """Whether an update gives a number that nobody has."""
    number = new_number(request)
    return number is not None and upstream.store.read(number) is None


def is_taken(upstream: Upstream, request: Request) -> bool:
    """Whether an update gives a number that another customer has."""
    number = new_number(request)
    return number is not None and upstream.store.read(number) is not None


def authenticates(upstream: Upstream, request: Request) -> bool:
    """Whether upstream takes the request's credentials, asked on a path where nothing is."""
    probe = replace(request, method="GET", path="/", query=(), body=b"")
    return upstream.handle(probe).status not in (401, 403)
