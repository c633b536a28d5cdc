"""Keeps the suite's own tests honest: what a check may skip for, a test of the suite fails for."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from billogram_contract.errors import Blocked, Outage


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    try:
        return (yield)
    except (Outage, Blocked) as error:
        raise AssertionError(f"{type(error).__name__}: {error}") from error
