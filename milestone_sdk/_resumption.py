"""What an interrupted export left behind, so that the same call can continue it.

Beside the files of an export there is a journal, `clip.mp4.journal`, with the arguments of the call and, for each
picture that is written, what a container does not keep: the recorder's time stamp, and the size in a raw stream. The
same call reads both, takes the pictures of all whole groups from the part files, and asks the recorder for the rest.
All calls block.
"""

import errno
import json
import os
import struct
import sys
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count, takewhile
from pathlib import Path
from typing import IO, Final, NamedTuple

from ._containers import failing, is_container, packets_of, part_of, picture_names, siblings_of
from ._files import check_regular, open_regular
from .errors import ExportFailed
from .models.video import Codec, Frame

__all__ = ["Journal", "StoredFrames", "has_journal"]

_RECORD: Final = struct.Struct("<qIIBB")
"""Time stamp in milliseconds since 1970, bytes in a raw stream, number of the file, whether a key frame, codec."""
_CODECS: Final = tuple(Codec)
_MOST_HEADER: Final = 1 << 16
_BATCH: Final = 1 << 20
"""Bytes of pictures that are read at once."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_GAP: Final = timedelta(seconds=1)
_LOCK_AT: Final = 0x7FFF_FFFE
"""The byte that is locked on Windows, where a lock keeps others from reading: behind all that is written."""

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, _LOCK_AT, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class _Record(NamedTuple):
    time: int
    size: int
    file: int
    is_key: int
    codec: int


def _journal_of(target: Path) -> Path:
    return target.with_name(f"{target.name}.journal")


def has_journal(target: Path) -> bool:
    """Whether an export to that path was interrupted, or is running."""
    return _journal_of(target).exists()


def _old(part: Path) -> Path:
    return siblings_of(part)[1]


class Journal:
    """The journal of the export to `target`, locked for this process until it is closed.

    `continues` says that it is of an interrupted call with the same arguments; another one's is left as it is until
    `begin`. Raises `ExportFailed` while another export to the same path is running.
    """

    def __init__(self, target: Path, call: Mapping[str, object]) -> None:
        self._target, self._path = target, _journal_of(target)
        self._header = json.dumps({**call, "codecs": _CODECS}).encode() + b"\n"
        with failing(self._path):
            self._file = self._locked()
            self.continues: Final = self._file.readline(_MOST_HEADER) == self._header
        self._writing = True
        self._sized = not is_container(target.suffix)

    def _locked(self) -> IO[bytes]:
        """Open the file that has the name once it is locked: the export that had the lock may have removed it."""
        while True:
            file = os.fdopen(open_regular(self._path, os.O_RDWR | os.O_CREAT, 0o666), "r+b")
            try:
                _lock(file.fileno())
            except OSError as error:
                if error.errno in (errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK):
                    file.close()
                    raise ExportFailed(
                        f"cannot write {self._target.name}: another export to this path is running",
                        hint="wait for it, or choose another name",
                    ) from error
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(file.fileno()), self._path.stat()):
                    return file
            file.close()

    def begin(self) -> None:
        """Begin again, without the part files that the journal is about. Raises `ExportFailed`."""
        with failing(self._path):
            if self._file.seek(0, os.SEEK_END):
                _remove_parts(self._target)
            self._file.seek(0)
            self._file.truncate()
            self._file.write(self._header)
            self._file.flush()

    def records(self) -> Iterator[_Record]:
        """Read the records from the first one on."""
        with self._path.open("rb") as file:
            file.readline(_MOST_HEADER)
            while len(record := file.read(_RECORD.size)) == _RECORD.size:
                yield _Record(*_RECORD.unpack(record))

    def add(self, frames: Iterable[Frame], number: int) -> None:
        """Note the frames that are about to be written to a file. Raises `ExportFailed`.

        The frames of an interrupted call are added again when they are read; their records are kept as they are.
        """
        if not self._writing:
            return
        records = b"".join(
            _RECORD.pack(
                (frame.time - _EPOCH) // _MILLISECOND,
                len(frame.data) if self._sized else 0,
                number,
                frame.is_key,
                _CODECS.index(frame.codec),
            )
            for frame in frames
        )
        with failing(self._path):
            place = self._file.tell()
            if self._file.read(len(records)) != records:
                self._file.seek(place)
                self._file.truncate()
                self._file.write(records)
                self._file.flush()

    def stop(self) -> None:
        """Note no further frames: some that belong between them cannot be written, and are to be asked for again."""
        self._writing = False

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to continue."""
        self._file.seek(0)
        self._file.readline(_MOST_HEADER)
        return not self._file.read(1)

    def close(self, *, remove: bool) -> None:
        """Let others write to the path; with `remove`, there is nothing to continue."""
        with suppress(OSError):
            if remove:
                _remove_parts(self._target)
                if sys.platform != "win32":  # where an open file cannot be removed
                    self._path.unlink(missing_ok=True)
            self._file.close()
            if remove and sys.platform == "win32":
                self._path.unlink(missing_ok=True)


class StoredFrames:
    """The frames of an interrupted export in the order in which they were written.

    All before `resume_at`, the time of the last key frame that is stored, are those of whole groups. The part files are
    kept under other names until the new ones have more in them. With `since`, the time at which they were to begin, all
    before `resume_at` are without a gap: footage that was retrieved meanwhile may be in one.
    """

    def __init__(self, journal: Journal, target: Path, *, since: datetime | None) -> None:
        self._journal, self._target = journal, target
        self._olds = [] if not target.suffix else [_set_aside(part) for part in _parts(target)]
        self.resume_at: datetime | None = None
        self._whole = 0
        """How many frames there are before `resume_at`."""
        before = since
        for index, frame in enumerate(self._read()):
            if since is not None and before is not None and frame.time - before >= _GAP:
                break
            if frame.is_key and (before is None or index == 0 or frame.time > before):  # the recorder finds its time
                self._whole, self.resume_at = index, frame.time
            before = frame.time
        self._frames = self._read()
        self._taken = 0

    def _read(self) -> Generator[Frame]:
        """Read the frames as far as journal and part files agree."""
        packets: Iterator[tuple[bytes, bool | None]] = iter(())
        number, name = None, picture_names()
        for record in self._journal.records():
            if record.file != number and self._target.suffix:
                number = record.file
                packets = packets_of(_old(part_of(self._target, number)), self._sizes(number))
            try:
                time = _EPOCH + record.time * _MILLISECOND
            except OverflowError:
                return
            found = next(packets, None) if self._target.suffix else _picture(self._target / name(time))
            if found is None or found[1] not in (None, bool(record.is_key)) or record.codec >= len(_CODECS):
                return
            if record.size not in (0, len(found[0])):
                return
            yield Frame(time=time, codec=_CODECS[record.codec], is_key=bool(record.is_key), data=found[0])

    def _sizes(self, number: int) -> Iterator[int]:
        return (record.size for record in self._journal.records() if record.file == number)

    def read(self, *, tail: bool = False) -> list[Frame]:
        """Return the next frames of whole groups, with `tail` those of the last group; none at the end."""
        frames: list[Frame] = []
        size = 0
        while size < _BATCH and (tail or self._taken < self._whole):
            frame = next(self._frames, None)
            if frame is None and self._taken < self._whole:
                raise ExportFailed(
                    f"cannot continue {self._target.name}: its parts can no longer be read",
                    hint="make the same call again",
                )
            if frame is None:
                break
            self._taken += 1
            size += len(frame.data)
            frames.append(frame)
        return frames

    def replaced(self, number: int) -> bool:
        """Remove the old part files if the new ones, up to that number, have more in them; return whether."""
        with suppress(OSError):
            new = sum(part_of(self._target, each).stat().st_size for each in range(number + 1))
            if new > sum(old.stat().st_size for old in self._olds):
                self.discard()
                return True
        return not self._olds

    def discard(self) -> None:
        """Remove the old part files: all of their pictures are in the new ones."""
        self.close()
        with suppress(OSError):
            for old in self._olds:
                old.unlink(missing_ok=True)

    def close(self) -> None:
        """Stop reading."""
        self._frames.close()


def _parts(target: Path) -> Iterator[Path]:
    parts = (part_of(target, number) for number in count())
    return takewhile(lambda part: part.exists() or _old(part).exists(), parts)


def _set_aside(part: Path) -> Path:
    """Rename a part file; one that is set aside already has all that was copied from it since."""
    with failing(part):
        if not _old(part).exists():
            part.rename(_old(part))
    return _old(part)


def _remove_parts(target: Path) -> None:
    if not target.suffix:
        return
    for part in _parts(target):
        for each in (part, *siblings_of(part)):
            each.unlink(missing_ok=True)


def _picture(path: Path) -> tuple[bytes, bool | None] | None:
    try:
        check_regular(path)
        return path.read_bytes(), None
    except OSError:
        return None
