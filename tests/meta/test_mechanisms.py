"""Mechanisms: each tells its own pattern, and nothing of values that it doesn't explain."""

from __future__ import annotations

from typing import Any

import pytest

from billogram_contract.checking.telling import mechanisms

FIRST = list(range(1, 21))  # the customers of a list, in its order


@pytest.mark.parametrize(
    ("written", "shown", "told"),
    [
        ("a" * 101, "a" * 100, "cut after 100 characters"),
        ("å" * 60, "å" * 50, "cut after 100 bytes"),
        ("Ada Storm", "ADA STORM", "upper case"),
        ("Ada Storm", "ada storm", "lower case"),
        ("McDonald", "Mcdonald", "a capital and lower case"),
        (" Ada ", "Ada", "trimmed"),
        ("Ada  Storm", "Ada Storm", "one blank"),
        ("a\nb", "a b", "line breaks"),
        ("A & B", "A &amp; B", "escaped for HTML"),
        ("Åsa", "Ã\x85sa", "encoded twice"),
        ("a b", "a%20b", "percent-encoded"),
        ("Åsa", "Asa", "accents"),
        ("漢字", "??", "such as 字 become question marks"),
        ("a🚀b", "ab", "beyond the basic plane"),
        (True, 1, "as 1 and 0"),
        (True, "true", "another JSON type"),
        (17, "17", "a number comes as a text"),
    ],
)
def test_value_is_explained(written: Any, shown: Any, told: str) -> None:
    assert told in mechanisms.of_value(written, shown, None)


@pytest.mark.parametrize(("written", "shown"), [("Ada", "Bo"), ("Ada", "Ada"), (True, False), ("Ada", None)])
def test_value_without_a_pattern_is_not_explained(written: Any, shown: Any) -> None:
    assert mechanisms.of_value(written, shown, "Cleo") == ""


def test_value_of_before_is_stale() -> None:
    assert mechanisms.of_value("new", "old", "old") == "the value from before the update is shown"


@pytest.mark.parametrize(
    ("page", "shown", "told"),
    [
        (1, FIRST[5:10], "counted from 0"),
        (2, FIRST[4:9], "starts one customer too early"),
        (2, FIRST[6:11], "one customer is skipped"),
        (2, FIRST[5:9], "one customer too few"),
        (2, FIRST[5:11], "one customer too many"),
        (2, FIRST[0:5], "page 1 is answered for page 2"),
        (1, FIRST[0:5], ""),
        (1, [7, 3, 9], ""),
        (1, [], ""),
    ],
)
def test_page_is_explained(page: int, shown: list[int], told: str) -> None:
    found = mechanisms.of_pages(page, 5, shown, FIRST, 5)
    assert told in found
    assert bool(told) == bool(found)


def test_seams_of_pages_are_explained() -> None:
    assert "repeats the last customer" in mechanisms.of_seams([[1, 2], [2, 3], [3, 4]])
    assert "page is ignored" in mechanisms.of_seams([[1, 2], [1, 2]])
    assert mechanisms.of_seams([[1, 2], [3, 4]]) == ""
    assert mechanisms.of_seams([[1, 2]]) == ""


def test_first_page_that_is_empty_is_explained() -> None:
    assert "counted from 0" in mechanisms.of_empty_page(1, 50, 3)
    assert mechanisms.of_empty_page(2, 50, 3) == ""


@pytest.mark.parametrize(
    ("pages", "shown", "unfiltered", "told"),
    [
        ([(1, 4, 72), (2, 3, 72)], 7, 72, "leaves the filter out"),
        ([(1, 4, 4), (2, 3, 3)], 7, 72, "length of the page"),
        ([(1, 4, 7), (2, 3, 3)], 7, 72, "left from this page on"),
        ([(1, 4, 6), (2, 3, 6)], 7, 72, "one too low"),
        ([(1, 4, 8)], 7, 72, "one too high"),
        ([(1, 35, 10)], 35, None, "stops at 10"),
        ([(1, 4, 5)], 17, None, "counts pages"),
        ([(1, 4, 13)], 7, 72, ""),
        ([(1, 4, 7), (2, 3, 5)], 7, 72, ""),
        ([(1, 4, 7)], 7, 72, ""),
    ],
)
def test_count_is_explained(
    pages: list[tuple[int, int, int]], shown: int, unfiltered: int | None, told: str
) -> None:
    found = mechanisms.of_count(pages, shown, 4, unfiltered)
    assert told in found
    assert bool(told) == bool(found)


@pytest.mark.parametrize(
    ("kind", "wanted", "strangers", "missing", "found", "told"),
    [
        ("field", "bad", ["badger"], [], ["bad"], "as field-prefix does"),
        ("field", "bad", ["badger", "the bad"], [], ["bad"], "as field-search does"),
        ("field-prefix", "bad", ["the bad"], [], ["bad"], "as field-search does"),
        ("field-prefix", "bad", [], ["badger"], ["bad"], "as field does"),
        ("field-search", "bad", [], ["the bad"], ["bad", "badger"], "as field-prefix does"),
        ("field", "b_d", ["bud"], [], [], "wildcard"),
        ("field", "0071", ["71"], [], ["0071"], "read as a number"),
        ("field", "bad", [], ["bad"], ["bad"], "others are left out"),
        ("field", "bad", ["quite another"], [], [], ""),
        ("field", "bad", [], ["bad"], [], ""),
    ],
)
def test_filter_is_explained(
    kind: str, wanted: str, strangers: list[str], missing: list[str], found: list[str], told: str
) -> None:
    guess = mechanisms.of_filter(kind, wanted, strangers, missing, found, is_everybody=False)
    assert told in guess
    assert bool(told) == bool(guess)


def test_filter_that_finds_everybody_or_looks_elsewhere_is_explained() -> None:
    everybody = mechanisms.of_filter("field", "bad", ["x"], [], [], is_everybody=True)
    assert everybody == "the filter is ignored: the whole list is answered"
    elsewhere = mechanisms.of_filter(
        "field", "bad", ["x"], [], [], is_everybody=False, elsewhere="contact:name"
    )
    assert elsewhere == "it looks in contact:name instead"


@pytest.mark.parametrize(
    ("values", "direction", "is_default", "pages", "told"),
    [
        (["c", "b", "a"], "asc", False, [3], "the order is descending"),
        ([1, 10, 2], "asc", False, [3], "sorted as texts"),
        (["a", "c", "b", "d"], "asc", False, [2, 2], "each page is sorted by itself"),
        (["b", "a", "c"], "asc", True, [3], "comes as without one"),
        (["b", "a", "c"], "asc", False, [3], ""),
        (["b", "a"], "asc", True, [2], ""),
    ],
)
def test_order_is_explained(
    values: list[Any], direction: str, is_default: bool, pages: list[int], told: str
) -> None:
    found = mechanisms.of_order(values, direction, is_default=is_default, pages=pages)
    assert told in found
    assert bool(told) == bool(found)


def test_renumbering_is_explained() -> None:
    assert "copied" in mechanisms.of_renumbering([1, 2, 3], 2, 3)
    assert "not kept" in mechanisms.of_renumbering([1, 2], 2, 3)
    assert mechanisms.of_renumbering([1, 3], 2, 3) == ""


def test_clamped_page_size_is_explained() -> None:
    assert mechanisms.clamped(1000, 100, 100) == "page_size is clamped to 100 instead of refused"
    assert mechanisms.clamped(1000, 59, 100) == ""


def test_page_that_is_taken_for_the_first_one_is_explained() -> None:
    assert mechanisms.first_page("0", [1, 2], [1, 2]) == "page 0 is taken for page 1"
    assert mechanisms.first_page("0", [1, 2], [3, 4]) == ""
    assert mechanisms.first_page("0", [1, 2], None) == ""
