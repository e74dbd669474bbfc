# Generated from milestone_sdk/_async/video/connection.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""The connection to the ImageServer of a recorder, as playback and live use it: session, token, deadline."""

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from ..._net.blocking import Clock, Stream
from ..._net.failures import without_frames
from ..._protocol.secrets import Sealed
from ..._protocol.video.imageserver import AnswerDeadline, ImageServerProtocol, refusal
from ..._protocol.video.messages import ConnectResponse, Event, MethodResponse
from ..._protocol.video.reader import ARENA, NEED_DATA
from ..._protocol.video.requests import Transcode
from ...errors import ConnectionLost, MilestoneError, ReadTimeout
from ...models import MediaDevice
from ..session.facts import Fact, is_refused_by_recorder
from ..session.recorder import RecorderDevice
from ..session.session import Session

__all__ = ["ImageServerConnection", "connection_to"]

D = TypeVar("D", bound=RecorderDevice)


class ImageServerConnection:
    """A session for one device with its recorder, which can be opened again after it broke.

    `connect` opens a stream to the recorder that has the device now. `token` returns the current token, `renew` a new
    one in place of a refused one. `relocate` takes the error of a refusal and returns the id of the device if it has
    moved to another recorder, otherwise None. `timeout` is the seconds to wait for an answer. `stream_id` is the stream
    of the device, by default the one that the site has for this use; `arena` is the size of the receive buffers.

    `send` takes requests that `protocol` makes; `receive` returns the events that follow.
    """

    def __init__(
        self,
        device_id: UUID,
        *,
        connect: Callable[[], Stream],
        token: Callable[[], str],
        clock: Clock,
        timeout: float,
        renew: Callable[[str], str] | None = None,
        relocate: Callable[[MilestoneError], UUID | None] | None = None,
        stream_id: UUID | None = None,
        arena: int = ARENA,
        media: bool = False,
    ) -> None:
        self.media = media
        """The device sends audio or metadata, not video."""
        self._device_id = device_id
        self._connect = connect
        self._token = token
        self.clock = clock
        self._timeout = timeout
        self._renew = renew
        self._relocate = relocate
        self._stream_id = stream_id
        self._arena = arena
        self._stream: Stream | None = None
        self._token_in_use: Sealed[str] | None = None
        self.protocol: ImageServerProtocol = ImageServerProtocol(device_id)
        """The session; a new one after each `open`."""
        self.deadline: AnswerDeadline = AnswerDeadline(timeout)
        """For the next answer; callers that use pictures of an incomplete one restart it."""

    @property
    def is_open(self) -> bool:
        """Whether there is a session."""
        return self._stream is not None

    @property
    def may_relocate(self) -> bool:
        """Whether the device is searched for on other recorders after a refusal."""
        return self._relocate is not None

    def __repr__(self) -> str:
        return f"<connection for device {self._device_id}, {'open' if self.is_open else 'closed'}>"

    def open(self, transcode: Transcode | None) -> None:
        """Begin a session with the recorder of the device; after a refusal, with the one that it has moved to.

        Raises `CameraNotFound`, `PermissionDenied`, `TokenExpired`, `ServerFault`, `TransportError`, `ReadTimeout`,
        `RemoteProtocolError`.
        """
        try:
            self._begin(transcode)
        except MilestoneError as error:
            device_id = self._relocate(error) if self._relocate else None
            if device_id is None:
                raise
            self._device_id = device_id
            self.close()
            self._begin(transcode)

    def _begin(self, transcode: Transcode | None) -> None:
        token = Sealed(self._token())
        reason = self._request_session(token, transcode)
        if reason is not None:
            fresh = Sealed((self._renew(token.reveal()) if self._renew else self._token()))
            if fresh != token:
                self.close()
                reason = self._request_session(fresh, transcode)
        if reason is not None:
            raise refusal("the recorder refused the session", reason)

    def _request_session(self, token: Sealed[str], transcode: Transcode | None) -> str | None:
        """Connect; return None, or the reason why the recorder refuses."""
        self.protocol = ImageServerProtocol(
            self._device_id, stream_id=self._stream_id, transcode=transcode, arena=self._arena
        )
        self.deadline = AnswerDeadline(self._timeout)
        self._stream = self._connect()
        self._token_in_use = token
        self._send(Sealed(self.protocol.connect(token.reveal())))
        while True:
            answer = self.receive()
            if isinstance(answer, ConnectResponse | MethodResponse) and answer.method:
                return None if isinstance(answer, ConnectResponse) and answer.connected else answer.reason

    def close(self) -> None:
        """End the session; closing twice is fine."""
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()

    def update_token(self) -> None:
        """Send the current token to the recorder, if it is not the one that the session has."""
        token = Sealed(self._token())
        if token != self._token_in_use:
            self._token_in_use = token
            self._send(Sealed(self.protocol.connect_update(token.reveal())))

    def send(self, requests: bytes) -> None:
        """Send requests that `protocol` made. Raises `ConnectionLost`, `WriteTimeout`."""
        self._send(Sealed(requests))

    def _send(self, data: Sealed[bytes]) -> None:
        try:
            self._opened().write(data.reveal(), self._timeout)
        except MilestoneError as error:
            without_frames(error)  # they hold the token
            raise

    def receive(self) -> Event:
        """Return the next event.

        Raises `ReadTimeout` when no complete answer arrives in time, `ConnectionLost`, `RemoteProtocolError`.
        """
        while (event := self.protocol.next_event()) is NEED_DATA:
            self._read()
        if self.protocol.completes(event):
            self.deadline.restart()
        return event

    def _read(self) -> None:
        left = self.deadline.left(self.clock.monotonic())
        if left <= 0:
            raise ReadTimeout(f"no complete answer within {self.deadline.timeout:g} s")
        count = self._opened().receive_into(self.protocol, left)
        if not count:
            where = "in the middle of an answer" if self.protocol.incomplete else "before it answered"
            raise ConnectionLost(f"the recorder closed the connection {where}")
        if self.protocol.answering:
            self.deadline.extend(count, self.clock.monotonic())

    def _opened(self) -> Stream:
        if self._stream is None:
            raise ConnectionLost("the connection was closed")
        return self._stream


def connection_to(
    session: Session,
    place: Fact[D],
    device: D,
    *,
    stream_id: UUID | None = None,
    arena: int = ARENA,
) -> ImageServerConnection:
    """Return a connection for a device, which follows it to the recorder that has it."""

    def connect() -> Stream:
        return session.open_recorder((place.get()).recorder)

    def relocate(error: MilestoneError) -> UUID | None:
        moved = is_refused_by_recorder(error) and place.is_other(error)
        return (place.get()).id if moved else None

    return ImageServerConnection(
        device.id,
        connect=connect,
        relocate=relocate,
        token=session.tokens.corporate,
        renew=session.tokens.renewed,
        timeout=session.timeout,
        clock=session.clock,
        stream_id=stream_id,
        arena=arena,
        media=isinstance(device, MediaDevice),
    )
