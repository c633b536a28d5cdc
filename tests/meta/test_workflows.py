"""The workflows: valid by their published schemas, pinned by commit, the shell of each step as written."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from billogram_contract import places
from billogram_contract.sandbox import Sandbox
from tests.meta.github import REPOSITORY, TOKEN, Clock, StandIn, served

ROOT = places.ROOT
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yaml"))
BROKEN = ("total-count-of-the-page",)  # a drift that breaks what every client relies on
EXPRESSION = re.compile(r"\$\{\{ *(.+?) *\}\}")


def examples(language: str) -> dict[str, str]:
    """The YAML of the docs, by page and number, as far as its first line names a CI."""
    found = {}
    for page in sorted((ROOT / "docs").glob("*.md")):
        blocks = re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
        found |= {
            f"{page.name}-{number}": block
            for number, block in enumerate(blocks)
            if language in block.splitlines()[0]
        }
    return found


def checked(schema: str, path: Path) -> str:
    """What check-jsonschema says of a file; its schemas are the published ones, kept in its package."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.mark.parametrize("path", WORKFLOWS, ids=[path.stem for path in WORKFLOWS])
def test_workflow_is_valid(path: Path) -> None:
    assert checked("github-workflows", path) == ""


@pytest.mark.parametrize(
    ("schema", "path"), [("github-actions", "action.yml"), ("renovate", ".github/renovate.json")]
)
def test_file_beside_is_valid(schema: str, path: str) -> None:
    assert checked(schema, ROOT / path) == ""


def test_schema_refuses_what_is_no_workflow(tmp_path: Path) -> None:
    (tmp_path / "workflow.yaml").write_text("on: push\njobs: {a: {steps: 1}}\n", encoding="utf-8")
    assert "steps" in checked("github-workflows", tmp_path / "workflow.yaml")


@pytest.mark.parametrize("name", examples("# .github/workflows/"))
def test_example_for_github_is_valid(tmp_path: Path, name: str) -> None:
    (tmp_path / "workflow.yaml").write_text(examples("# .github/workflows/")[name], encoding="utf-8")
    assert checked("github-workflows", tmp_path / "workflow.yaml") == ""


@pytest.mark.parametrize("name", examples("# .gitlab-ci.yml"))
def test_example_for_gitlab_is_valid(tmp_path: Path, name: str) -> None:
    (tmp_path / ".gitlab-ci.yml").write_text(examples("# .gitlab-ci.yml")[name], encoding="utf-8")
    assert checked("gitlab-ci", tmp_path / ".gitlab-ci.yml") == ""


@pytest.mark.parametrize("name", examples("# .github/workflows/"))
def test_example_calls_with_inputs_that_are_there(name: str) -> None:
    for job in yaml.safe_load(examples("# .github/workflows/")[name])["jobs"].values():
        called = re.search(r"\.github/workflows/(\w+\.yaml)@", job.get("uses", ""))
        if called:
            known = load(ROOT / ".github" / "workflows" / called[1])[True]["workflow_call"]
            assert set(job.get("with", {})) <= set(known["inputs"])
            assert set(job.get("secrets", {})) <= set(known.get("secrets", {}))


@pytest.mark.parametrize("path", [*WORKFLOWS, ROOT / "action.yml"], ids=lambda path: path.stem)
def test_actions_are_pinned_by_commit(path: Path) -> None:
    used = re.findall(r"uses: *(\S+)(.*)", path.read_text(encoding="utf-8"))
    loose = [name for name, rest in used if not re.search(r"@[0-9a-f]{40}$", name) or " # v" not in rest]
    assert [name for name in loose if not name.startswith("./")] == []


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@dataclass
class Runner:
    """What GitHub's runner is to a job: runs the shell of its steps as written, one after the other."""

    folder: Path
    workspace: Path
    values: dict[str, str]
    path: str = os.environ["PATH"]
    printed: list[str] = field(default_factory=list)

    def run(self, workflow: str, *skipped: str) -> int:
        """Runs the steps of a workflow's only job; the exit code of its last step that failed, or 0."""
        told = load(ROOT / ".github" / "workflows" / f"{workflow}.yaml")
        inputs = {
            f"inputs.{name}": str(one["default"])
            for name, one in told[True]["workflow_call"]["inputs"].items()
        }
        (job,) = told["jobs"].values()
        code = 0
        for step in job["steps"]:
            if "run" in step and step["name"] not in skipped:
                names = {**job.get("env", {}), **step.get("env", {})}
                code = (
                    self._step(step, {name: self._told(text, inputs) for name, text in names.items()}) or code
                )
        return code

    def _told(self, text: str, inputs: dict[str, str]) -> str:
        return EXPRESSION.sub(lambda found: {**inputs, **self.values}[found[1]], text)

    def _step(self, step: dict[str, Any], told: dict[str, str]) -> int:
        files = {name: self.folder / name for name in ("GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STEP_SUMMARY")}
        for path in files.values():
            path.write_text("", encoding="utf-8")
        github = {"GITHUB_REPOSITORY": REPOSITORY, "GITHUB_API_URL": self.values["api"]}
        paths = {name: str(path) for name, path in files.items()}
        done = self.shell(step["run"], {**github, **paths, **told})
        self.printed.append(f"{step['name']}: {done.returncode}\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
        for line in files["GITHUB_OUTPUT"].read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition("=")
            self.values[f"steps.{step['id']}.outputs.{name}"] = value
        for line in files["GITHUB_PATH"].read_text(encoding="utf-8").splitlines():
            self.path = f"{line}{os.pathsep}{self.path}"
        return done.returncode

    def shell(self, script: str, told: dict[str, str]) -> subprocess.CompletedProcess[str]:
        """Runs a script as a runner does, with nothing of this run's own settings."""
        foreign = ("BILLOGRAM_", "GITHUB_", "PYTEST", "PYTHONPATH")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        ours = {
            "PATH": self.path,
            "NO_PROXY": "127.0.0.1",
            "RUNNER_TEMP": str(self.folder / "temp"),
            "PIP_CONSTRAINT": str(ROOT / "constraints.txt"),
        }
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
        environment = {**kept, **ours, **told}
        return subprocess.run(
            command, cwd=self.workspace, env=environment, capture_output=True, text=True, check=False
        )

    @property
    def told(self) -> str:
        return "\n".join(self.printed)


def git(*arguments: str, folder: Path) -> str:
    command = ["git", "-c", "user.name=sdk", "-c", "user.email=sdk@sdk.invalid", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[tuple[Runner, StandIn]]:
    """A runner in a clone of an SDK's repository, and the stand-in of GitHub that it talks to."""
    git("init", "-q", "--bare", "origin", folder=tmp_path)
    git("clone", "-q", "origin", "sdk", folder=tmp_path)
    workspace = tmp_path / "sdk"
    (workspace / "billogram-contract.toml").write_text(
        f'settle = 0\njournal-dir = "{tmp_path}/journal"\n', encoding="utf-8"
    )
    git("add", ".", folder=workspace)
    git("commit", "-qm", "An SDK", folder=workspace)
    git("push", "-q", "origin", "HEAD", folder=workspace)
    (tmp_path / "temp").mkdir()
    stand_in = StandIn(Clock())
    with served(stand_in) as address:
        values = {
            "inputs.package": str(ROOT),
            "github.token": TOKEN,
            "api": address,
            "inputs.client": "python",
        }
        yield Runner(tmp_path, workspace, values), stand_in


def night(runner: Runner, *drifts: str) -> int:
    """One night against a sandbox; the exit code of the job."""
    with Sandbox(drifts=drifts) as sandbox:
        first, last = sandbox.numbers[0], sandbox.numbers[-1]
        runner.values |= {
            "inputs.base-url": sandbox.base_url,
            "inputs.customers": ",".join(map(str, sandbox.customers)),
            "inputs.numbers": f"{first}-{last}",
            "secrets.api-user": sandbox.user,
            "secrets.api-password": sandbox.password,
        }
        return runner.run("watch", *(() if "suite" not in runner.path else ("Install the suite",)))


@pytest.mark.slow
def test_nights_and_releases_as_written(runner: tuple[Runner, StandIn]) -> None:
    job, stand_in = runner
    assert night(job) == 6, job.told
    assert "is not there, so this run was compared with nothing" in job.told
    refuse_once(job.folder / "origin")
    assert night(job) == 0, job.told
    assert "Against the baseline" in (job.workspace / "report" / "report.md").read_text(encoding="utf-8")
    assert job.run("gate", "Install the suite") == 0, job.told
    assert night(job, *BROKEN) == 1, job.told
    opened = stand_in.opened("billogram-contract")
    assert opened, job.told
    assert job.run("gate", "Install the suite") == 1, job.told
    assert night(job) == 0, job.told
    assert stand_in.opened("billogram-contract") == []
    branch = "billogram-contract-history"
    lines = git("show", f"{branch}:history.jsonl", folder=job.folder / "origin").splitlines()
    names = git("ls-tree", "--name-only", branch, folder=job.folder / "origin").split()
    assert len(lines) == 4
    assert {"index.html", "badge.json", "baseline.json", "latest.json"} < set(names)
    assert git("status", "--porcelain", folder=job.workspace).split() == ["??", "report/"]
    for name, code in (("contract", 0), ("gate", 0)):
        done = gitlab(job, name)
        assert done.returncode == code, done.stdout + done.stderr
    assert len(git("show", f"{branch}:history.jsonl", folder=job.folder / "origin").splitlines()) == 5


def gitlab(job: Runner, name: str) -> subprocess.CompletedProcess[str]:
    """Runs the script of a job of the page for GitLab as written, the installation aside."""
    (told,) = examples("# .gitlab-ci.yml").values()
    lines = [line for line in yaml.safe_load(told)[name]["script"] if not line.startswith("pip install")]
    with Sandbox() as sandbox:
        environment = {
            "BILLOGRAM_TARGET": "live",
            "BILLOGRAM_BASE_URL": sandbox.base_url if name == "contract" else job.values["gitlab"],
            "BILLOGRAM_CUSTOMERS": ",".join(map(str, sandbox.customers)),
            "BILLOGRAM_NUMBERS": f"{sandbox.numbers[0]}-{sandbox.numbers[-1]}",
            "BILLOGRAM_API_USER": sandbox.user,
            "BILLOGRAM_API_PASSWORD": sandbox.password,
            "HISTORY_URL": str(job.folder / "origin"),
        }
        job.values["gitlab"] = environment["BILLOGRAM_BASE_URL"]
        done = job.shell("\n".join(lines), environment)
    shutil.rmtree(job.workspace / "history", ignore_errors=True)
    return done


def test_branch_of_the_history_is_begun_as_written(runner: tuple[Runner, StandIn]) -> None:
    job, _ = runner
    page = (ROOT / "docs" / "other-ci.md").read_text(encoding="utf-8")
    (line,) = re.findall(r"^\$ (git push .*)$", page, re.MULTILINE)
    user = "export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@a GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@a\n"
    done = job.shell(user + line, {})
    assert done.returncode == 0, done.stderr
    assert "refs/heads/billogram-contract-history" in git("ls-remote", "origin", folder=job.workspace)


def refuse_once(origin: Path) -> None:
    """Lets a repository refuse the next push, as if another job had been quicker."""
    hook = origin / "hooks" / "pre-receive"
    hook.write_text(
        '#!/bin/sh\n[ -e "$GIT_DIR/refused" ] || { touch "$GIT_DIR/refused"; exit 1; }\n', "utf-8"
    )
    hook.chmod(0o755)
