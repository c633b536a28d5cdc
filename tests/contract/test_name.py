"""The name: its limit in characters of every width, and that it is kept as sent."""

from __future__ import annotations

import pytest

from billogram_contract import description as vendored
from billogram_contract.allotment import Allotted
from billogram_contract.expect import expect
from strategies import NAME_ALPHABETS, names_of_length

MAXIMUM = vendored.load().body("name")["maxLength"]
WIDE = [label for label in NAME_ALPHABETS if label != "ascii"]
PEOPLE = (
    "\u00c5sa \u00d6berg",
    "\u0391\u03bd\u03bd\u03b1 \u03a0\u03b1\u03c0\u03c0\u03ac",
    "\u0418\u0440\u0438\u043d\u0430 \u041a\u0438\u043c",
    "\u0645\u0631\u064a\u0645 \u062d\u0633\u0646",
    "\u05e9\u05e8\u05d4 \u05dc\u05d5\u05d9",
    "\u674e \u5c0f\u9f99",
    "\uae40 \ubbfc\uc900",
    "Zoe \U0001f680 Rocket",
    'O\'Neil & "Sons" <AB> \\ 100%',
)

clause = pytest.mark.clause


@clause("name.maximum")
@pytest.mark.parametrize("length", [1, MAXIMUM - 1, MAXIMUM])
def test_name_up_to_the_maximum_is_accepted(customer: Allotted, length: int) -> None:
    expect(customer.update({"name": names_of_length(length)})).is_accepted()


@clause("name.maximum")
@pytest.mark.parametrize("length", [MAXIMUM + 1, MAXIMUM * 2, MAXIMUM * 10, MAXIMUM * 100])
def test_name_above_the_maximum_is_refused(customer: Allotted, length: int) -> None:
    expect(customer.update({"name": names_of_length(length)})).is_refused(naming="name")


@clause("name.characters")
@pytest.mark.parametrize("length", [MAXIMUM - 1, MAXIMUM])
@pytest.mark.parametrize("alphabet", WIDE)
def test_limit_is_reached_in_characters_of_any_width(customer: Allotted, alphabet: str, length: int) -> None:
    name = names_of_length(length, character=NAME_ALPHABETS[alphabet])
    expect(customer.update({"name": name})).is_accepted()


@clause("name.characters")
@pytest.mark.parametrize("length", [MAXIMUM + 1, MAXIMUM * 10])
@pytest.mark.parametrize("alphabet", WIDE)
def test_limit_is_passed_in_characters_of_any_width(customer: Allotted, alphabet: str, length: int) -> None:
    name = names_of_length(length, character=NAME_ALPHABETS[alphabet])
    expect(customer.update({"name": name})).is_refused(naming="name")


@clause("name.kept")
@pytest.mark.parametrize("alphabet", NAME_ALPHABETS)
def test_longest_name_comes_back_whole(customer: Allotted, alphabet: str) -> None:
    name = names_of_length(MAXIMUM, character=NAME_ALPHABETS[alphabet])
    expect(customer.arrange(name=name)).shows({"name": name})


@clause("name.kept")
@pytest.mark.parametrize("name", PEOPLE)
def test_name_in_any_script_comes_back(customer: Allotted, name: str) -> None:
    expect(customer.arrange(name=name)).shows({"name": name})
