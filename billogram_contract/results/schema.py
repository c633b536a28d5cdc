"""The published JSON Schema of the ledger, made from its definition.

After a change of the definition, `python -m billogram_contract.results.schema` writes it anew.
"""

from __future__ import annotations

import json
from pathlib import Path

import msgspec

from billogram_contract.results.model import Ledger

PATH = Path(__file__).with_name("ledger.schema.json")
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def text() -> str:
    """The schema as it is published."""
    return json.dumps({"$schema": DIALECT, **msgspec.json.schema(Ledger)}, indent=1) + "\n"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
