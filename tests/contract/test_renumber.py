"""Renumbering: the new number, the old one, and everything that must stay."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from billogram_contract.checking.expect import BEFORE, expect, observe
from billogram_contract.errors import Blocked
from billogram_contract.pool.leased import LeasedCustomer
from billogram_contract.pool.pool import Pool
from billogram_contract.upstream.client import Client
from billogram_contract.upstream.exchange import Answer
from tests.contract.bodies import OTHER

HUGE = (2**31, 2**63, 10**30)

clause = pytest.mark.clause
needs = pytest.mark.needs
pytestmark = needs("update.answers", "update.partial", "auth.basic")


def renumber(customer: LeasedCustomer, number: int) -> Answer:
    """Gives a customer another number; raises Blocked where upstream does not do it."""
    answer = customer.arrange(customer_no=number)
    if customer.number != number:
        raise Blocked(f"renumbering to {number} answered customer {customer.number}")
    return answer


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


@clause("renumber.new-number")
@needs("update.list-agrees")
def test_new_number_reaches_the_customer(customer: LeasedCustomer, pool: Pool) -> None:
    number = pool.free_number()
    renumbered = renumber(customer, number).customer
    listed, entry = customer.listed(renumbered)
    expect(listed).is_true(
        entry is not None, expected=f"customer {number} is listed", observed="it is not", at="/data"
    )
    expect(customer.update({"notes": "by the new number"})).is_accepted()


@clause("renumber.old-number-gone")
@needs("update.unknown-customer", "update.list-agrees", "filter.field", "renumber.new-number")
def test_old_number_reaches_nothing(customer: LeasedCustomer, pool: Pool, client: Client) -> None:
    old = customer.number
    renumber(customer, pool.free_number())
    expect(client.update(old, {"notes": "by the old number"})).is_refused(status=404)
    listed = pool.settled(lambda: pool.by_number(old), lambda answer: not answer.customers)
    expect(listed).is_true(
        old not in listed.numbers and customer.number not in listed.numbers,
        expected=f"the filter on {old} finds nobody",
        observed=f"it finds {listed.numbers}",
        at="/data",
    )


@clause("renumber.keeps-the-rest")
@needs("renumber.new-number", "update.list-agrees")
def test_renumbered_customer_keeps_the_rest(customer: LeasedCustomer, pool: Pool) -> None:
    customer.update(OTHER)
    before = customer.current
    answer = renumber(customer, pool.free_number())
    expect(answer).keeps(before, but=["customer_no"])
    listed, entry = customer.listed(answer.customer)
    expect(listed).entry_is(entry, before, but=["customer_no"], as_told=BEFORE)


@clause("renumber.keeps-the-rest")
@needs("update.round-trip", "renumber.new-number")
def test_fields_beside_a_new_number_are_written(customer: LeasedCustomer, pool: Pool) -> None:
    answer = customer.update({"customer_no": pool.free_number(), "notes": "beside a new number"})
    if not answer.is_success:
        raise Blocked(f"the customer could not be renumbered: {answer.brief}")
    expect(answer).shows({"notes": "beside a new number"})


@clause("renumber.count-stays")
@needs("renumber.keeps-the-rest")
def test_renumbering_keeps_the_count(customer: LeasedCustomer, pool: Pool) -> None:
    mark = {"filter_type": "field", "filter_field": "notes", "filter_value": "contract suite: counted"}
    customer.arrange(notes=mark["filter_value"])

    def ask() -> Answer:
        return pool.client.list(page=1, page_size=10, **mark)

    if pool.settled(ask, lambda answer: answer.total_count == 1).total_count != 1:
        raise Blocked("the filter on notes does not count the customer that was arranged for it")
    renumber(customer, pool.free_number())
    after = pool.settled(ask, lambda answer: answer.total_count == 1)
    expect(after).is_true(
        after.total_count == 1,
        expected="1 customer with these notes, as before",
        observed=f"{after.total_count}: {after.numbers}",
        at="/meta/total_count",
    )


@clause("renumber.unique")
def test_taken_number_is_refused(pair: tuple[LeasedCustomer, LeasedCustomer]) -> None:
    one, other = pair
    expect(one.update({"customer_no": other.number})).is_refused(naming="customer_no")


@clause("update.refused-changes-nothing")
@needs("renumber.unique")
def test_refused_number_leaves_both_customers_alone(pair: tuple[LeasedCustomer, LeasedCustomer]) -> None:
    one, other = pair
    before = {customer: customer.read() for customer in pair}
    answer = one.update({"customer_no": other.number, "notes": "half written"})
    if answer.is_success:
        raise Blocked("the taken number was accepted")
    for customer in pair:
        listed, entry = customer.listed(before[customer])
        expect(listed).unchanged(entry, before[customer])


@clause("renumber.own-number")
def test_own_number_is_accepted(customer: LeasedCustomer) -> None:
    before = customer.read()
    answer = customer.update({"customer_no": customer.number})
    expect(answer).is_accepted().keeps(before)


@clause("renumber.freed-number")
@needs("renumber.new-number", "renumber.old-number-gone", "renumber.count-stays")
def test_freed_number_goes_back_to_its_customer(customer: LeasedCustomer, pool: Pool) -> None:
    old = customer.number
    renumber(customer, pool.free_number())
    expect(customer.update({"customer_no": old})).is_accepted().shows({"customer_no": old})


@clause("renumber.freed-number")
@needs("renumber.new-number", "renumber.old-number-gone", "renumber.count-stays")
def test_freed_number_goes_to_another_customer(
    pair: tuple[LeasedCustomer, LeasedCustomer], pool: Pool
) -> None:
    one, other = pair
    freed = one.number
    renumber(one, pool.free_number())
    answer = other.update({"customer_no": freed})
    expect(answer).is_accepted().shows({"customer_no": freed})
    renumber(other, other.original["customer_no"])


@clause("renumber.new-number")
def test_customer_is_renumbered_again_and_again(customer: LeasedCustomer, pool: Pool) -> None:
    for _ in range(3):
        number = pool.free_number()
        answer = customer.update({"customer_no": number})
        expect(answer).is_accepted().shows({"customer_no": number})


@clause("renumber.positive-only")
@pytest.mark.parametrize("number", [0, -1, -9001])
def test_number_below_one_is_refused(customer: LeasedCustomer, number: int) -> None:
    expect(customer.update({"customer_no": number})).is_refused(naming="customer_no")


@clause("renumber.integer-only")
@pytest.mark.parametrize("number", ["nine", "", ["list"], {"an": "object"}], ids=repr)
def test_number_that_is_no_number_is_refused(customer: LeasedCustomer, number: Any) -> None:
    expect(customer.update({"customer_no": number})).is_refused(naming="customer_no")


@clause("renumber.integer-only")
@pytest.mark.parametrize("spoil", [lambda number: number + 0.5, str], ids=["fraction", "text"])
def test_number_that_is_no_integer_is_refused(
    customer: LeasedCustomer, pool: Pool, spoil: Callable[[int], Any]
) -> None:
    number = spoil(pool.free_number())
    expect(customer.update({"customer_no": number})).is_refused(naming="customer_no")


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
