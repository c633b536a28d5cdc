"""One issue a finding, whatever happens to the requests, to two jobs at once, and from night to night."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from msgspec.structs import replace

from billogram_contract.__main__ import main
from billogram_contract.checking.finding import Finding
from billogram_contract.errors import Outage, SetupError
from billogram_contract.results import ledger
from billogram_contract.results.model import Ledger, Member
from billogram_contract.results.verdict import Exit
from billogram_contract.watch import github, issues
from tests.meta.github import ADDRESS, FAULTS, REPOSITORY, TOKEN, Clock, StandIn, Turns, hub, served
from tests.meta.ledgers import CLAUSES, DRIFTED, HELD, LIVE, compared, made, record, standing

ASKED = [clause.id for clause in CLAUSES if clause.level == "must" and not clause.untestable]


def found(clause: str, pointer: str, observed: str = "200: it is accepted") -> Finding:
    return Finding(clause, "relaxed", "GET /customer", pointer, "400", observed, "curl http://x")


PLACES = [("list.size", "/a"), ("list.size", "/b"), ("list.total", "/a"), ("update.name", "/a")]


def ledger_of(findings: Sequence[Finding], *, away: Sequence[str] = (), **about: Any) -> Ledger:
    """The ledger of a night that found this; `away` are the clauses that could not be asked."""
    records = [
        record(id, asked=0, outage="upstream is away")
        if id in away
        else record(id, *(one for one in findings if one.clause == id))
        for id in ASKED
    ]
    told = made(*records, HELD[3], is_complete=about.pop("is_complete", True))
    return replace(told, run=replace(told.run, **about))


def job(stand_in: StandIn, told: Ledger, before: Any = lambda: None) -> list[str]:
    """One job: the lines that it prints."""
    if issues.unfit(told):
        return []
    way = hub(stand_in, before)
    steps = issues.plan(told, issues.look(way), way.now())
    return list(issues.carry_out(told, way, steps))


@pytest.fixture
def stand_in() -> StandIn:
    return StandIn(Clock())


NIGHT = ledger_of([DRIFTED])
QUIET = ledger_of([])


def test_finding_opens_an_issue_with_story_patch_and_accept_line(stand_in: StandIn) -> None:
    (line,) = job(stand_in, NIGHT)
    assert line == f"open an issue for finding {DRIFTED.fingerprint} (list.size)"
    (one,) = stand_in.issues.values()
    assert one["title"].startswith("list.size: ")
    for part in ("expected", "it is accepted", "curl -i", '"op": "remove"', f"accept {DRIFTED.fingerprint}"):
        assert part in one["body"]


def test_quiet_night_writes_nothing(stand_in: StandIn) -> None:
    job(stand_in, NIGHT)
    assert job(stand_in, replace(NIGHT, run=replace(NIGHT.run, started="2026-11-23T03:00:00+00:00"))) == []
    assert stand_in.writes == ["POST"]


def test_issue_follows_what_is_observed_and_keeps_what_people_wrote(stand_in: StandIn) -> None:
    job(stand_in, NIGHT)
    (one,) = stand_in.issues.values()
    one["title"], one["body"] = "Ours now", f"Asked upstream.\n\n{one['body']}\n\nThey look."
    one["body"] = one["body"].replace("\n", "\r\n")  # as GitHub's page sends it
    changed = replace(DRIFTED, observed="200: only half of it")
    assert job(stand_in, ledger_of([changed])) == [
        f"update issue 1 of finding {DRIFTED.fingerprint} (list.size)"
    ]
    assert one["title"] == "Ours now"
    assert one["body"].startswith("Asked upstream.")
    assert one["body"].endswith("They look.")
    assert "only half of it" in one["body"]
    assert one["body"].count("<!-- billogram-contract") == 1
    assert job(stand_in, ledger_of([changed])) == []


def test_issue_is_closed_once_its_clause_holds_and_reopened_within_thirty_days(stand_in: StandIn) -> None:
    job(stand_in, NIGHT)
    job(stand_in, QUIET)
    (one,) = stand_in.issues.values()
    assert (one["state"], one["state_reason"]) == ("closed", "completed")
    assert "**Gone:**" in one["body"]
    stand_in.clock.time += timedelta(days=29)
    job(stand_in, NIGHT)
    assert (one["state"], one["state_reason"]) == ("open", "reopened")
    assert "**Gone:**" not in one["body"]
    job(stand_in, QUIET)
    stand_in.clock.time += timedelta(days=31)
    job(stand_in, NIGHT)
    assert stand_in.opened(DRIFTED.fingerprint) == [2]


@pytest.mark.parametrize(
    "told",
    [
        ledger_of([], partial=True),
        ledger_of([], is_complete=False),
        ledger_of([], away=ASKED),
        ledger_of([], away=["list.size"]),
        ledger_of([found("list.total", "/a")], away=["list.size"]),
        ledger_of([], target=replace(LIVE, kind="embedded")),
        ledger_of([found("list.size", "/other")]),
    ],
    ids=["partial", "broken off", "away", "one away", "its clause away", "embedded", "clause drifts yet"],
)
def test_issue_stays_open_where_nobody_asked_again_and_got_its_promise(
    stand_in: StandIn, told: Ledger
) -> None:
    job(stand_in, NIGHT)
    job(stand_in, told)
    assert stand_in.opened(DRIFTED.fingerprint) == [1]


@pytest.mark.parametrize(
    "told", [ledger_of([DRIFTED], partial=True), ledger_of([DRIFTED], is_complete=False)]
)
def test_run_that_is_no_whole_one_opens_nothing(stand_in: StandIn, told: Ledger) -> None:
    assert job(stand_in, told) == []
    assert stand_in.issues == {}


def test_accepted_finding_opens_nothing_and_keeps_its_issue(stand_in: StandIn) -> None:
    told = made(record("list.size", DRIFTED), *HELD[1:], deviation_statuses=[standing()])
    assert job(stand_in, told) == []
    job(stand_in, NIGHT)
    assert job(stand_in, told) == []
    assert stand_in.opened(DRIFTED.fingerprint) == [1]


def test_change_against_the_baseline_is_gone_only_for_a_run_that_compared(stand_in: StandIn) -> None:
    other = record("update.trim", answers={"update.trim": ("no longer", "curl http://x/customer")})
    told = compared(made(*HELD), made(*HELD[:3], other))
    job(stand_in, told)
    (change,) = told.findings
    job(stand_in, made(*HELD))
    assert stand_in.opened(change.fingerprint) == [1]
    job(stand_in, compared(made(*HELD), made(*HELD)))
    assert stand_in.opened(change.fingerprint) == []


def together(first: Finding, second: Finding) -> Ledger:
    """A night that tells two departures as one finding."""
    told = ledger_of([first, second])
    entries = {one.fingerprint: one for one in told.findings}
    lead, other = entries[first.fingerprint], entries[second.fingerprint]
    place = (other.clause, other.direction, other.operation, other.pointer)
    member = Member(other.fingerprint, *place, other.observed, other.headline)
    return replace(told, findings=[replace(lead, also=(member,))])


def test_one_cause_is_one_issue_whichever_departure_is_told_first(stand_in: StandIn) -> None:
    one, other = found("list.size", "/a"), found("list.total", "/a")
    job(stand_in, together(one, other))
    job(stand_in, together(other, one))
    assert [issue["state"] for issue in stand_in.issues.values()] == ["open"]
    job(stand_in, ledger_of([other]))
    assert stand_in.opened(one.fingerprint) == []
    assert len(stand_in.opened(other.fingerprint)) == 1


def test_marker_of_a_stranger_counts_for_nothing(stand_in: StandIn) -> None:
    job(stand_in, NIGHT)
    text = stand_in.issues[1]["body"]
    other = StandIn(Clock())
    other.add("mine", text, user={"type": "User"}, author_association="NONE")
    other.add("a pull request", text, pull_request={})
    job(other, NIGHT)
    assert other.opened(DRIFTED.fingerprint) == [1, 2, 3]


def test_marker_that_is_quoted_or_told_by_upstream_counts_for_nothing(stand_in: StandIn) -> None:
    job(stand_in, NIGHT)
    quoted = "\n".join(f"> {line}" for line in stand_in.issues[1]["body"].splitlines())
    stand_in.add("about it", quoted)
    harmful = replace(found("list.total", "/a"), observed=stand_in.issues[1]["body"])
    job(stand_in, ledger_of([DRIFTED, harmful]))
    assert job(stand_in, ledger_of([DRIFTED, harmful])) == []
    assert [one["state"] for one in stand_in.issues.values()] == ["open"] * 3


def test_all_pages_are_read(stand_in: StandIn) -> None:
    for number in range(250):
        stand_in.add(f"another issue {number}", "about something else")
    job(stand_in, NIGHT)
    assert job(stand_in, NIGHT) == []
    assert stand_in.opened(DRIFTED.fingerprint) == [251]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("at", range(4))
def test_each_fault_at_each_request_leaves_one_issue(stand_in: StandIn, fault: str, at: int) -> None:
    stand_in.faults = [""] * at + [fault]
    job(stand_in, NIGHT)
    assert stand_in.opened(DRIFTED.fingerprint) == [1]
    assert stand_in.writes == ["POST"]


def test_github_that_stays_away_is_an_outage(stand_in: StandIn) -> None:
    stand_in.faults = ["lost before"] * 99
    with pytest.raises(Outage):
        job(stand_in, NIGHT)


def test_limit_that_lasts_too_long_is_an_outage(stand_in: StandIn) -> None:
    stand_in.faults = ["wait for reset"] * 99
    with pytest.raises(Outage, match="answered 403"):
        job(stand_in, NIGHT)


def both(stand_in: StandIn, told: Ledger, schedule: Sequence[int]) -> None:
    """Two jobs with the same ledger at once."""
    turns = Turns(schedule)
    trouble: list[BaseException] = []

    def work(number: int) -> None:
        try:
            job(stand_in, told, lambda: turns.wait(number))
        except BaseException as error:
            trouble.append(error)
        finally:
            turns.end(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    for error in trouble:
        raise error


def test_two_jobs_at_once_leave_one_issue() -> None:
    for turn in range(2**7):
        stand_in = StandIn(Clock())
        both(stand_in, NIGHT, [turn >> bit & 1 for bit in range(7)])
        assert stand_in.opened(DRIFTED.fingerprint) == [1]


class Nights(RuleBasedStateMachine):
    """Nights of runs over a year: findings come, change and go, and GitHub has its bad days."""

    @initialize(others=st.sampled_from([0, 0, 0, 150]))
    def begin(self, others: int) -> None:
        self.stand_in = StandIn(Clock())
        for number in range(others):
            self.stand_in.add(f"another issue {number}", "about something else")
        self.there: dict[tuple[str, str], str] = {}
        self.expected: dict[str, Finding] = {}

    @rule(place=st.sampled_from(PLACES), observed=st.sampled_from(["this", "that"]))
    def comes_or_changes(self, place: tuple[str, str], observed: str) -> None:
        self.there[place] = observed

    @rule(place=st.sampled_from(PLACES))
    def goes(self, place: tuple[str, str]) -> None:
        self.there.pop(place, None)

    @rule(days=st.sampled_from([1, 10, 29, 31, 60]))
    def time_passes(self, days: int) -> None:
        self.stand_in.clock.time += timedelta(days=days)

    def findings(self) -> list[Finding]:
        return [found(*place, observed) for place, observed in self.there.items()]

    @rule(
        away=st.sampled_from([(), (), ("list.size",), ("list.total", "update.name")]),
        faults=st.lists(st.sampled_from(["", "", *FAULTS]), max_size=6),
    )
    def whole_run(self, away: Sequence[str], faults: list[str]) -> None:
        there = [one for one in self.findings() if one.clause not in away]
        told = ledger_of(there, away=away)
        self.stand_in.faults = list(faults)
        closed = self.duplicates()
        self.settle(lambda: job(self.stand_in, told), told, there, away)
        assert self.duplicates() == closed, "one job alone opens nothing twice"

    @rule(
        schedule=st.lists(st.integers(0, 1), max_size=20),
        faults=st.lists(st.sampled_from(["", "", "", *FAULTS]), max_size=4),
    )
    def two_jobs_at_once(self, schedule: list[int], faults: list[str]) -> None:
        there = self.findings()
        told = ledger_of(there)
        self.stand_in.faults = list(faults)
        self.settle(lambda: both(self.stand_in, told, schedule), told, there, ())

    @rule(kind=st.sampled_from([{"partial": True}, {"is_complete": False}, {"away": ASKED}]))
    def run_that_is_none(self, kind: dict[str, Any]) -> None:
        before = [dict(one) for one in self.stand_in.issues.values()]
        there = [] if "away" in kind else self.findings()
        job(self.stand_in, ledger_of(there, **kind))
        assert [dict(one) for one in self.stand_in.issues.values()] == before

    def settle(self, jobs: Any, told: Ledger, there: list[Finding], away: Sequence[str]) -> None:
        """Does the jobs, and again in peace where GitHub stayed away; then all is as it should be."""
        numbers = dict(self.numbers())
        closed_lately = self.closed_lately()
        try:
            jobs()
        except Outage:
            self.stand_in.faults = []
            job(self.stand_in, told)
        self.stand_in.faults = []
        if issues.unfit(told):
            return
        drifting = {one.clause for one in there}
        for place in list(self.expected):
            clause = self.expected[place].clause
            if clause not in drifting and clause not in away:
                del self.expected[place]
        self.expected |= {one.fingerprint: one for one in there}
        self.hold(there, numbers, closed_lately)
        writes = len(self.stand_in.writes)
        job(self.stand_in, told)
        assert len(self.stand_in.writes) == writes, "a second job with the same run has nothing to do"

    def hold(self, there: list[Finding], numbers: dict[str, int], closed_lately: dict[str, set[int]]) -> None:
        now = dict(self.numbers())
        assert now.keys() == self.expected.keys()
        for one in there:
            assert f"observed: {one.observed}" in self.stand_in.issues[now[one.fingerprint]]["body"]
        for fingerprint, number in now.items():
            if fingerprint in numbers:
                assert number == numbers[fingerprint], "an issue that was open stays the one"
            elif lately := closed_lately.get(fingerprint):
                assert number in lately, "what was closed lately is opened again"

    def numbers(self) -> list[tuple[str, int]]:
        """The open issue of each finding; two for one finding fail."""
        found_numbers = []
        for place in PLACES:
            fingerprint = found(*place).fingerprint
            opened = self.stand_in.opened(f"finding={fingerprint} ")
            assert len(opened) <= 1, f"{opened} are all open for one finding"
            found_numbers += [(fingerprint, number) for number in opened]
        return found_numbers

    def duplicates(self) -> int:
        return sum("Duplicate of #" in one["body"] for one in self.stand_in.issues.values())

    def closed_lately(self) -> dict[str, set[int]]:
        since = self.stand_in.clock.now() - issues.LATELY + timedelta(hours=6)  # as long as bad days may take
        stamp = since.strftime("%Y-%m-%dT%H:%M:%SZ")
        return {
            (fingerprint := found(*place).fingerprint): {
                number
                for number, one in self.stand_in.issues.items()
                if (one["closed_at"] or "") >= stamp and f"finding={fingerprint} " in one["body"]
            }
            for place in PLACES
        }


def histories(count: int) -> settings:
    quiet = list(HealthCheck)
    return settings(
        max_examples=count,
        stateful_step_count=30,
        deadline=None,
        derandomize=True,
        suppress_health_check=quiet,
    )


class TestNights(Nights.TestCase):
    settings = histories(25)


@pytest.mark.slow
class TestThousandNights(Nights.TestCase):
    settings = histories(1000)


@pytest.mark.parametrize(
    ("address", "repository", "token", "line"),
    [
        ("api.github.test", REPOSITORY, TOKEN, "is no address"),
        ("http://api.github.test", REPOSITORY, TOKEN, "in clear"),
        ("https://me:secret@api.github.test", REPOSITORY, TOKEN, "holds credentials"),
        (ADDRESS, "sdk", TOKEN, "is none: write it like owner/name"),
        (ADDRESS, "", TOKEN, "is none: write it like owner/name"),
        (ADDRESS, REPOSITORY, "", "GITHUB_TOKEN"),
    ],
)
def test_wrong_setting_is_told(address: str, repository: str, token: str, line: str) -> None:
    with pytest.raises(SetupError, match=line) as caught:
        github.connect(address, repository, token)
    assert "secret" not in str(caught.value)


# The command


@pytest.fixture
def command(
    stand_in: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., int]]:
    """Runs `issues` on a ledger against a stand-in that is asked over HTTP; its exit code."""
    with served(stand_in) as address:
        for name, value in {"GITHUB_TOKEN": TOKEN, "NO_PROXY": "127.0.0.1"}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(time, "sleep", lambda seconds: None)

        def run(told: Ledger, *options: str) -> int:
            ledger.write(told, tmp_path / "ledger.json")
            where = ["--api-url", address, "--repository", REPOSITORY]
            return main(["issues", str(tmp_path / "ledger.json"), *where, *options])

        yield run


def test_command_keeps_an_issue_over_http(
    command: Callable[..., int], stand_in: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    stand_in.faults = ["lost before", "", "slow down", "", "lost after"]
    assert command(NIGHT) == Exit.HELD
    assert "1 finding, 1 issue touched" in capsys.readouterr().out
    assert stand_in.opened(DRIFTED.fingerprint) == [1]


def test_dry_run_writes_nothing(
    command: Callable[..., int], stand_in: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(NIGHT, "--dry-run") == Exit.HELD
    assert capsys.readouterr().out == f"would open an issue for finding {DRIFTED.fingerprint} (list.size)\n"
    assert stand_in.issues == {}


def test_run_that_is_no_news_asks_nobody(
    command: Callable[..., int], stand_in: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    stand_in.faults = ["lost before"]
    assert command(ledger_of([DRIFTED], partial=True)) == Exit.HELD
    assert "it asked only some of the checks" in capsys.readouterr().out
    assert stand_in.faults == ["lost before"]


def test_repository_that_is_not_there_ends_with_two(
    command: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(NIGHT, "--repository", "owner/other") == Exit.SETUP
    assert "there is none, or the token may not see it" in capsys.readouterr().err
