"""Whose fault a departure most likely is."""

from __future__ import annotations

import pytest

from billogram_contract.checking.attribution import cause
from billogram_contract.checking.finding import Cause, Direction
from billogram_contract.upstream.exchange import Answer, Call


def answer(status: int = 200, content: bytes = b"{}") -> Answer:
    return Answer(Call(), status, {}, content)


@pytest.mark.parametrize(
    ("found", "direction", "expected"),
    [
        (answer(), "breaking", "upstream"),
        (answer(), "relaxed", "upstream"),
        (answer(500, b'{"status": "ERROR"}'), "breaking", "upstream"),
        (answer(), "additive", "description"),
        (answer(302), "breaking", "environment"),
        (answer(502), "breaking", "environment"),
        (answer(200, b" <!DOCTYPE html><title>Sign in"), "breaking", "environment"),
        (answer(403, b"<html>Blocked"), "breaking", "environment"),
    ],
)
def test_cause_is_told_by_the_answer(found: Answer, direction: Direction, expected: Cause) -> None:
    assert cause(found, direction, is_faithful=False) == expected


def test_departure_of_the_faithful_sandbox_is_the_suite_s() -> None:
    assert cause(answer(), "breaking", is_faithful=True) == "suite"
