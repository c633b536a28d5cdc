"""A reverse proxy on loopback that alters no byte, and tells of every exchange that passed.

Bodies are passed on as they come. Of each a copy is kept for whoever hears of it, up to a bound; where that
hears more slowly than exchanges pass, the next request waits.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from billogram_contract.errors import SetupError
from billogram_contract.sdk import wire
from billogram_contract.sdk.passed import SAFE, Open, Passed, Wall
from billogram_contract.sdk.wire import Head, Malformed

HOST = "127.0.0.1"
LARGEST_KEPT = 16 * 2**20  # bytes of a body of which a copy is kept
MOST_UNHEARD = 96 * 2**20  # bytes of copies that nobody has heard of yet
UNHEARD = 0.005  # seconds from one look at that to the next
QUIET = 0.03  # seconds without an exchange after which nothing is under way
WAITING_CONNECTIONS = 128
TO_CONNECT = 10.0  # seconds

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class Relay:
    """`with Relay("https://…/api/v2", hear) as relay:` passes what `relay.base_url` is asked on to there.

    `hear` is called in the relay's own thread and must not wait; `heard` takes back what was dealt with.
    """

    to: str
    hear: Callable[[Passed], None]
    port: int = 0
    wall: Wall = field(default_factory=Open)
    unreachable: int = 0
    _unheard: int = 0
    _count: int = 0

    def __post_init__(self) -> None:
        url = urlsplit(self.to)
        self._host, self.path = url.hostname or "", url.path
        self._tls = ssl.create_default_context() if url.scheme == "https" else None
        self._upstream_port = url.port or (443 if self._tls else 80)
        # A client that asks upstream itself names it; in front of a port of this machine nobody looks.
        self._named = None if self._host == HOST else url.netloc.rpartition("@")[2]
        self._active: set[Passed] = set()
        self._last = 0.0  # when the last exchange ended
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    @property
    def base_url(self) -> str:
        """What the client is to ask instead."""
        return f"http://{HOST}:{self.port}{self.path}"

    def __enter__(self) -> Self:
        """Listens; raises SetupError where the port is taken."""
        self._thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        except OSError as error:
            self._stop()
            raise SetupError(f"Port {self.port} cannot be listened on: {error.strerror}.") from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes the port and all connections."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._stop()

    def heard(self, passed: Passed) -> None:
        """Tells that an exchange was dealt with, and its copy let go."""
        with self._lock:
            self._unheard -= passed.size

    @property
    def is_busy(self) -> bool:
        """Whether something passes, or did a moment ago; never where much waits to be heard of."""
        if self._unheard > MOST_UNHEARD * 3 // 4:
            return False
        return bool(self._active) or self._loop.time() - self._last < QUIET

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(
            self._accept, HOST, self.port, limit=wire.LONGEST_HEAD, backlog=WAITING_CONNECTIONS
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        upstream: Streams | None = None
        try:
            while request := await self._next(reader):
                if upstream is None or upstream[0].at_eof():
                    await _shut(upstream)
                    upstream = await self._connected()
                if not await self._pass((reader, writer), upstream, request):
                    break
        except (ConnectionError, OSError, asyncio.CancelledError):
            pass  # what was cut on one side is cut on the other
        finally:
            self._tasks.discard(task)
            await _shut(upstream)
            await _shut((reader, writer))

    async def _next(self, reader: asyncio.StreamReader) -> Head | None:
        while self._unheard > MOST_UNHEARD:
            await asyncio.sleep(UNHEARD)
        return await wire.read_head(reader)

    async def _connected(self) -> Streams:
        try:
            return await asyncio.wait_for(
                asyncio.open_connection(
                    self._host, self._upstream_port, ssl=self._tls, limit=wire.LONGEST_HEAD
                ),
                TO_CONNECT,
            )
        except (OSError, TimeoutError):
            self.unreachable += 1
            raise ConnectionError("upstream cannot be reached") from None

    async def _pass(self, client: Streams, upstream: Streams, request: Head) -> bool:
        """Passes one exchange; whether the connection goes on after it."""
        passed = self._begin(request)
        try:
            if self.wall.applies(request):
                return await self._pass_wall(client, upstream, passed)
            return await self._exchange(client, upstream, passed)
        finally:
            self._end(passed)

    async def _exchange(self, client: Streams, upstream: Streams, passed: Passed) -> bool:
        length = wire.length_of_request(passed.request)
        upstream[1].write(self._outgoing(passed.request))
        if not length:
            return await self._answer(client, upstream, passed)
        sending = asyncio.create_task(self._send_body(client[0], upstream[1], length, passed))
        try:
            goes_on = await self._answer(client, upstream, passed)
            if goes_on:
                await sending
            return goes_on
        finally:
            sending.cancel()
            with suppress(ConnectionError, OSError, asyncio.CancelledError):
                await sending

    async def _pass_wall(self, client: Streams, upstream: Streams, passed: Passed) -> bool:
        """Passes a request on once it is there as a whole and the wall lets it."""
        raw, body = bytearray(), bytearray()
        async for piece, own in wire.pieces(client[0], wire.length_of_request(passed.request)):
            raw += piece
            body += own
            if len(raw) > LARGEST_KEPT:
                raise Malformed("too large to be looked at before it goes out")
        passed.body = bytes(body)
        refusal = self.wall.refusal(passed.request, passed.body)
        if refusal is not None:
            client[1].write(refusal)
            await client[1].drain()
            return not passed.request.is_last
        try:
            upstream[1].write(self._outgoing(passed.request) + raw)
            return await self._answer(client, upstream, passed)
        finally:
            self.wall.answered(passed)

    def _outgoing(self, request: Head) -> bytes:
        return request.with_host(self._named) if self._named else request.raw

    async def _send_body(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, length: int, passed: Passed
    ) -> None:
        copy: bytearray | None = bytearray()
        passed.body = None
        async for raw, own in wire.pieces(reader, length):
            writer.write(raw)
            await writer.drain()
            copy = _kept(copy, own)
        passed.body = None if copy is None else bytes(copy)

    async def _answer(self, client: Streams, upstream: Streams, passed: Passed) -> bool:
        """Passes an answer back, those before the final one included; whether the connection goes on."""
        while True:
            answer = await wire.read_head(upstream[0])
            if answer is None:
                raise Malformed("no answer")
            client[1].write(answer.raw)
            if answer.status == 101:
                return await self._tunnel(client, upstream)
            if answer.status >= 200:
                break
            await client[1].drain()
        length = wire.length_of_answer(answer, passed.request.method)
        copy: bytearray | None = bytearray()
        async for raw, own in wire.pieces(upstream[0], length):
            client[1].write(raw)
            await client[1].drain()
            copy = _kept(copy, own)
        await client[1].drain()
        passed.answer, passed.content = answer, None if copy is None else bytes(copy)
        return not (passed.request.is_last or answer.is_last or length == wire.UNTIL_THE_END)

    @staticmethod
    async def _tunnel(client: Streams, upstream: Streams) -> bool:
        """Another protocol: all that comes, both ways, until one side ends."""

        async def one_way(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            async for raw, _ in wire.pieces(reader, wire.UNTIL_THE_END):
                writer.write(raw)
                await writer.drain()

        ways = [
            asyncio.create_task(one_way(client[0], upstream[1])),
            asyncio.create_task(one_way(upstream[0], client[1])),
        ]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        return False

    def _begin(self, request: Head) -> Passed:
        self._count += 1
        passed = Passed(self._count, request, self._loop.time())
        for other in self._active:
            if other.request.method not in SAFE or request.method not in SAFE:
                other.is_mixed = passed.is_mixed = True
        self._active.add(passed)
        return passed

    def _end(self, passed: Passed) -> None:
        self._active.discard(passed)
        passed.ended = self._last = self._loop.time()
        with self._lock:
            self._unheard += passed.size
        self.hear(passed)


def _kept(copy: bytearray | None, data: bytes) -> bytearray | None:
    """A copy with more data; None once it is too large."""
    if copy is None or len(copy) + len(data) > LARGEST_KEPT:
        return None
    copy += data
    return copy


async def _shut(streams: Streams | None) -> None:
    if streams is None:
        return
    streams[1].close()
    with suppress(ConnectionError, OSError, asyncio.CancelledError):
        await streams[1].wait_closed()
