"""Objects that start again in a forked process, since two processes must not share them: connections, logins, locks.

A forked child has copies of its parent's objects and connections, but none of its threads: a lock that one of them
held would never be free, and two processes on one connection would read each other's answers.
"""

import os
import threading
from collections.abc import Callable
from typing import Final
from weakref import WeakSet

__all__ = ["ForkAware", "Lock"]

_alive: Final["WeakSet[ForkAware]"] = WeakSet()


class ForkAware:
    """Base of objects that start again in a forked child, before any other code of the child runs."""

    def __init__(self) -> None:
        _alive.add(self)

    def before_fork(self) -> None:
        """Prepare for a fork, in the parent."""

    def after_fork_in_parent(self) -> None:
        """Continue in the parent."""

    def after_fork_in_child(self) -> None:
        """Start again in the child."""


class Lock(ForkAware):
    """A `threading.Lock` that is free in a forked child."""

    def __init__(self) -> None:
        super().__init__()
        self.after_fork_in_child()

    def after_fork_in_child(self) -> None:
        self._lock = threading.Lock()

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take the lock; return whether it was free in time."""
        return self._lock.acquire(blocking, timeout)

    def release(self) -> None:
        """Free the lock."""
        self._lock.release()

    def locked(self) -> bool:
        """Whether the lock is taken."""
        return self._lock.locked()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *exc: object) -> None:
        self._lock.release()


def _call_all(hook: Callable[[ForkAware], None]) -> None:
    for each in list(_alive):
        hook(each)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=lambda: _call_all(lambda each: each.before_fork()),
        after_in_parent=lambda: _call_all(lambda each: each.after_fork_in_parent()),
        after_in_child=lambda: _call_all(lambda each: each.after_fork_in_child()),
    )
