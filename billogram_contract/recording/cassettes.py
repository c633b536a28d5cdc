"""Cassettes: the files of a recording, in VCR's own layout, and the one that says of what it is evidence."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryFile
from typing import Any

import yaml

from billogram_contract.errors import SetupError
from billogram_contract.recording.provenance import RECORD_AGAIN, Provenance
from billogram_contract.recording.redaction import Exchange

SET_FILE = "provenance.json"
BESIDE = ".new"  # a recording that is not yet in its place
LONGEST_NAME = 90
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


# Why a replay can't ask what a check asked, by what its cassette says.
ASKED = {
    "yes": "",
    "no": "it was not asked when the cassettes were recorded",
    "not applicable": "it was not asked when the cassettes were recorded",
    "with pseudonyms": "it was asked with texts that could not be told from upstream's, and were replaced",
}


@dataclass
class Cassette:
    """What was recorded for one check, or for what many checks share.

    `choices` are the answers to what time or the checks before decided; `asked` says whether a replay can ask
    the same, one of ASKED.
    """

    name: str
    exchanges: list[Exchange] = field(default_factory=list)
    choices: dict[str, list[Any]] = field(default_factory=dict)
    asked: str = "yes"


@dataclass(frozen=True)
class Recording:
    """All cassettes of a recording, and what a replay needs to know of the target."""

    provenance: Provenance
    base_url: str
    customers: tuple[int, ...]
    numbers: range
    cassettes: Mapping[str, Cassette]


def name_of(check: str) -> str:
    """The cassette's name for a check's id, readable and without signs that a shell or file system minds."""
    path, _, test = check.partition("::")
    folder = Path(path).stem.removeprefix("test_")
    return f"{folder}/{_tidy(test.removeprefix('test_'))}"


def _tidy(text: str) -> str:
    tidy = re.sub("[^a-z0-9._-]+", "-", text.lower()).strip("-")
    is_same = tidy == re.sub(r"\[([a-z0-9._-]+)\]$", r"-\1", text) and len(tidy) <= LONGEST_NAME
    return tidy if is_same else f"{tidy[:LONGEST_NAME]}-{sha256(text.encode()).hexdigest()[:6]}"


def broken(path: Path, why: str) -> SetupError:
    return SetupError(f"{path} {why}: record anew with `{RECORD_AGAIN}`.")


def require_folder(directory: Path) -> None:
    """Raises SetupError where no recording could be written: better before the run than after it."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        TemporaryFile(dir=directory).close()
    except OSError as error:
        raise _unwritable(directory, error) from None


def _unwritable(directory: Path, error: OSError) -> SetupError:
    return SetupError(f"--cassettes {directory} cannot be written to: {error.strerror}.")


def write(directory: Path, recording: Recording) -> None:
    """Writes a recording beside the one that the directory holds, then puts it in its place.

    Whenever it is ended, the one or the other is there as a whole. Raises SetupError where it cannot write.
    """
    texts = {name: _text(cassette) for name, cassette in sorted(recording.cassettes.items())}
    told = {
        "provenance": recording.provenance.as_dict(),
        "base_url": recording.base_url,
        "customers": list(recording.customers),
        "numbers": [recording.numbers.start, recording.numbers.stop],
        "cassettes": {name: _hash(text) for name, text in texts.items()},
    }
    beside = directory / BESIDE
    try:
        rmtree(beside, ignore_errors=True)
        for name, text in texts.items():
            _parent(beside / f"{name}.yaml").write_bytes(text)
        unready = _parent(beside / "unready")
        unready.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
        unready.replace(beside / SET_FILE)  # from now on it is whole
        _put_in_place(directory)
    except OSError as error:
        raise _unwritable(directory, error) from None


def _put_in_place(directory: Path) -> None:
    """Puts a recording that was written beside in the place of the one before, or ends what was begun."""
    beside = directory / BESIDE
    if not (beside / SET_FILE).exists():
        return
    old = _files(directory) - {directory / path.relative_to(beside) for path in _files(beside)}
    for path in _files(beside):
        if path.exists():
            path.replace(_parent(directory / path.relative_to(beside)))
    for path in old:
        path.unlink(missing_ok=True)
    (beside / SET_FILE).replace(directory / SET_FILE)
    rmtree(beside)


def _parent(path: Path) -> Path:
    """A path whose folder is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _files(directory: Path) -> set[Path]:
    """The cassettes of the recording that a directory holds, as its list names them."""
    try:
        names = json.loads((directory / SET_FILE).read_text(encoding="utf-8"))["cassettes"]
    except (OSError, ValueError, KeyError, TypeError):
        return set()
    return {directory / f"{name}.yaml" for name in names if re.fullmatch(r"[a-z_]+/[a-z0-9._-]+", str(name))}


def is_there(directory: Path) -> bool:
    """Whether a directory holds a recording, readable or not."""
    return (directory / SET_FILE).exists() or (directory / BESIDE / SET_FILE).exists()


def read(directory: Path) -> Recording:
    """The recording in a directory; raises SetupError where a part of it is missing or cannot be read."""
    path = directory / SET_FILE
    try:
        _put_in_place(directory)
        told = json.loads(path.read_bytes())
        provenance = Provenance.of(told["provenance"])
        base_url, hashes = str(told["base_url"]), dict(told["cassettes"])
        customers, numbers = tuple(map(int, told["customers"])), range(*map(int, told["numbers"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise broken(path, _why(error)) from None
    cassettes = {name: _read(directory / f"{name}.yaml", name, hash) for name, hash in hashes.items()}
    return Recording(provenance, base_url, customers, numbers, cassettes)


def _read(path: Path, name: str, hash: str) -> Cassette:
    try:
        text = path.read_bytes()
        data = yaml.load(text, Loader=_LOADER)  # noqa: S506  # a safe loader
        exchanges = [exchange_of(one) for one in data["interactions"]]
        choices = {str(kind): list(made) for kind, made in data.get("choices", {}).items()}
        asked = str(data.get("asked", "yes"))
        ASKED[asked]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, yaml.YAMLError) as error:
        raise broken(path, _why(error)) from None
    if _hash(text) != hash:
        raise broken(path, "is of another recording than the rest, or was changed")
    return Cassette(name, exchanges, choices, asked)


def _why(error: Exception) -> str:
    """What is wrong with a file, in words."""
    if isinstance(error, FileNotFoundError):
        return "is missing"
    if isinstance(error, OSError):
        return f"cannot be read: {error.strerror}"
    if isinstance(error, KeyError):
        return f"cannot be read: it has no {error.args[0]!r}"
    if isinstance(error, json.JSONDecodeError | yaml.YAMLError | UnicodeDecodeError):
        return "cannot be read: it is damaged"
    return "cannot be read: it is not laid out as a recording is"


def _hash(text: bytes) -> str:
    return sha256(text).hexdigest()[:16]


def _text(cassette: Cassette) -> bytes:
    told: dict[str, Any] = {} if cassette.asked == "yes" else {"asked": cassette.asked}
    if cassette.choices:
        told["choices"] = cassette.choices
    told |= {"version": 1, "interactions": [interaction_of(one) for one in cassette.exchanges]}
    text: str = yaml.dump(told, Dumper=_DUMPER, sort_keys=False, allow_unicode=True, width=1_000_000)
    return text.encode()


def interaction_of(exchange: Exchange) -> dict[str, Any]:
    """An exchange as VCR lays it out."""
    try:
        reason = HTTPStatus(exchange.status).phrase
    except ValueError:
        reason = ""
    return {
        "request": {
            "method": exchange.method,
            "uri": exchange.url,
            "body": None if exchange.body is None else _shown(exchange.body),
            "headers": {},
        },
        "response": {
            "status": {"code": exchange.status, "message": reason},
            "headers": {name: [value] for name, value in exchange.headers.items()},
            "body": {"string": _shown(exchange.content)},
        },
    }


def _shown(content: bytes) -> str | bytes:
    """Text where it is text that YAML brings back as it was."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return content
    return content if re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff]", text) else text


def exchange_of(interaction: Mapping[str, Any]) -> Exchange:
    """An exchange from VCR's layout; raises KeyError, TypeError or ValueError where it is none."""
    request, response = interaction["request"], interaction["response"]
    headers = {
        str(name).lower(): str(value[0] if isinstance(value, list) and value else value)
        for name, value in (response.get("headers") or {}).items()
    }
    body = request.get("body")
    return Exchange(
        method=str(request["method"]),
        url=str(request["uri"]),
        body=None if body is None else _bytes(body),
        status=int(response["status"]["code"]),
        headers=headers,
        content=_bytes((response.get("body") or {}).get("string", b"")),
    )


def _bytes(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        raise TypeError("a body is neither text nor bytes")
    return value.encode("utf-8", "surrogatepass")
