"""The observed profile: what answers looked like, for each operation and status, path by path.

    {"GET /customer 200": {"/data/*/name": {"types": {"string": 52}, "formats": {}, "values": {}}}}

Numbers count distinct bodies, or distinct states of a customer, so that asking often weighs nothing. Only
what scenarios asked goes in: it is the same in every run, whatever generated data did. Texts that a person
may have written never go in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from billogram_contract.checking.counts import Counts, add, count
from billogram_contract.checking.patch import type_of
from billogram_contract.spec.customer import WRITABLE
from billogram_contract.spec.json_walk import walk
from billogram_contract.upstream.exchange import Answer

MOST_VALUES = 12  # more different ones, and a text is no choice among a few
SEEN_OFTEN = 3  # as often as each value of a choice was seen, on average

_CHOICE = re.compile(r"[A-Za-z]+([_ -][A-Za-z]+)*")
_LONGEST_CHOICE = 32
_FORMATS = {
    "date-time in UTC": re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]00:00)"),
    "date-time with an offset": re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:\d\d"),
    "date-time without a zone": re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?"),
    "date": re.compile(r"\d{4}-\d\d-\d\d"),
    "uri": re.compile(r"https?://\S+"),
    "uuid": re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
}
_CHOSEN = ("company_type", "language")  # what is writable and yet no text of a person
_FREE = frozenset({*WRITABLE, "permanent_establishment_address", "org_no", "vat_no", "message"} - {*_CHOSEN})


class Aspects(Struct, forbid_unknown_fields=True):
    """What was seen at one path: JSON types, formats and values, each with how often."""

    types: Counts = {}
    formats: Counts = {}
    values: Counts = {}

    @property
    def present(self) -> int:
        """How often the path was there."""
        return sum(self.types.values())

    def add(self, other: Aspects) -> None:
        """Adds what was seen elsewhere."""
        add(self.types, other.types)
        add(self.formats, other.formats)
        add(self.values, other.values)


ObservedSchema = dict[str, dict[str, Aspects]]


class Observer:
    """Collects the profile of the answers that it is shown."""

    def __init__(self) -> None:
        self._seen: set[int] = set()
        self._profile: ObservedSchema = {}

    def see(self, answer: Answer) -> None:
        """Adds an answer; what was seen before, body or customer, counts no second time."""
        try:
            body = answer.json
        except ValueError:
            return
        key = f"{' '.join(answer.call.operation)} {answer.status}"
        paths = self._profile.setdefault(key, {})
        if isinstance(body, dict) and isinstance(body.get("data"), list):
            for entry in body["data"]:
                self._see(paths, key, entry, "/data/*")
            body = {**body, "data": []}
        self._see(paths, key, body, "")

    def take(self) -> ObservedSchema:
        """What was added since the last taking."""
        taken = {key: paths for key, paths in self._profile.items() if paths}
        self._profile = {}
        return taken

    def _see(self, paths: dict[str, Aspects], key: str, value: Any, place: str) -> None:
        identity = hash((key, place, repr(value)))
        if identity in self._seen:
            return
        self._seen.add(identity)
        for path, leaf in walk(value, place):
            aspects = paths.setdefault(path, Aspects())
            count(aspects.types, [type_of(leaf)])
            if isinstance(leaf, str):
                count(aspects.formats, [_format(leaf)])
                if _is_choice(path, leaf):
                    count(aspects.values, [leaf])


def merge(profile: ObservedSchema, added: Mapping[str, Mapping[str, Aspects]]) -> None:
    """Adds the counts of one profile to another."""
    for key, paths in added.items():
        for path, aspects in paths.items():
            profile.setdefault(key, {}).setdefault(path, Aspects()).add(aspects)


def plain(profile: ObservedSchema) -> ObservedSchema:
    """The profile in a stable order, without values that are no choice among a few."""
    return {
        key: {path: _settled(aspects) for path, aspects in sorted(paths.items())}
        for key, paths in sorted(profile.items())
    }


def _settled(aspects: Aspects) -> Aspects:
    values = aspects.values
    is_choice = len(values) <= MOST_VALUES and sum(values.values()) >= SEEN_OFTEN * len(values)
    return Aspects(
        types=dict(sorted(aspects.types.items())),
        formats=dict(sorted(aspects.formats.items())),
        values=dict(sorted(values.items())) if is_choice else {},
    )


def _format(text: str) -> str:
    return next((name for name, pattern in _FORMATS.items() if pattern.fullmatch(text)), "text")


def _is_choice(path: str, text: str) -> bool:
    """Whether a text may be one of a few that upstream knows, and is nobody's own words."""
    if len(text) > _LONGEST_CHOICE or not _CHOICE.fullmatch(text):
        return False
    return not _FREE.intersection(path.split("/"))
