"""Pseudonyms: for each text of a recording another one of its kind.

The same text always gets the same pseudonym, texts that differ get ones that differ, and what the suite
tolerates as equal (case, white space, canonically equivalent Unicode) stays so. Kept are length, the kind of
every character, case, punctuation, and the format of addresses and numbers. A text's dice are made of the
text and of a key, which is drawn anew for every recording of upstream and stored nowhere, so that no
dictionary leads back.
"""

from __future__ import annotations

import hmac
import random
import re
import secrets
import string
import unicodedata
from collections.abc import Callable, Iterable
from functools import cache

from billogram_contract.recording import identity_numbers

EMAIL = re.compile(r"[^\s@<>()\"'`,;:]+@[^\s@<>()\"'`,;:]+\.[^\W\d_]{2,}")
URL = re.compile(r"(?i)\b(https?://)([^\s/\"'<>]+)")
NUMBER = re.compile(r"(?<![^\W_])\+?\d(?:[ \u00a0/().-]{0,2}\d){6,}(?![^\W_])")
VAT = re.compile(r"(?i)\bSE\d{12}\b")
COUNTRIES = tuple(f"x{letter}" for letter in "abcdefghijlmnopqrstuvwyz")  # set aside for users of ISO 3166
NOBODYS = ("000", "999")  # how no telephone number starts: within a country, and after a plus
TRIES = 100


def folded(text: str) -> str:
    """A text as the most tolerant collation compares it: case and accents aside."""
    return "".join(map(_folded, text)).strip()


@cache
def _folded(letter: str) -> str:
    parts = unicodedata.normalize("NFKD", letter).casefold()
    return "".join(part for part in parts if not unicodedata.combining(part))


def _tight(text: str) -> str:
    return "".join(folded(text).split())


def digits_of(text: str) -> str:
    return "".join(letter for letter in text if letter.isdecimal())


class Pseudonyms:
    """The pseudonyms of one recording.

    `own` are the texts that the suite itself made: they stay, wherever they stand. `searched` are those that
    it filtered by: a text that holds one goes on holding it. `texts` are all that need a pseudonym, and
    `identities` those among them that stand where identity numbers do. `taken` are no pseudonyms. The same
    `key` draws the same ones.
    """

    def __init__(
        self,
        own: Iterable[str],
        searched: Iterable[str],
        texts: Iterable[str],
        identities: Iterable[str] = (),
        taken: Iterable[str] = (),
        key: bytes | None = None,
    ) -> None:
        self._key = key or secrets.token_bytes(32)
        self._own = {_tight(text) for text in own}
        self._searched = sorted({folded(text) for text in searched} - {""}, key=len, reverse=True)
        self._numbers = identity_numbers.pseudonyms(
            {*_numbers_in(identities), *filter(_is_identity, _numbers_in(texts))}, self._dice("identities")
        )
        self._known: dict[str, str] = {}
        self._taken = {*taken}

    def of(self, text: str, field: str = "") -> str:
        """The pseudonym of a text; `field` is the name of the field that it stands in."""
        plain = unicodedata.normalize("NFC", text)
        if _tight(text) in self._own:
            return text
        if field == "country" and re.fullmatch("[A-Za-z]{2}", text):
            given = self._once(f"country {text.upper()}", "", lambda dice: dice.choice(COUNTRIES))
            return "".join(_cased(one, like) for one, like in zip(given, text, strict=True))
        given = self._replaced(plain)
        return given if plain == text else unicodedata.normalize("NFD", given)

    def _replaced(self, text: str) -> str:
        """Addresses and numbers by their formats, everything else letter by letter."""
        formats: tuple[tuple[re.Pattern[str], Callable[[str], str]], ...] = (
            (EMAIL, self._email),
            (URL, self._host),
            (VAT, self._vat),
            (NUMBER, self._number),
        )
        for pattern, replace in formats:
            if match := pattern.search(text):
                start, end = match.span()
                before, after = self._replaced(text[:start]), self._replaced(text[end:])
                return f"{before}{replace(match[0])}{after}"
        return self._lettered(text)

    def _lettered(self, text: str) -> str:
        kept = self._kept(text)
        key = "".join(map(_lower, "".join(text.split())))
        spared = [one for one, keep in zip(text, kept, strict=True) if not one.isspace() and keep]
        stream = self._once(f"{key}\n{''.join(spared)}", key, lambda dice: _drawn(text, kept, dice))
        letters = iter(stream)
        return "".join(one if one.isspace() else _cased(next(letters), one) for one in text)

    def _kept(self, text: str) -> list[bool]:
        """Which letters belong to something that the suite filtered by."""
        places = [place for place, letter in enumerate(text) for _ in _folded(letter)]
        plain, kept = "".join(map(_folded, text)), [False] * len(text)
        for value in self._searched:
            at = plain.find(value)
            while at >= 0:
                for place in places[at : at + len(value)]:
                    kept[place] = True
                at = plain.find(value, at + 1)
        return kept

    def _dice(self, name: str) -> random.Random:
        seed = hmac.digest(self._key, name.encode("utf-8", "surrogatepass"), "sha256")
        return random.Random(seed)  # noqa: S311  # as secret as the key

    def _once(self, name: str, original: str, draw: Callable[[random.Random], str]) -> str:
        """What is drawn for a name, drawn again while it is another's or the suite's."""
        if name not in self._known:
            dice = self._dice(name)
            found = [value for value in self._searched if value in folded(original)]
            for _ in range(TRIES):
                given = draw(dice)
                taken = given in self._taken or _tight(given) in self._own or given == original
                if not taken and found == [value for value in self._searched if value in folded(given)]:
                    break
            self._known[name] = given
            self._taken.add(given)
        return self._known[name]

    def _email(self, text: str) -> str:
        local, _, domain = text.rpartition("@")
        return f"{self._lettered(local)}@{self._domain(domain)}"

    def _host(self, text: str) -> str:
        scheme, _, host = text.partition("://")
        return f"{scheme}://{self._domain(host)}"

    def _domain(self, text: str) -> str:
        """A domain of about the same length where nobody lives (RFC 2606)."""
        size = max(2, len(text) - len(".test"))
        label = self._once(
            f"domain {text.lower()}",
            text.lower(),
            lambda dice: "".join(dice.choices(string.ascii_lowercase, k=size)),
        )
        cased = "".join(_cased(one, like) for one, like in zip(label, text.ljust(size, "x"), strict=False))
        return cased + (".TEST" if text.isupper() else ".test")

    def _vat(self, text: str) -> str:
        if text[2:12] in self._numbers:
            return text[:2] + self._numbers[text[2:12]] + text[12:]
        return text[:2] + self._number(text[2:])

    def _number(self, text: str) -> str:
        """Digits for digits; what could be a telephone number becomes one that nobody has."""
        digits = digits_of(text)
        if digits in self._numbers and not text.startswith("+"):
            given = self._numbers[digits]
        elif len(digits) == 12 and digits[2:] in self._numbers and digits[:2] in ("16", "19", "20"):
            given = digits[:2] + self._numbers[digits[2:]]
        else:
            start = NOBODYS[text.startswith("+")]
            count = len(digits) - len(start)
            given = self._once(
                f"number {start}{digits}",
                digits,
                lambda dice: start + "".join(dice.choices(string.digits, k=count)),
            )
        each = iter(given)
        return "".join(next(each) if letter.isdecimal() else letter for letter in text)


def _drawn(text: str, kept: list[bool], dice: random.Random) -> str:
    return "".join(
        letter if keep else dice.choice(_pool(_lower(letter)))
        for letter, keep in zip(text, kept, strict=True)
        if not letter.isspace()
    )


def _numbers_in(texts: Iterable[str]) -> set[str]:
    """The ten digits of everything in the texts that could be an identity number."""
    found = set()
    for text in (unicodedata.normalize("NFC", text) for text in texts):
        candidates = {digits_of(match[0]) for match in NUMBER.finditer(text)}
        candidates |= {match[0][2:12] for match in VAT.finditer(text)}
        candidates |= {digits[2:] for digits in candidates if len(digits) == 12}
        found |= {digits for digits in candidates if identity_numbers.is_number(digits)}
    return found


def _is_identity(digits: str) -> bool:
    """Whether ten digits in any text are an identity number; after a zero, a telephone's are likelier."""
    return identity_numbers.is_valid(digits) and not digits.startswith("0")


def _lower(letter: str) -> str:
    return letter.lower() if len(letter.lower()) == 1 else letter


def _cased(letter: str, like: str) -> str:
    upper = letter.upper()
    return upper if like != _lower(like) and len(upper) == 1 else letter


@cache
def _pool(letter: str) -> tuple[str, ...]:
    """The letters that may stand for a letter: of its script, and composed if it is."""
    if letter.isascii() and letter.isalpha():
        return tuple(string.ascii_lowercase)
    if letter.isdecimal():
        zero = ord(letter) - int(letter)
        return tuple(chr(zero + digit) for digit in range(10))
    if not letter.isalpha():
        return (letter,)
    start = ord(letter) // 64 * 64
    near = map(chr, range(start, start + 64))
    return tuple(one for one in near if _kind(one) == _kind(letter)) or (letter,)


def _kind(letter: str) -> tuple[str, bool, bool, bool]:
    composed = unicodedata.normalize("NFD", letter) != letter
    stable = unicodedata.normalize("NFC", letter) == letter and _lower(letter) == letter
    return unicodedata.category(letter), composed, stable, len(letter.upper()) == 1
