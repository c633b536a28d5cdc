"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from billogram_contract.errors import SetupError


def write_whole(text: str, path: Path) -> None:
    """Writes a text, its directory made where it is missing; raises SetupError where that cannot be done."""
    beside = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(text.encode(errors="backslashreplace"))  # half a pair of surrogates, say
        os.replace(beside, path)
    except OSError as error:
        raise SetupError(f"The report cannot be written to {path.parent}: {error.strerror}.") from None
