"""Departures from the contract, by family; each names the clauses that it breaks."""

from billogram_contract.sandbox.drifts import (
    answers,
    auth,
    bodies,
    customers,
    errors,
    filters,
    names,
    numbers,
    orders,
    pages,
    queries,
    refusals,
    renumbering,
    updates,
)
from billogram_contract.sandbox.wrapping import DRIFTS

__all__ = [
    "DRIFTS",
    "answers",
    "auth",
    "bodies",
    "customers",
    "errors",
    "filters",
    "names",
    "numbers",
    "orders",
    "pages",
    "queries",
    "refusals",
    "renumbering",
    "updates",
]
