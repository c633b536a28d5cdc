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
    others = ", ".join(sorted(outcome.drifted - set(breaks)))
    assert not others, (
        f"The drift {name} turned more red than it names: {others}. Where the sources say that such a clause"
        " is broken, too, add it to the drift's `breaks`; else mend its check, or give it a `needs`."
    )
    assert breaks[0] in outcome.drifted, (
        f"The drift {name} is on, and no check of {breaks[0]} went red: write a check that meets it, or mend"
        f" the drift so that it breaks the clause. Try: pytest tests/contract -k {breaks[0]} --drift {name}"
    )
    assert code == Exit.DRIFT, f"The drift {name} ended with {code}, not with 1: a check failed of itself."


@pytest.mark.parametrize("name", VARIANTS)
def test_variant_turns_no_clause_red(name: str) -> None:
    code, outcome = hold("--variant", name, "--settle", "1")
    drifted = ", ".join(sorted(outcome.drifted))
    assert not drifted, (
        f"The variant {name} is a freedom that upstream has, and {drifted} went red:"
        " let the checks of these tolerate it. If the sources forbid it, it is a drift, not a variant."
    )
    assert code == Exit.HELD, f"The variant {name} ended with {code}, not with 0: see the reasons in the run."


def test_every_clause_has_a_drift() -> None:
    testable = [
        clause.id
        for clause in clauses.load(description.load()).values()
        if clause.level == "must" and not clause.untestable
    ]
    broken = {id for drift in DRIFTS.values() for id in drift.breaks}
    bare = [id for id in testable if id not in broken]
    assert not bare, (
        f"No drift breaks {', '.join(bare)}, so nothing proves its check: add one to the family's file in"
        " billogram_contract/sandbox/drifts, or say in clauses.toml why the clause is untestable."
    )
