"""A dataset: customers that differ in every field, for the checks of lists, filters and orders."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from billogram_contract.errors import Blocked, NotApplicable
from billogram_contract.spec import description as vendored
from billogram_contract.upstream.exchange import Answer

LARGEST = 7  # members of a dataset
COMPANY_TYPES = vendored.load().body("company_type")["enum"]

# One case, one length, no letters that collations disagree on: any order of texts sorts them alike.
WORDS = ("badg", "dink", "fogd", "help", "kemp", "motd", "pink")

# What upstream stores in normal form and any country takes.
ZIPCODES = ("11120", "22230", "33340", "44450", "55560", "66670", "77780")
PHONES = tuple(f"031-39006{digits:02}" for digits in range(LARGEST))  # reserved for fiction


@dataclass(frozen=True)
class Dataset:
    """Customers with the same notes, `mark`, each with a value of its own in every other text field.

    `members` are their records by number, `lost` the places that upstream did not keep as written.
    """

    members: dict[int, dict[str, Any]]
    mark: str
    lost: frozenset[str] = frozenset()

    @property
    def filter(self) -> dict[str, str]:
        """The query that finds the dataset and nobody else."""
        return {"filter_type": "field", "filter_field": "notes", "filter_value": self.mark}

    def values(self, field: str) -> dict[int, Any]:
        """What each member has in a field, nested ones with colons; raises Blocked where it was lost."""
        if f"/{field.replace(':', '/')}" in self.lost:
            raise Blocked(f"{field} was not kept as it was arranged")
        return {
            number: value_of({**member, "customer_no": number}, field)
            for number, member in self.members.items()
        }

    def having(self, field: str, value: Any) -> set[int]:
        """The members that have the value in the field."""
        return {number for number, own in self.values(field).items() if own == value}


def value_of(customer: dict[str, Any], field: str) -> Any:
    """What a customer has in a field, nested ones written with colons; None where it has nothing."""
    value: Any = customer
    for name in field.split(":"):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def shuffled(field: str, values: tuple[str, ...]) -> list[str]:
    """The values in an order of the field's own, so that an order by another field shows."""
    return random.Random(field).sample(values, len(values))  # noqa: S311  # no secret


def record(position: int, mark: str) -> dict[str, Any]:
    """The fields of one member of the dataset."""

    def word(field: str) -> str:
        return shuffled(field, WORDS)[position]

    return {
        "name": f"Kvarn {word('name')}",
        "notes": mark,
        "company_type": COMPANY_TYPES[position % len(COMPANY_TYPES)],
        "contact": {
            "name": f"Anna {word('contact name')}",
            "email": f"{word('email')}@example.com",
            "phone": shuffled("phone", PHONES)[position],
        },
        "address": {
            "careof": f"Berg {word('careof')}",
            "street_address": f"Dalen {word('street')}",
            "zipcode": shuffled("zipcode", ZIPCODES)[position],
            "city": f"Ekeby {word('city')}",
            "country": "SE",
        },
        "delivery_address": {
            "name": f"Fors {word('delivery name')}",
            "careof": f"Gran {word('delivery careof')}",
            "zipcode": shuffled("delivery zipcode", ZIPCODES)[
                position // 3
            ],  # shared: an order by it has ties
            "city": f"Holm {word('delivery city')}",
            "country": "SE",
        },
    }


def need_customers(answer: Answer, count: int) -> None:
    """Raises NotApplicable where the account has too few customers for the question."""
    if answer.is_success and answer.total_count < count:
        raise NotApplicable(f"needs an account with {count} customers or more: it has {answer.total_count}")
