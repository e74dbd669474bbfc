"""Numbered locks in one file, which end with the process that holds them.

The operating system keeps them, so there is nothing to clean up after a crash: record locks (`fcntl`) on POSIX, byte
locks (`LockFile`) on Windows, on one byte each. Record locks belong to a process, not to an open file: a second one in
the same process would be granted, and closing any descriptor of the file would drop them all. So a process opens each
such file once, and keeps a list of the locks that it holds.
"""

import errno
import os
import sys
import time
from pathlib import Path
from typing import Final

from attrs import define, field

from .._files import open_regular
from .._net.forking import Lock

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
    """Return the identity of a file, or `None` if it does not exist; a file that replaced it has another one.

    For a symbolic link it is that of the link, so that a link that replaced the file counts as another file.
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


_guard = Lock()
_open_files: dict[tuple[int, int], _LockFile] = {}
if sys.platform != "win32":
    os.register_at_fork(after_in_child=_open_files.clear)  # a child inherits the descriptors, but not the locks


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
    """The locks of one owner in the file `path`, which is created if it does not exist. Raises `OSError`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._mine: set[int] = set()
        self._closed = False
        with _guard:
            self._file = _opened(path)

    @property
    def in_place(self) -> bool:
        """Whether `path` is still this file: if not, another process may take the same locks in a new file."""
        return identity_of(self._path) == self._file.identity

    def take(self, number: int, *, patience: float = 0.0) -> str | None:
        """Take the lock, trying for `patience` seconds; return `None`, or a description of its holder.

        Raises `OSError`.
        """
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
        """Release the lock, if this owner holds it."""
        with _guard:
            if number in self._mine:
                self._drop(number)

    def _drop(self, number: int) -> None:
        self._mine.discard(number)
        self._file.held.discard(number)
        _unlock(self._file.descriptor, number)

    def close(self) -> None:
        """Release all locks of this owner; other owners in this process keep theirs."""
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
