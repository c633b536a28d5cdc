"""Drifts and variants that only turn a knob of the rules, and those that the knobs themselves give."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from billogram_contract.sandbox.catalogue import Declare, Departure, Middleware, Upstream
from billogram_contract.sandbox.http import Handler
from billogram_contract.sandbox.rules import Rules

UNLIMITED = 10**9


@dataclass(frozen=True)
class Turned:
    """A middleware that only turns knobs."""

    knobs: Mapping[str, Any]

    def __call__(self, upstream: Upstream) -> Handler:
        """The handler with other limits and choices."""
        return upstream.with_rules(**self.knobs)


def turned(**knobs: Any) -> Middleware:
    """Other limits and choices."""
    return Turned(knobs)


def require_apart(departures: Iterable[Departure]) -> None:
    """Raises ValueError where two turn the same knob: the later one would undo the other."""
    by_knob: dict[str, str] = {}
    for departure in departures:
        for knob in departure.middleware.knobs if isinstance(departure.middleware, Turned) else ():
            if knob in by_knob:
                raise ValueError(f"{by_knob[knob]!r} and {departure.name!r} can't go together: choose one.")
            by_knob[knob] = departure.name


def shifted(knob: str, by: int) -> Middleware:
    """A limit some more or less than it is."""
    return turned(**{knob: getattr(Rules(), knob) + by})


def with_value(knob: str, value: str) -> Middleware:
    """One value more."""
    return turned(**{knob: (*getattr(Rules(), knob), value)})


def without_value(knob: str, value: str) -> Middleware:
    """One value less."""
    return turned(**{knob: tuple(known for known in getattr(Rules(), knob) if known != value)})


def declare_maximum(drift: Declare, knob: str, name: str, subject: str, any_subject: str) -> None:
    """A largest value one less, one more, and none: `page-size-100-refused` and its like."""
    limit = getattr(Rules(), knob)
    drift(f"{name}-{limit}-refused", f"{subject.format(limit)} is refused.")(shifted(knob, -1))
    drift(f"{name}-{limit + 1}-accepted", f"{subject.format(limit + 1)} is accepted.")(shifted(knob, 1))
    drift(f"{name}-unlimited", f"{any_subject} is accepted.")(turned(**{knob: UNLIMITED}))


def declare_values(drift: Declare, knob: str, name: str, subject: str, *but: str) -> None:
    """One value less: `filter-by-contact-email-refused` and its like.

    For each value but some: without those, clauses that aren't about the value would break too.
    """
    for value in getattr(Rules(), knob):
        if value not in but:
            dashed = re.sub("[^a-z0-9]", "-", value)
            drift(f"{name}-{dashed}-refused", f"{subject.format(value)} is refused.")(
                without_value(knob, value)
            )
