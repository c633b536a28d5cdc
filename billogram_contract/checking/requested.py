"""What an accepted request asked for: the parameters and fields that a run has tried."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from billogram_contract.upstream.exchange import Answer


def asked(answer: Answer) -> Iterator[str]:
    """What an accepted request asked for: `filter_type=field`, or `/contact/email` written."""
    if not answer.is_success:
        return
    if answer.call.body is None:
        yield from (
            f"{name}={value}" for name, value in answer.call.query if name not in ("page", "page_size")
        )
    else:
        try:
            yield from _written(json.loads(answer.call.body), "")
        except ValueError:
            return


def _written(value: Any, place: str) -> Iterator[str]:
    if isinstance(value, dict) and place.count("/") < 2:
        for name, inner in value.items():
            yield from _written(inner, f"{place}/{name}")
    elif place:
        yield place
