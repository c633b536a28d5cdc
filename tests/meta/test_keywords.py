"""Which clause a request breaks, by field and keyword: told by the pointers of the clauses."""

from __future__ import annotations

from billogram_contract.spec import clauses, description
from billogram_contract.spec.keywords import clauses_by_keyword
from tests.contract import oracle

FOUND = clauses_by_keyword(description.load(), clauses.load(description.load()))


def test_oracle_and_clauses_tell_the_same() -> None:
    by_schema = {fault: clause for fault, clause in oracle.BROKEN.items() if fault != ("", "body")}
    assert by_schema.items() <= FOUND.items()
