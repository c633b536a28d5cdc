"""Provenance: what a recording is evidence of, and how old it is. It stands in every cassette."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from billogram_contract.upstream.address import SANDBOX_HOST
from billogram_contract.upstream.target import Kind

EMBEDDED_HOST = "embedded.invalid"  # stands for whatever port the embedded sandbox listened on
RECORD_AGAIN = "tox -e record"


@dataclass(frozen=True)
class Provenance:
    """Where and when a recording was made.

    `recording` is the same in all files of one recording, `kind` the target's, `recorded` a date and time in
    UTC, `description` the SHA-256 of the description that it was made with.
    """

    recording: str
    kind: Kind
    host: str
    recorded: str
    suite: str
    description: str
    drifts: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()

    @classmethod
    def of(cls, data: Any) -> Provenance:
        """The provenance that a file holds; raises ValueError where it holds none."""
        try:
            fields = {**data, "drifts": tuple(data["drifts"]), "variants": tuple(data["variants"])}
            found = cls(**fields)
            found.age(datetime.now(UTC))
        except (KeyError, TypeError, ValueError, AttributeError):
            raise ValueError("no provenance") from None
        return found

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "drifts": list(self.drifts), "variants": list(self.variants)}

    def age(self, now: datetime) -> timedelta:
        """How long ago it was recorded; never negative."""
        return max(timedelta(), now - datetime.fromisoformat(self.recorded).astimezone(UTC))

    @property
    def is_of_upstream(self) -> bool:
        """Whether upstream itself answered, as far as the address tells."""
        return self.kind == "live" and self.host == SANDBOX_HOST


def words(evidence: Provenance, now: datetime, description: str) -> str:
    """On what a verdict rests and how old that is, in a line; `description` is the hash of today's."""
    days = evidence.age(now).days
    when = "today" if days == 0 else f"{days} day{'s' if days > 1 else ''} ago"
    source = "the embedded sandbox" if evidence.kind == "embedded" else evidence.host
    switched = ", ".join([*evidence.drifts, *evidence.variants])
    told = [
        f"recorded from {source}{f' ({switched})' if switched else ''} {when}"
        f" ({evidence.recorded[:10]}, suite {evidence.suite})",
        "evidence of upstream as it was then" if evidence.is_of_upstream else "no evidence of upstream",
    ]
    if evidence.description != description:
        told[0] += ", with another description"
    return ": ".join(told)
