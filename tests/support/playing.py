"""Plays recorded video for the tests, with the async class or with its blocking twin."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from attrs import define, field

from milestone_sdk._async.video.connection import AsyncImageServerConnection
from milestone_sdk._async.video.playback import AsyncPlayback
from milestone_sdk._net import asyncio as waiting
from milestone_sdk._net import blocking
from milestone_sdk._sync.video.connection import ImageServerConnection
from milestone_sdk._sync.video.playback import Playback
from milestone_sdk.errors import MilestoneError
from milestone_sdk.models import Frame, TimeSpan

Face = Literal["async", "sync"]
CAMERA = UUID("11111111-2222-4333-8444-555555555555")


class _Shown:
    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    def utcnow(self) -> datetime:
        return self._now()


class _AsyncWallClock(_Shown, waiting.AsyncClock):
    pass


class _WallClock(_Shown, blocking.Clock):
    pass


@define
class Played:
    """The frames that came, the error that came after them, and what the playback says is missing."""

    frames: list[Frame] = field(factory=list[Frame])
    error: MilestoneError | None = None
    missing: MilestoneError | None = None

    @property
    def data(self) -> list[bytes]:
        return [bytes(frame.data) for frame in self.frames]


def play(
    face: Face,
    port: int,
    span: TimeSpan,
    *,
    token: Callable[[], str] = lambda: "token",
    renew: Callable[[str], str] | None = None,
    context: ssl.SSLContext | None = None,
    device_id: UUID = CAMERA,
    timeout: float = 5.0,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    **options: Any,
) -> Played:
    """Play a span to its end or to the first error; `now` is the wall clock."""
    played = Played()
    if face == "async":
        connecting = AsyncImageServerConnection(
            device_id,
            connect=lambda: waiting.open_stream("127.0.0.1", port, context=context, timeout=timeout),
            token=_later(token),
            renew=_later_of(renew) if renew else None,
            clock=_AsyncWallClock(now),
            timeout=timeout,
        )
        connecting.label = "the recorder"
        asyncio.run(_play_async(played, AsyncPlayback(connecting, span, **options)))
        return played
    connection = ImageServerConnection(
        device_id,
        connect=lambda: blocking.open_stream("127.0.0.1", port, context=context, timeout=timeout),
        token=token,
        renew=renew,
        clock=_WallClock(now),
        timeout=timeout,
    )
    connection.label = "the recorder"
    try:
        with Playback(connection, span, **options) as playback:
            for frame in playback:
                played.frames.append(frame)
        played.missing = playback.missing
    except MilestoneError as error:
        played.error = error
    return played


async def _play_async(played: Played, playback: AsyncPlayback) -> None:
    try:
        async with playback:
            async for frame in playback:
                played.frames.append(frame)
        played.missing = playback.missing
    except MilestoneError as error:
        played.error = error


def _later(function: Callable[[], str]) -> Callable[[], Awaitable[str]]:
    async def call() -> str:
        return function()

    return call


def _later_of(function: Callable[[str], str]) -> Callable[[str], Awaitable[str]]:
    async def call(argument: str) -> str:
        return function(argument)

    return call
