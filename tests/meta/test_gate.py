"""The gate: open only for fresh, whole evidence of upstream that covers what the client relies on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from billogram_contract.__main__ import main
from billogram_contract.checking.finding import PROFILE, Finding
from billogram_contract.results import ledger
from billogram_contract.results.deviations import Deviation
from billogram_contract.results.model import Baseline, Change, Comparison, Evidence, Ledger, Member
from billogram_contract.results.verdict import Exit
from billogram_contract.spec import description
from billogram_contract.spec.clauses import Clauses
from billogram_contract.watch import gate
from billogram_contract.watch.gate import Decision, Demand
from tests.meta.ledgers import ABOUT, CLAUSES, DRIFTED, HELD, compared, made, record

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)  # two days after the ledgers' run
BROKEN = Finding("list.size", "breaking", "GET /customer", "/page_size", "200", "400: refused", "curl")
SAMPLE = Evidence(
    "0" * 16, "live", "sandbox.example", "2026-11-23T10:00:00+00:00", "0.1.0", "0" * 64, [], [], ""
)
DEMAND = Demand(
    address="https://sandbox.example/api/v2",
    description=ABOUT.description,
    clauses=Clauses({clause.id: clause for clause in CLAUSES}),
    max_age=timedelta(days=7),
    client="python",
    deviations=(),
    now=NOW,
)
AWAY = (record("list.size", asked=0, outage="upstream is away"), *HELD[1:])


def decided(*evidence: Ledger | str, **demand: Any) -> Decision:
    names = (f"{number}.json" for number in range(len(evidence)))
    wanted = Demand(**{**vars(DEMAND), **demand})
    return gate.decide(dict(zip(names, evidence, strict=False)), wanted)


def of_run(told: Ledger, **about: Any) -> Ledger:
    return replace(told, run=replace(told.run, **about))


def later(told: Ledger) -> Ledger:
    return of_run(told, started="2026-11-23T10:00:00+00:00")


def accepted(finding: Finding, **fields: Any) -> Deviation:
    day = date(2026, 11, 1)
    told = Deviation(finding.fingerprint, finding.clause, "what", "why", day, date(2026, 11, 24), "live")
    return replace(told, **fields)


@pytest.mark.parametrize(
    "evidence",
    [
        [made(*HELD)],
        [of_run(made(*HELD), evidence=SAMPLE, started="2026-11-24T09:00:00+00:00")],
        [made(*AWAY), later(made(*HELD[:1]))],
        [made(record("list.size", DRIFTED), *HELD[1:])],
        [made(record("list.size", BROKEN), *HELD[1:]), later(made(*HELD))],
    ],
    ids=["a run", "a recording", "two that cover it together", "nothing breaking", "mended since"],
)
def test_gate_is_open(evidence: list[Ledger]) -> None:
    decision = decided(*evidence)
    assert decision.is_open, decision.lines
    assert decision.lines[0].startswith("OPEN for the python client")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda: "it is not there", "it is not there"),
        (lambda: made(*HELD, kind="embedded", base_url=None), "the sandbox of this suite answered"),
        (lambda: made(*HELD, base_url="https://other.example/api/v2"), "other.example answered"),
        (lambda: made(*HELD, is_complete=False), "came to no end that proves something (incomplete)"),
        (lambda: made(), "came to no end that proves something (nothing checked)"),
        (lambda: of_run(made(*HELD), partial=True), "asked only some of the checks"),
        (lambda: of_run(made(*HELD), description="1" * 64), "another description was in force"),
        (lambda: of_run(made(*HELD), started="2026-11-17T09:00:00+00:00"), "it ran 7 days ago, and 7 days"),
        (lambda: of_run(made(*HELD), started="2026-11-25T10:00:00+00:00"), "dated in the future"),
        (lambda: of_run(made(*HELD), evidence=replace(SAMPLE, kind="embedded")), "sandbox of this suite"),
        (
            lambda: of_run(made(*HELD), evidence=replace(SAMPLE, recorded="2026-10-01T10:00:00+00:00")),
            "recorded 54 days ago",
        ),
        (lambda: of_run(made(*HELD), evidence=replace(SAMPLE, description="1" * 64)), "another description"),
        (lambda: made(*AWAY), "list.size is not covered: upstream is away"),
        (lambda: made(*HELD[1:]), "list.size is not covered: no check ran"),
        (lambda: made(record("list.size", BROKEN), *HELD[1:]), "list.size (breaking) at GET /customer"),
        (
            lambda: made(*HELD[:1], record("update.name", replace(BROKEN, clause="update.name"))),
            "update.name",
        ),
    ],
)
def test_gate_is_shut(change: Callable[[], Ledger | str], reason: str) -> None:
    decision = decided(change())
    assert not decision.is_open
    assert reason in "\n".join(decision.lines)


def test_one_unfit_ledger_shuts_beside_a_fit_one() -> None:
    assert not decided(made(*HELD), "it is not there").is_open


def test_no_evidence_shuts() -> None:
    assert not decided().is_open


def test_older_answer_never_outweighs_a_younger_one() -> None:
    broken = made(record("list.size", BROKEN), *HELD[1:])
    assert not decided(made(*HELD), later(broken)).is_open
    assert not decided(later(broken), made(*HELD)).is_open


@pytest.mark.parametrize(
    ("fields", "is_open"),
    [({}, True), ({"until": date(2026, 11, 23)}, False), ({"target": "embedded"}, False)],
    ids=["to its last day", "expired", "of another target"],
)
def test_accepted_finding_shuts_nothing(fields: dict[str, Any], is_open: bool) -> None:
    decision = decided(made(record("list.size", BROKEN), *HELD[1:]), deviations=[accepted(BROKEN, **fields)])
    assert decision.is_open is is_open
    assert not is_open or "accepted for now: list.size" in "\n".join(decision.lines)


def test_breaking_change_against_the_baseline_shuts() -> None:
    gone = Change(
        "field", "gone", "breaking", PROFILE, "GET /customer 200", "/data/*/name", "present", "absent"
    )
    old, new = made(*HELD), made(*HELD)
    changes = Comparison(Baseline(old.run.started, old.run.target), "", [gone])
    told = ledger.with_comparison(new, old, changes, (), "additive")
    assert not decided(told).is_open
    assert not decided(told, later(new)).is_open, "a run without a baseline says nothing of it"
    assert decided(told, later(compared(old, new))).is_open


def test_departure_that_another_finding_tells_with_it_shuts() -> None:
    mild = made(record("list.size", DRIFTED), *HELD[1:])
    place = ("update.name", "breaking", "GET /customer", "/page_size")
    member = Member("0" * 12, *place, "400: refused", "refused")
    told = replace(mild, findings=[replace(mild.findings[0], also=(member,))])
    assert decided(mild).is_open
    assert not decided(told).is_open


def test_only_clauses_of_the_client_must_be_covered() -> None:
    assert decided(made(HELD[0], HELD[3])).is_open
    shut = decided(made(HELD[0], HELD[3]), client="")
    assert [line for line in shut.lines if "list.total is not covered" in line]


# The command


@pytest.fixture
def written(tmp_path: Path) -> Callable[[Ledger], str]:
    def write(told: Ledger) -> str:
        ledger.write(told, tmp_path / "ledger.json")
        return str(tmp_path / "ledger.json")

    return write


def test_command_prints_why_and_ends_with_one(
    written: Callable[[Ledger], str], capsys: pytest.CaptureFixture[str]
) -> None:
    now = datetime.now(UTC).isoformat()
    told = of_run(made(*HELD), started=now, description=description.load().sha256)
    path = written(told)
    assert (
        main(["gate", path, "--base-url", "https://sandbox.example/api/v2", "--client", "java"]) == Exit.DRIFT
    )
    assert "list.answers is not covered: no run knew it" in capsys.readouterr().out
    assert main(["gate", path + ".none"]) == Exit.DRIFT
    assert "it is not there" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (["--client", "pythn"], "Did you mean python?"),
        (["--max-age", "soon"], "--max-age 'soon' is no number of days"),
        (["--base-url", "https://billogram.com/api/v2"], "is production"),
    ],
)
def test_wrong_option_ends_with_two(
    written: Callable[[Ledger], str], capsys: pytest.CaptureFixture[str], options: list[str], line: str
) -> None:
    assert main(["gate", written(made(*HELD)), *options]) == Exit.SETUP
    assert line in capsys.readouterr().err


def test_file_that_is_no_ledger_ends_with_two(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "ledger.json").write_text("{}", encoding="utf-8")
    assert main(["gate", str(tmp_path / "ledger.json")]) == Exit.SETUP
    assert capsys.readouterr().err.count("\n") == 1


def test_ledger_without_a_date_ends_with_two(
    written: Callable[[Ledger], str], capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(of_run(made(*HELD), started="yesterday"))
    assert main(["gate", path, "--base-url", "https://sandbox.example/api/v2"]) == Exit.SETUP
    assert "'yesterday' in the ledger is no date and time" in capsys.readouterr().err
