"""What a story is told from: the departure, the exchanges of its check, and what the run remembers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from billogram_contract.checking.answered_values import body_of, customer_of, entries_of, written_number
from billogram_contract.checking.conformance import Violation
from billogram_contract.checking.telling.memory import Memory
from billogram_contract.spec.clauses import Clause
from billogram_contract.upstream.exchange import Answer, whole


class Exchange(NamedTuple):
    """One answer, with its call, and which request of its check it was."""

    number: int
    answer: Answer


@dataclass(frozen=True)
class Scene:
    """A departure of an answer from a clause; the exchanges are those of the check so far, in order."""

    clause: Clause
    answer: Answer
    violation: Violation
    exchanges: Sequence[Exchange]
    memory: Memory

    @property
    def body(self) -> dict[str, Any]:
        return body_of(self.answer.call) or {}

    @property
    def updates(self) -> list[Answer]:
        """The updates of the check, in order."""
        return [one.answer for one in self.exchanges if one.answer.call.body is not None]

    @property
    def renumbered(self) -> tuple[int, int] | None:
        """The old and the new number of the customer that the check renumbered last."""
        for answer in reversed(self.updates):
            new, old = written_number(body_of(answer.call)), whole(answer.call.number)
            if answer.is_success and new not in (None, old) and isinstance(old, int):
                return old, new
        return None

    def role(self, number: Any) -> str:
        """Who a customer number stands for in this check."""
        number = whole(number)
        if self.renumbered and number in self.renumbered:
            return ("its old number", "its new number")[self.renumbered.index(number)]
        subjects = list(dict.fromkeys(whole(one.call.number) for one in self.updates))
        if number in subjects[:1]:
            return "the customer"
        if number in subjects or number in self.memory.wrote:
            return "another customer of the suite"
        return "a bystander"


def entry_in(answer: Answer, number: Any) -> dict[str, Any] | None:
    """A customer's entry in a list, or the customer that an update answered."""
    if answer.call.body is not None:
        return customer_of(answer)
    return next(
        (one for one in entries_of(answer) or [] if whole(one.get("customer_no")) == whole(number)), None
    )
