"""The commands of README, CONTRIBUTING and docs/: each runs as written, but for the few named here."""

from __future__ import annotations

import argparse
import importlib
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from configparser import ConfigParser
from itertools import pairwise
from pathlib import Path

import pytest

from billogram_contract.results import ledger
from billogram_contract.sandbox import Sandbox
from tests.meta.ledgers import DRIFTED, HELD, made, record
from tests.meta.test_examine import BODY, cassette, entry, har, har_file

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
PATIENCE = 120  # seconds for a process to end
ONE_CLAUSE = ("-k", "list.page-size-maximum")

# What is looked at, but not run, and why.
NOT_RUN = {
    "python3 -m venv": "makes an environment",
    "pip install": "installs from a registry",
    "pipx install": "installs from a registry",
    "tox": "runs this very test suite, among others",
    "git push": "publishes",
    "export": "is for the shell",
    ".": "is for the shell",
    "billogram-contract proxy": "needs an SDK with tests",
    "billogram-contract rehearse": "needs an SDK with tests",
}
# What keeps a command short, and its hands off this checkout.
BESIDE = {
    "verify": ONE_CLAUSE,
    "replay": ONE_CLAUSE,
    "record": (*ONE_CLAUSE, "--cassettes", "recorded"),
    "accept": ("--deviations", "accepted.toml"),
    "serve": ("--port", "0"),
    "pytest": (*ONE_CLAUSE, "-p", "no:cacheprovider", "--report-dir="),
}
ENDS = (0, 1, 6)  # of a command that was understood: it held, it drifted, or not all was asked
REFUSED = {
    "billogram-contract replay --max-age 30": "no evidence of upstream"
}  # by the cassettes of this checkout


def commands() -> Iterator[tuple[str, str]]:
    """Each command of a console block with its page, those joined by && apart."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for block in re.findall(r"```(?:console|sh|bash)\n(.*?)```", text, re.DOTALL):
            for line in re.findall(r"^\$ (.+)$", block, re.MULTILINE):
                yield from ((page.name, part.strip()) for part in line.split(" && "))


COMMANDS = sorted(set(commands()))


def reason(command: str) -> str:
    """Why a command isn't run; empty where it is."""
    plain = command.removeprefix(".venv/bin/")
    return next((why for start, why in NOT_RUN.items() if f"{plain} ".startswith(f"{start} ")), "")


RUN = [(page, command) for page, command in COMMANDS if not reason(command)]
PARSED = [(page, command) for page, command in COMMANDS if reason(command)]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """Stands for upstream's."""
    with Sandbox() as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What the pages take for granted: ledgers of two runs, and recordings of an SDK."""
    drifted = made(record("list.size", DRIFTED), *HELD[1:], kind="embedded", base_url=None)
    for name in ("report", "last", "last-week", "report/old", "report/new"):
        ledger.write(drifted, tmp_path / name / "ledger.json")
    recordings = tmp_path / "tests" / "cassettes"
    recordings.mkdir(parents=True)
    cassette(recordings, entry())
    har_file(tmp_path, har(BODY.decode()))
    return tmp_path


def typed(command: str, folder: Path, sandbox: Sandbox) -> list[str]:
    """The words of a command as a shell hands them on, for the folder and the sandbox."""
    words = []
    for word in shlex.split(command):
        found = [str(path) for path in sorted(folder.glob(word))] if "*" in word else []
        words += found or [word.replace("http://127.0.0.1:8025/api/v2", sandbox.base_url)]
    words = [DRIFTED.fingerprint if word in ("FINDING", "eae9c6751871") else word for word in words]
    name, *rest = words
    if name == "pytest":
        files = [str(folder / word) if word.endswith(".json") else word for word in rest]
        return [sys.executable, "-m", "pytest", *files, *BESIDE["pytest"]]
    assert name == "billogram-contract", f"{name} is neither run nor named in NOT_RUN"
    return [sys.executable, "-m", "billogram_contract", *rest, *BESIDE.get(rest[0], ())]


def environment(folder: Path, sandbox: Sandbox) -> dict[str, str]:
    foreign = ("BILLOGRAM_", "GITHUB_", "PYTEST")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return clean | {
        "BILLOGRAM_API_USER": sandbox.user,
        "BILLOGRAM_API_PASSWORD": sandbox.password,
        "BILLOGRAM_JOURNAL_DIR": str(folder / "journals"),
        "PYTHONPATH": str(ROOT),
    }


@pytest.mark.parametrize(("page", "command"), RUN)
def test_command_runs_as_written(page: str, command: str, folder: Path, sandbox: Sandbox) -> None:
    words, given = typed(command, folder, sandbox), environment(folder, sandbox)
    if re.search("--target live|doctor", command):
        given["BILLOGRAM_BASE_URL"] = sandbox.base_url
    if "--cassettes new" in command:
        shutil.copytree(ROOT / "cassettes", folder / "new")
    (folder / "journals").mkdir()
    where = ROOT if words[2] == "pytest" else folder
    with subprocess.Popen(
        words,
        cwd=where,
        env=given,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            assert process.stdout
            if " serve" in command:
                assert process.stdout.readline().startswith("The sandbox listens on ")
                process.send_signal(signal.SIGINT)
            told, _ = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
    if command in REFUSED:
        assert (process.returncode, REFUSED[command] in told) == (2, True)
        return
    assert process.returncode in ENDS, f"{page}: {command} ends with {process.returncode}\n{told}"
    assert "Traceback" not in told


@pytest.mark.parametrize(("page", "command"), PARSED)
def test_command_that_is_not_run_names_what_there_is(page: str, command: str) -> None:
    words = shlex.split(command)
    told = dict(pairwise(words))
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    assert {after for word, after in pairwise(words) if word == "--group"} <= set(groups)
    assert "--constraint" not in told or (ROOT / told["--constraint"]).exists()
    if words[0].endswith("tox"):
        tox = ConfigParser()
        tox.read(ROOT / "tox.ini")
        assert "-e" not in told or f"testenv:{told['-e']}" in tox
    if words[0] == "billogram-contract":
        parser = argparse.ArgumentParser(exit_on_error=False)
        importlib.import_module(f"billogram_contract.commands.{words[1]}").add(parser)
        parser.parse_args(words[2:])


def test_every_reason_is_needed() -> None:
    used = {reason(command) for _, command in PARSED}
    assert used == set(NOT_RUN.values())
    assert len(RUN) > len(PARSED) / 2
