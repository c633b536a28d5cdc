"""Opening a run: its target, and what is asked of it before the first check."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from billogram_contract.checking.recorder import Recorder
from billogram_contract.errors import Blocked, SetupError
from billogram_contract.pool.pool import Pool
from billogram_contract.run.settings import Settings
from billogram_contract.sandbox import Sandbox
from billogram_contract.sandbox.clock import SteppingClock
from billogram_contract.upstream.client import Client, require_access
from billogram_contract.upstream.target import Target

PREFLIGHT_SIZE = 10
NO_SUCH_PLACE = (404, 405)
OTHERS, OTHERS_RECORDED = 40, 9  # customers of the embedded sandbox beside the allotted ones


def embedded(told: Settings, clock: SteppingClock) -> Sandbox:
    """The embedded sandbox, not yet started; raises SetupError where its drifts or variants are none."""
    try:
        return Sandbox(
            drifts=told.drifts,
            variants=told.variants,
            others=OTHERS_RECORDED if told.is_recording else OTHERS,
            clock=clock if told.is_recording else None,
        )
    except ValueError as error:
        raise SetupError(str(error)) from None


def target_of(sandbox: Sandbox) -> Target:
    """A started sandbox as a target."""
    account = (sandbox.base_url, sandbox.user, sandbox.password)
    return Target("embedded", *account, sandbox.customers, sandbox.numbers)


def live(told: Settings, worker: Mapping[str, Any] | None) -> Target:
    """The live target, or the part of it that a worker of pytest-xdist gets."""
    target = Target("live", told.base_url, told.user, told.password, told.customers, told.numbers)
    if worker is None:
        return target
    return target.share(int(worker["workerid"].removeprefix("gw")), int(worker["workercount"]))


def ask_first(client: Client, pool: Pool, recorder: Recorder) -> None:
    """Whether the credentials are right, and where the allotted customers are."""
    answer = client.list(page=1, page_size=PREFLIGHT_SIZE)
    require_access(answer, recorder.base_url)
    if answer.status in NO_SUCH_PLACE and client.list(page=1, page_size=1).status in NO_SUCH_PLACE:
        raise SetupError(
            f"{recorder.base_url} has nothing of this API: GET /customer is answered {answer.status}."
            " Give --base-url up to and with the version, such as …/api/v2."
        )
    if pool.size:
        _look_up(pool, recorder)


def _look_up(pool: Pool, recorder: Recorder) -> None:
    """Finds the allotted customers; a list that has drifted is no fault of the settings."""
    try:
        pool.open()
    except Blocked:
        pass  # for the checks to find
    except SetupError:
        if not recorder.drifted:
            raise
