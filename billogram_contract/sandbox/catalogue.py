"""What a departure from the faithful account is, and how drifts and variants are declared.

A middleware takes the upstream as built so far and gives a handler. They compose in the order they are named;
one that only turns a knob of the rules gives `upstream.with_rules(...)`, and those before it stay in place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

from billogram_contract.sandbox.app import Credentials
from billogram_contract.sandbox.http import Handler
from billogram_contract.sandbox.rules import Rules
from billogram_contract.sandbox.store import Store


@dataclass(frozen=True)
class Upstream:
    """What a middleware is put around."""

    store: Store
    rules: Rules
    credentials: Credentials
    build: Callable[[Store, Rules], Handler]

    @cached_property
    def handle(self) -> Handler:
        """The handler as built so far."""
        return self.build(self.store, self.rules)

    def with_rules(self, **changes: Any) -> Handler:
        """The handler as built so far, with other limits."""
        return self.build(self.store, replace(self.rules, **changes))

    def with_store(self, store: Store) -> Handler:
        """The handler as built so far, over other customers."""
        return self.build(store, self.rules)

    def wrapped(self, middleware: Middleware) -> Upstream:
        """The upstream with one more middleware around it."""
        return replace(self, build=lambda store, rules: middleware(replace(self, store=store, rules=rules)))


Middleware = Callable[[Upstream], Handler]


@dataclass(frozen=True)
class Departure:
    """A drift, which breaks clauses, the one that it is made for first; or a variant, which breaks none."""

    name: str
    summary: str
    breaks: tuple[str, ...]
    family: str
    middleware: Middleware


class Declare(Protocol):
    """Declares the middleware that follows: by an expression, `drift(name, summary)(...)`, or as a decorator.

    A decorated function needs no summary: it is the first line of its docstring.
    """

    def __call__(self, name: str, summary: str = "") -> Callable[[Middleware], Middleware]: ...


class Family:
    """The departures of one file: `Family(__name__)`."""

    def __init__(self, module: str) -> None:
        self.name = module.rpartition(".")[2]
        self.departures: list[Departure] = []

    def breaking(self, *clauses: str) -> Declare:
        """What declares departures that break these clauses; variants break none."""

        def declare(name: str, summary: str = "") -> Callable[[Middleware], Middleware]:
            def register(middleware: Middleware) -> Middleware:
                described = summary or (middleware.__doc__ or "").partition("\n")[0]
                self.departures.append(Departure(name, described, clauses, self.name, middleware))
                return middleware

            return register

        return declare


def collect(families: Iterable[Family]) -> dict[str, Departure]:
    """All departures by name; raises ValueError where two have the same one."""
    found: dict[str, Departure] = {}
    for departure in (departure for family in families for departure in family.departures):
        if departure.name in found:
            both = f"{found[departure.name].family} and {departure.family}"
            raise ValueError(f"{departure.name!r} is declared twice, in {both}: rename one of them.")
        found[departure.name] = departure
    return found
