"""Renumbering: the new number, the old one, and everything that must stay; test_contexts.py has its rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from billogram_contract.checking.expect import BEFORE, expect, observe
from billogram_contract.errors import Blocked, NotApplicable
from billogram_contract.pool.leased import LeasedCustomer
from billogram_contract.pool.pool import Pool
from billogram_contract.upstream.exchange import Answer
from tests.contract.account import SIZE, TRIES, Account, read_account
from tests.contract.bodies import COMPANY_TYPES, OTHER, full, home
from tests.contract.gathering import gathering, unless_drifted

LARGE_PAGE = 100
GONE = 404
HUGE = (2**31, 2**63, 10**30)

clause = pytest.mark.clause
needs = pytest.mark.needs
pytestmark = needs("update.answers", "update.partial", "auth.basic")


@clause("renumber.new-number")
def test_new_number_is_answered(customer: LeasedCustomer, pool: Pool) -> None:
    number = pool.free_number()
    answer = customer.update({"customer_no": number})
    expect(answer).is_accepted().is_true(
        str(answer.customer.get("customer_no")) == str(number),
        expected=f"customer {number}",
        observed=f"customer {answer.customer.get('customer_no')}",
        at="/data/customer_no",
    )


@clause("renumber.new-number", "renumber.old-number-gone", "renumber.keeps-the-rest", "renumber.count-stays")
@clause("renumber.freed-number")
@needs("update.round-trip", "update.unknown-customer", "update.list-agrees", "filter.field")
@pytest.mark.parametrize("kind", COMPANY_TYPES[1:3])
def test_renumbering_is_whole(
    customer: LeasedCustomer, pool: Pool, stand_on: Callable[..., None], kind: str
) -> None:
    old, new = customer.number, pool.free_number()
    customer.arrange(**{**full(kind), "notes": f"contract suite: before, {kind}"})
    before = customer.current
    structure = {"contact": OTHER["contact"]} if kind == COMPANY_TYPES[1] else {"address": home(kind)}
    beside = {"notes": f"contract suite: after, {kind}", **structure}
    answer = customer.update({"customer_no": new, **beside})
    id = unless_drifted(answer, "renumber.freed-number", "renumber.new-number")
    expect(answer, id).is_accepted().shows({"customer_no": new})
    rest = expect(answer, "renumber.keeps-the-rest").shows(beside)
    rest.keeps(before, but=["customer_no", *beside])
    by_old = pool.client.update(old, {"notes": "by the old number"})
    expect(by_old, "renumber.old-number-gone").is_refused(status=GONE)
    with gathering() as each:
        with each.question():
            listed, entry = customer.listed(answer.customer)
            expect(listed, "renumber.new-number").entry_is(entry, answer.customer)
        for field, value, id in (
            ("customer_no", old, "renumber.old-number-gone"),
            ("notes", before["notes"], "renumber.old-number-gone"),
            ("notes", beside["notes"], "renumber.new-number"),
        ):
            with each.question():
                by = "field-search" if field == "customer_no" and kind == COMPANY_TYPES[1] else "field"
                stand_on("filter.fields", f"filter.{by}")
                wanted = [new] if value == beside["notes"] else []
                answer = hold_found(pool, by, field, value, wanted, id, {old, new})
                stand_on("list.total-count")
                hold_count(answer)
        with each.question():
            body = {"customer_no": old, "name": "Back Again"}
            back = customer.update(body)
            id = "renumber.new-number" if back.status == GONE else "renumber.freed-number"
            expect(back, id).is_accepted().shows(body)


def hold_found(
    pool: Pool, by: str, field: str, value: Any, wanted: list[int], id: str, both: set[int]
) -> Answer:
    """The filter finds the customer under the numbers that are wanted, of both that it had."""

    def ask() -> Answer:
        query = {"filter_type": by, "filter_field": field, "filter_value": value}
        return pool.client.list(page=1, page_size=LARGE_PAGE, **query)

    answer = pool.settled(ask, lambda answer: [n for n in answer.numbers if n in both] == wanted)
    found = [number for number in answer.numbers if number in both]
    expect(answer, id).is_true(
        found == wanted,
        expected=f"{wanted or 'nobody'} by {field} {value!r}",
        observed=f"{found}",
        at="/data",
    )
    return answer


def hold_count(answer: Answer) -> None:
    """As many are counted as are listed."""
    count = len(answer.customers)
    expect(answer, "renumber.count-stays").is_true(
        answer.total_count == count or count == LARGE_PAGE,
        expected=f"{count}, as listed",
        observed=str(answer.total_count),
        at="/meta/total_count",
    )


@clause("renumber.count-stays", "renumber.old-number-gone", "renumber.new-number")
@needs("list.first-page", "list.total-count", "list.pages-partition")
@needs("order.fields", "order.descending", "update.list-agrees")
def test_account_has_a_renumbered_customer_once(customer: LeasedCustomer, pool: Pool) -> None:
    before = read_account(pool.client)
    if not before.is_whole:
        raise NotApplicable("the account is too large to be read whole")
    old, new = customer.number, pool.free_number()
    if not customer.update({"customer_no": new}).is_success or customer.number != new:
        raise Blocked("the customer could not be renumbered")
    with gathering() as each:
        for order in ({}, {"order_field": "customer_no", "order_direction": "desc"}):
            account, count = quiet(pool, before.total, order, (old, new))
            answer, listed = account.pages[0], shown(account, (old, new))
            with each.question():
                expect(answer, "renumber.old-number-gone").is_true(
                    old not in listed,
                    expected=f"{old} is no longer listed",
                    observed="it is",
                    at="/data",
                )
            with each.question():
                expect(answer, "renumber.new-number").is_true(
                    listed.count(new) == 1,
                    expected=f"{new} once in the list{' ordered by number' if order else ''}",
                    observed=f"{listed.count(new)} times",
                    at="/data",
                )
            with each.question():
                expect(answer, "renumber.count-stays").is_true(
                    account.total == count,
                    expected=f"{count} customers, as before",
                    observed=str(account.total),
                    at="/meta/total_count",
                )


def quiet(pool: Pool, count: int, order: dict[str, str], numbers: tuple[int, int]) -> tuple[Account, int]:
    """The account once it has a customer under the second number alone, and how many it should have.

    Where it never has, it was read twice with nobody changing it meanwhile. Raises NotApplicable where
    somebody does so all the time, as then nothing can be said of who is missing or how many there are.
    """

    def read() -> Account:
        return read_account(pool.client, SIZE, **order)

    def is_good(account: Account) -> bool:
        return account.total == count and shown(account, numbers) == [numbers[1]]

    account = pool.settled(read, is_good)
    if is_good(account):
        return account, count
    for _ in range(TRIES):
        again = read()
        if again.is_like(account):
            return again, len(again.numbers - set(numbers)) + 1
        account = again
    raise NotApplicable("somebody else changes the account all the time")


def shown(account: Account, numbers: tuple[int, int]) -> list[Any]:
    """Under which of two numbers a customer is listed, repetitions included."""
    return [number for number, _ in account.entries if number in numbers]


@clause("renumber.unique")
def test_taken_number_is_refused(pair: tuple[LeasedCustomer, LeasedCustomer]) -> None:
    one, other = pair
    expect(one.update({"customer_no": other.number})).is_refused(naming="customer_no")


@clause("renumber.own-number")
def test_own_number_is_accepted(customer: LeasedCustomer) -> None:
    before = customer.read()
    answer = customer.update({"customer_no": customer.number})
    expect(answer).is_accepted().keeps(before)


@clause("renumber.freed-number")
@needs("renumber.new-number", "renumber.old-number-gone", "renumber.count-stays")
def test_freed_number_goes_to_another_customer(
    pair: tuple[LeasedCustomer, LeasedCustomer], pool: Pool
) -> None:
    one, other = pair
    freed = one.number
    one.arrange(customer_no=pool.free_number())
    answer = other.update({"customer_no": freed})
    if not answer.is_success:
        raise NotApplicable("whether a number may be another customer's ever again is open")
    expect(answer).shows({"customer_no": freed})
    other.arrange(customer_no=other.original["customer_no"])


@clause("renumber.positive-only")
def test_number_below_one_is_refused(customer: LeasedCustomer) -> None:
    expect(customer.update({"customer_no": 0})).is_refused(naming="customer_no")


@clause("renumber.null-keeps")
def test_null_keeps_the_number(customer: LeasedCustomer) -> None:
    before = customer.read()
    answer = customer.update({"customer_no": None})
    expect(answer).is_answered()
    listed, entry = customer.listed(before)
    expect(listed).entry_is(entry, before, as_told=BEFORE)


@clause("renumber.taken-identifier")
def test_is_a_taken_number_an_invalid_parameter(pair: tuple[LeasedCustomer, LeasedCustomer]) -> None:
    one, other = pair
    answer = one.update({"customer_no": other.number})
    named = " and ".join(sorted(set(answer.named_fields))) or "no field"
    observe(answer, f"{answer.identifier}, naming {named}")


@clause("renumber.large")
@pytest.mark.parametrize("number", HUGE)
def test_is_a_huge_number_refused_cleanly(customer: LeasedCustomer, number: int) -> None:
    # A flaw beside it keeps it from being given: it is in nobody's pool.
    answer = customer.update({"customer_no": number, "company_type": "company"})
    observe(answer, f"with another flaw beside it: {answer.status}")
