"""The baseline of a run: a file, or the one that a history keeps; and what a run says of itself beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from billogram_contract.errors import SetupError
from billogram_contract.results import baseline, ledger
from tests.meta.ledgers import HELD, made
from tests.meta.test_run import AUTH, hold, hold_quickly


def test_baseline_is_a_file_or_stands_in_the_folder_of_a_history(tmp_path: Path) -> None:
    told = made(*HELD)
    ledger.write(told, tmp_path / baseline.KEPT)
    assert baseline.find(None) == (None, "")
    assert baseline.find(tmp_path) == (told, "")
    assert baseline.find(tmp_path / baseline.KEPT) == (told, "")


def test_file_that_is_missing_is_a_wrong_setting(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="cannot be read"):
        baseline.find(tmp_path / "ledger.json")


def test_baseline_that_should_be_there_makes_a_run_inconclusive(tmp_path: Path) -> None:
    outcome = hold_quickly(AUTH, f"--report-dir={tmp_path}", f"--baseline={tmp_path / 'history'}")
    assert outcome.code == 6
    assert "baseline.json is not there, so this run was compared with nothing" in outcome.text
    told = ledger.read(tmp_path / "ledger.json")
    assert (told.verdict.word, told.run.partial) == ("inconclusive", True)


def test_run_of_all_checks_is_not_partial(tmp_path: Path) -> None:
    outcome = hold("tests/contract", f"--report-dir={tmp_path}", "-n2")
    assert outcome.code == 0
    assert not ledger.read(tmp_path / "ledger.json").run.partial


@pytest.mark.parametrize("options", [["-k", "auth"], ["-m", "not property"], ["-x"]])
def test_run_that_may_ask_less_is_partial(tmp_path: Path, options: list[str]) -> None:
    hold_quickly(AUTH.rpartition("/")[0], f"--report-dir={tmp_path}", "--most-requests=9", *options)
    assert ledger.read(tmp_path / "ledger.json").run.partial
