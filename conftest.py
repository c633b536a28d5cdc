"""Loads the plugin; nothing else of weight."""

pytest_plugins = ["billogram_contract.plugin"]
