"""The embedded sandbox: the faithful account over real HTTP, and that every wrap starts and answers."""

from __future__ import annotations

import json
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from billogram_api import (  # type: ignore[import-untyped]
    BillogramAPI,
    InvalidFieldValueError,
    ObjectNotFoundError,
    UnknownFieldError,
)

from billogram_contract.sandbox import DRIFTS, VARIANTS, Request, Sandbox

CLAUSES = Path(__file__).parents[2] / "openapi" / "clauses.toml"
EVERYTHING = {"page": "1", "page_size": "100"}


@dataclass(frozen=True)
class Caller:
    """Speaks plain HTTP with a sandbox."""

    sandbox: Sandbox
    session: requests.Session

    def get(self, **query: Any) -> requests.Response:
        return self.session.get(f"{self.sandbox.base_url}/customer", params=EVERYTHING | query)

    def put(self, number: int | str, body: Any) -> requests.Response:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.session.put(f"{self.sandbox.base_url}/customer/{number}", data=data)

    def customers(self, **query: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get(**query).json()["data"]
        return found

    def customer(self, number: int) -> dict[str, Any]:
        return next(customer for customer in self.customers() if customer["customer_no"] == number)


def calling(sandbox: Sandbox) -> Caller:
    session = requests.Session()
    session.trust_env = False  # neither a proxy nor .netrc
    session.auth = (sandbox.user, sandbox.password)
    return Caller(sandbox, session)


@pytest.fixture(scope="module")
def caller() -> Iterator[Caller]:
    """A sandbox that the tests of this module share, each writing to customers of its own."""
    with Sandbox() as sandbox:
        one = calling(sandbox)
        yield one
        one.session.close()
    assert sandbox.errors == []


def error(answer: requests.Response) -> tuple[int, str, str | None]:
    """What the refusal says: status code, identifier, path of the field."""
    envelope = answer.json()
    return answer.status_code, envelope["status"], envelope["data"].get("field_path")


# Start and stop


def test_two_sandboxes_share_nothing() -> None:
    with Sandbox() as first, Sandbox() as second:
        assert first.base_url != second.base_url
        assert first.password != second.password
        calling(first).put(9001, {"name": "Bara här"})
        assert calling(second).customer(9001)["name"] != "Bara här"


def test_start_and_stop_are_quick() -> None:
    started = time.perf_counter()
    with Sandbox() as sandbox:
        assert calling(sandbox).get().status_code == 200
    assert time.perf_counter() - started < 1


def test_stopped_sandbox_frees_its_port() -> None:
    with Sandbox() as sandbox:
        port = sandbox.port
    with Sandbox(port=port) as again:
        assert again.base_url == f"http://127.0.0.1:{port}/api/v2"
        assert calling(again).get().status_code == 200


def test_seed_is_the_same_at_every_start() -> None:
    with Sandbox() as first, Sandbox() as second:
        assert calling(first).customers() == calling(second).customers()


def test_database_file_survives_a_restart(tmp_path: Path) -> None:
    file = str(tmp_path / "customers.sqlite")
    with Sandbox(database=file, others=3) as sandbox:
        calling(sandbox).put(9001, {"customer_no": 9150, "notes": "kvar"})
    with Sandbox(database=file) as sandbox:
        assert calling(sandbox).customer(9150)["notes"] == "kvar"
        assert calling(sandbox).get().json()["meta"] == {"total_count": 15}


def test_thousands_of_customers_are_quick() -> None:
    with Sandbox(others=3000) as sandbox:
        caller, started = calling(sandbox), time.perf_counter()
        assert caller.get(page=31).json()["meta"] == {"total_count": 3012}
        assert len(caller.customers(page=5, order_field="name", order_direction="desc")) == 100
        assert caller.customers(filter_type="special", filter_field="search", filter_value="prov")
        assert time.perf_counter() - started < 1


def test_unknown_drift_names_the_closest() -> None:
    with pytest.raises(ValueError, match="closest is 'page-size-101-accepted'"):
        Sandbox(drifts=["page-size-101-acepted"])


def test_unknown_variant_names_the_closest() -> None:
    with pytest.raises(ValueError, match="closest is 'auth-403'"):
        Sandbox(variants=["auth-402"])


def test_requests_are_recorded(caller: Caller) -> None:
    caller.get(filter_type="field", filter_field="name", filter_value="Åsa")
    last = caller.sandbox.requests[-1]
    assert (last.method, last.path) == ("GET", "/api/v2/customer")
    assert dict(last.query)["filter_value"] == "Åsa"


# Seed


def test_allotted_customers_have_every_field(caller: Caller) -> None:
    for number in caller.sandbox.customers:
        customer = caller.customer(number)
        empty = [name for name, value in customer.items() if value is None and name != "updated_at"]
        nested = [v for value in customer.values() if isinstance(value, dict) for v in value.values()]
        assert not empty
        assert None not in nested
        assert (len(customer), customer["language"]) == (17, "sv")


def test_seed_is_varied(caller: Caller) -> None:
    customers = caller.customers()
    assert {len(str(customer["customer_no"])) for customer in customers} == set(range(1, 9))
    assert len({customer["created_at"] for customer in customers}) == len(customers) == 52
    assert any(customer["updated_at"] is None for customer in customers)
    assert any("contact" not in customer for customer in customers)
    by_age = [customer["customer_no"] for customer in caller.customers(order_field="created_at")]
    assert by_age != sorted(by_age)


def test_free_numbers_are_free(caller: Caller) -> None:
    assert not set(caller.sandbox.numbers) & {customer["customer_no"] for customer in caller.customers()}


# Authentication


@pytest.mark.parametrize(
    ("credentials", "identifier"),
    [
        (None, "MISSING_AUTH"),
        (("{user}", "wrong"), "INVALID_AUTH"),
        (("nobody", "{password}"), "INVALID_AUTH"),
        (("", ""), "INVALID_AUTH"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_wrong_credentials_are_refused(
    caller: Caller, credentials: tuple[str, str] | None, identifier: str, method: str
) -> None:
    sandbox, session = caller.sandbox, requests.Session()
    session.trust_env = False
    if credentials:
        known = {"user": sandbox.user, "password": sandbox.password}
        session.auth = (credentials[0].format(**known), credentials[1].format(**known))
    with session:
        answer = session.request(method, f"{sandbox.base_url}/customer{'/9001' if method == 'PUT' else ''}")
    assert error(answer) == (401, identifier, None)
    assert answer.headers["www-authenticate"].startswith("Basic ")


# Routes


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/customer/9001", 404),
        ("GET", "/customers", 404),
        ("GET", "/customer/", 404),
        ("POST", "/customer", 405),
        ("DELETE", "/customer/9001", 405),
        ("PUT", "/customer/8999", 404),
        ("PUT", "/customer/abc", 404),
        ("PUT", "/customer/99999999999999999999", 404),
    ],
)
def test_other_routes_are_refused(caller: Caller, method: str, path: str, status: int) -> None:
    answer = caller.session.request(method, caller.sandbox.base_url + path, data=b"{}")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["data"]["message"]


# List


def test_pages_partition_the_customers(caller: Caller) -> None:
    pages = [caller.customers(page=page, page_size=7, order_field="name") for page in range(1, 10)]
    numbers = [customer["customer_no"] for page in pages for customer in page]
    assert [len(page) for page in pages] == [7] * 7 + [3, 0]
    assert len(set(numbers)) == 52


def test_list_is_sorted_by_number(caller: Caller) -> None:
    numbers = [customer["customer_no"] for customer in caller.customers()]
    assert numbers == sorted(numbers)
    turned = caller.customers(order_field="customer_no", order_direction="desc")
    assert [customer["customer_no"] for customer in turned] == numbers[::-1]


def test_sample_request_lists_everything(caller: Caller) -> None:
    empty = {"filter_field": "", "filter_value": "", "order_field": ""}
    answer = caller.get(page_size=25, filter_type="field", order_direction="asc", **empty)
    assert answer.json()["meta"] == {"total_count": 52}


@pytest.mark.parametrize(
    ("query", "identifier", "field"),
    [
        ({"page": None}, "MISSING_QUERY_PARAMETER", "page"),
        ({"page_size": None}, "MISSING_QUERY_PARAMETER", "page_size"),
        *[({"page": bad}, "INVALID_QUERY_PARAMETER", "page") for bad in ("0", "-1", "1.0", "", " 1", "١")],
        *[({"page_size": bad}, "INVALID_QUERY_PARAMETER", "page_size") for bad in ("0", "101", "ten")],
        ({"filter_type": "like"}, "INVALID_QUERY_PARAMETER", "filter_type"),
        ({"order_direction": "ASC"}, "INVALID_QUERY_PARAMETER", "order_direction"),
        ({"order_field": "shoe_size"}, "INVALID_QUERY_PARAMETER", "order_field"),
        ({"filter_field": "name"}, "INVALID_QUERY_PARAMETER", "filter_type"),
        (
            {"filter_type": "field", "filter_field": "shoe_size", "filter_value": "41"},
            "INVALID_QUERY_PARAMETER",
            "filter_field",
        ),
    ],
)
def test_bad_query_is_refused(caller: Caller, query: dict[str, Any], identifier: str, field: str) -> None:
    assert error(caller.get(**query)) == (400, identifier, field)


def test_huge_page_is_empty(caller: Caller) -> None:
    answer = caller.get(page="9" * 5000)
    assert answer.json() == {"status": "OK", "meta": {"total_count": 52}, "data": []}


@pytest.mark.parametrize(
    ("kind", "value", "found"),
    [
        ("field", "kund.9004@example", False),
        ("field-prefix", "kund.9004@example", True),
        ("field-prefix", "9004@example", False),
        ("field-search", "9004@example", True),
        ("field-search", "9004%example", False),
    ],
)
def test_filter_type_decides_how_to_match(caller: Caller, kind: str, value: str, found: bool) -> None:
    customers = caller.customers(filter_type=kind, filter_field="contact:email", filter_value=value)
    assert [customer["customer_no"] for customer in customers] == [9004] * found


def test_full_text_search_looks_everywhere(caller: Caller) -> None:
    search = {"filter_type": "special", "filter_field": "search"}
    assert [c["customer_no"] for c in caller.customers(filter_value="KUND.9005@", **search)] == [9005]
    assert caller.customers(filter_value="\0", **search) == []


# Update


def test_update_merges_and_answers(caller: Caller) -> None:
    before = caller.customer(9001)
    after = caller.put(9001, {"contact": {"phone": None}, "edi": None, "address": {"zipcode": "175 69"}})
    expected = before | {"updated_at": after.json()["data"]["updated_at"]}
    expected["contact"] = before["contact"] | {"phone": None}
    expected["address"] = before["address"] | {"zipcode": "17569"}
    assert after.json() == {"status": "OK", "data": expected}
    assert caller.customer(9001) == expected
    assert expected["updated_at"] > str(before["updated_at"])


def test_street_address_is_address_line_1(caller: Caller) -> None:
    answer = caller.put(9002, {"address": {"street_address": " Lavendelväg 27 "}})
    assert answer.json()["data"]["address"]["address_line_1"] == " Lavendelväg 27 "
    assert "street_address" not in answer.json()["data"]["address"]


@pytest.mark.parametrize("name", ["x", "x" * 100, "🎣" * 100, " å "])
def test_name_of_up_to_100_characters_is_kept(caller: Caller, name: str) -> None:
    assert caller.put(9003, {"name": name}).json()["data"]["name"] == name


@pytest.mark.parametrize(
    ("body", "identifier", "path"),
    [
        *[({"name": bad}, "INVALID_PARAMETER", "name") for bad in ("", "x" * 101, None, 5, "\0", "\ud800")],
        *[({"customer_no": bad}, "INVALID_PARAMETER", "customer_no") for bad in (0, -1, True, None, "9101")],
        *[({"customer_no": bad}, "INVALID_PARAMETER", "customer_no") for bad in (9101.5, 2**31, 10**40)],
        ({"customer_no": 9006}, "INVALID_PARAMETER", "customer_no"),
        ({"company_type": "association"}, "INVALID_PARAMETER", "company_type"),
        ({"language": "swe"}, "INVALID_PARAMETER", "language"),
        ({"letter_forwarding_enabled": 1}, "INVALID_PARAMETER", "letter_forwarding_enabled"),
        ({"contact": {"email": 5}}, "INVALID_PARAMETER", "contact:email"),
        ({"contact": "x"}, "INVALID_PARAMETER", "contact"),
        ({"edi": {"x": ""}}, "UNKNOWN_PARAMETER", "edi:x"),
        ({"shoe_size": 41}, "UNKNOWN_PARAMETER", "shoe_size"),
        ({"\ud800": 41}, "UNKNOWN_PARAMETER", None),
        ({"created_at": "2020-01-01T00:00:00Z"}, "READ_ONLY_PARAMETER", "created_at"),
        *[(bad, "INVALID_PARAMETER", None) for bad in (b"", b"{", b"\xff", b"[]", b"null", b'{"name":NaN}')],
        (b"[" * 100_000, "INVALID_PARAMETER", None),
    ],
)
def test_bad_body_is_refused(caller: Caller, body: Any, identifier: str, path: str | None) -> None:
    before = caller.customer(9005)
    if isinstance(body, dict):
        body = {"notes": "halvvägs"} | body
    assert error(caller.put(9005, body)) == (400, identifier, path)
    assert caller.customer(9005) == before


def test_links_are_ignored(caller: Caller) -> None:
    before = caller.customer(9007)
    answer = caller.put(9007, {"links": {"automatic_payments_setup_link": "https://example.org"}})
    assert answer.json()["data"]["links"] == before["links"]


@pytest.mark.parametrize("language", ["", None])
def test_empty_language_is_the_default(caller: Caller, language: str | None) -> None:
    assert caller.put(9007, {"language": language}).json()["data"]["language"] is None


def test_renumbered_customer_has_the_new_number_only(caller: Caller) -> None:
    before = caller.customer(9008)
    after = caller.put(9008, {"customer_no": 9108}).json()["data"]
    assert after == before | {"customer_no": 9108, "updated_at": after["updated_at"]}
    assert error(caller.put(9008, {})) == (404, "NOT_FOUND", None)
    assert caller.put(9108, {"customer_no": 9008}).status_code == 200


def test_two_updates_move_updated_at(caller: Caller) -> None:
    stamps = [caller.put(9009, {}).json()["data"]["updated_at"] for _ in range(5)]
    assert stamps == sorted(set(stamps))


# The published client


def test_published_client_works(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    sandbox = caller.sandbox
    api = BillogramAPI(sandbox.user, sandbox.password, api_base=sandbox.base_url)
    query = api.customers.query()
    query.page_size = 20
    assert len({customer["customer_no"] for customer in query.iter_all()}) == query.count == 52
    assert api.customers.query().filter_field("customer_no", "9010").count == 1
    assert api.put("customer/9010", {"name": "Över AB"})["data"]["name"] == "Över AB"
    for body, refusal in (({"name": 5}, InvalidFieldValueError), ({"x": 5}, UnknownFieldError)):
        with pytest.raises(refusal):
            api.put("customer/9010", body)
    with pytest.raises(ObjectNotFoundError):
        api.put("customer/9999", {})


# Variants and drifts


def failures(sandbox: Sandbox) -> list[Exception]:
    """Lists and updates once, without the network, and gives what the handlers raised."""
    for request in (
        Request("GET", "/api/v2/customer", tuple(EVERYTHING.items()), _authorisation(sandbox)),
        Request("PUT", "/api/v2/customer/9001", (), _authorisation(sandbox), b'{"notes":"ny"}'),
        Request("PUT", "/api/v2/customer/9001", (), _authorisation(sandbox), b'{"name":5}'),
        Request("PUT", "/api/v2/customer/1000", (), _authorisation(sandbox), b"{"),
        Request("PUT", "/api/v2/customer/9001"),
    ):
        sandbox.answer(request)
    return sandbox.errors


def _authorisation(sandbox: Sandbox) -> dict[str, str]:
    prepared = requests.Request("GET", "http://localhost", auth=(sandbox.user, sandbox.password)).prepare()
    return {"authorization": prepared.headers["Authorization"]}


@pytest.mark.parametrize("name", VARIANTS)
def test_variant_answers(name: str) -> None:
    assert VARIANTS[name].summary
    assert failures(Sandbox(variants=[name], others=5)) == []


@pytest.mark.parametrize("name", DRIFTS)
def test_drift_answers(name: str) -> None:
    assert DRIFTS[name].summary
    assert failures(Sandbox(drifts=[name], others=5)) == []


def test_drifts_and_variants_go_together() -> None:
    with Sandbox(drifts=["page-size-101-accepted"], variants=["auth-403", "null-text-refused"]) as sandbox:
        caller = calling(sandbox)
        assert caller.get(page_size=101).status_code == 200
        assert caller.get(page_size=102).status_code == 400
        assert caller.put(9001, {"notes": None}).status_code == 400


def test_every_testable_clause_has_a_drift() -> None:
    families = tomllib.loads(CLAUSES.read_text(encoding="utf-8"))
    clauses = {f"{family}.{name}": clause for family, of in families.items() for name, clause in of.items()}
    musts = {
        name for name, clause in clauses.items() if clause["level"] == "must" and not clause.get("untestable")
    }
    broken = {clause for drift in DRIFTS.values() for clause in drift.breaks}
    assert musts - broken == set()
    assert broken - clauses.keys() == set()
