"""Update bodies that write every documented field, with two values each so that a write changes something."""

from __future__ import annotations

from typing import Any

FULL: dict[str, Any] = {
    "name": "Frida Storm",
    "notes": "some notes",
    "company_type": "individual",
    "letter_forwarding_enabled": True,
    "contact": {"name": "Frida Storm", "email": "frida.storm@example.com", "phone": "031-3900611"},
    "address": {
        "careof": "Holm",
        "use_careof_as_attention": True,
        "attention": "Frida",
        "street_address": "Lavendelvägen 27",
        "address_line_2": "Apartment 5",
        "address_line_3": "Back yard",
        "administrative_area": "Province X",
        "dependent_locality": "Village Y",
        "organization": "Storm AB",
        "sorting_code": "12345",
        "zipcode": "17569",
        "city": "Järfälla",
        "country": "SE",
    },
    "delivery_address": {
        "name": "Storm's store",
        "address_line_1": "Hamngatan 3",
        "address_line_2": "Gate 4",
        "address_line_3": "Ring twice",
        "administrative_area": "Province Z",
        "dependent_locality": "Village W",
        "organization": "Storm Lager AB",
        "sorting_code": "54321",
        "careof": "Berg",
        "attention": "Store",
        "zipcode": "41119",
        "city": "Göteborg",
        "country": "SE",
    },
    "edi": {"electronic_id": "7300009000017", "operator": "addett", "reference": "order 17"},
}
OTHER: dict[str, Any] = {
    "name": "Gustav Lund",
    "notes": "other notes",
    "company_type": "business",
    "letter_forwarding_enabled": False,
    "contact": {"name": "Gustav Lund", "email": "gustav.lund@example.org", "phone": "031-3900622"},
    "address": {
        "use_careof_as_attention": False,
        "street_address": "Backgatan 1",
        "zipcode": "22230",
        "city": "Lund",
        "country": "SE",
    },
    "delivery_address": {"name": "Lund", "zipcode": "22240", "city": "Lund", "country": "SE"},
    "edi": {"reference": "order 18"},
}
