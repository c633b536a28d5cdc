"""Places: where the parts of the suite are that are no Python modules of this package."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
IS_INSTALLED = (PACKAGE / "suite").is_dir()  # from a wheel, not a checkout

# The folder that holds `openapi/`, `strategies/` and `tests/contract/`.
ROOT = PACKAGE / "suite" if IS_INSTALLED else PACKAGE.parent

DESCRIPTION = ROOT / "openapi" / "billogram-customer.yaml"
CLAUSES = ROOT / "openapi" / "clauses.toml"
CLIENTS = ROOT / "openapi" / "clients.toml"
SOURCES = ROOT / "openapi" / "sources.md"
CHECKS = ROOT / "tests" / "contract"

# What belongs to whoever uses the suite: of an installed one, in the folder where the run is started.
OWN = Path("billogram-contract")
DEVIATIONS = OWN / "deviations.toml" if IS_INSTALLED else ROOT / "openapi" / "deviations.toml"
CASSETTES = OWN / "cassettes" if IS_INSTALLED else ROOT / "cassettes"
