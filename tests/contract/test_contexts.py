"""The rules of updates in their contexts: for each company type, alone and beside other fields, in turn."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator
from typing import Any

import pytest

from billogram_contract.checking.expect import expect, recorder_of
from billogram_contract.errors import Blocked
from billogram_contract.pool.leased import LeasedCustomer
from billogram_contract.pool.pool import Pool
from billogram_contract.spec.customer import instant
from billogram_contract.upstream.exchange import Answer
from strategies import NAME_ALPHABETS, names_of_length
from tests.contract.bodies import (
    COMPANY_TYPES,
    MAXIMUM,
    NAMES,
    NOTES,
    SUBSTRUCTURES,
    Body,
    beside,
    full,
    single_members,
)
from tests.contract.gathering import Gathering, gathering, unless_drifted
from tests.contract.pairwise import pairwise

clause = pytest.mark.clause
needs = pytest.mark.needs
pytestmark = needs("update.answers", "update.partial", "auth.basic")

# The clause that says that a field is accepted, and that what was written is answered.
ACCEPTED = {
    "notes": "update.notes-free-form",
    "language": "update.language-default",
    "company_type": "update.company-type-values",
    "letter_forwarding_enabled": "update.letter-forwarding",
    "customer_no": "renumber.new-number",
}
SHOWN = {**ACCEPTED, "name": "name.kept"}
WRITTEN = "update.round-trip"
FIELD_TYPES = "update.field-types"

WIDE = tuple(NAME_ALPHABETS.values())
GONE = 404
TAKEN = "the number of another customer"
HALF, TEXT = "half a number more", "a number as a text"


def each_of(field: str, *values: Any) -> list[Body]:
    return [{field: value} for value in values]


# What is refused: the clause, and bodies that stand for it in turn.
FLAWS: tuple[tuple[str, list[Body]], ...] = (
    ("name.maximum", each_of("name", names_of_length(MAXIMUM + 1))),
    ("name.characters", each_of("name", *(names_of_length(MAXIMUM + 1, character=one) for one in WIDE))),
    ("update.company-type-values", each_of("company_type", "company", "foreign_business", "")),
    ("update.company-type-values", each_of("company_type", "Business", "INDIVIDUAL", "Foreign Business")),
    ("renumber.positive-only", each_of("customer_no", 0, -1, -9001)),
    ("renumber.integer-only", each_of("customer_no", TEXT)),
    ("renumber.integer-only", each_of("customer_no", "nine", HALF, ["list"], {"an": "object"}, "")),
    ("renumber.unique", each_of("customer_no", TAKEN)),
    ("update.language-format", each_of("language", "swe", "12", "s", "svenska")),
    ("update.language-format", each_of("language", "sv-SE", "sv_SE")),
    (FIELD_TYPES, each_of("letter_forwarding_enabled", "true", 1, 0, "maybe", {"an": "object"})),
    (FIELD_TYPES, [{"name": 17}, {"notes": ["list"]}, {"company_type": 17}, {"language": 17}, {"notes": {}}]),
    (FIELD_TYPES, [{name: one} for one in ("text", 17, ["list"]) for name in SUBSTRUCTURES]),
)


@clause("name.maximum", "name.characters", "name.kept", *ACCEPTED.values(), WRITTEN)
@clause("update.null-substructure", "update.list-agrees", "renumber.freed-number")
@clause("update.updated-at-answered")
@needs("update.sample-request", "name.maximum", "renumber.old-number-gone", "renumber.keeps-the-rest")
@needs("renumber.count-stays", "renumber.own-number")
@pytest.mark.parametrize("kind", COMPANY_TYPES)
def test_accepted_update_is_kept_in_every_context(customer: LeasedCustomer, pool: Pool, kind: str) -> None:
    numbers = (customer.number, pool.free_number())
    had = {customer.number}
    with gathering() as each:
        before = customer.current
        with each.question():
            hold_accepted(*in_another_language(customer, kind), before, each, is_back=False)
        for body in (*named(kind), *single(kind)):
            before, is_escaped = customer.current, body.pop("escaped", False)
            if body.get("customer_no", ...) is None:
                body["customer_no"] = numbers[customer.number == numbers[0]]
            with each.question():
                answer = customer.update(json.dumps(body).encode() if is_escaped else body)
                hold_accepted(answer, body, before, each, is_back=body.get("customer_no") in had)
                had.add(customer.number)
        with each.question():
            listed, entry = customer.listed(customer.current)
            id = "renumber.new-number" if entry is None else "update.list-agrees"
            expect(listed, id).entry_is(entry, customer.current)


def in_another_language(customer: LeasedCustomer, kind: str) -> tuple[Answer, Body]:
    """An update of every field, in a language that is not the default where the market has it; its body."""
    body = {**full(kind), "language": "en"}
    answer = customer.update(body)
    if answer.is_success:
        return answer, body
    return customer.update(full(kind)), full(kind)


def named(kind: str) -> Iterator[Body]:
    """Names of every width and script, each beside something, as they are and in escapes."""
    notes = NOTES[COMPANY_TYPES.index(kind) - 1]
    contexts = {**beside(kind), "number": {"customer_no": None}, "texts": {"notes": notes}}
    for own, name, context, is_escaped in pairwise(COMPANY_TYPES, NAMES, tuple(contexts), (False, True)):
        if own == kind:
            yield {**contexts[context], "name": name, "escaped": is_escaped}


def single(kind: str) -> Iterator[Body]:
    """One field alone: the flag, the language, notes, null substructures, and members of substructures."""
    turn = COMPANY_TYPES.index(kind)
    yield {"letter_forwarding_enabled": True}
    yield {"letter_forwarding_enabled": False}
    yield {"notes": NOTES[turn], "language": (None, "")[turn % 2]}
    yield {SUBSTRUCTURES[turn]: None}
    yield {**dict.fromkeys(SUBSTRUCTURES), "notes": f"beside nulls, {kind}"}
    yield {"notes": f"beside nulls, {kind}"}  # the value that is there already
    yield from list(single_members(kind))[turn :: len(COMPANY_TYPES)]
    yield {"company_type": COMPANY_TYPES[turn - 1]}


def hold_accepted(answer: Answer, body: Body, before: Body, each: Gathering, *, is_back: bool) -> None:
    """An update is accepted, and shows what it wrote; `is_back` tells that its number was the customer's."""
    named = [name for name in answer.named_fields if name in ACCEPTED]
    wide = any(ord(letter) > 127 for letter in body.get("name", ""))
    by_name = unless_drifted(answer, "name.maximum", "name.characters") if wide else "name.maximum"
    nulls = {name for name in SUBSTRUCTURES if name in body and body[name] is None}
    by_field = by_name if "name" in body else ACCEPTED.get(next(iter(body)), WRITTEN)
    by_field = "update.null-substructure" if nulls else by_field
    by_field = ACCEPTED[named[0]] if named else by_field
    if by_field == "renumber.new-number" and is_back:
        by_field = "renumber.freed-number"
    expect(answer, "renumber.new-number" if answer.status == GONE else by_field).is_accepted()
    if "customer_no" in body:
        return  # what it must show then is told by every answer's laws, as is what it must keep
    for name, value in body.items():
        with each.question():
            clause = unless_drifted(answer, WRITTEN, SHOWN.get(name, WRITTEN))
            expect(answer, clause).shows({name: value} if value is not None else {})
    with each.question():
        shown = answer.customer.get("updated_at")
        is_moment = instant(shown) is not None
        expect(answer, "update.updated-at-answered").is_true(
            is_moment, expected="a moment", observed=repr(shown), at="/data/updated_at"
        )
    if nulls:
        with each.question():
            rest = [*(set(body) - nulls), "created_at"]
            expect(answer, "update.null-substructure").keeps(before, but=rest)


@clause(*dict.fromkeys(id for id, _ in FLAWS), "update.refused-changes-nothing")
@needs("update.round-trip")
@pytest.mark.parametrize("kind", COMPANY_TYPES)
def test_flaw_is_refused_in_every_context(
    pair: tuple[LeasedCustomer, LeasedCustomer], pool: Pool, kind: str
) -> None:
    customer, other = pair
    answer, _ = in_another_language(customer, kind)
    if not answer.is_success:
        raise Blocked(f"could not be arranged: {answer.brief}")
    before = {customer: customer.read(), other: other.current}
    free = pool.free_number()
    values = {TAKEN: other.number, HALF: free + 0.5, TEXT: str(free)}
    start, accepted = customer.number, False
    with gathering() as each:
        for id, flaw, rest, is_first in flawed(kind, free, recorder_of(answer).drifted):
            ((field, value),) = flaw.items()
            flaw = {field: values.get(value, value) if isinstance(value, str) else value}
            rest = {name: one for name, one in rest.items() if name != field}
            if customer.number not in (start, free):
                return  # it has a number that it was not to get
            with each.question():
                answer = customer.update({**flaw, **rest} if is_first else {**rest, **flaw})
                accepted = accepted or answer.is_success
                if id == "name.characters" and answer.is_success:
                    id = too_long(customer, rest) or id
                expect(answer, id).is_refused(naming=field)
        if accepted:  # told of each; what it changed is no refused update's doing
            return
        for one in pair:
            with each.question():
                listed, entry = one.listed(before[one])
                expect(listed, "update.refused-changes-nothing").unchanged(entry, before[one])


def too_long(customer: LeasedCustomer, rest: Body) -> str | None:
    """The clause of the limit, where a name of plain letters beyond it is accepted as well."""
    plain = customer.update({**rest, "name": names_of_length(MAXIMUM + 1)})
    return "name.maximum" if plain.is_success else None


def flawed(kind: str, free: int, drifted: Collection[str]) -> Iterator[tuple[str, Body, Body, bool]]:
    """Flaws, what stands beside them, and whether they come first: each for every type, in every context."""
    contexts = {**beside(kind), "number": {"customer_no": free}}
    turns: Counter[int] = Counter()
    broken = {field for field, clause in ACCEPTED.items() if clause in drifted}
    for own, flaw, context, is_first in pairwise(
        COMPANY_TYPES, range(len(FLAWS)), tuple(contexts), (True, False)
    ):
        id, bodies = FLAWS[flaw]
        turns[flaw] += 1
        if own == kind:
            rest = {field: value for field, value in contexts[context].items() if field not in broken}
            yield id, bodies[turns[flaw] % len(bodies)], rest, is_first
