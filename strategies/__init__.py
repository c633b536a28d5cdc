"""Hypothesis strategies for customers, numbers, names and queries, and near-misses of them.

They know the description and nothing of HTTP. Whatever is not called a near-miss is valid by construction.
"""

from strategies.customers import (
    COUNTRIES,
    addresses,
    contacts,
    customer_updates,
    delivery_addresses,
    edis,
    emails,
    phones,
)
from strategies.names import NAME_ALPHABETS, SCRIPTS, names, names_of_length
from strategies.negative_cases import NegativeCase, invalid_queries, invalid_updates
from strategies.numbers import customer_numbers, electronic_ids, page_sizes, pages
from strategies.queries import FILTER_FIELDS, ORDER_FIELDS, field_filters, filter_texts, list_queries, orders

__all__ = [
    "COUNTRIES",
    "FILTER_FIELDS",
    "NAME_ALPHABETS",
    "ORDER_FIELDS",
    "SCRIPTS",
    "NegativeCase",
    "addresses",
    "contacts",
    "customer_numbers",
    "customer_updates",
    "delivery_addresses",
    "edis",
    "electronic_ids",
    "emails",
    "field_filters",
    "filter_texts",
    "invalid_queries",
    "invalid_updates",
    "list_queries",
    "names",
    "names_of_length",
    "orders",
    "page_sizes",
    "pages",
    "phones",
]
