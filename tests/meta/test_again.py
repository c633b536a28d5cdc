"""A finding asked for again: still so where it was found, no longer on a sandbox that keeps its promises."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from billogram_contract.results.verdict import Exit

pytestmark = pytest.mark.slow

# A drift of each family, and the check of its clause.
DRIFTS = {
    "page-size-101-accepted": "list.page-size-maximum",
    "name-101-accepted": "name.maximum",
    "missing-auth-accepted": "auth.missing",
    "descending-ignored": "order.descending",
    "prefix-filter-exact": "filter.field-prefix",
    "notes-not-written": "update.round-trip",
    "renumbering-copies": "renumber.old-number-gone",
    "meta-missing": "answer.list-meta",
}


def command(folder: Path, *arguments: str) -> tuple[int, str]:
    """Runs a command of the suite in a folder; exit code and what it printed."""
    whole = [sys.executable, "-m", "billogram_contract", *arguments]
    done = subprocess.run(whole, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(("drift", "clause"), DRIFTS.items())
def test_finding_is_asked_for_again(tmp_path: Path, drift: str, clause: str) -> None:
    code, told = command(tmp_path, "verify", "--drift", drift, "-k", clause)
    assert code == Exit.DRIFT, told
    ledger = json.loads((tmp_path / "report" / "ledger.json").read_text(encoding="utf-8"))
    finding = next(one["fingerprint"] for one in ledger["findings"] if one["clause"] == clause)
    code, told = command(tmp_path, "again", finding, "--drift", drift)
    assert (code, told[:9]) == (Exit.DRIFT, "still so:")
    code, told = command(tmp_path, "again", finding)
    assert (code, told[:10]) == (Exit.HELD, "no longer:")


def test_unknown_finding_is_told(tmp_path: Path) -> None:
    code, told = command(tmp_path, "again", "0123456789ab")
    assert (code, len(told.splitlines())) == (Exit.SETUP, 1)
