"""A sandbox that knows which of its answers a faithful one would have given otherwise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from billogram_contract.sandbox.app import Credentials, is_update, upstream
from billogram_contract.sandbox.embedded import Sandbox
from billogram_contract.sandbox.http import Handler, Request, Response
from billogram_contract.sandbox.rules import Rules


class WatchedSandbox(Sandbox):
    """A sandbox whose every request is asked of a faithful one as well, over the same customers.

    `asked` counts the requests, `touched` those that got another answer, or left other customers behind.
    """

    def __init__(self, edit: Callable[[Response], Response] = lambda given: given, **options: Any) -> None:
        """`edit` is done to every answer, to those of the faithful one as well."""
        super().__init__(**options)
        self._edit = edit
        self.asked = self.touched = 0
        self._drifting = self._handle
        self._handle = self._compared

    def _compared(self, request: Request) -> Response:
        wanted, then = self._faithful(request)
        given = self._edit(self._drifting(request))
        self.asked += 1
        self.touched += given != wanted or self._store.documents() != then
        return given

    def _faithful(self, request: Request) -> tuple[Response, list[str]]:
        """What a faithful sandbox answers, and the customers that it leaves behind."""
        store = self._store.copy() if is_update(request) else self._store
        handle: Handler = upstream(store, Rules(), Credentials(self.user, self.password))
        try:
            return self._edit(handle(request)), store.documents()
        finally:
            if store is not self._store:
                store.close()
