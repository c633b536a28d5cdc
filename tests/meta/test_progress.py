"""Progress: a line now and then, and never a flood of them."""

from __future__ import annotations

import itertools

from billogram_contract.run.progress import Progress


def told(seconds: float) -> tuple[list[str], Progress]:
    """The lines of a run in which every look at the clock comes so many seconds after the one before."""
    lines: list[str] = []
    clock = itertools.count(0.0, seconds)
    return lines, Progress(lines.append, lambda: next(clock))


def test_long_run_tells_how_far_it_is() -> None:
    lines, progress = told(4.0)
    for _ in range(6):
        progress.done(2, 300)
    assert lines == ["3 of 300 checks, 6 requests in 12 s", "6 of 300 checks, 12 requests in 24 s"]


def test_short_run_tells_nothing() -> None:
    lines, progress = told(0.01)
    for _ in range(300):
        progress.done(2, 300)
    assert lines == []


def test_wait_tells_what_it_is_for() -> None:
    lines, progress = told(20.0)
    progress.wait(12.0, "upstream asked to (429)")
    assert lines == ["waiting 12 s: upstream asked to (429)"]


def test_short_and_repeated_waits_are_not_told() -> None:
    lines, progress = told(1.0)
    progress.wait(0.2, "upstream asked to (503)")
    for _ in range(9):
        progress.wait(30.0, "upstream asked to (503)")
    assert len(lines) == 1
