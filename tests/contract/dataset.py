"""A dataset: customers that differ in every field, for the checks of lists, filters and orders."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cmp_to_key
from itertools import combinations
from typing import Any

from billogram_contract.errors import Blocked, NotApplicable
from billogram_contract.spec import description as vendored
from billogram_contract.spec.customer import STREET, differences, instant
from billogram_contract.upstream.exchange import Answer

COMPANY_TYPES = vendored.load().body("company_type")["enum"]

# The fields with the same texts: what a member has in one of them another has in another, so that looking in
# the wrong one shows. One text is the start of another and a part of a third, two have more than their first
# half in common, two are the same. None has a letter or a pair of letters that collations disagree on.
TEXTS = (
    "name",
    "contact:name",
    "address:careof",
    "address:street_address",
    "address:city",
    "delivery_address:name",
    "delivery_address:careof",
    "delivery_address:city",
)
STEM = "Holmemö"  # begins them all
BEFORE = "Heså"  # stands before one of them
EMAIL = "contact:email"
EMAIL_STEM = "holmemo"
WHOLE, LONGER, INSIDE, LONG, AS_LONG = range(5)  # what the first of them are
HALF = "motborgenmedbergeti"
LONG_HALF = HALF * 3  # so that the name has more than sixty letters
LARGEST = 7  # members of a dataset

# By position, in normal form; one has the start of another inside, and some of the German ones start with 0.
ZIPCODES = ("55560", "11222", "01067", "04109", "22230", "22230", "33330")
BARE_ZIPCODES = {one: one.lstrip("0") for one in ZIPCODES}  # as numbers
DELIVERY_ZIPCODES = ("22230", "11222", "01067", "01067", "22230", "11222", "01067")
PHONES = (  # reserved for fiction
    "+46406280412", "+46846500406", "+46313900612", "+46406280436",
    "+46313900640", "+46980319212", "+46846500453",
)  # fmt: skip
NORMALISED = ("zipcode", "phone", "email")  # what upstream makes of these is open
COUNTRIES = {True: "DE", False: "SE"}  # by whether a company type is a foreign one


def texts(field: str) -> tuple[str, ...]:
    """The values that the members have in a text field, by what they are."""
    return VALUES[field]


def _values(field: str) -> tuple[str, ...]:
    half = LONG_HALF if field == "name" else HALF
    words = ("bad", "badger", "bad", f"{half}be", f"{half}bi", "dink", "dink")
    if field == EMAIL:
        starts = ["bo." if what == INSIDE else "" for what in range(len(words))]
        return tuple(
            f"{start}{EMAIL_STEM}{word}@example.com" for start, word in zip(starts, words, strict=True)
        )
    return tuple(
        f"{BEFORE} {STEM} {word}" if what == INSIDE else f"{STEM} {word}" for what, word in enumerate(words)
    )


VALUES = {field: _values(field) for field in (*TEXTS, EMAIL)}


@dataclass(frozen=True)
class Dataset:
    """Customers with the same notes, `mark`, each with a value of its own in every other text field.

    `members` are their records by number, `lost` the places that upstream did not keep as written, `entries`
    how a list shows them.
    """

    members: Mapping[int, dict[str, Any]]
    mark: str
    lost: frozenset[str] = frozenset()
    entries: Mapping[int, dict[str, Any]] | None = None

    @property
    def filter(self) -> dict[str, str]:
        """The query that finds the dataset and nobody else."""
        return self.filter_by("field")

    def filter_by(self, kind: str) -> dict[str, str]:
        """A query of a kind that finds the dataset and nobody else: by all of its mark, or by a part."""
        part = {"field": self.mark, "field-prefix": self.mark[:-2], "field-search": self.mark[1:-1]}[kind]
        return {"filter_type": kind, "filter_field": "notes", "filter_value": part}

    def values(self, field: str) -> dict[int, Any]:
        """What each member has in a field, nested ones with colons; raises Blocked where it was lost.

        Where upstream may have another normal form for it, that is no fault: raises NotApplicable.
        """
        if f"/{field.replace(':', '/')}".replace(*STREET) in self.lost:
            reason = NotApplicable if field.rpartition(":")[2] in NORMALISED else Blocked
            raise reason(f"{field} was not kept as it was arranged")
        if field in ("created_at", "updated_at"):
            return {number: moment(one, field) for number, one in (self.entries or {}).items()}
        return {
            number: value_of({**member, "customer_no": number}, field)
            for number, member in self.members.items()
        }

    def text(self, field: str, what: int) -> str:
        """The text of a field that is what is asked for; raises NotApplicable where no member has it."""
        if (text := texts(field)[what]) not in self.values(field).values():
            raise NotApplicable("needs more allotted customers (--customers)")
        return text

    def otherwise(self, answer: Answer) -> list[str]:
        """Where a list shows members otherwise than the list that was asked first, in a few words each."""
        found = []
        for number, entry in zip(answer.numbers, answer.customers, strict=True):
            if (told := (self.entries or {}).get(number)) is not None:
                found += [f"customer {number}: {one}" for one in departures(told, entry)]
        return found


def departures(told: dict[str, Any], entry: dict[str, Any]) -> list[str]:
    """Where two entries of one customer differ, in a few words each."""
    found = [f"{one.pointer} {one.observed}, not {one.expected}" for one in differences(told, entry)]
    was, now = (instant(one.get("updated_at")) for one in (told, entry))
    return found + ([f"/updated_at {now}, not {was}"] if was != now else [])


def value_of(customer: dict[str, Any], field: str) -> Any:
    """What a customer has in a field, nested ones written with colons; None where it has nothing."""
    value: Any = customer
    for name in field.split(":"):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def moment(customer: dict[str, Any], field: str) -> datetime | None:
    """When a customer was created or updated; None where an update's time may stand for there being none."""
    created, told = (instant(customer.get(name)) for name in ("created_at", field))
    return None if field == "updated_at" and told == created else told


def comes_first(one: Any, other: Any) -> bool | None:
    """Whether one value stands before another in an ascending order; None where that is open, or they tie.

    Every collation agrees on texts of which one is the start of the other, or which first differ in two small
    letters, or in two digits of numerals that are equally long, telephone numbers' plus aside.
    """
    if one in (None, "") or other in (None, "") or one == other or type(one) is not type(other):
        return None
    if isinstance(one, int | datetime):
        return bool(one < other)
    if other.startswith(one) or one.startswith(other):
        return len(one) < len(other)
    a, b = next((a, b) for a, b in zip(one, other, strict=False) if a != b)
    are_numerals = all(text.removeprefix("+").isdecimal() for text in (one, other))
    numerals = are_numerals and len(one) == len(other) and "+" not in (a, b)
    letters = all(letter.isascii() and letter.islower() for letter in (a, b))
    return bool(a < b) if numerals or letters else None


def in_order(values: list[Any], direction: str) -> list[Any] | None:
    """Values in an order; None where collations may disagree on two of them."""
    if any(comes_first(one, other) is None for one, other in combinations(values, 2) if one != other):
        return None
    return sorted(values, reverse=direction == "desc", key=cmp_to_key(_sign))


def _sign(one: Any, other: Any) -> int:
    return 0 if one == other else -1 if comes_first(one, other) else 1


def shuffled(field: str, values: tuple[str, ...]) -> list[str]:
    """The values in an order of the field's own, so that an order by another field shows."""
    return random.Random(field).sample(values, len(values))  # noqa: S311  # no secret


def record(position: int, size: int, mark: str) -> dict[str, Any]:
    """The fields of one member of a dataset of a size."""

    def one_of(field: str, values: tuple[str, ...]) -> str:
        return shuffled(field, values[:size])[position]

    def text(field: str) -> str:
        return one_of(field, texts(field))

    company_type = COMPANY_TYPES[position % len(COMPANY_TYPES)]
    country = COUNTRIES[company_type.startswith("foreign")]
    return {
        "name": text("name"),
        "notes": mark,
        "company_type": company_type,
        "contact": {
            "name": text("contact:name"),
            "email": text("contact:email"),
            "phone": one_of("contact:phone", PHONES),
        },
        "address": {
            "careof": text("address:careof"),
            "street_address": text("address:street_address"),
            "zipcode": ZIPCODES[position],
            "city": text("address:city"),
            "country": country,
        },
        "delivery_address": {
            "name": text("delivery_address:name"),
            "careof": text("delivery_address:careof"),
            "zipcode": DELIVERY_ZIPCODES[position],
            "city": text("delivery_address:city"),
            "country": country,
        },
    }


def need_customers(answer: Answer, count: int) -> None:
    """Raises NotApplicable where the account has too few customers for the question."""
    if answer.is_success and answer.total_count < count:
        raise NotApplicable(f"needs an account with {count} customers or more: it has {answer.total_count}")
