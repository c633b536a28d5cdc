"""Changes: which customers the suite has changed. Hears of every update, and notes it on disk first."""

from __future__ import annotations

from collections.abc import Callable

from billogram_contract.pool.journal import Journal
from billogram_contract.pool.leased import LeasedCustomer
from billogram_contract.spec.customer import differences
from billogram_contract.upstream.exchange import Answer, Call
from billogram_contract.upstream.guard import given_number, readable
from billogram_contract.upstream.target import Target

GONE = 404
REFUSALS = range(400, 500)  # whatever its status, a refused update changed nothing


class Changes:
    """The client's observer: the customers of the pool, and which of them are not as they were found."""

    def __init__(
        self, target: Target, journal: Journal | None, on_number: Callable[[int, int], None]
    ) -> None:
        self.customers: list[LeasedCustomer] = []
        self.changed: dict[LeasedCustomer, None] = {}  # not yet put back, in the order of their first change
        self.touched: dict[LeasedCustomer, None] = {}
        self.numbers: dict[int, None] = {}  # that updates were sent to, or may have given somebody
        self.followed: set[int] = set()
        self.journal = journal
        self._target = target
        self._on_number = on_number
        self._was_uncertain = False

    @property
    def held(self) -> int:
        return len(self.changed)

    def forget_updates(self) -> None:
        """Takes customers that are as they were found for not updated since, as a recorded sandbox does."""
        for customer in self.customers:
            if customer not in self.changed and not differences(customer.original, customer.current):
                customer.show(customer.original)

    def before_update(self, call: Call) -> None:
        asked, given = readable(call.number), given_number(call.body or b"")
        self.numbers |= dict.fromkeys(number for number in (asked, given) if number is not None)
        customer = self._customer_at(asked)
        if customer is None:
            return
        self._was_uncertain = customer.is_uncertain
        customer.is_uncertain = customer.is_awaited = True
        if given is not None:
            self._on_number(given, customer.original_number)
            if given not in customer.numbers:
                customer.numbers.insert(0, given)
        self.changed[customer] = self.touched[customer] = None
        if self.journal:
            self.journal.change(customer.original_number, customer.original, given)

    def after_update(self, answer: Answer) -> None:
        """A refused update changed nothing; where its customer is gone, it is to be looked up, no more."""
        asked = readable(answer.call.number)
        customer = self._customer_at(asked)
        if customer is None or answer.status not in REFUSALS:
            return
        if answer.status == GONE and asked == customer.number:
            customer.is_awaited = False
        elif self._was_uncertain or asked != customer.number:
            customer.is_uncertain = self._was_uncertain
        else:
            self.follow(customer, customer.number)

    def follow(self, customer: LeasedCustomer, number: int) -> None:
        """Takes note that a customer has a number, and is as upstream told."""
        if not self._target.has(number):
            self.followed.add(number)
        customer.number, customer.numbers, customer.is_uncertain = number, [], False
        if self.journal:
            self.journal.at(customer.original_number, number)

    def back(self, customer: LeasedCustomer) -> None:
        """Takes note that a customer is as it was found."""
        self.changed.pop(customer, None)
        if self.journal:
            self.journal.back(customer.original_number)

    def _customer_at(self, number: int | None) -> LeasedCustomer | None:
        """The customer that an update is for: the one that has the number, or had it, or may have it."""
        ways: tuple[Callable[[LeasedCustomer], bool], ...] = (
            lambda one: one.number == number,
            lambda one: one.original_number == number,
            lambda one: number in one.numbers,
        )
        return next((one for way in ways for one in self.customers if way(one)), None)
