"""The address of a target: which may be asked, and where upstream's own sandbox is."""

from __future__ import annotations

from urllib.parse import urlsplit

import requests

from billogram_contract.errors import SetupError

SANDBOX_URL = "https://sandbox.billogram.com/api/v2"
SANDBOX_HOST = "sandbox.billogram.com"
SERVED_URL = "http://127.0.0.1:8025/api/v2"  # where the command `serve` listens unless told otherwise
PRODUCTION_DOMAIN = "billogram.com"
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def checked_address(text: str) -> str:
    """The address as it will be asked; raises SetupError where it must not be."""
    if "@" in text:
        raise SetupError("--base-url holds credentials: put them into the environment instead.")
    prepared = requests.PreparedRequest()
    try:
        prepared.prepare_url(text.strip(), None)
        url = urlsplit(prepared.url or "")
        host, _ = url.hostname, url.port
    except (requests.RequestException, ValueError) as error:
        raise SetupError(f"--base-url {text!r} is no address: {error}.") from None
    if url.scheme not in ("http", "https") or not host or url.query or url.fragment or "%" in host:
        raise SetupError(f"--base-url {text!r} is no address: write it like {SANDBOX_URL}.")
    name = host.rstrip(".").lower()
    if is_production(host):
        raise SetupError(f"--base-url {text!r} is production: the suite never sends anything there.")
    if url.scheme == "http" and name not in LOOPBACK:
        raise SetupError(f"--base-url {text!r} would send the credentials in clear: use https.")
    return url.geturl().rstrip("/")


def is_production(host: str) -> bool:
    """Whether a host is upstream's, and not its sandbox."""
    name = host.rstrip(".").lower()
    return name != SANDBOX_HOST and (name == PRODUCTION_DOMAIN or name.endswith("." + PRODUCTION_DOMAIN))
