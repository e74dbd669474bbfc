"""A TCP proxy on 127.0.0.1 that does to a connection what bad networks do; TLS passes through it untouched.

::

    with Simulator() as sim, FaultProxy(sim.event_server_url) as proxy:
        client = AsyncClient(sim.url, user, addresses={"event_server": proxy.url}, ...)
        black_hole = proxy.add("timeout", stream="both")
        ...
        black_hole.remove()
"""

import asyncio
import contextlib
import random
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

from milestone_sdk.simulator.faultproxy.toxics import Stream, Toxic, new_toxic
from milestone_sdk.simulator.wire.listener import Listener, reset_connection
from milestone_sdk.simulator.wire.loopthread import LoopThread

__all__ = ["FaultProxy"]

_CHUNK: Final = 1 << 20
_CONNECT_SECONDS: Final = 10.0
_GOODBYE_SECONDS: Final = 2.0
_BEATS_PER_SECOND: Final = 20
"""Into how many pieces `bandwidth` cuts a second."""
_MOST_CONNECTIONS: Final = 5000


class FaultProxy:
    """Passes every connection on to `upstream`, a URL, under the toxics that are on.

    It listens from `__enter__` to `__exit__`, in a thread of its own, or where `run` (such as `Simulator.run`) runs it.
    Every method may be called from any other thread. `seed` decides jitter, sizes, and which connections are struck.
    """

    def __init__(
        self, upstream: str, *, run: Callable[[Coroutine[Any, Any, Any]], Any] | None = None, seed: int = 0
    ) -> None:
        parts = urlsplit(upstream)
        if parts.hostname is None or parts.port is None:
            raise ValueError(f"upstream must be scheme://host:port, got {upstream!r}")
        self._scheme, self._host, self._port = parts.scheme, parts.hostname, parts.port
        self._random = random.Random(seed)
        self._listener = Listener(self._serve)
        self._toxics: tuple[Toxic, ...] = ()
        self._switching = asyncio.Lock()
        self._connections: set[_Connection] = set()
        self._own = LoopThread("proxy")
        self._run: Callable[[Coroutine[Any, Any, Any]], Any] = self._own.run if run is None else run
        self._runs_itself = run is None
        self.accepted: int = 0
        """How many connections have been made so far."""

    def __enter__(self) -> Self:
        if self._runs_itself:
            self._own.start()
        try:
            self._run(self._listener.start())
        except BaseException:
            self._own.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self._run(self._listener.close())
        finally:
            self._own.stop()

    @property
    def url(self) -> str:
        """Where clients connect, with the scheme of `upstream`."""
        return f"{self._scheme}://127.0.0.1:{self.port}"

    @property
    def port(self) -> int:
        """The port, the same also after `down`."""
        if self._listener.port is None:
            raise RuntimeError("the proxy was not started")
        return self._listener.port

    @property
    def open(self) -> int:
        """How many connections are open now."""
        return len(self._connections)

    @property
    def toxics(self) -> tuple[Toxic, ...]:
        """The toxics that are on, in the order they were added."""
        return self._toxics

    def add(self, kind: str, *, stream: Stream = "downstream", toxicity: float = 1.0, **attributes: float) -> Toxic:
        """Switch a toxic on, for open and for new connections.

        * `latency`: every piece arrives `seconds` later, give or take `jitter`.
        * `bandwidth`: at most `rate` bytes a second.
        * `slow_close`: an end of the stream is passed on `seconds` later.
        * `timeout`: nothing passes, neither data nor ends; after `seconds` the connection ends, with 0 never. When the
          toxic is removed, connections of which it swallowed something end.
        * `reset_peer`: RST to both sides, `seconds` after the connection and the toxic met.
        * `slicer`: pieces of `size` bytes, give or take `variation`, `delay` seconds apart.
        * `limit_data`: the connection ends after `bytes` more.
        * `down`: the port and every connection are closed; `stream` and `toxicity` have no effect.

        `toxicity` is the share of the connections that are struck. Raises ValueError for an unknown kind or attribute.
        """
        toxic = new_toxic(kind, stream, toxicity, attributes, self._remove)
        self._run(self._switch(lambda on: (*on, toxic)))
        return toxic

    def clear(self) -> None:
        """Switch every toxic off."""
        self._run(self._switch(lambda _: ()))

    def _remove(self, toxic: Toxic) -> None:
        self._run(self._switch(lambda on: tuple(each for each in on if each is not toxic)))

    async def _switch(self, change: Callable[[tuple[Toxic, ...]], tuple[Toxic, ...]]) -> None:
        async with self._switching:
            self._toxics = change(self._toxics)
            if any(toxic.kind == "down" for toxic in self._toxics):
                await self._listener.close()
            elif not self._listener.listening:
                await self._listener.start()
        for connection in list(self._connections):
            connection.notice()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        if len(self._connections) >= _MOST_CONNECTIONS:
            return
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                onward = await asyncio.open_connection(self._host, self._port, limit=_CHUNK)
        except (OSError, TimeoutError):
            reset_connection(writer)
            return
        connection = _Connection((reader, writer), onward, lambda: self._toxics, self._random)
        self._connections.add(connection)
        try:
            await connection.serve()
        finally:
            self._connections.discard(connection)
            await _close(onward[1])


async def _close(writer: asyncio.StreamWriter) -> None:
    """Send the remaining bytes, if the peer accepts them soon."""
    try:
        writer.close()
        with contextlib.suppress(OSError, TimeoutError):
            await asyncio.wait_for(writer.wait_closed(), _GOODBYE_SECONDS)
    finally:
        writer.transport.abort()


_Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class _Connection:
    """One client, and the server behind it."""

    def __init__(
        self, client: _Ends, server: _Ends, toxics: Callable[[], tuple[Toxic, ...]], source: random.Random
    ) -> None:
        self.random = source
        self._writers = (client[1], server[1])
        self._toxics = toxics
        self._struck: dict[Toxic, float | None] = {}
        self._changed = asyncio.Event()
        self._directions = (
            _Direction(self, "upstream", client[0], server[1]),
            _Direction(self, "downstream", server[0], client[1]),
        )

    async def serve(self) -> None:
        """Pass bytes on until the server ends its stream, either side fails, or a toxic ends the connection.

        A server that ends its stream has closed: what a client sent it afterwards would be answered with RST.
        """
        sending, answering = (asyncio.create_task(direction.pour()) for direction in self._directions)
        tasks = {sending, answering, asyncio.create_task(self._watch())}
        try:
            done, others = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if done == {sending} and sending.exception() is None:
                done, others = await asyncio.wait(others, return_when=asyncio.FIRST_COMPLETED)
            if any(task.exception() is not None for task in done):
                self._reset()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def notice(self) -> None:
        """The toxics have changed."""
        self._changed.set()

    def struck(self, stream: Stream | None = None) -> list[Toxic]:
        """The toxics that strike this connection, in one direction or any; whether is decided once for each."""
        now = asyncio.get_running_loop().time()
        found: list[Toxic] = []
        for toxic in self._toxics():
            if toxic not in self._struck:
                self._struck[toxic] = now if self.random.random() < toxic.toxicity else None
            if self._struck[toxic] is not None and (stream is None or toxic.flows(stream)):
                found.append(toxic)
        return found

    async def pause(self, seconds: float | None) -> None:
        """Wait that long, or until the toxics change; None waits indefinitely."""
        self._changed.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()

    async def _watch(self) -> None:
        """End the connection when a toxic's time has passed."""
        while True:
            now, nearest = asyncio.get_running_loop().time(), float("inf")
            if any(direction.ended_by_toxic for direction in self._directions):
                return
            for toxic in self.struck():
                if toxic.kind not in ("timeout", "reset_peer") or (toxic.kind == "timeout" and not toxic["seconds"]):
                    continue
                due = (self._struck[toxic] or now) + toxic["seconds"]
                if due <= now:
                    if toxic.kind == "reset_peer":
                        self._reset()
                    return
                nearest = min(nearest, due)
            await self.pause(None if nearest == float("inf") else nearest - now)

    def _reset(self) -> None:
        for writer in self._writers:
            reset_connection(writer)


class _Direction:
    """One direction of one connection."""

    def __init__(
        self, connection: _Connection, stream: Stream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._connection = connection
        self._stream: Stream = stream
        self._reader = reader
        self._writer = writer
        self._passed: dict[Toxic, int] = {}
        self._lost = False
        self._over_limit = False

    @property
    def ended_by_toxic(self) -> bool:
        """Whether `limit_data` was reached, or a `timeout` that swallowed data has ended."""
        return self._over_limit or (self._lost and not self._toxics("timeout"))

    def _toxics(self, kind: str) -> list[Toxic]:
        return [toxic for toxic in self._connection.struck(self._stream) if toxic.kind == kind]

    async def pour(self) -> None:
        """Pass data on, and then the end of the stream."""
        while data := await self._reader.read(_CHUNK):
            await self._delay("latency")
            await self._deliver(memoryview(data))
        await self._delay("slow_close")
        while self._toxics("timeout"):
            self._lost = True
            await self._connection.pause(None)
        if self._stream == "upstream":
            self._writer.write_eof()

    async def _delay(self, kind: str) -> None:
        """Wait as long as toxics of that kind say, less if they are removed meanwhile."""
        clock = asyncio.get_running_loop().time
        began = clock()
        jitter = self._connection.random.uniform(-1, 1)
        while True:
            toxics = self._toxics(kind)
            seconds = sum(toxic["seconds"] + jitter * toxic.attributes.get("jitter", 0.0) for toxic in toxics)
            left = began + seconds - clock()
            if left <= 0:
                return
            await self._connection.pause(left)

    async def _deliver(self, data: memoryview) -> None:
        while data:
            if self._over_limit or self._toxics("timeout"):
                self._lost = True
                return
            size, pause = self._next_piece(len(data))
            size = self._within_limit(size)
            self._writer.write(bytes(data[:size]))
            await self._writer.drain()
            if self._over_limit:
                self._connection.notice()
                return
            data = data[size:]
            if pause and data:
                await self._connection.pause(pause)

    def _next_piece(self, left: int) -> tuple[int, float]:
        """How many bytes to send now, and how many seconds to wait after them."""
        size, pause = left, 0.0
        for toxic in self._toxics("slicer"):
            variation = self._connection.random.uniform(-1, 1) * toxic["variation"]
            size = min(size, max(1, int(toxic["size"] + variation)))
            pause += toxic["delay"]
        for toxic in self._toxics("bandwidth"):
            size = min(size, max(1, int(toxic["rate"] / _BEATS_PER_SECOND)))
            pause += size / toxic["rate"]
        return size, pause

    def _within_limit(self, size: int) -> int:
        for toxic in self._toxics("limit_data"):
            left = int(toxic["bytes"]) - self._passed.get(toxic, 0)
            if size >= left:
                size, self._over_limit = max(left, 0), True
            self._passed[toxic] = self._passed.get(toxic, 0) + size
        return size
