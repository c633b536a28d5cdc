"""Traits of exchanges: what the answers that show a departure may have in common, and the others have not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from billogram_contract.checking.answered_values import window_of
from billogram_contract.upstream.exchange import Answer

LARGE = 50  # customers on a page from which on it is a large one


def traits_of(answer: Answer) -> Iterator[str]:
    """The traits of an exchange, each with its operation."""
    operation = " ".join(answer.call.operation)
    yield f"{operation}: {answer.status}"
    if answer.call.body is not None:
        return
    query = dict(answer.call.query)
    for name, what in (("filter_type", "filter"), ("order_field", "order")):
        yield f"{operation}: {'with' if name in query else 'without'} {what}"
    if "order_direction" in query:
        yield f"{operation}: with order {query['order_direction']}"
    if query.get("filter_type"):
        yield f"{operation}: {query['filter_type']} filter on {query.get('filter_field', '')}"
    if window := window_of(answer):
        yield f"{operation}: {'page 1' if window[0] == 1 else 'a later page'}"
        yield f"{operation}: page_size {'over' if window[1] > LARGE else 'up to'} {LARGE}"


def in_common(
    own: Mapping[str, int], all_answers: Mapping[str, int], operation: str, count: int
) -> list[str]:
    """The traits that all answers of a departure have, and not all of the operation's successes have."""
    shared = [name for name, times in own.items() if times == count and name.startswith(f"{operation}: ")]
    most = max((all_answers.get(name, 0) for name in shared), default=0)
    narrow = [name for name in shared if all_answers.get(name, 0) < most or len(shared) == 1]
    return [
        f"{name.partition(': ')[2]} ({count} of {all_answers.get(name, 0)} such answers)" for name in narrow
    ]
