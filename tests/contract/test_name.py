"""The name: its limit in characters of every width, and that it is kept as sent."""

from __future__ import annotations

import json

import pytest

from billogram_contract.checking.expect import expect
from billogram_contract.pool.leased import LeasedCustomer
from billogram_contract.spec import description as vendored
from strategies import NAME_ALPHABETS, names_of_length

MAXIMUM = vendored.load().body("name")["maxLength"]
WIDE = [label for label in NAME_ALPHABETS if label != "ascii"]
PEOPLE = (
    "Anna  Maria  Larsson",
    "Åsa Öberg",
    "Αννα Παππά",
    "Ирина Ким",
    "مريم حسن",
    "שרה לוי",
    "李 小龙",
    "김 민준",
    "نیلوفر می\u200cنو",  # a joiner of no width belongs to the spelling
    "Zoe 👩\u200d🚀 Rocket",
    "ﬁ ² “Citat” — …",
    'O\'Neil & "Sons" <AB> \\ 100%',
)

clause = pytest.mark.clause
needs = pytest.mark.needs
pytestmark = needs("update.answers", "update.partial", "auth.basic")


@clause("name.maximum", "name.kept")
@pytest.mark.parametrize("length", [1, MAXIMUM - 1, MAXIMUM])
def test_name_up_to_the_maximum_is_accepted(customer: LeasedCustomer, length: int) -> None:
    name = names_of_length(length)
    answer = customer.update({"name": name})
    expect(answer, "name.maximum").is_accepted()
    expect(answer, "name.kept").shows({"name": name})


@clause("name.maximum")
@pytest.mark.parametrize("length", [MAXIMUM + 1, MAXIMUM * 2, MAXIMUM * 10, MAXIMUM * 100])
def test_name_above_the_maximum_is_refused(customer: LeasedCustomer, length: int) -> None:
    expect(customer.update({"name": names_of_length(length)})).is_refused(naming="name")


@clause("name.characters", "name.kept")
@needs("name.maximum")
@pytest.mark.parametrize("length", [MAXIMUM - 1, MAXIMUM])
@pytest.mark.parametrize("alphabet", WIDE)
def test_limit_is_reached_in_characters_of_any_width(
    customer: LeasedCustomer, alphabet: str, length: int
) -> None:
    name = names_of_length(length, character=NAME_ALPHABETS[alphabet])
    answer = customer.update({"name": name})
    expect(answer, "name.characters").is_accepted()
    expect(answer, "name.kept").shows({"name": name})


@clause("name.characters")
@needs("name.maximum")
@pytest.mark.parametrize("length", [MAXIMUM + 1, MAXIMUM * 10])
@pytest.mark.parametrize("alphabet", WIDE)
def test_limit_is_passed_in_characters_of_any_width(
    customer: LeasedCustomer, alphabet: str, length: int
) -> None:
    name = names_of_length(length, character=NAME_ALPHABETS[alphabet])
    expect(customer.update({"name": name})).is_refused(naming="name")


@clause("name.kept")
@needs("update.round-trip", "name.characters")
def test_name_sent_in_escapes_comes_back(customer: LeasedCustomer) -> None:
    body = {"name": "Åsa Öberg"}
    escaped = json.dumps(body, ensure_ascii=True).encode("ascii")
    expect(customer.update(escaped)).is_accepted().shows(body)


@clause("name.kept")
@needs("update.round-trip", "name.characters")
@pytest.mark.parametrize("name", PEOPLE)
def test_name_in_any_script_comes_back(customer: LeasedCustomer, name: str) -> None:
    expect(customer.update({"name": name})).is_accepted().shows({"name": name})
