"""Deviations: findings that the team has looked at and accepts for now, in `openapi/deviations.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, MutableMapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, cast

import msgspec
import tomlkit
from msgspec import Meta, Struct
from msgspec.structs import asdict
from tomlkit import TOMLDocument
from tomlkit.items import Array

from billogram_contract import places
from billogram_contract.checking.finding import Finding
from billogram_contract.errors import SetupError, did_you_mean
from billogram_contract.results.model import DeviationStatus, FindingEntry, Ledger, State
from billogram_contract.upstream.target import Kind

Text = Annotated[str, Meta(pattern=r"\S")]  # not empty

HEAD = """\
# Findings that are accepted for now. `python -m billogram_contract accept FINDING --reason … --until …`
# writes an entry from a ledger. A run fails when an entry has expired, and when it no longer occurs.

"""


class Deviation(Struct, frozen=True, forbid_unknown_fields=True):
    """One accepted finding: what it is, why it is accepted, since when and until when.

    `target` is the kind of target that it was found on: on others nobody expects it. `check` is the check
    that found it, none where a baseline did, `depth` the Hypothesis profile where generated data found it.
    """

    finding: Text
    clause: Text
    what: Text
    reason: Text
    accepted: date
    until: date
    target: Kind
    check: str = ""
    depth: str = ""

    def is_expired(self, today: date) -> bool:
        return today > self.until


FIELDS = Deviation.__struct_fields__


def load(path: Path = places.DEVIATIONS) -> tuple[Deviation, ...]:
    """The deviations in a file, none where there is no file; raises SetupError where one is malformed."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SetupError(f"The deviations {path.name} cannot be read: {error}") from None
    for key in document:
        if key != "deviation":
            raise SetupError(f"The deviations {path.name} have {key!r}: did you mean [[deviation]]?")
    tables = document.get("deviation", [])
    if not isinstance(tables, list):
        raise SetupError(f"The deviations {path.name} are no list: write [[deviation]] before each.")
    found = tuple(_deviation(table, path) for table in tables)
    if twice := {one.finding for one in found if [other.finding for other in found].count(one.finding) > 1}:
        raise SetupError(f"Deviation {min(twice)} in {path.name} is there twice: delete one.")
    return found


def add(deviation: Deviation, path: Path = places.DEVIATIONS) -> None:
    """Writes a deviation into a file, in place of one of the same finding; all else there stays."""
    known = [one.finding for one in load(path)]
    document = tomlkit.parse(path.read_bytes() if path.exists() else HEAD)
    values = {name: value for name, value in asdict(deviation).items() if value != ""}
    if deviation.finding in known:
        _replace(document["deviation"][known.index(deviation.finding)], values)
    else:
        _append(document, values)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(tomlkit.dumps(document).encode())


def _replace(entry: MutableMapping[str, Any], values: Mapping[str, Any]) -> None:
    """Gives an entry other values, each where it stood."""
    for name in [name for name in entry if name not in values]:
        del entry[name]
    entry.update(values)


def _append(document: TOMLDocument, values: Mapping[str, Any]) -> None:
    """Adds an entry at the end, as the others are written."""
    if document.get("deviation") is None:
        document["deviation"] = tomlkit.aot()
    entries = document["deviation"]
    is_inline = isinstance(entries, Array)
    table = tomlkit.inline_table() if is_inline else tomlkit.table()
    table.update(values)
    if len(cast("list[Any]", entries)) and not is_inline:
        table.trivia.indent = "\n"  # an empty line before it
    cast("list[Any]", entries).append(table)


def of_entry(ledger: Ledger, finding: FindingEntry, *, reason: str, until: date) -> Deviation:
    """The deviation that accepts a ledger's finding, from today on."""
    run = ledger.run
    return Deviation(
        finding=finding.fingerprint,
        clause=finding.clause,
        what=f"{finding.direction} at {finding.operation} {finding.pointer}: {finding.observed}",
        reason=reason,
        accepted=date.today(),
        until=until,
        target=(run.evidence or run.target).kind,
        check=finding.check,
        depth=run.depth if finding.generated else "",
    )


def standing(
    deviations: Sequence[Deviation],
    findings: Sequence[Finding],
    checks: Sequence[str],
    *,
    target: Kind,
    depth: str,
    today: date | None = None,
) -> list[DeviationStatus]:
    """How the deviations of this kind of target stand; `checks` are those that asked to their end.

    One that did not occur is gone only where the check that found it asked again, as deep as then.
    """
    occurring = {finding.fingerprint for finding in findings}
    today = today or date.today()
    deviation_statuses = []
    for one in deviations:
        if one.target != target:
            continue
        if one.finding in occurring:
            deviation_statuses.append(status(one, "expired" if one.is_expired(today) else "current"))
        elif one.check in checks and one.depth in ("", depth):
            deviation_statuses.append(status(one, "gone"))
        elif one.is_expired(today):
            deviation_statuses.append(status(one, "expired"))
    return deviation_statuses


def status(one: Deviation, state: State) -> DeviationStatus:
    """How a deviation stands, with one line that says what to do."""
    told = {
        "expired": f"expired on {one.until}: renew or mend it.",
        "gone": "no longer occurs: delete it from deviations.toml.",
        "current": f"is accepted until {one.until}: {one.reason}",
    }
    line = f"deviation {one.finding} ({one.clause}) {told[state]}"
    return DeviationStatus(one.finding, one.clause, one.reason, one.accepted, one.until, state, line)


def accepted(deviation_statuses: Sequence[DeviationStatus]) -> frozenset[str]:
    """The fingerprints of the findings that fail no run."""
    return frozenset(one.finding for one in deviation_statuses if one.state == "current")


def _deviation(table: Any, path: Path) -> Deviation:
    try:
        return msgspec.convert(table, Deviation)
    except msgspec.ValidationError as error:
        unknown = [key for key in table if key not in FIELDS] if isinstance(table, dict) else []
        how = did_you_mean(unknown[0] if unknown else "", FIELDS, "Write it with the command accept.")
        raise SetupError(f"A deviation in {path.name} is malformed: {error}.{how}") from None
