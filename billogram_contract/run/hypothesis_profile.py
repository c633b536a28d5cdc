"""How deep the properties look: Hypothesis' profiles, in one place."""

from __future__ import annotations

import sys

import hypothesis.core
from hypothesis import HealthCheck, Phase, settings
from hypothesis.vendor import pretty

from billogram_contract.run.settings import PROFILES

DEFAULT = PROFILES[0]

_common = settings(
    deadline=None,  # an answer takes as long as it takes
    report_multiple_bugs=False,  # one cause, one finding
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    print_blob=True,
)
# The same every time, and no shrinking: each step of it would be another request.
settings.register_profile(
    "quick",
    _common,
    max_examples=5,
    stateful_step_count=4,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
)
# Replaces Hypothesis' own profile of that name, which loads itself wherever CI is set.
settings.register_profile(
    "ci", _common, max_examples=30, stateful_step_count=20, derandomize=True, database=None
)
settings.register_profile("deep", _common, max_examples=200, stateful_step_count=50)


def load(name: str) -> None:
    """Loads one of our profiles, and undoes Schemathesis' muting."""
    settings.load_profile(name)
    _restore_representations()


def _restore_representations() -> None:
    """Lets Hypothesis print failing examples: Schemathesis, once imported, mutes them everywhere."""
    if "schemathesis.generation.hypothesis" in sys.modules:
        hypothesis.core.RepresentationPrinter = pretty.RepresentationPrinter  # type: ignore[attr-defined]  # see above
