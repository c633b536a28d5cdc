"""Mechanisms: patterns that explain what was seen; each says what upstream seems to do, or nothing.

A pattern must fit all that was seen, and explain what the others don't: a wrong guess is worse than none.
"""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any
from urllib.parse import quote

# ---------------------------------------------------------------- a value that isn't the one written


def escaped(written: str, shown: str) -> str:
    forms = {html.escape(written), html.escape(written, quote=False), written.replace("\\", "\\\\")}
    return "the text comes back escaped for HTML" if shown in forms - {written} else ""


def encoded_twice(written: str, shown: str) -> str:
    try:
        twice = written.encode().decode("latin-1")
    except UnicodeError:
        return ""
    if shown == twice != written:
        return "UTF-8 is read as Latin-1: the text is encoded twice"
    return "the text comes back percent-encoded" if shown == quote(written) != written else ""


def replaced_letters(written: str, shown: str) -> str:
    if len(written) == len(shown):
        lost = {one for one, other in zip(written, shown, strict=True) if one != other}
        if lost and all(other in (one, "?") for one, other in zip(written, shown, strict=True)):
            return f"letters such as {min(lost)} become question marks"
    without = "".join(one for one in written if ord(one) < 0x10000)
    return "characters beyond the basic plane are dropped" if shown == without != written else ""


def without_accents(written: str, shown: str) -> str:
    plain = "".join(one for one in unicodedata.normalize("NFKD", written) if not unicodedata.combining(one))
    return "accents are taken off" if shown == plain != unicodedata.normalize("NFC", written) else ""


def cut(written: str, shown: str) -> str:
    if shown and len(shown) < len(written) and written.startswith(shown):
        size = len(shown)
        in_bytes = len(shown.encode())
        if size < in_bytes in (64, 100, 128, 255, 256):
            return f"it is cut after {in_bytes} bytes"
        return f"it is cut after {size} characters" if written.strip() != shown else "it is trimmed"
    return ""


def case_folded(written: str, shown: str) -> str:
    if shown == written:
        return ""
    forms = {written.lower(): "lower case", written.upper(): "upper case", written.title(): "capitals"}
    forms |= {written.capitalize(): "a capital and lower case"}
    return f"it is turned into {forms[shown]}" if shown in forms else ""


def trimmed(written: str, shown: str) -> str:
    if shown == written:
        return ""
    if shown in {written.replace("\n", " "), written.replace("\n", ""), written.replace("\n", "\r\n")}:
        return "line breaks are replaced"
    if shown == written.strip():
        return "white space at the ends is trimmed"
    if shown == " ".join(written.split()):
        return "runs of white space become one blank"
    return "blanks are taken out" if shown == written.replace(" ", "") else ""


def stale(written: Any, shown: Any, before: Any) -> str:
    """What stood there before the write: the write isn't kept, or shows one write late."""
    return "the value from before the update is shown" if shown == before != written else ""


def flipped(written: Any, shown: Any) -> str:
    if isinstance(shown, bool) or isinstance(written, bool):
        if str(shown).lower() == str(written).lower():
            return "true and false come in another JSON type"
        if shown == int(written):
            return "true and false come as 1 and 0"
    return ""


def other_type(written: Any, shown: Any) -> str:
    if type(written) is type(shown) or shown is None or isinstance(written, bool):
        return ""
    return "a number comes as a text, or a text as a number" if str(written) == str(shown) else ""


TEXTS: tuple[Callable[[str, str], str], ...] = (
    escaped, encoded_twice, replaced_letters, without_accents, case_folded, trimmed, cut,
)  # fmt: skip


def of_value(written: Any, shown: Any, before: Any) -> str:
    """How a written value became the one that is shown; nothing where no pattern, or more than one, fits."""
    if isinstance(written, str) and isinstance(shown, str):
        found = [told for pattern in TEXTS if (told := pattern(written, shown))]
    else:
        found = [told for pattern in (flipped, other_type) if (told := pattern(written, shown))]
    return found[0] if found else stale(written, shown, before)


# ---------------------------------------------------------------- pages

FROM_ZERO = "page 1 answers the second page, as if pages were counted from 0"


def of_pages(page: int, size: int, shown: Sequence[Any], everyone: Sequence[Any], wanted: int) -> str:
    """How a page was cut out of the list; `wanted` customers belong on it."""
    if not shown or everyone[: len(everyone)].count(shown[0]) != 1:
        return ""
    start = everyone.index(shown[0])
    if list(everyone[start : start + len(shown)]) != list(shown):
        return ""
    right, short = (page - 1) * size, wanted - len(shown)
    if start == right:
        if short == 1:
            return "one customer too few is put on a page (a limit that is off by one)"
        return "one customer too many is put on a page (a limit that is off by one)" if short == -1 else ""
    if start == page * size:
        return FROM_ZERO
    if start == (page - 1) * (size - 1) and len(shown) == size - 1:
        return "pages hold one customer less than asked for (a limit that is off by one)"
    if start == right - 1:
        return "each page starts one customer too early (an offset that is off by one)"
    if start == (page - 1) * (size + 1):
        return "one customer is skipped between two pages (an offset that is off by one)"
    if start == right + 1:
        return "the list starts one customer too late (an offset that is off by one)"
    return f"page {start // size + 1} is answered for page {page}" if start % size == 0 else ""


def of_seams(pages: Sequence[Sequence[Any]]) -> str:
    """What the seams between pages that follow each other tell."""
    seams = [(one, other) for one, other in pairwise(pages) if one and other]
    if seams and len(seams) == len(pages) - 1 and all(one[-1] == other[0] for one, other in seams):
        return "each page repeats the last customer of the one before (an offset that is off by one)"
    if len(pages) > 1 and all(list(one) == list(pages[0]) for one in pages):
        return "every page answers the same customers: page is ignored"
    return ""


def of_empty_page(page: int, size: int, total: int) -> str:
    """Why a first page is empty although customers are counted that it has room for."""
    return (
        "page 1 answers the second page, as if pages were counted from 0"
        if page == 1 and total <= size
        else ""
    )


# ---------------------------------------------------------------- counts


Counted = tuple[int, int, int]  # a page, how many customers stand on it, and its total_count


def of_count(pages: Sequence[Counted], shown: int, size: int, unfiltered: int | None) -> str:
    """What total_count counts, on all pages alike, instead of the customers that they show together."""
    totals = {total for *_, total in pages}
    if not totals or totals == {shown}:
        return ""
    if totals == {unfiltered}:
        return "total_count leaves the filter out of account"
    if all(total == on_page for _, on_page, total in pages):
        return "total_count is the length of the page" if len(pages) > 1 else ""
    if all(total == shown - (page - 1) * size for page, _, total in pages):
        return "total_count is what is left from this page on"
    if len(totals) > 1:
        return ""
    (total,) = totals
    if abs(total - shown) == 1:
        return f"total_count is one too {'low' if total < shown else 'high'}"
    if total < shown and total in (10, 20, 25, 50, 100, 500, 1000):
        return f"total_count stops at {total}"
    return "total_count counts pages, not customers" if total == -(-shown // size) else ""


# ---------------------------------------------------------------- filters


def of_filter(
    kind: str,
    wanted: str,
    strangers: Sequence[str],
    missing: Sequence[str],
    found: Sequence[str],
    *,
    is_everybody: bool,
    elsewhere: str = "",
) -> str:
    """What a filter does instead; `elsewhere` is another field that has the value in all that was found.

    `strangers`, `missing` and `found` are values in the field that is filtered on.
    """
    if is_everybody and strangers:
        return "the filter is ignored: the whole list is answered"
    own, value = [one.casefold() for one in strangers], wanted.casefold()
    if elsewhere and own and not any(value in one for one in own):
        return f"it looks in {elsewhere} instead"
    if kind == "field" and own:
        if all(one.startswith(value) for one in own):
            return "field matches a beginning, as field-prefix does"
        if all(value in one for one in own):
            return "field matches any part, as field-search does"
    if kind == "field-prefix" and own and all(value in one for one in own):
        return "field-prefix matches any part, as field-search does"
    if own and any(letter in wanted for letter in "%_*?"):
        return "a letter of the value is taken for a wildcard"
    if own and wanted.startswith("0") and all(one.lstrip("0") == wanted.lstrip("0") for one in own):
        return "the value is read as a number: its zeros at the start don't count"
    if missing and not strangers:
        lost = [one.casefold() for one in missing]
        if kind != "field" and found and all(one.casefold() == value for one in found) and value not in lost:
            return f"{kind} matches whole values alone, as field does"
        begins = found and all(one.casefold().startswith(value) for one in found)
        if kind == "field-search" and begins and not any(one.startswith(value) for one in lost):
            return "field-search matches a beginning alone, as field-prefix does"
        if len(found) == 1 and value in lost and found[0].casefold() == value:
            return "one match is answered and the others are left out"
    return ""


# ---------------------------------------------------------------- orders


def of_order(values: Sequence[Any], direction: str, *, is_default: bool, pages: Sequence[int]) -> str:
    """What stands in place of the order; `is_default`: it is the list's own, `pages`: their lengths."""
    known = [one for one in values if one is not None]
    if len(known) < 3:
        return ""
    is_down = direction == "desc"
    if known == _sorted(known, not is_down) != _sorted(known, is_down):
        other = "ascending" if is_down else "descending"
        return f"the order is {other}: the direction is ignored or turned round"
    if all(isinstance(one, int) for one in known) and known == sorted(known, key=str, reverse=is_down):
        return "numbers are sorted as texts"
    if len(pages) > 1:
        starts = [sum(pages[:turn]) for turn in range(len(pages))]
        parts = [list(values[start : start + size]) for start, size in zip(starts, pages, strict=True)]
        if all(None not in part and part == _sorted(part, is_down) for part in parts):
            return "each page is sorted by itself"
    return "the order is ignored: the list comes as without one" if is_default else ""


def _sorted(values: list[Any], is_down: bool) -> list[Any]:
    try:
        return sorted(values, reverse=is_down)
    except TypeError:
        return []


# ---------------------------------------------------------------- renumbering


def of_renumbering(listed: Sequence[Any], old: Any, new: Any) -> str:
    if old in listed and new in listed:
        return "the customer is copied to the new number, not moved"
    return "the new number is answered, and not kept" if old in listed else ""


# ---------------------------------------------------------------- bounds


def clamped(asked: int, shown: int, bound: int) -> str:
    return f"page_size is clamped to {bound} instead of refused" if asked > bound == shown else ""


def first_page(page: str, shown: Sequence[Any], first: Sequence[Any] | None) -> str:
    """What is answered instead of a refusal; `first` are the customers of page 1, if they are known."""
    return (
        f"page {page or 'that is missing'} is taken for page 1"
        if first and list(shown) == list(first)
        else ""
    )
