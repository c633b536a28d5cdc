"""The embedded target: upstream's two customer endpoints, written by hand from what is known of upstream.

It knows nothing of the description or of any clause: two accounts of upstream that check each other. The
faithful account is `app`, `rules`, `fields`, `seed` and `store`; `variants` are departures that the contract
leaves open, `drifts` are departures that it does not. Both are declared (`catalogue`) as edits (`kit`) under
conditions (`when`), or as turns of the faithful account's `knobs`. `embedded` puts all of it behind a port.
"""

from billogram_contract.sandbox.drifts import DRIFTS, catalogue
from billogram_contract.sandbox.embedded import Sandbox
from billogram_contract.sandbox.http import Request, Response
from billogram_contract.sandbox.variants import VARIANTS

__all__ = ["DRIFTS", "VARIANTS", "Request", "Response", "Sandbox", "catalogue"]
