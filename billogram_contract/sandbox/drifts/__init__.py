"""Departures from the contract, a file for each family of clauses; each names the clauses that it breaks."""

from __future__ import annotations

from typing import NamedTuple

from billogram_contract.sandbox.catalogue import collect
from billogram_contract.sandbox.drifts import (
    answer_envelopes,
    answer_errors,
    auth,
    conditions,
    customer,
    filter,
    list_pages,
    list_queries,
    name,
    order,
    renumber_effects,
    renumber_numbers,
    update_bodies,
    update_effects,
    update_refusals,
)

FILES = (
    answer_envelopes,
    answer_errors,
    auth,
    list_pages,
    list_queries,
    filter,
    order,
    customer,
    name,
    update_bodies,
    update_effects,
    update_refusals,
    renumber_numbers,
    renumber_effects,
    conditions,
)
DRIFTS = collect(file.FAMILY for file in FILES)


class Entry(NamedTuple):
    """What the catalogue says of a drift; `family` is the file that it is declared in."""

    name: str
    summary: str
    breaks: tuple[str, ...]
    family: str


def catalogue() -> list[Entry]:
    """All drifts, as they are declared."""
    return [Entry(drift.name, drift.summary, drift.breaks, drift.family) for drift in DRIFTS.values()]
