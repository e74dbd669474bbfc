"""The connection to the ImageServer of a recorder, as playback and live use it: session, token, deadline."""

from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

from ..._net.asyncio import AsyncClock, AsyncStream
from ..._net.failures import without_frames
from ..._protocol.secrets import Sealed
from ..._protocol.video.imageserver import AnswerDeadline, ImageServerProtocol, refusal
from ..._protocol.video.messages import ConnectResponse, Event, MethodResponse
from ..._protocol.video.reader import ARENA, NEED_DATA
from ..._protocol.video.requests import Transcode
from ...errors import ConnectionLost, MilestoneError, ReadTimeout
from ...models import MediaDevice
from ..session.facts import AsyncFact, is_refused_by_recorder
from ..session.recorder import RecorderDevice
from ..session.session import AsyncSession

__all__ = ["AsyncImageServerConnection", "connection_to"]

D = TypeVar("D", bound=RecorderDevice)


class AsyncImageServerConnection:
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
        connect: Callable[[], Awaitable[AsyncStream]],
        token: Callable[[], Awaitable[str]],
        clock: AsyncClock,
        timeout: float,
        renew: Callable[[str], Awaitable[str]] | None = None,
        relocate: Callable[[MilestoneError], Awaitable[UUID | None]] | None = None,
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
        self._stream: AsyncStream | None = None
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

    async def open(self, transcode: Transcode | None) -> None:
        """Begin a session with the recorder of the device; after a refusal, with the one that it has moved to.

        Raises `CameraNotFound`, `PermissionDenied`, `TokenExpired`, `ServerFault`, `TransportError`, `ReadTimeout`,
        `RemoteProtocolError`.
        """
        try:
            await self._begin(transcode)
        except MilestoneError as error:
            device_id = await self._relocate(error) if self._relocate else None
            if device_id is None:
                raise
            self._device_id = device_id
            await self.aclose()
            await self._begin(transcode)

    async def _begin(self, transcode: Transcode | None) -> None:
        token = Sealed(await self._token())
        reason = await self._request_session(token, transcode)
        if reason is not None:
            fresh = Sealed(await (self._renew(token.reveal()) if self._renew else self._token()))
            if fresh != token:
                await self.aclose()
                reason = await self._request_session(fresh, transcode)
        if reason is not None:
            raise refusal("the recorder refused the session", reason)

    async def _request_session(self, token: Sealed[str], transcode: Transcode | None) -> str | None:
        """Connect; return None, or the reason why the recorder refuses."""
        self.protocol = ImageServerProtocol(
            self._device_id, stream_id=self._stream_id, transcode=transcode, arena=self._arena
        )
        self.deadline = AnswerDeadline(self._timeout)
        self._stream = await self._connect()
        self._token_in_use = token
        await self._send(Sealed(self.protocol.connect(token.reveal())))
        while True:
            answer = await self.receive()
            if isinstance(answer, ConnectResponse | MethodResponse) and answer.method:
                return None if isinstance(answer, ConnectResponse) and answer.connected else answer.reason

    async def aclose(self) -> None:
        """End the session; closing twice is fine."""
        stream, self._stream = self._stream, None
        if stream is not None:
            await stream.aclose()

    async def update_token(self) -> None:
        """Send the current token to the recorder, if it is not the one that the session has."""
        token = Sealed(await self._token())
        if token != self._token_in_use:
            self._token_in_use = token
            await self._send(Sealed(self.protocol.connect_update(token.reveal())))

    async def send(self, requests: bytes) -> None:
        """Send requests that `protocol` made. Raises `ConnectionLost`, `WriteTimeout`."""
        await self._send(Sealed(requests))

    async def _send(self, data: Sealed[bytes]) -> None:
        try:
            await self._opened().write(data.reveal(), self._timeout)
        except MilestoneError as error:
            without_frames(error)  # they hold the token
            raise

    async def receive(self) -> Event:
        """Return the next event.

        Raises `ReadTimeout` when no complete answer arrives in time, `ConnectionLost`, `RemoteProtocolError`.
        """
        while (event := self.protocol.next_event()) is NEED_DATA:
            await self._read()
        if self.protocol.completes(event):
            self.deadline.restart()
        return event

    async def _read(self) -> None:
        left = self.deadline.left(self.clock.monotonic())
        if left <= 0:
            raise ReadTimeout(f"no complete answer within {self.deadline.timeout:g} s")
        count = await self._opened().receive_into(self.protocol, left)
        if not count:
            where = "in the middle of an answer" if self.protocol.incomplete else "before it answered"
            raise ConnectionLost(f"the recorder closed the connection {where}")
        if self.protocol.answering:
            self.deadline.extend(count, self.clock.monotonic())

    def _opened(self) -> AsyncStream:
        if self._stream is None:
            raise ConnectionLost("the connection was closed")
        return self._stream


def connection_to(
    session: AsyncSession,
    place: AsyncFact[D],
    device: D,
    *,
    stream_id: UUID | None = None,
    arena: int = ARENA,
) -> AsyncImageServerConnection:
    """Return a connection for a device, which follows it to the recorder that has it."""

    async def connect() -> AsyncStream:
        return await session.open_recorder((await place.get()).recorder)

    async def relocate(error: MilestoneError) -> UUID | None:
        moved = is_refused_by_recorder(error) and await place.is_other(error)
        return (await place.get()).id if moved else None

    return AsyncImageServerConnection(
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
