"""A command run through the proxy: the target opened, both sides judged, and what it came to as a ledger."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from billogram_contract.checking.recorder import Recorder
from billogram_contract.results import deviations, ledger
from billogram_contract.results.model import About, Allotted, Ledger, TargetEntry
from billogram_contract.results.verdict import Exit, Verdict, exit_code, verdicts
from billogram_contract.run import opening
from billogram_contract.run.settings import Settings
from billogram_contract.sandbox import Sandbox
from billogram_contract.sdk import ready
from billogram_contract.sdk.asked import Reader
from billogram_contract.sdk.command import Commands
from billogram_contract.sdk.har import Tape
from billogram_contract.sdk.judge import CHECK, Judge, Seen
from billogram_contract.sdk.passed import Open, Wall
from billogram_contract.sdk.relay import Relay
from billogram_contract.sdk.wall import Allotment
from billogram_contract.spec import clauses as clauses_module
from billogram_contract.spec import description as description_module
from billogram_contract.upstream.address import SERVED_URL
from billogram_contract.upstream.target import Target

OTHERS = 188  # customers of the embedded sandbox beside the allotted ones: more than fit on one page
UNASKED = "the command's requests do not show it"


@dataclass(frozen=True)
class Proxied:
    """What came of a command: its own exit code, the ledger, and what passed without being judged."""

    command_code: int
    ledger: Ledger
    code: Exit
    seen: Seen
    unreachable: int
    refused: int
    left_out: int
    problems: tuple[str, ...]


def run(command: Sequence[str], told: Settings, *, port: int = 0, har: Path | None = None) -> Proxied:
    """Runs a command with its requests passing through; raises SetupError or Outage where it cannot begin."""
    started, since = datetime.now(UTC).isoformat(timespec="seconds"), time.monotonic()
    tape = Tape()
    with _opened(told) as (target, wall), judging(told, target, wall, tape, port) as (relay, judge):
        variables = {**_variables(target), "BILLOGRAM_BASE_URL": relay.base_url}
        with Commands() as commands:
            ended = commands.run(command, variables)
    if har:
        tape.write(har, judge.recorder.base_url)
    return _concluded(
        ended.code or 0, told, target, judge, relay, wall, tape,
        started=started, seconds=time.monotonic() - since,
    )  # fmt: skip


@contextmanager
def judging(
    told: Settings, target: Target, wall: Wall | None = None, tape: Tape | None = None, port: int = 0
) -> Iterator[tuple[Relay, Judge]]:
    """A proxy before a target and the judge of what passes; at the end all of that is judged."""
    description = description_module.load()
    clauses = clauses_module.load(description)
    is_embedded = target.kind == "embedded"
    recorder = Recorder(
        description,
        clauses,
        SERVED_URL if is_embedded else target.base_url,
        is_faithful=is_embedded and not told.drifts,
    )
    relay = Relay(target.base_url, lambda passed: judge.hear(passed), port, wall or Open())
    reader = Reader(description, clauses, (target.user, target.password))
    keep = tape.keep if tape else lambda exchange: None
    judge = Judge(recorder, reader, relay.path, told.settle, keep, relay.heard, lambda: relay.is_busy)
    with relay:
        yield relay, judge
    judge.end()


@contextmanager
def _opened(told: Settings) -> Iterator[tuple[Target, Wall]]:
    """The target, and what keeps customers of others from being changed; put back at the end."""
    with ExitStack() as resources:
        if told.target == "embedded":
            sandbox = resources.enter_context(
                Sandbox(drifts=told.drifts, variants=told.variants, others=OTHERS)
            )
            yield opening.target_of(sandbox), Open()
            return
        target = opening.live(told, None)
        yield target, resources.enter_context(Allotment(told, target))


def _variables(target: Target) -> dict[str, str]:
    """What the command gets beside the address: credentials where they are the sandbox's own."""
    variables = {"NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"}
    if target.kind == "embedded":
        variables |= ready.variables(
            target.base_url, target.user, target.password, target.customers, target.numbers
        )
    return variables


def _concluded(
    command_code: int,
    told: Settings,
    target: Target,
    judge: Judge,
    relay: Relay,
    wall: Wall,
    tape: Tape,
    *,
    started: str,
    seconds: float,
) -> Proxied:
    """The verdict on what passed, by the functions that judge a run."""
    record, mistakes = judge.recorder.record, list(judge.mistakes.values())
    problems, refused = (wall.problems, wall.refused) if isinstance(wall, Allotment) else ([], 0)
    known, found = deviations.load(told.deviations), [*record.findings, *mistakes]
    statuses = deviations.standing(known, found, [CHECK], target=target.kind, depth=CHECK)
    accepted = deviations.accepted(statuses)
    judged = [_reworded(one) for one in verdicts(judge.recorder.clauses, [record], accepted)]
    code = exit_code(judged, told.fail_on, accepted, mistakes)
    if any(one.state != "current" for one in statuses) and code in (Exit.HELD, Exit.INCONCLUSIVE):
        code = Exit.DRIFT
    code = _of_what_passed(code, judge.seen, relay.unreachable, problems)
    told_by = ledger.build(
        _about(told, target, judge, started, seconds),
        description=judge.recorder.description,
        verdicts=judged,
        records=[record],
        deviation_statuses=statuses,
        problems=problems,
        fail_on=told.fail_on,
        exit_code=code,
        mistakes=mistakes,
    )
    return Proxied(
        command_code, told_by, code, judge.seen, relay.unreachable, refused, tape.left_out, tuple(problems)
    )


def _of_what_passed(code: Exit, seen: Seen, unreachable: int, problems: Sequence[str]) -> Exit:
    """The exit code where nothing could be judged, or not all was put back; else as it is."""
    if not seen.judged:
        return Exit.INCONCLUSIVE if seen.ours or unreachable else Exit.SETUP
    return Exit.INCONCLUSIVE if code == Exit.HELD and problems else code


def _about(told: Settings, target: Target, judge: Judge, started: str, seconds: float) -> About:
    """What the ledger says of the run itself."""
    return About(
        started=started,
        seconds=round(seconds, 1),
        target=TargetEntry(
            kind=target.kind,
            base_url=target.base_url if target.kind == "live" else None,
            drifts=list(told.drifts),
            variants=list(told.variants),
            allotted=Allotted(len(target.customers), len(target.numbers)),
        ),
        evidence=None,
        description=judge.recorder.description.sha256,
        depth=CHECK,
        fail_on=told.fail_on,
        settle=told.settle,
        scenarios=ledger.scenarios([CHECK]),
        checks=1,
        versions=ledger.versions(),
        partial=True,  # the client asked what it needed, no check did
    )


def _reworded(verdict: Verdict) -> Verdict:
    """A verdict that says why nothing was asked: no check ran, as there is none here."""
    return replace(verdict, reason=UNASKED) if verdict.reason == "no check ran" else verdict
