"""The link between checks and clauses: which test is a check, what it names, and in which turn it asks."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import pytest

from billogram_contract.errors import SetupError
from billogram_contract.spec.clauses import Clauses

FOLDER = ("tests", "contract")  # of the checks, wherever the suite is installed


def is_check(item: pytest.Item) -> bool:
    return item.path.parent.parts[-len(FOLDER) :] == FOLDER


def named_clauses(item: pytest.Item) -> tuple[str, ...]:
    """The clauses that a check checks."""
    return tuple(id for marker in item.iter_markers("clause") for id in marker.args)


def needed_clauses(item: pytest.Item) -> tuple[str, ...]:
    """The clauses without which a check cannot ask its question."""
    return tuple(id for marker in item.iter_markers("needs") for id in marker.args)


def select_clause(items: list[pytest.Item], clauses: Clauses, config: pytest.Config) -> None:
    """Lets `-k` with the id of a clause select exactly the checks of that clause."""
    id = config.option.keyword
    if id not in clauses:
        return
    others = [item for item in items if id not in named_clauses(item)]
    items[:] = [item for item in items if id in named_clauses(item)]
    config.option.keyword = ""
    config.hook.pytest_deselected(items=others)


def in_turn(items: list[pytest.Item], clauses: Clauses) -> None:
    """Sorts checks into the order of their clauses, what others stand on first; generated data comes last."""
    order = list(clauses)

    def turn(item: pytest.Item) -> tuple[int, int]:
        if not is_check(item):
            return (0, 0)
        last = max(order.index(id) for id in (*named_clauses(item), *needed_clauses(item)) if id in clauses)
        return (1 if item.get_closest_marker("property") is None else 2, last)

    items.sort(key=turn)


def is_part_of_checks(checks: Sequence[pytest.Item], config: pytest.Config) -> bool:
    """Whether but some of the files or checks were asked for by their place."""
    files = {path for item in checks for path in item.path.parent.glob("test_*.py")}
    return bool(files - {item.path for item in checks}) or any("::" in one for one in config.args)


def link(checks: Sequence[pytest.Item], clauses: Clauses, config: pytest.Config) -> None:
    """Raises SetupError where a check names no clause or an unknown one, or a clause has no check."""
    for item in checks:
        if not named_clauses(item):
            raise SetupError(f"{item.nodeid} names no clause: mark it with pytest.mark.clause.")
        for id in (*named_clauses(item), *needed_clauses(item)):
            if id not in clauses:
                raise SetupError(
                    f"{item.nodeid} names the clause {id}, which openapi/clauses.toml doesn't have."
                )
    if is_part_of_checks(checks, config):
        return  # the others are not here to be counted
    named = {id for item in checks for id in named_clauses(item)}
    for clause in clauses.values() if checks else ():
        if clause.untestable is None and clause.id not in named:
            raise SetupError(f"Clause {clause.id} has no check: write one, or say why it is untestable.")


def is_partial(config: pytest.Config) -> bool:
    """Whether a run was told to ask only some of the checks, or to end before all have asked."""
    told = config.option
    chosen = (told.keyword, told.markexpr, told.deselect, told.ignore, told.ignore_glob, told.maxfail)
    return any(chosen) or any("::" in one or one.endswith(".py") for one in config.args)


def keep_id(item: pytest.Item) -> None:
    """Keeps the ids of Schemathesis' tests apart: pytest 9.2 drops the operation that it adds to them."""
    id, label = getattr(item, "_id", None), getattr(item, "operation_label", None)
    if label and dataclasses.is_dataclass(id) and not isinstance(id, type):
        item._id = dataclasses.replace(id, params=label)  # type: ignore[assignment]  # private to pytest
