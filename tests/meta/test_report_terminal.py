"""The summary in a terminal: what it says, line by line, and that nothing in it acts on the terminal."""

from __future__ import annotations

import re

import pytest

from billogram_contract.report import terminal
from tests.meta.ledgers import DRIFTED, HELD, KINDS, made

WORDS = {
    "held": "HELD: Every clause that this run asked about holds. (exit code 0)",
    "embedded": "HELD: ",
    "drifted": "DRIFTED: Upstream departs from 1 documented promise. (exit code 1)",
    "accepted": "HELD: Nothing that fails the run drifted; 1 finding accepted for now.",
    "mild": "HELD: Nothing that fails the run drifted; 1 finding milder than --fail-on breaking.",
    "inconclusive": "INCONCLUSIVE: ",
    "nothing": "NOTHING CHECKED: ",
    "no clauses": "NOTHING CHECKED: ",
    "incomplete": "INCOMPLETE: The run was broken off after 3 checks",
}


def plain(name: str) -> list[str]:
    return terminal.text(KINDS[name], colour=False).splitlines()


@pytest.mark.parametrize("name", WORDS)
def test_last_line_is_the_verdict(name: str) -> None:
    assert plain(name)[-1].startswith(WORDS[name])


def test_finding_is_told_part_by_part() -> None:
    told = plain("drifted")
    at = told.index("DRIFTED  200: it is accepted, not 400: the request is refused")
    assert told[at + 1 : at + 10] == [
        "  how bad   no longer refused: something documented as invalid is accepted;",
        "            fails the run",
        "  for whom  python, php",
        "  promise   list.size: A page has at most 100 customers.",
        "  facts     expected: 400: the request is refused",
        "            observed: 200: it is accepted",
        "  extent    at GET /customer /page_size; seen in 50 answers",
        "            beside it holds: list.total",
        f"  again     python -m billogram_contract again {DRIFTED.fingerprint}",
    ]
    assert told[at + 10] == f"  or        {DRIFTED.curl}"


def test_what_is_told_of_a_finding_fits_a_terminal() -> None:
    told = plain("many")
    findings = told[: told.index(next(line for line in told if "-v tells" in line))]
    assert all(len(line) <= 80 for line in findings if not line.startswith("  or  "))


def test_summary_starts_with_the_target() -> None:
    assert plain("held")[0] == "held against live target: https://sandbox.example/api/v2"
    assert plain("embedded")[0] == "held against embedded target: the sandbox of this suite"


def test_embedded_target_is_no_proof_of_upstream() -> None:
    assert any("not that upstream does" in line for line in plain("embedded"))
    assert not any("not that upstream does" in line for line in plain("held"))


def test_tally_counts_every_clause() -> None:
    assert (
        "3 clauses hold, 0 drifted, 0 inconclusive, 0 unchecked, 1 open question answered, 1 untestable; "
        "3 requests in 6.2 s"
    ) in plain("held")


def test_reasons_and_answers_are_told() -> None:
    told = terminal.text(KINDS["nothing"], colour=False, verbose=True).splitlines()
    assert "unchecked: no check ran: list.size, list.total, update.name, update.trim" in told
    told = terminal.text(KINDS["held"], colour=False, verbose=True).splitlines()
    assert "open question: White space around a name is trimmed. it is" in told


def test_reasons_and_answers_are_only_counted_without_v() -> None:
    assert "4 unchecked: -v tells why and what" in plain("nothing")
    assert not any("open question:" in line for line in plain("held"))


def test_accepted_finding_is_no_drift() -> None:
    told = plain("accepted")
    assert any(line.startswith("ACCEPTED  200: it is accepted") for line in told)
    assert any("is accepted until 2099-01-01: Being mended." in line for line in told)
    assert "1 accepted" in next(line for line in told if "clauses hold" in line)


def test_what_is_not_put_back_is_told_loudly() -> None:
    assert "NOT PUT BACK: Customer 9001 has the number 9101." in plain("not put back")


def test_changes_against_the_baseline_are_told() -> None:
    told = plain("compared")
    assert "against the baseline of 22 November 2026, 10:00 UTC: 1 change" in told
    assert (
        "  gone finding (relaxed): list.size at GET /customer /page_size: 200: it is accepted → not found"
    ) in told


def test_long_curl_line_is_never_wrapped() -> None:
    told = terminal.text(KINDS["hostile"], colour=False)
    assert re.search(r"^  or        <script>.*A{10000}\\ud800$", told, re.MULTILINE)


def test_colour_changes_no_word() -> None:
    coloured = terminal.text(KINDS["drifted"], colour=True)
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == terminal.text(KINDS["drifted"], colour=False)


def test_hostile_text_reaches_no_terminal() -> None:
    told = terminal.text(KINDS["hostile"], colour=False)
    assert "\\x1b[31mred" in told
    assert re.findall("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u2028\u202a-\u202e\u2066-\u2069\ud800]", told) == []
    for line in told.splitlines():
        assert not line.startswith(("::", "# head", "- item"))


def test_unasked_clause_is_no_silent_success() -> None:
    told = terminal.text(made(HELD[0]), colour=False)
    assert "2 of 3 promises stayed unchecked: run all checks to have them asked." in told


def test_command_that_puts_back_is_told_whole() -> None:
    command = (
        "once upstream answers, run: python -m billogram_contract restore --base-url https://example.test/api"
    )
    ledger = made(*HELD, problems=[command])
    assert f"NOT PUT BACK: {command}" in terminal.text(ledger, colour=False).splitlines()
