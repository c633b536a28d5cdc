"""What keeps a check from being asked, each with one line that says what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from _pytest.outcomes import Skipped  # pytest.skip.Exception, by the name that type checkers know


class SetupError(Exception):
    """A setting, a file or the target is not as a run needs it: exit code 2."""


# Subclasses of pytest's skip: Hypothesis ends a property at once on them instead of shrinking towards them.
class Blocked(Skipped):
    """The check could not ask its question: its clause stays *unchecked*, with this reason."""


class DependencyFailed(Blocked):
    """A drift that is told already stands before the question."""


class NotApplicable(Blocked):
    """Nothing is there to ask about, in this account or with these settings; upstream is not to blame."""


class PoolTooSmall(NotApplicable):
    """The run was not given the customers or numbers that the check needs."""


class Outage(Skipped):
    """Upstream could not be asked (network, rate limit, unavailable): the clause is *inconclusive*."""


def did_you_mean(text: str, known: Iterable[str], otherwise: str = "") -> str:
    """What an error adds of a word that nobody knows: the closest one, or else something; after a space."""
    near = difflib.get_close_matches(text, list(known), 1)
    told = f"Did you mean {near[0]}?" if near else otherwise
    return f" {told}" if told else ""
