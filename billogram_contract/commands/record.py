"""Record the scenarios anew, from the embedded sandbox or what the options name."""

from __future__ import annotations

import argparse

from billogram_contract.commands.options_of_a_run import EXAMPLE, declare, require_good
from billogram_contract.run import contained

OPTIONS = ("--record-mode", "rewrite")


def add(parser: argparse.ArgumentParser) -> None:
    """Declares the options of a run; what is not known here goes to pytest."""
    declare(parser, EXAMPLE.format("record"))


def run(options: argparse.Namespace) -> int:
    """Runs the checks; the exit code of the run."""
    require_good(options.rest, record_mode="rewrite")
    return contained.run([*OPTIONS, *options.rest])
