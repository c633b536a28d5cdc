"""Reaching an address before the first request: quickly, and with the reason where it cannot be reached."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from urllib.parse import urlsplit

from requests.utils import get_environ_proxies

from billogram_contract.errors import Outage

PATIENCE = 5.0  # seconds for a name to be looked up and a connection to be made
QUIET = 0.5  # seconds without a word
PORTS = {"http": 80, "https": 443}


def reach(base_url: str, on_wait: Callable[[str], None], patience: float = PATIENCE) -> None:
    """Returns once a connection could be made; raises Outage, with the reason, where none can.

    `on_wait` is told what is waited for. What goes through a proxy is left to the first request.
    """
    if get_environ_proxies(base_url):
        return
    url = urlsplit(base_url)
    host, port = url.hostname or "", url.port or PORTS[url.scheme]
    place = f"{host}:{port}"
    failed: list[str] = []

    def connect() -> None:
        try:
            socket.create_connection((host, port), patience).close()
        except OSError as error:
            failed.append(_reason(error, host, place))

    # A name that nobody knows can take longer to look up than any timeout of a socket says.
    thread = threading.Thread(target=connect, daemon=True)
    thread.start()
    thread.join(QUIET)
    if thread.is_alive():
        on_wait(f"waiting for {place}, at most {patience:.0f} s")
        thread.join(patience)
    if thread.is_alive():
        failed.append(f"{place} did not answer in {patience:.0f} s")
    if failed:
        raise Outage(f"{failed[0]}: check the address and the network")


def _reason(error: OSError, host: str, place: str) -> str:
    if isinstance(error, socket.gaierror):
        return f"there is no host {host}"
    if isinstance(error, ConnectionRefusedError):
        return f"nothing listens on {place}"
    if isinstance(error, TimeoutError):
        return f"{place} did not answer"
    return f"{place} cannot be reached ({error.strerror or error})"
