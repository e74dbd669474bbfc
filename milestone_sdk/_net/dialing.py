"""TCP connections to a host on asyncio: its name is resolved, and its addresses are tried side by side (RFC 8305)."""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from .names import async_find

if TYPE_CHECKING:
    import httpcore

__all__ = ["dial", "first_connected"]

_HEAD_START: Final = 0.25
"""Seconds after which the next address of a name is tried, beside those that have not answered."""


async def dial(
    host: str,
    port: int,
    *,
    timeout: float | None = None,
    local_address: str | None = None,
    options: Iterable[httpcore.SOCKET_OPTION] = (),
) -> socket.socket:
    """Return a connection to the first address of `host` that answers, in `timeout` seconds at most.

    Raises `OSError`, of which `TimeoutError` is one kind, and `UnicodeError` for what cannot be a name.
    """
    end = None if timeout is None else asyncio.get_running_loop().time() + timeout
    found = await async_find(host, port, timeout=timeout)
    connect = partial(_connect, local_address=local_address, options=options)
    async with asyncio.timeout_at(end):
        return await first_connected([partial(connect, *address) for address in found])


async def _connect(
    family: socket.AddressFamily,
    address: tuple[Any, ...],
    *,
    local_address: str | None,
    options: Iterable[httpcore.SOCKET_OPTION],
) -> socket.socket:
    connection = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # asyncio sets TCP_NODELAY by the last
    try:
        connection.setblocking(False)
        for option in options:
            connection.setsockopt(*option)  # pyright: ignore[reportArgumentType, reportCallIssue]
        if local_address is not None:
            connection.bind((local_address, 0))
        # The scope is a number of its own; with a name in the address, asyncio would look it up.
        target = (address[0].partition("%")[0], *address[1:])
        await asyncio.get_running_loop().sock_connect(connection, target)
    except BaseException:
        connection.close()
        raise
    return connection


async def first_connected(attempts: Sequence[Callable[[], Coroutine[Any, Any, socket.socket]]]) -> socket.socket:
    """Make one attempt after another, or beside one that takes long; return the first connection.

    Raises what the last attempt raised. asyncio has the same, but leaks a connection that is made just when the caller
    is cancelled.
    """
    if len(attempts) == 1:
        return await attempts[0]()
    left = deque(attempts)
    running: set[asyncio.Task[socket.socket]] = set()
    failure: BaseException | None = None
    try:
        while left or running:
            if left:
                running.add(asyncio.create_task(left.popleft()()))
            ended, _ = await asyncio.wait(
                running, timeout=_HEAD_START if left else None, return_when=asyncio.FIRST_COMPLETED
            )
            for attempt in ended:
                running.discard(attempt)
                failure = attempt.exception()
                if failure is None:
                    return attempt.result()
    finally:
        for attempt in running:
            attempt.cancel()
            attempt.add_done_callback(_close_late)
    raise failure or OSError("this name has no address")


def _close_late(attempt: asyncio.Task[socket.socket]) -> None:
    if not attempt.cancelled() and attempt.exception() is None:
        attempt.result().close()
