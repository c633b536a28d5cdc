"""The reporter: which files it writes, and the summary of a step of GitHub."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from billogram_contract import places
from billogram_contract.errors import SetupError
from billogram_contract.report import LONGEST_SUMMARY, Reporter, wording
from tests.meta.ledgers import KINDS


def test_lines_of_the_clauses_are_found() -> None:
    found = wording.lines_of_clauses()
    lines = places.CLAUSES.read_text(encoding="utf-8").splitlines()
    assert len(found) > 100
    assert [name for name, line in found.items() if lines[line - 1] != f"[{name}]"] == []


def test_all_reports_are_written(tmp_path: Path) -> None:
    Reporter(tmp_path / "new", {}).write(KINDS["drifted"])
    names = sorted(path.name for path in (tmp_path / "new").iterdir())
    assert names == ["ledger.json", "report.html", "report.md", "report.sarif"]


def test_summary_of_a_step_is_appended(tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n", encoding="utf-8")
    Reporter(None, {"GITHUB_STEP_SUMMARY": str(summary)}).write(KINDS["drifted"])
    told = summary.read_text(encoding="utf-8")
    assert told.startswith("before\n# ")
    assert "200: it is accepted" in told


def test_summary_of_a_step_is_never_too_long(tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    many = replace(KINDS["hostile"], findings=KINDS["hostile"].findings * 60)
    Reporter(None, {"GITHUB_STEP_SUMMARY": str(summary)}).write(many)
    assert summary.stat().st_size < LONGEST_SUMMARY + 200
    assert "The summary is cut here" in summary.read_text(encoding="utf-8")


def test_unwritable_directory_is_one_line(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("a file", encoding="utf-8")
    reporter = Reporter(taken, {})
    with pytest.raises(SetupError, match="cannot be written"):
        reporter.write(KINDS["held"])
    assert reporter.write_or_tell(KINDS["held"]).count("\n") == 0
    reporter.keep(KINDS["held"], since=0)  # what is kept on the way ends no run


def test_broken_off_writing_leaves_the_report_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reporter = Reporter(tmp_path, {})
    reporter.write(KINDS["held"])
    before = (tmp_path / "report.html").read_bytes()

    def refuse(source: object, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    assert "No space left" in reporter.write_or_tell(KINDS["drifted"])
    assert (tmp_path / "report.html").read_bytes() == before
