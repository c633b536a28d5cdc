"""Drifts of the other files that show under one condition alone: a filter, a kind of customer, by chance."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from billogram_contract.sandbox import when
from billogram_contract.sandbox.app import is_list, is_update, number_of
from billogram_contract.sandbox.catalogue import Departure, Family, Middleware, Upstream, collect
from billogram_contract.sandbox.drifts import (
    auth,
    filter,
    list_pages,
    list_queries,
    name,
    order,
    renumber_effects,
    update_bodies,
    update_effects,
    update_refusals,
)
from billogram_contract.sandbox.http import Handler, Request, Response

FAMILY = Family(__name__)

Condition = Callable[[Upstream, Request], bool]


@dataclass(frozen=True)
class Context:
    """A condition, its name, and how it is told; `breaks` is a clause of its own for what it is about."""

    name: str
    told: str
    applies: Condition
    breaks: str = ""


def _asked(name: str, told: str, asked: when.Asked) -> Context:
    return Context(name, told, lambda upstream, request: is_list(request) and asked(dict(request.query)))


def _beside(name: str, field: str, breaks: str = "") -> Context:
    return Context(
        f"beside-{name}",
        f"Where {field} is in the body",
        lambda upstream, request: (when.body_of(request) or {}).get(field) is not None,
        breaks,
    )


def _kind(name: str, told: str, is_meant: Callable[[str], bool]) -> Context:
    def applies(upstream: Upstream, request: Request) -> bool:
        number = number_of(request) if is_update(request) else None
        customer = None if number is None else upstream.store.read(number)
        return customer is not None and is_meant(str(customer.get("company_type")))

    return Context(name, told, applies)


def _is_later_page(query: when.Query) -> bool:
    return query.get("page", "").isdecimal() and int(query["page"]) > 1


FILTERED = _asked("filtered", "Under a filter", when.given("filter_field"))
ORDERED = _asked("ordered", "Under an order", when.given("order_field"))
BOTH = _asked(
    "filtered-and-ordered",
    "Under a filter and an order",
    lambda query: bool(query.get("filter_field") and query.get("order_field")),
)
LATER = _asked("on-later-pages", "On later pages", _is_later_page)
ADDRESS, NUMBER = _beside("address", "address"), _beside("number", "customer_no")
WRITTEN_BESIDE_NUMBER = _beside("number", "customer_no", "renumber.keeps-the-rest")
FOREIGN = _kind("for-foreign", "For foreign customers", lambda kind: kind.startswith("foreign"))
BUSINESS = _kind("for-businesses", "For businesses", lambda kind: kind == "business")
SINGLE = Context(
    "alone",
    "Where it is the only field",
    lambda upstream, request: len(when.body_of(request) or {}) == 1,
)

# Which drift shows in which contexts.
ROWS: tuple[tuple[Family, str, tuple[Context, ...]], ...] = (
    (list_queries.FAMILY, "page-optional", (FILTERED, ORDERED)),
    (list_queries.FAMILY, "page-size-optional", (FILTERED, ORDERED)),
    (list_queries.FAMILY, "page-zero-accepted", (FILTERED, ORDERED)),
    (list_queries.FAMILY, "page-text-accepted", (FILTERED, ORDERED)),
    (list_queries.FAMILY, "page-size-zero-accepted", (FILTERED, ORDERED)),
    (list_queries.FAMILY, "page-size-101-accepted", (FILTERED, ORDERED, BOTH)),
    (list_queries.FAMILY, "page-size-text-accepted", (FILTERED, ORDERED)),
    (filter.FAMILY, "filter-type-unknown-accepted", (ORDERED,)),
    (order.FAMILY, "order-direction-unknown-accepted", (FILTERED,)),
    (list_pages.FAMILY, "total-count-one-short", (FILTERED, ORDERED, BOTH, LATER)),
    (list_pages.FAMILY, "total-count-of-the-page", (FILTERED, LATER)),
    (list_pages.FAMILY, "pages-overlap-by-one", (BOTH,)),
    (list_pages.FAMILY, "pages-skip-one", (FILTERED, ORDERED)),
    (list_pages.FAMILY, "last-page-one-short", (FILTERED, BOTH)),
    (filter.FAMILY, "field-filter-by-prefix", (ORDERED, LATER)),
    (filter.FAMILY, "prefix-filter-contains", (ORDERED,)),
    (filter.FAMILY, "search-filter-by-prefix", (ORDERED,)),
    (order.FAMILY, "descending-ignored", (FILTERED,)),
    (auth.FAMILY, "missing-auth-accepted", (FILTERED, LATER)),
    (auth.FAMILY, "wrong-password-accepted", (FILTERED, LATER)),
    (name.FAMILY, "name-101-accepted", (ADDRESS, NUMBER, FOREIGN, BUSINESS)),
    (name.FAMILY, "name-in-latin-1", (ADDRESS, WRITTEN_BESIDE_NUMBER, FOREIGN)),
    (update_bodies.FAMILY, "company-type-unknown-ignored", (ADDRESS, FOREIGN)),
    (update_bodies.FAMILY, "flag-text-accepted", (ADDRESS, FOREIGN)),
    (update_bodies.FAMILY, "language-locale-accepted", (ADDRESS, FOREIGN)),
    (update_bodies.FAMILY, "notes-lines-joined", (FOREIGN,)),
    (update_effects.FAMILY, "left-out-language-reset", (SINGLE, FOREIGN)),
    (update_effects.FAMILY, "left-out-forwarding-reset", (WRITTEN_BESIDE_NUMBER, SINGLE)),
    (update_effects.FAMILY, "null-substructure-clears", (FOREIGN,)),
    (update_refusals.FAMILY, "refused-update-half-written", (ADDRESS, NUMBER)),
    (renumber_effects.FAMILY, "renumber-refused", (FOREIGN, ADDRESS)),
    (renumber_effects.FAMILY, "renumbering-loses-notes", (FOREIGN,)),
)


def _only(drift: Middleware, applies: Condition) -> Middleware:
    """A drift that sees some requests alone."""

    def middleware(upstream: Upstream) -> Handler:
        drifted = drift(upstream)

        def handle(request: Request) -> Response:
            return (drifted if applies(upstream, request) else upstream.handle)(request)

        return handle

    return middleware


def _in_contexts() -> Iterator[tuple[Departure, Context]]:
    for family, drift, contexts in ROWS:
        for context in contexts:
            yield collect([family])[drift], context


for _drift, _context in _in_contexts():
    FAMILY.breaking(*([_context.breaks] if _context.breaks else _drift.breaks))(
        f"{_drift.name}-{_context.name}", f"{_context.told}: {_drift.summary[0].lower()}{_drift.summary[1:]}"
    )(_only(_drift.middleware, _context.applies))


# Indexes that stay behind for ever


def _behind(asked: when.Asked) -> Middleware:
    """Lists of some queries show customers as they were before the last update."""
    (late,) = (one for one in update_effects.FAMILY.departures if one.name == "list-lags-one-update")
    return _only(late.middleware, lambda _, request: not is_list(request) or asked(dict(request.query)))


FAMILY.breaking("filter.field", "filter.fields", "update.list-agrees")(
    "filter-by-name-lags", "A filter on name finds by what was there before the last update."
)(_behind(when.filters_on("name")))
FAMILY.breaking("order.ascending", "order.fields", "list.same-customer", "update.list-agrees")(
    "order-by-name-lags", "An order by name puts customers where they stood before the last update."
)(_behind(when.matching("order_field", "name")))


# Now and then


def _each_tenth(drift: Middleware, is_meant: Callable[[Request], bool]) -> Middleware:
    """A drift that sees one in ten of some requests."""
    seen = 0

    def applies(upstream: Upstream, request: Request) -> bool:
        nonlocal seen
        seen += is_meant(request)
        return is_meant(request) and seen % 10 == 0

    return _only(drift, applies)


def _lost(upstream: Upstream) -> Handler:
    """An update is answered, and not written."""

    def handle(request: Request) -> Response:
        return upstream.with_store(upstream.store.copy())(request)

    return handle


FAMILY.breaking(
    "update.list-agrees", "update.partial", "update.round-trip", "renumber.new-number", "filter.field"
)("one-in-ten-updates-lost", "One in ten updates is answered, and not written.")(
    _each_tenth(_lost, is_update)
)
