"""No file under version control holds a credential or tells of a person."""

from __future__ import annotations

import base64
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from stdnum import luhn

from billogram_contract.recording import identity_numbers
from billogram_contract.recording.pseudonyms import EMAIL, digits_of

ROOT = Path(__file__).parents[2]

BASIC = re.compile(r"(?i)\b(?:basic|bearer)\s+([a-z0-9+/_.-]{12,}={0,2})")
IN_ADDRESS = re.compile(r"https?://[^\s/:@'\"{}]+:[^\s/@'\"{}]+@[\w.-]+")
PAIR = re.compile(r"[\w.@-]{3,60}:[!-~]{6,80}")
API_USER = re.compile(
    r"(?<![\w-])\d{3,6}-(?=[a-z0-9]*[a-z])(?=[a-z0-9]*\d)[a-z0-9]{8}(?![\w-])", re.IGNORECASE
)
BLOB = re.compile(r"(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/]{16,}={0,2}(?![A-Za-z0-9+/=_-])")
IDENTITY = re.compile(r"(?<![\w.+-])(?:SE)?(?:16|19|20)?\d{6}-?\d{4}(?:01)?(?![\w.-])")
PHONE = re.compile(r"(?<![\w.:+/-])(?:\+46|0046|0)[ -]?\(?[1-9](?:[ /-]?\d){6,9}(?![\w.-])")

NOBODYS = re.compile(
    r"(?i)@(?:[\w.-]+\.)?(?:example\.(?:com|org|net)|users\.noreply\.github\.com|[\w-]+\.(?:test|invalid|example)|example)$"
)
NOWHERE = re.compile(r"@(?:[\w-]+|(?:[\w-]+\.)+(?:test|invalid|example))$")  # hosts that nobody has
SAMPLES = ("peter.jonsson@billogram.com", "5566778899")  # of the reference pages
MADE_UP = ("a-secret@billogram.com",)  # the end of an address that a test refuses
ROBOT = "billogram-contract@users.noreply.github.com"  # who commits what the watch keeps
NOWHERE = re.compile(r"@[\w.-]+\.(?:test|invalid|example)$")
FICTION = re.compile(r"(?:\+?46|0)(?:31390060|31390061|313900[6-9]|701740[6]|84650|9803192|406280)\d*")


def told(text: str) -> Iterator[str]:
    """What of a text would be a secret or somebody's."""
    for match in BASIC.finditer(text):
        if ":" in _decoded(match[1]):
            yield f"credentials: {match[0]}"
    for match in IN_ADDRESS.finditer(text):
        if not NOWHERE.search(match[0]):
            yield f"credentials in an address: {match[0]}"
    yield from (f"user: {match[0]}" for match in API_USER.finditer(text))
    yield from _personal(text)
    for match in BLOB.finditer(text):
        plain = _decoded(match[0])
        if PAIR.fullmatch(plain):
            yield f"credentials in base64: {match[0]}"
        yield from (f"in base64: {one}" for one in _personal(plain))


def _personal(text: str) -> Iterator[str]:
    for match in EMAIL.finditer(text):
        if not NOBODYS.search(match[0]) and match[0] not in (*SAMPLES, *MADE_UP, ROBOT):
            yield f"e-mail: {match[0]}"
    for match in IDENTITY.finditer(text):
        digits = digits_of(match[0])
        if match[0].startswith("SE"):
            digits = digits[:10]
        digits = digits[-10:]
        if luhn.is_valid(digits) and not identity_numbers.is_synthetic(digits) and digits not in SAMPLES:
            yield f"identity number: {match[0]}"
    for match in PHONE.finditer(text):
        if not FICTION.fullmatch(re.sub("[ ()/-]", "", match[0])):
            yield f"telephone: {match[0]}"


def _decoded(blob: str) -> str:
    try:
        plain = base64.b64decode(blob + "=" * (-len(blob) % 4)).decode("utf-8")
    except ValueError:
        return ""
    return plain if plain.isprintable() else ""


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def text_of(content: bytes) -> str:
    """A file's text; of a picture, what looks like some."""
    if b"\0" in content:
        return "\n".join(run.decode() for run in re.findall(rb"[ -~]{12,}", content))
    return content.decode("utf-8", "replace")


def test_no_file_holds_a_secret_or_tells_of_a_person() -> None:
    found = {
        str(path.relative_to(ROOT)): hits
        for path in tracked()
        if path != Path(__file__) and (hits := [*told(text_of(path.read_bytes()))])
    }
    assert found == {}


PLANTED = {
    "header": "Authorization:\n- Basic " + base64.b64encode(b"4417-a1b2c3d4:s3cretsecret").decode(),
    "address": "uri: https://someone:s3cretsecret@sandbox.billogram.com/api/v2/customer",
    "user": "user 4417-a1b2c3d4 may write",
    "pair in base64": 'body: "' + base64.b64encode(b"someone:s3cretsecret").decode() + '"',
    "e-mail in a body": '{"email":"kalle.karlsson@telia.' + 'com"}',
    "e-mail in base64": base64.b64encode(b"kalle.karlsson@telia." + b"com").decode(),
    "e-mail in a query": "filter_value=kalle.karlsson@telia." + "com",
    "person in a body": '{"org_no":"811228' + '-1236"}',
    "person of twelve digits": '{"org_no":"19811228' + '1236"}',
    "organisation in a body": '{"org_no":"556016' + '0680"}',
    "organisation in a VAT number": '{"vat_no":"SE556016' + '068001"}',
    "telephone in a body": '{"phone":"070-' + '612 34 56"}',
    "telephone abroad": '{"phone":"+4670' + '6123456"}',
}


@pytest.mark.parametrize("text", PLANTED.values(), ids=PLANTED)
def test_scan_finds_what_is_planted(text: str) -> None:
    assert [*told(text)]


@pytest.mark.parametrize(
    "text",
    [
        '{"phone":"+46 31-390 06 17","email":"kund.9001@example.com"}',
        '{"phone":"000-612 34 56","email":"xkq.fgh@abcde.test"}',
        '{"org_no":"4143472720","vat_no":"SE414347272001"}',
        "created_at 2026-04-29T11:19:15.647Z, customer_no 10032",
    ],
)
def test_scan_lets_pass_what_is_nobodys(text: str) -> None:
    assert [*told(text)] == []
