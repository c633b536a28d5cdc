"""What checks arrange: customers of their own, and a crowd of them."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from billogram_contract.errors import NotAllotted, Unasked
from billogram_contract.pool.leased import Allotted
from billogram_contract.pool.pool import Allotment
from billogram_contract.spec.customer import unwritten
from tests.contract.dataset import LARGEST, Crowd, portrait

SMALLEST = 3  # members of a crowd
LEFT_FOR_UPDATES = 4


@pytest.fixture(scope="session")
def crowd(allotment: Allotment) -> Iterator[Crowd]:
    """As many of the allotted customers as can be spared, at least three."""
    size = min(LARGEST, allotment.size - LEFT_FOR_UPDATES)
    if size < SMALLEST:
        raise NotAllotted(f"needs {SMALLEST + LEFT_FOR_UPDATES} allotted customers (--customers)")
    mark = f"contract suite {os.environ.get('PYTEST_XDIST_WORKER', 'crowd')}"
    with allotment.lend(size) as lent:
        portraits = {member.number: portrait(position, mark) for position, member in enumerate(lent)}
        lost = set()
        for member in lent:
            answer = member.update(portraits[member.number])
            if not answer.is_success:
                raise Unasked(f"a crowd could not be arranged: an update was answered {answer.brief}")
            lost |= {one.pointer for one in unwritten(portraits[member.number], answer.customer)}
        found = Crowd(portraits, mark, frozenset(lost))
        answer = allotment.settled(
            lambda: allotment.client.list(page=1, page_size=LARGEST * 2, **found.filter),
            lambda answer: set(answer.numbers) == set(portraits),
        )
        if set(answer.numbers) != set(portraits):
            raise Unasked("the filter on notes does not find the customers that were arranged for it")
        yield found


@pytest.fixture
def pair(allotment: Allotment) -> Iterator[tuple[Allotted, Allotted]]:
    """Two customers of the check's own."""
    with allotment.lend(2) as (one, other):
        yield one, other
