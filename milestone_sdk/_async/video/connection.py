"""One ImageServer connection to one device: opened, kept authorized, read with a deadline."""

from collections.abc import Awaitable, Callable
from typing import Final
from uuid import UUID

from ..._net.asyncio import AsyncClock, AsyncStream
from ..._net.failures import without_frames
from ..._protocol.secrets import Sealed
from ..._protocol.video.imageserver import AnswerDeadline, ImageServerProtocol, refusal
from ..._protocol.video.messages import ConnectResponse, Event, ImageResponse, LivePackage
from ..._protocol.video.reader import NEED_DATA
from ..._protocol.video.requests import Transcode
from ...errors import ConnectionLost, MilestoneError, ReadTimeout

__all__ = ["AsyncImageServerConnection"]

_READ_SIZE: Final = 256 << 10


class AsyncImageServerConnection:
    """A session with the recorder of one device, which may be opened again after it broke.

    `connect` opens a stream to the recorder that has the device now. `token` returns the current token, `renew` a new
    one in place of a refused one. `relocate` takes the error of a refusal and returns the id of the device where it
    has moved to another recorder, else None. `timeout` seconds are waited for an answer.
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
    ) -> None:
        self._device_id = device_id
        self._connect = connect
        self._token = token
        self.clock = clock
        self._timeout = timeout
        self._renew = renew
        self._relocate = relocate
        self._stream: AsyncStream | None = None
        self._deadline = AnswerDeadline(timeout)
        self._token_in_use: Sealed[str] | None = None
        self.protocol = ImageServerProtocol(device_id)
        """Makes the requests of the session for `send`."""

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
        """Begin a session where the device is; after a refusal, where `relocate` finds it then, if it moved.

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
        self.protocol = ImageServerProtocol(self._device_id, transcode=transcode)
        self._deadline.restart()
        self._stream = await self._connect()
        self._token_in_use = token
        await self._send(Sealed(self.protocol.connect(token.reveal())))
        while isinstance(answer := await self.receive(), LivePackage) or not answer.method:
            pass
        if isinstance(answer, ConnectResponse) and answer.connected:
            return None
        return "" if isinstance(answer, ImageResponse) else answer.reason

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
        """Return the next event. Raises `ReadTimeout` when no answer arrives in time, however steadily it trickles.

        Raises `ConnectionLost`, `RemoteProtocolError`.
        """
        while (event := self.protocol.next_event()) is NEED_DATA:
            await self._read()
        if not isinstance(event, LivePackage) and event.method:
            self._deadline.restart()
        return event

    async def _read(self) -> None:
        left = self._deadline.left(self.clock.monotonic())
        if left <= 0:
            raise ReadTimeout(f"no complete answer within {self._timeout:g} s")
        data = await self._opened().read(_READ_SIZE, left)
        if not data:
            where = "in the middle of an answer" if self.protocol.incomplete else "before it answered"
            raise ConnectionLost(f"the recorder closed the connection {where}")
        self.protocol.receive_data(data)
        if self.protocol.answering:
            self._deadline.extend(len(data), self.clock.monotonic())

    def _opened(self) -> AsyncStream:
        if self._stream is None:
            raise ConnectionLost("the connection was closed")
        return self._stream
