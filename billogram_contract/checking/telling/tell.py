"""Which story is told of a departure."""

from __future__ import annotations

from msgspec.structs import replace

from billogram_contract.checking.conformance import SERVER_ERRORS
from billogram_contract.checking.story import Fact, Story
from billogram_contract.checking.telling import answers, lists, pages, script, steps, updates
from billogram_contract.checking.telling.scene import Scene

SHAPES = ("undocumented", "status", "content-type", "json")


def story(scene: Scene) -> Story:
    """The story of a departure, with its steps and its script."""
    told = _told(scene)
    if not told.facts:
        promised = Fact("promised", scene.violation.expected)
        told = replace(told, facts=(promised, Fact("answered", scene.violation.observed)))
    return replace(told, steps=steps.told(scene), script=script.text(scene, told.kind))


def _told(scene: Scene) -> Story:
    answer, violation = scene.answer, scene.violation
    is_list = answer.call.body is None
    if violation.schema_path or violation.rule in SHAPES:
        return answers.of_shape(scene)
    if updates.told_by(scene):
        return updates.of_value(scene)
    if violation.where == "/data/field":
        return answers.of_field_at_fault(scene)
    if _is_of_status(scene):
        return answers.of_status(scene)
    if violation.where == "/data" and violation.expected.endswith("is listed"):
        return updates.of_absent(scene)
    if is_list and answer.is_success:
        return _of_list(scene)
    return lists.of_statement(scene, "changed")


def _is_of_status(scene: Scene) -> bool:
    """Whether it is about a request being taken or not."""
    answer, violation = scene.answer, scene.violation
    is_refused = not answer.is_success and (
        violation.observed == answer.brief or answer.status in SERVER_ERRORS
    )
    return is_refused or violation.direction == "relaxed"


def _of_list(scene: Scene) -> Story:
    where, query = scene.violation.where, dict(scene.answer.call.query)
    if where == "/meta/total_count":
        return pages.of_count(scene)
    if where == "/order_field":
        return lists.of_order(scene)
    if where == "/data/*":
        return lists.of_same(scene)
    if where == "/data" and scene.renumbered and scene.clause.family == "renumber":
        return lists.of_renumbered(scene)
    if where == "/data" and (scene.violation.rule == "pages" or scene.clause.family == "list"):
        return pages.of_pages(scene)
    if where == "/data" and query.get("filter_type"):
        return lists.of_filter(scene)
    return lists.of_statement(scene)
