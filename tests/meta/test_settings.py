"""The settings of a run: what wins, what is implied, and one clear line where one is wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from billogram_contract.errors import SetupError
from billogram_contract.run import settings
from billogram_contract.run.settings import Settings
from billogram_contract.upstream.address import SANDBOX_URL
from billogram_contract.upstream.rate_limit import Limits
from billogram_contract.upstream.target import Target

ENVIRONMENT = {"BILLOGRAM_API_USER": "user", "BILLOGRAM_API_PASSWORD": "a-secret"}


def read(**options: object) -> Settings:
    return settings.read(options, ENVIRONMENT)


def test_defaults_are_the_embedded_sandbox() -> None:
    found = settings.read({}, {})
    assert (found.target, found.base_url, found.customers, found.settle) == ("embedded", "", (), 0.0)
    assert found.fail_on == "additive"


def test_live_run_goes_to_the_sandbox() -> None:
    found = read(target="live")
    assert (found.base_url, found.user, found.password) == (SANDBOX_URL, "user", "a-secret")
    assert found.settle == 2.0


@pytest.mark.parametrize(
    ("name", "given", "surrounding", "expected"),
    [
        ("target", "live", "embedded", "live"),
        ("base_url", "https://given.example/v2", "https://other.example/v2", "https://given.example/v2"),
        ("customers", "9001", "9002", (9001,)),
        ("numbers", "9101-9102", "9200", range(9101, 9103)),
        ("fail_on", "breaking", "relaxed", "breaking"),
        ("settle", "3", "4", 3.0),
        ("journal_dir", "here", "there", Path("here")),
        ("request_rate", "5", "6", Limits(rate=5.0)),
        ("most_requests", "500", "600", Limits(requests=500)),
        ("most_writes", "50", "60", Limits(writes=50)),
    ],
)
def test_option_beats_environment(name: str, given: str, surrounding: str, expected: object) -> None:
    environment = ENVIRONMENT | {"BILLOGRAM_TARGET": "live", f"BILLOGRAM_{name.upper()}": surrounding}
    field = "limits" if isinstance(expected, Limits) else name
    assert getattr(settings.read({name: given}, environment), field) == expected


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("target", "live", "live"),
        ("customers", "9001-9003, 9020,9002", (9001, 9002, 9003, 9020)),
        ("numbers", "9101", range(9101, 9102)),
        ("fail_on", "relaxed", "relaxed"),
        ("settle", "0.5", 0.5),
    ],
)
def test_environment_gives_what_no_option_does(name: str, text: str, expected: object) -> None:
    environment = ENVIRONMENT | {"BILLOGRAM_TARGET": "live", f"BILLOGRAM_{name.upper()}": text}
    assert getattr(settings.read({name: None}, environment), name) == expected


def test_base_url_implies_a_live_run() -> None:
    found = read(base_url="http://127.0.0.1:8025/api/v2/")
    assert (found.target, found.base_url) == ("live", "http://127.0.0.1:8025/api/v2")
    environment = ENVIRONMENT | {"BILLOGRAM_BASE_URL": "https://other.example"}
    assert settings.read({}, environment).target == "live"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_plain_http_reaches_loopback(host: str) -> None:
    assert read(base_url=f"http://{host}:8025/v2").base_url == f"http://{host}:8025/v2"


def test_embedded_run_ignores_the_allotment_of_live_ones() -> None:
    environment = {"BILLOGRAM_CUSTOMERS": "9001", "BILLOGRAM_NUMBERS": "9101"}
    found = settings.read({}, environment)
    assert (found.customers, found.numbers) == ((), range(0))


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"target": "production"}, "--target 'production' is not known"),
        ({"target": "cassettes", "record_mode": "rewrite"}, "--record-mode is for the embedded sandbox"),
        ({"record_mode": "once"}, "--record-mode once would mix recordings"),
        ({"target": "cassettes", "max_age": "a year"}, "--max-age 'a year' is no number of days"),
        ({"target": "embedded", "base_url": "https://other.example"}, "--base-url goes with --target live"),
        ({"base_url": "other.example/api/v2"}, "is no address"),
        ({"base_url": "ftp://other.example"}, "is no address"),
        ({"base_url": "https://"}, "is no address"),
        ({"base_url": "https://other.example/?a=b"}, "is no address"),
        ({"base_url": "https://other.example/#a"}, "is no address"),
        ({"base_url": "https://[other.example"}, "is no address"),
        ({"base_url": "https://other.example:65536"}, "is no address"),
        ({"base_url": "https://other.example:port"}, "is no address"),
        ({"base_url": "http://other.example"}, "would send the credentials in clear"),
        ({"base_url": "http://127.0.0.1.other.example"}, "would send the credentials in clear"),
        ({"target": "live", "customers": "9001-"}, "--customers '9001-' is no range"),
        ({"target": "live", "customers": "some"}, "--customers 'some' is no range"),
        ({"target": "live", "customers": "0"}, "--customers '0' is no range"),
        ({"target": "live", "customers": "٣"}, "is no range"),
        ({"target": "live", "customers": "9002-9001"}, "ends before it starts"),
        ({"target": "live", "customers": "1-1001"}, "allots 1001 customers: at most 1000"),
        ({"target": "live", "numbers": "9101,9102"}, "--numbers '9101,9102' is no range"),
        ({"target": "live", "numbers": "9102-9101"}, "ends before it starts"),
        ({"target": "live", "customers": "9001-9003", "numbers": "9003-9005"}, "Customer 9003 is allotted"),
        ({"settle": "soon"}, "--settle 'soon' is no time"),
        ({"settle": "-1"}, "--settle '-1' is no time"),
        ({"settle": "61"}, "--settle '61' is no time"),
        ({"settle": "nan"}, "--settle 'nan' is no time"),
        ({"request_rate": "fast"}, "--request-rate 'fast' is no rate"),
        ({"request_rate": "0"}, "--request-rate '0' is no rate"),
        ({"request_rate": "nan"}, "--request-rate 'nan' is no rate"),
        ({"most_requests": "many"}, "--most-requests 'many' is no budget"),
        ({"most_writes": "-1"}, "--most-writes '-1' is no budget"),
        ({"fail_on": "everything"}, "--fail-on 'everything' is not known"),
        ({"target": "live", "drift": ["page-size-101-accepted"]}, "for the embedded sandbox alone"),
        ({"target": "live", "variant": ["auth-403"]}, "for the embedded sandbox alone"),
    ],
)
def test_bad_setting_is_told_in_one_line(options: dict[str, object], line: str) -> None:
    with pytest.raises(SetupError, match=re.escape(line)) as caught:
        read(**options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "host",
    [
        "billogram.com",
        "BilloGram.COM",
        "billogram.com.",
        "billogram.com:443",
        "api.billogram.com",
        "www.sandbox.billogram.com",
        "API.billogram.com.",
        "billogram.com..",
        "billogram.com:0443",
        "bill%6fgram.com",
        "BILLOGRAM.COM%2e",
        "billogram.com\\.example",
    ],
)
def test_production_is_refused_however_spelt(host: str) -> None:
    with pytest.raises(SetupError, match="is production"):
        read(base_url=f"https://{host}/api/v2")


@pytest.mark.parametrize("host", ["sandbox.billogram.com", "notbillogram.com", "billogram.com.example"])
def test_other_hosts_are_not_production(host: str) -> None:
    assert read(base_url=f"https://{host}/api/v2").base_url == f"https://{host}/api/v2"


@pytest.mark.parametrize(
    "host",
    [
        "ｂｉｌｌｏｇｒａｍ.com",
        "billogram。com",
        "api．billogram.com",
        "billogram\u00ad.com",
        "bil\tlogram.com",
        "ⓑillogram.com",
    ],
)
def test_host_of_odd_characters_is_refused(host: str) -> None:
    with pytest.raises(SetupError, match=r"is production|is no address"):
        read(base_url=f"https://{host}/api/v2")


@pytest.mark.parametrize(
    "address",
    ["user:a-secret@other.example", "https:/user:a-secret@other.example", "//user:a-secret@billogram.com"],
)
def test_credentials_in_no_address_are_not_shown(address: str) -> None:
    with pytest.raises(SetupError) as caught:
        read(base_url=address)
    assert "a-secret" not in str(caught.value)


@pytest.mark.parametrize("credentials", ["user:a-secret", "a-secret", ":a-secret"])
def test_credentials_in_the_address_are_refused_unshown(credentials: str) -> None:
    with pytest.raises(SetupError, match="holds credentials") as caught:
        read(base_url=f"https://{credentials}@other.example/api")
    assert "a-secret" not in str(caught.value)


@pytest.mark.parametrize("missing", ENVIRONMENT)
def test_live_run_needs_credentials(missing: str) -> None:
    with pytest.raises(SetupError, match="BILLOGRAM_API_USER and BILLOGRAM_API_PASSWORD"):
        settings.read({"target": "live"}, {**ENVIRONMENT, missing: ""})


def test_password_is_in_no_repr() -> None:
    found = read(target="live")
    target = Target("live", found.base_url, found.user, found.password)
    assert "a-secret" not in repr(found) + repr(target)


def test_workers_share_the_allotment() -> None:
    target = Target("live", SANDBOX_URL, "user", "a-secret", tuple(range(9001, 9006)), range(9101, 9104))
    shares = [target.share(index, 2) for index in range(2)]
    assert [share.customers for share in shares] == [(9001, 9003, 9005), (9002, 9004)]
    assert [list(share.numbers) for share in shares] == [[9101, 9103], [9102]]
