"""Provenance: what a recording is evidence of, and how old it is."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from billogram_contract.places import IS_INSTALLED
from billogram_contract.upstream.address import SANDBOX_HOST
from billogram_contract.upstream.target import Kind

EMBEDDED_HOST = "embedded.invalid"  # stands for whatever port the embedded sandbox listened on
EMBEDDED_RECORDING = "embedded"  # every recording of the embedded sandbox has the same pseudonyms
RECORD_AGAIN = "billogram-contract record" if IS_INSTALLED else "tox -e record"
CLOCKS_DIFFER = timedelta(minutes=10)


@dataclass(frozen=True)
class Provenance:
    """Where and when a recording was made.

    `recording` names the pseudonyms: recordings with another name have others. `kind` is the target's,
    `recorded` a date and time in UTC, of the embedded sandbox by its own clock, `description` the SHA-256 of
    the description that it was made with.
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
        """How long ago it was recorded; negative if that is to come."""
        return now - datetime.fromisoformat(self.recorded).astimezone(UTC)

    def is_like(self, other: Provenance) -> bool:
        """Whether parts of both go together: of the same target, description and pseudonyms."""
        return replace(self, recorded=other.recorded) == other

    def refusal(self, now: datetime, max_age: float | None) -> str:
        """Why it is no evidence, empty where it may be; `max_age` is in days, and asks for upstream."""
        days = self.age(now).total_seconds() / 86400
        if self.age(now) < -CLOCKS_DIFFER:
            return f"is dated in the future ({self.recorded})"
        if max_age is not None and not self.is_of_upstream:
            return f"is of {self.source}, no evidence of upstream, which --max-age asks for"
        if max_age is not None and days > max_age:
            return f"is {round(days, 1):g} days old, --max-age allows {max_age:g}"
        return ""

    @property
    def source(self) -> str:
        return "the embedded sandbox" if self.kind == "embedded" else self.host

    @property
    def is_of_upstream(self) -> bool:
        """Whether upstream itself answered, as far as the address tells."""
        return self.kind == "live" and self.host == SANDBOX_HOST


def words(evidence: Provenance, now: datetime, description: str) -> str:
    """On what a verdict rests and how old that is, in a line; `description` is the hash of today's."""
    days = max(0, evidence.age(now).days)
    ago = "today" if days == 0 else f"{days} day{'s' if days > 1 else ''} ago"
    when, date = ("", "") if evidence.kind == "embedded" else (f" {ago}", f"{evidence.recorded[:10]}, ")
    switched = ", ".join([*evidence.drifts, *evidence.variants])
    told = [
        f"recorded from {evidence.source}{f' ({switched})' if switched else ''}{when}"
        f" ({date}suite {evidence.suite})",
        "evidence of upstream as it was then" if evidence.is_of_upstream else "no evidence of upstream",
    ]
    if evidence.description != description:
        told[0] += ", with another description"
    return ": ".join(told)
