"""The allotment: the customers that the suite may change, each put back as it was found.

A check borrows customers with `lend`; what it changed is undone when it gives them back.
"""

from __future__ import annotations

import copy
import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from billogram_contract.client import Client
from billogram_contract.customer import WRITABLE, differences, instant, leaves, unwritten
from billogram_contract.errors import NotAllotted, Outage, SetupError, Unasked
from billogram_contract.exchange import Answer, whole

PAGE_SIZE = 50  # of the lists that look customers up
PAGES_WALKED = 10
NUMBERS_TRIED = 50
POLL_INTERVAL = 0.1  # seconds

Seen = TypeVar("Seen")
Made = TypeVar("Made")


def decide_now(question: str, answer: Callable[[], Made], usual: object) -> Made:
    """Answers a question that time or the checks before decide; a replay answers as its recording did."""
    return answer()


class Allotted:
    """One customer of the allotment: how it was found, and how it is as far as upstream has told."""

    def __init__(self, allotment: Allotment, original: dict[str, Any]) -> None:
        self._allotment = allotment
        self.original = original
        self.home: int = whole(original["customer_no"])
        self.number = self.home
        self.current = copy.deepcopy(original)
        self.fullness = sum(1 for _ in leaves(original))  # how many fields it shows

    def update(self, body: Any) -> Answer:
        """Asks for an update and follows the customer to the number that an accepted one gave it."""
        answer = self._allotment.client.update(self.number, body)
        if answer.is_success:
            self.follow(answer, body)
        return answer

    def arrange(self, **fields: Any) -> Answer:
        """An update that a check builds on; raises Unasked where upstream does not take it."""
        answer = self.update(fields)
        if not answer.is_success:
            raise Unasked(f"could not be arranged: PUT of {', '.join(fields)} was answered {answer.brief}")
        if lost := unwritten(fields, answer.customer):
            raise Unasked(f"could not be arranged: {lost[0].pointer} was not kept as it was written")
        return answer

    def read(self) -> dict[str, Any]:
        """The customer's entry in the list, once it is as the last answer told.

        Raises Unasked where the list doesn't show the customer.
        """
        entry = self._allotment.look(self.number, self._is_settled)[1]
        if entry is None:
            raise Unasked(f"the list does not show customer {self.number}")
        return entry

    def _is_settled(self, entry: dict[str, Any]) -> bool:
        stamps = {instant(one.get("updated_at")) for one in (self.current, entry)} - {None}
        return len(stamps) < 2 and not differences(self.current, entry)

    def listed(self, expected: dict[str, Any]) -> tuple[Answer, dict[str, Any] | None]:
        """The list's answer for this customer and its entry, which should settle to be as expected."""
        return self._allotment.look(self.number, lambda entry: not differences(expected, entry))

    def follow(self, answer: Answer, body: Any = None) -> None:
        """Takes note of what an accepted update answered, or the list shows where that is unreadable."""
        try:
            customer: dict[str, Any] | None = answer.customer
        except Unasked:
            given = body.get("customer_no") if isinstance(body, dict) else None
            customer = self._allotment.find(given if isinstance(given, int) else self.number)
        if customer is not None:
            self.current = copy.deepcopy(customer)
            number = whole(customer.get("customer_no"))
            self.number = number if isinstance(number, int) else self.number


class Allotment:
    """The customers and numbers allotted to the run."""

    def __init__(
        self,
        client: Client,
        *,
        settle: float,
        is_suspicious: Callable[[], bool] = lambda: False,
        decide: Callable[[str, Callable[[], Any], object], Any] = decide_now,
    ) -> None:
        self.client = client
        self.problems: list[str] = []
        self._settle = settle
        self._is_suspicious = is_suspicious
        self._decide = decide
        self._free: list[Allotted] | None = None
        self._originals: dict[int, dict[str, Any]] = {}
        self._numbers = itertools.cycle(client.target.numbers)
        self._filter_works = True
        self._lost = 0

    @property
    def size(self) -> int:
        """How many customers are allotted."""
        return len(self.client.target.customers)

    def require(self) -> None:
        """Raises NotAllotted where nothing is allotted, and so nothing but reads may be sent."""
        if not self.client.target.customers:
            raise NotAllotted("needs allotted customers (--customers)")

    @contextmanager
    def lend(self, count: int = 1) -> Iterator[list[Allotted]]:
        """Lends customers that no other check has, and puts them back as they were found.

        Raises NotAllotted where the allotment doesn't hold so many, Unasked where so many were lost.
        """
        free = self.open()
        if len(free) < count:
            reason = f"needs {count} allotted customers (--customers), {len(free)} are there"
            raise Unasked(f"{reason}: {self._lost} were lost") if self._lost else NotAllotted(reason)
        lent = self._choose(free, count)
        try:
            yield lent
        finally:
            kept = [customer for customer in lent if self._put_back(customer) and self._is_there(customer)]
            self._lost += len(lent) - len(kept)
            free += kept

    def _choose(self, free: list[Allotted], count: int) -> list[Allotted]:
        """Takes the fullest of the free customers, whatever the order in which they came back."""
        free.sort(key=lambda customer: (-customer.fullness, str(customer.home)))
        found = {customer.home: customer for customer in free}
        numbers = self._decide("lent", lambda: list(found)[:count], None)
        free[:] = [customer for customer in free if customer.home not in numbers]
        # A replay of a part of the checks may meet one that a fixture of other checks still has.
        return [found.get(number) or Allotted(self, self._originals[number]) for number in numbers]

    def begin(self) -> None:
        """Starts anew with the first free number: a check gets the same ones whatever ran before it."""
        self._numbers = itertools.cycle(self.client.target.numbers)

    def free_number(self) -> int:
        """A number of the allotted range that no customer has, another one each time in a check."""
        self.open()
        if not self.client.target.numbers:
            raise NotAllotted("needs a free number to renumber to (--numbers)")
        for number in itertools.islice(self._numbers, NUMBERS_TRIED):
            if self.find(number) is None:
                return number
        raise Unasked("no number of the allotted range (--numbers) is free")

    def look(
        self, number: int, until: Callable[[dict[str, Any]], bool]
    ) -> tuple[Answer, dict[str, Any] | None]:
        """The list's answer about a number and the customer's entry in it, once it is as it should be."""
        return self.settled(
            lambda: self._look_once(number), lambda seen: seen[1] is not None and until(seen[1])
        )

    def settled(self, ask: Callable[[], Seen], good: Callable[[Seen], bool]) -> Seen:
        """What is seen once it is good, or at the end of the settling time: a read may lag behind a write."""
        deadline = time.monotonic() + self._settle
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

    def _look_once(self, number: int) -> tuple[Answer, dict[str, Any] | None]:
        if self._filter_works:
            answer = self.by_number(number)
            return answer, _entry(answer, number)
        for page in range(1, PAGES_WALKED + 1):
            answer = self.client.list(page=page, page_size=PAGE_SIZE)
            entry = _entry(answer, number)
            if entry is not None or len(answer.customers) < PAGE_SIZE:
                return answer, entry
        raise Unasked(
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

    def open(self) -> list[Allotted]:
        """The customers that no check has; looks the allotment up, once a run.

        Raises SetupError where a customer of it is not in the account.
        """
        if self._free is None:
            self.require()
            self._free = [Allotted(self, entry) for entry in self._look_up(self.client.target.customers)]
            self._originals = {customer.home: customer.original for customer in self._free}
        return self._free

    def _look_up(self, numbers: tuple[int, ...]) -> list[dict[str, Any]]:
        first = self.client.list(page=1, page_size=PAGE_SIZE)
        entries = {number: _entry(first, number) for number in numbers}
        probe = self.by_number(numbers[0])
        on_page = entries[numbers[0]] is not None
        self._filter_works = probe.is_success and probe.numbers in ([numbers[0]], [] if not on_page else None)
        for number in numbers:
            entries[number] = entries[number] or self.find(number)
        missing = [number for number, entry in entries.items() if entry is None]
        if missing:
            raise SetupError(
                f"Allotted customer {missing[0]} is not in the account"
                f" ({len(missing)} of {len(numbers)} are missing):"
                " give numbers of existing customers to --customers."
            )
        return [copy.deepcopy(entry) for entry in entries.values() if entry]

    def _put_back(self, customer: Allotted) -> bool:
        """Puts a customer back as it was found; False where it is lost. What is left changed is a problem."""
        original, statuses = customer.original, {200}
        try:
            for unset in (None, ""):
                body = restoring_body(original, customer.current, unset)
                if body:
                    statuses = {customer.update(body).status}
                if 400 in statuses:  # one refused field keeps no other one changed
                    statuses = {customer.update({name: value}).status for name, value in body.items()}
        except (Outage, Unasked) as error:
            self.problems.append(f"customer {customer.number}: {error}")
            return False
        if left := restoring_body(original, customer.current, ""):
            at = "" if customer.number == original["customer_no"] else f" (now {customer.number})"
            fields = ", ".join(left)
            self.problems.append(f"customer {original['customer_no']}{at} was not put back: {fields}")
        return 404 not in statuses

    def _is_there(self, customer: Allotted) -> bool:
        """Whether a customer is still there, looked up after a check that found a drift."""
        if not self._decide("looked", self._is_suspicious, False):
            return True
        try:
            entry = self.find(customer.number)
        except (Outage, Unasked):
            return True
        if entry is None:
            self.problems.append(f"customer {customer.original['customer_no']} is no longer listed")
        return entry is not None


def restoring_body(original: dict[str, Any], current: dict[str, Any], unset: str | None) -> dict[str, Any]:
    """The update that puts a customer back; `unset` is written where nothing was before."""
    changed = {one.pointer.split("/")[1] for one in differences(original, current)}
    changed |= {name for name in WRITABLE if _respelt(original.get(name), current.get(name))}
    body = {name: original.get(name) for name in WRITABLE if name in changed}
    for name, value in body.items():
        before, after = value or {}, current.get(name) or {}
        if isinstance(before, dict) and isinstance(after, dict) and (before or after):
            body[name] = {key: _set(before.get(key), unset) for key in {**before, **after}}
        else:
            body[name] = _set(value, unset)
    if "customer_no" in changed:
        body["customer_no"] = original["customer_no"]
    return body


def _respelt(before: Any, after: Any) -> bool:
    """Whether a text is another one where comparison tolerates it: a blank at its end, say."""
    if isinstance(before, dict) and isinstance(after, dict):
        return any(_respelt(before[key], after[key]) for key in before.keys() & after.keys())
    return isinstance(before, str) and isinstance(after, str) and before != after


def _set(value: Any, unset: str | None) -> Any:
    return unset if value is None else value


def _entry(answer: Answer, number: int) -> dict[str, Any] | None:
    return next((entry for entry in answer.customers if str(entry.get("customer_no")) == str(number)), None)
