"""Which clause a request breaks, by field and keyword: told by the pointers of the clauses."""

from __future__ import annotations

from billogram_contract.spec import clauses, description
from billogram_contract.spec.keywords import clauses_by_keyword
from tests.contract import oracle

FOUND = clauses_by_keyword(description.load(), clauses.load(description.load()))
TYPED = ("address", "company_type", "contact", "delivery_address", "edi", "language", "name", "notes")
EXPECTED = {
    ("page", "required"): "list.page-required",
    ("page", "minimum"): "list.page-minimum",
    ("page", "type"): "list.page-integer",
    ("page_size", "required"): "list.page-size-required",
    ("page_size", "minimum"): "list.page-size-minimum",
    ("page_size", "maximum"): "list.page-size-maximum",
    ("page_size", "type"): "list.page-size-integer",
    ("filter_type", "enum"): "filter.type-values",
    ("order_direction", "enum"): "order.direction-values",
    ("customer_no", "minimum"): "renumber.positive-only",
    ("customer_no", "type"): "renumber.integer-only",
    ("name", "maxLength"): "name.maximum",
    ("company_type", "enum"): "update.company-type-values",
    ("language", "pattern"): "update.language-format",
    **{(field, "type"): "update.field-types" for field in TYPED},
}


def test_pointers_of_the_clauses_tell_which_a_request_breaks() -> None:
    assert FOUND == EXPECTED


def test_oracle_and_clauses_tell_the_same() -> None:
    by_schema = {fault: clause for fault, clause in oracle.BROKEN.items() if fault != ("", "body")}
    assert by_schema == FOUND
