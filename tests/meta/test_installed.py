"""The suite installed from a wheel and from an sdist, used in somebody else's folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest
import yaml

from billogram_contract import places

pytestmark = pytest.mark.slow

ROOT = places.ROOT
HOSTILE = {
    "pytest.ini": "[pytest]\naddopts = --no-such-option\n",
    "conftest.py": "raise RuntimeError('the conftest of somebody else')\n",
    "tests/__init__.py": "raise RuntimeError('the tests of somebody else')\n",
    "strategies.py": "raise RuntimeError('the strategies of somebody else')\n",
}
DRIFT = ("verify", "--drift", "page-size-101-accepted", "-k", "list.page-size-maximum")
LARGEST = 1_000_000  # bytes of a wheel


def run(*command: str | Path, folder: Path, code: int = 0) -> str:
    """Runs a command in a folder, with nothing of this run's own settings; what it printed."""
    foreign = ("BILLOGRAM_", "GITHUB_", "PYTEST", "PYTHONPATH")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    done = subprocess.run(
        [str(part) for part in command], cwd=folder, env=kept, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, (
        f"{command}: {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    )
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A wheel and an sdist of this checkout."""
    folder = tmp_path_factory.mktemp("built")
    run(sys.executable, "-m", "build", "--outdir", folder, ROOT, folder=folder)
    return {path.suffix: path for path in folder.iterdir()}


@pytest.fixture(scope="module", params=[".whl", ".gz"], ids=["wheel", "sdist"])
def command(
    request: pytest.FixtureRequest, built: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The command of a suite that was installed into an environment of its own."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    pins = ("--constraint", ROOT / "constraints.txt")
    run(folder / "bin" / "pip", "install", "-q", *pins, built[request.param], folder=folder)
    return folder / "bin" / "billogram-contract"


@pytest.fixture(scope="module")
def project(command: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose own tests would break any run that looked at them."""
    folder = tmp_path_factory.mktemp("project")
    for name, text in HOSTILE.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_wheel_has_the_package_alone_at_its_top(built: dict[str, Path]) -> None:
    names = ZipFile(built[".whl"]).namelist()
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"billogram_contract"}
    assert built[".whl"].stat().st_size < LARGEST


def test_main_job_holds(command: Path, project: Path) -> None:
    told = run(command, "verify", folder=project)
    assert ", 0 unchecked," in told
    assert (project / "report" / "report.html").exists()


def test_recording_made_there_is_replayed(command: Path, project: Path) -> None:
    run(command, "record", "-m", "not property", folder=project)
    assert (project / "billogram-contract" / "cassettes" / "provenance.json").exists()
    assert "recorded from the embedded sandbox" in run(command, "replay", folder=project)
    cassettes = sorted((project / "billogram-contract" / "cassettes" / "list").glob("*.yaml"))
    run(command, "examine", "--host", "embedded.invalid", *cassettes, folder=project)


def test_finding_is_accepted_and_compared(command: Path, project: Path) -> None:
    run(command, *DRIFT, folder=project, code=1)
    ledger = project / "report" / "ledger.json"
    found = json.loads(ledger.read_text(encoding="utf-8"))["findings"][0]["fingerprint"]
    run(command, "accept", found, "--reason", "meant", "--until", "2099-01-01", folder=project)
    assert (project / "billogram-contract" / "deviations.toml").exists()
    run(command, *DRIFT, folder=project)
    run(command, "compare", ledger, ledger, folder=project)


def test_wrong_option_is_one_of_usage(command: Path, project: Path) -> None:
    run(command, "verify", "--no-such-option", folder=project, code=2)


def test_action_runs_as_written(tmp_path: Path) -> None:
    steps = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))["runs"]["steps"]
    told = {
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_ACTION_PATH": str(ROOT),
        "COMMAND": "verify",
        "BILLOGRAM_TARGET": "embedded",
        "ARGUMENTS": "-k list.answers",
    }
    shell = ["env", *(f"{name}={text}" for name, text in told.items()), "bash", "-eo", "pipefail", "-c"]
    printed = [run(*shell, step["run"], folder=tmp_path) for step in steps]
    assert " 0 drifted" in printed[-1]
    assert (tmp_path / "report" / "ledger.json").exists()
