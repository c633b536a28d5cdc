"""The options that `verify`, `record` and `replay` hand on to the run."""

from __future__ import annotations

import argparse

from billogram_contract.run.options import OPTIONS, OTHERS, Option

EXAMPLE = "billogram-contract {} --target live --customers 9001-9012 --numbers 9100-9199"
HINTS = """\
the options of a run (beside each but the repeatable ones stands an environment variable, BILLOGRAM_…):
{options}
  and pytest's own, such as -k CLAUSE, -m "not property", -v, --junitxml FILE

example:
  {example}
"""


def declare(parser: argparse.ArgumentParser, example: str) -> None:
    """Lets a command take whatever a run takes; the run itself refuses what it doesn't know."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    lines = "\n".join(map(_line, (*OPTIONS, *OTHERS)))
    parser.epilog = HINTS.format(options=lines, example=example)
    parser.set_defaults(rest=[])


def _line(option: Option) -> str:
    given = "" if option.kind == "flag" else f" {option.metavar}"
    return f"  --{option.name}{given}\n      {option.help}"
