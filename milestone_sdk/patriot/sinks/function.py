"""Signals to a function of the program."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from contextvars import copy_context
from inspect import isawaitable, iscoroutinefunction
from typing import Any, Final

from ..._net.threads import Workers
from ...errors import ConfigurationError, SinkError, SinkUnavailable
from ..signals import Signal

__all__ = ["CallableSink"]


_AT_ONCE: Final = 16


class CallableSink:
    """Calls `function(signal)`; when it returns, the signal is acknowledged.

    An `async def` function runs in the task's event loop; any other one in a thread, where it may block: for up to 16
    clients at the same time, and for one signal of a client at a time, also when an earlier call takes longer than the
    task waits for it. What it raises counts as "try again" (`SinkUnavailable`); raise `SignalRefused` for a signal that
    is never to be taken.
    """

    def __init__(self, function: Callable[[Signal], Awaitable[None] | None]) -> None:
        if not callable(function):
            raise ConfigurationError(f"function must be callable, got {type(function).__name__}")
        self._function = function
        self._threads = Workers(_AT_ONCE)
        self._calls: dict[str, Future[Any]] = {}
        """The last call for each client: a thread cannot be cancelled."""
        self._is_async = iscoroutinefunction(function) or iscoroutinefunction(getattr(function, "__call__", None))  # noqa: B004

    async def send(self, signal: Signal) -> None:
        """Return when the function has returned. Raises `SinkError`."""
        try:
            answer = self._function(signal) if self._is_async else await self._call(signal)
            if isawaitable(answer):
                await answer
        except SinkError:
            raise
        except Exception as error:
            raise SinkUnavailable(f"the function raised {error!r}", key=signal.key, operation="CallableSink") from error

    async def _call(self, signal: Signal) -> Awaitable[None] | None:
        while (before := self._calls.get(signal.client_no)) is not None and not before.done():
            ended = asyncio.wrap_future(before)
            ended.add_done_callback(lambda future: future.cancelled() or future.exception())
            await asyncio.wait([ended])
        context = copy_context()
        call = self._threads.submit(lambda: context.run(self._function, signal))
        self._calls[signal.client_no] = call
        return await asyncio.wrap_future(call)

    async def aclose(self) -> None:
        """Does nothing: the function is the program's."""

    close = aclose
