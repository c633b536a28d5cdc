"""Departures: a finding, and what it tells with it for the same cause, each with a fingerprint of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from billogram_contract.checking.finding import Direction
from billogram_contract.results.model import FindingEntry, Ledger


class Departure(Protocol):
    """What of a departure lasts from run to run."""

    @property
    def fingerprint(self) -> str: ...
    @property
    def clause(self) -> str: ...
    @property
    def direction(self) -> Direction: ...
    @property
    def place(self) -> str: ...
    @property
    def observed(self) -> str: ...


def departures(finding: FindingEntry) -> tuple[Departure, ...]:
    """A finding, then what it tells with it."""
    return (finding, *finding.also)


def of_run(ledger: Ledger) -> Iterator[Departure]:
    """All departures of a run."""
    for finding in ledger.findings:
        yield from departures(finding)
