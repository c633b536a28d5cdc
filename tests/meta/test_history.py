"""The history: a line a run, mergeable, rendered as one page, with a badge and the next run's baseline."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from billogram_contract.__main__ import main
from billogram_contract.errors import SetupError
from billogram_contract.results import baseline, ledger
from billogram_contract.results.model import Ledger
from billogram_contract.results.verdict import Exit
from billogram_contract.results.words import RunWord, Word
from billogram_contract.spec import clauses, description
from billogram_contract.watch import history, page
from billogram_contract.watch.history import Found, Night
from tests.meta.ledgers import CLAUSES, DRIFTED, HELD, KINDS, compared, made, record

FIRST = datetime.fromisoformat("2026-11-01T03:17:00+00:00")
LARGEST = 1_000_000  # bytes of a page
PROMISED = clauses.load(description.load())


def on(day: int, told: Ledger, **about: Any) -> Ledger:
    """A ledger as if its run had been on a day of November."""
    started = (FIRST + timedelta(days=day - 1)).isoformat()
    return replace(told, run=replace(told.run, started=started, **about))


GREEN, RED = made(*HELD), made(record("list.size", DRIFTED), *HELD[1:])
AWAY = made(*(record(clause.id, asked=0, outage="upstream is away") for clause in CLAUSES))


def kept(folder: Path, *told: Ledger) -> list[Night]:
    for one in told:
        history.append(one, folder)
    return history.read(folder)


def test_run_is_one_small_line_without_what_was_sent_or_answered(tmp_path: Path) -> None:
    kept(tmp_path, RED)
    (line,) = (tmp_path / history.LINES).read_text(encoding="utf-8").splitlines()
    assert len(line) < 4000
    for told in (DRIFTED.curl, DRIFTED.observed, DRIFTED.example, "Ada", "sandbox.example"):
        assert told not in line
    assert DRIFTED.fingerprint in line


def test_same_run_counts_once(tmp_path: Path) -> None:
    assert len(kept(tmp_path, RED, RED, on(2, RED))) == 2


def test_lines_of_two_histories_come_together_in_any_order(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    kept(one, on(1, GREEN), on(3, RED))
    kept(two, on(1, GREEN), on(2, GREEN))
    texts = [(folder / history.LINES).read_text(encoding="utf-8") for folder in (two, one)]
    lines = "".join(texts).splitlines()
    (one / history.LINES).write_text("\n".join(reversed(lines)), encoding="utf-8")
    assert [night.day for night in history.read(one)] == ["2026-11-01", "2026-11-02", "2026-11-03"]
    assert "merge=union" in (one / ".gitattributes").read_text(encoding="utf-8")


@pytest.mark.parametrize("line", ["{}", "<<<<<<< ours", '{"run": 1}', "[]"])
def test_line_that_is_no_run_is_told_with_its_place(tmp_path: Path, line: str) -> None:
    kept(tmp_path, GREEN)
    with (tmp_path / history.LINES).open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    with pytest.raises(SetupError, match=r"history\.jsonl, line 2 is no run"):
        history.read(tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_run_can_be_kept_and_shown(tmp_path: Path, kind: str) -> None:
    nights = kept(tmp_path, KINDS[kind])
    text = page.text(nights, PROMISED)
    assert "<script" not in text.replace("&lt;script", "")
    assert "<img" not in text
    assert "onload='alert" not in text


# The baseline


def baseline_of(folder: Path) -> str:
    told, _ = baseline.find(folder)
    return told.run.started[:10] if told else ""


def test_baseline_is_the_first_whole_run_and_then_the_last_that_held(tmp_path: Path) -> None:
    days = []
    for told in (
        on(1, AWAY),
        on(2, GREEN, partial=True),
        on(3, RED),
        on(4, RED),
        on(5, GREEN),
        on(6, RED),
        on(7, made(*HELD[:1], is_complete=False)),
        on(8, AWAY),
    ):
        kept(tmp_path, told)
        days.append(baseline_of(tmp_path)[-2:])
    assert days == ["", "", "03", "03", "05", "05", "05", "05"]


def test_baseline_serves_a_comparison_and_holds_nothing_that_was_sent(tmp_path: Path) -> None:
    kept(tmp_path, RED)
    told, _ = baseline.find(tmp_path)
    assert told
    assert compared(told, RED).comparison == compared(RED, RED).comparison
    assert "curl" not in (tmp_path / baseline.KEPT).read_text(encoding="utf-8").replace('"curl": ""', "")


def test_last_whole_run_is_kept_for_the_gate(tmp_path: Path) -> None:
    kept(tmp_path, on(2, RED), on(1, GREEN), on(3, GREEN, partial=True))
    assert ledger.read(tmp_path / history.LATEST).run.started[:10] == "2026-11-02"


# What is read from it


def test_finding_comes_and_goes(tmp_path: Path) -> None:
    nights = kept(
        tmp_path, on(1, GREEN), on(2, RED), on(3, RED), on(4, AWAY), on(5, GREEN), on(6, GREEN), on(7, RED)
    )
    ((found, times),) = history.spells(nights).values()
    assert found.clause == "list.size"
    assert [(one.first[-2:], one.last[-2:], one.is_over) for one in times] == [
        ("02", "03", True),
        ("07", "07", False),
    ]


def test_finding_that_nobody_asked_for_again_is_not_gone(tmp_path: Path) -> None:
    nights = kept(tmp_path, on(1, RED), on(2, AWAY), on(3, GREEN, partial=True))
    assert [one.is_over for _, times in history.spells(nights).values() for one in times] == [False]


def test_answers_to_open_questions_are_told_where_they_change(tmp_path: Path) -> None:
    other = made(*HELD[:3], record("update.trim", answers={"update.trim": ("it is not", "curl")}))
    nights = kept(tmp_path, on(1, GREEN), on(2, GREEN), on(3, other), on(4, AWAY), on(5, other), on(6, GREEN))
    assert history.answers(nights) == {
        "update.trim": [("2026-11-01", "it is"), ("2026-11-03", "it is not"), ("2026-11-06", "it is")]
    }


@pytest.mark.parametrize(
    ("told", "message", "colour"),
    [
        ([], "no run yet", "lightgrey"),
        ([on(1, RED), on(2, GREEN)], "held, 2026-11-02", "brightgreen"),
        ([on(1, GREEN), on(2, RED), on(3, RED)], "drifted since 2026-11-02", "red"),
        ([on(1, GREEN), on(2, RED), on(3, AWAY)], "inconclusive since 2026-11-02", "yellow"),
        ([on(1, GREEN), on(2, RED, partial=True)], "held, 2026-11-01", "brightgreen"),
    ],
)
def test_badge_says_that_it_held_or_since_when_not(
    tmp_path: Path, told: list[Ledger], message: str, colour: str
) -> None:
    shown = history.badge(kept(tmp_path, *told))
    assert (shown["schemaVersion"], shown["message"], shown["color"]) == (1, message, colour)


def test_badge_of_the_suites_own_sandbox_says_so(tmp_path: Path) -> None:
    shown = history.badge(kept(tmp_path, made(*HELD, kind="embedded", base_url=None)))
    assert "on the suite's own sandbox" in shown["message"]
    assert shown["color"] == "lightgrey"


@given(st.lists(st.sampled_from([*Word, None])))
def test_stretches_are_the_row_again(row: list[Word | None]) -> None:
    again: list[Word | None] = [None] * len(row)
    for word, start, length in history.stretches(row):
        assert length > 0
        again[start : start + length] = [word] * length
    assert again == row


# The page


def year(nights: int = 400, *, is_restless: bool = False) -> list[Night]:
    """So many nights, with drifts that come and go, or with other verdicts each night."""
    chance = random.Random(1)
    ids = [clause.id for clause in PROMISED.values() if not clause.untestable]
    drifts = {chance.choice(ids): (start, start + chance.randint(1, 25)) for start in range(9, nights, 17)}
    found = []
    for day in range(nights):
        words = dict.fromkeys(ids, Word.HOLDS)
        words |= {id: Word.ANSWERED for id in ids if PROMISED[id].level == "observed"}
        drifting = [id for id, (start, end) in drifts.items() if start <= day < end]
        words |= dict.fromkeys(drifting, Word.DRIFTED)
        if day % 61 == 60:
            words = dict.fromkeys(ids, Word.INCONCLUSIVE)
        if is_restless:
            words = {id: chance.choice(list(Word)[:6]) for id in ids}
        word = RunWord.INCONCLUSIVE if day % 61 == 60 else RunWord.DRIFTED if drifting else RunWord.HELD
        found.append(
            Night(
                run=f"{day:012x}",
                started=(FIRST + timedelta(days=day)).isoformat(),
                seconds=round(95 + chance.random() * 20 + day / 20, 1),
                requests=790 + chance.randint(0, 9) + (60 if day > 200 else 0),
                target="live",
                suite="0.1.0",
                description="0" * 12,
                word=word,
                partial=False,
                compared=True,
                clauses={one: [id for id in ids if words[id] == one] for one in set(words.values())},
                findings=[
                    Found(f"{ids.index(id):012x}", id, "relaxed", "GET /customer /page") for id in drifting
                ],
                answers={id: "yes" if day < 120 else "no" for id in ids if words[id] == Word.ANSWERED},
            )
        )
    return found


@pytest.mark.parametrize("is_restless", [False, True])
def test_page_of_four_hundred_nights_is_under_a_megabyte(is_restless: bool) -> None:
    nights = year(is_restless=is_restless)
    text = page.text(nights, PROMISED)
    assert len(text.encode()) < LARGEST
    testable = [clause.id for clause in PROMISED.values() if not clause.untestable]
    assert text.count('class="strip"') == len(testable)
    assert all(id in text for id in testable)
    assert "yes <" in text.replace("<bdi>", "").replace("</bdi>", "") or is_restless


# The command


def test_command_keeps_a_history_and_compares_the_next_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, path = tmp_path / "history", tmp_path / "ledger.json"
    ledger.write(GREEN, path)
    assert main(["history", str(folder), str(path)]) == Exit.HELD
    assert "1 run in" in capsys.readouterr().out
    names = {one.name for one in folder.iterdir()}
    assert names == {
        history.LINES,
        history.BADGE,
        history.LATEST,
        baseline.KEPT,
        "index.html",
        ".gitattributes",
    }
    assert json.loads((folder / history.BADGE).read_text(encoding="utf-8"))["message"] == "held, 2026-11-22"
    assert main(["history", str(folder)]) == Exit.HELD
    assert baseline.find(folder)[0]


def test_command_refuses_what_is_no_ledger(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "ledger.json").write_text("{}", encoding="utf-8")
    assert main(["history", str(tmp_path), str(tmp_path / "ledger.json")]) == Exit.SETUP
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / history.LINES).exists()
