"""Host names: looked up on threads of their own, so that a silent name server delays only those who need it.

A look-up of the operating system cannot be cancelled. Its caller stops waiting at a deadline; the look-up continues,
and further callers for the same name wait for it instead of starting another.
"""

import socket
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from copy import copy
from functools import partial
from ipaddress import ip_address
from itertools import zip_longest
from typing import Any, Final

from .forking import ForkAware
from .threads import Workers

__all__ = ["Address", "Names", "Unresolved", "async_find", "find", "resolving_by"]

Address = tuple[socket.AddressFamily, tuple[Any, ...]]
"""A family and what a socket of it connects to: host, port, and for IPv6 flow and scope."""
Lookup = Callable[[str], Sequence[Address]]

_ANSWERED, _UNKNOWN, _SILENT = range(3)
_MOST: Final = (256, 192, 128)
"""Look-ups that may be running when one more starts: for a name that was answered the last time, for a new name, and
for one that was not answered in time. So silent names leave room for others."""
_SLOW_SECONDS: Final = 2.0
_REMEMBERED: Final = 10_000


class Unresolved(TimeoutError):
    """No name server has answered within the time given."""

    def __init__(self, host: str) -> None:
        super().__init__(f"the name {host} was not resolved within the time given")


def _ask_the_system(host: str) -> list[Address]:
    found = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM)
    return [(family, address) for family, _, _, _, address in found]


class Names(ForkAware):
    """Look-ups of names: one at a time for each name, as many names as the threads allow; a forked child has none."""

    def __init__(self, look_up: Lookup = _ask_the_system, *, slow: float = _SLOW_SECONDS) -> None:
        super().__init__()
        self._look_up = look_up
        self._slow = slow
        self.after_fork_in_child()

    def after_fork_in_child(self) -> None:
        """Start without look-ups."""
        self._lock = threading.Lock()
        self._workers = Workers(max(_MOST))
        self._asked: dict[str, Future[Sequence[Address] | Exception]] = {}
        self._waiting = tuple(deque[str]() for _ in _MOST)
        self._running = 0
        self._ranks: OrderedDict[str, int] = OrderedDict()

    def ask(self, host: str) -> "Future[Sequence[Address] | Exception]":
        """Return the look-up of a name; its result is the addresses, or the error that it raised."""
        with self._lock:
            if host not in self._asked:
                future = self._asked[host] = Future()
                future.set_running_or_notify_cancel()  # so that no caller cancels it for the others
                self._waiting[self._ranks.get(host, _UNKNOWN)].append(host)
                self._start_some()
                return future
            return self._asked[host]

    def _start_some(self) -> None:
        for waiting, most in zip(self._waiting, _MOST, strict=True):
            while waiting and self._running < most:
                host = waiting.popleft()
                self._running += 1
                try:
                    self._workers.submit(partial(self._work, host))
                except OSError as error:
                    self._running -= 1
                    self._asked.pop(host).set_result(error)

    def _work(self, host: str) -> None:
        began = time.monotonic()
        result: Sequence[Address] | Exception
        try:
            result = self._look_up(host)
        except Exception as error:
            result = error
        with self._lock:
            self._running -= 1
            self._ranks[host] = _SILENT if time.monotonic() - began > self._slow else _ANSWERED
            self._ranks.move_to_end(host)
            if len(self._ranks) > _REMEMBERED:
                self._ranks.popitem(last=False)
            future = self._asked.pop(host)
            self._start_some()
        future.set_result(result)


_names = Names()


@contextmanager
def resolving_by(look_up: Lookup) -> Generator[None]:
    """Resolve the names of this process by `look_up`, for tests; it may block, and raise `OSError`."""
    global _names
    before, _names = _names, Names(look_up)
    try:
        yield
    finally:
        _names = before


def find(host: str, port: int, *, timeout: float | None) -> list[Address]:
    """Return the addresses of a host, IPv4 and IPv6 in turn. Raises `OSError`, `UnicodeError`, `Unresolved`."""
    if (literal := _literal(host, port)) is not None:
        return literal
    try:
        return _read(_names.ask(host).result(timeout), port)
    except TimeoutError as error:
        raise Unresolved(host) from error


async def async_find(host: str, port: int, *, timeout: float | None) -> list[Address]:
    """Do the same without stopping the event loop."""
    if (literal := _literal(host, port)) is not None:
        return literal
    import asyncio  # not for the blocking client

    try:
        async with asyncio.timeout(timeout):
            return _read(await asyncio.wrap_future(_names.ask(host)), port)
    except TimeoutError as error:
        raise Unresolved(host) from error


def _literal(host: str, port: int) -> list[Address] | None:
    """Return the address if `host` is one already; that needs no name server."""
    try:
        ip_address(host)
    except ValueError:
        return None
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    return [(family, address) for family, _, _, _, address in found]


def _read(result: Sequence[Address] | Exception, port: int) -> list[Address]:
    if isinstance(result, Exception):
        raise copy(result)  # several callers may wait for it, and each adds a traceback
    found = [(family, (address[0], port, *address[2:])) for family, address in result]
    rows = [[entry for entry in found if (entry[0] == found[0][0]) is same] for same in (True, False)]
    return [address for column in zip_longest(*rows) for address in column if address is not None]
