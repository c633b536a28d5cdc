"""The customers that a fresh sandbox has: made up, the same at every start."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from billogram_contract.sandbox.clock import timestamp
from billogram_contract.sandbox.fields import COMPANY_TYPES

ALLOTTED = tuple(range(9001, 9013))
FREE = range(9101, 9200)
_RESERVED = range(9000, 9300)  # no other customer has a number in here

_FIRST = datetime(2019, 2, 4, 7, 15, 3, 127000, tzinfo=UTC)
_STEP = timedelta(hours=13, minutes=7, seconds=11, milliseconds=89)

_PEOPLE = (
    "Åsa Öberg", "Örjan Ängström", "Björn Åkerlund", "Märta Sjögren", "Ebba Nyström",
    "anna lindén", "Anna Lindén", "Zoë van der Meer", "Ελένη Παπαδοπούλου", "Νίκος Ιωάννου",
    "O'Hara, Siobhán", "Łukasz Żak", "Sofia Exempelsson", "Ida-Lovisa Prov", "Bo Ek",
    "Søren Kjær", "Terkel Testsson", "李 小龍", "Nils 🎣 Fiskare",
)  # fmt: skip
_COMPANIES = (
    "Ångbryggeriet i Exempelstad AB", "Äppelkompaniet", "Öresunds Provbyrå HB", "100 % Kaffe AB",
    "Kvarnen & Döttrar KB", 'Glasögonboden "Klarsyn"', "Φάρος ΑΕ", "Blomsteraffären 🌷", "A_B Handel",
    "Société Exemple", "bröderna prov ab", "Zebra Test AB", "Åkeri Nord/Syd", "Müller Beispiel GmbH",
)  # fmt: skip
_CITIES = ("Exempelstad", "Stadby", "Åmåla", "Örnvik", "Ängeby", "Provköping", "Testhamn")
_STREETS = ("Lavendelväg", "Provgatan", "Ödesvägen", "Ågränd", "Exempelallén")
_COUNTRIES = ("DE", "GR", "NO", "FR", "NL")


def customers(others: int) -> list[dict[str, Any]]:
    """The allotted customers and some others, the oldest first, which is not the order of their numbers."""
    dice = random.Random(20170815)  # noqa: S311 - the same customers at every start
    found = [_allotted(number, dice) for number in ALLOTTED]
    found += [_other(number, index, dice) for index, number in enumerate(_numbers(others, dice))]
    dice.shuffle(found)
    for index, customer in enumerate(found):
        created = _FIRST + _STEP * index * (400 / max(400, len(found)))
        customer["created_at"] = timestamp(created)
        updated = created + timedelta(days=dice.randint(1, 700))
        touched = "contact" in customer and customer["customer_no"] % 6 != 0
        customer["updated_at"] = timestamp(updated) if touched else None
    return found


def _numbers(count: int, dice: random.Random) -> list[int]:
    """Distinct numbers of one to eight digits."""
    found = dict.fromkeys((7, 42, 512, 10032)[:count])
    while len(found) < count:
        digits = dice.randint(1, 8)
        number = dice.randint(10 ** (digits - 1), 10**digits - 1)
        if number not in _RESERVED:
            found.setdefault(number)
    return list(found)


def _allotted(number: int, dice: random.Random) -> dict[str, Any]:
    company_type = COMPANY_TYPES[number % 4]
    notes = f"Allotted to the contract tests: {number}.\nMay be changed."
    customer = _complete(number, _name(company_type, dice), company_type, dice)
    return customer | {"name": f"{customer['name']} {number}", "notes": notes}


def _complete(number: int, name: str, company_type: str, dice: random.Random) -> dict[str, Any]:
    """A customer with every field filled."""
    country = dice.choice(_COUNTRIES) if company_type.startswith("foreign") else "SE"
    return {
        "customer_no": number,
        "name": name,
        "notes": f"Kund nr {number}",
        "org_no": (org_no := _org_no(dice)),
        "vat_no": f"SE{org_no}01" if country == "SE" else f"{country}{dice.randrange(10**9):09}",
        "language": "sv",
        "contact": _contact(name, number, dice),
        "address": {
            "careof": "c/o Prov",
            "use_careof_as_attention": number % 2 == 0,
            "attention": "Ekonomi",
            **_lines(country, dice),
        },
        "letter_forwarding_enabled": number % 3 == 0,
        "delivery_address": {
            "name": f"{name}, lagret",
            "careof": "c/o Godsmottagningen",
            "attention": "Leveranser",
            **_lines(country, dice),
        },
        "permanent_establishment_address": {
            "name": name.split()[0],
            "additional_name": "Filial",
            "family_name": name.split()[-1],
            **_lines(country, dice),
        },
        "payment_settings": {"recurring_payment_type": "autogiro"},
        "company_type": company_type,
        "edi": {
            "electronic_id": f"00{dice.randrange(10**10):010}",
            "operator": "addett",
            "reference": "Prov",
        },
        "links": {"automatic_payments_setup_link": f"https://example.com/autogiro/{number}"},
    }


def _other(number: int, index: int, dice: random.Random) -> dict[str, Any]:
    """A customer not allotted: some complete, some with little, some with null instead."""
    company_type = COMPANY_TYPES[index % 4]
    name = _name(company_type, dice)
    little = {"customer_no": number, "name": name, "company_type": company_type}
    match index % 5:
        case 0 | 1:
            return _complete(number, name, company_type, dice)
        case 2:
            nothing = dict.fromkeys(("notes", "org_no", "vat_no", "language", "delivery_address", "edi"))
            return little | nothing | {"contact": _contact(name, number, dice)}
        case 3:
            lines = {"careof": None, "zipcode": f"{dice.randint(10000, 98999)}", "city": dice.choice(_CITIES)}
            return little | {"address": lines | {"country": "SE"}, "letter_forwarding_enabled": False}
        case _:
            return little


def _name(company_type: str, dice: random.Random) -> str:
    return dice.choice(_PEOPLE if company_type.endswith("individual") else _COMPANIES)


def _contact(name: str, number: int, dice: random.Random) -> dict[str, Any]:
    domain = dice.choice(("example.com", "example.org"))
    return {
        "name": name,
        "email": f"kund.{number}@{domain}",
        "phone": f"+46 31-390 06 {dice.randrange(100):02}",  # set aside for fiction
    }


def _lines(country: str, dice: random.Random) -> dict[str, Any]:
    return {
        "address_line_1": f"{dice.choice(_STREETS)} {dice.randint(1, 99)}",
        "address_line_2": f"Lgh {dice.randint(1001, 1604)}",
        "address_line_3": "Uppgång B",
        "administrative_area": "Provlän",
        "dependent_locality": "Norra Exempel",
        "organization": "Exempelorganisationen",
        "sorting_code": f"{dice.randint(100, 999)}",
        "zipcode": f"{dice.randint(10000, 98999)}",
        "city": dice.choice(_CITIES),
        "country": country,
    }


def _org_no(dice: random.Random) -> str:
    """Made up; the third digit makes it an organisation's and never a person's, the last one checks."""
    digits = f"55{dice.randint(2, 9)}{dice.randrange(10**6):06}"
    return digits + str(-sum(_luhn(digits)) % 10)


def _luhn(digits: str) -> Iterator[int]:
    for index, digit in enumerate(digits):
        product = int(digit) * (2 - index % 2)
        yield product // 10 + product % 10
