"""Signals to a function of the program."""

import asyncio
from collections.abc import Awaitable, Callable
from inspect import isawaitable, iscoroutinefunction

from ...errors import ConfigurationError, SinkError, SinkUnavailable
from ..signals import Signal

__all__ = ["CallableSink"]


class CallableSink:
    """Calls `function(signal)`; when it returns, the signal is acknowledged.

    An `async def` function runs in the task's event loop; any other one in a thread, where it may block. What it
    raises counts as "try again" (`SinkUnavailable`); raise `SignalRefused` for a signal that is never to be taken.
    """

    def __init__(self, function: Callable[[Signal], Awaitable[None] | None]) -> None:
        if not callable(function):
            raise ConfigurationError(f"function must be callable, got {type(function).__name__}")
        self._function = function
        self._is_async = iscoroutinefunction(function) or iscoroutinefunction(getattr(function, "__call__", None))  # noqa: B004

    async def send(self, signal: Signal) -> None:
        """Return when the function has returned. Raises `SinkError`."""
        try:
            answer = self._function(signal) if self._is_async else await asyncio.to_thread(self._function, signal)
            if isawaitable(answer):
                await answer
        except SinkError:
            raise
        except Exception as error:
            raise SinkUnavailable(f"the function raised {error!r}", key=signal.key, operation="CallableSink") from error

    async def aclose(self) -> None:
        """Does nothing: the function is the program's."""

    close = aclose
