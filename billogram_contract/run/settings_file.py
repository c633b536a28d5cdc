"""The settings file: what a project keeps of its settings, never a password.

It is `billogram-contract.toml`, or the table `[tool.billogram-contract]` of `pyproject.toml`, in the folder
where a run is started. Its keys are the options without their dashes.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from billogram_contract.errors import SetupError, did_you_mean
from billogram_contract.run import options

NAME = "billogram-contract"
KEYS = tuple(option.name for option in options.kept())
FLAGS = {option.name for option in options.kept() if option.kind == "flag"}
SECRETS = ("api-user", "api-password", "user", "password", "credentials", "token")


@dataclass(frozen=True)
class SettingsFile:
    """The values of a file by option name (`base_url`); `name` is the file's, empty where there is none."""

    name: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


def find(folder: Path) -> SettingsFile:
    """The settings file of a folder; raises SetupError where it cannot be read or holds what it must not."""
    own, shared = folder / f"{NAME}.toml", folder / "pyproject.toml"
    tools = _tables(shared).get("tool") if shared.exists() else None
    table = tools.get(NAME) if isinstance(tools, dict) else None
    if own.exists():
        if table is not None:
            raise SetupError(f"Settings stand in {own.name} and in [tool.{NAME}] of {shared.name}: keep one.")
        return SettingsFile(own.name, _values(_tables(own), own.name))
    if table is None:
        return SettingsFile()
    return SettingsFile(shared.name, _values(table, shared.name))


def _tables(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SetupError(f"The settings in {path.name} cannot be read: {error}.") from None


def _values(table: Any, file: str) -> dict[str, str]:
    if not isinstance(table, dict):
        raise SetupError(f"[tool.{NAME}] in {file} is no table.")
    for key, value in table.items():
        if key.replace("_", "-").lower() in SECRETS:
            raise SetupError(
                f"{key} in {file}: credentials come from BILLOGRAM_API_USER and BILLOGRAM_API_PASSWORD alone."
            )
        if key not in KEYS:
            meant = did_you_mean(key, KEYS, f"The keys are {', '.join(KEYS)}.")
            raise SetupError(f"{key!r} in {file} is no setting.{meant}")
        if (isinstance(value, bool) and key not in FLAGS) or not isinstance(value, str | int | float):
            raise SetupError(f"{key} in {file} is neither a text nor a number.")
    return {key.replace("-", "_"): str(value) for key, value in table.items()}
