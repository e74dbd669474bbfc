"""A recorder of twenty lines: units in a list, a cursor, answers as docs/protocol: imageserver-recorded say."""

import re
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Literal

from attrs import define, field

from milestone_sdk._net.blocking import Clock, Stream
from milestone_sdk._net.sinks import Sink
from milestone_sdk.errors import ReadTimeout
from tests.support.imageserver_wire import audio, legacy_block, method_response, multipart, packet, single, wrapped

Group = tuple[int, tuple[int, ...]]
"""When its key frame was recorded, and when the others were: milliseconds."""


Form = Literal["multipart", "packets", "block", "sound", "wrapped sound"]
"""Parts; packets one after the other; a legacy block with a JPEG; parts with sound, also in wrappers."""


def picture(time: int, place: int) -> bytes:
    """What picture number `place` of a group looks like: unlike all others, with line ends in it."""
    return f"\x00\x00\x00\x01picture {place} of\r\n\r\n{time}\r\n\r\n".encode()


@define
class ModelRecorder:
    """Answers one request after the other; `jpeg` gives single pictures, groups from `masked_from` on bear a mask.

    `form` is that of native answers. `lie` is added to the length that the answer of that number announces first.
    """

    groups: list[Group]
    masked_from: int | None = None
    form: Form = "multipart"
    lie: tuple[int, int] | None = None
    jpeg: bool = False
    cursor: int = 0
    log: list[str] = field(factory=list[str])

    def units(self) -> list[tuple[int, list[bytes]]]:
        """Current and parts of each unit."""
        if self.jpeg:
            stills = [(time, place) for key, others in self.groups for place, time in enumerate((key, *others))]
            return [(time, [b"\xff\xd8" + picture(time, place)]) for time, place in stills]
        return [
            (
                key,
                [
                    packet(time, picture(time, place), key_time=key if place else None)
                    for place, time in enumerate((key, *others))
                ],
            )
            for key, others in self.groups
        ]

    def answer(self, request: bytes) -> bytes:
        """The answer to one request, without its CR LF CR LF."""
        answer = self._answer(request)
        if self.lie is None or len(self.log) != self.lie[0]:
            return answer
        more = self.lie[1]
        return re.sub(rb"(?<=Content-length: )\d+", lambda found: b"%d" % (int(found[0]) + more), answer, count=1)

    def _answer(self, request: bytes) -> bytes:
        method = re.search(rb"<methodname>(\w+)<", request)[1].decode()  # type: ignore[index]
        number = int(re.search(rb"<requestid>(\d+)<", request)[1])  # type: ignore[index]
        self.log.append(method)
        if method == "connect":
            self.jpeg = b"<alwaysstdjpeg>yes<" in request
        if method in ("connect", "connectupdate"):
            return method_response(number, method, connected="yes")
        units = self.units()
        if not units:
            return single(number, (0, 0, 0), b"")
        if method == "goto":
            time = int(re.search(rb"<time>(\d+)<", request)[1])  # type: ignore[index]
            self.cursor = max((place for place, unit in enumerate(units) if unit[0] <= time), default=0)
        elif method == "next":
            self.cursor = min(self.cursor + 1, len(units) - 1)
        current, parts = units[self.cursor]
        if b"<keyframesonly>yes<" in request:
            parts = parts[:1]
        times = (
            units[max(0, self.cursor - 1)][0],
            current,
            units[min(self.cursor + 1, len(units) - 1)][0],
        )
        if self.jpeg:
            return single(number, times, parts[0], kind="image/jpeg")
        masked = self.masked_from is not None and current >= self.masked_from
        mask = "grid;AAAA" if masked else "none"
        if self.form == "packets":
            return single(number, times, b"".join(parts), mask=mask)
        if self.form == "block":
            return single(number, times, legacy_block(current, b"\xff\xd8" + parts[0][32:], codec=1), mask=mask)
        if self.form in ("sound", "wrapped sound"):
            parts = [audio(part[32:]) for part in parts]
            parts = parts if self.form == "sound" else [wrapped(part) for part in parts]
        return multipart(number, times, parts, mask=mask)


class ManualClock(Clock):
    """A clock that moves only by sleeping, or waiting in vain."""

    def __init__(self, began: datetime | None = None) -> None:
        self.now = 0.0
        self._began = began or datetime.now(UTC)

    def utcnow(self) -> datetime:
        return self._began + timedelta(seconds=self.now)

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class ModelStream(Stream):
    """A connection to a model recorder without a socket; it breaks after `life` octets, pieces are `piece` long.

    With `stalls` it stays open after `life` octets, and sends nothing more.
    """

    def __init__(
        self, recorder: ModelRecorder, *, piece: int = 1 << 20, life: int | None = None, stalls: bool = False
    ) -> None:
        self._stalls = stalls
        self._recorder = recorder
        self._piece = piece
        self._left = life
        self._asked = b""
        self._arrived = bytearray()
        self._ends: list[int] = []
        self._read = 0
        self.most_waiting = 0
        """The largest number of answers that were on their way at once."""
        self.closed = False

    def write(self, data: bytes, timeout: float) -> None:
        self._asked += data
        while b"\r\n\r\n" in self._asked:
            request, _, self._asked = self._asked.partition(b"\r\n\r\n")
            self._arrived += self._recorder.answer(request)
            self._ends.append(self._read + len(self._arrived))
        self.most_waiting = max(self.most_waiting, sum(end > self._read for end in self._ends))

    def receive_into(self, sink: Sink, timeout: float) -> int:
        if not self._arrived or (self._stalls and self._left == 0):
            raise ReadTimeout("nothing comes")
        buffer = sink.get_buffer()
        count = min(len(buffer), self._piece, len(self._arrived))
        if self._left is not None:
            count = min(count, self._left)
            self._left -= count
        buffer[:count] = self._arrived[:count]
        sink.buffer_updated(count)
        del self._arrived[:count]
        self._read += count
        return count

    def close(self) -> None:
        self.closed = True


class ScriptedRecorder:
    """A recorder on a real socket whose answers a test may bend.

    `bend(method, answer)` returns what is sent in place of `answer`; None closes the connection.
    """

    def __init__(self, recorder: ModelRecorder, bend: Callable[[str, bytes], bytes | None]) -> None:
        self.recorder = recorder
        self._bend = bend
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> "ScriptedRecorder":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                connection.settimeout(10)
                with connection, suppress(OSError):
                    self._talk(connection)

    def _talk(self, connection: socket.socket) -> None:
        asked = b""
        while data := connection.recv(65536):
            asked += data
            while b"\r\n\r\n" in asked:
                request, _, asked = asked.partition(b"\r\n\r\n")
                answer = self.recorder.answer(request)
                sent = self._bend(self.recorder.log[-1], answer)
                if sent is None:
                    return
                connection.sendall(sent)
