"""The name: its limit, plainly; test_contexts.py has characters of every width, beside other fields."""

from __future__ import annotations

import pytest

from billogram_contract.checking.expect import expect
from billogram_contract.pool.leased import LeasedCustomer
from strategies import names_of_length
from tests.contract.bodies import MAXIMUM

clause = pytest.mark.clause
needs = pytest.mark.needs
pytestmark = needs("update.answers", "update.partial", "auth.basic")


@clause("name.maximum", "name.kept")
@pytest.mark.parametrize("length", [1, MAXIMUM])
def test_name_up_to_the_maximum_is_accepted(customer: LeasedCustomer, length: int) -> None:
    name = names_of_length(length)
    answer = customer.update({"name": name})
    expect(answer, "name.maximum").is_accepted()
    expect(answer, "name.kept").shows({"name": name})


@clause("name.maximum")
@pytest.mark.parametrize("length", [MAXIMUM + 1, MAXIMUM * 100])
def test_name_above_the_maximum_is_refused(customer: LeasedCustomer, length: int) -> None:
    expect(customer.update({"name": names_of_length(length)})).is_refused(naming="name")
