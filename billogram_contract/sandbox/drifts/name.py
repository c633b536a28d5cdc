"""Drifts of the name."""

from __future__ import annotations

import re
import unicodedata

from billogram_contract.sandbox import kit, knobs
from billogram_contract.sandbox.catalogue import Family

FAMILY = Family(__name__)


def _utf_16_units(text: str) -> int:
    return len(text.encode("utf-16-le", errors="surrogatepass")) // 2


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", errors="surrogatepass"))


def _cut_at_99(text: str) -> str:
    return text[:99] if len(text) == 100 else text


def _without_emoji(text: str) -> str:
    return "".join("?" if character > "\uffff" else character for character in text)


def _without_accents(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def _spaces_joined(text: str) -> str:
    return re.sub("(?<=[^ ]) {2,}(?=[^ ])", " ", text)


drift = FAMILY.breaking("name.maximum")
knobs.declare_maximum(drift, "name_maximum", "name", "A name of {} characters", "A name of any length")
drift("name-cut-at-100", "A longer name is cut at 100.")(kit.read_text("name", lambda text: text[:100]))

drift = FAMILY.breaking("name.characters")
drift("name-limit-in-bytes", "The name's limit counts bytes.")(knobs.turned(measure=_bytes))
drift("name-limit-in-utf-16-units", "The name's limit counts UTF-16 units.")(
    knobs.turned(measure=_utf_16_units)
)
drift("name-emoji-refused", "A name with a character beyond the basic plane is refused.")(
    kit.refuse_body("name", lambda body: any(character > "\uffff" for character in str(body.get("name"))))
)

drift = FAMILY.breaking("name.kept")
drift("name-cut-at-99", "The hundredth character of a name is lost.")(kit.read_text("name", _cut_at_99))
drift("name-emoji-replaced", "Characters beyond the basic plane become ?.")(
    kit.read_text("name", _without_emoji)
)
drift("name-in-latin-1", "A name keeps the letters of Latin-1 only.")(kit.read_text("name", kit.in_latin_1))
drift("name-capitalised", "Each word of a name gets a capital.")(kit.read_text("name", str.title))
drift("name-spaces-joined", "Several blanks inside a name become one.")(kit.read_text("name", _spaces_joined))

drift = FAMILY.breaking("name.characters", "name.kept")
drift("name-without-accents", "Letters of a name lose their marks.")(kit.read_text("name", _without_accents))
