"""Several questions in one check: what departs in one keeps none of the others from being asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from billogram_contract.checking.expect import recorder_of
from billogram_contract.checking.finding import Drift
from billogram_contract.errors import DependencyFailed
from billogram_contract.upstream.exchange import Answer


class Gathering:
    """The departures that the questions of a check found."""

    def __init__(self) -> None:
        self.drifts: list[Drift] = []

    @contextmanager
    def question(self) -> Iterator[None]:
        """Asks a question; a departure waits for the end of the check, a known one is told already."""
        try:
            with suppress(DependencyFailed):
                yield
        except Drift as drift:
            self.drifts.append(drift)


@contextmanager
def gathering() -> Iterator[Gathering]:
    """Raises all departures at the end of a check, or where something keeps it from going on."""
    found = Gathering()
    try:
        yield found
    finally:
        if found.drifts:
            raise ExceptionGroup("what departs", found.drifts)


def unless_drifted(answer: Answer, ground: str, clause: str) -> str:
    """The clause to speak for: the one that it stands on, where that has drifted already."""
    return ground if ground in recorder_of(answer).drifted else clause
