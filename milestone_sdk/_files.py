"""Files that are created and written exactly where their name says: never through a symbolic link."""

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import Final

__all__ = ["check_regular", "open_regular", "write_file"]

_SAFE: Final[int] = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_NONBLOCK: Final[int] = getattr(os, "O_NONBLOCK", 0)
"""So that a pipe of that name does not block the caller."""


def check_regular(path: Path) -> None:
    """Raise `OSError` unless `path` is a regular file or does not exist."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if stat.S_ISLNK(mode):
        raise OSError(errno.ELOOP, "it is a symbolic link, which is not followed; name the file itself", str(path))
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "it is not a regular file", str(path))


def open_regular(path: Path, flags: int, mode: int) -> int:
    """Open a regular file and return its descriptor; `mode` is for one that is created. Raises `OSError`.

    Except on Windows, the system itself refuses a link that is put there after the check.
    """
    check_regular(path)
    descriptor = os.open(path, flags | _SAFE | _NONBLOCK, mode)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is not a regular file", str(path))
    return descriptor


def write_file(path: Path, data: bytes) -> None:
    """Write a whole file, replacing its content at once: it is never seen half written. Raises `OSError`.

    A file that is replaced keeps its permissions.
    """
    check_regular(path)
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else None
    new = path.with_name(f".{path.name}.{os.getpid()}.{token_hex(4)}")
    try:
        with open(open_regular(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "wb") as file:
            if mode is not None:
                new.chmod(mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError as error:
        raise type(error)(error.errno, error.strerror, str(path)) from None
    finally:
        with suppress(OSError):
            new.unlink(missing_ok=True)
