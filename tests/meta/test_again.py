"""A finding asked for again: still so where it was found, no longer on a sandbox that keeps its promises.

Both ways: by the command, and by the script of the finding, which puts back what it changes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests

from billogram_contract.results.verdict import Exit
from billogram_contract.sandbox import Sandbox

pytestmark = pytest.mark.slow

# Drifts of each family, and the check of their clause.
DRIFTS = {
    "page-size-101-accepted": "list.page-size-maximum",
    "pages-overlap-by-one": "list.pages-partition",
    "total-count-unfiltered": "list.total-count",
    "name-101-accepted": "name.maximum",
    "name-cut-at-100": "name.maximum",
    "missing-auth-accepted": "auth.missing",
    "descending-ignored": "order.descending",
    "prefix-filter-exact": "filter.field-prefix",
    "notes-not-written": "update.round-trip",
    "left-out-notes-cleared": "update.partial",
    "renumbering-copies": "renumber.old-number-gone",
    "own-number-refused": "renumber.own-number",
    "meta-missing": "answer.list-meta",
    "content-type-with-charset": "answer.content-type",
    "company-type-upper-case": "customer.company-type",
}


def command(folder: Path, *arguments: str) -> tuple[int, str]:
    """Runs a command of the suite in a folder; exit code and what it printed."""
    whole = [sys.executable, "-m", "billogram_contract", *arguments]
    done = subprocess.run(whole, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def by_script(script: Path, *drifts: str) -> tuple[int, str]:
    """Runs a script against a sandbox; exit code and last line, once all is as it was."""
    with Sandbox(drifts=drifts) as sandbox:
        before = customers(sandbox)
        access = {
            "BASE_URL": sandbox.base_url,
            "BILLOGRAM_API_USER": sandbox.user,
            "BILLOGRAM_API_PASSWORD": sandbox.password,
        }
        done = subprocess.run(
            ["sh", str(script)], env={**os.environ, **access}, capture_output=True, text=True, check=False
        )
        if not drifts:
            assert customers(sandbox) == before
        return done.returncode, (done.stdout + done.stderr).splitlines()[-1]


def customers(sandbox: Sandbox) -> list[dict[str, Any]]:
    """Everybody in a sandbox, the moments of updates aside."""
    query = {"page": 1, "page_size": 100}
    answer = requests.get(
        f"{sandbox.base_url}/customer", query, auth=(sandbox.user, sandbox.password), timeout=9
    )
    return [{**one, "updated_at": None} for one in answer.json()["data"]]


@pytest.mark.parametrize(("drift", "clause"), DRIFTS.items())
def test_finding_is_asked_for_again(tmp_path: Path, drift: str, clause: str) -> None:
    code, told = command(tmp_path, "verify", "--drift", drift, "-k", clause)
    assert code == Exit.DRIFT, told
    ledger = json.loads((tmp_path / "report" / "ledger.json").read_text(encoding="utf-8"))
    finding = next(one for one in ledger["findings"] if one["clause"] == clause)
    code, told = command(tmp_path, "again", finding["fingerprint"], "--drift", drift)
    assert (code, told[:9]) == (Exit.DRIFT, "still so:")
    code, told = command(tmp_path, "again", finding["fingerprint"])
    assert (code, told[:10]) == (Exit.HELD, "no longer:")
    script = tmp_path / "again.sh"
    script.write_text(finding["story"]["script"], encoding="utf-8")
    assert by_script(script, drift) == (Exit.DRIFT, "still so")
    assert by_script(script) == (Exit.HELD, "no longer")


def test_unknown_finding_is_told(tmp_path: Path) -> None:
    code, told = command(tmp_path, "again", "0123456789ab")
    assert (code, len(told.splitlines())) == (Exit.SETUP, 1)
