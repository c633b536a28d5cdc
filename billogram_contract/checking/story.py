"""The story of a finding: what happened, step by step, with the evidence that decides."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

# What sort of departure it is: what one cause does to several places or checks is of one sort.
Kind = Literal[
    "", "accepted", "refused", "error", "lost", "changed", "rows", "order", "count", "pages", "shape"
]
Harm = Literal["", "data loss", "open door"]


class Fact(Struct, frozen=True):
    """One thing that is known, and where from: `label` says who told it."""

    label: str
    told: str


class Step(Struct, frozen=True):
    """One exchange that matters: its part in the story, the request, and what matters of the answer."""

    role: str
    request: str
    answer: str


class Table(Struct, frozen=True):
    """The rows that decide, with the field that decides; `more` are left out."""

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    more: int = 0


class Story(Struct, frozen=True):
    """What a stranger needs to know of a departure.

    `headline` is what happened, in a sentence; `facts` stand side by side; `kept` is what stayed right beside
    it; `guess` is the mechanism that fits, and no other; `script` arranges, shows and puts back, in sh;
    `subject` stands in the headline for what departs.
    """

    headline: str = ""
    kind: Kind = ""
    harm: Harm = ""
    facts: tuple[Fact, ...] = ()
    steps: tuple[Step, ...] = ()
    table: Table = Table()
    kept: tuple[str, ...] = ()
    guess: str = ""
    script: str = ""
    subject: str = ""
