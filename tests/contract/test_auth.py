"""Authentication: each way of having no right to ask, on both operations."""

from __future__ import annotations

import pytest

from billogram_contract.checking.expect import expect
from billogram_contract.errors import Blocked
from billogram_contract.pool.leased import LeasedCustomer
from billogram_contract.upstream.client import Client
from tests.contract.lists import FILTERS, SIZE
from tests.contract.pairwise import pairwise

clause = pytest.mark.clause
PLAIN = {"name": "Greta Lund", "company_type": "individual", "notes": "granted"}
CREDENTIALS = {
    "none": "auth.missing",
    "wrong password": "auth.wrong-password",
    "empty password": "auth.wrong-password",
    "password in other case": "auth.wrong-password",
    "unknown user": "auth.unknown-user",
    "empty user": "auth.unknown-user",
}
LATER, LARGE = {"page": "2", "page_size": "5"}, {"page": "1", "page_size": str(SIZE["maximum"])}
each_refusal = pytest.mark.parametrize(
    "credentials", [pytest.param(key, marks=clause(id)) for key, id in CREDENTIALS.items()]
)


@pytest.mark.parametrize(
    ("credentials", "query"),
    [
        pytest.param(
            key,
            window | FILTERS.get(kind, {}),
            id="-".join(filter(None, [key, "later" if window is LATER else "large", kind])),
            marks=clause(CREDENTIALS[key]),
        )
        for key, window, kind in pairwise(tuple(CREDENTIALS), (LARGE, LATER), ("", "field-search"))
    ],
)
def test_list_is_denied(client: Client, credentials: str, query: dict[str, str]) -> None:
    """On a large page and on a later one, with a filter and without."""
    expect(client.list(credentials=credentials, **query)).is_denied()


@clause("auth.missing")
def test_unreadable_credentials_are_refused(client: Client) -> None:
    expect(client.list(page=1, page_size=1, credentials="unreadable")).is_refused(status=(400, 401, 403))


@each_refusal
def test_update_is_denied(client: Client, customer: LeasedCustomer, credentials: str) -> None:
    answer = client.update(customer.number, {"notes": "denied"}, credentials=credentials)
    if answer.is_success:
        customer.follow(answer)
    expect(answer).is_denied()


@clause("auth.basic")
def test_right_credentials_open_the_update(customer: LeasedCustomer) -> None:
    expect(customer.update(PLAIN)).is_answered(
        status=(200, 400, 404)
    )  # who is let in may be refused the rest


@clause("auth.basic")
def test_right_credentials_open_the_list(client: Client) -> None:
    expect(client.list(page=1, page_size=10)).is_answered(status=(200, 400, 404))


@clause("update.refused-changes-nothing")
def test_denied_update_changes_nothing(client: Client, customer: LeasedCustomer) -> None:
    before = customer.read()
    answer = client.update(customer.number, {"notes": "denied"}, credentials="wrong password")
    if answer.is_success:
        customer.follow(answer)
        raise Blocked("the update was not denied")
    listed, entry = customer.listed(before)
    expect(listed).unchanged(entry, before)
