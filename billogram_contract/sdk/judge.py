"""Both sides of what passed a proxy, held against the contract: upstream's answers as a run holds them, and
the client's requests."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from urllib.parse import quote

from billogram_contract.checking.counts import count
from billogram_contract.checking.expect import Expectation
from billogram_contract.checking.finding import Drift, Finding
from billogram_contract.checking.laws import Laws
from billogram_contract.checking.recorder import Recorder
from billogram_contract.errors import Blocked, Outage
from billogram_contract.recording import exchanges
from billogram_contract.recording.redaction import Exchange
from billogram_contract.sdk.asked import Asked, Reader
from billogram_contract.sdk.conduct import Conduct
from billogram_contract.sdk.passed import SAFE, Passed
from billogram_contract.sdk.schemas import Fault
from billogram_contract.upstream.exchange import Answer, Call
from billogram_contract.upstream.transport import decoded

CHECK = "proxy"  # stands for the check in findings
BREATH = 0.01  # seconds from one look whether anything passes to the next
ORDINARY = (400, 404)  # that refuse a request for what it asks


@dataclass
class Seen:
    """How many exchanges were seen, and how many of them were judged, or why not."""

    judged: int = 0
    others: int = 0
    unanswered: int = 0
    too_large: int = 0

    @property
    def ours(self) -> int:
        """The exchanges of the two operations."""
        return self.judged + self.unanswered + self.too_large


@dataclass
class Judge:
    """Judges what passes in a thread of its own, in the order in which it was answered.

    `path` is that of the API; `settle` how long, in seconds, a list may lag behind. `keep` gets each exchange
    that was judged, `done` all that was dealt with. It waits while `is_busy`: to judge would slow
    down what passes.
    """

    recorder: Recorder
    reader: Reader
    path: str
    settle: float = 0.0
    keep: Callable[[Exchange], None] = lambda exchange: None
    done: Callable[[Passed], None] = lambda passed: None
    is_busy: Callable[[], bool] = lambda: False
    seen: Seen = field(default_factory=Seen)
    mistakes: dict[str, Finding] = field(default_factory=dict)
    errors: list[Exception] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.recorder.begin(CHECK, ())
        self._conduct = Conduct(self.recorder.description)
        self._time = 0.0
        self._is_ending = False
        self._waiting: queue.SimpleQueue[Passed | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()
        self._forget()

    def hear(self, passed: Passed) -> None:
        """Takes an exchange in; returns at once."""
        self._waiting.put(passed)

    def end(self) -> None:
        """Judges what is still waiting, and what the client left undone; raises what failed in here."""
        self._is_ending = True
        self._waiting.put(None)
        self._thread.join()
        if self.errors:
            raise self.errors[0]
        for fault, query, page in self._conduct.at_the_end():
            call = Call(query=(("page", str(page)), *query))
            self._blame(fault, call)
        self.recorder.end()

    def _work(self) -> None:
        while (passed := self._waiting.get()) is not None:
            while not self._is_ending and self.is_busy():
                time.sleep(BREATH)
            try:
                self._judge(passed)
            except Exception as error:  # a fault of this suite, told at the end
                self.errors.append(error)
            finally:
                self.done(passed)

    def _judge(self, passed: Passed) -> None:
        request, answer = passed.request, passed.answer
        exchange = self._exchange(passed)
        if exchange is None:
            self.seen.others += 1
            if request.method not in SAFE:
                self._forget()  # it may have changed anything
            return
        call = exchanges.call_of(exchange)
        if call is None or answer is None or passed.body is None or passed.content is None:
            self.seen.unanswered += answer is None
            self.seen.too_large += answer is not None
            if request.method not in SAFE:
                self._forget()
            return
        self.seen.judged += 1
        asked = Asked(
            replace(call, credentials=self.reader.names(request.headers)), request.target, request.headers
        )
        content, undecoded = decoded(passed.content, answer.headers)
        seconds = passed.ended - passed.started
        told = Answer(asked.call, answer.status, answer.headers, content, seconds, undecoded)
        self.keep(replace(exchange, content=content))
        self._time = passed.started if request.method in SAFE else passed.ended
        self._of_upstream(told, is_mixed=passed.is_mixed)
        self._of_client(asked, told, passed)

    def _exchange(self, passed: Passed) -> Exchange | None:
        """The exchange, if it was of one of the two operations."""
        request, answer = passed.request, passed.answer
        path, mark, query = request.target.partition("?")
        if not path.startswith(f"{self.path}/customer"):
            return None
        # Bytes that are no ASCII are the client's fault; here they are read as any server would.
        url = f"http://localhost{path.removeprefix(self.path)}{mark}{quote(query, safe='%&=+:/?;,@!*()$~[]')}"
        headers = answer.headers if answer else {}
        status = answer.status if answer else 0
        body = passed.body if request.method == "PUT" else None
        exchange = Exchange(request.method, url, body, status, headers, passed.content or b"")
        return exchange if exchanges.call_of(exchange) is not None else None

    # ---------------------------------------------------------------- upstream

    def _forget(self) -> None:
        self.recorder.laws = Laws(clock=lambda: self._time)
        self.recorder.laws.settle = self.settle
        self._conduct.forget()

    def _of_upstream(self, answer: Answer, *, is_mixed: bool) -> None:
        """Holds an answer as a run does; what was under way beside a change is not held to the laws."""
        if is_mixed:
            self._forget()
        if answer.call.body is not None:
            self.recorder.laws.sending(answer.call)
        self.recorder.receive(answer)
        if is_mixed and answer.call.body is not None:
            self._forget()

    # ---------------------------------------------------------------- the client

    def _of_client(self, asked: Asked, answer: Answer, passed: Passed) -> None:
        faults = list(self.reader.faults(asked))
        for fault in faults:
            self._blame(fault, asked.call)
        self._expected(faults, answer)
        for fault in self._conduct.faults(asked, answer, passed.started, passed.ended):
            self._blame(fault, asked.call)

    def _expected(self, faults: list[Fault], answer: Answer) -> None:
        """Holds upstream to the refusal that is promised of a mistake, and to taking a list that is plain."""
        promised = [fault for fault in faults if fault.is_refused]
        if len(faults) == 1 and promised:
            clause = promised[0].clause
            is_access = clause.startswith("auth.")
            self._expect(
                answer, clause, lambda it: it.is_denied() if is_access else it.is_refused(status=ORDINARY)
            )
        elif not faults and (plain := self.reader.clause_of_plain_list(answer.call)):
            self._expect(answer, plain, Expectation.is_accepted)

    def _expect(self, answer: Answer, clause: str, expectation: Callable[[Expectation], Expectation]) -> None:
        with suppress(Outage, Blocked):
            try:
                expectation(Expectation(answer, clause))
            except Drift as drift:
                self.recorder.add(drift.findings)

    def _blame(self, fault: Fault, call: Call) -> None:
        finding = Finding(
            clause=fault.clause,
            direction=fault.direction,
            operation=" ".join(call.operation),
            pointer=fault.pointer,
            expected=fault.expected,
            observed=fault.observed,
            curl=call.curl(self.recorder.base_url),
            asked=call.brief,
            cause="client",
        )
        count(self.recorder.record.counts, [finding.fingerprint])
        self.mistakes.setdefault(finding.fingerprint, finding)


def lines(seen: Seen, unreachable: int, refused: int) -> Iterator[str]:
    """What passed and was not judged, a line each."""
    for number, told in (
        (seen.others, "of other endpoints passed unjudged"),
        (seen.unanswered, "were not answered as a whole"),
        (seen.too_large, "were too large to be judged"),
        (unreachable, "did not reach upstream"),
        (refused, "were kept from leaving: their customers or numbers are not allotted"),
    ):
        if number:
            yield f"{number} requests {told}"
