"""The laws: pure functions of an answer and of what is known; each tells its rule and what departs."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from billogram_contract.checking.answered_values import (
    EXACT,
    RULES_OF_FIELDS,
    SHORT,
    SUBSTRUCTURES,
    TOGETHER,
    Told,
    body_of,
    canonical,
    documented_fields,
    names_of,
    page_violation,
    plain_part,
    top,
    total_of,
    violation,
    window_of,
    written_number,
)
from billogram_contract.checking.conformance import Violation
from billogram_contract.spec import description as vendored
from billogram_contract.spec.customer import NO_VALUE, WRITABLE, Difference, differences, unwritten
from billogram_contract.upstream.exchange import Answer, whole
from billogram_contract.upstream.retry import UNAVAILABLE


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


Kept = tuple[str, Any]  # a field that an update kept, and the company type of its customer

# ---------------------------------------------------------------- the laws of a list


def of_page(
    answer: Answer, entries: list[dict[str, Any]], count: int | None, shared: Collection[int]
) -> Iterator[Told]:
    """No customer twice, at most page_size of them, and as many as page and total_count demand.

    `count` is the total that another page of the same list bore out: only where it still stands is a page
    that doesn't fit to blame, and not the total. `shared` are numbers that an update gave to two customers.
    """
    numbers = [whole(entry.get("customer_no")) for entry in entries]
    if entries:  # an empty page shows nothing of how pages are cut
        yield "pages", None
    if twice := sorted({str(one) for one in numbers if numbers.count(one) > 1 and one not in shared}):
        yield page_violation("no customer twice", f"customer {twice[0]} twice")
    window, total = window_of(answer), total_of(answer)
    if window is None:
        return
    page, size = window
    if len(entries) > size:
        yield page_violation(f"at most {size} customers", str(len(entries)))
    elif total is not None:
        rest = max(0, total - (page - 1) * size)
        if count == total and len(entries) < min(rest, size):
            expected = f"{min(rest, size)} customers on page {page} of {total} by {size}"
            yield page_violation(expected, str(len(entries)))
        elif page == 1 and total < len(entries):  # on a later page either may be wrong: for checks to tell
            yield "count", Violation("/meta/total_count", f"{len(entries)} or more", str(total), "count")
        elif entries:
            yield "count", None


def borne_out(answer: Answer, entries: list[dict[str, Any]]) -> int | None:
    """The total of a list where this page ends with the last customer of it."""
    window, total = window_of(answer), total_of(answer)
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
    if not _is_exact(name, value) or len(query) < len(answer.call.query):
        return
    if entries:
        yield "filter", None
    shown = [entry.get(name) for entry in entries]
    others = [one for one in shown if str(whole(one)) != value and _is_exact(name, str(whole(one)))]
    if others:
        expected, observed = f"customers whose {name} is {value}", f"one whose {name} is {others[0]}"
        yield "filter", Violation("/data", expected, observed, "filter")


def _is_exact(name: str, value: str) -> bool:
    """Whether a value of an exact field is one that it may have."""
    if name == "customer_no":
        return canonical(value) is not None
    return value in vendored.load().body(name)["enum"]


def of_listed(entry: dict[str, Any], known: Known) -> Iterator[Told]:
    """The list shows a customer as its last accepted update answered it, whatever was asked since."""
    yield "listed", None
    for one in differences(known.customer, entry):
        reached = _reached_by(one, entry, known)
        rule = reached if reached and (known.was_listed or reached == "alone") else "listed"
        yield rule, violation(one, rule, "as the update answered", "/data/*")


# ---------------------------------------------------------------- the laws of an update


def of_number(number: int, body: dict[str, Any], customer: dict[str, Any]) -> Iterator[Told]:
    """An accepted update answers the customer of the path, under the number that the body gives it."""
    given = written_number(body)
    if "customer_no" in body and given is None:
        return  # what null or no number means is for other clauses
    rule = "addressed" if given in (None, number) else "new-number"
    yield rule, None
    wanted, shown = given or number, whole(customer.get("customer_no"))
    if shown != wanted:
        yield rule, Violation("/data/customer_no", f"customer {wanted}", f"customer {shown}", rule)


def of_written(
    number: int, body: dict[str, Any], customer: dict[str, Any], broken: Collection[str], kept: set[Kept]
) -> Iterator[Told]:
    """An accepted update shows what it wrote.

    `broken` are rules that earlier answers broke: where any field may be lost, none is lost for its own rule.
    `kept` are the fields that updates without a new number have kept, to be added to: what isn't among them
    is not lost for the number beside it.
    """
    plain = plain_part(body)
    found = {top(one): one for one in unwritten(plain, customer)}
    is_renumbered = written_number(body) not in (None, number)
    for name, value in plain.items():
        is_any = len(found) > 1 or "written" in broken or (name == "notes" and _is_short(value))
        rule = "written" if is_any else RULES_OF_FIELDS.get(name, "written")
        kind = (name, customer.get("company_type"))
        rule = "renumbered" if is_renumbered and kind in kept else rule
        if name not in found and not is_renumbered:
            kept.add(kind)
        yield rule, None
        if name in found and not (name == "language" and found[name].observed == NO_VALUE):
            # The market's own language may be shown as none.
            yield rule, violation(found[name], rule, "as the request wrote it")


def of_fault(answer: Answer, body: dict[str, Any] | None) -> Iterator[Told]:
    """An update of valid fields is no cause for a server error."""
    if body and answer.status not in UNAVAILABLE and len(plain_part(body)) == len(body):
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
    is_renumbered = written_number(body) not in (None, number)
    but = {"customer_no", *(set(body) - nulls - {"created_at"})}
    yield "partial", None
    for one in differences(known.customer, customer, but=but):
        name = top(one)
        ground = "created-at" if name == "created_at" else "null-structure" if name in nulls else "partial"
        if not known.is_answered and one.expected == NO_VALUE:
            ground = "listed"  # the list left it out, or an update of something else made it up
        rule = "renumbered" if is_renumbered and ground not in broken else ground
        rule = _reached_by(one, customer, known) or rule
        yield rule, violation(one, rule, "as it was before")


def _reached_by(one: Difference, customer: dict[str, Any], known: Known) -> str | None:
    """The rule that is broken where a difference is what a refused update, or another's, was to write."""
    name = top(one)

    def shows(body: dict[str, Any]) -> bool:
        return body.get(name) is not None and not unwritten({name: body[name]}, customer)

    if any(map(shows, known.refused)):
        return "refused"
    is_telling = not isinstance(customer.get(name), bool)  # of two values one is shown by chance
    return "alone" if is_telling and any(map(shows, known.others)) else None


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
        asked = set(names_of(body)) - innocent(body)
        documented = documented_fields()
        if canonical(answer.call.number) is None:
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
    plain = plain_part(body)
    if len(plain) == len(body):
        return set()
    nested = {name for value in body.values() if isinstance(value, dict) for name in names_of(value)}
    surely: set[str] = {"name", "notes", "letter_forwarding_enabled"} & set(plain)
    return {name for name in surely - nested if plain[name] in (True, False) or _is_short(plain[name])}
