"""A rehearsal shown: for a terminal, as Markdown, as a page."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from billogram_contract.report import templating
from billogram_contract.sdk.rehearsal import ClauseRehearsed, Outcome, Rehearsal, Rehearsed

FEW_TESTS = 3


def line(one: Rehearsed) -> str:
    """A drift in a line."""
    return f"{one.outcome:<12} {one.drift} ({one.clause}): {one.summary}"


def summary(rehearsal: Rehearsal) -> Iterator[str]:
    """Which clauses the tests would notice the breaking of, and how many drifts came to what."""
    width = max((len(one.clause) for one in rehearsal.clauses), default=0)
    yield f"{'clause':<{width}}  noticed"
    for one in rehearsal.clauses:
        yield f"{one.clause:<{width}}  {one.word:<11}  {_tests(one)}".rstrip()
    yield ""
    yield ", ".join(f"{count} {outcome}" for outcome, count in rehearsal.counts.items() if count)


def _tests(one: ClauseRehearsed) -> str:
    more = len(one.tests) - FEW_TESTS
    return ", ".join(one.tests[:FEW_TESTS]) + (f" and {more} more" if more > 0 else "")


def markdown(rehearsal: Rehearsal) -> str:
    """The rehearsal for a pull request."""
    return "\n".join(_markdown(rehearsal)) + "\n"


def _markdown(rehearsal: Rehearsal) -> Iterator[str]:
    yield "# Would the tests notice?"
    yield ""
    command = _cell(shlex.join(rehearsal.command))
    yield f"`{command}`, {rehearsal.started}: {rehearsal.seconds} s without drift."
    yield ""
    yield "| drifts | |"
    yield "| --- | --- |"
    yield from (f"| {count} {one} | {one.meaning} |" for one, count in rehearsal.counts.items() if count)
    yield ""
    yield "| clause | noticed | by |"
    yield "| --- | --- | --- |"
    yield from (f"| {one.clause} | {one.word} | {_cell(_tests(one))} |" for one in rehearsal.clauses)
    yield ""
    yield "| drift | clause | what it does | outcome | answers that differ |"
    yield "| --- | --- | --- | --- | --- |"
    for one in rehearsal.drifts:
        touched = f"{one.touched} of {one.requests}"
        yield f"| {one.drift} | {one.clause} | {_cell(one.summary)} | {one.outcome} | {touched} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def html(rehearsal: Rehearsal) -> str:
    """The rehearsal as a page without scripts."""
    page: str = (
        templating.environment()
        .get_template("sdk/templates/rehearsal.html.j2")
        .render(rehearsal=rehearsal, command=shlex.join(rehearsal.command), outcomes=Outcome)
    )
    return page
