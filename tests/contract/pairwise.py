"""Pairwise covering: every two conditions met at least once, in few requests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

Row = tuple[Any, ...]
Pair = tuple[tuple[int, int], tuple[int, int]]  # two conditions, each as the position of a factor and a value


def pairwise(*factors: Sequence[Any]) -> list[Row]:
    """Rows with a value of each factor, so that any two values of different factors share a row.

    The same rows every time; with one factor, each of its values.
    """
    if len(factors) < 2:
        return [(value,) for factor in factors for value in factor]
    left = dict.fromkeys(_pairs([range(len(factor)) for factor in factors]))  # an ordered set
    rows = []
    while left:
        row = _row(next(iter(left)), factors, left)
        for pair in combinations(enumerate(row), 2):
            left.pop(pair, None)
        rows.append(tuple(factor[choice] for factor, choice in zip(factors, row, strict=True)))
    return rows


def _pairs(choices: Sequence[Sequence[int]]) -> Iterator[Pair]:
    for one, other in combinations(range(len(choices)), 2):
        yield from (((one, a), (other, b)) for a in choices[one] for b in choices[other])


def _row(first: Pair, factors: Sequence[Sequence[Any]], left: dict[Pair, None]) -> list[int]:
    """A row with a pair that is left, and as many others as a choice one by one finds."""
    row = dict(first)
    for place in (place for place in range(len(factors)) if place not in row):

        def gain(choice: int, place: int = place) -> int:
            others = ((other, (place, choice)) for other in row.items())
            return sum((min(pair), max(pair)) in left for pair in others)

        row[place] = max(range(len(factors[place])), key=gain)
    return [row[place] for place in range(len(factors))]
