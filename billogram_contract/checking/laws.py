"""Laws: what every answer is held to beside its shape, given what the answers before it told.

Each law is a pure function of an answer and of what is known; it tells which rules (`spec.clauses.RULES`) it
held, and what departs. A law judges plain values alone, about which nothing is open, and compares in the
tolerant forms of `spec.customer`.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from billogram_contract.checking.conformance import Held, Violation
from billogram_contract.spec import description as vendored
from billogram_contract.spec.customer import WRITABLE, Difference, differences, unwritten
from billogram_contract.upstream.exchange import Answer, Call, whole

Told = tuple[str, Violation | None]  # a rule, and how the answer departs from it, if it does

SUBSTRUCTURES = ("contact", "address", "delivery_address", "edi")
GATEWAYS = (502, 503, 504)  # that a gateway answers, or that asks to come back
SHORT = 20  # characters of a text that nobody refuses
EXACT = ("customer_no", "company_type")  # fields of a filter that have one form only
RULES_OF_FIELDS = {
    "name": "name",
    "notes": "notes",
    "company_type": "company-type",
    "letter_forwarding_enabled": "flag",
}
# What a value must look like for nothing to be open about how it comes back.
PLAIN = {
    "email": r"[a-z0-9][a-z0-9.+_-]*@[a-z0-9.-]+\.[a-z]+",
    "phone": r"\+[0-9]{8,15}",
    "zipcode": r"[0-9]{4,5}",
    "country": r"[A-Z]{2}",
    "language": r"[a-z]{2}",
    "electronic_id": r"[0-9]+",
    "operator": r"[a-z]+",
    "reference": r"[A-Za-z0-9 ]+",
    "sorting_code": r"[0-9]+",
}
TOGETHER = (("filter_type", "filter_field", "filter_value"), ("order_field", "order_direction"))


@dataclass
class Known:
    """A customer as its last accepted update answered it, or as it was listed before the first; and when.

    `refused` are the bodies of its updates refused since, `others` those of other customers' accepted since;
    `was_listed` tells that the list has agreed already.
    """

    customer: dict[str, Any]
    at: float
    is_answered: bool = True
    refused: list[dict[str, Any]] = field(default_factory=list)
    others: list[dict[str, Any]] = field(default_factory=list)
    was_listed: bool = False


class Laws:
    """Holds each answer to the laws; remembers what accepted updates told.

    `settle` is for how many seconds the list may lag behind a write; None where that is not known, as in a
    replay. `ours` are the customers that nobody but this run changes. `granted` are the operations that the
    right credentials have opened.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.settle: float | None = None
        self.ours: Collection[int] = ()
        self.granted: set[tuple[str, str]] = set()
        self._clock = clock
        self._known: dict[int, Known] = {}
        self._asked: set[int] = set()  # whose update has no answer yet, and perhaps never will
        self._touched: set[int] = set()  # numbers that an update was of, or gave
        self._taken: set[int] = set()  # numbers that customers have been seen to have
        self._left: set[int] = set()  # numbers that a renumbering left
        self._strange: set[int] = set()  # whose answers have departed: what they are now is anybody's guess
        self._mixed: set[int] = set()  # numbers that may be those of two customers, or of none
        self._broken: set[str] = set()  # rules
        self._counts: dict[tuple[tuple[str, str], ...], int] = {}  # totals that a page bore out, by query

    def sending(self, call: Call) -> None:
        """Takes note that an update goes out: where its answer is lost, nothing is known any more."""
        if (number := _canonical(call.number)) is not None:
            numbers = {number, *filter(None, [given_number(body_of(call))])}
            for lost in numbers & self._asked:
                self._known.pop(lost, None)
            self._asked |= numbers
            self._touched |= numbers

    def hold(self, answer: Answer) -> Held:
        """Holds an answer, and remembers what it tells."""
        if answer.is_success and answer.call.credentials == "right":
            self.granted.add(answer.call.operation)
        told = list(self._of_list(answer) if answer.call.body is None else self._of_update(answer))
        violations = [violation for _, violation in told if violation]
        self._broken |= {rule for rule, violation in told if violation}
        return Held(rules={rule for rule, _ in told}, violations=violations)

    # ------------------------------------------------------------ lists

    def _of_list(self, answer: Answer) -> Iterator[Told]:
        yield from of_error(answer)
        entries = _entries(answer)
        if entries is None:
            return
        query = dict(answer.call.query)
        asked = tuple(sorted((key, value) for key, value in query.items() if not key.startswith("page")))
        yield from of_page(answer, entries, self._counts.get(asked))
        if (count := borne_out(answer, entries)) is not None:
            self._counts[asked] = count
        # A number that was left, or given twice, is another clause's.
        if not (self._left | self._mixed) & {whole(entry.get("customer_no")) for entry in entries}:
            yield from of_filter(answer, entries)
        for entry in entries:
            yield from self._of_entry(whole(entry.get("customer_no")), entry)

    def _of_entry(self, number: Any, entry: dict[str, Any]) -> Iterator[Told]:
        self._taken.add(number)
        if number in self._asked:
            self._forget(number)
        elif number in self.ours and number not in self._touched:
            self._known[number] = Known(entry, self._clock(), is_answered=False)
        elif (known := self._known.get(number)) and known.is_answered and self._is_settled(known.at):
            yield from of_listed(entry, known)
            known.was_listed = not differences(known.customer, entry)
            if not known.was_listed:
                self._forget(number)

    def _is_settled(self, since: float) -> bool:
        return self.settle is not None and self._clock() - since >= self.settle

    # ------------------------------------------------------------ updates

    def _of_update(self, answer: Answer) -> Iterator[Told]:
        yield from of_error(answer)
        number, body = _canonical(answer.call.number), body_of(answer.call)
        if number is None:
            return
        given = given_number(body)
        if answer.is_success:
            customer = _customer(answer)
            now = whole((customer or {}).get("customer_no"))
            if number in self._left or given in self._taken - {number}:  # another clause's
                self._mixed |= {number, given, now} - {None}
            elif body is not None and customer is not None and not {number, now} & self._mixed:
                yield from self._of_accepted(number, body, customer)
            self._learn(number, body, customer)
        elif answer.status < 500 and body is not None:
            if known := self._known.get(number):
                known.refused.append(body)
        else:
            yield from of_fault(answer, body)
            self._forget(number)
        self._asked -= {number, *filter(None, [given])}

    def _of_accepted(self, number: int, body: dict[str, Any], customer: dict[str, Any]) -> Iterator[Told]:
        told = [*of_number(number, body, customer), *of_written(number, body, customer, self._broken)]
        if any(violation for _, violation in told):
            self._strange |= {number, whole(customer.get("customer_no"))}
        yield from told
        known = self._known.get(number)
        if known and number not in self._strange:
            yield from of_kept(number, body, customer, known, self._broken)

    def _learn(self, number: int, body: dict[str, Any] | None, customer: dict[str, Any] | None) -> None:
        """Remembers what an accepted update answered, unless something about it is open."""
        now = whole((customer or {}).get("customer_no"))
        for gone in {number, *self._mixed}:
            self._forget(gone)
        if customer is None or body is None or now not in (number, given_number(body)):
            return
        for other in self._known.values():
            other.others.append(body)
        if now != number:
            self._left.add(number)
            self._taken -= {number}
        self._left -= {now}
        self._taken |= {now}
        self._known.pop(now, None)
        if is_settled_text(body) and not (self._strange | self._mixed) & {number, now}:
            self._known[now] = Known(customer, self._clock())

    def _forget(self, number: int) -> None:
        self._known.pop(number, None)
        self._asked.discard(number)


# ---------------------------------------------------------------- the laws of a list


def of_page(answer: Answer, entries: list[dict[str, Any]], count: int | None) -> Iterator[Told]:
    """No customer twice, at most page_size of them, and as many as page and total_count demand.

    `count` is the total that another page of the same list bore out: only where it still stands is a page
    that doesn't fit to blame, and not the total.
    """
    numbers = [whole(entry.get("customer_no")) for entry in entries]
    yield "pages", None
    if twice := sorted({str(number) for number in numbers if numbers.count(number) > 1}):
        yield _page_violation("no customer twice", f"customer {twice[0]} twice")
    window, total = _window(answer), _total(answer)
    if window is None:
        return
    page, size = window
    if len(entries) > size:
        yield _page_violation(f"at most {size} customers", str(len(entries)))
    elif total is not None:
        rest = max(0, total - (page - 1) * size)
        if count == total and len(entries) != min(rest, size):
            expected = f"{min(rest, size)} customers on page {page} of {total} by {size}"
            yield _page_violation(expected, str(len(entries)))
        elif count != total and 0 < rest < len(entries):
            shown = (page - 1) * size + len(entries)
            yield "count", Violation("/meta/total_count", f"{shown} or more", str(total), "count")
        else:
            yield "count", None


def borne_out(answer: Answer, entries: list[dict[str, Any]]) -> int | None:
    """The total of a list where this page ends with the last customer of it."""
    window, total = _window(answer), _total(answer)
    if window is None or not entries:
        return None
    page, size = window
    return total if (page - 1) * size + len(entries) == total else None


def of_filter(answer: Answer, entries: list[dict[str, Any]]) -> Iterator[Told]:
    """What an exact filter finds has exactly the value, where a field has one form only."""
    query = dict(answer.call.query)
    name, value = query.get("filter_field", ""), query.get("filter_value", "")
    if query.get("filter_type") != "field" or name not in EXACT:
        return
    is_exact = _canonical(value) if name == "customer_no" else value in vendored.load().body(name)["enum"]
    if not is_exact or len(query) < len(answer.call.query):
        return
    yield "filter", None
    others = [entry.get(name) for entry in entries if str(whole(entry.get(name))) != value]
    if others:
        expected, observed = f"customers whose {name} is {value}", f"one whose {name} is {others[0]}"
        yield "filter", Violation("/data", expected, observed, "filter")


def of_listed(entry: dict[str, Any], known: Known) -> Iterator[Told]:
    """The list shows a customer as its last accepted update answered it, whatever was asked since."""
    yield "listed", None
    for one in differences(known.customer, entry):
        reached = _reached_by(one, entry, known)
        rule = reached if reached and (known.was_listed or reached == "alone") else "listed"
        yield rule, _violation(one, rule, "as the update answered", "/data/*")


# ---------------------------------------------------------------- the laws of an update


def of_number(number: int, body: dict[str, Any], customer: dict[str, Any]) -> Iterator[Told]:
    """An accepted update answers the customer of the path, under the number that the body gives it."""
    given = given_number(body)
    if "customer_no" in body and given is None:
        return  # what is no number is for another clause
    rule = "addressed" if given in (None, number) else "new-number"
    yield rule, None
    wanted, shown = given or number, whole(customer.get("customer_no"))
    if shown != wanted:
        yield rule, Violation("/data/customer_no", f"customer {wanted}", f"customer {shown}", rule)


def of_written(
    number: int, body: dict[str, Any], customer: dict[str, Any], broken: Collection[str]
) -> Iterator[Told]:
    """An accepted update shows what it wrote.

    `broken` are rules that earlier answers broke: where any field may be lost, none is lost for its own rule.
    """
    plain = _plain_part(body)
    found = {_top(one): one for one in unwritten(plain, customer)}
    is_renumbered = given_number(body) not in (None, number)
    for name, value in plain.items():
        is_any = len(found) > 1 or "written" in broken or (name == "notes" and _is_short(value))
        rule = "written" if is_any else RULES_OF_FIELDS.get(name, "written")
        rule = "renumbered" if is_renumbered else rule
        yield rule, None
        if name in found:
            yield rule, _violation(found[name], rule, "as the request wrote it")


def of_fault(answer: Answer, body: dict[str, Any] | None) -> Iterator[Told]:
    """An update of valid fields is no cause for a server error."""
    if body and answer.status not in GATEWAYS and len(_plain_part(body)) == len(body):
        yield "server-error", Violation("", "an answer below 500", answer.brief, "server-error")


def of_kept(
    number: int, body: dict[str, Any], customer: dict[str, Any], known: Known, broken: Collection[str]
) -> Iterator[Told]:
    """An accepted update keeps what it leaves out, and each substructure that is null in it.

    `broken` are rules that earlier answers broke: what is lost without a new number, too, isn't lost for it.
    """
    if set(body) - {*WRITABLE, "customer_no", "created_at"}:
        return  # what an unknown field means to upstream is open
    nulls = {name for name in SUBSTRUCTURES if name in body and body[name] is None}
    is_renumbered = given_number(body) not in (None, number)
    yield "partial", None
    for one in differences(
        known.customer, customer, but={"customer_no", *(set(body) - nulls - {"created_at"})}
    ):
        name = _top(one)
        ground = "created-at" if name == "created_at" else "null-structure" if name in nulls else "partial"
        rule = "renumbered" if is_renumbered and ground not in broken else ground
        rule = _reached_by(one, customer, known) or rule
        yield rule, _violation(one, rule, "as it was before")


def _reached_by(one: Difference, customer: dict[str, Any], known: Known) -> str | None:
    """The rule that is broken where a difference is what a refused update, or another's, was to write."""
    name = _top(one)

    def shows(body: dict[str, Any]) -> bool:
        return bool(body.get(name)) and not unwritten({name: body[name]}, customer)

    if any(map(shows, known.refused)):
        return "refused"
    return "alone" if any(map(shows, known.others)) else None


def _is_short(value: Any) -> bool:
    """Whether a text is one that no rule of free text is needed for."""
    return isinstance(value, str) and len(value) <= SHORT and value.isascii() and value.isprintable()


# ---------------------------------------------------------------- the law of an error


def of_error(answer: Answer) -> Iterator[Told]:
    """An error that names a field names one that the request has, and none that is surely fine."""
    if answer.status != 400 or not answer.named_fields:
        return
    if answer.call.body is None:
        asked = mentioned_in_query(dict(answer.call.query))
        documented: Collection[str] = vendored.load().query_parameters()
    else:
        body = body_of(answer.call)
        if body is None or answer.identifier == "INVALID_PARAMETER_COMBINATION":
            return
        asked = set(_names(body)) - innocent(body)
        documented = _documented()
        if _canonical(answer.call.number) is None:
            asked.add("customer_no")
    yield "error-field", None
    named = [name.replace(".", ":").rpartition(":")[2] for name in answer.named_fields]
    if not any(name in asked or name not in documented for name in named):
        expected = "a field that the request has, and that is at fault"
        yield "error-field", Violation("/data/field", expected, ", ".join(answer.named_fields), "error-field")


def mentioned_in_query(query: dict[str, str]) -> set[str]:
    """The names that an error of a list may give: what was asked, and what is missing beside it."""
    names = {*query, query.get("filter_field", ""), query.get("order_field", "")}
    names |= {name for name in ("page", "page_size") if name not in query}
    return names.union(*(group for group in TOGETHER if names & set(group)))


def innocent(body: dict[str, Any]) -> set[str]:
    """The fields of a body that cannot be at fault, as others are open or wrong."""
    plain = _plain_part(body)
    if len(plain) == len(body):
        return set()
    nested = {name for value in body.values() if isinstance(value, dict) for name in _names(value)}
    surely: set[str] = {"name", "notes", "letter_forwarding_enabled"} & set(plain)
    return {name for name in surely - nested if plain[name] in (True, False) or _is_short(plain[name])}


# ---------------------------------------------------------------- bodies and values


def body_of(call: Call) -> dict[str, Any] | None:
    """The object that an update sends; None where it sends none, or names a field twice."""
    try:
        body = json.loads(call.body or b"", object_pairs_hook=_object)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def given_number(body: dict[str, Any] | None) -> int | None:
    """The customer number that a body gives."""
    number = (body or {}).get("customer_no")
    return number if isinstance(number, int) and not isinstance(number, bool) and number > 0 else None


def is_settled_text(value: Any) -> bool:
    """Whether no text in a value has characters that may be answered in one way and stored in another."""
    if isinstance(value, dict):
        return all(map(is_settled_text, value.values()))
    if isinstance(value, list):
        return all(map(is_settled_text, value))
    return not isinstance(value, str) or _is_text(value)


def _plain_part(body: dict[str, Any]) -> dict[str, Any]:
    """The fields of a body whose values are valid, and come back as they are by every freedom."""
    plain = {name: value for name, value in body.items() if name in WRITABLE and _is_plain_field(name, value)}
    for name in SUBSTRUCTURES:
        if {"street_address", "address_line_1"} <= set(plain.get(name) or {}):
            del plain[name]  # which of the two stands is open
    return plain


def _is_plain_field(name: str, value: Any) -> bool:
    schema = vendored.load().body(name)
    if name in SUBSTRUCTURES:
        known = schema["properties"]
        return isinstance(value, dict) and all(
            field in known and _is_plain(field, one, known[field].get("type")) for field, one in value.items()
        )
    kind = schema.get("type")
    if not _is_plain(name, value, "boolean" if kind == "boolean" else "string"):
        return False
    return value in schema.get("enum", [value]) and len(str(value)) <= schema.get(
        "maxLength", len(str(value))
    )


def _is_plain(name: str, value: Any, kind: Any) -> bool:
    if kind == "boolean":
        return isinstance(value, bool)
    if not isinstance(value, str) or not value or value != value.strip() or not _is_text(value):
        return False
    return name not in PLAIN or re.fullmatch(PLAIN[name], value) is not None


def _is_text(value: str) -> bool:
    return all(one.isprintable() or one in "\n\t\u200c\u200d" for one in value)


@cache
def _documented() -> frozenset[str]:
    """The names of all documented fields of a body, nested ones too."""
    schemas = {name: vendored.load().body(name) for name in vendored.load().body_schema().value["properties"]}
    return frozenset({*schemas, *(name for one in schemas.values() for name in one.get("properties", {}))})


def _names(value: Any) -> Iterator[str]:
    """The field names in a value, at every depth."""
    if isinstance(value, dict):
        yield from value
        for inner in value.values():
            yield from _names(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _names(inner)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a field is named twice")
    return found


def _canonical(text: str | None) -> int | None:
    """A positive number as anybody would write it."""
    return int(text) if text and re.fullmatch(r"[1-9][0-9]{0,17}", text) else None


def _window(answer: Answer) -> tuple[int, int] | None:
    """Page and page size of a list, where both are asked for once and within their bounds."""
    names = [name for name, _ in answer.call.query]
    query = dict(answer.call.query)
    page, size = _canonical(query.get("page")), _canonical(query.get("page_size"))
    if len(set(names)) < len(names) or page is None or size is None:
        return None
    return (page, size) if size <= vendored.load().query("page_size")["maximum"] else None


def _total(answer: Answer) -> int | None:
    try:
        total = answer.json["meta"]["total_count"]
    except (KeyError, TypeError):
        return None
    return total if isinstance(total, int) and not isinstance(total, bool) else None


def _entries(answer: Answer) -> list[dict[str, Any]] | None:
    data = _data(answer)
    is_list = isinstance(data, list) and all(isinstance(entry, dict) for entry in data)
    return data if is_list else None


def _customer(answer: Answer) -> dict[str, Any] | None:
    data = _data(answer)
    return data if isinstance(data, dict) else None


def _data(answer: Answer) -> Any:
    try:
        return answer.json["data"] if answer.is_success else None
    except (ValueError, KeyError, TypeError):
        return None


def _top(one: Difference) -> str:
    return one.pointer.split("/")[1]


def _violation(one: Difference, rule: str, told_by: str, below: str = "/data") -> Violation:
    return Violation(f"{below}{one.pointer}", f"{one.expected}, {told_by}", one.observed, rule)


def _page_violation(expected: str, observed: str) -> Told:
    return "pages", Violation("/data", expected, observed, "pages")
