"""What a client does over several requests: pages left unread, numbers that are gone, refusals ignored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from billogram_contract.checking.answered_values import body_of, canonical, written_number
from billogram_contract.sdk.asked import Asked
from billogram_contract.sdk.schemas import Fault
from billogram_contract.spec.description import Description
from billogram_contract.upstream.exchange import Answer, whole

STUBBORN = 3  # times that the same refused request is sent in a row
ASK_LATER = (429, 503)
MOST_LISTS = 1000  # queries that are remembered
EARLY = 0.9  # of what Retry-After asks for, to forgive a clock

Key = tuple[tuple[str, str], ...]


@dataclass
class Pages:
    """What was read of one list: its pages, the size of a page, and the count that upstream told last."""

    size: int
    asked: set[int] = field(default_factory=set)
    empty: set[int] = field(default_factory=set)
    total: int = 0


@dataclass
class Conduct:
    """Remembers what a client was told, and finds where it goes on as if it had not been."""

    description: Description
    _lists: dict[Key, Pages] = field(default_factory=dict)
    _gone: set[int] = field(default_factory=set)
    _refused_number: int | None = None
    _last: tuple[Asked, Answer] | None = None
    _in_a_row: int = 0
    _later: dict[str, tuple[float, int]] = field(default_factory=dict)

    def faults(self, asked: Asked, answer: Answer, started: float, ended: float) -> Iterator[Fault]:
        """What departs in a request, after all that was answered before it; times in seconds."""
        yield from self._too_early(asked, answer, started, ended)
        yield from self._again(asked, answer)
        if asked.call.body is None:
            yield from self._of_list(answer)
        else:
            yield from self._of_update(answer)
        self._last = (asked, answer)

    def forget(self) -> None:
        """Something happened that was not seen whole: what was known of numbers is not known any more."""
        self._gone.clear()
        self._refused_number = None

    # ---------------------------------------------------------------- of every request

    def _too_early(self, asked: Asked, answer: Answer, started: float, ended: float) -> Iterator[Fault]:
        told = self._later.pop(asked.call.method, None)
        if told and started < told[0]:
            expected = f"no request for {told[1]} seconds, as Retry-After asks"
            yield Fault("answer.retry-after", "/Retry-After", expected, "the next one came before")
        seconds = answer.headers.get("retry-after", "")
        if answer.status in ASK_LATER and seconds.isdecimal() and len(seconds) < 6:
            self._later[asked.call.method] = ended + EARLY * int(seconds), int(seconds)

    def _again(self, asked: Asked, answer: Answer) -> Iterator[Fault]:
        """The same request is sent again and again though it is refused."""
        is_same = (
            self._last is not None
            and self._last[0].call == asked.call
            and self._last[1].status in range(400, 500)
        )
        self._in_a_row = self._in_a_row + 1 if is_same else 1
        if self._in_a_row == STUBBORN and answer.status not in ASK_LATER and answer.status in range(400, 500):
            yield Fault(
                "answer.error-envelope", "/refused", "what was refused is not sent again as it was",
                f"{STUBBORN} times in a row, though answered {answer.status}",
            )  # fmt: skip

    # ---------------------------------------------------------------- of lists

    def _of_list(self, answer: Answer) -> Iterator[Fault]:
        query = dict(answer.call.query)
        page, size = query.get("page", ""), query.get("page_size", "")
        if not page.isdecimal() or not size.isdecimal() or len(page + size) > 18:
            return
        number = int(page)
        key = tuple(sorted((name, value) for name, value in query.items() if name != "page"))
        pages = self._lists.get(key)
        if pages is None:
            if len(self._lists) >= MOST_LISTS:
                return
            pages = self._lists[key] = Pages(int(size))
        if self._last and not self._last[1].is_success and _is_page_before(self._last[0], answer):
            yield Fault(
                "answer.error-envelope", "/query/page", "the page before is there",
                f"page {number}, though page {number - 1} was refused",
            )  # fmt: skip
        if not answer.is_success:
            return
        if {number - 1, number - 2} <= pages.empty:
            yield Fault(
                "list.page-past-end",
                "/query/page",
                "it ends with an empty page",
                f"page {number}",
                "additive",
            )
        pages.asked.add(number)
        entries, pages.total = _seen(answer, pages.total)
        if entries == 0:
            pages.empty.add(number)

    def at_the_end(self) -> Iterator[tuple[Fault, Key, int]]:
        """What is left unread at the end, with the query of the list and the page that was not asked for."""
        largest = self.description.query("page_size")["maximum"]
        knows_pages = any(page > 1 for pages in self._lists.values() for page in pages.asked)
        for key, pages in self._lists.items():
            read = max(pages.asked, default=0)
            is_row = read > 1 and pages.asked == set(range(1, read + 1))
            left = pages.total - read * pages.size
            is_last_left = is_row and 0 < left < pages.size
            is_first_alone = not knows_pages and pages.size == largest and left > 0
            if is_last_left or is_first_alone:
                expected = f"all pages of {pages.total} customers"
                observed = f"{read} of {read + -(-left // pages.size)} pages, {left} customers unread"
                yield Fault("list.pages-partition", "/query/page", expected, observed), key, read + 1

    # ---------------------------------------------------------------- of updates

    def _of_update(self, answer: Answer) -> Iterator[Fault]:
        number, body = canonical(answer.call.number), body_of(answer.call)
        given = written_number(body)
        if number is None:
            return
        if number in self._gone:
            yield Fault(
                "renumber.old-number-gone", "/path", "the number that the customer has now",
                f"{number}, which it had before",
            )  # fmt: skip
        elif answer.status == 404 and given == number:
            yield Fault(
                "renumber.new-number", "/path", "the number that the customer has now",
                f"{number}, the one that the body gives it",
            )  # fmt: skip
        elif self._refused_number == number and answer.status == 404:
            yield Fault(
                "renumber.unique", "/path", "the number that the customer kept",
                f"{number}, which was refused before",
            )  # fmt: skip
        self._refused_number = None
        if given not in (None, number) and not answer.is_success:
            self._refused_number = given
        if answer.is_success and given not in (None, number) and _number_in(answer) == given:
            self._gone.add(number)
            self._gone.discard(given or 0)


def _is_page_before(before: Asked, answer: Answer) -> bool:
    """Whether a request asked for the page before, of the same list."""
    if before.call.body is not None:
        return False
    was, now = dict(before.call.query), dict(answer.call.query)
    then, page = was.pop("page", ""), now.pop("page", "")
    return was == now and then.isdecimal() and page.isdecimal() and int(page) == int(then) + 1


def _seen(answer: Answer, before: int) -> tuple[int | None, int]:
    """How many customers a page shows, and the count that it tells; what was known where it doesn't say."""
    try:
        document = answer.json
        total = document["meta"]["total_count"]
        return len(document["data"]), total if isinstance(total, int) else before
    except (ValueError, KeyError, TypeError):
        return None, before


def _number_in(answer: Answer) -> int | None:
    try:
        number = whole(answer.json["data"]["customer_no"])
    except (ValueError, KeyError, TypeError, json.JSONDecodeError):
        return None
    return number if isinstance(number, int) else None
