"""Stories of single answers: what is accepted or refused against the promise, and what has another shape."""

from __future__ import annotations

from typing import Any

from billogram_contract.checking.answered_values import customer_of, entries_of
from billogram_contract.checking.conformance import SERVER_ERRORS
from billogram_contract.checking.story import Fact, Kind, Story, Table
from billogram_contract.checking.telling import mechanisms
from billogram_contract.checking.telling.memory import asked, at
from billogram_contract.checking.telling.scene import Scene
from billogram_contract.checking.telling.shortened import ABSENT, CREDENTIALS, request, text, value
from billogram_contract.checking.telling.updates import found_at
from billogram_contract.spec import description as vendored
from billogram_contract.upstream.exchange import Answer, whole

FEW = 3  # customers of each sort in a table


def of_status(scene: Scene) -> Story:
    """A request that is accepted, refused or failed against the promise."""
    answer, credentials = scene.answer, scene.answer.call.credentials
    promised = Fact("promised", scene.violation.expected)
    if credentials != "right" and answer.is_success:
        who = CREDENTIALS.get(credentials, credentials)
        opens = "reads customers" if answer.call.body is None else "changes a customer"
        headline = f"{who} {opens}: {brief(answer)}"
        return Story(headline, "accepted", "open door", (promised, Fact("answered", brief(answer))))
    what = deciding(scene)
    if credentials != "right":
        what = f"a request with {CREDENTIALS.get(credentials, credentials)}"
    verb, kind = _verb(answer)
    guess = _guess(scene) if kind == "accepted" else ""
    facts = [promised, Fact("answered", brief(answer))]
    if told := _stored(scene):
        facts.append(Fact("stored", told))
    return Story(f"{what} {verb}: {brief(answer)}", kind, facts=tuple(facts), guess=guess)


def of_field_at_fault(scene: Scene) -> Story:
    """An error that names another field than the one at fault."""
    answer = scene.answer
    facts = (Fact("promised", scene.violation.expected), Fact("named", scene.violation.observed))
    named = ", ".join(dict.fromkeys(answer.named_fields))
    return Story(
        f"a {answer.status} names {named} as the field at fault: {answer.brief}", "shape", facts=facts
    )


def _verb(answer: Answer) -> tuple[str, Kind]:
    if answer.is_success:
        return "is accepted", "accepted"
    return ("fails", "error") if answer.status in SERVER_ERRORS else ("is refused", "refused")


def brief(answer: Answer) -> str:
    """What an answer says, in a few words: for a success, how many customers it holds."""
    if not answer.is_success:
        return answer.brief
    entries = entries_of(answer)
    if entries is None:
        return str(answer.status)
    return f"{answer.status}, with {len(entries)} customer{'' if len(entries) == 1 else 's'}"


def field_at_fault(scene: Scene) -> str:
    """The parameter or field that decides: as the promise has it, else as the error names it."""
    if scene.violation.where:
        return scene.violation.where.strip("/").replace("/", ":")
    return scene.answer.named_fields[-1] if scene.answer.named_fields else ""


def deciding(scene: Scene) -> str:
    """What of the request decides, with its value; the whole request where that is not known."""
    call, name = scene.answer.call, field_at_fault(scene)
    if call.body is None:
        query = dict(call.query)
        names = [one for one in {name: 0, name.rpartition(":")[2]: 0} if one in query]
        if not names and "filter_type" in query and name in ("", query.get("filter_field")):
            names = ["filter_type", "filter_field", "filter_value"]
        elif not names and "order_field" in query:
            names = ["order_field", "order_direction"]
        elif not names and name:
            return f"a list without {name}"
        told = "&".join(f"{one}={query.get(one, '')}" for one in names)
        beside = "" if not names or len(query) <= 3 else _beside(query, names)
        return f"{told}{beside}" if told else f"the request {request(call)}"
    top = name.partition(":")[0]
    if top == "customer_no" and "customer_no" in scene.body:
        return _numbering(scene)
    if top in scene.body:
        shown = at(scene.body, name)
        told = value(scene.body[top] if shown is None else shown)
        return f"an update with {name if shown is not None else top} {told}"
    return f"an update: {request(call)}"


def _beside(query: dict[str, str], names: list[str]) -> str:
    named = {name.partition("_")[0] for name in names}
    rest = [word for word in ("filter", "order") if f"{word}_field" in query and word not in named]
    return f" (with {' and '.join(rest)})" if rest else ""


def _numbering(scene: Scene) -> str:
    given, own = scene.body["customer_no"], scene.answer.call.number
    if str(given) == str(own):
        return f"the customer's own number, {own},"
    if given in (one.call.number and whole(one.call.number) for one in scene.updates if one.is_success):
        return f"customer_no {given}, which the customer has left,"
    if given in scene.memory.wrote or given in scene.memory.seen:
        return f"customer_no {given}, which is another customer's,"
    return f"a new customer_no, {value(given)},"


def _stored(scene: Scene) -> str:
    """What an accepted update shows of the field that should have been refused."""
    customer, name = customer_of(scene.answer), field_at_fault(scene).partition(":")[0]
    if customer is None or not name or name not in scene.body:
        return ""
    shown = customer.get(name, ABSENT)
    return f"{name} {'as written, ' if shown == scene.body[name] else 'as '}{value(shown)}"


def _guess(scene: Scene) -> str:
    if scene.answer.call.body is not None:
        return _guess_of_update(scene)
    query, entries = dict(scene.answer.call.query), entries_of(scene.answer) or []
    size = query.get("page_size", "")
    bound = vendored.load().query("page_size")["maximum"]
    if scene.violation.where == "/page_size" and size.isdecimal():
        return mechanisms.clamped(int(size), len(entries), bound)
    first = scene.memory.lists.get(asked(scene.answer), {}).get(1)
    numbers = [whole(one.get("customer_no")) for one in entries]
    if scene.violation.where == "/page":
        return mechanisms.first_page(query.get("page", ""), numbers, first)
    return ""


def _guess_of_update(scene: Scene) -> str:
    name = field_at_fault(scene).partition(":")[0]
    customer = customer_of(scene.answer)
    if customer is None or name not in scene.body or name == "customer_no":
        return ""
    written, shown = scene.body[name], customer.get(name, ABSENT)
    before = scene.memory.before.get(customer.get("customer_no"), {}).get(name, ABSENT)
    if shown == written:
        return "it is stored as it came: the rule is no longer held"
    if isinstance(written, str) and isinstance(shown, str) and mechanisms.cut(written, shown):
        return f"{mechanisms.cut(written, shown)} instead of refused"
    return "it is ignored instead of refused" if shown == before else ""


def of_shape(scene: Scene) -> Story:
    """An answer whose status, headers or body are not as described."""
    answer, violation = scene.answer, scene.violation
    operation = " ".join(answer.call.operation)
    name = violation.where.rpartition("/")[2]
    place = violation.where.removeprefix("/data").replace("/*", "").strip("/").replace("/", ".") or name
    promised, answered = Fact("promised", violation.expected), Fact("answered", violation.observed)
    facts: tuple[Fact, ...] = (promised, answered)
    if violation.rule == "content-type":
        return Story(f"Content-Type of a {answer.status} is {violation.observed}", "shape", facts=facts)
    if violation.rule == "json":
        what = f"the body of a {answer.status} is no JSON: {violation.observed}"
        return Story(what, "shape", facts=facts)
    if violation.rule == "status":
        verb = "is answered" if answer.status < 400 else "is refused with"
        return Story(f"{deciding(scene)} {verb} {brief(answer)}", "refused", facts=facts)
    if violation.rule == "undocumented":
        what = violation.observed.replace("the new", "a new", 1).replace("with None", "with null")
        if told := _having(scene):
            facts = (*facts, Fact("with it", told))
        return Story(f"{what} is answered, {place} ({operation})", "shape", facts=facts)
    if violation.observed == "it is missing":
        owner = "customers" if "/data" in violation.where and answer.is_success else f"a {answer.status}"
        parent, _, last = place.rpartition(".")
        where = f"the {parent} of {owner}" if parent else owner
        if told := _having(scene, lacks=True):
            facts = (*facts, Fact("without it", told))
        return Story(f"{last} is gone from {where} ({operation})", "lost", facts=facts, table=_rows(scene))
    expected = violation.expected
    expected = "in the documented form" if expected.startswith("a text like") else expected
    place = place if answer.is_success else f"the {place} of a {answer.status}"
    what = f"{place} is answered as {_seen(scene)}: not {expected}"
    options = violation.expected.removeprefix("one of ").split(", ")
    folded = {mechanisms.case_folded(one, violation.observed.strip("'")) for one in options} - {""}
    guess = folded.pop() if len(folded) == 1 else ""
    return Story(what, "shape", facts=facts, table=_rows(scene), guess=guess)


def _rows(scene: Scene) -> Table:
    """For a field of a list's customers: who has it in the form that departs, and who has not."""
    entries, where = entries_of(scene.answer), scene.violation.where
    if entries is None or not where.startswith("/data/*/"):
        return Table()
    pointer = where.removeprefix("/data/*")
    shown = [(str(one.get("customer_no")), found_at(one, pointer)) for one in entries]
    is_missing = scene.violation.observed == "it is missing"
    seen = scene.violation.observed
    odd = [one for one in shown if (one[1] is ABSENT if is_missing else repr(one[1]) == seen)]
    kind = type(odd[0][1]) if odd else None
    odd = [one for one in shown if type(one[1]) is kind] if kind is not str else odd
    rest = [one for one in shown if one not in odd]
    rows = [(number, value(one)) for number, one in (*odd[:FEW], *rest[:FEW])]
    return Table(("customer", pointer.strip("/").replace("/", ".")), tuple(rows), len(shown) - len(rows))


def _having(scene: Scene, *, lacks: bool = False) -> str:
    """How many customers of a list have a field, or lack it."""
    entries, where = entries_of(scene.answer), scene.violation.where
    if not entries or not where.startswith("/data/*/"):
        return ""
    *parents, name = where.removeprefix("/data/*/").split("/")
    owners = [at(one, ":".join(parents)) if parents else one for one in entries]
    count = sum(1 for one in owners if isinstance(one, dict) and (name in one) is not lacks)
    return f"{count} of {len(entries)} customers of the page"


def _seen(scene: Scene) -> str:
    """What stands at a place, as JSON has it."""
    here: Any = scene.answer.json
    for part in scene.violation.where.split("/")[1:]:
        if part == "*":
            return scene.violation.observed
        here = here.get(part) if isinstance(here, dict) else None
    if isinstance(here, dict):
        return f"an object ({', '.join(list(here)[:3])}, …)"
    return text(here) if isinstance(here, str) else value(here)
