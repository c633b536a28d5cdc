"""A contained run: pytest over the suite's own checks, whatever pytest is told where it is started."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence

import platformdirs

from billogram_contract import places
from billogram_contract.results.verdict import Exit

USAGE_ERROR = 4  # pytest's own
# Nothing of another project loads itself.
PLUGINS = ("_hypothesis_pytestplugin", "schemathesis.pytest.plugin", "billogram_contract.plugin")
CONFIGURATION = ("--strict-markers", "--strict-config", "-q", "-W", "error", "-p", "no:cacheprovider")


def command(arguments: Sequence[str]) -> list[str]:
    """The command of a run with more arguments; `-P` keeps the folder where it starts off the path."""
    is_shared = any(one.startswith(("-n", "--numprocesses", "--dist")) for one in arguments)
    more = ["xdist.plugin"] if is_shared else []
    plugins = [part for name in (*PLUGINS, *more) for part in ("-p", name)]
    where = ["-c", os.devnull, "--rootdir", str(places.ROOT), "--confcutdir", str(places.CHECKS)]
    return [sys.executable, "-P", "-m", "pytest", *where, *plugins, *CONFIGURATION, *arguments]


def environment(outer: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment of a run: no settings of pytest but ours, and no files beside the report."""
    kept = {name: value for name, value in outer.items() if not name.startswith("PYTEST")}
    cache = platformdirs.user_cache_path("billogram-contract", appauthor=False)
    return {
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "HYPOTHESIS_STORAGE_DIRECTORY": str(cache / "hypothesis"),
        **kept,
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def run(arguments: Sequence[str], checks: str = "tests/contract", *, is_quiet: bool = False) -> int:
    """Runs the checks, or the one whose id is given, with more arguments of a run; its exit code."""
    output = subprocess.DEVNULL if is_quiet else None
    whole = [*command(arguments), f"{places.ROOT}/{checks}"]
    process = subprocess.Popen(whole, env=environment(), stdout=output)  # noqa: S603  # our own command
    while True:
        try:
            code = process.wait()
            return int(Exit.SETUP) if code == USAGE_ERROR else code
        except KeyboardInterrupt:  # it heard it too, and puts back what it changed
            continue
