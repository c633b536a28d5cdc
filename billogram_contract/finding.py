"""A finding: one observed departure from one clause."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import Any, Literal

Direction = Literal["breaking", "relaxed", "additive"]

# The mildest first: `--fail-on` names the mildest that fails a run.
DIRECTIONS: tuple[Direction, ...] = ("additive", "relaxed", "breaking")


@dataclass(frozen=True)
class Finding:
    """One observed departure from one clause.

    `operation` is method and path template, `pointer` a JSON pointer into the request or answer with `*` for
    list positions, `curl` a line that shows it again without credentials.
    """

    clause: str
    direction: Direction
    operation: str
    pointer: str
    expected: str
    observed: str
    curl: str

    @property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits, the same for the same departure in every run."""
        identity = "\n".join((self.clause, self.direction, self.operation, self.pointer))
        return hashlib.sha256(identity.encode()).hexdigest()[:12]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class Drift(AssertionError):
    """Raised by an expectation that upstream does not meet; carries its findings."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__("\n\n".join(text(finding) for finding in findings))
        self.findings = findings


def text(finding: Finding) -> str:
    """A finding for a terminal, four lines."""
    place = f"{finding.operation} {finding.pointer}".rstrip()
    return (
        f"{finding.clause} ({finding.direction}) at {place}\n"
        f"  expected: {finding.expected}\n"
        f"  observed: {finding.observed}\n"
        f"  again:    {finding.curl}"
    )


def of(error: BaseException) -> list[Finding]:
    """The findings that an exception carries, groups looked into."""
    if isinstance(error, Drift):
        return list(error.findings)
    if isinstance(error, BaseExceptionGroup):
        return [finding for inner in error.exceptions for finding in of(inner)]
    return []
