"""Whose fault a departure most likely is."""

from __future__ import annotations

from billogram_contract.checking.finding import Cause, Direction
from billogram_contract.upstream.exchange import Answer

GATEWAY = (502, 504)


def cause(answer: Answer, direction: Direction, *, is_faithful: bool) -> Cause:
    """Whose fault a departure of an answer most likely is.

    `is_faithful` tells that the answer is the embedded sandbox's with no drift switched on: what departs
    there is a fault of this suite. An answer that is no API's (a redirect, a page of HTML, a gateway's error)
    comes from something in between. What is merely new, the description does not know yet.
    """
    if is_faithful:
        return "suite"
    if 300 <= answer.status < 400 or answer.status in GATEWAY or _is_page(answer):
        return "environment"
    return "description" if direction == "additive" else "upstream"


def _is_page(answer: Answer) -> bool:
    """Whether an answer is a page for people: what proxies and sign-in portals answer."""
    start = answer.content[:200].lstrip().lower()
    return start.startswith((b"<!doctype html", b"<html"))
