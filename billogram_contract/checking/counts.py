"""Counts by name, as plain data: how often something was seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

Counts = dict[str, int]


def count(counts: Counts, names: Iterable[str]) -> None:
    """Counts each name once more."""
    for name in names:
        counts[name] = counts.get(name, 0) + 1


def add(counts: Counts, others: Mapping[str, int]) -> None:
    """Adds other counts."""
    for name, number in others.items():
        counts[name] = counts.get(name, 0) + number
