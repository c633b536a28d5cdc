"""One cause, one finding: what is told together, who leads, and that nothing is lost."""

from __future__ import annotations

from typing import Any

from billogram_contract.checking.finding import Finding
from billogram_contract.checking.record import Record
from billogram_contract.checking.story import Story
from tests.meta.ledgers import HELD, made


def finding(pointer: str, clause: str = "update.name", check: str = "", **story: Any) -> Finding:
    place = ("breaking", "PUT /customer/{customer_no}", pointer)
    return Finding(clause, *place, "this", "that", f"curl {pointer}{check}", story=Story(**story))


def led(*found: tuple[str, Finding]) -> list[Any]:
    """The findings of a run in which checks found these."""
    records = [
        Record(check, (one.clause,), exercised={one.clause: 1}, findings=[one], counts={one.fingerprint: 1})
        for check, one in found
    ]
    return made(*records, *HELD).findings


def lost(name: str) -> Finding:
    headline = f"an update that leaves contact.{name} out does not keep it"
    return finding(
        f"/data/contact/{name}",
        headline=headline,
        kind="lost",
        subject=f"contact.{name}",
        kept=("address", "contact"),
    )


def test_places_of_one_substructure_are_one_finding() -> None:
    (one,) = led(("a", lost("email")), ("b", lost("name")), ("c", lost("phone")))
    assert one.headline == "an update that leaves contact (email, name, phone) out does not keep it"
    assert one.story.kept == ("address",)
    assert [member.pointer for member in one.also] == ["/data/contact/name", "/data/contact/phone"]


def test_one_guess_is_one_cause_whatever_the_clause() -> None:
    first = finding("/data", "list.total", kind="pages", guess="pages are counted from 0")
    second = finding("/page", "list.size", kind="rows", guess="pages are counted from 0")
    assert len(led(("a", first), ("b", second))) == 1


def test_two_mechanisms_are_two_findings() -> None:
    first = finding("/data/name", kind="changed", guess="it is trimmed")
    second = finding("/data/notes", kind="changed", guess="it is cut after 64 characters")
    assert len(led(("a", first), ("b", second))) == 2


def test_departures_of_other_kinds_stand_alone() -> None:
    first = finding("/data/name", kind="changed")
    second = finding("/name", "list.total", kind="accepted")
    assert len(led(("a", first), ("b", second))) == 2


def test_all_open_doors_are_one_finding_and_come_first() -> None:
    doors = [finding(f"/{turn}", f"list.{id}", kind="accepted", harm="open door") for turn, id in DOORS]
    other = finding("/data/name", kind="changed")
    found = led(("x", other), *((f"check {turn}", one) for turn, one in enumerate(doors)))
    assert [one.severity for one in found] == ["open door", "breaks a promise"]
    assert found[0].fingerprints == [one.fingerprint for one in doors]


DOORS = ((1, "size"), (2, "total"))


def test_clause_leads_to_the_finding_that_tells_of_it() -> None:
    records = [("a", lost("email")), ("b", lost("name"))]
    (one,) = led(*records)
    ledger = made(
        *(Record(check, (two.clause,), exercised={two.clause: 1}, findings=[two]) for check, two in records),
        *HELD,
    )
    assert next(clause.findings for clause in ledger.clauses if clause.id == "update.name") == [
        one.fingerprint
    ]
