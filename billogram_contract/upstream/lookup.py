"""Looking customers up in the list: by number, with or without a filter that works, once it has settled."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from billogram_contract.errors import Blocked
from billogram_contract.upstream.client import Client
from billogram_contract.upstream.consistency import POLL_INTERVAL, Consistency
from billogram_contract.upstream.exchange import Answer

PAGE_SIZE = 50  # of the lists that look customers up
PAGES_WALKED = 10
PAGES_HUNTED = 3
LARGE_PAGE = 100

Entry = dict[str, Any]
Seen = TypeVar("Seen")
Made = TypeVar("Made")
Decide = Callable[[str, Callable[[], Any], object], Any]


def decide_now(question: str, answer: Callable[[], Made], usual: object) -> Made:
    """Answers a question that time or the checks before decide; a replay answers as its recording did."""
    return answer()


class Lookup:
    """The list, asked about single customers; `consistency_timeout` is for how many seconds it may lag."""

    def __init__(self, client: Client, consistency_timeout: float, decide: Decide = decide_now) -> None:
        self.client = client
        self.consistency = Consistency(consistency_timeout)
        self.topic = ""  # what the questions of the moment are for
        self._decide = decide
        self._filter_works = True

    def probe(self, number: int) -> Answer:
        """Finds out by a customer number whether the filter works; the first page of the list."""
        first = self.client.list(page=1, page_size=PAGE_SIZE)
        there = entry_of(first, number) is not None
        probe = self.by_number(number)
        self._filter_works = tells_of(probe, number) and (not there or entry_of(probe, number) is not None)
        return first

    def look(
        self, number: int, until: Callable[[Entry], bool], kind: str = ""
    ) -> tuple[Answer, Entry | None]:
        """The list's answer about a number and the customer's entry in it, once it is as it should be."""
        return self.settled(
            lambda: self._look_once(number), lambda seen: seen[1] is not None and until(seen[1]), kind
        )

    def settled(self, ask: Callable[[], Seen], good: Callable[[Seen], bool], kind: str = "") -> Seen:
        """What is seen once it is good, or when time is up: a read may lag behind a write.

        `kind` says what sort of question it is, the topic of the moment if nothing is given.
        """
        kind = kind or self.topic
        started = time.monotonic()
        deadline = started + self.consistency.patience(kind)
        seen = ask()
        is_good = good(seen)
        was_early = False

        def is_early() -> bool:
            return not is_good and time.monotonic() < deadline

        while self._decide("again", is_early, False):
            was_early = True
            self.client.sleep(POLL_INTERVAL)
            seen = ask()
            is_good = good(seen)
        if was_early:
            self.consistency.waited(kind, time.monotonic() - started, has_helped=is_good)
        return seen

    def find(self, number: int) -> Entry | None:
        """The entry of a customer number in the list, None where there is none."""
        return self._look_once(number)[1]

    def find_surely(self, number: int) -> Entry | None:
        """The entry of a customer number, asked for by filter and, where that has none, page by page."""
        answer = self.by_number(number)
        entry = entry_of(answer, number) if tells_of(answer, number) else None
        if entry is None:
            entry = self._walk(number)[1]
            self._filter_works = self._filter_works and entry is None
        return entry

    def likely(self, original: Entry) -> Iterator[Entry]:
        """Where a customer is likely to be that is not found by number: a bounded part of the account."""
        if original.get("org_no"):
            yield from self._customers(
                filter_type="field", filter_field="org_no", filter_value=original["org_no"]
            )
        for page in range(1, PAGES_HUNTED + 1):
            yield from self.latest(page)

    def latest(self, page: int = 1) -> list[Entry]:
        """The customers that were updated last."""
        return self._customers(page, order_field="updated_at", order_direction="desc")

    def _customers(self, page: int = 1, **query: Any) -> list[Entry]:
        answer = self.client.list(page_size=LARGE_PAGE, page=page, **query)
        return answer.customers if answer.is_success else []

    def _look_once(self, number: int) -> tuple[Answer, Entry | None]:
        if self._filter_works:
            answer = self.by_number(number)
            if tells_of(answer, number):
                return answer, entry_of(answer, number)
        return self._walk(number)

    def _walk(self, number: int) -> tuple[Answer, Entry | None]:
        """The page of the whole list that has a customer number, or the last one."""
        met = 0
        for page in range(1, PAGES_WALKED + 1):
            answer = self.client.list(page=page, page_size=PAGE_SIZE)
            entry = entry_of(answer, number)
            met += len(answer.customers)
            is_last = len(answer.customers) < PAGE_SIZE and met >= _count(answer)
            if entry is not None or not answer.customers or is_last:
                return answer, entry
        raise Blocked(
            "the filter on customer_no does not work, and the account is too large to do without it"
        )

    def by_number(self, number: int) -> Answer:
        """The list filtered by a customer number."""
        return self.client.list(
            page=1,
            page_size=PAGE_SIZE,
            filter_type="field",
            filter_field="customer_no",
            filter_value=number,
        )


def tells_of(answer: Answer, number: int) -> bool:
    """Whether a list filtered by a number shows its customer alone, or nobody."""
    try:
        return answer.is_success and {str(one) for one in answer.numbers} <= {str(number)}
    except Blocked:
        return False


def entry_of(answer: Answer, number: int) -> Entry | None:
    """The entry of a customer number in a list that was answered."""
    return next((entry for entry in answer.customers if str(entry.get("customer_no")) == str(number)), None)


def _count(answer: Answer) -> int:
    """How many customers there are at least, as far as a page tells."""
    try:
        return answer.total_count
    except Blocked:
        return 0
