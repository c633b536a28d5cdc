"""Departures that the contract leaves open: a run against any of them must stay green."""

from billogram_contract.sandbox.variants import answers, customers, rules
from billogram_contract.sandbox.wrapping import VARIANTS

__all__ = ["VARIANTS", "answers", "customers", "rules"]
