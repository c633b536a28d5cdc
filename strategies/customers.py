"""Customers as sent: update bodies and their parts.

Nothing here can reach anybody: e-mail addresses are under reserved domains, phone numbers out of ranges that
are reserved for fiction, and electronic ids out of the range for demonstrations.
"""

from __future__ import annotations

import operator
import string
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from hypothesis import strategies as st

from billogram_contract.spec.description import load
from strategies.brief import brief
from strategies.names import names
from strategies.numbers import electronic_ids

Body = dict[str, Any]
Fields = Mapping[str, st.SearchStrategy[Any]]

SWEDEN = "SE"
# Cities by country, and how many digits their postal codes have. A code is normal as it is: no blanks (O).
COUNTRIES: Mapping[str, tuple[int, tuple[str, ...]]] = MappingProxyType(
    {
        SWEDEN: (5, ("Stockholm", "Göteborg", "Malmö", "Umeå", "Örebro", "Västerås")),
        "NO": (4, ("Oslo", "Tromsø", "Ålesund")),
        "FI": (5, ("Helsinki", "Jyväskylä", "Åbo")),
        "DK": (4, ("København", "Aarhus", "Sønderborg")),
        "DE": (5, ("Berlin", "Köln", "Gießen")),
        "AT": (4, ("Wien", "Graz")),
    }
)
FOREIGN = tuple(country for country in COUNTRIES if country != SWEDEN)
STREETS = (
    "Lavendelvägen",
    "Storgatan",
    "Åsgatan",
    "Rue de l'Église",
    "Hauptstraße",
    "Ελαιώνας",
    "Main Street",
)
# The ranges that Sweden's regulator (PTS) keeps for books and films: first number, and how many.
FICTIONAL_PHONES = (
    (46_70_174_06_05, 95),
    (46_31_390_06_00, 100),
)
EDI_OPERATORS = ("addett",)  # the only one ever seen (R)


def emails() -> st.SearchStrategy[str]:
    """E-mail addresses under `example.com` and `example.org` (RFC 2606), in lower case."""
    words = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=10)
    locals_ = st.lists(words, min_size=1, max_size=2).map(".".join)
    tags = st.just("") | words.map("+{}".format)
    return st.builds("{}{}@{}".format, locals_, tags, st.sampled_from(("example.com", "example.org")))


def phones() -> st.SearchStrategy[str]:
    """Swedish phone numbers that are nobody's, written `+46701740605`."""
    numbers = [first + place for first, count in FICTIONAL_PHONES for place in range(count)]
    return st.sampled_from(numbers).map("+{}".format)


def contacts(*, without: Collection[str] = (), full: bool = False) -> st.SearchStrategy[Body]:
    """Contacts with some of their fields, or `full` with all (R)."""
    return _objects(
        {"name": names(max_size=40), "email": emails(), "phone": phones()}, without=without, full=full
    )


def addresses(
    *, without: Collection[str] = (), full: bool = False, countries: Collection[str] = tuple(COUNTRIES)
) -> st.SearchStrategy[Body]:
    """Addresses with the sample request's spelling of the street line (R).

    Postal code, city and country come together or not at all, so that they always fit.
    """
    texts = names(max_size=40)
    fields = _lines() | {"use_careof_as_attention": st.booleans(), "careof": texts, "attention": texts}
    return _located(fields, without=without, full=full, countries=countries)


def delivery_addresses(
    *, without: Collection[str] = (), full: bool = False, countries: Collection[str] = tuple(COUNTRIES)
) -> st.SearchStrategy[Body]:
    """Delivery addresses: as `addresses()`, with a name of their own (R C)."""
    texts = names(max_size=40)
    fields = {"name": texts} | _lines() | {"careof": texts, "attention": texts}
    return _located(fields, without=without, full=full, countries=countries)


def edis(*, without: Collection[str] = (), full: bool = False) -> st.SearchStrategy[Body]:
    """Electronic addresses (R); an id and its operator come together or not at all."""
    receivers = {"electronic_id": electronic_ids(), "operator": st.sampled_from(EDI_OPERATORS)}
    references = st.text(string.ascii_uppercase + string.digits, min_size=1, max_size=12)
    return _with_group({"reference": references}, [receivers], without=without, full=full)


def customer_updates(
    *, without: Collection[str] = (), full: bool = False, languages: Sequence[str | None] = (None, "")
) -> st.SearchStrategy[Body]:
    """Valid update bodies; each field may be left out, unless `full`.

    Never with `created_at` (read-only, R), `links` or `customer_no`. A foreign company type has foreign
    addresses. Which `languages` exist depends on the market (R): by default only its two ways to say
    "the default".
    """
    kinds = load().body("company_type")["enum"]
    foreign = [kind for kind in kinds if kind.startswith("foreign")]
    swedish = [kind for kind in kinds if kind not in foreign]
    shared: Fields = {
        "name": names(),
        "contact": contacts(full=full),
        "edi": edis(full=full),
        "language": st.sampled_from(languages),
        "letter_forwarding_enabled": st.booleans(),
        "notes": names(max_size=200),
    }

    def bodies(kinds: Sequence[str], countries: Collection[str]) -> st.SearchStrategy[Body]:
        fields = {
            "company_type": st.sampled_from(kinds),
            "address": addresses(full=full, countries=countries),
            "delivery_address": delivery_addresses(full=full, countries=countries),
        }
        return _objects({**shared, **fields}, without=without, full=full)

    return brief("customer_updates", bodies(swedish, [SWEDEN]) | bodies(foreign, FOREIGN))


def _lines() -> dict[str, st.SearchStrategy[Any]]:
    """The lines above the place; never `address_line_1`, which is the same line as `street_address` (R O)."""
    texts = names(max_size=40)
    streets = st.builds("{} {}".format, st.sampled_from(STREETS), st.integers(1, 199))
    others = ("address_line_2", "address_line_3", "administrative_area", "dependent_locality", "organization")
    codes = st.text(string.digits, min_size=1, max_size=6)
    return {"street_address": streets} | dict.fromkeys(others, texts) | {"sorting_code": codes}


def _located(
    fields: Fields, *, without: Collection[str], full: bool, countries: Collection[str]
) -> st.SearchStrategy[Body]:
    """Objects of the fields and, as a group, a place in one of the countries."""
    unknown = set(countries) - set(COUNTRIES)
    if unknown or not countries:
        raise ValueError(f"countries must be some of {', '.join(COUNTRIES)}, not {sorted(unknown) or 'none'}")
    places = [_place(country) for country in COUNTRIES if country in countries]
    return _with_group(fields, places, without=without, full=full)


def _place(country: str) -> Fields:
    digits, cities = COUNTRIES[country]
    codes = st.integers(10 ** (digits - 1), 10**digits - 1).map(str)
    return {"zipcode": codes, "city": st.sampled_from(cities), "country": st.just(country)}


def _with_group(
    fields: Fields, groups: Sequence[Fields], *, without: Collection[str], full: bool
) -> st.SearchStrategy[Body]:
    """Objects of the fields, and of one of the groups, which is left out as a whole or not at all."""
    _check_without(without, {*fields, *groups[0]})
    singles = _objects(fields, without=set(without) & set(fields), full=full)
    wholes = st.one_of([st.fixed_dictionaries(_kept(group, without)) for group in groups])
    return st.builds(operator.or_, singles, wholes if full else st.just(Body()) | wholes)


def _objects(fields: Fields, *, without: Collection[str], full: bool) -> st.SearchStrategy[Body]:
    """Objects of the fields; each may be left out, unless `full`."""
    _check_without(without, fields)
    kept = _kept(fields, without)
    return st.fixed_dictionaries(kept) if full else st.fixed_dictionaries({}, optional=kept)


def _kept(fields: Fields, without: Collection[str]) -> dict[str, st.SearchStrategy[Any]]:
    return {name: values for name, values in fields.items() if name not in without}


def _check_without(without: Collection[str], known: Collection[str]) -> None:
    unknown = set(without) - set(known)
    if unknown:
        raise ValueError(f"without must name fields of {sorted(known)}, not {sorted(unknown)}")
