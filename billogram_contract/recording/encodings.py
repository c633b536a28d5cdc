"""Content encodings: a body as it was before it was compressed."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

import brotli

LARGEST = 64 * 2**20  # bytes of a body


class Undecodable(ValueError):
    """A body that is not in the encoding that its headers name."""


def decoded(content: bytes, headers: Mapping[str, str]) -> bytes:
    """A body without its content encodings; raises Undecodable where it is not in them."""
    for name in reversed(headers.get("content-encoding", "").lower().replace(" ", "").split(",")):
        if content and name not in ("", "identity"):
            content = _decoded(content, name)
    return content


def _decoded(content: bytes, name: str) -> bytes:
    try:
        if name in ("gzip", "x-gzip"):
            plain = _inflated(content, 16 + zlib.MAX_WBITS)
        elif name == "deflate":  # with a header or, as many servers send it, without
            is_bare = content[0] & 0x0F != 8
            plain = _inflated(content, -zlib.MAX_WBITS if is_bare else zlib.MAX_WBITS)
        elif name == "br":
            plain = brotli.decompress(content)
        else:
            raise Undecodable(f"its encoding {name[:20]!r} is not known")
    except (zlib.error, brotli.error) as error:
        raise Undecodable(f"its body is no {name} ({error})") from None
    return plain


def _inflated(content: bytes, window: int) -> bytes:
    machine = zlib.decompressobj(window)
    plain = machine.decompress(content, LARGEST)
    if machine.unconsumed_tail:
        raise Undecodable(f"its body has more than {LARGEST} bytes")
    if not machine.eof:
        raise Undecodable("its compressed body is cut short")
    return plain
