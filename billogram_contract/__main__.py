"""The command line of the suite beside pytest."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from billogram_contract.commands import accept, compare, doctor, examine, restore, serve
from billogram_contract.errors import Outage, SetupError
from billogram_contract.results.verdict import Exit

COMMANDS = (serve, doctor, restore, accept, compare, examine)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m billogram_contract", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in COMMANDS:
        name, purpose = module.__name__.rpartition(".")[2], (module.__doc__ or "").strip()
        command = commands.add_parser(name, help=purpose, description=purpose)
        command.set_defaults(run=module.run)
        module.add(command)
    options = parser.parse_args(arguments)
    try:
        return int(options.run(options))
    except SetupError as error:
        print(error, file=sys.stderr)
        return Exit.SETUP
    except Outage as error:
        print(error, file=sys.stderr)
        return Exit.INCONCLUSIVE


if __name__ == "__main__":
    sys.exit(main())
