"""Times the way from an empty directory to a verdict on the embedded sandbox, and how heavy the suite is.

    python tests/benchmark/from_nothing.py [ROUNDS]

The one command does what `pipx run` does: an environment, the wheel from a folder, its dependencies from
wherever pip gets them, and `verify`. `--help` and the import are ratios to that of argparse, too.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
MOST_FROM_NOTHING, MOST_INSTALLED, MOST_HELP, LARGEST = 60, 10, 0.5, 1_000_000
ONE_COMMAND = (
    "python3 -m venv environment"
    " && environment/bin/pip install --quiet --constraint {constraints} {wheel}"
    " && environment/bin/billogram-contract verify"
)


def timed(*command: str, folder: Path) -> float:
    """How many seconds a command takes; it must end with 0."""
    before = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, capture_output=True)  # noqa: S603  # our own commands
    return time.perf_counter() - before


def median(rounds: int, *command: str, folder: Path) -> float:
    return statistics.median(timed(*command, folder=folder) for _ in range(rounds))


def main(rounds: int) -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        timed(sys.executable, "-m", "build", "--wheel", "--outdir", name, str(ROOT), folder=folder)
        (wheel,) = folder.glob("*.whl")
        size = wheel.stat().st_size
        shell = ONE_COMMAND.format(constraints=ROOT / "constraints.txt", wheel=wheel)
        from_nothing = timed("sh", "-c", shell, folder=folder)
        command, python = (
            str(folder / "environment" / "bin" / name) for name in ("billogram-contract", "python")
        )
        installed = timed(command, "verify", folder=folder)
        plain = median(rounds, python, "-c", "import argparse", folder=folder)
        told = {
            "import": median(rounds, python, "-c", "import billogram_contract", folder=folder),
            "--help": median(rounds, command, "--help", folder=folder),
        }
        rows = [
            ("wheel", size, LARGEST, "bytes"),
            ("from nothing to a verdict", from_nothing, MOST_FROM_NOTHING, "s"),
            ("installed, to a verdict", installed, MOST_INSTALLED, "s"),
            *((name, seconds, MOST_HELP, "s") for name, seconds in told.items()),
        ]
        for what, value, most, unit in rows:
            mark = "" if value <= most else "  TOO MUCH"
            print(f"{what:28}{value:12,.2f} {unit:6} (at most {most:,}){mark}")
        for name, seconds in told.items():
            print(f"{name:28}{seconds / plain:12.1f} times `import argparse`")
        return int(any(value > most for _, value, most, _ in rows))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 7))
