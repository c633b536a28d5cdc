"""Which fields a customer has, and which of them the list filters and orders by (R C)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

TEXTS = ("notes", "org_no", "vat_no")
READ_ONLY = ("created_at", "updated_at")
COMPANY_TYPES = ("individual", "business", "foreign individual", "foreign business")

_LINES = (
    "address_line_1",
    "address_line_2",
    "address_line_3",
    "administrative_area",
    "dependent_locality",
    "organization",
    "sorting_code",
    "zipcode",
    "city",
    "country",
)
SUBSTRUCTURES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "contact": ("name", "email", "phone"),
        "address": ("careof", "use_careof_as_attention", "attention", *_LINES),
        "delivery_address": ("name", "careof", "attention", *_LINES),
        "permanent_establishment_address": ("name", "additional_name", "family_name", *_LINES),
        "payment_settings": ("recurring_payment_type",),
        "edi": ("electronic_id", "operator", "reference"),
        "links": ("automatic_payments_setup_link",),
    }
)
FLAGS = frozenset({"letter_forwarding_enabled", "use_careof_as_attention"})
STREET = "address_line_1"
STREET_ALIAS = "street_address"  # R's sample request writes it so; its sample answer has address_line_1


def _nested(owner: str, *names: str) -> dict[str, str]:
    return {f"{owner}:{name}": f"$.{owner}.{STREET if name == STREET_ALIAS else name}" for name in names}


_PLACE = (STREET_ALIAS, STREET, "careof", "zipcode", "city", "country")

FILTER_FIELDS: Mapping[str, str] = MappingProxyType(
    {
        **{name: f"$.{name}" for name in ("customer_no", "name", "notes", "org_no", "company_type")},
        **_nested("contact", "name", "email", "phone"),
        **_nested("address", *_PLACE),
        **_nested("delivery_address", "name", *_PLACE),
    }
)
ORDER_FIELDS: Mapping[str, str] = MappingProxyType(
    {
        **{name: f"$.{name}" for name in ("customer_no", "name", "org_no", "created_at", "updated_at")},
        **_nested("contact", "email", "phone"),
        **_nested("address", "zipcode", "city"),
        **_nested("delivery_address", "name", "zipcode", "city"),
    }
)
SEARCH_PATHS = tuple(
    [f"$.{name}" for name in ("customer_no", "name", "notes", "org_no")]
    + [
        f"$.{owner}.{name}"
        for owner in ("contact", "address", "delivery_address")
        for name in SUBSTRUCTURES[owner]
        if name not in FLAGS
    ]
)
