"""The options that `verify`, `record` and `replay` hand on to the run."""

from __future__ import annotations

import argparse

EXAMPLE = "billogram-contract {} --target live --customers 9001-9012 --numbers 9100-9199"
HINTS = """\
the options of a run (each is told in README; the environment variable BILLOGRAM_… stands beside it):
  --target, --base-url, --customers, --numbers, --fail-on, --baseline, --report-dir, --deviations, --settle,
  --journal-dir, --request-rate, --most-requests, --most-writes, --hypothesis-profile, --cassettes, --max-age,
  --drift, --variant, and pytest's own, such as -k CLAUSE, -m "not property", -v, --junitxml FILE

example:
  {example}
"""


def declare(parser: argparse.ArgumentParser, example: str) -> None:
    """Lets a command take whatever a run takes; the run itself refuses what it doesn't know."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = HINTS.format(example=example)
    parser.set_defaults(rest=[])
