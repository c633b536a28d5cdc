"""The proof: each drift of the embedded sandbox turns its clause red and no other; no variant does."""

from __future__ import annotations

from pathlib import Path

import pytest

from billogram_contract.plugin import KEY
from billogram_contract.results.verdict import Exit, Verdict
from billogram_contract.run.outcome import conclude
from billogram_contract.sandbox import DRIFTS, VARIANTS
from billogram_contract.spec import clauses, description

ROOT = Path(__file__).parents[2]
PROPERTIES = [f"--ignore=tests/contract/test_{name}.py" for name in ("generated", "properties", "model")]

pytestmark = pytest.mark.slow


class Outcome:
    """Takes the verdicts of a run within this process."""

    def __init__(self) -> None:
        self.verdicts: list[Verdict] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self.verdicts = conclude(session.config.stash[KEY]).verdicts

    @property
    def drifted(self) -> set[str]:
        return {verdict.clause.id for verdict in self.verdicts if verdict.word == "drifted"}


def hold(*options: str) -> tuple[int, Outcome]:
    """Holds the embedded sandbox against the scenarios; exit code and verdicts."""
    outcome = Outcome()
    absent = [
        f"-pno:{plugin}" for plugin in ("terminal", "cacheprovider", "schemathesis", "xdist", "recording")
    ]
    arguments = [
        "tests/contract",
        "--rootdir",
        str(ROOT),
        "-oaddopts=",
        "--report-dir=",
        *absent,
        *PROPERTIES,
        *options,
    ]
    return int(pytest.main(arguments, plugins=[outcome])), outcome


@pytest.mark.parametrize("name", DRIFTS)
def test_drift_turns_its_clause_red_and_no_other(name: str) -> None:
    code, outcome = hold("--drift", name)
    breaks = DRIFTS[name].breaks
    assert outcome.drifted <= set(breaks)
    assert breaks[0] in outcome.drifted
    assert code == Exit.DRIFT


@pytest.mark.parametrize("name", VARIANTS)
def test_variant_turns_no_clause_red(name: str) -> None:
    code, outcome = hold("--variant", name, "--settle", "1")
    assert outcome.drifted == set()
    assert code == Exit.HELD


def test_every_clause_has_a_drift() -> None:
    testable = [
        clause.id
        for clause in clauses.load(description.load()).values()
        if clause.level == "must" and not clause.untestable
    ]
    broken = {id for drift in DRIFTS.values() for id in drift.breaks}
    assert [id for id in testable if id not in broken] == []
