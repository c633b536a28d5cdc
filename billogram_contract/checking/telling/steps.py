"""The steps of a story: the exchanges that matter, in order, each with its part in it."""

from __future__ import annotations

from typing import Any

from billogram_contract.checking.answered_values import (
    body_of,
    customer_of,
    entries_of,
    total_of,
    written_number,
)
from billogram_contract.checking.story import Step
from billogram_contract.checking.telling.memory import asked, at
from billogram_contract.checking.telling.scene import Scene
from billogram_contract.checking.telling.shortened import request, value
from billogram_contract.checking.telling.updates import BEFORE
from billogram_contract.upstream.exchange import Answer, whole

MOST = 6  # steps
FEW = 2  # customers that a check updates for itself, and not as a dataset


def chosen(scene: Scene) -> list[Answer]:
    """The exchanges without which the answer in question can't be understood, and that answer."""
    answer = scene.answer
    numbers = _involved(scene)
    turn = {id(one.answer): number for number, one in enumerate(scene.exchanges)}
    again = answer.call if answer.call.body is None and not scene.updates else None
    others = [one.answer for one in scene.exchanges if one.answer is not answer]
    before = [one for one in others if one.call != again]
    if answer.call.body is None:
        found = [
            one
            for one in before
            if (one.call.body is not None and whole(one.call.number) in numbers) or _is_page(one, answer)
        ]
    else:
        earlier = [one for one in before if turn[id(one)] < turn.get(id(answer), len(turn))]
        found = [one for one in earlier if one.call.body is not None and whole(one.call.number) in numbers]
        found = found[-2:] if _rests_on_earlier(scene) else []
    latest: dict[Any, Answer] = {}
    for one in found:  # a page that was asked again counts once
        latest[one.call if one.call.body is None else id(one)] = one
    kept = [*list(latest.values())[-(MOST - 1) :], answer]
    return sorted(kept, key=lambda one: turn.get(id(one), len(turn)))


def _rests_on_earlier(scene: Scene) -> bool:
    """Whether an update's answer can't be judged without the updates before it."""
    is_of_before = scene.violation.expected.endswith(BEFORE)
    return bool(is_of_before or scene.renumbered or "customer_no" in scene.body)


def told(scene: Scene) -> tuple[Step, ...]:
    """The steps as a person reads them."""
    answers = chosen(scene)
    moves = [one for one in answers if _new_number(one)]
    is_moved = False
    found = []
    for answer in answers:
        found.append(_step(scene, answer, is_before_move=bool(moves) and not is_moved))
        is_moved = is_moved or answer in moves
    return tuple(found)


def _new_number(answer: Answer) -> int | None:
    """The number that an update gives instead of the one in its path."""
    new = written_number(body_of(answer.call))
    return new if new != whole(answer.call.number) else None


def _step(scene: Scene, answer: Answer, *, is_before_move: bool) -> Step:
    deciding = _deciding(scene)
    if answer.call.body is None:
        return Step("look", request(answer.call), _of_list(answer))
    role = scene.role(answer.call.number)
    who = "the customer" if is_before_move and role == "its old number" else role
    verb = f"renumber {who}" if _new_number(answer) else f"update {who}"
    verb += f" ({scene.role(_new_number(answer))}: {_new_number(answer)})" if _new_number(answer) else ""
    return Step(verb, request(answer.call, deciding), _of_update(answer, deciding))


def _of_list(answer: Answer) -> str:
    entries = entries_of(answer)
    if entries is None:
        return answer.brief
    numbers = [whole(one.get("customer_no")) for one in entries]
    who = ", ".join(map(str, numbers[:4])) + (f", … {numbers[-1]}" if len(numbers) > 4 else "")
    total = total_of(answer)
    count = f", total_count {total}" if total is not None else ""
    people = "1 customer" if len(numbers) == 1 else f"{len(numbers)} customers"
    return f"{answer.status}, {people}{f': {who}' if numbers else ''}{count}"


def _of_update(answer: Answer, deciding: frozenset[str]) -> str:
    customer = customer_of(answer)
    if customer is None:
        return answer.brief
    names = deciding & customer.keys()
    shown = {"customer_no": customer.get("customer_no"), **{name: customer[name] for name in sorted(names)}}
    return f"{answer.status} {value(shown)}"


def _deciding(scene: Scene) -> frozenset[str]:
    """The top-level fields that the departure is about."""
    names = scene.violation.where.removeprefix("/data").removeprefix("/*").strip("/").split("/")
    query = dict(scene.answer.call.query)
    fields = {query.get(name, "").partition(":")[0] for name in ("filter_field", "order_field")}
    return frozenset({names[0], "customer_no", *fields} - {""})


def _involved(scene: Scene) -> set[Any]:
    answer = scene.answer
    numbers = {whole(answer.call.number)} if answer.call.number else set()
    numbers |= {*(scene.renumbered or ())}
    if answer.call.body is None:
        listed = {whole(one.get("customer_no")) for one in entries_of(answer) or []}
        updated = [whole(one.call.number) for one in scene.updates]
        wrote = scene.memory.wrote
        missed = {one for one in updated if may_be_missed(scene, wrote.get(one, {}))}
        is_few = len(set(updated)) <= FEW
        numbers |= {*updated} if is_few else (listed & {*updated}) | missed
    return numbers


def may_be_missed(scene: Scene, wrote: dict[str, Any]) -> bool:
    """Whether a customer has the text that the list is filtered by, in the field that it is filtered on."""
    query = dict(scene.answer.call.query)
    field = "name" if query.get("filter_type") == "special" else query.get("filter_field", "")
    value = query.get("filter_value", "")
    return bool(value) and value.casefold() in str(at(wrote, field)).casefold()


def _is_page(one: Answer, answer: Answer) -> bool:
    return one.call.body is None and one.is_success and asked(one) == asked(answer)
