"""Queries of the list, as dictionaries of query parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from billogram_contract.spec.description import load
from strategies.names import names
from strategies.numbers import FAR_PAGE, page_sizes, pages

Query = dict[str, Any]

# What the published clients filter and order by (C), but for the street lines: their spelling is open (R O).
FILTER_FIELDS = (
    "customer_no",
    "name",
    "notes",
    "org_no",
    "company_type",
    "contact:name",
    "contact:email",
    "contact:phone",
    "address:careof",
    "address:zipcode",
    "address:city",
    "address:country",
    "delivery_address:name",
    "delivery_address:careof",
    "delivery_address:zipcode",
    "delivery_address:city",
    "delivery_address:country",
)
ORDER_FIELDS = (
    "customer_no",
    "name",
    "org_no",
    "contact:email",
    "contact:phone",
    "address:zipcode",
    "address:city",
    "delivery_address:name",
    "delivery_address:zipcode",
    "delivery_address:city",
    "created_at",
    "updated_at",
)
FULL_TEXT = {"filter_type": "special", "filter_field": "search"}  # the one special filter that is known (C)


def list_queries(
    *,
    max_page: int = FAR_PAGE,
    fields: Sequence[str] = FILTER_FIELDS,
    order_fields: Sequence[str] = ORDER_FIELDS,
) -> st.SearchStrategy[Query]:
    """Queries for a page, with and without a filter, with and without an order (R C).

    `fields` are those to filter by; without any, no query has a filter. The same goes for `order_fields`.
    """
    windows = st.fixed_dictionaries({"page": pages(max_value=max_page), "page_size": page_sizes()})
    none = st.just(Query())
    filtered = none | (field_filters(fields=fields) | _full_texts()) if fields else none
    ordered = none | orders(fields=order_fields) if order_fields else none
    return st.builds(lambda window, chosen, order: window | chosen | order, windows, filtered, ordered)


def field_filters(*, fields: Sequence[str] = FILTER_FIELDS) -> st.SearchStrategy[Query]:
    """The three filter parameters, always together (C), with a value that the field can hold."""
    kinds = [kind for kind in load().query("filter_type")["enum"] if kind != FULL_TEXT["filter_type"]]
    lowest = load().body("customer_no")["minimum"]
    special: dict[str, st.SearchStrategy[str]] = {
        "customer_no": st.integers(lowest, 999_999).map(str),
        "company_type": st.sampled_from(load().body("company_type")["enum"]),
    }

    def by(some: Sequence[str], values: st.SearchStrategy[str]) -> st.SearchStrategy[Query]:
        return st.fixed_dictionaries(
            {
                "filter_type": st.sampled_from(kinds),
                "filter_field": st.sampled_from(some),
                "filter_value": values,
            }
        )

    texts = [field for field in fields if field not in special]
    return st.one_of(
        [by([field], special[field]) for field in fields if field in special]
        + ([by(texts, names(max_size=20))] if texts else [])
    )


def filter_texts() -> st.SearchStrategy[str]:
    """Texts with letters that mean something in patterns, quotes or escapes, and nothing in a filter (C)."""
    letters = st.text("%_*?.\\^$[]()|{}&;,=#/+'\"~0ab å", min_size=3, max_size=20)
    return letters.map(lambda text: "x" + " ".join(text.split()))


def _full_texts() -> st.SearchStrategy[Query]:
    return names(max_size=20).map(lambda text: FULL_TEXT | {"filter_value": text})


def orders(*, fields: Sequence[str] = ORDER_FIELDS) -> st.SearchStrategy[Query]:
    """The two order parameters, always together."""
    directions = load().query("order_direction")["enum"]
    return st.fixed_dictionaries(
        {"order_field": st.sampled_from(fields), "order_direction": st.sampled_from(directions)}
    )
