"""The findings as SARIF 2.1.0, for code scanning: rules are clauses, results are findings."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from billogram_contract.checking.finding import Finding
from billogram_contract.report import wording
from billogram_contract.report.wording import CLAUSES_FILE, visible
from billogram_contract.results.ledger import AS_BEFORE
from billogram_contract.results.model import Change, FindingEntry, Ledger

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {"breaking": "error", "relaxed": "error", "changed": "warning", "additive": "warning"}
FINGERPRINT = "billogramContract/v1"


def text(ledger: Ledger, *, at: Mapping[str, int] | None = None) -> str:
    """The SARIF log as a text."""
    return json.dumps(log(ledger, at=at), indent=1, ensure_ascii=True) + "\n"


def log(ledger: Ledger, *, at: Mapping[str, int] | None = None) -> dict[str, Any]:
    """The SARIF log; `at` says on which line each clause stands."""
    places = wording.lines_of_clauses() if at is None else at
    rules = list(_rules(ledger))
    index = {rule["id"]: number for number, rule in enumerate(rules)}
    results = [*_results(ledger, places), *_absent(ledger, places)]
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


def _results(ledger: Ledger, places: Mapping[str, int]) -> Iterator[dict[str, Any]]:
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
            **_result(one, one.fingerprint, told, places),
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


def _absent(ledger: Ledger, places: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    """The findings of the baseline that are gone."""
    for one in ledger.comparison.changes if ledger.comparison else ():
        if (one.kind, one.what) == ("finding", "gone"):
            place = (one.clause, one.direction, one.operation, one.pointer)
            fingerprint = Finding(*place, expected="", observed="", curl="").fingerprint
            told = f"Gone since the baseline {_place(one)}: {visible(one.before)}"
            yield {
                **_result(one, fingerprint, told, places),
                "level": "none",
                "kind": "pass",
                "baselineState": "absent",
                "suppressions": [],
            }


def _result(
    one: FindingEntry | Change, fingerprint: str, message: str, places: Mapping[str, int]
) -> dict[str, Any]:
    place = {
        "artifactLocation": {"uri": CLAUSES_FILE, "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": places.get(one.clause, 1)},
    }
    logical = {"fullyQualifiedName": _place(one).removeprefix("at "), "kind": "resource"}
    return {
        "ruleId": visible(one.clause),
        "message": {"text": _literal(message)},
        "locations": [{"physicalLocation": place, "logicalLocations": [logical]}],
        "partialFingerprints": {FINGERPRINT: fingerprint},
    }


def _place(one: FindingEntry | Change) -> str:
    return "at " + visible(one.place)


def _literal(message: str) -> str:
    """A message without what SARIF reads as a placeholder or an embedded link (3.11.5 and 3.11.6)."""
    return message.replace("{", "{{").replace("}", "}}").replace("[", "\\[").replace("]", "\\]")
