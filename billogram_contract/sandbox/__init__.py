"""The embedded target: upstream's two customer endpoints, written by hand from `upstream.md`.

It knows nothing of the description or of any clause: two accounts of upstream that check each other. The
faithful account is `app`, `rules`, `fields` and `store`; `variants` are departures that the contract leaves
open, `drifts` are departures that it does not.
"""

from billogram_contract.sandbox.drifts import DRIFTS
from billogram_contract.sandbox.embedded import Sandbox
from billogram_contract.sandbox.http import Request, Response
from billogram_contract.sandbox.variants import VARIANTS

__all__ = ["DRIFTS", "VARIANTS", "Request", "Response", "Sandbox"]
