"""Restoring: after a kill at any moment, wherever the customer is, and never a stranger."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from billogram_contract.__main__ import main
from billogram_contract.pool import journal
from billogram_contract.pool.journal import Journal
from billogram_contract.pool.leased import LeasedCustomer
from billogram_contract.pool.pool import Pool
from billogram_contract.pool.undo import is_same
from billogram_contract.sandbox import Sandbox
from billogram_contract.upstream.client import Client
from billogram_contract.upstream.exchange import Answer, Call
from billogram_contract.upstream.target import Target
from billogram_contract.upstream.transport import Transport
from tests.meta.test_pool import entries


class Killed(BaseException):
    """The process ends here."""


class DeadRun:
    """A run that changes customers of a sandbox and is killed, and what is done about it."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox, self.folder = sandbox, folder
        allotted = sandbox.customers[:4], sandbox.numbers
        self.target = Target("live", sandbox.base_url, sandbox.user, sandbox.password, *allotted)
        header = journal.header(sandbox.base_url, sandbox.user, *allotted)
        self.journal = Journal.create(folder, header)
        self.is_dying = False
        self.client = Client(self.target, self._receive)
        self.pool = Pool(self.client, consistency_timeout=0.0, journal=self.journal)
        self.before = entries(self.pool)
        self.customers = {one.original_number: one for one in self.pool.open()}

    def __getitem__(self, number: int) -> LeasedCustomer:
        return self.customers[number]

    def die(self) -> None:
        """The lock goes with the process; the file stays."""
        self.journal._lock.release()

    def send_and_die(self, customer: LeasedCustomer, body: dict[str, Any]) -> None:
        """An update that is made, but whose answer nobody reads any more."""
        self.is_dying = True
        with pytest.raises(Killed):
            self.client.update(customer.number, body)
        self.die()

    def _receive(self, answer: Answer) -> None:
        if self.is_dying:
            raise Killed

    def somebody(self, *numbers: int) -> Client:
        """Somebody else in the same account."""
        return Client(replace(self.target, customers=numbers))

    @property
    def is_as_before(self) -> bool:
        with_filters = Pool(Client(self.target), consistency_timeout=0.0)
        return entries(with_filters) == self.before


def _killed(transport: Transport, call: Call) -> Answer:
    raise Killed


@contextmanager
def live_session(folder: Path, monkeypatch: pytest.MonkeyPatch, **options: Any) -> Iterator[DeadRun]:
    with Sandbox(others=20, **options) as sandbox:
        monkeypatch.setenv("BILLOGRAM_API_USER", sandbox.user)
        monkeypatch.setenv("BILLOGRAM_API_PASSWORD", sandbox.password)
        monkeypatch.setenv("BILLOGRAM_JOURNAL_DIR", str(folder))
        monkeypatch.setenv("BILLOGRAM_SETTLE", "0")
        monkeypatch.setattr("billogram_contract.pool.recovery.UNDER_WAY", 0.0)
        yield DeadRun(sandbox, folder)


@pytest.fixture
def dead_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DeadRun]:
    with live_session(tmp_path, monkeypatch) as found:
        yield found


def test_renumbered_customer_is_put_back(dead_run: DeadRun, capsys: pytest.CaptureFixture[str]) -> None:
    dead_run[9001].update({"customer_no": 9101, "name": "Ny", "notes": "ny"})
    dead_run[9002].update({"contact": {"phone": "1"}})
    dead_run.die()
    assert main(["restore"]) == 0
    assert dead_run.is_as_before
    assert "2 customers are as the run of" in capsys.readouterr().out
    assert main(["restore"]) == 0
    assert "Nothing to restore" in capsys.readouterr().out


@pytest.mark.parametrize("body", [{"customer_no": 9105, "name": "Ny"}, {"name": "Ny"}])
def test_update_whose_answer_was_never_read_is_undone(dead_run: DeadRun, body: dict[str, Any]) -> None:
    dead_run.send_and_die(dead_run[9001], body)
    assert not dead_run.is_as_before
    assert main(["restore"]) == 0
    assert dead_run.is_as_before


def test_update_that_never_arrived_needs_nothing(dead_run: DeadRun) -> None:
    with pytest.MonkeyPatch.context() as line:
        line.setattr(Transport, "send", _killed)
        with pytest.raises(Killed):
            dead_run[9001].update({"customer_no": 9101})
    dead_run.die()
    written = len([one for one in dead_run.sandbox.requests if one.method == "PUT"])
    assert main(["restore"]) == 0
    assert len([one for one in dead_run.sandbox.requests if one.method == "PUT"]) == written
    assert dead_run.is_as_before


@pytest.mark.parametrize("ring", [(9001, 9002), (9001, 9002, 9003)])
def test_customers_with_each_others_numbers_are_put_back(dead_run: DeadRun, ring: tuple[int, ...]) -> None:
    first, *rest = ring
    dead_run[first].update({"customer_no": 9101})
    for number, freed in zip(rest, ring, strict=False):
        dead_run[number].update({"customer_no": freed})
    dead_run[first].update({"customer_no": ring[-1]})
    dead_run.die()
    assert main(["restore"]) == 0
    assert dead_run.is_as_before


def test_customer_under_a_number_that_nobody_told_of_is_found(dead_run: DeadRun) -> None:
    dead_run[9001].update({"name": "Ny"})
    dead_run.die()
    somebody = Client(
        Target("live", dead_run.target.base_url, dead_run.target.user, dead_run.target.password, (9001, 77))
    )
    somebody.update(9001, {"customer_no": 77})
    assert main(["restore"]) == 0
    assert dead_run.is_as_before


def test_stranger_with_the_old_number_is_left_alone(
    dead_run: DeadRun, capsys: pytest.CaptureFixture[str]
) -> None:
    dead_run[9001].update({"customer_no": 9101, "name": "Ny"})
    dead_run.die()
    allotted = (42, 9001)
    somebody = Client(
        Target("live", dead_run.target.base_url, dead_run.target.user, dead_run.target.password, allotted)
    )
    somebody.update(42, {"customer_no": 9001})
    assert main(["restore"]) == 1
    found = entries(Pool(Client(dead_run.target), consistency_timeout=0.0))
    assert found[9001] == {**dead_run.before[42], "customer_no": 9001}
    assert found[9101] == {**dead_run.before[9001], "customer_no": 9101}
    told = capsys.readouterr().out
    assert "NOT PUT BACK: customer 9001 (now 9101): put back by hand: customer_no to 9001" in told
    assert list(dead_run.folder.glob("*.jsonl"))
    somebody.update(9001, {"customer_no": 42})
    assert main(["restore"]) == 0
    assert dead_run.is_as_before


def test_wrong_credentials_keep_the_journal(
    dead_run: DeadRun, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    dead_run[9001].update({"name": "Ny"})
    dead_run.die()
    monkeypatch.setenv("BILLOGRAM_API_PASSWORD", "not-the-password")
    assert main(["restore"]) == 2
    monkeypatch.setenv("BILLOGRAM_API_USER", "somebody")
    assert main(["restore"]) == 2
    told = capsys.readouterr().err
    assert len(told.splitlines()) == 2
    assert "not-the-password" not in told
    monkeypatch.setenv("BILLOGRAM_API_USER", dead_run.sandbox.user)
    monkeypatch.setenv("BILLOGRAM_API_PASSWORD", dead_run.sandbox.password)
    assert main(["restore"]) == 0
    assert dead_run.is_as_before


def test_unreachable_upstream_keeps_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with live_session(tmp_path, monkeypatch) as dead_run:
        dead_run[9001].update({"name": "Ny"})
        dead_run.die()
    assert main(["restore"]) == 6
    assert "nothing listens on 127.0.0.1:" in capsys.readouterr().err
    assert list(tmp_path.glob("*.jsonl"))


def test_run_under_way_is_left_alone(dead_run: DeadRun, capsys: pytest.CaptureFixture[str]) -> None:
    dead_run[9001].update({"name": "Ny"})
    assert main(["restore"]) == 2
    assert "under way" in capsys.readouterr().out
    assert not dead_run.is_as_before


def test_journal_of_production_is_refused(dead_run: DeadRun, capsys: pytest.CaptureFixture[str]) -> None:
    dead_run[9001].update({"name": "Ny"})
    dead_run.die()
    path = dead_run.journal.path
    path.write_text(path.read_text().replace(dead_run.target.base_url, "https://billogram.com/api/v2"))
    assert main(["restore"]) == 2
    assert "is production" in capsys.readouterr().err


@pytest.mark.parametrize("variant", ["list-lags-briefly", "null-text-refused", "street-address"])
def test_variant_is_restored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variant: str) -> None:
    with live_session(tmp_path, monkeypatch, variants=[variant]) as dead_run:
        monkeypatch.setenv("BILLOGRAM_SETTLE", "0.5")
        dead_run.send_and_die(dead_run[9001], {"customer_no": 9101, "notes": "ny", "address": {"city": "x"}})
        assert main(["restore"]) == 0
        assert dead_run.is_as_before


# Who is who


BORN = "2020-01-01T00:00:00.000Z"


@pytest.mark.parametrize(
    ("original", "entry", "same"),
    [
        ({"created_at": BORN}, {"created_at": "2020-01-01 00:00:00"}, True),
        ({"created_at": BORN, "org_no": "1"}, {"created_at": BORN, "org_no": "1", "name": "y"}, True),
        ({"created_at": BORN, "org_no": "1"}, {"created_at": BORN, "org_no": "2"}, False),
        ({"created_at": BORN, "org_no": "1"}, {"created_at": "2021-01-01T00:00:00Z", "org_no": "1"}, False),
        ({"org_no": "1", "vat_no": "2"}, {"org_no": "1", "vat_no": "2"}, True),
        ({"org_no": "1"}, {"org_no": "1"}, False),
        ({"name": "x"}, {"name": "x"}, False),
    ],
)
def test_customer_is_known_by_what_no_update_changes(
    original: dict[str, Any], entry: dict[str, Any], same: bool
) -> None:
    assert is_same(original, entry) is same


# What is there


def test_journals_are_listed_and_kept(dead_run: DeadRun, capsys: pytest.CaptureFixture[str]) -> None:
    dead_run[9001].update({"name": "Ny"})
    dead_run.die()
    assert main(["restore", "--list"]) == 0
    told = capsys.readouterr().out
    assert dead_run.journal.path.name in told
    assert "changed: 9001" in told
    assert not dead_run.is_as_before


def test_journal_is_discarded_after_a_question(dead_run: DeadRun, monkeypatch: pytest.MonkeyPatch) -> None:
    dead_run[9001].update({"name": "Ny"})
    dead_run.die()
    name = dead_run.journal.path.name
    monkeypatch.setattr("builtins.input", lambda question: "n")
    assert main(["restore", "--discard", name]) == 2
    assert dead_run.journal.path.exists()
    assert main(["restore", "--discard", name, "--yes"]) == 0
    assert not dead_run.journal.path.exists()
    assert main(["restore", "--discard", name, "--yes"]) == 2


def test_journal_of_a_run_under_way_is_not_discarded(dead_run: DeadRun) -> None:
    dead_run[9001].update({"name": "Ny"})
    assert main(["restore", "--discard", dead_run.journal.path.name, "--yes"]) == 2
    assert dead_run.journal.path.exists()


def test_folder_that_is_not_there_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["restore", "--journal-dir", str(tmp_path / "nope")]) == 2
    assert "no such folder" in capsys.readouterr().err


def test_address_restricts_to_its_account(dead_run: DeadRun, tmp_path: Path) -> None:
    other = journal.header("http://127.0.0.1:1/api/v2", "somebody", (8001,), range(0))
    foreign = Journal.create(tmp_path, other)
    foreign.change(8001, {"customer_no": 8001}, None)
    foreign._lock.release()
    dead_run[9001].update({"name": "Ny"})
    dead_run.die()
    assert main(["restore", "--base-url", dead_run.target.base_url]) == 0
    assert dead_run.is_as_before
    assert foreign.path.exists()


def test_dead_servers_hold_nothing_up(dead_run: DeadRun, tmp_path: Path) -> None:
    for port in range(1, 21):
        header = journal.header(
            f"http://127.0.0.1:{port}/api/v2", dead_run.sandbox.user, (9001,), range(0), f"dead{port}"
        )
        gone = Journal.create(tmp_path, header)
        gone.change(9001, {"customer_no": 9001}, None)
        gone._lock.release()
    dead_run[9001].update({"name": "Ny"})
    dead_run.die()
    started = time.monotonic()
    assert main(["restore"]) == 6
    assert time.monotonic() - started < 5
    assert dead_run.is_as_before


def test_journal_that_vanishes_is_no_error(dead_run: DeadRun, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = dead_run.folder / "gone.jsonl"
    monkeypatch.setattr(journal, "found", lambda folder: iter([gone]))
    assert main(["restore"]) == 0
    assert list(journal.read_all(dead_run.folder)) == []
