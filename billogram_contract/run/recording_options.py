"""The options of recording and replay, and pytest-recording, whether or not its entry point was looked up."""

from __future__ import annotations

import importlib

import pytest


def add(group: pytest.OptionGroup, plugins: pytest.PytestPluginManager) -> None:
    """Declares the options; `--record-mode` is pytest-recording's own."""
    if not plugins.has_plugin("recording"):
        plugins.register(importlib.import_module("pytest_recording.plugin"), "recording")
    group.addoption("--cassettes", help="the directory of the cassettes (default cassettes/)")
    group.addoption(
        "--max-age", help="of a replay: fail unless upstream itself was recorded, at most so many days ago"
    )
