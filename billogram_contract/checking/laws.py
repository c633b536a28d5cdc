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
from billogram_contract.checking.conformance import Held, Violation
from billogram_contract.checking.law import (
    Known,
    borne_out,
    of_error,
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
    replay. `ours` are the customers that nobody but this run changes.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.settle: float | None = None
        self.granted: set[tuple[str, str]] = set()  # operations that the right credentials have opened
        self.ours: Collection[int] = ()
        self._clock = clock
        self._touched: set[int] = set()  # numbers that an update was of, or gave
        self._known: dict[int, Known] = {}
        self._left: dict[int, float] = {}  # numbers that a renumbering left, and when
        self._taken: set[int] = set()  # numbers that customers have been seen to have
        self._asked: set[int] = set()  # whose update has no answer yet, and perhaps never will
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
        return Held(rules={rule for rule, _ in told}, violations=violations)

    # ------------------------------------------------------------ lists

    def _of_list(self, answer: Answer) -> Iterator[Told]:
        yield from of_error(answer)
        entries = entries_of(answer)
        if entries is None:
            return
        query = dict(answer.call.query)
        asked = tuple(sorted((key, value) for key, value in query.items() if not key.startswith("page")))
        yield from of_page(answer, entries, self._counts.get(asked))
        yield from of_filter(answer, entries)
        if (count := borne_out(answer, entries)) is not None:
            self._counts[asked] = count
        for entry in entries:
            yield from self._of_entry(whole(entry.get("customer_no")), entry)

    def _of_entry(self, number: Any, entry: dict[str, Any]) -> Iterator[Told]:
        self._taken.add(number)
        if number in self._asked:
            self._forget(number)
        elif (left := self._left.get(number)) is not None and self._is_settled(left):
            expected = f"nobody has the number {number} that its customer left"
            yield "old-number", Violation("/data/*/customer_no", expected, f"customer {number}", "old-number")
            del self._left[number]
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
        if answer.is_success:
            customer = customer_of(answer)
            if body is not None and customer is not None:
                if written_number(body) not in self._taken - {number}:  # else it is another clause's
                    yield from of_number(number, body, customer)
                yield from of_written(body, customer)
                if known := self._known.get(number):
                    yield from of_kept(number, body, customer, known)
            self._learn(number, body, customer)
        elif answer.status < 500 and body is not None:
            if number in self._known:
                self._known[number].refused |= set(body)
        else:
            self._forget(number)
        self._asked -= {number, *filter(None, [written_number(body)])}

    def _learn(self, number: int, body: dict[str, Any] | None, customer: dict[str, Any] | None) -> None:
        """Remembers what an accepted update answered, unless something about it is open."""
        self._forget(number)
        now = whole((customer or {}).get("customer_no"))
        if customer is None or body is None or now not in (number, written_number(body)):
            return
        if now != number:
            self._left[number] = self._clock()
            self._taken = (self._taken - {number}) | {now}
        self._left.pop(now, None)
        self._known.pop(now, None)
        if is_settled_text(body):
            self._known[now] = Known(customer, self._clock())

    def _forget(self, number: int) -> None:
        self._known.pop(number, None)
        self._asked.discard(number)
