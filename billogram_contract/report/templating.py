"""Pages from templates: what all of them have in common."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined


def environment() -> Environment:
    """An environment for the package's templates, by their path in it; it escapes what it is given."""
    return Environment(
        loader=PackageLoader("billogram_contract", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
