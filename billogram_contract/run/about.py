"""What the ledger says of a run itself."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from hypothesis import settings as hypothesis_settings

from billogram_contract.recording import provenance
from billogram_contract.results import ledger
from billogram_contract.results.model import About, Allotted, Evidence, TargetEntry
from billogram_contract.run.run import Run
from billogram_contract.sandbox import Sandbox


def about(run: Run) -> About:
    """The run as far as it has come."""
    told = run.settings
    allotted = told if told.target == "live" else run.target or Sandbox
    return About(
        started=run.started_at,
        seconds=round(time.monotonic() - run.started, 1),
        target=TargetEntry(
            kind=told.target,
            base_url=told.base_url if told.target == "live" else None,
            drifts=list(told.drifts),
            variants=list(told.variants),
            allotted=Allotted(len(allotted.customers), len(allotted.numbers)),
        ),
        evidence=_evidence(run),
        description=run.description.sha256,
        depth=hypothesis_settings.get_current_profile_name(),
        fail_on=told.fail_on,
        settle=told.settle,
        scenarios=_scenarios(run),
        checks=len(run.records),
        versions=ledger.versions(),
        partial=run.is_partial,
    )


def _evidence(run: Run) -> Evidence | None:
    """What recordings the run rests on; None where it asked itself."""
    if run.evidence is None:
        return None
    words = provenance.words(run.evidence, datetime.now(UTC), run.description.sha256)
    return Evidence(**run.evidence.as_dict(), words=words)


def _scenarios(run: Run) -> str:
    """What stands for the scenarios of the run; what a replay holds beside them belongs to no check."""
    asked = (one.check for one in run.records if not one.is_property)
    return ledger.scenarios(check for check in asked if "::" in check)
