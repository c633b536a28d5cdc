"""The baseline: a ledger that is kept to compare with, a file of its own or the one that a history keeps."""

from __future__ import annotations

from pathlib import Path

from billogram_contract.results import ledger
from billogram_contract.results.model import Ledger

KEPT = "baseline.json"  # in the folder of a history


def find(path: Path | None) -> tuple[Ledger | None, str]:
    """The baseline that a run was told to compare with, or why there is none to compare with.

    What is no file and ends in no `.json` is the folder of a history. Raises SetupError where a file is none.
    """
    if path is None:
        return None, ""
    if path.is_file() or path.suffix == ".json":
        return ledger.read(path), ""
    kept = path / KEPT
    if kept.exists():
        return ledger.read(kept), ""
    return None, f"the baseline {kept} is not there, so this run was compared with nothing"
