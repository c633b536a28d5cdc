"""GitHub's REST API, as far as keeping issues needs it: list, open and change them, through bad days."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import requests

from billogram_contract.errors import Outage, SetupError
from billogram_contract.upstream.address import LOOPBACK

PUBLIC = "https://api.github.com"
PAGE = 100  # issues; the most that GitHub gives at once
TRIES = 5
PATIENCE = 900  # seconds of waiting for one answer
UNTOLD_WAIT = 60  # seconds, as GitHub asks for where a refusal doesn't tell how long to wait
PAUSE = 1  # seconds after a write, as GitHub asks for
TIMEOUT = 30
INSIDERS = ("OWNER", "MEMBER", "COLLABORATOR")


class Lost(Exception):
    """No answer came that says whether it was done."""


@dataclass(frozen=True)
class Issue:
    """An issue; `closed` is when it was, None while it is open."""

    number: int
    body: str
    closed: datetime | None


@dataclass(frozen=True)
class Hub:
    """The issues of one repository, `OWNER/NAME`, asked for with a token."""

    address: str
    repository: str
    session: requests.Session
    sleep: Callable[[float], None] = lambda seconds: time.sleep(seconds)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def issues(self, *, closed_since: datetime) -> list[Issue]:
        """All open issues, and those that were closed lately."""
        lately = closed_since.strftime("%Y-%m-%dT%H:%M:%SZ")
        found = [*self._listed(state="closed", since=lately), *self._listed(state="open")]
        return list({issue.number: issue for issue in found}.values())

    def open(self, title: str, body: str, label: str) -> None:
        """Opens an issue; raises Lost where nobody knows whether it was opened."""
        self._ask("POST", "", is_repeatable=False, json={"title": title, "body": body, "labels": [label]})
        self.sleep(PAUSE)

    def change(self, number: int, **fields: str) -> None:
        """Writes fields of an issue."""
        self._ask("PATCH", f"/{number}", json=fields)
        self.sleep(PAUSE)

    def _listed(self, **query: str) -> Iterator[Issue]:
        page, is_last = 1, False
        while not is_last:
            # The oldest first: what is opened meanwhile comes last and moves nothing.
            order = {"sort": "created", "direction": "asc", "per_page": PAGE, "page": page}
            entries = self._ask("GET", "", params={**query, **order})
            yield from (_issue(entry) for entry in entries if _is_ours_to_read(entry))
            page, is_last = page + 1, len(entries) < PAGE

    def _ask(self, method: str, path: str, *, is_repeatable: bool = True, **told: Any) -> Any:
        url = f"{self.address}/repos/{self.repository}/issues{path}"
        waited, why = 0.0, ""
        for attempt in range(TRIES):
            try:
                answer = self.session.request(method, url, timeout=TIMEOUT, allow_redirects=False, **told)
                wait, why = self._refused_for(answer), f"it is answered {answer.status_code}"
                if wait is None and answer.status_code < 500:
                    return _content(answer, self.repository)
                is_done_perhaps = wait is None
            except (requests.RequestException, json.JSONDecodeError) as error:
                wait, why, is_done_perhaps = None, type(error).__name__, True
            if is_done_perhaps and not is_repeatable:
                raise Lost(why)
            pause = float(2**attempt if wait is None else wait)
            waited += pause
            if waited > PATIENCE:
                break
            self.sleep(pause)
        raise Outage(f"GitHub could not be asked ({why}): run again later.")

    def _refused_for(self, answer: requests.Response) -> float | None:
        """For how many seconds GitHub refuses more; None where it doesn't."""
        head = answer.headers
        if answer.status_code not in (403, 429):
            return None
        if (seconds := head.get("retry-after", "")).isdecimal():
            return float(seconds)
        reset = head.get("x-ratelimit-reset", "")
        if head.get("x-ratelimit-remaining") == "0" and reset.isdecimal():
            return max(float(reset) - self.now().timestamp(), 0.0) + 1
        is_limit = answer.status_code == 429 or "rate limit" in answer.text.lower()
        return float(UNTOLD_WAIT) if is_limit else None


def connect(address: str, repository: str, token: str) -> Hub:
    """The issues of a repository; raises SetupError where that cannot be asked for."""
    url = urlsplit(address)
    if "@" in url.netloc:
        raise SetupError("--api-url holds credentials: the token comes from GITHUB_TOKEN alone.")
    if url.scheme not in ("https", "http") or not url.hostname:
        raise SetupError(f"--api-url {address!r} is no address: write it like {PUBLIC}.")
    if url.scheme == "http" and url.hostname not in LOOPBACK:
        raise SetupError(f"--api-url {address!r} would send the token in clear: use https.")
    if [part.strip() for part in repository.split("/")].count("") or repository.count("/") != 1:
        raise SetupError(f"--repository {repository!r} is none: write it like owner/name.")
    if not token:
        raise SetupError("The token is missing: set GITHUB_TOKEN, in a job to ${{ github.token }}.")
    return Hub(address.rstrip("/"), repository, session(token))


def session(token: str) -> requests.Session:
    """A session that sends a token, whatever a .netrc says."""

    def bearer(request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {token}"
        return request

    found = requests.Session()
    found.auth = bearer
    found.headers.update({"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"})
    return found


def _content(answer: requests.Response, repository: str) -> Any:
    """What an answer holds; raises SetupError where GitHub refuses for good."""
    status = answer.status_code
    if status < 300:
        return answer.json()
    reasons = {
        401: "the token is not valid",
        403: "the token may not do that: give the job `permissions: issues: write`",
        404: "there is none, or the token may not see it",
        410: "its issues are switched off",
    }
    moved = "it has moved: name it anew" if status < 400 else f"it is answered {status}"
    raise SetupError(f"The issues of {repository} cannot be kept: {reasons.get(status, moved)}.")


def _is_ours_to_read(entry: dict[str, Any]) -> bool:
    """Whether an entry is an issue of somebody who belongs here: a stranger could write our marker, too."""
    by_bot = (entry.get("user") or {}).get("type") == "Bot"
    return "pull_request" not in entry and (by_bot or entry.get("author_association") in INSIDERS)


def _issue(entry: dict[str, Any]) -> Issue:
    closed = entry.get("closed_at") if entry["state"] == "closed" else None
    return Issue(entry["number"], entry.get("body") or "", datetime.fromisoformat(closed) if closed else None)
