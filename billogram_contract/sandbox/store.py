"""The customers in SQLite: filters, orders and pages are SQL, so thousands of customers stay quick."""

from __future__ import annotations

import json
import sqlite3
import weakref
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from billogram_contract.sandbox.fields import FILTER_FIELDS, ORDER_FIELDS, SEARCH_PATHS

_PATHS = sorted({*FILTER_FIELDS.values(), *ORDER_FIELDS.values()} - {"$.customer_no"})
_FOLDED = [f'"{path}"' for path in _PATHS]  # a column each, of the text without upper case
_COLUMNS = ", ".join(["customer_no", "document", "searched", *_FOLDED])
_VALUES = ", ".join("?" * (3 + len(_FOLDED)))
_TABLE = f"""
CREATE TABLE IF NOT EXISTS customers (
  customer_no INTEGER PRIMARY KEY, document TEXT NOT NULL, searched TEXT NOT NULL,
  {", ".join(f"{column} TEXT" for column in _FOLDED)}
)"""
_LARGEST = 2**63 - 1  # SQLite's integers
_LAST_CHARACTER = "\U0010ffff"
_MATCHES = {
    "field": "{value} = :wanted",
    "field-prefix": "{value} BETWEEN :wanted AND :last AND substr({value}, 1, length(:wanted)) = :wanted",
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
        self._connection.execute(_TABLE)
        weakref.finalize(self, self._connection.close)

    def count(self) -> int:
        """How many customers there are."""
        total: int = self._connection.execute("SELECT count(*) FROM customers").fetchone()[0]
        return total

    def add(self, customers: Iterable[dict[str, Any]]) -> None:
        """Inserts customers in one transaction, in the order given."""
        insert = f"INSERT INTO customers ({_COLUMNS}) VALUES ({_VALUES})"  # noqa: S608 - of our own names
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany(insert, map(_row, customers))
        for column in _FOLDED:  # afterwards, which is quicker than keeping each up to date
            name = column.replace("$.", "by ")
            self._connection.execute(f"CREATE INDEX IF NOT EXISTS {name} ON customers ({column})")
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
        update = f"UPDATE customers SET ({_COLUMNS}) = ({_VALUES}) WHERE customer_no = ?"  # noqa: S608
        try:
            self._connection.execute(update, (*_row(customer), number))
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

    def everyone(self) -> list[dict[str, Any]]:
        """All customers, by number."""
        return [json.loads(document) for document in self.documents()]

    def documents(self) -> list[str]:
        """All customers as they are stored, by number."""
        rows = self._connection.execute("SELECT document FROM customers ORDER BY customer_no")
        return [row[0] for row in rows]

    def copy(self) -> Store:
        """The customers as they are now, in memory."""
        other = Store()
        self._connection.backup(other._connection)
        return other

    def close(self) -> None:
        self._connection.close()


def _row(customer: dict[str, Any]) -> tuple[Any, ...]:
    """A customer as it is stored: number, document, all texts that are searched, and those of the columns."""
    document = json.dumps(customer, ensure_ascii=False)
    searched = "\n".join(_folded(customer, path) or "" for path in SEARCH_PATHS)
    return customer["customer_no"], document, searched, *(_folded(customer, path) for path in _PATHS)


def _folded(customer: dict[str, Any], path: str) -> str | None:
    """The text at a path such as $.contact.email without upper case, or None where there is none."""
    value: Any = customer
    for name in path.removeprefix("$.").split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return None if value is None else str(value).casefold()


def _where(chosen: Filter | None) -> tuple[str, dict[str, Any]]:
    if chosen is None:
        return "", {}
    wanted = chosen.wanted if chosen.case_sensitive else chosen.wanted.casefold()
    condition = _MATCHES[chosen.kind if chosen.path else "field-search"].format(value=_filtered(chosen))
    return f"WHERE {condition}", {"wanted": wanted, "last": wanted + _LAST_CHARACTER}


def _filtered(chosen: Filter) -> str:
    """What a filter looks at, in SQL."""
    if chosen.path == "$.customer_no":
        return "CAST(customer_no AS TEXT)"
    if not chosen.case_sensitive:
        return f'"{chosen.path}"' if chosen.path else "searched"
    paths = [chosen.path] if chosen.path else SEARCH_PATHS
    return " || char(10) || ".join(f"ifnull(json_extract(document, '{path}'), '')" for path in paths)


def _order(chosen: Order | None) -> str:
    if chosen is None or chosen.path == "$.customer_no":
        return "ORDER BY customer_no" + (" DESC" if chosen and chosen.descending else "")
    value = f"json_extract(document, '{chosen.path}')" if chosen.case_sensitive else f'"{chosen.path}"'
    direction = "DESC" if chosen.descending else "ASC"
    nulls = "LAST" if chosen.nulls_last != chosen.descending else "FIRST"
    return f"ORDER BY {value} {direction} NULLS {nulls}, customer_no"
