"""Moments of ledgers: when a run began, and how old what it rests on is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from billogram_contract.errors import SetupError
from billogram_contract.results.model import Ledger


def moment(stamp: str) -> datetime:
    """A time of a ledger; raises SetupError where it is none."""
    try:
        found = datetime.fromisoformat(stamp)
    except ValueError:
        raise SetupError(f"{stamp[:40]!r} in the ledger is no date and time.") from None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def answered_at(ledger: Ledger) -> datetime:
    """When upstream gave the answers that a ledger rests on: a replay's were recorded before."""
    return moment(ledger.run.evidence.recorded if ledger.run.evidence else ledger.run.started)


def age_in_words(age: timedelta) -> str:
    """How old something is: `3 days`, `5 hours`."""
    hours = int(age.total_seconds() // 3600)
    count, unit = (hours // 24, "day") if hours >= 48 else (hours, "hour")
    return f"{count} {unit}{'' if count == 1 else 's'}"
