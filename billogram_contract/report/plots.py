"""Plots as inline SVG, from counts alone; every one has its numbers in a table beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from markupsafe import Markup

BAR = Markup(
    '<rect x="{x:.3f}" y="0" width="{width:.3f}" height="10" class="fill-{name}">'
    "<title>{title}</title></rect>"
)
STACKED = Markup(
    '<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label="{label}">'
    "{bars}</svg>"
)
COLUMN = Markup(
    "<g><title>{title}</title>"
    '<rect x="{x}" y="{y:.1f}" width="{width}" height="{height:.1f}" class="fill-accent"/>'
    '<text x="{middle}" y="{above:.1f}" class="count">{count}</text>'
    '<text x="{middle}" y="{below}" class="tick">{label}</text></g>'
)
COLUMNS = Markup(
    '<svg class="columns" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img"'
    ' aria-labelledby="{id}-t {id}-d"><title id="{id}-t">{title}</title><desc id="{id}-d">{told}</desc>'
    '<line x1="0" x2="{width}" y1="{floor}" y2="{floor}" class="axis"/>{columns}</svg>'
)


def stacked(counts: Mapping[str, int], *, label: str, whole: int) -> Markup:
    """Counts as parts of one bar that stands for the whole; each part is coloured by its name."""
    bars = Markup()
    x = 0.0
    for name, count in counts.items():
        if count:
            width = 100 * count / max(whole, 1)
            bars += BAR.format(x=x, width=max(width - 0.4, 0.4), name=name, title=f"{name}: {count}")
            x += width
    return STACKED.format(label=label, bars=bars)


def columns(counts: Mapping[str, int], *, id: str, title: str) -> Markup:
    """Counts as columns side by side, the names below and the numbers above."""
    step, floor, tallest = 56, 112, max(counts.values(), default=0) or 1
    drawn = Markup()
    for number, (name, count) in enumerate(counts.items()):
        height = max(88 * count / tallest, 2 if count else 0)
        x = number * step + 8
        drawn += COLUMN.format(
            title=f"{name}: {count}", x=x, y=floor - height, width=step - 16, height=height, label=name,
            middle=x + (step - 16) // 2, above=floor - height - 5, below=floor + 16, count=count or "",
        )  # fmt: skip
    told = ", ".join(f"{name}: {count}" for name, count in counts.items())
    return COLUMNS.format(
        id=id,
        title=title,
        told=told,
        width=max(step * len(counts), step),
        height=floor + 24,
        floor=floor,
        columns=drawn,
    )


def trimmed(counts: Mapping[str, int]) -> dict[str, int]:
    """A histogram without the empty bars at its slow end."""
    names = list(counts)
    last = max((names.index(name) for name, count in counts.items() if count), default=-1)
    return {name: counts[name] for name in names[: last + 1]}


def ranges(ends: Sequence[str]) -> list[str]:
    """Short names of a histogram's bars: `under 5 ms`, `under 10 ms` as `< 5`, `5-10`."""
    numbers = [end.removeprefix("under ").removesuffix(" ms") for end in ends if end.startswith("under ")]
    inner = [f"{low}–{high}" for low, high in pairwise(numbers)]
    return [*(f"< {first}" for first in numbers[:1]), *inner, *(f"≥ {last}" for last in numbers[-1:])][
        : len(ends)
    ]
