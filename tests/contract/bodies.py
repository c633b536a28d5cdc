"""Update bodies in normal form: every documented field, and what stands beside a field in question."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from billogram_contract.spec import description as vendored
from strategies import NAME_ALPHABETS, names_of_length

Body = dict[str, Any]

COMPANY_TYPES: list[str] = vendored.load().body("company_type")["enum"]
MAXIMUM: int = vendored.load().body("name")["maxLength"]
SUBSTRUCTURES = ("contact", "address", "delivery_address", "edi")

FULL: Body = {
    "name": "Frida Storm",
    "notes": "some notes",
    "company_type": "individual",
    "letter_forwarding_enabled": True,
    "contact": {"name": "Frida Storm", "email": "frida.storm@example.com", "phone": "+46313900611"},
    "address": {
        "careof": "Holm",
        "use_careof_as_attention": True,
        "attention": "Frida",
        "street_address": "Lavendelvägen 27",
        "address_line_2": "Apartment 5",
        "address_line_3": "Back yard",
        "administrative_area": "Province X",
        "dependent_locality": "Village Y",
        "organization": "Storm AB",
        "sorting_code": "12345",
        "zipcode": "17569",
        "city": "Järfälla",
        "country": "SE",
    },
    "delivery_address": {
        "name": "Storm's store",
        "address_line_1": "Hamngatan 3",
        "address_line_2": "Gate 4",
        "address_line_3": "Ring twice",
        "administrative_area": "Province Z",
        "dependent_locality": "Village W",
        "organization": "Storm Lager AB",
        "sorting_code": "54321",
        "careof": "Berg",
        "attention": "Store",
        "zipcode": "41119",
        "city": "Göteborg",
        "country": "SE",
    },
    "edi": {"electronic_id": "7300009000017", "operator": "addett", "reference": "order 17"},
}
OTHER: Body = {
    "name": "Gustav Lund",
    "notes": "other notes",
    "company_type": "business",
    "letter_forwarding_enabled": False,
    "contact": {"name": "Gustav Lund", "email": "gustav.lund+tag@example.org", "phone": "+46313900622"},
    "address": {
        "use_careof_as_attention": False,
        "street_address": "Backgatan 1",
        "zipcode": "22230",
        "city": "Lund",
        "country": "SE",
    },
    "delivery_address": {"name": "Lund", "zipcode": "22240", "city": "Lund", "country": "SE"},
    "edi": {"reference": "order 18"},
}

LONG_STREET = "Övre Norra Södra Långgatan vid Ångbåtsbryggan 127, uppgång B7"
PEOPLE = (
    "Åsa  Öberg; Αννα Παππά; Ирина Ким; 李 小龙; 김 민준; Zoe 👩\u200d🚀 𝄞",
    "مريم حسن / שרה לוי / نیلوفر می\u200cنو",  # a joiner of no width belongs to the spelling
    'O\'NEIL & "McDonald" <script>alert(1)</script> \\ 100% &amp; ﬁ ² “Citat” …',
)
NAMES = (
    *(names_of_length(MAXIMUM, character=unit) for unit in NAME_ALPHABETS.values()),
    *PEOPLE,
)
NOTES = (
    "line one\nline two\ttabbed åäö αβ ж 漢字 عربي 🚀"
    """ <b>&amp;</b> "quoted" 'single' \\ / %""",
    "n" * 2000,
    "<script>alert('hej')</script>\n' OR 1=1 --\n../../etc/passwd\n${name} {{name}} %s q\u0301",
    "Å Ä Ö É ß 𠮷 \n" * 100 + "end",
)


def home(kind: str) -> dict[str, str]:
    """A place for customers of a company type."""
    if kind.startswith("foreign"):
        return {"zipcode": "01067", "city": "Dresden", "country": "DE"}
    return {"zipcode": "22240", "city": "Lund", "country": "SE"}


def full(kind: str) -> Body:
    """Every documented field of a customer of a company type."""
    return {
        **FULL,
        "company_type": kind,
        "address": {**FULL["address"], **home(kind)},
        "delivery_address": {**FULL["delivery_address"], **home(kind)},
    }


def beside(kind: str) -> dict[str, Body]:
    """What may stand beside a field in question, by what it is: every field, in one context or another."""
    street = {**home(kind), "street_address": LONG_STREET, "careof": "ÅKE Ö"}
    contact = {**OTHER["contact"], "name": "Ångström"}
    delivery = {**home(kind), "name": "McDonald", "address_line_1": "Torget 1"}
    return {
        "alone": {},
        "address": {"address": street, "delivery_address": delivery},
        "contact": {"name": "DeVries", "contact": contact, "edi": OTHER["edi"]},
        "texts": {"notes": "beside a flaw", "letter_forwarding_enabled": False, "language": ""},
    }


def single_members(kind: str) -> Iterator[Body]:
    """The members of each substructure, one or two alone, with other values than `full` has.

    Postal code, city and country stand together: one of another country is none.
    """
    place = home(kind)
    for structure in ("contact", "edi"):
        for name, value in FULL[structure].items():
            yield {structure: {name: _another(name, value)}}
    for structure in ("address", "delivery_address"):
        yield {structure: {**place, "city": place["city"] + " Östra"}}
        members = [(name, value) for name, value in FULL[structure].items() if name not in place]
        for turn in range(0, len(members), 2):
            yield {structure: {name: _another(name, value) for name, value in members[turn : turn + 2]}}


def _another(name: str, value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    special = {
        "email": "frida.storm+faktura@example.com",
        "phone": "+46313900633",
        "electronic_id": "7300009000024",
        "operator": value,
        "sorting_code": "777",
        "street_address": LONG_STREET,
        "address_line_1": LONG_STREET,
    }
    return special.get(name, f"{value} ÅÉ McB")
