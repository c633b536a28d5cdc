"""The command line of the suite beside pytest."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import NoReturn

from billogram_contract.commands import (
    accept,
    again,
    clauses,
    compare,
    config,
    doctor,
    examine,
    gate,
    history,
    issues,
    proxy,
    record,
    rehearse,
    replay,
    restore,
    serve,
    verify,
)
from billogram_contract.errors import Outage, SetupError
from billogram_contract.results.verdict import Exit

PIPE_CLOSED = 141  # what a shell says of a process that wrote to nobody
NAME = "billogram-contract"
COMMANDS = (
    verify, record, replay, doctor, config, restore, compare, accept, again, examine, clauses, serve,
    gate, issues, history, rehearse, proxy,
)  # fmt: skip


class Parser(argparse.ArgumentParser):
    """Refuses wrong arguments in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(Exit.SETUP, f"{self.prog}: {message} (see {self.prog} --help)\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; returns its exit code."""
    parser = Parser(prog=NAME, description=__doc__)
    parser.add_argument("--version", action="version", version=f"{NAME} {version(NAME)}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in COMMANDS:
        name, purpose = module.__name__.rpartition(".")[2], (module.__doc__ or "").strip()
        command = commands.add_parser(name, help=purpose, description=purpose)
        command.set_defaults(run=module.run)
        module.add(command)
    options, rest = parser.parse_known_args(arguments)
    if rest and "rest" not in options:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    options.rest = rest
    try:
        code = int(options.run(options))
        sys.stdout.flush()
        return code
    except SetupError as error:
        print(error, file=sys.stderr)
        return Exit.SETUP
    except Outage as error:
        print(error, file=sys.stderr)
        return Exit.INCONCLUSIVE
    except BrokenPipeError:  # whoever reads has heard enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except OSError as error:
        print(f"{error.filename or 'A file'} cannot be used: {error.strerror}.", file=sys.stderr)
        return Exit.SETUP


if __name__ == "__main__":
    sys.exit(main())
