"""HTTP/1.1 as bytes: heads read without a change, and how long the body after them is."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import cached_property

LONGEST_HEAD = 256 * 2**10  # bytes
PIECE = 64 * 2**10  # bytes that are passed on at a time
UNTIL_THE_END = -1  # the body is all that comes until the connection closes
CHUNKED = -2
NO_BODY = (204, 304)

_HOST = re.compile(rb"(?im)^host:[^\r\n]*")


class Malformed(ConnectionError):
    """What came is no HTTP that can be passed on."""


@dataclass(frozen=True)
class Head:
    """The head of a request or an answer, as it came."""

    raw: bytes

    @cached_property
    def _lines(self) -> list[str]:
        return self.raw.decode("latin-1").rstrip("\r\n").split("\r\n")

    @property
    def start(self) -> list[str]:
        """The parts of the first line: method, target, version; or version, status, phrase."""
        return self._lines[0].split(" ", 2)

    @cached_property
    def headers(self) -> dict[str, str]:
        """The headers by lower-case name, those that stand twice joined by a comma."""
        found: dict[str, str] = {}
        for line in self._lines[1:]:
            name, _, value = line.partition(":")
            name, value = name.strip().lower(), value.strip()
            found[name] = f"{found[name]}, {value}" if name in found else value
        return found

    @property
    def method(self) -> str:
        return self.start[0]

    @property
    def target(self) -> str:
        return self.start[1] if len(self.start) > 1 else ""

    @property
    def status(self) -> int:
        """The status of an answer; raises Malformed where it has none."""
        try:
            return int(self.start[1])
        except (IndexError, ValueError):
            raise Malformed(f"no status: {self._lines[0]!r}") from None

    @property
    def is_last(self) -> bool:
        """Whether its sender closes the connection after this exchange."""
        tokens = self.headers.get("connection", "").lower()
        return "close" in tokens or ("HTTP/1.0" in self._lines[0] and "keep-alive" not in tokens)

    def with_host(self, host: str) -> bytes:
        """The bytes with another Host; everything else stays."""
        return _HOST.sub(f"Host: {host}".encode("latin-1"), self.raw, count=1)


async def read_head(reader: asyncio.StreamReader) -> Head | None:
    """The next head, None where the connection ended before it."""
    try:
        return Head(await reader.readuntil(b"\r\n\r\n"))
    except asyncio.IncompleteReadError as error:
        if error.partial.strip():
            raise Malformed("the head was cut") from None
        return None
    except asyncio.LimitOverrunError:
        raise Malformed("the head is too long") from None


def length_of_request(head: Head) -> int:
    """How long the body of a request is: bytes, or CHUNKED."""
    return _length(head, otherwise=0)


def length_of_answer(head: Head, method: str) -> int:
    """How long the body of an answer is: bytes, CHUNKED or UNTIL_THE_END."""
    if method == "HEAD" or head.status in NO_BODY or head.status < 200:
        return 0
    return _length(head, otherwise=UNTIL_THE_END)


def _length(head: Head, otherwise: int) -> int:
    if "chunked" in head.headers.get("transfer-encoding", "").lower():
        return CHUNKED
    told = head.headers.get("content-length")
    if told is None:
        return otherwise
    if not re.fullmatch("[0-9]{1,18}", told):
        raise Malformed(f"a length of {told!r}")
    return int(told)


async def pieces(reader: asyncio.StreamReader, length: int) -> AsyncIterator[tuple[bytes, bytes]]:
    """A body piece by piece: the bytes as they came, and what of them is the body's own.

    Raises Malformed where the connection ends before the body does.
    """
    if length == CHUNKED:
        async for piece in _chunks(reader):
            yield piece
        return
    rest = length
    while rest:
        data = await reader.read(PIECE if rest == UNTIL_THE_END else min(rest, PIECE))
        if not data:
            if rest == UNTIL_THE_END:
                return
            raise Malformed("the body was cut")
        rest -= 0 if rest == UNTIL_THE_END else len(data)
        yield data, data


async def _chunks(reader: asyncio.StreamReader) -> AsyncIterator[tuple[bytes, bytes]]:
    size = -1
    while size:
        line = await _line(reader)
        try:
            size = int(line.partition(b";")[0], 16)
        except ValueError:
            raise Malformed(f"a chunk of {line[:20]!r}") from None
        yield line, b""
        rest = size
        while rest:
            data = await reader.read(min(rest, PIECE))
            if not data:
                raise Malformed("a chunk was cut")
            rest -= len(data)
            yield data, data
        if size:
            yield await _line(reader), b""
    while (line := await _line(reader)).strip():
        yield line, b""  # trailers
    yield line, b""


async def _line(reader: asyncio.StreamReader) -> bytes:
    try:
        line = await reader.readuntil(b"\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        raise Malformed("a chunk was cut") from None
    return line
