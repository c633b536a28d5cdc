"""What a run remembers of the customers that it met, for the stories of its findings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from billogram_contract.checking.answered_values import body_of, customer_of, entries_of, total_of, window_of
from billogram_contract.upstream.exchange import Answer, whole

Document = dict[str, Any]
Asked = tuple[tuple[str, str], ...]  # a query without its page


@dataclass
class Memory:
    """By number: what the suite `wrote`, how the customer was `seen` last and before that; lists by query."""

    wrote: dict[Any, Document] = field(default_factory=dict)
    seen: dict[Any, Document] = field(default_factory=dict)
    before: dict[Any, Document] = field(default_factory=dict)
    totals: dict[Asked, int] = field(default_factory=dict)
    lists: dict[Asked, dict[int, list[Any]]] = field(default_factory=dict)  # by page

    def learn(self, answer: Answer) -> None:
        """Remembers what an answer tells."""
        if answer.call.body is None:
            self._learn_list(answer)
        elif (customer := customer_of(answer)) is not None:
            self._learn_update(answer, customer)

    def own(self, number: Any, name: str) -> Any:
        """What a customer has in a field by what the suite wrote, else as it was seen; nested with colons."""
        for known in (self.wrote, self.seen):
            if (found := at(known.get(number, {}), name)) is not None:
                return found
        return None

    def _learn_list(self, answer: Answer) -> None:
        entries = entries_of(answer)
        window = window_of(answer)
        if entries is None or window is None:
            return
        total = total_of(answer)
        for entry in entries:
            number = whole(entry.get("customer_no"))
            if number not in self.wrote:
                self.seen[number] = entry
        numbers = [whole(entry.get("customer_no")) for entry in entries]
        self.lists.setdefault(asked(answer), {})[window[0]] = numbers
        if total is not None:
            self.totals[asked(answer, but=("page", "page_size"))] = total

    def _learn_update(self, answer: Answer, customer: Document) -> None:
        number, body = whole(answer.call.number), body_of(answer.call) or {}
        now = whole(body.get("customer_no") or number)
        if number in self.seen:
            self.before[now] = self.seen[number]
            if now != number:
                del self.seen[number]
        written = self.wrote.pop(number, {})
        self.wrote[now] = {**written, **{name: one for name, one in body.items() if one is not None}}
        self.seen[now] = customer


def asked(answer: Answer, but: tuple[str, ...] = ("page",)) -> Asked:
    """The query of a list, without the page."""
    return tuple(sorted((name, one) for name, one in answer.call.query if name not in but))


def at(customer: Document, name: str) -> Any:
    """What a customer has in a field, nested ones with colons; either spelling of the street line."""
    here: Any = customer
    for part in name.split(":"):
        if not isinstance(here, dict):
            return None
        here = here.get(part, here.get("address_line_1") if part == "street_address" else None)
    return here
