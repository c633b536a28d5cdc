"""What passes the proxy: an exchange, and who may be asked before it goes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from billogram_contract.sdk.wire import Head

SAFE = ("GET", "HEAD", "OPTIONS")  # methods that change nothing


@dataclass(eq=False)
class Passed:
    """One exchange as it passed.

    `body` and `content` are None where they were too large to be kept; `answer` where none came whole.
    `is_mixed` tells that it was under way at the same time as another one, and one of them a change.
    """

    number: int
    request: Head
    started: float
    body: bytes | None = b""
    answer: Head | None = None
    content: bytes | None = b""
    ended: float = 0.0
    is_mixed: bool = False

    @property
    def size(self) -> int:
        """The bytes that are kept of it."""
        return len(self.body or b"") + len(self.content or b"")


class Wall(Protocol):
    """Who is asked before an exchange goes out, and hears of it when it is answered."""

    def applies(self, request: Head) -> bool:
        """Whether a request is to be asked about: it then goes out once it is there as a whole."""

    def refusal(self, request: Head, body: bytes) -> bytes | None:
        """The answer to a request that must not go out, None where it may."""

    def answered(self, passed: Passed) -> None:
        """A request that was asked about was answered."""


class Open:
    """No wall."""

    def applies(self, request: Head) -> bool:
        return False

    def refusal(self, request: Head, body: bytes) -> bytes | None:
        return None

    def answered(self, passed: Passed) -> None: ...
