"""The transport: one request out, one answer in, and nothing but the two operations of the target."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import requests
import urllib3
from requests.adapters import HTTPAdapter

from billogram_contract.upstream import credentials
from billogram_contract.upstream.exchange import Answer, Call
from billogram_contract.upstream.guard import NotAllowed
from billogram_contract.upstream.target import Target

TO_CONNECT, TO_ANSWER = 5.0, 15.0  # seconds

_ALLOWED = re.compile(r"GET /customer(\?.*)?|PUT /customer/[^/?]+")


class NoAnswer(Exception):
    """The request or its answer was lost on the way; `was_sent` is False where upstream never had it."""

    def __init__(self, error: Exception, *, was_sent: bool) -> None:
        super().__init__(_words(error))
        self.was_sent = was_sent


def _words(error: Exception) -> str:
    if isinstance(error, requests.ReadTimeout):
        return f"no answer in {TO_ANSWER:.0f} s"
    if isinstance(error, requests.exceptions.SSLError):
        return "no answer, as no secure connection can be made"
    return f"no answer ({type(error).__name__})"


class AllowList(HTTPAdapter):
    """Refuses whatever is not one of the two operations of the target."""

    def __init__(self, base_url: str) -> None:
        super().__init__()
        self.base_url = base_url

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        url = request.url or ""
        if not url.startswith(self.base_url + "/customer"):
            raise NotAllowed(f"{request.method} {url} is not the target's")
        path = url.removeprefix(self.base_url)
        number = unquote(path).removeprefix("/customer/")
        is_path = request.method == "PUT" and ("/" in number or number in (".", ".."))
        if is_path or not _ALLOWED.fullmatch(f"{request.method} {path}"):
            raise NotAllowed(f"{request.method} {path} is none of the two operations")
        return super().send(request, *args, **kwargs)


class Transport:
    """Sends the requests of one target, signed."""

    def __init__(self, target: Target, to_connect: float = TO_CONNECT) -> None:
        self._base_url = target.base_url
        self._timeout = (to_connect, TO_ANSWER)
        self._session = requests.Session()
        self._session.headers.update({"User-Agent": "billogram-contract", "Accept": "application/json"})
        for prefix in ("http://", "https://"):
            self._session.mount(prefix, AllowList(target.base_url))
        # Proxies and certificates of the environment, looked up once and not for every request.
        self._environment = self._session.merge_environment_settings(target.base_url, {}, True, None, None)
        self._credentials = credentials.by_name(target.user, target.password)

    def close(self) -> None:
        self._session.close()

    def send(self, call: Call) -> Answer:
        """The answer, whatever it is; raises NoAnswer where none came."""
        headers = {"Content-Type": "application/json"} if call.body is not None else {}
        request = requests.Request(
            call.method,
            self._base_url + call.path,
            data=call.body,
            headers=headers,
            auth=self._credentials[call.credentials],
        )
        prepared = self._session.prepare_request(request)
        try:
            response = self._session.send(
                prepared, timeout=self._timeout, allow_redirects=False, **self._environment
            )
            content = response.raw.read(decode_content=False)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise NoAnswer(error, was_sent=not isinstance(error, requests.ConnectTimeout)) from None
        names = {name.lower(): value for name, value in response.headers.items()}
        plain, undecoded = decoded(content, names)
        return Answer(call, response.status_code, names, plain, response.elapsed.total_seconds(), undecoded)


def decoded(content: bytes, headers: Mapping[str, str]) -> tuple[bytes, str]:
    """A body without its content coding; as it came, with the coding, where the body is not in it."""
    coding = headers.get("content-encoding", "")
    if not coding or not content:
        return content, ""
    encoded = urllib3.HTTPResponse(io.BytesIO(content), {"content-encoding": coding}, preload_content=False)
    try:
        return encoded.read(decode_content=True), ""
    except urllib3.exceptions.HTTPError:
        return content, coding
