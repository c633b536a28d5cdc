"""What the tests of a Python SDK use: upstream's two customer endpoints on a local port.

    from billogram_contract.testing import sandbox

    with sandbox(drift="page-size-100-refused") as upstream:
        MySdk(upstream.base_url, upstream.user, upstream.password)

With unittest: `self.upstream = self.enterContext(sandbox())`. With pytest, one line in a conftest,
`pytest_plugins = ["billogram_contract.testing"]`, gives two fixtures: `billogram_sandbox`, anew for each
test, and `billogram_sandbox_session`, one for all. Nothing loads itself in the runs of others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypedDict

import pytest

from billogram_contract.sandbox import DRIFTS, VARIANTS, Request, Sandbox
from billogram_contract.sandbox.clock import Clock, timestamp

__all__ = [
    "DRIFTS",
    "VARIANTS",
    "Clock",
    "Options",
    "Request",
    "RunningSandbox",
    "billogram_sandbox",
    "billogram_sandbox_options",
    "billogram_sandbox_session",
    "sandbox",
]

MARK = "billogram_sandbox"
Customer = dict[str, Any]


class Options(TypedDict, total=False):
    """The options of `sandbox`, by name."""

    drift: str | Sequence[str]
    variant: str | Sequence[str]
    customers: Iterable[Mapping[str, Any]]
    others: int
    time: datetime


class RunningSandbox:
    """A sandbox that listens: where it is, what was asked of it, and what it holds now."""

    def __init__(self, embedded: Sandbox) -> None:
        self._embedded = embedded

    @property
    def base_url(self) -> str:
        """The address of the API, up to and with its version."""
        return self._embedded.base_url

    @property
    def user(self) -> str:
        """The API user."""
        return self._embedded.user

    @property
    def password(self) -> str:
        """Its password."""
        return self._embedded.password

    @property
    def environment(self) -> dict[str, str]:
        """Address and credentials as environment variables."""
        return {
            "BILLOGRAM_BASE_URL": self.base_url,
            "BILLOGRAM_API_USER": self.user,
            "BILLOGRAM_API_PASSWORD": self.password,
        }

    @property
    def clock(self) -> Clock:
        """The time that it knows: `clock.set(moment)`, `clock.advance(timedelta(hours=1))`."""
        return self._embedded.clock

    @property
    def requests(self) -> list[Request]:
        """What was asked so far, the latest 5,000."""
        return list(self._embedded.requests)

    def forget_requests(self) -> None:
        """Starts `requests` anew."""
        self._embedded.requests.clear()

    @property
    def customers(self) -> list[Customer]:
        """All customers as they are now, by number."""
        return self._embedded.everyone()

    def customer(self, number: int) -> Customer | None:
        """The customer with a number as it is now, or None."""
        return self._embedded.read(number)


@contextmanager
def sandbox(
    *,
    drift: str | Sequence[str] = (),
    variant: str | Sequence[str] = (),
    customers: Iterable[Mapping[str, Any]] | None = None,
    others: int = 40,
    time: datetime | None = None,
) -> Iterator[RunningSandbox]:
    """A sandbox that listens on a free port of this machine until the end of the block.

    `drift` lets it break a promise and `variant` use a freedom, one name or several of DRIFTS and VARIANTS;
    ValueError names the closest where there is none. `customers` are those to start with, each with
    `customer_no` and `name` at least; without them it has its own, 9001 to 9012 and `others` more.
    `time` stops its clock there.
    """
    clock = Clock(time)
    embedded = Sandbox(
        drifts=_names(drift),
        variants=_names(variant),
        others=others,
        seeded=None if customers is None else [_whole(one, clock) for one in customers],
        clock=clock,
    )
    with embedded:
        yield RunningSandbox(embedded)
    if embedded.errors:
        raise embedded.errors[0]


def _names(names: str | Sequence[str]) -> Sequence[str]:
    return (names,) if isinstance(names, str) else names


def _whole(customer: Mapping[str, Any], clock: Clock) -> Customer:
    """A customer with what every customer has; raises ValueError where number or name is missing."""
    if missing := [name for name in ("customer_no", "name") if name not in customer]:
        raise ValueError(f"A customer needs {' and '.join(missing)}: {dict(customer)}")
    always = {"company_type": "business", "created_at": timestamp(clock.now()), "updated_at": None}
    return {**always, **customer}


# ---------------------------------------------------------------- pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        f"{MARK}(drift=, variant=, customers=, others=, time=): options of the fixture {MARK} for a test",
    )


@pytest.fixture(scope="session")
def billogram_sandbox_options() -> Options:
    """The options of both fixtures: override it in a conftest to seed customers, say."""
    return {}


@pytest.fixture
def billogram_sandbox(
    request: pytest.FixtureRequest, billogram_sandbox_options: Options
) -> Iterator[RunningSandbox]:
    """A fresh sandbox for each test; `@pytest.mark.billogram_sandbox(drift=...)` gives it options."""
    options = dict(billogram_sandbox_options)
    for mark in reversed(list(request.node.iter_markers(MARK))):  # the closest one last
        options |= mark.kwargs
    with sandbox(**options) as running:  # type: ignore[arg-type]  # what a mark holds is checked by the call
        yield running


@pytest.fixture(scope="session")
def billogram_sandbox_session(billogram_sandbox_options: Options) -> Iterator[RunningSandbox]:
    """One sandbox for all tests of the session, which see each other's changes."""
    with sandbox(**billogram_sandbox_options) as running:
        yield running
