"""Laws: what every answer is held to beside its shape, given what the answers before it told.

Each law is a pure function of an answer and of what is known; it tells which rules (`spec.clauses.RULES`) it
held, and what departs. A law judges plain values alone, about which nothing is open, and compares in the
tolerant forms of `spec.customer`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from typing import Any

from billogram_contract.checking.answered_values import (
    Told,
    body_of,
    canonical,
    customer_of,
    entries_of,
    is_settled_text,
    written_number,
)
from billogram_contract.checking.conformance import Held
from billogram_contract.checking.law import (
    Kept,
    Known,
    borne_out,
    of_error,
    of_fault,
    of_filter,
    of_kept,
    of_listed,
    of_number,
    of_page,
    of_written,
)
from billogram_contract.spec.customer import differences
from billogram_contract.upstream.exchange import Answer, Call, whole


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
        self._kept: set[Kept] = set()
        self._counts: dict[tuple[tuple[str, str], ...], int] = {}  # totals that a page bore out, by query

    def sending(self, call: Call) -> None:
        """Takes note that an update goes out: where its answer is lost, nothing is known any more."""
        if (number := canonical(call.number)) is not None:
            numbers = {number, *filter(None, [written_number(body_of(call))])}
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
        entries = entries_of(answer)
        if entries is None:
            return
        query = dict(answer.call.query)
        asked = tuple(sorted((key, value) for key, value in query.items() if not key.startswith("page")))
        yield from of_page(answer, entries, self._counts.get(asked), self._mixed)
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
        number, body = canonical(answer.call.number), body_of(answer.call)
        if number is None:
            return
        given = written_number(body)
        if answer.is_success:
            customer = customer_of(answer)
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
        written = of_written(number, body, customer, self._broken, self._kept)
        told = [*of_number(number, body, customer), *written]
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
        if customer is None or body is None or now not in (number, written_number(body)):
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
