"""What an accepted request asked for: the parameters and fields that a run has tried."""

from __future__ import annotations

import json
from collections.abc import Iterator

from billogram_contract.spec.json_walk import walk
from billogram_contract.upstream.exchange import Answer

DEEPEST = 2  # a field of a substructure, such as /contact/email


def asked(answer: Answer) -> Iterator[str]:
    """What an accepted request asked for: `filter_type=field`, or `/contact/email` written."""
    if not answer.is_success:
        return
    if answer.call.body is None:
        yield from (
            f"{name}={value}" for name, value in answer.call.query if name not in ("page", "page_size")
        )
    else:
        yield from _written(answer.call.body)


def _written(body: bytes) -> Iterator[str]:
    try:
        document = json.loads(body)
    except ValueError:
        return
    for place, value in walk(document):
        depth = place.count("/")
        if depth == DEEPEST or (depth == 1 and not isinstance(value, dict)):
            yield place
