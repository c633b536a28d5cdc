"""Drifts of which queries the list accepts."""

from __future__ import annotations

import re

from billogram_contract.sandbox import kit, knobs, when
from billogram_contract.sandbox.catalogue import Family, Middleware

FAMILY = Family(__name__)

NEGATIVE = "-[0-9]+"
NO_NUMBER = "[^0-9.-]*"
ABOVE_100 = "[0-9]{4,}|10[1-9]|1[1-9][0-9]|[2-9][0-9]{2}"
FIRST = {"page": "1"}
LARGEST = {"page_size": "100"}
USUAL = {"page_size": "25"}


def _truncated(name: str) -> Middleware:
    """Cuts the fraction of a parameter off."""
    return kit.edit_query(
        lambda query: query.update({name: re.sub(r"(?<=[0-9])\.[0-9]*", "", query.get(name, ""))})
    )


drift = FAMILY.breaking("answer.status-documented", "list.answers")
drift("list-answers-206", "A page is answered as partial content.")(kit.set_answer(when.listed, status=206))

drift = FAMILY.breaking("list.sample-request")
drift("empty-filter-field-refused", "An empty filter_field is refused.")(
    kit.refuse_query("filter_field", when.matching("filter_field", ""))
)
drift("empty-order-field-refused", "An empty order_field is refused.")(
    kit.refuse_query("order_field", when.matching("order_field", ""))
)
drift("empty-filter-finds-nothing", "An empty filter is taken at its word and finds nobody.")(
    kit.edit_document(
        lambda document: document.update(data=[], meta={"total_count": 0}),
        when.listed_where(when.matching("filter_field", "")),
    )
)


# page

drift = FAMILY.breaking("list.page-required")
drift("page-optional", "Without page the first one comes.")(kit.set_query(FIRST, when.lacking("page")))

drift = FAMILY.breaking("list.page-minimum")
drift("page-zero-accepted", "Page 0 is the first page.")(knobs.shifted("page_minimum", -1))
drift("page-negative-accepted", "A negative page is the first page.")(
    kit.set_query(FIRST, when.matching("page", NEGATIVE))
)

drift = FAMILY.breaking("list.page-integer")
drift("page-text-accepted", "A page that is no number is the first page.")(
    kit.set_query(FIRST, when.matching("page", NO_NUMBER))
)
drift("page-fraction-accepted", "The fraction of a page is cut off.")(_truncated("page"))


# page_size

drift = FAMILY.breaking("list.page-size-required")
drift("page-size-optional", "Without page_size a page has 25 customers.")(
    kit.set_query(USUAL, when.lacking("page_size"))
)

drift = FAMILY.breaking("list.page-size-minimum")
drift("page-size-zero-accepted", "A page_size of 0 is the largest.")(
    kit.set_query(LARGEST, when.matching("page_size", "0+"))
)
drift("page-size-negative-accepted", "A negative page_size is the largest.")(
    kit.set_query(LARGEST, when.matching("page_size", NEGATIVE))
)
drift("page-size-one-refused", "A page_size of 1 is refused.")(knobs.shifted("page_size_minimum", 1))

drift = FAMILY.breaking("list.page-size-integer")
drift("page-size-text-accepted", "A page_size that is no number is 25.")(
    kit.set_query(USUAL, when.matching("page_size", NO_NUMBER))
)
drift("page-size-fraction-accepted", "The fraction of a page_size is cut off.")(_truncated("page_size"))

drift = FAMILY.breaking("list.page-size-maximum")
knobs.declare_maximum(drift, "page_size_maximum", "page-size", "A page_size of {}", "Any page_size")
drift("page-size-clamped", "A page_size above 100 gives pages of 100.")(
    kit.set_query(LARGEST, when.matching("page_size", ABOVE_100))
)
