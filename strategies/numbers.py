"""Numbers: of customers, of pages, page sizes, and electronic addresses."""

from __future__ import annotations

from hypothesis import strategies as st

from billogram_contract.spec.description import load

FAR_PAGE = 1_000  # far past the end of any test account
DEMONSTRATION_PREFIX = "952"  # GS1 assigns it to nobody: it is for demonstrations and examples


def customer_numbers(*, within: range) -> st.SearchStrategy[int]:
    """Customer numbers out of a range (R: positive); no default, as a number may belong to somebody."""
    minimum = load().body("customer_no")["minimum"]
    if not within or min(within) < minimum:
        raise ValueError(f"within={within} must hold numbers, and none below {minimum}")
    return st.sampled_from(within)


def pages(*, min_value: int | None = None, max_value: int = FAR_PAGE) -> st.SearchStrategy[int]:
    """Page numbers, from the description's minimum by default (R)."""
    lowest = load().query("page")["minimum"] if min_value is None else min_value
    return _integers(lowest, max_value)


def page_sizes(*, min_value: int | None = None, max_value: int | None = None) -> st.SearchStrategy[int]:
    """Page sizes, from the description's minimum to its maximum by default (R)."""
    schema = load().query("page_size")
    lowest = schema["minimum"] if min_value is None else min_value
    highest = schema["maximum"] if max_value is None else max_value
    return _integers(lowest, highest)


def electronic_ids() -> st.SearchStrategy[str]:
    """Global location numbers for demonstrations: 13 digits, the last one checking the others."""
    bodies = st.integers(0, 999_999_999).map(lambda number: f"{DEMONSTRATION_PREFIX}{number:09}")
    return bodies.map(lambda digits: digits + _check_digit(digits))


def _check_digit(digits: str) -> str:
    """GS1's check digit: weights 3, 1, 3, ... from the right, up to the next multiple of ten."""
    total = sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def _integers(lowest: int, highest: int) -> st.SearchStrategy[int]:
    if lowest > highest:
        raise ValueError(f"min_value={lowest} must not be above max_value={highest}")
    return st.integers(lowest, highest)
