"""Makes `openapi/clients.toml` anew: `python -m tests.clients [CLIENT ...] [-n COUNT]`.

It runs the program of each client, or of those named, against every drift and variant of the sandbox, or with
--missing against the drifts that the file doesn't have yet. What it says of other clients stays.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from collections.abc import Iterable
from typing import Any

import tomli_w

from billogram_contract import places
from billogram_contract.sandbox import DRIFTS, VARIANTS
from tests.clients import harness
from tests.clients.harness import CLIENTS, NOTHING, UNHARMED, Client, Met

HEAD = """\
# What each drift and each variant of the sandbox does to the published clients, told by running them: the
# client itself for python, else a small program that does what it does (tests/clients/programs).
#
# By clause and drift: an exception, a wrong value that it gives its user unnoticed, an endless loop, or
# silence, where a refusal that it told before is told no more; and in which step. Made by
# `python -m tests.clients`.

"""


ORDER = {name: place for place, name in enumerate([*DRIFTS, *VARIANTS])}


def table(client: Client, found: Iterable[Met]) -> dict[str, Any]:
    """What a client met, as the file has it."""
    breaks: dict[str, dict[str, str]] = {}
    variants: dict[str, str] = {}
    lists: dict[str, list[str]] = {UNHARMED: [], "not-touched": []}
    for one in found:
        if one.word in (NOTHING, UNHARMED):
            if one.clause:
                lists[UNHARMED if one.word == UNHARMED else "not-touched"].append(one.name)
        elif one.clause:
            breaks.setdefault(one.clause, {})[one.name] = one.told
        else:
            variants[one.name] = one.told
    return {"title": client.title, **lists, "breaks": breaks, "variants": variants}


def kept(told: dict[str, Any]) -> list[Met]:
    """What the file says of a client, but for drifts and variants that are there no more."""
    found = [
        Met(name, clause, line.partition(":")[0], line)
        for clause, drifts in told.get("breaks", {}).items()
        for name, line in drifts.items()
    ]
    found += [Met(name, "", line.partition(":")[0], line) for name, line in told.get("variants", {}).items()]
    for word in (UNHARMED, NOTHING):
        names = told.get(word.replace(" ", "-"), [])
        found += [Met(name, DRIFTS[name].breaks[0], word) for name in names if name in DRIFTS]
    return [one for one in found if one.name in DRIFTS or one.name in VARIANTS]


def _read() -> dict[str, Any]:
    return tomllib.loads(places.CLIENTS.read_text("utf-8")) if places.CLIENTS.exists() else {}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clients", nargs="*", choices=[*CLIENTS, []], help="by default all")
    parser.add_argument("-n", type=int, default=2, help="programs at once (default 2)")
    parser.add_argument("--missing", action="store_true", help="only the drifts that the file doesn't have")
    options = parser.parse_args()
    for name in options.clients or CLIENTS:
        client = CLIENTS[name]
        if not client.is_there:
            print(f"{name}: {client.command[0]} is not installed: left as it is", file=sys.stderr)
            continue
        harness.build(client)
        before = kept(_read().get(name, {})) if options.missing else []
        names = DRIFTS.keys() - {one.name for one in before} if before else {*DRIFTS, *VARIANTS}
        found = [*before, *harness.meet(client, names, options.n)]
        told = table(client, sorted(found, key=lambda one: ORDER[one.name]))
        broken = sum(map(len, told["breaks"].values()))
        print(f"{name}: {broken} drifts and {len(told['variants'])} variants break it")
        known = _read() | {name: told}
        ordered = {one: known[one] for one in CLIENTS if one in known}
        places.CLIENTS.write_text(HEAD + tomli_w.dumps(ordered), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
