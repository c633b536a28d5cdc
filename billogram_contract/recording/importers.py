"""Recordings made elsewhere: cassettes of VCR and its relatives, and HAR files, entry by entry."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from billogram_contract.recording import encodings
from billogram_contract.recording.redaction import Exchange
from billogram_contract.spec.description import MEDIA_TYPE

LARGEST = 512 * 2**20  # bytes of a file
DEEPEST = 100  # collections in one another
_CHUNK = re.compile(rb"([0-9a-fA-F]{1,8})(?:;[^\r\n]*)?\r\n")


class Unreadable(ValueError):
    """A file or an entry that cannot be read, with the reason."""


@dataclass(frozen=True)
class Entry:
    """One entry of a file: the exchange, or why it cannot be read. The first has number 1."""

    number: int
    exchange: Exchange | None
    trouble: str = ""


def entries(path: Path) -> Iterator[Entry]:
    """The entries of a file; raises Unreadable where it is no recording as a whole."""
    try:
        if path.stat().st_size > LARGEST:
            raise Unreadable(f"it has more than {LARGEST // 2**20} megabytes")
        text = _text(path.read_bytes())
    except OSError as error:
        raise Unreadable(error.strerror or type(error).__name__) from None
    if not text.strip():
        raise Unreadable("it is empty")
    found, read = _found(_parsed(text))
    for number, entry in enumerate(found, start=1):
        try:
            yield Entry(number, read(entry))
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            yield Entry(number, None, _reason(error))


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"it has no {error.args[0]!r}"
    if isinstance(error, Unreadable | encodings.Undecodable):
        return str(error)
    return f"it is not laid out as a recording is ({type(error).__name__})"


def _text(content: bytes) -> str:
    is_wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        return content.decode("utf-16" if is_wide else "utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable("it is no text") from None


def _parsed(text: str) -> list[Any]:
    """The documents of a file, JSON or YAML."""
    try:
        return [json.loads(text)]
    except RecursionError:
        raise Unreadable("it is nested too deeply") from None
    except ValueError as error:
        if text.lstrip()[:1] in "{[":
            raise Unreadable(f"it is no JSON: {error}") from None
    try:
        if _depth(text) > DEEPEST:
            raise Unreadable("it is nested too deeply")
        return list(yaml.load_all(text, Loader=_Loader))  # a safe one
    except Unreadable:
        raise
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        where = getattr(error, "problem_mark", None)
        line = f" in line {where.line + 1}" if where else ""
        raise Unreadable(f"it is no YAML{line}") from None


def _depth(text: str) -> int:
    """How many collections are in one another: more than the loader's stack holds would end the process."""
    depth = deepest = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        deepest = max(depth, deepest)
        if deepest > DEEPEST:
            break
    return deepest


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # one of two classes
    """Builds plain data alone, whatever a tag asks for."""


def _plain(loader: Any, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node)


_Loader.add_multi_constructor("", _plain)
_Loader.add_constructor("!binary", lambda loader, node: base64.b64decode(loader.construct_scalar(node)))
_Loader.add_constructor(
    "tag:yaml.org,2002:timestamp", lambda loader, node: loader.construct_scalar(node)
)  # text, as any other


def _found(documents: list[Any]) -> tuple[list[Any], Any]:
    """The entries of a file, and what reads one."""
    first = documents[0] if documents else None
    if isinstance(first, dict) and isinstance(first.get("log"), dict):
        log = first["log"]
        if not isinstance(log.get("entries"), list):
            raise Unreadable("it is a HAR file without entries")
        return log["entries"], _from_har
    found: list[Any] = []
    for document in documents:
        if isinstance(document, dict):
            document = document.get("interactions", document.get("http_interactions"))
        if not isinstance(document, list):
            raise Unreadable("it is neither a cassette of VCR nor a HAR file")
        found += document
    return found, _from_vcr


def _from_har(entry: Mapping[str, Any]) -> Exchange:
    request, response = entry["request"], entry["response"]
    content = response.get("content") or {}
    headers = _headers({one["name"]: one["value"] for one in response.get("headers") or []})
    if not response["status"]:
        raise Unreadable("it was not answered")
    text = content.get("text")
    if text is None and content.get("size", 0) > 0:
        raise Unreadable("its content was left out")
    body = _bytes("" if text is None else text, content.get("encoding") == "base64")
    if content.get("mimeType"):
        headers.setdefault("content-type", str(content["mimeType"]))
    sent = (request.get("postData") or {}).get("text")
    sent = None if sent is None else _bytes(sent)
    return _exchange(request["method"], request["url"], sent, response["status"], headers, body)


def _from_vcr(entry: Mapping[str, Any]) -> Exchange:
    request, response = entry["request"], entry["response"]
    if response is None:
        raise Unreadable("it was not answered")
    status = response["status"]
    status = status["code"] if isinstance(status, dict) else status
    url = request["uri"] if "uri" in request else request["url"]
    headers = _headers(response.get("headers") or {})
    body = _body(response.get("body")) or b""
    return _exchange(request["method"], url, _body(request.get("body")), status, headers, body)


def _exchange(
    method: Any, url: Any, sent: bytes | None, status: Any, headers: dict[str, str], body: bytes
) -> Exchange:
    if not isinstance(method, str) or not isinstance(url, str):
        raise Unreadable("its request has no method or no address")
    code = re.match("[1-5][0-9]{2}(?![0-9])", str(status))
    if not code:
        raise Unreadable(f"its status is {str(status)[:20]!r}")
    return Exchange(method.upper(), url, sent, int(code[0]), headers, _plain_body(body, headers))


def _body(body: Any) -> bytes | None:
    """A body in one of the layouts of VCR's relatives."""
    if isinstance(body, dict):
        if body.get("base64_string") is not None:
            return _bytes(body["base64_string"], is_base64=True)
        body = body.get("string")
    return None if body is None else _bytes(body)


def _bytes(value: Any, is_base64: bool = False) -> bytes:
    if not isinstance(value, str | bytes):
        raise Unreadable("a body is neither text nor bytes")
    content = value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
    return base64.b64decode(content) if is_base64 else content


def _headers(headers: Mapping[str, Any]) -> dict[str, str]:
    """Headers by their names in lower case; where none was kept, nothing is said of the content's type."""
    found = {}
    for name, value in headers.items():
        value = value[0] if isinstance(value, list) and value else value
        if isinstance(value, bytes):
            value = value.decode("latin-1")
        if isinstance(value, str | int | float):
            found[str(name).lower()] = str(value)
    return found or {"content-type": MEDIA_TYPE}


def _plain_body(body: bytes, headers: Mapping[str, str]) -> bytes:
    """A body without chunks and compression, unless the recording has undone them already."""
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        if "chunked" in headers.get("transfer-encoding", "").lower():
            body = _unchunked(body)
        return encodings.decoded(body, headers) if _is_binary(body) else body
    return body


def _is_binary(body: bytes) -> bool:
    try:
        return bool(re.search("[\x00-\x08\x0e-\x1f]", body.decode("utf-8")))
    except UnicodeDecodeError:
        return True


def _unchunked(body: bytes) -> bytes:
    """A body whose chunks were recorded as they came; one without chunks as it is."""
    parts, at = [], 0
    while match := _CHUNK.match(body, at):
        size = int(match[1], 16)
        parts.append(body[match.end() : match.end() + size])
        if size == 0:
            return b"".join(parts)
        at = match.end() + size + 2
    return body
