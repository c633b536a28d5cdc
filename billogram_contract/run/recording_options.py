"""The options of recording and replay, and pytest-recording, whether or not its entry point was looked up."""

from __future__ import annotations

import importlib

import pytest

from billogram_contract.run import options


def add(group: pytest.OptionGroup, plugins: pytest.PytestPluginManager) -> None:
    """Declares the options; `--record-mode` is pytest-recording's own."""
    if not plugins.has_plugin("recording"):
        plugins.register(importlib.import_module("pytest_recording.plugin"), "recording")
    options.declare(group, options.RECORDING)
