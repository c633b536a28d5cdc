"""The words that an error may use without telling of anybody."""

from __future__ import annotations

import json
import re
from typing import Any

from billogram_contract.spec import description as vendored

ERRORS = """
a above accepted access account after again allow allowed allows already an and any are as at available
be been before below between but by bytes can cannot changed character characters code contain contains
correct could credentials decimal denied did digits does done empty error exceeds existing exists
expected expired failed few for forbidden format found from given greater has have in incorrect input
internal invalid is it its json key known least length less letters limit list long longer malformed
many match maximum may minimum missing more most must no not null number object of once one only or out
parameter parse password permission positive present range read refused required route sent server
service short should some string such taken text than that the there this times to too try type
unavailable unexpected unique unknown unsupported used user valid value values was were with without
wrong you your zero
"""


def vocabulary() -> set[str]:
    """Those of errors, and those that the description uses, in small letters."""
    sentences = json.dumps(_without_examples(vendored.load().document), ensure_ascii=False)
    return {*ERRORS.split(), *re.findall(r"\b[a-z]{1,20}\b", sentences)}


def _without_examples(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: _without_examples(one) for name, one in value.items() if name not in ("examples", "example")
        }
    return [_without_examples(one) for one in value] if isinstance(value, list) else value
