"""JUnit is pytest's own: what upstream answered must not break the file."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

from tests.meta.ledgers import HOSTILE

ROOT = Path(__file__).parents[2]
CONFTEST = f"""
import pytest

@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if call.excinfo:
        report.longrepr = {HOSTILE!r} + chr(0xD800)
    return report
"""


def junit(folder: Path, *arguments: str) -> ElementTree.Element:
    """The root of what a run of pytest wrote."""
    path = folder / "junit.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={path}"]
    quiet = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
    subprocess.run([*command, *arguments], cwd=ROOT, env=quiet, capture_output=True, check=False)
    return ElementTree.parse(path).getroot()


def test_hostile_finding_breaks_no_file(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    (tmp_path / "test_one.py").write_text("def test_one(): assert False\n", encoding="utf-8")
    place = (f"--rootdir={tmp_path}", f"--confcutdir={tmp_path}", "-c", str(tmp_path / "pytest.ini"))
    (failure,) = junit(tmp_path, *place, str(tmp_path)).iter("failure")
    assert "<script>alert(1)</script>" in (failure.text or "")
    assert "#x1B[31mred" in (failure.text or "")


def test_check_names_its_clauses(tmp_path: Path) -> None:
    check = "tests/contract/test_auth.py::test_list_is_denied"
    root = junit(tmp_path, "--report-dir", str(tmp_path), check)
    cases = list(root.iter("testcase"))
    assert cases
    for case in cases:
        assert [one.get("name") for one in case.iter("property")] != []
        assert all(one.get("value", "").startswith("auth.") for one in case.iter("property"))
