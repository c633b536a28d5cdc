"""Pseudonyms: of the same kind, the same for the same, and nobody's."""

from __future__ import annotations

import random
import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum import luhn
from stdnum.se import personnummer

from billogram_contract.recording import identity_numbers
from billogram_contract.recording.pseudonyms import Pseudonyms, folded

ORGANISATION = "55601" + "60680"
PERSON = "81122" + "81236"
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=40)


def pseudonyms(*texts: str, own: tuple[str, ...] = (), searched: tuple[str, ...] = ()) -> Pseudonyms:
    return Pseudonyms(own, searched, texts)


def one(text: str, field: str = "") -> str:
    identities = [text] if field == "org_no" else []
    return Pseudonyms([], [], [text], identities).of(text, field)


@pytest.mark.parametrize("text", ["Karl Svensson", "Åsa Öberg", "ab-cd 17", "<b>Kurt</b>", "李小龍", "Άννα"])
def test_pseudonym_is_another_text_of_the_same_kind(text: str) -> None:
    made = one(text)
    assert made != text
    assert [unicodedata.category(letter) for letter in made] == [unicodedata.category(one) for one in text]


@pytest.mark.parametrize("text", ["", "  ", " %", "🎣", "–"])
def test_what_tells_nothing_stays(text: str) -> None:
    assert one(text) == text


def test_pseudonym_is_drawn_anew_for_every_recording() -> None:
    assert one("Karl Svensson i Mellansverige") != one("Karl Svensson i Mellansverige")


@given(st.lists(WORDS, max_size=8))
def test_same_texts_get_the_same_and_others_do_not(texts: list[str]) -> None:
    found = pseudonyms(*texts)
    for text in texts:
        assert found.of(text) == found.of(text)
        assert len(found.of(text)) == len(text) or "@" in text or "://" in text or text != _composed(text)


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def test_texts_that_differ_stay_apart() -> None:
    found = pseudonyms()
    names = [f"{first}{last}" for first in "abcdefghij" for last in "klmnopqrst"]
    assert len({found.of(name) for name in names}) == len(names)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Karl Berg", " Karl Berg "),
        ("Karl@Example.org", "karl@example.org"),
        ("123 45", "12345"),
        ("Åsa", "A\u030asa"),
    ],
)
def test_what_is_tolerated_as_equal_stays_so_and_no_more(one: str, other: str) -> None:
    found = pseudonyms(one, other)
    made, again = found.of(one), found.of(other)
    assert made != again
    assert "".join(folded(made).split()) == "".join(folded(again).split())


@pytest.mark.parametrize("text", ["Frida Storm", "frida storm", " Frida Storm"])
def test_what_the_suite_made_stays(text: str) -> None:
    assert pseudonyms(text, own=("Frida Storm",)).of(text) == text


@pytest.mark.parametrize("name", ["Björkvist", "ab Zyrkvist", "RKVIST"])
def test_what_a_filter_found_is_found_again(name: str) -> None:
    made = pseudonyms(name, searched=("rkvist",)).of(name)
    assert "rkvist" in folded(made)
    assert made == name or folded(made) != folded(name)


def test_what_no_filter_found_is_not_found() -> None:
    found = pseudonyms(searched=("a", "e"))
    assert not any(set("ae") & set(found.of(f"{letter}{other}")) for letter in "xyz" for other in "uvw")


def test_address_of_mail_stays_one_that_nobody_has() -> None:
    local, _, domain = one("Karl.Berg@Example.com").partition("@")
    assert (len(local), domain.rpartition(".")[2]) == (9, "test")
    assert local[0].isupper()
    assert local[4] == "."


@pytest.mark.parametrize(("text", "start"), [("031-390 06 17", "000-"), ("+46 31 390 06 17", "+99 9")])
def test_telephone_number_becomes_one_that_nobody_has(text: str, start: str) -> None:
    made = one(text, "phone")
    assert made.startswith(start)
    assert [sign.isdecimal() for sign in made] == [sign.isdecimal() for sign in text]


def test_country_becomes_one_that_does_not_exist() -> None:
    assert one("DE", "country").startswith("X")
    assert one("de", "country").islower()


@pytest.mark.parametrize("text", [ORGANISATION, "556016-" + "0680", "SE" + ORGANISATION + "01"])
def test_organisation_number_stays_valid_and_is_nobodys(text: str) -> None:
    digits = "".join(sign for sign in one(text, "org_no") if sign.isdecimal())[:10]
    assert luhn.is_valid(digits)
    assert not identity_numbers.is_person(digits)
    assert identity_numbers.is_synthetic(digits)
    assert len(one(text, "org_no")) == len(text)


def test_persons_number_stays_one_and_is_nobodys() -> None:
    made = one(PERSON)
    assert personnummer.is_valid(f"{made[:6]}-{made[6:]}")
    assert identity_numbers.is_synthetic(made)


def test_invalid_number_stays_invalid() -> None:
    wrong = ORGANISATION[:-1] + str((int(ORGANISATION[-1]) + 1) % 10)
    assert not luhn.is_valid(one(wrong, "org_no"))


@given(st.sets(st.from_regex("[0-9]{10}", fullmatch=True), max_size=60), st.randoms())
def test_numbers_keep_their_order_and_validity(originals: set[str], dice: random.Random) -> None:
    assume(sum(map(identity_numbers.is_person, originals)) < 15)
    made = identity_numbers.pseudonyms(originals, dice)
    assert [made[number] for number in sorted(originals)] == sorted(made.values())
    assert len(set(made.values())) == len(originals)
    for number, instead in made.items():
        assert identity_numbers.is_valid(number) == identity_numbers.is_valid(instead)
        assert identity_numbers.is_person(number) == identity_numbers.is_person(instead)


def test_many_persons_among_organisations_keep_their_order() -> None:
    originals = {f"{year:02}0101{serial}" for year in range(100) for serial in ("1234", "9000")}
    originals |= {f"{year:02}5555{serial}" for year in range(100) for serial in ("1234", "9000")}
    valid = {nine[:9] + luhn.calc_check_digit(nine[:9]) for nine in originals}
    made = identity_numbers.pseudonyms(valid, random.Random(1))
    assert [made[number] for number in sorted(valid)] == sorted(made.values())
    assert all(map(identity_numbers.is_valid, made.values()))
