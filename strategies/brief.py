"""Strategies that print as their name: Hypothesis prints those of a failing example, however long."""

from __future__ import annotations

from typing import TypeVar

from hypothesis import strategies as st

Drawn = TypeVar("Drawn")


def brief(name: str, strategy: st.SearchStrategy[Drawn]) -> st.SearchStrategy[Drawn]:
    """The same strategy, printed as `name()`."""

    def drawn(draw: st.DrawFn) -> Drawn:
        return draw(strategy)

    drawn.__name__ = name
    return st.composite(drawn)()
