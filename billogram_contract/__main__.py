"""The command line of the suite beside pytest."""

from __future__ import annotations

import argparse
import difflib
import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from importlib.metadata import version
from typing import NoReturn

from billogram_contract.errors import Outage, SetupError
from billogram_contract.results.verdict import Exit

PIPE_CLOSED = 141  # what a shell says of a process that wrote to nobody
INTERRUPTED = 130  # and of one that Ctrl-C ended
NAME = "billogram-contract"
COMMANDS = (
    "verify", "record", "replay", "doctor", "config", "restore", "compare", "accept", "again", "examine",
    "clauses", "serve", "gate", "issues", "history",
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
    words = sys.argv[1:] if arguments is None else arguments
    wanted = words[0] if words else ""
    if wanted and wanted not in COMMANDS and not wanted.startswith("-"):
        near = difflib.get_close_matches(wanted, COMMANDS, 1)
        parser.error(f"there is no command {wanted!r}{f', did you mean {near[0]}?' if near else ''}")
    for name in (wanted,) if wanted in COMMANDS else COMMANDS:  # the others take long to import
        module = importlib.import_module(f"billogram_contract.commands.{name}")
        purpose = (module.__doc__ or "").strip()
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
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception:  # a fault of the suite, which must not look like drift
        traceback.print_exc()
        return Exit.INTERNAL


if __name__ == "__main__":
    sys.exit(main())
