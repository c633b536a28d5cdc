"""The options that `verify`, `record` and `replay` hand on to the run."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from billogram_contract.errors import SetupError
from billogram_contract.report import Reporter
from billogram_contract.results import baseline, deviations
from billogram_contract.run import settings, settings_file
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


def require_good(rest: Sequence[str], **given: object) -> None:
    """Raises SetupError where a run would refuse its settings: sooner than pytest could be started.

    `given` are settings that the command itself gives; what is not known here is for pytest to judge.
    """
    parser = _Parser(add_help=False, allow_abbrev=False)
    for option in (*OPTIONS, *OTHERS):
        parser.add_argument(f"--{option.name}", **option.how)
    parser.add_argument("--record-mode")
    found = vars(parser.parse_known_args(rest)[0])
    for name, value in given.items():
        if found[name] not in (None, value):
            written = f"--{name.replace('_', '-')} {found[name]}"
            raise SetupError(f"{written} doesn't go with this command, which gives that itself.")
    told = settings.read({**found, **given}, file=settings_file.find(Path.cwd()))
    if told.drifts or told.variants:
        from billogram_contract.sandbox.embedded import departures

        try:
            departures(told.drifts, told.variants)
        except ValueError as error:
            raise SetupError(str(error)) from None
    if told.deviations.exists():
        deviations.load(told.deviations)
    baseline.find(told.baseline)
    Reporter(told.report_dir).require_folder()


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise SetupError(f"{message[:1].upper()}{message[1:]}.")


def _line(option: Option) -> str:
    given = "" if option.kind == "flag" else f" {option.metavar}"
    return f"  --{option.name}{given}\n      {option.help}"
