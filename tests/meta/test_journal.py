"""The journal and the claims: on disk first, whole after a crash, one run at a time on each customer."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from billogram_contract.errors import SetupError
from billogram_contract.pool import journal, locks
from billogram_contract.pool.journal import Journal, JournalHeader

URL = "http://127.0.0.1:8025/api/v2"
ORIGINAL: dict[str, Any] = {"customer_no": 9001, "name": "Åsa"}


def header(
    customers: tuple[int, ...] = (9001, 9002), numbers: range = range(9101, 9104), **other: Any
) -> JournalHeader:
    return journal.header(other.get("url", URL), other.get("user", "user"), customers, numbers)


def leave(folder: Path, kept: JournalHeader, *changed: int) -> Path:
    """The journal of a run that died."""
    dead = Journal.create(folder, kept)
    for number in changed:
        dead.change(number, {"customer_no": number}, None)
    dead._lock.release()
    return dead.path


# The file


def test_change_is_on_disk_before_it_is_made(tmp_path: Path) -> None:
    kept = Journal.create(tmp_path, header())
    kept.change(9001, ORIGINAL, 9101)
    _, entries = journal.read(kept.path)
    assert entries[9001] == journal.JournalEntry(ORIGINAL, {}, [9101, 9001], changed=True, pending=True)


@pytest.mark.parametrize(
    ("steps", "numbers", "pending"),
    [
        ([("change", 9101)], [9101, 9001], True),
        ([("change", 9101), ("at", 9101)], [9101, 9001], False),
        ([("change", 9101), ("at", 9001)], [9001, 9101], False),
        ([("change", 9101), ("at", 9101), ("change", 9102)], [9102, 9101, 9001], True),
        ([("change", None)], [9001], True),
    ],
)
def test_likeliest_number_comes_first(
    tmp_path: Path, steps: list[tuple[str, Any]], numbers: list[int], pending: bool
) -> None:
    kept = Journal.create(tmp_path, header())
    for step, number in steps:
        if step == "change":
            kept.change(9001, ORIGINAL, number)
        else:
            kept.at(9001, number)
    entry = journal.read(kept.path)[1][9001]
    assert (entry.numbers, entry.pending) == (numbers, pending)


def test_journal_of_customers_put_back_is_removed(tmp_path: Path) -> None:
    kept = Journal.create(tmp_path, header())
    kept.change(9001, ORIGINAL, None)
    kept.back(9001)
    kept.close()
    assert list(tmp_path.iterdir()) == []


def test_journal_of_a_changed_customer_stays(tmp_path: Path) -> None:
    kept = Journal.create(tmp_path, header())
    kept.change(9001, ORIGINAL, None)
    kept.back(9001)
    kept.change(9001, ORIGINAL, 9101)
    kept.close()
    taken = Journal.take(kept.path)
    assert taken is not None
    assert list(taken.changed) == [9001]


def test_line_that_was_cut_off_is_left_out(tmp_path: Path) -> None:
    path = leave(tmp_path, header(), 9001)
    path.write_bytes(path.read_bytes() + b'{"customer": 9001, "ba')
    assert journal.read(path)[1][9001].changed


@pytest.mark.parametrize("content", [b"", b"{}\n", b"nothing\n", b'{"owner": {"user": "x"}}\n'])
def test_unreadable_journal_is_told_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "some.jsonl"
    path.write_bytes(content)
    with pytest.raises(SetupError, match="cannot be read") as caught:
        journal.read(path)
    assert "\n" not in str(caught.value)


def test_journal_is_for_its_owner_alone(tmp_path: Path) -> None:
    kept = Journal.create(tmp_path / "new", header())
    assert stat.S_IMODE(kept.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.path.parent.stat().st_mode) == 0o700


def test_folder_that_cannot_be_written_is_a_wrong_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SetupError, match="--journal-dir"):
        locks.take(tmp_path / "file" / "journals", header())


# Claims


@pytest.mark.parametrize(
    ("theirs", "common"),
    [
        (header(), "customer 9001"),
        (header((9002, 9003), range(0)), "customer 9002"),
        (header((9103,), range(0)), "number 9103"),
        (header((8001,), range(9001, 9002)), "number 9001"),
        (header((8001,), range(9103, 9200)), "number 9103"),
        (header((8001,), range(1, 10**12)), "number 9001"),
        (header(url="http://localhost:8025/api/v2/"), "customer 9001"),
        (header((8001,), range(9104, 9200)), ""),
        (header((8001,), range(0)), ""),
        (header(user="other"), ""),
        (header(url="https://other.example/api/v2"), ""),
        (header(url="http://127.0.0.1:8026/api/v2"), ""),
    ],
)
def test_claims_overlap_where_a_number_is_in_both(theirs: JournalHeader, common: str) -> None:
    assert locks.overlap(header(), theirs).removesuffix(" as well") == common
    assert bool(locks.overlap(theirs, header())) == bool(common)


def test_second_run_on_a_customer_is_refused(tmp_path: Path) -> None:
    first, _ = locks.take(tmp_path, header())
    with pytest.raises(SetupError, match=rf"pid {os.getpid()}, since .* works on customer 9002") as caught:
        locks.take(tmp_path, header((9002,), range(0)))
    assert "\n" not in str(caught.value)
    first.close()
    assert locks.take(tmp_path, header((9002,), range(0)))[1] == []


def test_disjoint_runs_go_side_by_side(tmp_path: Path) -> None:
    locks.take(tmp_path, header())
    assert locks.take(tmp_path, header((8001,), range(8101, 8103)))[1] == []


def test_claim_of_a_killed_process_does_not_block(tmp_path: Path) -> None:
    script = (
        "import os, pathlib, sys; from billogram_contract.pool import journal, locks;"
        f"j, _ = locks.take(pathlib.Path(sys.argv[1]), journal.header({URL!r}, 'user', (9001,), range(0)));"
        "j.change(9001, {'customer_no': 9001}, None); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    assert done.returncode == -9
    _, left = locks.take(tmp_path, header())
    assert [list(one.changed) for one in left] == [[9001]]


def test_journal_left_for_other_customers_is_left_alone(tmp_path: Path) -> None:
    path = leave(tmp_path, header((8001,), range(0)), 8001)
    assert locks.take(tmp_path, header())[1] == []
    assert path.exists()


def test_journal_holds_no_password(tmp_path: Path) -> None:
    kept = Journal.create(tmp_path, header())
    told = json.loads(kept.path.read_text().splitlines()[0])["owner"]
    assert told.keys() == {"base_url", "user", "run", "customers", "numbers", "pid", "started"}
