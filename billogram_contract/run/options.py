"""The options of a run, in one place: pytest's command line, each command's help and the settings file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from billogram_contract.upstream.address import SANDBOX_URL

if TYPE_CHECKING:  # it takes long to import, and most commands need nothing of it
    import pytest


@dataclass(frozen=True)
class Option:
    """One option, named without dashes; `kind` is text, flag (it takes nothing) or several (repeatable)."""

    name: str
    help: str
    metavar: str = "TEXT"
    kind: str = "text"

    @property
    def how(self) -> dict[str, Any]:
        """How argparse, and pytest, declare it."""
        if self.kind == "flag":
            return {"action": "store_true", "default": None, "help": self.help}
        more = {"action": "append"} if self.kind == "several" else {}
        return {"metavar": self.metavar, "help": self.help, **more}


OPTIONS = (
    Option("target", "what to hold against the contract: embedded (default), live or cassettes", "KIND"),
    Option("base-url", f"the address of a live target (default {SANDBOX_URL}); implies live", "URL"),
    Option(
        "customers",
        "the customers that a live run may change, such as 9001-9012,9020 (default none)",
        "RANGE",
    ),
    Option("numbers", "free numbers that a live run may give, such as 9100-9199 (default none)", "RANGE"),
    Option(
        "fail-on",
        "the mildest direction that fails a run: additive (default), changed, relaxed, breaking",
        "DIRECTION",
    ),
    Option(
        "require-complete",
        "end with exit code 6 where a promise stayed unchecked (default: such a run can be green)",
        kind="flag",
    ),
    Option(
        "baseline",
        "a ledger, or a history's folder, to compare with: what changed since is a finding (default none)",
        "FILE",
    ),
    Option("deviations", "the accepted findings (default openapi/deviations.toml)", "FILE"),
    Option("report-dir", "where the ledger and the reports go (default report; '' for none)", "DIR"),
    Option(
        "settle",
        "for how long a read after a write is repeated (default 2 on a live target, else 0)",
        "SECONDS",
    ),
    Option(
        "journal-dir",
        "where a live run notes how customers were (default with the user's other state)",
        "DIR",
    ),
    Option("request-rate", "the most requests a second, over all processes (default no limit)", "NUMBER"),
    Option(
        "most-requests",
        "the most requests of a run; what comes after is inconclusive (default no limit)",
        "NUMBER",
    ),
    Option(
        "most-writes", "the most updates of a run, those that put back aside (default no limit)", "NUMBER"
    ),
    Option(
        "drift", "let the embedded sandbox drift, by name, repeatable (default faithful)", "NAME", "several"
    ),
    Option(
        "variant",
        "let the embedded sandbox use a freedom, by name, repeatable (default none)",
        "NAME",
        "several",
    ),
)
RECORDING = (
    Option("cassettes", "the directory of the cassettes (default cassettes)", "DIR"),
    Option(
        "max-age",
        "of a replay: fail unless upstream itself was recorded, at most so many days ago (default any)",
        "DAYS",
    ),
)
# What others declare for pytest: Hypothesis, and the options of recordings.
OTHERS = (
    Option("hypothesis-profile", "how far generated data looks: quick (default), ci, deep", "NAME"),
    *RECORDING,
)


def declare(group: pytest.OptionGroup, options: Iterable[Option] = OPTIONS) -> None:
    """Declares options for pytest."""
    for option in options:
        group.addoption(f"--{option.name}", **option.how)


def kept() -> Iterator[Option]:
    """Those that a settings file may hold."""
    return (option for option in (*OPTIONS, *OTHERS) if option.kind != "several")
