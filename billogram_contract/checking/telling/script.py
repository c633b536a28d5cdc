"""The script of a story: sh that arranges, shows and puts back, on whatever upstream it is pointed at.

It ends with 1 and *still so* where the deciding answer is as it was found, with 0 and *no longer* where it is
another one, and with 6 where it could not be asked.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Sequence
from typing import Any

from billogram_contract.checking.answered_values import body_of, entries_of, total_of, written_number
from billogram_contract.checking.story import Kind
from billogram_contract.checking.telling import steps
from billogram_contract.checking.telling.scene import Scene
from billogram_contract.checking.telling.steps import FEW
from billogram_contract.spec.customer import WRITABLE
from billogram_contract.upstream.exchange import Answer, Call, whole

HEAD = """\
# Needs BASE_URL, BILLOGRAM_API_USER, BILLOGRAM_API_PASSWORD, curl and python3.
work=$(mktemp -d)
lost() { echo "could not be asked"; exit 6; }
ask() {
  curl -sS -D "$work/head" -o "$work/body" "$@" || lost
  cat "$work/head" "$work/body"; echo
}"""

# Keeps how a customer is, as the body that puts it back.
KEEP = """\
keep() {
  curl -sS -u "$BILLOGRAM_API_USER:$BILLOGRAM_API_PASSWORD" -o "$work/page" \\
    "$BASE_URL/customer?page=1&page_size=100&filter_type=field&filter_field=customer_no&filter_value=$1"
  python3 - "$1" "$2" "$work/page" > "$work/$1.json" <<'EOF' || lost
import json, sys
number, fields, page = sys.argv[1:]
entries = json.load(open(page))["data"]
entry = next(one for one in entries if str(one["customer_no"]) == number)
body = {name: entry[name] for name in fields.split() if entry.get(name) is not None}
print(json.dumps({**body, "customer_no": int(number)}))
EOF
}"""
PUT_BACK = """\
put_back() {
  curl -sS -u "$BILLOGRAM_API_USER:$BILLOGRAM_API_PASSWORD" -o "$work/put" -X PUT \\
    -H 'Content-Type: application/json' --data-binary "@$work/$1.json" "$BASE_URL/customer/$2"
}"""
# What decides of the last answer, as a line of JSON, beside what it was when this was found.
TELL = """\
python3 - WHAT "$work/head" "$work/body" FOUND <<'EOF'
import json, re, sys
what, head, body, found = sys.argv[1:]
status, type = open(head).read().split()[1], ""
for line in open(head):
    if line.lower().startswith("content-type:"):
        type = line.partition(":")[2].strip()
try:
    document = json.load(open(body))
except ValueError:
    document = None
kind, _, place = what.partition(" ")
seen = None
if kind == "status":
    seen = int(status)
elif kind == "type":
    seen = type
elif kind == "numbers":
    data = (document or {}).get("data") or []
    seen = [one.get("customer_no") for one in data if str(one.get("customer_no")) in place.split(",")]
elif kind == "size":
    seen = len((document or {}).get("data") or [])
elif kind == "shape":
    seen = sorted(document) if isinstance(document, dict) else document
else:
    seen = document
    for part in place.split("/")[1:]:
        many = isinstance(seen, list)
        seen = seen[0] if many and part == "*" and seen else seen
        if part.isdigit() and many:
            seen = next((one for one in seen if str(one.get("customer_no")) == part), None)
        elif part != "*":
            seen = seen.get(part, "absent") if isinstance(seen, dict) else "absent"
if isinstance(seen, str) and kind == "form":
    seen = re.sub("[0-9]", "0", seen)
print(f"{what}: {json.dumps(seen)}; when it was found: {found}")
same = seen == json.loads(found)
print("still so" if same else "no longer")
sys.exit(1 if same else 0)
EOF"""


def text(scene: Scene, kind: Kind) -> str:
    """A script of the steps; empty where nothing of the last answer decides by itself."""
    decides = deciding(scene, kind)
    if decides is None:
        return ""
    what, found = decides
    arranged = list(_arranging(scene, kind))
    shown = [one for one in steps.chosen(scene) if not arranged or one.call.body is None]
    answers = [*arranged, *shown]
    calls = [one.call for one in answers]
    lines = [HEAD, *_keeping(calls)]
    lines += [f"ask {options(one.call)}" for one in answers if one is not scene.answer]
    lines.append(f"ask {options(scene.answer.call)}")
    tell = TELL.replace("WHAT", shlex.quote(what), 1).replace("FOUND", shlex.quote(json.dumps(found)), 1)
    return "\n".join([*lines, tell, "code=$?", *_putting_back(calls), 'rm -r "$work"', "exit $code"])


def options(call: Call) -> str:
    """The arguments of curl that make a call."""
    line = call.curl("$BASE_URL").removeprefix("curl -i ")
    return line.replace("'$BASE_URL", '"$BASE_URL"\'')


def deciding(scene: Scene, kind: Kind) -> tuple[str, Any] | None:
    """What of the last answer decides, and what it was; None where nothing does by itself."""
    answer, where = scene.answer, scene.violation.where
    if kind in ("accepted", "refused", "error"):
        return "status", answer.status
    if scene.violation.rule == "content-type":
        return "type", answer.headers.get("content-type", "")
    if kind == "count":
        return "value /meta/total_count", total_of(answer)
    entries = entries_of(answer)
    if kind in ("rows", "order", "pages") and entries is not None:
        if kind == "pages" and not scene.memory.wrote.keys() & {
            whole(one.get("customer_no")) for one in entries
        }:
            return "size", len(entries)
        ours = [str(number) for number in (*scene.memory.wrote, *(scene.renumbered or ()))]
        shown = [one.get("customer_no") for one in entries if str(one.get("customer_no")) in ours]
        return f"numbers {','.join(dict.fromkeys(ours))}", shown
    if not where:
        return None
    return _value(scene, where)


def _value(scene: Scene, where: str) -> tuple[str, Any] | None:
    """A value below the answer's root; of a list, that of the customer that departs."""
    place, here = where, scene.answer.json
    if where.startswith("/data/*"):
        number, here = _departing(scene, where.removeprefix("/data/*"))
        place = where.replace("*", str(number), 1)
        where = where.removeprefix("/data/*")
    here = below(here, where)
    is_moment = place.endswith("_at") and isinstance(here, str)
    form = "".join("0" if one.isdigit() else one for one in here) if is_moment else here
    return f"{'form' if is_moment else 'value'} {place}", form


def _departing(scene: Scene, pointer: str) -> tuple[Any, Any]:
    """The customer of a list that departs, and its number: one that the check updated, if it did."""
    entries = {whole(one.get("customer_no")): one for one in entries_of(scene.answer) or []}
    updated = [whole(one.call.number) for one in reversed(scene.updates)]
    ours = [number for number in (*(scene.renumbered or ()), *updated) if number in entries]
    seen = scene.violation.observed
    odd = [number for number, one in entries.items() if repr(below(one, pointer)) == seen]
    lacking = [number for number, one in entries.items() if below(one, pointer) == "absent"]
    number = next(iter((*ours, *odd, *lacking, *entries)), "*")
    return number, entries.get(number)


def below(here: Any, pointer: str) -> Any:
    """What stands at a pointer, as the script reads it."""
    for part in pointer.split("/")[1:]:
        if part == "*":
            here = here[0] if isinstance(here, list) and here else None
        else:
            here = here.get(part, "absent") if isinstance(here, dict) else "absent"
    return here


def _arranging(scene: Scene, kind: Kind) -> Iterator[Answer]:
    """The updates that the customers of a list's rows rest on, where the check has none for itself."""
    is_of_list = kind in ("rows", "order", "pages", "count") and scene.answer.call.body is None
    if not is_of_list or 0 < len({one.call.number for one in scene.updates}) <= FEW:
        return
    listed = {str(one.get("customer_no")) for one in entries_of(scene.answer) or []}
    query = dict(scene.answer.call.query)
    fields = {query.get(name, "").partition(":")[0] for name in ("filter_field", "order_field")} & {*WRITABLE}
    for number, wrote in scene.memory.wrote.items():
        body = {name: wrote[name] for name in fields if name in wrote}
        if body and (str(number) in listed or steps.may_be_missed(scene, wrote)):
            yield Answer(Call(str(number), body=json.dumps(body).encode()), 200, {}, b"")


def _changed(calls: Sequence[Call]) -> dict[str, set[str]]:
    """The customers that are updated, by the number that each had first, with the fields that are written."""
    found: dict[str, set[str]] = {}
    first: dict[str, str] = {}
    for call in calls:
        if call.number is None or not call.number.isdecimal():
            continue
        body = body_of(call) or {}
        number = first.get(call.number, call.number)
        found.setdefault(number, set()).update({*body} & {*WRITABLE})
        if (new := written_number(body)) and str(new) not in found:
            first[str(new)] = number
    return found


def _keeping(calls: Sequence[Call]) -> Iterator[str]:
    if changed := _changed(calls):
        yield KEEP
        yield PUT_BACK
    for number, fields in changed.items():
        yield f"keep {number} '{' '.join(sorted(fields))}'"


def _putting_back(calls: Sequence[Call]) -> Iterator[str]:
    """A renumbered customer is put back from its new number, and from its old one where it never left."""
    moved = {
        call.number: str(new) for call in calls if (new := written_number(body_of(call))) and call.number
    }
    for number in _changed(calls):
        if moved.get(number, number) != number:
            yield f"put_back {number} {moved[number]}"
        yield f"put_back {number} {number}"
