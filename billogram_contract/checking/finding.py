"""A finding: one observed departure from one clause."""

from __future__ import annotations

import hashlib
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from billogram_contract.checking.story import Story

Direction = Literal["additive", "changed", "relaxed", "breaking"]
Cause = Literal["upstream", "description", "suite", "environment", "client"]

# The mildest first: `--fail-on` names the mildest that fails a run. What changed against a baseline without
# breaking any promise is milder than what breaks one.
DIRECTIONS: tuple[Direction, ...] = ("additive", "changed", "relaxed", "breaking")

PROFILE = "profile"  # stands for the clause in a finding that only a baseline tells of
LONGEST_EXAMPLE = 2000  # characters


class Finding(Struct, frozen=True):
    """One observed departure from one clause.

    `operation` is method and path template, `pointer` a JSON pointer into the request or answer with `*` for
    list positions, `curl` a line that shows it again without credentials, `asked` the request in short.
    `cause` says whose fault it most likely is: the client's is what an SDK's own requests depart in. `patch`
    is the JSON Patch (RFC 6902) by which the description would follow upstream, `example` the input that
    Hypothesis found for it, `story` what a stranger must know.
    """

    clause: str
    direction: Direction
    operation: str
    pointer: str
    expected: str
    observed: str
    curl: str
    asked: str = ""
    cause: Cause = "upstream"
    patch: tuple[dict[str, Any], ...] = ()
    example: str = ""
    story: Story = Story()

    @property
    def headline(self) -> str:
        """What happened, in a sentence."""
        return self.story.headline or f"{self.observed}, not {self.expected}"

    @property
    def place(self) -> str:
        """Operation and pointer."""
        return f"{self.operation} {self.pointer}".rstrip()

    @property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits, the same for the same departure in every run.

        Nothing of the description but the clause's own words goes in, so that editing it changes no other
        one.
        """
        identity = "\n".join((self.clause, self.direction, self.operation, self.pointer))
        identity += "\nclient" if self.cause == "client" else ""
        return hashlib.sha256(identity.encode(errors="backslashreplace")).hexdigest()[:12]

    def found_with(self, example: str) -> Finding:
        """The finding with the input that Hypothesis found for it."""
        return replace(self, example=example[:LONGEST_EXAMPLE])


class Drift(AssertionError):
    """Raised by an expectation that upstream does not meet; carries its findings."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__("\n\n".join(text(finding) for finding in findings))
        self.findings = findings


def is_as_bad(direction: Direction, fail_on: Direction) -> bool:
    """Whether a direction is as bad as another one, or worse."""
    return DIRECTIONS.index(direction) >= DIRECTIONS.index(fail_on)


def fails(finding: Finding, fail_on: Direction) -> bool:
    """Whether a finding is as bad as the direction that fails a run, or worse."""
    return is_as_bad(finding.direction, fail_on)


def text(finding: Finding) -> str:
    """A finding in lines of plain text: what happened, the facts, the steps and how to see it again."""
    story = finding.story
    facts = [f"{one.label}: {one.told}" for one in story.facts]
    facts = facts or [f"expected: {finding.expected}", f"observed: {finding.observed}"]
    steps = [f"{one.role}: {one.request} → {one.answer}" for one in story.steps]
    lines = [
        f"{finding.clause} ({finding.direction}) at {finding.place}",
        *facts,
        *(f"{turn}. {step}" for turn, step in enumerate(steps, start=1)),
        *([f"a guess: {story.guess}"] if story.guess else []),
        f"again: python -m billogram_contract again {finding.fingerprint}",
        f"or: {finding.curl}",
    ]
    return "\n  ".join([finding.headline, *lines])


def of(error: BaseException) -> list[Finding]:
    """The findings that an exception carries, groups looked into."""
    if isinstance(error, Drift):
        return list(error.findings)
    if isinstance(error, BaseExceptionGroup):
        return [finding for inner in error.exceptions for finding in of(inner)]
    return []
