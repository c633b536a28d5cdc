"""How bad a finding is for those who rely on upstream: what stands first in every report."""

from __future__ import annotations

from typing import Literal, get_args

from billogram_contract.checking.finding import Direction, Finding

Severity = Literal[
    "data loss", "open door", "breaks clients", "breaks a promise", "no longer refused", "changed", "new"
]

SEVERITIES: tuple[Severity, ...] = get_args(Severity)  # the worst first

MEANINGS: dict[Severity, str] = {
    "data loss": "what customers were is lost or overwritten",
    "open door": "who has no right to it gets in",
    "breaks clients": "published clients rely on it",
    "breaks a promise": "something documented is refused, gone or different",
    "no longer refused": "something documented as invalid is accepted",
    "changed": "an answer differs from the baseline's; no promise is broken",
    "new": "something undocumented appeared",
}


def severity(finding: Finding, *, clients: bool) -> Severity:
    """The severity of a finding; `clients` tells whether published ones rely on its clause."""
    if finding.story.harm:
        return finding.story.harm
    if finding.direction == "breaking":
        return "breaks clients" if clients else "breaks a promise"
    milder: dict[Direction, Severity] = {"relaxed": "no longer refused", "changed": "changed"}
    return milder.get(finding.direction, "new")
