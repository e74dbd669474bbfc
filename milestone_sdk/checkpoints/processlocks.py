"""Locks with numbers, all in one file, that end with the process that holds them.

The operating system keeps them, so there is nothing to clean up after a crash: record locks (`fcntl`) on POSIX, byte
locks (`LockFile`) on Windows, on one byte each. Record locks belong to a process, not to an open file: a second one in
the same process would be granted, and closing any descriptor of the file would drop them all. So a process opens each
such file once, and remembers itself what it holds.
"""

import errno
import os
import sys
import threading
import time
from pathlib import Path
from typing import Final

from attrs import define, field

from .._files import open_regular

__all__ = ["ProcessLocks", "identity_of"]

_RETRY_SECONDS: Final = 0.02

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int, number: int) -> None:
        os.lseek(descriptor, number, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

    def _unlock(descriptor: int, number: int) -> None:
        os.lseek(descriptor, number, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int, number: int) -> None:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, number)

    def _unlock(descriptor: int, number: int) -> None:
        fcntl.lockf(descriptor, fcntl.LOCK_UN, 1, number)


def identity_of(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from another one that has taken its name; `None` if there is none of that name.

    Of a symbolic link it is the link itself, so that one in the file's place counts as another file.
    """
    try:
        status = path.lstat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


@define(eq=False)
class _LockFile:
    identity: tuple[int, int]
    descriptor: int
    held: set[int] = field(factory=set[int])
    users: int = 0


_guard = threading.Lock()
_open_files: dict[tuple[int, int], _LockFile] = {}


def _forget_the_parents() -> None:
    """After a fork: the child has inherited the descriptors, but not the locks."""
    global _guard
    _guard = threading.Lock()
    _open_files.clear()


if sys.platform != "win32":
    os.register_at_fork(after_in_child=_forget_the_parents)


def _opened(path: Path) -> _LockFile:
    identity = identity_of(path)
    file = None if identity is None else _open_files.get(identity)
    if file is None:
        descriptor = open_regular(path, os.O_RDWR | os.O_CREAT, 0o600)
        status = os.fstat(descriptor)
        file = _LockFile((status.st_dev, status.st_ino), descriptor)
        _open_files[file.identity] = file
    file.users += 1
    return file


class ProcessLocks:
    """The locks of one owner in the file `path`, which is made if it is not there. Raises `OSError`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._mine: set[int] = set()
        self._closed = False
        with _guard:
            self._file = _opened(path)

    @property
    def in_place(self) -> bool:
        """Whether the file still has its name: if not, another process may take the same locks in a new file."""
        return identity_of(self._path) == self._file.identity

    def take(self, number: int, *, patience: float = 0.0) -> str | None:
        """Take the lock, trying for `patience` seconds; return `None`, or in words who holds it. Raises `OSError`."""
        end = time.monotonic() + patience
        while (holder := self._try(number)) is not None and time.monotonic() < end:
            time.sleep(_RETRY_SECONDS)
        return holder

    def _try(self, number: int) -> str | None:
        with _guard:
            if self._closed:
                raise OSError(errno.EBADF, "the locks are closed", str(self._path))
            if number in self._file.held:
                return "this process"
            try:
                _lock(self._file.descriptor, number)
            except OSError as error:
                if error.errno in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
                    return "another process"
                raise
            self._file.held.add(number)
            self._mine.add(number)
            return None

    def release(self, number: int) -> None:
        """Give the lock back, if this owner holds it."""
        with _guard:
            if number in self._mine:
                self._drop(number)

    def _drop(self, number: int) -> None:
        self._mine.discard(number)
        self._file.held.discard(number)
        _unlock(self._file.descriptor, number)

    def close(self) -> None:
        """Give all locks of this owner back; those of other owners in this process stay."""
        with _guard:
            if self._closed:
                return
            self._closed = True
            for number in tuple(self._mine):
                self._drop(number)
            self._file.users -= 1
            if not self._file.users:
                del _open_files[self._file.identity]
                os.close(self._file.descriptor)
