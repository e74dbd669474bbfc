"""Threads for calls that block: bounded, separate from the program's own, and not waited for at exit.

asyncio's default executor is shared with the whole program, has few threads, and is joined when the loop ends: a few
calls that hang would delay everything else, and the end of the process.
"""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Final, TypeVar
from weakref import WeakValueDictionary

from .forking import ForkAware, Lock

__all__ = ["Workers", "workers_of"]

T = TypeVar("T")

_IDLE_SECONDS: Final = 5.0
"""A thread ends after so long without work."""


class Workers(ForkAware):
    """Runs calls in order on at most `most` daemon threads, started on demand; a forked child begins without any."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most
        self.after_fork_in_child()

    def after_fork_in_child(self) -> None:
        """Start without calls and threads."""
        self._condition = threading.Condition()
        self._calls: deque[tuple[Future[Any], Callable[[], Any]]] = deque()
        self._threads = 0
        self._idle = 0

    def submit(self, call: Callable[[], T]) -> "Future[T]":
        """Run `call` as soon as a thread is free, even if its caller gives up waiting. Raises `OSError`."""
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()
        with self._condition:
            self._calls.append((future, call))
            if self._idle >= len(self._calls):
                self._condition.notify()
            elif self._threads < self._most:
                self._start()
        return future

    def _start(self) -> None:
        try:
            threading.Thread(target=self._work, name="milestone_sdk", daemon=True).start()
        except RuntimeError as error:
            if not self._threads:
                self._calls.pop()
                raise OSError(f"cannot start a thread: {error}") from error
        else:
            self._threads += 1

    def _work(self) -> None:
        while (taken := self._next()) is not None:
            future, call = taken
            try:
                result = call()
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(result)
                del result
            del taken, future, call  # an idle thread holds nothing

    def _next(self) -> "tuple[Future[Any], Callable[[], Any]] | None":
        with self._condition:
            self._idle += 1
            found = self._condition.wait_for(lambda: bool(self._calls), timeout=_IDLE_SECONDS)
            self._idle -= 1
            if not found:
                self._threads -= 1
            return self._calls.popleft() if found else None


_MOST_OF_ONE: Final = 8
_guard = Lock()
_of: "WeakValueDictionary[int, Workers]" = WeakValueDictionary()


def workers_of(owner: object) -> Workers:
    """Return the threads of one object, such as a store, so that one that hangs delays no other.

    They are the same for all callers as long as one of them keeps them, and the object.
    """
    with _guard:
        return _of.setdefault(id(owner), Workers(_MOST_OF_ONE))
