"""The wall of a live target: no update of a customer that is not allotted leaves, and all is put back."""

from __future__ import annotations

import json
import re
from types import TracebackType
from typing import Self
from urllib.parse import unquote

from billogram_contract.errors import Blocked, Outage
from billogram_contract.pool.pool import Pool
from billogram_contract.run.live_session import LiveSession
from billogram_contract.run.settings import Settings
from billogram_contract.sdk.passed import Passed
from billogram_contract.sdk.wire import Head
from billogram_contract.upstream.client import Client, require_access
from billogram_contract.upstream.exchange import Answer, Call
from billogram_contract.upstream.guard import NotAllowed, refuse_strangers
from billogram_contract.upstream.target import Target

_UPDATE = re.compile(r"/customer/([^/?]+)(?:\?.*)?")


class Allotment:
    """Asked before each update: `with Allotment(settings, target) as wall:` puts all back at its end.

    `refused` counts the updates that did not leave, `problems` are what could not be put back.
    """

    def __init__(self, told: Settings, target: Target) -> None:
        self.refused = 0
        self.problems: list[str] = []
        self._target = target
        self._session = LiveSession(told)
        self._client = Client(target, rate_limit=self._session.rate_limit)
        self._path = target.base_url.partition("://")[2].partition("/")[2]
        self._told = told
        self._pool: Pool | None = None

    def __enter__(self) -> Self:
        """Looks the allotted customers up; raises SetupError or Outage where that cannot be."""
        try:
            self._session.begin(self._target)
            require_access(self._client.list(page=1, page_size=1), self._target.base_url)
            if self._target.customers:
                self._pool = Pool(
                    self._client,
                    consistency_timeout=self._told.settle,
                    journal=self._session.journal,
                    is_suspicious=lambda: True,
                )
                self._pool.open()
        except BaseException:
            self._leave()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._pool:
                self._pool.close()
                self.problems = self._pool.problems
        except (Outage, Blocked) as trouble:
            self.problems = [f"not all was put back: {trouble}; run billogram-contract restore"]
        finally:
            self._leave()

    def _leave(self) -> None:
        self._client.close()
        self._session.end()

    def applies(self, request: Head) -> bool:
        """Whether it is an update."""
        return self._number(request) is not None

    def refusal(self, request: Head, body: bytes) -> bytes | None:
        """The answer to an update that must not leave; else it is noted in the journal."""
        call = Call(number=self._number(request), body=body)
        try:
            refuse_strangers(call, self._target, self._client.observer.followed)
        except NotAllowed as error:
            self.refused += 1
            return _refusal(f"billogram-contract did not send this. {error}")
        self._client.observer.before_update(call)
        return None

    def answered(self, passed: Passed) -> None:
        """Lets the journal know how an update ended."""
        if passed.answer is not None and passed.content is not None:
            call = Call(number=self._number(passed.request), body=passed.body)
            answer = Answer(call, passed.answer.status, passed.answer.headers, passed.content)
            self._client.observer.after_update(answer)

    def _number(self, request: Head) -> str | None:
        path = request.target.removeprefix(f"/{self._path}")
        found = _UPDATE.fullmatch(path) if request.method == "PUT" else None
        return unquote(found[1]) if found else None


def _refusal(message: str) -> bytes:
    body = json.dumps({"status": "PERMISSION_DENIED", "data": {"message": message}}).encode()
    lines = [
        "HTTP/1.1 403 Forbidden",
        "content-type: application/json",
        f"content-length: {len(body)}",
        "",
        "",
    ]
    return "\r\n".join(lines).encode() + body
