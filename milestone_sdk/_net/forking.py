"""What must not be used by two processes, and begins again in a forked one: connections, logins, locks, open files.

A forked child has copies of its parent's objects and connections, but none of its threads: a lock that one of them
held would never be free, and two processes on one connection would read each other's answers.
"""

import os
import threading
from types import TracebackType
from typing import Final
from weakref import WeakSet

__all__ = ["ForkAware", "Lock"]

_alive: Final["WeakSet[ForkAware]"] = WeakSet()


class ForkAware:
    """Base of what begins again in a forked child; it is called before any other code of the child runs."""

    def __init__(self) -> None:
        _alive.add(self)

    def before_fork(self) -> None:
        """Make ready for a fork, in the parent."""

    def after_fork_in_parent(self) -> None:
        """Go on in the parent."""

    def after_fork_in_child(self) -> None:
        """Begin again in the child."""


class Lock(ForkAware):
    """A `threading.Lock` that is free in a forked child."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()

    def after_fork_in_child(self) -> None:
        self._lock = threading.Lock()

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take the lock; return whether that was possible in time."""
        return self._lock.acquire(blocking, timeout)

    def release(self) -> None:
        """Give the lock back."""
        self._lock.release()

    def locked(self) -> bool:
        """Whether the lock is taken."""
        return self._lock.locked()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._lock.release()


def _before_fork() -> None:
    for each in list(_alive):
        each.before_fork()


def _after_fork_in_parent() -> None:
    for each in list(_alive):
        each.after_fork_in_parent()


def _after_fork_in_child() -> None:
    for each in list(_alive):
        each.after_fork_in_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child)
