"""Pseudonyms for Swedish identity numbers: none that anyone can have, in the order of the originals.

Organisations' numbers start with 00 or 4, which no kind of organisation has; persons' numbers have a serial
from 980 on, which is set aside for fiction.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

from stdnum import luhn
from stdnum.se import personnummer

SYNTHETIC = ("00", *map(str, range(40, 50)))  # first two digits; no telephone number starts so either
SERIALS = range(980, 1000)
_DATES = tuple(f"{month:02}{day:02}" for month in range(1, 13) for day in range(1, 29))
LENGTH = 10


def is_number(digits: str) -> bool:
    return len(digits) == LENGTH and digits.isascii() and digits.isdecimal()


def is_person(digits: str) -> bool:
    return bool(personnummer.is_valid(f"{digits[:6]}-{digits[6:]}"))


def is_valid(digits: str) -> bool:
    return bool(luhn.is_valid(digits))


def is_synthetic(digits: str) -> bool:
    """Whether nobody can have a number, by how it starts or by its serial."""
    if is_person(digits):
        return int(digits[6:9]) in SERIALS
    return digits[:2] in SYNTHETIC and digits[2] not in "01"


def pseudonyms(numbers: Iterable[str], dice: random.Random) -> dict[str, str]:
    """A number for each, in the same order; a valid one stays valid, a person's a person's."""
    blocks: list[tuple[list[str], list[str]]] = []
    for number in sorted(set(numbers)):
        if is_person(number) and (not blocks or blocks[-1][1]):
            blocks.append(([], []))  # within two first digits, persons come before organisations
        elif not blocks:
            blocks.append(([], []))
        blocks[-1][0 if is_person(number) else 1].append(number)
    most = len(_DATES) * len(SERIALS)
    if len(blocks) > len(SYNTHETIC) or any(len(persons) > most for persons, _ in blocks):
        everyone = [one for persons, others in blocks for one in (*persons, *others)]
        blocks = [([], everyone)]  # too many to tell persons from organisations
    starts = sorted(dice.sample(SYNTHETIC, len(blocks)))
    return {
        number: made
        for start, (persons, others) in zip(starts, blocks, strict=True)
        for number, made in (*_persons(start, persons, dice), *_others(start, others, dice))
    }


def _persons(start: str, numbers: Sequence[str], dice: random.Random) -> Iterable[tuple[str, str]]:
    drawn = dice.sample(range(len(_DATES) * len(SERIALS)), len(numbers))
    for number, place in zip(numbers, sorted(drawn), strict=True):
        nine = f"{start}{_DATES[place // len(SERIALS)]}{SERIALS[place % len(SERIALS)]}"
        yield number, nine + luhn.calc_check_digit(nine)


def _others(start: str, numbers: Sequence[str], dice: random.Random) -> Iterable[tuple[str, str]]:
    drawn = dice.sample(range(2_000_000, 10_000_000), len(numbers))
    for number, rest in zip(numbers, sorted(drawn), strict=True):
        nine = f"{start}{rest}"
        check = int(luhn.calc_check_digit(nine))
        wrong = 0 if is_valid(number) else dice.randrange(1, 10)
        yield number, f"{nine}{(check + wrong) % 10}"
