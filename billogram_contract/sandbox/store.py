"""The customers in SQLite: filters, orders and pages are SQL, so thousands of customers stay quick."""

from __future__ import annotations

import json
import sqlite3
import weakref
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from billogram_contract.sandbox.fields import SEARCH_PATHS

_TABLE = "CREATE TABLE IF NOT EXISTS customers (customer_no INTEGER PRIMARY KEY, document TEXT NOT NULL)"
_LARGEST = 2**63 - 1  # SQLite's integers
_SEARCHED = " || char(10) || ".join(
    f"coalesce(CAST(json_extract(document, '{path}') AS TEXT), '')" for path in SEARCH_PATHS
)
_MATCHES = {
    "field": "{value} = :wanted",
    "field-prefix": "substr({value}, 1, :length) = :wanted",
    "field-search": "instr({value}, :wanted) > 0",
}


class NumberTakenError(Exception):
    """Another customer has the number."""


@dataclass(frozen=True)
class Filter:
    """Which customers; `path` None searches everywhere."""

    kind: str
    path: str | None
    wanted: str
    case_sensitive: bool = False


@dataclass(frozen=True)
class Order:
    """In which order; ties are broken by number, so that pages are stable."""

    path: str
    descending: bool = False
    case_sensitive: bool = False
    nulls_last: bool = False


@dataclass(frozen=True)
class Selection:
    """One page of the customers that match."""

    limit: int
    offset: int = 0
    filter: Filter | None = None
    order: Order | None = None


@dataclass(frozen=True)
class Page:
    """The customers of one page and how many match over all pages."""

    customers: list[dict[str, Any]]
    total: int


class Store:
    """All customers, in memory or in a file."""

    def __init__(self, database: str = ":memory:") -> None:
        self._connection = sqlite3.connect(database, check_same_thread=False, isolation_level=None)
        self._connection.create_function("fold", 1, _fold, deterministic=True)
        self._connection.execute(_TABLE)
        weakref.finalize(self, self._connection.close)

    def count(self) -> int:
        """How many customers there are."""
        total: int = self._connection.execute("SELECT count(*) FROM customers").fetchone()[0]
        return total

    def add(self, customers: Iterable[dict[str, Any]]) -> None:
        """Inserts customers in one transaction, in the order given."""
        rows = [(customer["customer_no"], _dump(customer)) for customer in customers]
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany("INSERT INTO customers VALUES (?, ?)", rows)
        self._connection.execute("COMMIT")

    def read(self, number: int) -> dict[str, Any] | None:
        """The customer with a number, or None."""
        if not -_LARGEST <= number <= _LARGEST:
            return None
        query = "SELECT document FROM customers WHERE customer_no = ?"
        row = self._connection.execute(query, (number,)).fetchone()
        return None if row is None else json.loads(row[0])

    def write(self, number: int, customer: dict[str, Any]) -> None:
        """Replaces a customer, also under a new number; raises NumberTakenError, having changed nothing."""
        query = "UPDATE customers SET customer_no = ?, document = ? WHERE customer_no = ?"
        try:
            self._connection.execute(query, (customer["customer_no"], _dump(customer), number))
        except sqlite3.IntegrityError:
            raise NumberTakenError(customer["customer_no"]) from None

    def remove(self, number: int) -> None:
        """Deletes a customer; no faithful request does."""
        self._connection.execute("DELETE FROM customers WHERE customer_no = ?", (number,))

    def find(self, selection: Selection) -> Page:
        """One page of the customers that match."""
        where, values = _where(selection.filter)
        count = f"SELECT count(*) FROM customers {where}"  # noqa: S608 - made of our own paths
        total: int = self._connection.execute(count, values).fetchone()[0]
        if selection.offset >= total:
            return Page([], total)
        order = _order(selection.order)
        query = f"SELECT document FROM customers {where} {order} LIMIT :limit OFFSET :offset"  # noqa: S608
        values |= {"limit": selection.limit, "offset": selection.offset}
        rows = self._connection.execute(query, values)
        return Page([json.loads(row[0]) for row in rows], total)

    def copy(self) -> Store:
        """The customers as they are now, in memory."""
        other = Store()
        self._connection.backup(other._connection)
        return other

    def close(self) -> None:
        self._connection.close()


def _dump(customer: dict[str, Any]) -> str:
    return json.dumps(customer, ensure_ascii=False)


def _fold(text: Any) -> Any:
    return text.casefold() if isinstance(text, str) else text


def _where(chosen: Filter | None) -> tuple[str, dict[str, Any]]:
    if chosen is None:
        return "", {}
    value = _SEARCHED if chosen.path is None else f"CAST(json_extract(document, '{chosen.path}') AS TEXT)"
    wanted = chosen.wanted
    if not chosen.case_sensitive:
        value, wanted = f"fold({value})", wanted.casefold()
    condition = _MATCHES["field-search" if chosen.path is None else chosen.kind].format(value=value)
    values: dict[str, Any] = {"wanted": wanted}
    return f"WHERE {condition}", values | ({"length": len(wanted)} if ":length" in condition else {})


def _order(chosen: Order | None) -> str:
    if chosen is None:
        return "ORDER BY customer_no"
    value = f"json_extract(document, '{chosen.path}')"
    if not chosen.case_sensitive:
        value = f"fold({value})"
    direction = "DESC" if chosen.descending else "ASC"
    nulls = "LAST" if chosen.nulls_last != chosen.descending else "FIRST"
    return f"ORDER BY {value} {direction} NULLS {nulls}, customer_no"
