"""Undo: what is written to put a customer back as it was found, and what is told where that cannot be."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from billogram_contract.spec.customer import STREET, WRITABLE, instant, leaves

Document = dict[str, Any]

PRECISION = timedelta(seconds=1)
LASTING = ("org_no", "vat_no")  # facts beside created_at that no update of the suite changes
SHOWN = ("org_no", "vat_no", "permanent_establishment_address", "payment_settings")  # to write them is open
COMPARED = (*WRITABLE, *SHOWN)
LONGEST_VALUE = 80  # characters of a value that is told


def is_same(original: Document, entry: Document) -> bool:
    """Whether an entry is of the customer whose original is given, whatever its number is now."""
    before, after = dict(leaves(original)), dict(leaves(entry))

    def agrees(name: str) -> bool | None:
        one, other = before.get(f"/{name}"), after.get(f"/{name}")
        return None if one is None or other is None else bool(one == other)

    born, facts = agrees("created_at"), [agrees(name) for name in LASTING]
    return born is not False and False not in facts and (born or all(facts))


def is_copy(original: Document, entry: Document) -> bool:
    """Whether an entry under another number can only be a copy of a customer."""
    known = all(original.get(name) and original.get(name) == entry.get(name) for name in ("org_no", "name"))
    return known and is_same(original, entry)


def is_reborn(original: Document, current: Document) -> bool:
    """Whether upstream gave a customer another time of creation, by more than precision explains."""
    before, after = instant(original.get("created_at")), instant(current.get("created_at"))
    return before is not None and after is not None and abs(after - before) >= PRECISION


def undo_body(original: Document, current: Document, names: Collection[str], unset: str | None) -> Document:
    """The update that puts some fields of a customer back; `unset` is written where nothing was before."""
    body = {name: _value(original.get(name), current.get(name), unset) for name in COMPARED if name in names}
    return body | ({"customer_no": original["customer_no"]} if "customer_no" in names else {})


def _value(before: Any, now: Any, unset: str | None) -> Any:
    """What stands in a field's place: of a substructure all that it had or has; an empty flag is false."""
    if isinstance(before or {}, dict) and isinstance(now or {}, dict) and (before or now):
        before, now = before or {}, _spelt_as(before or {}, now or {})
        return {key: _value(before.get(key), now.get(key), unset) for key in {**before, **now}}
    if before is not None:
        return before
    return False if unset == "" and isinstance(now, bool) else unset


def _spelt_as(before: Document, now: Document) -> Document:
    """An address with its street line under the name that it had before: either name may be answered."""
    had = [name for name in STREET if name in before]
    line = next((now[name] for name in STREET if now.get(name) is not None), None)
    if not had or not any(name in now for name in STREET):
        return now
    return {key: value for key, value in now.items() if key not in STREET} | dict.fromkeys(had, line)


def full_body(original: Document, body: Document) -> Document:
    """The update that writes every field that a customer had, beside those that are to be undone anyway."""
    return {name: original[name] for name in WRITABLE if original.get(name) not in (None, "")} | body


def overlaid(entry: Document, answer: Document) -> Document:
    """A customer's entry in the list, with whatever an update's answer shows in its place."""
    merged = dict(entry)
    for name, value in answer.items():
        under = merged.get(name)
        merged[name] = (
            overlaid(under, value) if isinstance(under, dict) and isinstance(value, dict) else value
        )
    return merged


@dataclass(frozen=True)
class Change:
    """One field that is not as it was; `path` names it. `is_form`: nobody loses anything but a form of it."""

    path: str
    before: Any
    now: Any
    is_form: bool

    @property
    def is_unset(self) -> bool:
        """Whether the field had nothing before: to unset one is open."""
        return self.before in (None, "")

    @property
    def field(self) -> str:
        return self.path.partition(".")[0]

    @property
    def state(self) -> tuple[str, str]:
        """What the field is now, to be known again."""
        return self.path, json.dumps(self.now, sort_keys=True)

    @property
    def cure(self) -> str:
        return f"{self.path} to {_shown(self.before)}"

    @property
    def words(self) -> str:
        return f"{self.path} was {_shown(self.before)} and is {_shown(self.now)}"


def changes(original: Document, current: Document) -> list[Change]:
    """Every field that is not as it was, in value, type, form or presence."""
    found = []
    if original.get("customer_no") != current.get("customer_no"):
        found.append(Change("customer_no", original.get("customer_no"), current.get("customer_no"), False))
    for name in COMPARED:
        if name in WRITABLE or name in current:
            found += _changes(name, original.get(name), current.get(name))
    if is_reborn(original, current):
        found.append(Change("created_at", original["created_at"], current["created_at"], False))
    return found


def _changes(path: str, before: Any, now: Any) -> Iterator[Change]:
    if isinstance(before, dict) and isinstance(now, dict):
        now = _spelt_as(before, now)
        for key in {**before, **now}:
            yield from _changes(f"{path}.{key}", before.get(key), now.get(key))
    elif before != now or type(before) is not type(now):
        yield Change(path, before, now, _is_form(path, before, now))


def _is_form(path: str, before: Any, now: Any) -> bool:
    """Whether two values differ in what upstream may normalise, or in how nothing is written."""
    top, _, key = path.partition(".")
    one, other = ({top: {key: value}} if key else {top: value} for value in (before, now))
    if dict(leaves(one)) == dict(leaves(other)):
        return type(before) is type(now) or None in (before, now)
    if before in (None, "") and (now is False or (isinstance(now, dict) and not any(now.values()))):
        return True
    return isinstance(before, str) and isinstance(now, str) and _normal(key, before) == _normal(key, now)


def _normal(key: str, text: str) -> str:
    """A text in the form that upstream may give it."""
    if key == "phone":
        digits = "".join(filter(str.isdigit, text))
        return digits.removeprefix("00").removeprefix("46").lstrip("0")
    return (
        "".join(text.split()).casefold() if key in ("country", "zipcode", "email") else " ".join(text.split())
    )


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        value = {
            key: one for key, one in value.items() if one not in (None, "")
        } or "nothing but empty fields"
    text = json.dumps(value, ensure_ascii=False)
    cut = f"{text[:LONGEST_VALUE]}... ({len(text)} characters)"
    return text if len(text) <= LONGEST_VALUE else cut
