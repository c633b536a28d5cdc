"""Drifts of filters."""

from __future__ import annotations

from billogram_contract.sandbox import kit, knobs, when
from billogram_contract.sandbox.catalogue import Family
from billogram_contract.sandbox.fields import STREET, STREET_ALIAS
from billogram_contract.sandbox.http import Document
from billogram_contract.sandbox.rules import Rules
from billogram_contract.sandbox.when import Query

FAMILY = Family(__name__)

TYPES = Rules().filter_types
STREETS = [field for field in Rules().filter_fields if field.endswith((STREET, STREET_ALIAS))]  # open

# filter_type

drift = FAMILY.breaking("filter.type-values")
drift("filter-type-unknown-accepted", "An unknown filter_type filters nothing.")(
    kit.set_query(
        {"filter_type": "field", **kit.OFF}, lambda query: query.get("filter_type", "") not in ("", *TYPES)
    )
)
drift("filter-type-upper-case-accepted", "FIELD is read as field.")(
    kit.set_query({"filter_type": "field"}, when.matching("filter_type", "FIELD"))
)
knobs.declare_values(drift, "filter_types", "filter-type", "The filter type {}", "field")


# How the types match


def _first_match(document: Document) -> None:
    document["data"] = document["data"][:1]
    document["meta"]["total_count"] = min(1, document["meta"]["total_count"])


for _name, _kind, _other, _summary in (
    ("field-filter-by-prefix", "field", "field-prefix", "The exact filter finds beginnings too."),
    ("field-filter-contains", "field", "field-search", "The exact filter finds parts too."),
    ("prefix-filter-contains", "field-prefix", "field-search", "The prefix filter finds parts too."),
    ("prefix-filter-exact", "field-prefix", "field", "The prefix filter finds the whole value only."),
    ("search-filter-by-prefix", "field-search", "field-prefix", "The contains filter finds beginnings only."),
    ("search-filter-exact", "field-search", "field", "The contains filter finds the whole value only."),
):
    drift = FAMILY.breaking(f"filter.{_kind}")
    drift(_name, _summary)(kit.set_query({"filter_type": _other}, when.filters(_kind)))

drift = FAMILY.breaking("filter.field")
drift("field-filter-ignored", "The exact filter is ignored.")(kit.set_query(kit.OFF, when.filters("field")))
drift("field-filter-finds-one", "The exact filter stops at the first match.")(
    kit.edit_document(_first_match, when.listed_where(when.filters("field")))
)

drift = FAMILY.breaking("filter.field-prefix")
drift("prefix-filter-ignored", "The prefix filter is ignored.")(
    kit.set_query(kit.OFF, when.filters("field-prefix"))
)

drift = FAMILY.breaking("filter.field-search")
drift("search-filter-ignored", "The contains filter is ignored.")(
    kit.set_query(kit.OFF, when.filters("field-search"))
)

drift = FAMILY.breaking("filter.special-search")
drift("special-search-ignored", "The full-text search is ignored.")(
    kit.set_query(kit.OFF, when.filters("special"))
)
drift("special-search-finds-nothing", "The full-text search finds nobody.")(
    kit.set_query({"filter_value": kit.NOBODY}, when.filters("special"))
)
drift("special-search-in-notes-only", "The full-text search looks in the notes only.")(
    kit.set_query({"filter_type": "field-search", "filter_field": "notes"}, when.filters("special"))
)

drift = FAMILY.breaking("filter.field", "filter.field-prefix", "filter.field-search")
drift("filter-ignored-when-ordered", "A filter is ignored where there is an order.")(
    kit.set_query(
        kit.OFF, lambda query: when.given("order_field")(query) and query.get("filter_type") in TYPES
    )
)


# The fields


def _on_a_city(query: Query) -> bool:
    return when.filters_on("address:city")(query) and query["filter_value"].startswith("Holm")


drift = FAMILY.breaking("filter.fields")
knobs.declare_values(drift, "filter_fields", "filter-by", "A filter on {}", "name", *STREETS)
drift("filter-by-notes-ignored", "A filter on notes is ignored.")(
    kit.set_query(kit.OFF, when.filters_on("notes"))
)
drift("filter-by-contact-phone-ignored", "A filter on contact:phone is ignored.")(
    kit.set_query(kit.OFF, when.filters_on("contact:phone"))
)
drift("filter-by-contact-name-finds-nothing", "A filter on contact:name finds nobody.")(
    kit.set_query({"filter_value": kit.NOBODY}, when.filters_on("contact:name"))
)
drift("filter-by-city-finds-delivery-cities", "A filter on address:city finds delivery cities as well.")(
    kit.set_query({"filter_field": "delivery_address:city"}, _on_a_city)
)
drift(
    "filter-by-delivery-zipcode-looks-elsewhere", "A filter on delivery_address:zipcode looks in the address."
)(kit.set_query({"filter_field": "address:zipcode"}, when.filters_on("delivery_address:zipcode")))
