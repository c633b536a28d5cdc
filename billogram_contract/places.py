"""Places: where the parts of the suite are that are no Python modules of this package."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent

# The folder that holds `openapi/`, `strategies/` and `tests/contract/`: the checkout, or the copy in a wheel.
ROOT = PACKAGE / "suite" if (PACKAGE / "suite").is_dir() else PACKAGE.parent

DESCRIPTION = ROOT / "openapi" / "billogram-customer.yaml"
CLAUSES = ROOT / "openapi" / "clauses.toml"
SOURCES = ROOT / "openapi" / "sources.md"
CHECKS = ROOT / "tests" / "contract"

# What belongs to whoever uses the suite.
DEVIATIONS = ROOT / "openapi" / "deviations.toml"
CASSETTES = ROOT / "cassettes"
