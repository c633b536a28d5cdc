"""Deviations: accepted findings, written by a command, and failing once they expire or no longer occur."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from billogram_contract.__main__ import main
from billogram_contract.checking.finding import Finding
from billogram_contract.errors import SetupError
from billogram_contract.results import deviations, ledger
from billogram_contract.results.deviations import Deviation, accepted, standing
from billogram_contract.results.model import FindingEntry
from billogram_contract.results.verdict import Exit
from tests.meta.ledgers import KINDS
from tests.meta.test_run import AUTH, LIST, Outcome, hold_quickly

TODAY = date(2026, 11, 22)
FOUND = Finding("a.must", "relaxed", "GET /customer", "/page", "400", "200", "curl")
CHECK = "tests/contract/test_a.py::test_check"
ENTRY = Deviation(
    finding=FOUND.fingerprint,
    clause=FOUND.clause,
    what="relaxed at GET /customer /page: 200",
    reason="They know.",
    accepted=TODAY,
    until=TODAY,
    target="live",
    check=CHECK,
)
DRIFT = ("--drift", "page-size-101-accepted", "-k", "page_size or sample or total")


def states(
    *entries: Deviation,
    findings: tuple[Finding, ...] = (),
    checks: tuple[str, ...] = (CHECK,),
    today: date = TODAY,
    depth: str = "quick",
    target: deviations.Kind = "live",
) -> list[str]:
    stood = standing(entries, findings, checks, target=target, depth=depth, today=today)
    return [one.state for one in stood]


def test_finding_is_accepted_to_the_last_day() -> None:
    stood = standing((ENTRY,), (FOUND,), (CHECK,), target="live", depth="quick", today=TODAY)
    assert accepted(stood) == {FOUND.fingerprint}


def test_expired_deviation_accepts_nothing() -> None:
    tomorrow = TODAY + timedelta(days=1)
    stood = standing((ENTRY,), (FOUND,), (CHECK,), target="live", depth="quick", today=tomorrow)
    assert [one.state for one in stood] == ["expired"]
    assert accepted(stood) == frozenset()
    assert "expired on 2026-11-22" in stood[0].line


def test_deviation_that_no_longer_occurs_is_gone() -> None:
    assert states(ENTRY) == ["gone"]


def test_deviation_whose_check_did_not_ask_stands_undecided() -> None:
    assert states(ENTRY, checks=("another",)) == []
    assert states(ENTRY, checks=("another",), today=TODAY + timedelta(days=1)) == ["expired"]


def test_deviation_of_generated_data_is_gone_only_as_deep_as_it_was_found() -> None:
    deep = replace(ENTRY, depth="deep")
    assert states(deep) == []
    assert states(deep, depth="deep") == ["gone"]


def test_deviation_of_another_kind_of_target_says_nothing() -> None:
    assert states(ENTRY, target="embedded") == []


def test_file_round_trips_in_its_order_and_without_doubles(tmp_path: Path) -> None:
    path = tmp_path / "deviations.toml"
    other = replace(ENTRY, finding="0" * 12, clause="a.another", depth="deep")
    for entry in (ENTRY, other, replace(ENTRY, reason='Other "words"\nand lines.')):
        deviations.add(entry, path)
    assert deviations.load(path) == (replace(ENTRY, reason='Other "words"\nand lines.'), other)


BY_HAND = """\
# Ask Kim before you add one.

[[deviation]] # they know
until = 2026-12-31 # a Thursday
finding = "000000000001"
clause = "b.must"
what = 'as "found"'
reason = "First."
accepted = 2026-11-22
target = "live"

# The end.
"""


def test_comments_and_order_of_a_file_stay(tmp_path: Path) -> None:
    path = tmp_path / "deviations.toml"
    path.write_text(BY_HAND, encoding="utf-8")
    deviations.add(ENTRY, path)
    deviations.add(replace(ENTRY, finding="000000000001", until=date(2027, 1, 31)), path)
    text = path.read_text(encoding="utf-8")
    assert [one.finding for one in deviations.load(path)] == ["000000000001", ENTRY.finding]
    assert text.startswith(
        "# Ask Kim before you add one.\n\n[[deviation]] # they know\nuntil = 2027-01-31 # a Thursday"
    )
    assert text.index("# The end.") > text.index("# a Thursday")
    deviations.add(replace(ENTRY, reason="Again."), path)
    assert path.read_text(encoding="utf-8") == "Again.".join(text.rsplit("They know.", 1))


def test_entries_in_one_line_each_and_windows_lines_stay(tmp_path: Path) -> None:
    path = tmp_path / "deviations.toml"
    first = "{finding='000000000001',clause='b.must',what='x',reason='y',accepted=2026-11-22,"
    first += "until=2026-12-31,target='live'}"
    path.write_bytes(f"# ours\r\ndeviation = [\r\n  {first}, # they know\r\n]\r\n".encode())
    deviations.add(ENTRY, path)
    assert [one.finding for one in deviations.load(path)] == ["000000000001", ENTRY.finding]
    assert b"# ours\r\n" in path.read_bytes()
    assert b"# they know" in path.read_bytes()


def test_folder_of_the_first_entry_is_made(tmp_path: Path) -> None:
    deviations.add(ENTRY, tmp_path / "billogram-contract" / "deviations.toml")
    assert deviations.load(tmp_path / "billogram-contract" / "deviations.toml") == (ENTRY,)


def test_change_against_a_baseline_is_accepted_though_no_check_found_it(tmp_path: Path) -> None:
    path = tmp_path / "deviations.toml"
    entry = replace(ENTRY, check="")
    deviations.add(entry, path)
    assert deviations.load(path) == (entry,)
    assert states(entry) == []
    assert states(entry, findings=(FOUND,)) == ["current"]


def test_no_file_is_no_deviation(tmp_path: Path) -> None:
    assert deviations.load(tmp_path / "none.toml") == ()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[[deviation]", "cannot be read"),
        ("deviation = 1", "are no list"),
        ("[[deviation]]\nfinding = 'x'", "missing required field `clause`"),
        ("{entry}\nextra = 1", "unknown field `extra`"),
        ("{entry}\n{entry}", "is there twice"),
        ("{dated}", r"date - at `\$\.until`"),
        ("{empty}", r"at `\$\.reason`"),
    ],
)
def test_malformed_file_is_told_in_one_line(tmp_path: Path, text: str, line: str) -> None:
    deviations.add(ENTRY, tmp_path / "good.toml")
    entry = (tmp_path / "good.toml").read_text().partition("\n\n")[2]
    dated = entry.replace("until = 2026-11-22", "until = 'soon'")
    empty = entry.replace("They know.", " ")
    path = tmp_path / "deviations.toml"
    path.write_text(text.format(entry=entry, dated=dated, empty=empty), encoding="utf-8")
    with pytest.raises(SetupError, match=line) as caught:
        deviations.load(path)
    assert "\n" not in str(caught.value)


# The command


@pytest.fixture(scope="module")
def drifted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ledger of a run that found one drift."""
    directory = tmp_path_factory.mktemp("report")
    outcome = hold_quickly(LIST, *DRIFT, f"--report-dir={directory}")
    assert outcome.code == 1
    return directory / "ledger.json"


@pytest.fixture
def told(drifted: Path) -> FindingEntry:
    (found,) = ledger.read(drifted).findings
    return found


def accept(drifted: Path, path: Path, *arguments: str) -> int:
    return main(["accept", *arguments, "--ledger", str(drifted), "--deviations", str(path)])


def test_finding_is_accepted_by_fingerprint_or_clause(
    drifted: Path, told: FindingEntry, tmp_path: Path
) -> None:
    written = []
    for name in (told.fingerprint, told.clause):
        path = tmp_path / f"{name}.toml"
        assert accept(drifted, path, name, "--reason", "They know.", "--until", "2099-01-31") == Exit.HELD
        written.append(deviations.load(path))
    assert written[0] == written[1]
    (entry,) = written[0]
    assert (entry.finding, entry.target, entry.until) == (told.fingerprint, "embedded", date(2099, 1, 31))
    assert entry.check == told.check


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("0" * 12, "--reason", "x", "--until", "2099-01-31"), "There is no finding"),
        (("list.page-size-maximum", "--reason", " ", "--until", "2099-01-31"), "--reason is empty"),
        (("list.page-size-maximum", "--reason", "x", "--until", "soon"), "--until 'soon' is no date"),
        (("list.page-size-maximum", "--reason", "x", "--until", "2020-01-31"), "is over"),
    ],
)
def test_wrong_acceptance_ends_with_two_and_writes_nothing(
    drifted: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    line: str,
) -> None:
    path = tmp_path / "deviations.toml"
    assert accept(drifted, path, *arguments) == Exit.SETUP
    assert line in capsys.readouterr().err
    assert not path.exists()


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"version": 2}', None])
def test_file_that_is_no_ledger_ends_with_two(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None
) -> None:
    path = tmp_path / "ledger.json"
    if text is not None:
        path.write_text(text)
    assert accept(path, tmp_path / "d.toml", "x", "--reason", "x", "--until", "2099-01-31") == Exit.SETUP
    assert capsys.readouterr().err.count("\n") == 1


# In a run


def run(path: Path, *arguments: str) -> Outcome:
    return hold_quickly(*arguments, environment={"BILLOGRAM_DEVIATIONS": str(path)})


def write(path: Path, told: FindingEntry, **fields: Any) -> None:
    entry = deviations.of_entry(KINDS["embedded"], told, reason="They know.", until=date(2099, 1, 31))
    deviations.add(replace(entry, **fields), path)


def test_accepted_finding_fails_no_run(told: FindingEntry, tmp_path: Path) -> None:
    path = tmp_path / "deviations.toml"
    write(path, told)
    outcome = run(path, LIST, *DRIFT)
    assert outcome.code == 0
    assert "accepted until 2099-01-31: They know." in outcome.text
    assert re.search(r"\d+ passed, .*\d+ xfailed", outcome.text)
    assert "failed" not in outcome.lines[-1].replace("xfailed", "")


def test_expired_finding_fails_a_run(told: FindingEntry, tmp_path: Path) -> None:
    path = tmp_path / "deviations.toml"
    write(path, told, until=date(2020, 1, 31))
    outcome = run(path, LIST, *DRIFT)
    assert outcome.code == 1
    assert "expired on 2020-01-31" in outcome.text


def test_finding_that_no_longer_occurs_fails_a_run(told: FindingEntry, tmp_path: Path) -> None:
    path = tmp_path / "deviations.toml"
    write(path, told)
    outcome = run(path, LIST, "-k", "page_size or sample or total")
    assert outcome.code == 1
    assert "no longer occurs" in outcome.text


def test_run_that_did_not_ask_leaves_a_deviation_alone(told: FindingEntry, tmp_path: Path) -> None:
    path = tmp_path / "deviations.toml"
    write(path, told)
    assert run(path, AUTH).code == 0


def test_malformed_deviations_end_a_run_with_two(tmp_path: Path) -> None:
    path = tmp_path / "deviations.toml"
    path.write_text("[[deviation]", encoding="utf-8")
    outcome = run(path, AUTH)
    assert outcome.code == 2
    assert len(outcome.told) == 1


def test_ledger_holds_how_deviations_stand(told: FindingEntry, tmp_path: Path) -> None:
    path = tmp_path / "deviations.toml"
    write(path, told)
    run(path, LIST, *DRIFT, f"--report-dir={tmp_path}")
    kept = json.loads((tmp_path / "ledger.json").read_text(encoding="utf-8"))
    (entry,) = kept["deviations"]
    assert (entry["state"], entry["finding"]) == ("current", told.fingerprint)
    assert [one["fails"] for one in kept["findings"]] == [False]
    assert [clause["verdict"] for clause in kept["clauses"]].count("accepted") == 1
