"""What checks arrange: customers of their own, and a dataset of them."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator

import pytest

from billogram_contract.errors import Blocked, DependencyFailed, PoolTooSmall
from billogram_contract.pool.leased import LeasedCustomer
from billogram_contract.pool.pool import Pool
from billogram_contract.run.run import Run
from billogram_contract.spec.customer import unwritten
from billogram_contract.upstream.client import Client
from billogram_contract.upstream.exchange import Answer
from tests.contract.account import View
from tests.contract.dataset import LARGEST, Dataset, record

SMALLEST = 3  # members of a dataset
LEFT_FOR_UPDATES = 4


@pytest.fixture(scope="session")
def arranged(pool: Pool) -> Iterator[Dataset]:
    """As many of the allotted customers as can be spared, at least three, not yet seen in a list."""
    size = min(LARGEST, pool.size - LEFT_FOR_UPDATES)
    if size < SMALLEST:
        raise PoolTooSmall(f"needs {SMALLEST + LEFT_FOR_UPDATES} allotted customers (--customers)")
    mark = f"Suite {os.environ.get('PYTEST_XDIST_WORKER', 'dataset')} Contract"
    with pool.lease(size) as leased:
        records = {member.number: record(position, size, mark) for position, member in enumerate(leased)}
        lost = set()
        for member in leased:
            answer = member.update(records[member.number])
            if not answer.is_success:
                raise Blocked(f"a dataset could not be arranged: an update was answered {answer.brief}")
            lost |= {one.pointer for one in unwritten(records[member.number], answer.customer)}
        leased[-1].read()  # waits for the list to show the last of them
        yield Dataset(records, mark, frozenset(lost))


@pytest.fixture(scope="session")
def dataset(pool: Pool, arranged: Dataset) -> Dataset:
    """The arranged customers, which the filter on their notes finds, and how the list shows them."""
    answer = pool.settled(
        lambda: pool.client.list(page=1, page_size=LARGEST * 2, **arranged.filter),
        lambda answer: set(answer.numbers) == set(arranged.members),
    )
    if set(answer.numbers) != set(arranged.members):
        raise Blocked("the filter on notes does not find the customers that were arranged for it")
    return dataclasses.replace(arranged, entries=dict(zip(answer.numbers, answer.customers, strict=True)))


@pytest.fixture(scope="session")
def view(client: Client, arranged: Dataset) -> View:
    """Everybody in the account, the dataset being arranged."""
    return View(client)


@pytest.fixture
def stand_on(run: Run) -> Callable[..., None]:
    """Raises DependencyFailed where a clause has drifted that the check itself names beside others."""

    def stand(*clauses: str) -> None:
        for id in sorted({*clauses} & (run.recorder.broken if run.recorder else set())):
            raise DependencyFailed(f"{id} has drifted, without which this cannot be asked")

    return stand


@pytest.fixture(scope="session")
def seen() -> list[Answer]:
    """Lists of the account that checks were shown, for another one to compare."""
    return []


@pytest.fixture
def pair(pool: Pool) -> Iterator[tuple[LeasedCustomer, LeasedCustomer]]:
    """Two customers of the check's own."""
    with pool.lease(2) as (one, other):
        yield one, other
