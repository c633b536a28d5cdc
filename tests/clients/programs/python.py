"""The client that Billogram published for Python, billogram_api 1.2 from PyPI, used as its users do."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

from billogram_api import BillogramAPI  # type: ignore[import-untyped]  # it ships no types

USER, PASSWORD, ADDRESS = (
    os.environ[f"BILLOGRAM_{name}"] for name in ("API_USER", "API_PASSWORD", "BASE_URL")
)
api = BillogramAPI(USER, PASSWORD, api_base=ADDRESS)
Query = Any
EMAIL = "kund.9003@example.org"


def step(name: str, act: Callable[[], Any]) -> None:
    """Does something, and tells what came of it in a line of JSON."""
    try:
        told = {"value": act()}
    except Exception as error:
        told = {"error": type(error).__name__, "field": getattr(error, "field_path", None)}
    print(json.dumps({"step": name, **told}), flush=True)


def customer(number: int) -> Any:
    (found,) = api.customers.query().filter_field("customer_no", number).get_page(1)
    return found


def numbers(query: Query) -> list[Any]:
    return [one.customer_no for one in query.get_page(1)]


def ordered(field: str, direction: str) -> list[Any]:
    query = api.customers.query()
    query.order = {"order_field": field, "order_direction": direction}
    return numbers(query)


def every_customer(size: int) -> list[Any]:
    query = api.customers.query()
    query.page_size = size
    return [one.customer_no for one in query.iter_all()]


def page_of(size: int) -> list[Any]:
    query = api.customers.query()
    query.page_size = size
    return numbers(query)


def updated(number: int, **body: Any) -> Any:
    return customer(number).update(body).data


def renumbered() -> list[Any]:
    found = customer(9008)
    found.update({"customer_no": 9150})
    found.update({"notes": "by the new number"})
    return [found.customer_no, customer(9150).data]


def refused_number() -> Any:
    return customer(9009).update({"customer_no": 9010}).data


STEPS: dict[str, Callable[[], Any]] = {
    "count": lambda: api.customers.query().count,
    "every customer": lambda: every_customer(100),
    "every customer in pages of 30": lambda: every_customer(30),
    "one customer": lambda: customer(9003).data,
    "filter_field": lambda: numbers(api.customers.query().filter_field("contact:email", EMAIL)),
    "filter_prefix": lambda: numbers(api.customers.query().filter_prefix("name", "Å")),
    "filter_search": lambda: numbers(api.customers.query().filter_search("notes", "tests: 9004")),
    "search": lambda: numbers(api.customers.query().search("Exempelsson")),
    "order asc": lambda: ordered("name", "asc"),
    "order desc": lambda: ordered("created_at", "desc"),
    "update": lambda: updated(9006, name="Över Älven AB", contact={"email": "over@example.com"}),
    "update read back": lambda: customer(9006).data,
    "update of one field": lambda: updated(9007, notes="touched\nby Ελένη 🎣"),
    "update of substructures": lambda: updated(
        9007, address={"careof": "c/o Ny", "city": "Nystad"}, delivery_address=None, company_type="business"
    ),
    "update of a setting": lambda: updated(9007, letter_forwarding_enabled=True, language=""),
    "the others afterwards": lambda: [customer(number).data for number in (9005, 9007)],
    "renumbering": renumbered,
    "the old number": lambda: api.put("customer/9008", {"notes": "gone"}),
    "a number that is taken": refused_number,
    "after the refusal": lambda: customer(9009).data,
    "an unknown customer": lambda: api.put("customer/987654", {"notes": "nobody"}),
    "a bad value": lambda: updated(9009, contact={"email": 5}),
    "a name too long": lambda: updated(9009, name="x" * 101),
    "an unknown company_type": lambda: updated(9009, company_type="bank"),
    "a created_at": lambda: updated(9009, created_at="2020-01-01T00:00:00Z"),
    "an unknown field": lambda: updated(9009, shoe_size=45),
    "a page_size of 101": lambda: page_of(101),
    "a wrong filter_type": lambda: numbers(
        api.customers.query().make_filter("exact", "name", "Bo Ek")
    ),
    "a wrong password": lambda: BillogramAPI(USER, "wrong", api_base=ADDRESS).customers.query().count,
}  # fmt: skip

if __name__ == "__main__":
    for name, act in STEPS.items():
        step(name, act)
