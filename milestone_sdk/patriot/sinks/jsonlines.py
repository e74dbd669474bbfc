"""Signals as lines of JSON in a file."""

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from ..._arguments import check_count, check_type
from ..._files import open_regular
from ...errors import ConfigurationError, SinkUnavailable
from ..signals import Signal
from .groupcommit import GroupCommit, Refusals

__all__ = ["JsonLinesSink"]

_LONGEST_LINE: Final = 1 << 20
"""Bytes at the end of a file that are searched for the last line end; a line of ours is far shorter."""
_OUR_LINE: Final = b'{"client_no": '


class JsonLinesSink:
    """Appends each signal to the file `path` as one line of JSON, `Signal.as_dict()`, in UTF-8.

    A signal is acknowledged when its line is on the disk (`fsync`); signals that wait at the same time share one. What
    a crash left of an unfinished line is cut off at the next start: it was not acknowledged, so the signal is written
    again. A file larger than `rotate_bytes` is renamed, with the time in UTC in its name
    (`signals-20260301T120000.000000Z.jsonl`), and never removed; on Windows, once no reader has it open. A program that
    reads the file must not write to it; it drops duplicates by `key`. One process may write to a file at a time.

    Raises `ConfigurationError` for a path that names no file. `send` raises `SinkUnavailable` when the file cannot be
    written (no right, disk full), of which nothing is left in it, or ends in something that is not a signal.
    """

    def __init__(self, *, path: str | Path, rotate_bytes: int = 100_000_000) -> None:
        check_type("path", path, str, Path, hint='for example "signals.jsonl"')
        check_count("rotate_bytes", rotate_bytes)
        if not Path(path).name or "\0" in str(path):
            raise ConfigurationError(f"path must name a file, got {str(path)!r}", hint='for example "signals.jsonl"')
        self._path = Path(path)
        self._rotate_bytes = rotate_bytes
        self._descriptor: int | None = None
        self._commit = GroupCommit(self._append)

    def __repr__(self) -> str:
        return f"<JsonLinesSink {str(self._path)!r}>"

    async def send(self, signal: Signal) -> None:
        """Return when the line is on the disk. Raises `SinkUnavailable`."""
        await self._commit.send(signal)

    async def aclose(self) -> None:
        """Close the file."""
        await self._commit.aclose(self._close)

    close = aclose

    def _append(self, signals: Sequence[Signal]) -> Refusals:
        lines = b"".join(json.dumps(signal.as_dict()).encode() + b"\n" for signal in signals)
        try:
            self._write(lines)
        except OSError as error:
            raise SinkUnavailable(
                f"cannot write to {self._path}: {error.strerror or error}", operation="JsonLinesSink.send"
            ) from error
        return {}

    def _write(self, lines: bytes) -> None:
        if self._descriptor is None or not self._is_at_its_path(self._descriptor):
            self._close()
            self._descriptor = self._open()
        size = os.lseek(self._descriptor, 0, os.SEEK_END)
        if size and size + len(lines) > self._rotate_bytes:
            self._rotate()
            self._descriptor = self._open()
            size = os.lseek(self._descriptor, 0, os.SEEK_END)
        try:
            written = 0
            while written < len(lines):
                written += os.write(self._descriptor, lines[written:])
            os.fsync(self._descriptor)
        except OSError:
            try:
                os.ftruncate(self._descriptor, size)
            finally:
                # After a failed fsync only a new descriptor reports the next failure; opening cuts an unfinished line.
                self._close()
            raise

    def _is_at_its_path(self, descriptor: int) -> bool:
        """Whether the open file is still the one of that name: others may have moved it away."""
        try:
            return os.path.samestat(os.fstat(descriptor), self._path.stat())
        except FileNotFoundError:
            return False

    def _open(self) -> int:
        descriptor = open_regular(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            self._cut_unfinished_line(descriptor)
            self._sync_folder()
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def _cut_unfinished_line(self, descriptor: int) -> None:
        size = os.lseek(descriptor, 0, os.SEEK_END)
        os.lseek(descriptor, max(0, size - _LONGEST_LINE), os.SEEK_SET)
        head, end, rest = os.read(descriptor, _LONGEST_LINE).rpartition(b"\n")
        if not rest:
            return
        ours = rest.startswith(_OUR_LINE[: len(rest)]) and (end or len(head + rest) == size)
        if not ours:
            raise SinkUnavailable(
                f"{self._path} ends in something that is not a signal",
                operation="JsonLinesSink.send",
                hint="it is another program's file: give another path",
            )
        os.ftruncate(descriptor, size - len(rest))

    def _rotate(self) -> None:
        self._close()
        time = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        with suppress(PermissionError):  # on Windows, as long as a reader has it open; the next signal tries again
            self._path.rename(self._path.with_name(f"{self._path.stem}-{time}{self._path.suffix}"))

    def _sync_folder(self) -> None:
        """Make a new name survive a crash of the machine; Windows does so by itself."""
        if os.name == "posix":
            folder = os.open(self._path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def _close(self) -> None:
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)
