"""Schemathesis over both operations: what it generates from the description, judged by the clauses.

Its requests go through our client like all others; it never sends one itself. Where it lets a fault pass (a
bound of a query parameter, say), the prediction does not.
"""

from __future__ import annotations

import copy
import json
import re
from collections import Counter
from typing import Any

import hypothesis
import pytest
import requests
import schemathesis
from schemathesis.core.transport import Response

from billogram_contract.checking.expect import expect
from billogram_contract.pool.leased import LeasedCustomer
from billogram_contract.pool.pool import Pool
from billogram_contract.run import hypothesis_profile
from billogram_contract.spec import description as vendored
from billogram_contract.upstream.client import Client
from billogram_contract.upstream.exchange import Answer, Query
from tests.contract.oracle import ANSWERS, BROKEN, CLEAN, Prediction, predict_body, predict_query

# Quick looks at the boundary values of the coverage phase alone; the other profiles fuzz as well.
IS_QUICK = hypothesis.settings.get_current_profile_name() == hypothesis_profile.DEFAULT
PHASES = [hypothesis.Phase.explicit] if IS_QUICK else hypothesis.settings.default.phases

# What is below a substructure has no documented type of its own: near-misses of it would decide nothing.
SUBSTRUCTURES = ("ContactUpdate", "AddressUpdate", "DeliveryAddressUpdate", "EdiUpdate", "LinksUpdate")


def decisive() -> dict[str, Any]:
    """The description without what no answer could decide."""
    document: dict[str, Any] = copy.deepcopy(dict(vendored.load().document))
    for name in SUBSTRUCTURES:
        document["components"]["schemas"][name].pop("properties")
    return document


schema = schemathesis.openapi.from_dict(decisive())
schema.config.update(base_url="http://nowhere.invalid")  # nothing is sent there: the client knows the address
schema.config.phases.coverage.unexpected_methods = set()

pytestmark = pytest.mark.property
LONGEST_NUMBER = 10  # digits


class Once:
    """Lets a number of requests of one kind through: a place once decided is not asked about for ever."""

    def __init__(self) -> None:
        self._sent: Counter[object] = Counter()

    def wants(self, case: schemathesis.Case, prediction: Prediction) -> bool:
        kind = (case.method, prediction.accepted, prediction.broken)
        self._sent[kind] += 1
        return self._sent[kind] <= max(1, hypothesis.settings.default.max_examples // 3)


@pytest.fixture(scope="module")
def once() -> Once:
    return Once()


def query_of(case: schemathesis.Case) -> Query:
    """The query as it would go over the wire."""
    params: dict[str, Any] = case.as_transport_kwargs()["params"] or {}
    pairs = ((name, value if isinstance(value, list) else [value]) for name, value in params.items())
    return tuple((name, str(one)) for name, values in pairs for one in values)


def body_of(case: schemathesis.Case, number: int) -> Any:
    """The body as a guest may send it: it gives no number outside the pool, replaces no payment link."""
    if not isinstance(case.body, dict):
        return case.body
    # An error may echo the name of an unknown field, in paths too: none that would look wrong there.
    body = {name: value for name, value in _plainly_named(case.body).items() if name != "links"}
    given = body.get("customer_no")
    if isinstance(given, int | float) and (isinstance(given, bool) or given == int(given) > 0):
        body["customer_no"] = number
    return body


def _plainly_named(value: Any) -> Any:
    """A value with the fields alone whose names are plain words."""
    if isinstance(value, list):
        return [_plainly_named(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _plainly_named(inner)
        for name, inner in value.items()
        if re.fullmatch(r"[A-Za-z]\w*", name, re.A)
    }


def is_sendable(body: Any) -> bool:
    """Whether a body is one that JSON can say; Schemathesis marks an absent one by an object of its own."""
    try:
        json.dumps(body, allow_nan=False, ensure_ascii=False).encode()
    except (TypeError, ValueError):
        return False
    return True


def is_enormous(query: Query) -> bool:
    """Whether a number in a query is one that nobody would ask for: how far pages go is open."""
    return any(len(value) > LONGEST_NUMBER and value.lstrip("-").isdecimal() for _, value in query)


def hold(answer: Answer, prediction: Prediction) -> None:
    """The answer is what the prediction demands."""
    if prediction.accepted:
        expect(answer, ANSWERS[answer.call.method]).is_accepted()
    elif prediction.is_decided:
        (fault,) = prediction.broken
        naming = None if prediction.is_open else fault[0] or None
        expect(answer, BROKEN[fault]).is_refused(at=fault[0], naming=naming)
    else:
        expect(answer, CLEAN).is_answered(status=(200, 400, 404))


def send(case: schemathesis.Case, client: Client, customer: LeasedCustomer, once: Once) -> Answer | None:
    """Sends a case through the client and holds its answer; None where it was not worth a request."""
    if case.method == "GET":
        query = query_of(case)
        prediction = predict_query(query)
        if not is_sendable(query) or is_enormous(query) or not once.wants(case, prediction):
            return None
        answer = client.list_raw(query)
    else:
        if not is_sendable(case.body):
            return None
        body = body_of(case, customer.number)
        prediction = predict_body(body)
        if not once.wants(case, prediction):
            return None
        answer = customer.update(body)
    hold(answer, prediction)
    return answer


@pytest.mark.clause(*dict.fromkeys([*BROKEN.values(), *ANSWERS.values(), CLEAN]))
@schema.parametrize()
@hypothesis.settings(phases=PHASES)
def test_generated_request_is_answered_as_described(
    case: schemathesis.Case, client: Client, customer: LeasedCustomer, once: Once
) -> None:
    send(case, client, customer, once)


@pytest.mark.clause(*ANSWERS.values(), CLEAN)
def test_links_lead_from_answer_to_answer(client: Client, pool: Pool) -> None:
    class Chain(schema.as_state_machine()):  # type: ignore[misc]  # built at run time
        """Follows the description's links from the list to an update and from update to update."""

        def setup(self) -> None:
            self.leased = pool.lease()
            (self.customer,) = self.leased.__enter__()

        def teardown(self) -> None:
            self.leased.__exit__(None, None, None)

        def call(self, case: schemathesis.Case, **kwargs: Any) -> Response:
            if case.method == "GET":
                query = query_of(case)
                answer, prediction = client.list_raw(query), predict_query(query)
            else:
                body = body_of(case, pool.free_number()) if is_sendable(case.body) else {}
                answer, prediction = self.customer.update(body), predict_body(body)
            hold(answer, prediction if prediction.accepted else Prediction())
            return response(answer)

        def validate_response(self, *args: Any, **kwargs: Any) -> None:
            """The client has held the answer against the description already."""

    default = hypothesis.settings.default
    Chain.run(settings=hypothesis.settings(default, max_examples=max(2, default.max_examples // 2)))


def response(answer: Answer) -> Response:
    """An answer in Schemathesis' words, for its links to read."""
    headers = {name: [value] for name, value in answer.headers.items()}
    request = requests.Request(answer.call.method, "http://nowhere.invalid" + answer.call.path).prepare()
    return Response(answer.status, headers, answer.content, request, elapsed=0.0, verify=True)
