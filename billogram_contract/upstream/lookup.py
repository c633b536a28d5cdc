"""Looking customers up in the list: by number, with or without a filter that works, once it has settled."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from billogram_contract.errors import Blocked
from billogram_contract.upstream.client import Client
from billogram_contract.upstream.exchange import Answer

PAGE_SIZE = 50  # of the lists that look customers up
PAGES_WALKED = 10
PAGES_HUNTED = 3
LARGE_PAGE = 100
POLL_INTERVAL = 0.1  # seconds

Seen = TypeVar("Seen")
Made = TypeVar("Made")
Decide = Callable[[str, Callable[[], Any], object], Any]


def decide_now(question: str, answer: Callable[[], Made], usual: object) -> Made:
    """Answers a question that time or the checks before decide; a replay answers as its recording did."""
    return answer()


class Lookup:
    """The list, asked about single customers; `settle` is for how many seconds it may lag behind a write."""

    def __init__(self, client: Client, settle: float, decide: Decide = decide_now) -> None:
        self.client = client
        self.settle = settle
        self._decide = decide
        self._filter_works = True

    def probe(self, number: int) -> Answer:
        """Finds out by a customer number whether the filter works; the first page of the list."""
        first = self.client.list(page=1, page_size=PAGE_SIZE)
        there = entry_of(first, number) is not None
        probe = self.by_number(number)
        self._filter_works = probe.is_success and probe.numbers in ([number], [] if not there else None)
        return first

    def look(
        self, number: int, until: Callable[[dict[str, Any]], bool]
    ) -> tuple[Answer, dict[str, Any] | None]:
        """The list's answer about a number and the customer's entry in it, once it is as it should be."""
        return self.settled(
            lambda: self._look_once(number), lambda seen: seen[1] is not None and until(seen[1])
        )

    def settled(self, ask: Callable[[], Seen], good: Callable[[Seen], bool]) -> Seen:
        """What is seen once it is good, or at the end of the settling time: a read may lag behind a write."""
        deadline = time.monotonic() + self.settle
        seen = ask()

        def is_early() -> bool:
            return not good(seen) and time.monotonic() < deadline

        while self._decide("again", is_early, False):
            self.client.sleep(POLL_INTERVAL)
            seen = ask()
        return seen

    def find(self, number: int) -> dict[str, Any] | None:
        """The entry of a customer number in the list, None where there is none."""
        return self._look_once(number)[1]

    def likely(self, original: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Where a customer is likely to be that is not found by number: a bounded part of the account."""
        latest = {"order_field": "updated_at", "order_direction": "desc"}
        queries = [{**latest, "page": str(page)} for page in range(1, PAGES_HUNTED + 1)]
        if original.get("org_no"):
            same = {"filter_type": "field", "filter_field": "org_no", "filter_value": original["org_no"]}
            queries.insert(0, {**same, "page": "1"})
        for query in queries:
            answer = self.client.list_raw((("page_size", str(LARGE_PAGE)), *query.items()))
            if answer.is_success:
                yield from answer.customers

    def _look_once(self, number: int) -> tuple[Answer, dict[str, Any] | None]:
        if self._filter_works:
            answer = self.by_number(number)
            return answer, entry_of(answer, number)
        for page in range(1, PAGES_WALKED + 1):
            answer = self.client.list(page=page, page_size=PAGE_SIZE)
            entry = entry_of(answer, number)
            if entry is not None or len(answer.customers) < PAGE_SIZE:
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


def entry_of(answer: Answer, number: int) -> dict[str, Any] | None:
    """The entry of a customer number in a list that was answered."""
    return next((entry for entry in answer.customers if str(entry.get("customer_no")) == str(number)), None)
