"""Print which settings are in force, and where each comes from."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from billogram_contract.results.verdict import Exit
from billogram_contract.run import options as options_of_a_run
from billogram_contract.run import settings, settings_file
from billogram_contract.run.settings import Given
from billogram_contract.run.settings_file import KEYS

CREDENTIALS = ("BILLOGRAM_API_USER", "BILLOGRAM_API_PASSWORD")


def add(parser: argparse.ArgumentParser) -> None:
    """Declares the options: those of a run."""
    for option in options_of_a_run.kept():
        parser.add_argument(f"--{option.name}", **option.how)


def run(options: argparse.Namespace) -> Exit:
    """Prints a line a setting; raises SetupError where one is wrong, once all are printed."""
    file = settings_file.find(Path.cwd())
    given = Given(vars(options), os.environ, file)
    width = max(map(len, KEYS)) + 2
    for key in KEYS:
        text, origin = given.found(key.replace("-", "_"))
        shown = "not given" if text is None else repr(text)
        print(f"{key:{width}}{shown} ({origin})")
    for name in CREDENTIALS:
        print(f"{name}: {'set' if os.environ.get(name) else 'not set'} (environment alone)")
    settings.read(vars(options), file=file)
    return Exit.HELD
