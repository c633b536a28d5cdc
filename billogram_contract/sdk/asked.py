"""What a request departs in from what is documented: by the description, and by what no schema can say.

What follows from a schema belongs to the clause that stands there; the rest is a trap, and names its clause.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from jsonschema_rs import ValidationError

from billogram_contract.checking.conformance import documented_fields
from billogram_contract.sdk.schemas import Fault, Schemas
from billogram_contract.spec.clauses import Clauses
from billogram_contract.spec.description import LIST, MEDIA_TYPE, Description, Node, escape
from billogram_contract.upstream.exchange import Call

INTEGER = re.compile("-?[0-9]+")
NUMBER = re.compile("[0-9]+")
FILTER = ("filter_type", "filter_field", "filter_value")
SEARCH = ("special", "search")
JSON_TYPES = ("*/*", "application/*", MEDIA_TYPE)


@dataclass(frozen=True)
class Asked:
    """A request of one of the two operations as it came: `target` is path and query as sent."""

    call: Call
    target: str
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Reader:
    """Holds requests against the description; `credentials` are the right ones where they are known."""

    description: Description
    clauses: Clauses
    credentials: tuple[str, str] | None = None

    @cached_property
    def schemas(self) -> Schemas:
        return Schemas(self.description, self.clauses)

    def faults(self, asked: Asked) -> Iterator[Fault]:
        """All that departs in one request."""
        yield from self._access(asked.headers)
        yield from self._transfer(asked)
        if asked.call.body is None:
            yield from self._path_of_list(asked.target)
            yield from self._query(asked.call.query)
        else:
            yield from self._number(asked.call.number or "")
            yield from self._body(asked.call.body)

    def names(self, headers: Mapping[str, str]) -> str:
        """The credentials of a request by the name that `Call.credentials` uses."""
        told = {fault.clause for fault in self._access(headers)}
        names = {"auth.missing": "none", "auth.basic": "unreadable", "auth.unknown-user": "unknown user"}
        return next((names.get(clause, "wrong password") for clause in told), "right")

    def clause_of_plain_list(self, call: Call) -> str | None:
        """The clause by which a list of nothing but a page is accepted; None where more is asked.

        At a bound of page or page_size it is the bound's own.
        """
        query = dict(call.query)
        if call.body is not None or query.keys() != {"page", "page_size"}:
            return None
        for name, keyword in (("page_size", "maximum"), ("page_size", "minimum")):
            schema = self.description.query_parameters()[name]
            if query[name] == str(schema.value[keyword]):
                clause = self.clauses.of_schema_path((schema.child(keyword).pointer,))
                return clause.id if clause else None
        return "list.answers"

    # ---------------------------------------------------------------- of every request

    def _access(self, headers: Mapping[str, str]) -> Iterator[Fault]:
        sent = headers.get("authorization")
        if sent is None:
            yield Fault("auth.missing", "/Authorization", "HTTP Basic", "no credentials", is_refused=True)
            return
        scheme, _, token = sent.partition(" ")
        try:
            user, colon, password = base64.b64decode(token.strip(), validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            user, colon, password = "", "", ""
        if scheme.lower() != "basic" or not colon:
            observed = f"the scheme {scheme[:20]}" if scheme.lower() != "basic" else "no user and password"
            yield Fault("auth.basic", "/Authorization", "HTTP Basic, user and password", observed)
        elif self.credentials and user != self.credentials[0]:
            yield Fault(
                "auth.unknown-user", "/Authorization", "the API user", "another user", is_refused=True
            )
        elif self.credentials and password != self.credentials[1]:
            yield Fault(
                "auth.wrong-password", "/Authorization", "its password", "another one", is_refused=True
            )

    @staticmethod
    def _transfer(asked: Asked) -> Iterator[Fault]:
        """What HTTP asks of every request, and what the operations ask of its headers."""
        is_list = asked.call.body is None
        clause = "list.answers" if is_list else "update.answers"
        if not asked.target.isascii():
            yield Fault(clause, "/target", "an address in ASCII, all else percent-encoded", "other bytes")
        if "host" not in asked.headers:
            yield Fault(clause, "/Host", "a Host header", "none")
        accepted = [
            one.partition(";")[0].strip().lower() for one in asked.headers.get("accept", "*/*").split(",")
        ]
        if not any(one in accepted for one in JSON_TYPES):
            yield Fault(
                "answer.content-type", "/Accept", f"{MEDIA_TYPE} among what it accepts",
                asked.headers["accept"][:80], "additive",
            )  # fmt: skip
        media_type = asked.headers.get("content-type", "").partition(";")[0].strip().lower()
        if not is_list and media_type != MEDIA_TYPE:
            yield Fault("update.answers", "/Content-Type", MEDIA_TYPE, media_type[:80] or "none")

    # ---------------------------------------------------------------- of the list

    @staticmethod
    def _path_of_list(target: str) -> Iterator[Fault]:
        if target.partition("?")[0].endswith("/"):
            yield Fault("list.answers", "/target", "/customer", "/customer/ with a slash", "additive")

    def _query(self, query: tuple[tuple[str, str], ...]) -> Iterator[Fault]:
        parameters = self.description.query_parameters()
        counts = Counter(name for name, _ in query)
        yield from self._repeated(counts, parameters)
        for name, value in query:
            if name not in parameters:
                observed = f"the parameter {name[:40]}"
                yield Fault(
                    "list.answers",
                    f"/query/{escape(name[:40])}",
                    "documented parameters",
                    observed,
                    "additive",
                )
            else:
                yield from self._parameter(name, value, parameters[name])
        for name, schema in parameters.items():
            owner = self.description.at(schema.pointer.rpartition("/")[0])
            if owner.value.get("required") and name not in counts:
                pointer = f"{owner.pointer}/required"
                yield self.schemas.of_path((pointer,), f"/query/{name}", f"{name} is given", "it is missing")
        yield from self._filter(dict(query))
        yield from self._order(dict(query))

    @staticmethod
    def _repeated(counts: Mapping[str, int], parameters: Mapping[str, Node]) -> Iterator[Fault]:
        for name, count in counts.items():
            if count > 1 and name in parameters:
                clause = "filter.one-at-a-time" if name in FILTER else "list.answers"
                yield Fault(clause, f"/query/{name}", f"{name} once", f"{count} times", "additive")

    def _parameter(self, name: str, value: str, schema: Node) -> Iterator[Fault]:
        instance: Any = value
        if schema.value.get("type") == "integer":
            instance = int(value) if INTEGER.fullmatch(value) and len(value) < 19 else value
        for error in self.schemas.errors(schema, instance):
            yield self.schemas.violated(error, schema, f"/query/{name}", value)

    def _filter(self, query: Mapping[str, str]) -> Iterator[Fault]:
        given = [name for name in FILTER if name in query]
        if given and len(given) < len(FILTER):
            lacking = ", ".join(name for name in FILTER if name not in query)
            yield Fault(
                "filter.together", f"/query/{given[0]}", "type, field and value together", f"no {lacking}"
            )
        kind, name = query.get("filter_type", ""), query.get("filter_field", "")
        if kind == SEARCH[0] and name not in ("", SEARCH[1]):
            yield Fault(
                "filter.special-search",
                "/query/filter_field",
                SEARCH[1],
                f"{name[:40]} for {kind}",
                "additive",
            )
        elif kind != SEARCH[0] and name and name not in self._fields():
            yield Fault(
                "filter.unknown-field", "/query/filter_field", "a field of customers", name[:80], "additive"
            )

    def _order(self, query: Mapping[str, str]) -> Iterator[Fault]:
        name = query.get("order_field", "")
        if name and name not in self._fields():
            yield Fault(
                "order.unknown-field", "/query/order_field", "a field of customers", name[:80], "additive"
            )

    def _fields(self) -> frozenset[str]:
        """The fields of customers as queries name them: `contact:email`."""
        return _fields(self.description)

    # ---------------------------------------------------------------- of the update

    @staticmethod
    def _number(number: str) -> Iterator[Fault]:
        if not NUMBER.fullmatch(number):
            yield Fault("update.path-text", "/path", "a customer number", number[:40], "additive")

    def _body(self, body: bytes) -> Iterator[Fault]:
        expected = "a JSON object in UTF-8"
        twice: list[str] = []
        try:
            document = json.loads(
                body.decode("utf-8"), parse_constant=_refuse, object_pairs_hook=_watching(twice)
            )
        except (ValueError, RecursionError):
            yield Fault("update.malformed-body", "/body", expected, f"{body[:60]!r}", is_refused=True)
            return
        if not isinstance(document, dict):
            observed = type(document).__name__
            yield Fault("update.malformed-body", "/body", expected, f"a JSON {observed}", is_refused=True)
            return
        for name in twice:
            yield Fault(
                "update.round-trip", f"/body/{escape(name[:40])}", "each field once", "twice", "additive"
            )
        schema = self.description.body_schema()
        for error in self.schemas.errors(schema, document):
            yield self._of_body(error, schema)
        yield from self._unknown(document, schema, "")
        for name in document:
            field = schema.value["properties"].get(name, {})
            if field.get("readOnly"):
                pointer = schema.child("properties", name, "readOnly").pointer
                yield self.schemas.of_path(
                    (schema.pointer, pointer), f"/body/{name}", "it is not sent", "it is sent"
                )

    def _of_body(self, error: ValidationError, schema: Node) -> Fault:
        place = "/body" + "".join(f"/{escape(str(step))}" for step in error.instance_path)
        if place == "/body/customer_no" and error.instance is None:
            expected = "a number, or no customer_no at all: upstream may read null as a wish for the next one"
            return Fault("renumber.automatic", place, expected, "null")
        return self.schemas.violated(error, schema, place, error.instance)

    def _unknown(self, document: Mapping[str, Any], schema: Node, place: str) -> Iterator[Fault]:
        properties = schema.value.get("properties", {})
        for name, value in document.items():
            where = f"{place}/{escape(name[:40])}"
            if name not in properties:
                known = f"/data/*{where}" in documented_fields(self.description, *LIST, "200")
                clause = "update.sample-only-fields" if known else "update.unknown-field"
                yield Fault(
                    clause,
                    f"/body{where}",
                    "documented fields of an update",
                    f"the field {name[:40]}",
                    "additive",
                )
            elif isinstance(value, dict):
                inner = self.description.follow(schema.child("properties", name))
                yield from self._unknown(value, inner, where) if "properties" in inner.value else ()


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _watching(twice: list[str]) -> Any:
    """Builds objects, and takes note of the fields that stand twice in one."""

    def build(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        counts = Counter(name for name, _ in pairs)
        twice.extend(name for name, count in counts.items() if count > 1)
        return dict(pairs)

    return build


@cache
def _fields(description: Description) -> frozenset[str]:
    places = documented_fields(description, *LIST, "200")
    return frozenset(place.removeprefix("/data/*/").replace("/", ":") for place in places if "*/" in place)
