"""The settings file: what it may hold, what wins over it, and one line where it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billogram_contract.__main__ import main
from billogram_contract.errors import SetupError
from billogram_contract.run import settings, settings_file
from billogram_contract.run.settings_file import KEYS, SettingsFile


def found(folder: Path, text: str, name: str = "billogram-contract.toml") -> SettingsFile:
    (folder / name).write_text(text, encoding="utf-8")
    return settings_file.find(folder)


def test_folder_without_a_file_has_no_settings(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "sdk"\n', encoding="utf-8")
    assert settings_file.find(tmp_path) == SettingsFile()


@pytest.mark.parametrize(
    ("name", "head"),
    [("billogram-contract.toml", ""), ("pyproject.toml", "[tool.billogram-contract]\n")],
)
def test_option_wins_over_environment_and_that_over_the_file(tmp_path: Path, name: str, head: str) -> None:
    file = found(tmp_path, f'{head}fail-on = "relaxed"\nmost-requests = 9\nsettle = 1.5\n', name)
    told = settings.read({"settle": "3"}, {"BILLOGRAM_MOST_REQUESTS": "8"}, file)
    assert (told.fail_on, told.limits.requests, told.settle) == ("relaxed", 8, 3.0)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("fail_on = 'breaking'", "Did you mean fail-on?"),
        ("custommers = '9001'", "Did you mean customers?"),
        ("zzz = 1", "The keys are target"),
        ("api-password = 'x'", "credentials come from"),
        ("password = 'x'", "credentials come from"),
        ("settle = true", "neither a text nor a number"),
        ("customers = [9001]", "neither a text nor a number"),
        ("settle =", "cannot be read"),
    ],
)
def test_wrong_file_is_refused_in_one_line(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(SetupError, match=r"billogram-contract\.toml") as refused:
        found(tmp_path, text)
    assert told in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


def test_two_places_are_refused(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.billogram-contract]\n", encoding="utf-8")
    with pytest.raises(SetupError, match="keep one"):
        found(tmp_path, "")


@given(st.dictionaries(st.sampled_from([key.replace("-", "_") for key in KEYS]), st.text(max_size=30)))
def test_any_text_is_taken_or_refused_in_one_line(values: dict[str, str]) -> None:
    environment = {"BILLOGRAM_API_USER": "user", "BILLOGRAM_API_PASSWORD": "password"}
    told = ""
    try:
        settings.read({}, environment, SettingsFile("billogram-contract.toml", values))
    except SetupError as error:
        told = str(error)
    assert len(told.splitlines()) <= 1


def test_config_tells_where_each_setting_comes_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BILLOGRAM_SETTLE", "4")
    monkeypatch.setenv("BILLOGRAM_API_PASSWORD", "canary")
    (tmp_path / "billogram-contract.toml").write_text("max-age = 7\n", encoding="utf-8")
    assert main(["config", "--fail-on", "breaking"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    for line in (
        "fail-on 'breaking' (option)",
        "settle '4' (BILLOGRAM_SETTLE)",
        "numbers not given (default)",
    ):
        assert line in told
    assert "max-age '7' (billogram-contract.toml)" in told
    assert "canary" not in told
