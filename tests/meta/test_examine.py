"""`examine`: recordings made elsewhere, in every state that files come in."""

from __future__ import annotations

import base64
import gzip
import json
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import brotli
import pytest
import yaml

from billogram_contract.__main__ import main
from billogram_contract.results import ledger

CUSTOMER = {
    "customer_no": 1,
    "name": "A",
    "company_type": "individual",
    "created_at": "2026-04-29T11:19:15.647Z",
    "updated_at": None,
}
LIST = {"status": "OK", "data": [CUSTOMER], "meta": {"total_count": 1}}
OLD = {**LIST, "data": [{**CUSTOMER, "created_at": "2017-08-15 10:00:00"}]}
BODY = json.dumps(LIST).encode()
JSON = {"Content-Type": ["application/json"]}
ADDRESS = "https://sandbox.billogram.com/api/v2/customer?page=1&page_size=10"
BARE = zlib.compressobj(wbits=-15)


def entry(body: Any = BODY, headers: Any = None, **other: Any) -> dict[str, Any]:
    """An entry in VCR's layout."""
    request = {"method": "GET", "uri": ADDRESS, "body": None, "headers": {"Authorization": ["Basic eDp5"]}}
    status = {"code": other.pop("code", 200), "message": "OK"}
    return {
        "request": request | other,
        "response": {"status": status, "headers": JSON | (headers or {}), "body": {"string": body}},
    }


def with_headers(headers: Any) -> dict[str, Any]:
    return {**entry(), "response": {**entry()["response"], "headers": headers}}


def har(text: str | None = None, **content: Any) -> dict[str, Any]:
    """An entry of a HAR file."""
    return {
        "request": {"method": "GET", "url": ADDRESS, "headers": []},
        "response": {
            "status": 200,
            "headers": [{"name": "Content-Type", "value": "application/json"}],
            "content": {"mimeType": "application/json", "size": 9, "text": text, **content},
        },
    }


def cassette(directory: Path, *entries: Any) -> str:
    file = directory / "cassette.yaml"
    file.write_text(yaml.safe_dump({"version": 1, "interactions": list(entries)}), encoding="utf-8")
    return str(file)


def har_file(directory: Path, *entries: Any) -> str:
    file = directory / "export.har"
    file.write_text(json.dumps({"log": {"version": "1.2", "entries": entries}}), encoding="utf-8")
    return str(file)


def chunked(body: bytes) -> bytes:
    return b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


READABLE = {
    "plain": entry(),
    "text": entry(BODY.decode()),
    "gzip": entry(gzip.compress(BODY), {"Content-Encoding": ["gzip"]}),
    "gzip undone": entry(BODY, {"content-encoding": ["gzip"]}),
    "deflate": entry(zlib.compress(BODY), {"Content-Encoding": ["deflate"]}),
    "bare deflate": entry(BARE.compress(BODY) + BARE.flush(), {"Content-Encoding": ["deflate"]}),
    "brotli": entry(brotli.compress(BODY), {"Content-Encoding": ["br"]}),
    "chunked": entry(chunked(BODY), {"Transfer-Encoding": ["chunked"]}),
    "chunked gzip": entry(
        chunked(gzip.compress(BODY)), {"Transfer-Encoding": ["chunked"], "Content-Encoding": ["gzip"]}
    ),
    "another host": entry(uri="http://localhost:3000/v1/customer"),
    "headers as text": with_headers({"content-type": "application/json"}),
    "no headers": with_headers(None),
}


@pytest.mark.parametrize("one", READABLE.values(), ids=READABLE)
def test_entry_is_held(one: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["examine", cassette(tmp_path, one)]) == 0
    assert "0 drifted in 1 answer of 1 file" in capsys.readouterr().out


@pytest.mark.parametrize(
    "old",
    [
        entry(json.dumps(OLD)),
        entry(gzip.compress(json.dumps(OLD).encode()), {"Content-Encoding": ["gzip"]}),
        entry(brotli.compress(json.dumps(OLD).encode()), {"Content-Encoding": ["br"]}),
        entry(chunked(json.dumps(OLD).encode()), {"Transfer-Encoding": ["chunked"]}),
    ],
    ids=["plain", "gzip", "brotli", "chunked"],
)
def test_what_is_in_a_packed_body_is_held(
    old: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["examine", cassette(tmp_path, old)]) == 1
    assert "answered: '2017-08-15 10:00:00'" in capsys.readouterr().out


@pytest.mark.parametrize(
    "one",
    [har(BODY.decode()), har(base64.b64encode(BODY).decode(), encoding="base64")],
    ids=["text", "base64"],
)
def test_entry_of_a_har_file_is_held(one: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["examine", har_file(tmp_path, one)]) == 0
    assert "0 drifted in 1 answer" in capsys.readouterr().out


def test_relatives_of_vcr_are_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "ruby.yml"
    file.write_text(
        "---\nhttp_interactions:\n- request:\n    method: get\n    uri: " + ADDRESS + "\n"
        "    body: {encoding: US-ASCII, string: ''}\n  response:\n    status: {code: '200', message: OK}\n"
        "    headers: {Content-Type: [application/json]}\n    body:\n      encoding: UTF-8\n"
        "      string: !binary |\n        " + base64.b64encode(BODY).decode() + "\n"
        "  recorded_at: Tue, 15 Aug 2017 10:00:00 GMT\nrecorded_with: VCR 3.0.3\n",
        encoding="utf-8",
    )
    assert main(["examine", str(file)]) == 0
    assert "0 drifted in 1 answer" in capsys.readouterr().out


def test_old_answer_gives_findings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = json.dumps({**OLD, "data": [{**OLD["data"][0], "shoe_size": 44}]})
    assert main(["examine", cassette(tmp_path, entry(uri="https://x/customers"), entry(old))]) == 1
    told = capsys.readouterr().out
    assert "customer.created-at (additive) at GET /customer /data/*/created_at" in told
    assert "answer.documented-fields (additive) at GET /customer /data/*/shoe_size" in told
    assert "cassette.yaml, entry 2" in told
    assert "1 entries of other endpoints or hosts left out" in told
    assert main(["examine", "--fail-on", "breaking", cassette(tmp_path, entry(old))]) == 0


def test_credentials_of_an_address_are_not_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    address = ADDRESS.replace("://", "://someone:s3cret" + "@")
    assert main(["examine", cassette(tmp_path, entry(json.dumps(OLD), uri=address))]) == 1
    told = capsys.readouterr().out
    assert "s3cret" not in told
    assert "'https://sandbox.billogram.com/api/v2/customer?" in told


BROKEN_ENTRIES = {
    "cut short": entry(gzip.compress(BODY)[:-9], {"Content-Encoding": ["gzip"]}),
    "no brotli": entry(b"\x00\x01\xff", {"Content-Encoding": ["br"]}),
    "unknown encoding": entry(b"\x00\x01\xff", {"Content-Encoding": ["zstd"]}),
    "status": entry(code="abc"),
    "text": "text",
    "nothing": None,
    "empty": {},
    "headers": with_headers("none"),
    "body": entry(5),
    "address": entry(uri=7),
    "host": entry(uri="http://[customer"),
}


@pytest.mark.parametrize("broken", BROKEN_ENTRIES.values(), ids=BROKEN_ENTRIES)
def test_entry_that_cannot_be_read_is_told(
    broken: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["examine", cassette(tmp_path, entry(), broken, entry())]) == 2
    told = capsys.readouterr().out
    assert "cassette.yaml, entry 2: " in told
    assert "in 2 answers" in told


ODD_BODIES = [
    b"",
    b"null",
    b"[]",
    b"\x89PNG\x00",
    "å".encode("latin-1"),
    b'{"a":' * 50_000,
    b'{"status":"OK"',
]


@pytest.mark.parametrize("body", ODD_BODIES, ids=[repr(body[:8]) for body in ODD_BODIES])
def test_odd_body_gives_findings(body: bytes, tmp_path: Path) -> None:
    assert main(["examine", cassette(tmp_path, entry(body))]) == 1


FILES = {
    "empty": b"",
    "binary": b"\x89PNG\x00\xff\xfe\xff",
    "no recording": b"a: b\n",
    "number": b"17",
    "cut short": json.dumps({"log": {"entries": [har("{}")]}}).encode()[:200],
    "har without entries": b'{"log": {}}',
    "no YAML": b"interactions: [}",
    "code": b"!!python/object/apply:os.system ['exit 9']\n",
    "deep JSON": b"[" * 100_000,
    "deep YAML": b"a: " + b"[" * 100_000,
    "deep blocks": b"- " * 100_000,
    "aliases": b"a: &a [x,x,x,x,x,x,x,x,x]\n"
    + b"".join(b"%c: &%c [%s]\n" % (one, one, b",".join([b"*%c" % (one - 1)] * 9)) for one in b"bcdefghijk")
    + b"interactions: [{request: {method: GET, uri: http://x/customer},"
    b" response: {status: *k, headers: {a: *k}, body: *k}}]\n",
}


@pytest.mark.parametrize("content", FILES.values(), ids=FILES)
def test_file_that_cannot_be_read_is_told_and_the_next_is_held(content: bytes, tmp_path: Path) -> None:
    """In a process of its own: a crash would be no exception."""
    file = tmp_path / "file"
    file.write_bytes(content)
    command = [sys.executable, "-m", "billogram_contract", "examine", str(file), cassette(tmp_path, entry())]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (2, "")
    assert f"could not be read: {file}" in done.stdout
    assert "in 1 answer of 2 files" in done.stdout


def test_missing_file_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["examine", str(tmp_path / "none.har")]) == 2
    assert "none.har: No such file or directory" in capsys.readouterr().out


def test_file_of_other_endpoints_alone_is_no_success(tmp_path: Path) -> None:
    assert main(["examine", cassette(tmp_path, entry(uri="https://x/invoice"))]) == 2


# Hosts


def test_customer_of_another_host_is_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shop = entry(json.dumps(OLD), uri="https://api.shop.example/customer")
    assert main(["examine", cassette(tmp_path, entry(), shop)]) == 0
    told = capsys.readouterr().out
    assert "left out, as of other hosts: api.shop.example; --host NAME holds one" in told
    assert "0 drifted in 1 answer of 1 file; 1 entries of other endpoints or hosts left out" in told
    assert main(["examine", cassette(tmp_path, shop), "--host", "API.shop.example:443"]) == 1


def test_no_line_asks_production_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    address = "https://billogram.com/api/v2/customer?page=1"
    assert main(["examine", cassette(tmp_path, entry(uri=address))]) == 2
    file = cassette(tmp_path, entry(json.dumps(OLD), uri=address))
    assert main(["examine", file, "--host", "billogram.com", f"--report-dir={tmp_path / 'r'}"]) == 1
    told = capsys.readouterr().out
    written = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "r").iterdir())
    assert "https://sandbox.billogram.com/api/v2/customer?page=1" in told
    assert "//billogram.com" not in told + written


# What a run has, too


def test_ledger_and_reports_are_written(tmp_path: Path) -> None:
    folder = tmp_path / "report"
    assert main(["examine", cassette(tmp_path, entry(json.dumps(OLD))), f"--report-dir={folder}"]) == 1
    told = ledger.read(folder / "ledger.json")
    assert [one.clause for one in told.findings] == ["customer.created-at"]
    assert (told.verdict.word, told.verdict.exit_code) == ("drifted", 1)
    assert sorted(path.name for path in folder.iterdir()) == [
        "ledger.json", "report.html", "report.md", "report.sarif"
    ]  # fmt: skip
    assert "1 file recorded elsewhere, from sandbox.billogram.com" in (folder / "report.md").read_text()


def test_accepted_finding_is_no_drift(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, accepted = cassette(tmp_path, entry(json.dumps(OLD))), str(tmp_path / "deviations.toml")
    assert main(["examine", file, f"--report-dir={tmp_path}"]) == 1
    accept = ["accept", "customer.created-at", "--reason", "Old ones.", "--until", "2099-01-31"]
    assert main([*accept, f"--ledger={tmp_path}/ledger.json", f"--deviations={accepted}"]) == 0
    assert main(["examine", file, f"--deviations={accepted}"]) == 0
    assert "ACCEPTED  Every customer is answered with its created_at" in capsys.readouterr().out
