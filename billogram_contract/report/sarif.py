"""The findings as SARIF 2.1.0, for code scanning: rules are clauses, results are findings."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from billogram_contract import places
from billogram_contract.checking.finding import Finding
from billogram_contract.report import wording
from billogram_contract.report.wording import CLAUSES_FILE, visible
from billogram_contract.results.ledger import AS_BEFORE
from billogram_contract.results.model import Change, FindingEntry, Ledger

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {"breaking": "error", "relaxed": "error", "changed": "warning", "additive": "warning"}
FINGERPRINT = "billogramContract/v1"
LINE_HASH = "primaryLocationLineHash"  # the one that GitHub's code scanning keeps alerts apart by
SETTINGS = ("billogram-contract.toml", "pyproject.toml")
TABLE = "[tool.billogram-contract]"


@dataclass(frozen=True)
class Location:
    """The file of a repository that findings are told at: their clauses' own lines, or one line for all."""

    uri: str
    lines: Mapping[str, int] = field(default_factory=dict)
    line: int = 1


def text(ledger: Ledger, *, at: Location | None = None) -> str:
    """The SARIF log as a text."""
    return json.dumps(log(ledger, at=at), indent=1, ensure_ascii=True) + "\n"


def location(folder: Path, environment: Mapping[str, str] = os.environ) -> Location:
    """Where to tell findings: code scanning needs a file that is there, in the repository that the run is of.

    That is the clauses' own file in a checkout of this suite; elsewhere the settings, the accepted findings
    or the workflow.
    """
    inner = _within_repository(folder, environment.get("GITHUB_WORKSPACE", ""))
    if (folder / CLAUSES_FILE).is_file():
        return Location(f"{inner}{CLAUSES_FILE}", wording.lines_of_clauses())
    own, shared = SETTINGS
    if (folder / own).is_file():
        return Location(f"{inner}{own}")
    if line := _line_of_table(folder / shared):
        return Location(f"{inner}{shared}", line=line)
    deviations = (places.OWN / "deviations.toml").as_posix()
    if (folder / deviations).is_file():
        return Location(f"{inner}{deviations}")
    _, _, workflow = environment.get("GITHUB_WORKFLOW_REF", "").partition("@")[0].partition("/.github/")
    return Location(f".github/{workflow}" if workflow else f"{inner}{own}")


def _within_repository(folder: Path, workspace: str) -> str:
    """The way from the root of a repository to a folder in it."""
    if not workspace or not folder.is_relative_to(workspace):
        return ""
    way = folder.relative_to(workspace).as_posix()
    return "" if way == "." else f"{way}/"


def _line_of_table(path: Path) -> int:
    """The line on which the settings begin in a file; 0 where it has none."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return 0
    return next((number for number, line in enumerate(lines, start=1) if line.strip() == TABLE), 0)


def log(ledger: Ledger, *, at: Location | None = None) -> dict[str, Any]:
    """The SARIF log; `at` says where findings are told."""
    at = at or location(Path.cwd())
    rules = list(_rules(ledger))
    index = {rule["id"]: number for number, rule in enumerate(rules)}
    results = [*_results(ledger, at), *_absent(ledger, at)]
    run, code = ledger.run, ledger.verdict.exit_code
    invocation = {
        "executionSuccessful": ledger.complete and code in (0, 1),
        "startTimeUtc": run.started.replace("+00:00", "Z"),
        **({} if code is None else {"exitCode": code}),
    }
    driver = {
        "name": "billogram-contract",
        "semanticVersion": run.versions.get("billogram-contract", "0"),
        "rules": rules,
    }
    told = {
        "tool": {"driver": driver},
        "invocations": [invocation],
        "columnKind": "unicodeCodePoints",
        "results": [{**result, "ruleIndex": index[result["ruleId"]]} for result in results],
        "properties": {
            "target": wording.target(ledger),
            "verdict": ledger.verdict.word,
            "meaning": wording.meaning(ledger),
            "caveat": wording.caveat(ledger),
        },
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [told]}


def _rules(ledger: Ledger) -> Iterator[dict[str, Any]]:
    """A rule for each clause, and one for each other name that findings and changes go by."""
    known = {clause.id for clause in ledger.clauses}
    for clause in ledger.clauses:
        yield {
            "id": visible(clause.id),
            "shortDescription": {"text": visible(clause.statement)},
            "properties": {
                "source": clause.source,
                "level": clause.level,
                "clients": clause.clients,
                "verdict": clause.verdict,
                "exchanges": clause.exchanges,
                "tags": [visible(clause.family)],
            },
        }
    changes = ledger.comparison.changes if ledger.comparison else []
    names = [*(one.clause for one in ledger.findings), *(one.clause for one in changes)]
    for name in dict.fromkeys(name for name in names if name not in known):
        yield {
            "id": visible(name),
            "shortDescription": {"text": AS_BEFORE},
            "properties": {"tags": ["baseline"]},
        }


def _results(ledger: Ledger, at: Location) -> Iterator[dict[str, Any]]:
    reasons = {one.finding: one.reason for one in ledger.deviations}
    for one in ledger.findings:
        told = f"{wording.headline(one)} {_place(one)}. Promised: {visible(one.statement)}"
        suppression = {
            "kind": "external",
            "status": "accepted",
            "justification": visible(reasons.get(one.fingerprint, "accepted as a deviation")),
        }
        state = {"baselineState": "unchanged" if one.known else "new"} if ledger.comparison else {}
        yield {
            **_result(one, one.fingerprint, told, at),
            "level": LEVELS[one.direction],
            "occurrenceCount": one.count,
            "suppressions": [suppression] if one.accepted else [],
            **state,
            "properties": {
                "direction": one.direction,
                "cause": one.cause,
                "from": one.origin,
                "known": one.known,
                "fails": one.fails,
                "since": one.since,
                "again": visible(one.curl),
                "clients": list(map(visible, one.clients)),
            },
        }


def _absent(ledger: Ledger, at: Location) -> Iterator[dict[str, Any]]:
    """The findings of the baseline that are gone."""
    for one in ledger.comparison.changes if ledger.comparison else ():
        if (one.kind, one.what) == ("finding", "gone"):
            place = (one.clause, one.direction, one.operation, one.pointer)
            fingerprint = Finding(*place, expected="", observed="", curl="").fingerprint
            told = f"Gone since the baseline {_place(one)}: {visible(one.before)}"
            yield {
                **_result(one, fingerprint, told, at),
                "level": "none",
                "kind": "pass",
                "baselineState": "absent",
                "suppressions": [],
            }


def _result(one: FindingEntry | Change, fingerprint: str, message: str, at: Location) -> dict[str, Any]:
    place = {
        "artifactLocation": {"uri": quote(at.uri), "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": at.lines.get(one.clause, at.line)},
    }
    logical = {"fullyQualifiedName": _place(one).removeprefix("at "), "kind": "resource"}
    return {
        "ruleId": visible(one.clause),
        "message": {"text": _literal(message)},
        "locations": [{"physicalLocation": place, "logicalLocations": [logical]}],
        "partialFingerprints": {FINGERPRINT: fingerprint, LINE_HASH: f"{fingerprint}:1"},
    }


def _place(one: FindingEntry | Change) -> str:
    return "at " + visible(one.place)


def _literal(message: str) -> str:
    """A message without what SARIF reads as a placeholder or an embedded link (3.11.5 and 3.11.6)."""
    return message.replace("{", "{{").replace("}", "}}").replace("[", "\\[").replace("]", "\\]")
