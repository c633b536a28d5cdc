"""The command line of the suite beside pytest."""

from __future__ import annotations

import argparse
import ast
import difflib
import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from typing import NoReturn

from billogram_contract.errors import Outage, SetupError
from billogram_contract.places import PACKAGE
from billogram_contract.results.verdict import Exit

PIPE_CLOSED = 141  # what a shell says of a process that wrote to nobody
INTERRUPTED = 130  # and of one that Ctrl-C ended
NAME = "billogram-contract"
COMMANDS = (
    "verify", "record", "replay", "doctor", "config", "restore", "compare", "accept", "again", "examine",
    "clauses", "serve", "gate", "issues", "history", "rehearse", "proxy",
)  # fmt: skip


class Parser(argparse.ArgumentParser):
    """Refuses wrong arguments in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(Exit.SETUP, f"{self.prog}: {message} (see {self.prog} --help)\n")


def _read(told: Sequence[str]) -> argparse.Namespace:
    """The command line; ends the process where it is wrong."""
    parser = Parser(prog=NAME, description=__doc__)
    parser.add_argument("--version", action="version", version=f"{NAME} {version(NAME)}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    wanted = told[0] if told else ""
    if wanted and wanted not in COMMANDS and not wanted.startswith("-"):
        near = difflib.get_close_matches(wanted, COMMANDS, 1)
        parser.error(f"there is no command {wanted!r}{f', did you mean {near[0]}?' if near else ''}")
    for name in COMMANDS:
        purpose = _purpose(name)
        command = commands.add_parser(name, help=purpose, description=purpose)
        if told[:1] == [name]:  # to import all of them takes longer than most commands
            module = import_module(f"{__package__}.commands.{name}")
            command.set_defaults(run=module.run)
            module.add(command)
    options, rest = parser.parse_known_args(told)
    if rest and "rest" not in options:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    options.rest = rest
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; returns its exit code."""
    options = _read(list(sys.argv[1:] if arguments is None else arguments))
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
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception:  # a fault of the suite, which must not look like drift
        traceback.print_exc()
        return Exit.INTERNAL


def _purpose(name: str) -> str:
    """What a command is for: what its module says first, read without importing it."""
    path = PACKAGE / "commands" / f"{name}.py"
    return ast.get_docstring(ast.parse(path.read_bytes())) or ""


if __name__ == "__main__":
    sys.exit(main())
