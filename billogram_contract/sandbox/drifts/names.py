"""Drifts of the name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from billogram_contract.sandbox.drifts.bodies import reading, refusing
from billogram_contract.sandbox.wrapping import declare


def _utf_16_units(text: str) -> int:
    return len(text.encode("utf-16-le", errors="surrogatepass")) // 2


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", errors="surrogatepass"))


declare(
    "name-101-accepted",
    "name.maximum",
    "A name of 101 characters is accepted.",
    lambda upstream: upstream.with_rules(name_maximum=101),
)
declare(
    "name-unlimited",
    "name.maximum",
    "A name of any length is accepted.",
    lambda upstream: upstream.with_rules(name_maximum=10**9),
)
declare(
    "name-100-refused",
    "name.maximum",
    "A name of 100 characters is refused.",
    lambda upstream: upstream.with_rules(name_maximum=99),
)
declare(
    "name-limit-in-bytes",
    "name.characters",
    "The name's limit counts bytes.",
    lambda upstream: upstream.with_rules(measure=_bytes),
)
declare(
    "name-limit-in-utf-16-units",
    "name.characters",
    "The name's limit counts UTF-16 units.",
    lambda upstream: upstream.with_rules(measure=_utf_16_units),
)


def _name(name: str, breaks: str | tuple[str, ...], summary: str, read: Callable[[str], str]) -> None:
    reading(name, breaks, summary, "name", lambda value: read(value) if isinstance(value, str) else value)


def _cut_at_99(text: str) -> str:
    return text[:99] if len(text) == 100 else text


def _cut_at_64(text: str) -> str:
    return text[:64] if len(text) <= 100 else text


def _without_emoji(text: str) -> str:
    return "".join("?" if character > "\uffff" else character for character in text)


def _in_latin_1(text: str) -> str:
    return text.encode("latin-1", errors="replace").decode("latin-1")


def _without_accents(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def _spaces_joined(text: str) -> str:
    return re.sub("(?<=[^ ]) {2,}(?=[^ ])", " ", text)


_name("name-cut-at-100", "name.maximum", "A longer name is cut at 100.", lambda text: text[:100])
_name("name-cut-at-99", "name.kept", "The hundredth character of a name is lost.", _cut_at_99)
_name("name-emoji-replaced", "name.kept", "Characters beyond the basic plane become ?.", _without_emoji)
_name("name-in-latin-1", "name.kept", "A name keeps the letters of Latin-1 only.", _in_latin_1)
_name(
    "name-without-accents",
    ("name.characters", "name.kept"),
    "Letters of a name lose their marks.",
    _without_accents,
)
_name("name-capitalised", "name.kept", "Each word of a name gets a capital.", str.title)
_name("name-spaces-joined", "name.kept", "Several blanks inside a name become one.", _spaces_joined)
refusing(
    "name-emoji-refused",
    "name.characters",
    "A name with a character beyond the basic plane is refused.",
    "name",
    lambda body: any(character > "\uffff" for character in str(body.get("name"))),
)
