"""JUnit is pytest's own: what upstream answered must not break the file."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

from msgspec.structs import replace

from billogram_contract.checking.finding import PROFILE
from billogram_contract.run.check_reports import untold
from tests.meta.ledgers import DRIFTED, HOSTILE, standing

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


def test_drift_that_only_the_rules_for_every_answer_find_is_a_failing_item(tmp_path: Path) -> None:
    check = "tests/contract/test_auth.py::test_list_is_denied"
    root = junit(tmp_path, "--report-dir=", "--drift", "field-added-to-errors", check)
    failed = [case for case in root.iter("testcase") if case.find("failure") is not None]
    (case,) = failed
    assert (case.get("classname"), (case.get("name") or "").partition("[")[0]) == (
        "answers",
        "answer.documented-fields",
    )
    assert "the new field" in (next(case.iter("failure")).text or "")


def test_change_against_a_baseline_and_an_overdue_deviation_are_failing_items() -> None:
    changed = replace(DRIFTED, clause=PROFILE, direction="changed")
    items = [one for one, _ in untold([DRIFTED, changed], [standing(state="gone")], {DRIFTED.fingerprint})]
    assert [(one.outcome, one.nodeid) for one in items] == [
        ("failed", f"baseline::profile[changed at {DRIFTED.place}]"),
        ("failed", "deviations::list.size[gone]"),
    ]
