"""Pan, tilt and zoom: presets, positions, continuous moves, patrolling, sessions."""

import logging
import math
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Concatenate, Final, ParamSpec, TypeVar
from uuid import UUID

from ..._arguments import check_count, check_type
from ..._net.asyncio import AsyncLock, to_the_end
from ..._protocol.configuration.names import near_misses
from ..._protocol.devices import control
from ..._protocol.soap.envelope import Call
from ...errors import (
    ConfigurationError,
    LocalProtocolError,
    MilestoneError,
    NotFound,
    PermissionDenied,
    PtzInUse,
    ServerFault,
)
from ...models import Camera
from ...models.control import PtzPosition, PtzSession
from ...models.devices import PtzPreset
from ..configuration.inventory import AsyncConfigurationCache, CameraReference
from ..session.facts import AsyncFact
from ..session.recorder import at_recorder
from ..session.session import AsyncSession
from .commands import command
from .patrolling import profile_id

__all__ = ["AsyncPtzCameras", "AsyncPtzControl"]

_logger = logging.getLogger("milestone_sdk.ptz")

P = ParamSpec("P")
T = TypeVar("T")

_STOP_PAUSES: Final = (0.5, 1.0, None)
"""Seconds after each `PTZMoveStop` that fails on the way, which is sent again: a network that is lost for a moment
must not leave the camera turning, which is worse than a late error."""


class AsyncPtzCameras:
    """Control of PTZ cameras. A camera is given as `Camera`, id, or exact name.

    Every call may raise `CameraNotFound`, `PermissionDenied`, `ServiceUnavailable`, `ServerFault` for a camera without
    PTZ, and `PtzInUse` if a user of higher priority controls the camera: do not retry that in a loop.
    """

    def __init__(self, session: AsyncSession, configuration: AsyncConfigurationCache) -> None:
        self._session = session
        self._configuration = configuration

    async def presets(self, camera: CameraReference) -> tuple[str, ...]:
        """Return the names of the presets of a camera."""
        return await self._ask(camera, control.preset_list)

    async def go_to(self, camera: CameraReference, preset: PtzPreset | str) -> None:
        """Move to a preset, by its exact name. Raises `NotFound` with similar names if the camera does not have it."""
        name = preset.name if isinstance(preset, PtzPreset) else preset
        check_type("preset", name, str)
        try:
            await self._ask(camera, control.preset_go, name or "")
        except ServerFault as error:
            if isinstance(error, PtzInUse):
                raise
            try:
                names = await self.presets(camera)
            except MilestoneError:
                raise error from None
            if name in names:
                raise
            raise NotFound(
                f"the camera has no preset {name!r}",
                near_misses=near_misses(name or "", names),
                server=error.server,
                operation=error.operation,
            ) from error

    async def set_preset(self, camera: CameraReference, name: str) -> None:
        """Store the present position as a preset; one of that name is replaced."""
        check_type("name", name, str)
        if not name:
            raise ConfigurationError("name must not be empty")
        await self._ask(camera, control.preset_set, name)

    async def position(self, camera: CameraReference) -> PtzPosition:
        """Return where a camera points; an axis is `None` where the camera does not report it."""
        return await self._ask(camera, control.ptz_position)

    async def move_to(
        self,
        camera: CameraReference,
        *,
        pan: float | None = None,
        tilt: float | None = None,
        zoom: float | None = None,
        speed: float = 1.0,
    ) -> None:
        """Move to a position: pan and tilt from -1 to 1, zoom from 0 (wide) to 1 (tele), `speed` from 0 to 1.

        Axes that are not given stay as they are. Not every camera can do it; then the call raises `ServerFault`.
        """
        axes = _axes(pan=(pan, -1), tilt=(tilt, -1), zoom=(zoom, 0))
        _check("speed", speed, 0)
        await self._ask(camera, control.ptz_move_absolute, axes, speed)

    async def move_by(
        self,
        camera: CameraReference,
        *,
        pan: float | None = None,
        tilt: float | None = None,
        zoom: float | None = None,
        speed: float = 1.0,
    ) -> None:
        """Move by a fraction of the range of each axis, from -1 to 1.

        What happens depends on the camera's driver: many map the value to one coarse step in that direction.
        """
        axes = _axes(pan=(pan, -1), tilt=(tilt, -1), zoom=(zoom, -1))
        _check("speed", speed, 0)
        await self._ask(camera, control.ptz_move_relative, axes, speed)

    async def home(self, camera: CameraReference) -> None:
        """Move to the home position of the camera."""
        await self._ask(camera, control.ptz_home)

    async def center(
        self, camera: CameraReference, x: float, y: float, *, size: tuple[int, int], zoom: float | None = None
    ) -> None:
        """Center the point `x`, `y`, in pixels of a picture of that `size` (width, height), from its top left corner.

        `zoom` is from 0 to 1; without it the zoom stays as it is.
        """
        width, height = _size(size)
        _check("x", x, 0, width)
        _check("y", y, 0, height)
        if zoom is not None:
            _check("zoom", zoom, 0)
        value = -1.0 if zoom is None else zoom
        await self._ask(camera, control.ptz_center, (width, height), x, y, value)

    async def zoom_to(
        self, camera: CameraReference, *, left: float, top: float, right: float, bottom: float, size: tuple[int, int]
    ) -> None:
        """Zoom to a rectangle, in pixels of a picture of that `size` (width, height)."""
        width, height = _size(size)
        for name, value, most in (("left", left, width), ("right", right, width), ("top", top, height)):
            _check(name, value, 0, most)
        _check("bottom", bottom, 0, height)
        if left >= right or top >= bottom:
            raise ConfigurationError(f"the rectangle is empty: left {left}, top {top}, right {right}, bottom {bottom}")
        await self._ask(camera, control.ptz_rectangle, (width, height), left=left, top=top, right=right, bottom=bottom)

    async def start_patrolling(self, camera: CameraReference, profile: UUID | str) -> None:
        """Start a patrolling profile of the camera, by its id or exact name.

        Names are read from the configuration. Raises `NotFound` with similar names for one that the camera does not
        have, and `AmbiguousName` for one that several profiles have.
        """
        await _patrol(self._session, self._configuration.place(camera), profile, active=True)

    async def stop_patrolling(self, camera: CameraReference, profile: UUID | str) -> None:
        """Stop a patrolling profile that a user started; see `start_patrolling`."""
        await _patrol(self._session, self._configuration.place(camera), profile, active=False)

    async def session(self, camera: CameraReference) -> PtzSession | None:
        """Return who controls a camera; `None` if the recorder reports no session."""
        return await self._ask(camera, control.ptz_session)

    async def extend(self, camera: CameraReference) -> None:
        """Take the PTZ session of a camera without a move, or make it last longer.

        This is the operation `PTZExtendedManualSession`. Its effect is not documented; `session` returns the seconds
        that are left.
        """
        await self._ask(camera, control.ptz_session_extend)

    async def reserve(self, camera: CameraReference) -> None:
        """Reserve the PTZ session of a camera until `release`. Needs a right, and a product that supports it."""
        await self._ask(camera, control.ptz_session_reserve)

    async def release(self, camera: CameraReference) -> None:
        """Release the PTZ session of a camera."""
        await self._ask(camera, control.ptz_session_release)

    @asynccontextmanager
    async def control(
        self, camera: CameraReference, *, reverse_tilt: bool = False
    ) -> AsyncGenerator["AsyncPtzControl"]:
        """Move a camera continuously, and stop it at the end of the block, whatever ends the block.

        `reverse_tilt` exchanges up and down: which sign means up differs between camera drivers. A stop that fails on
        the way is sent up to three times, even if the task is cancelled meanwhile: while a recorder hangs, a
        cancellation waits for that. If it still fails, its error is raised, or logged if the block raised one.
        """
        moving = AsyncPtzControl(self._session, self._configuration.place(camera), reverse_tilt=reverse_tilt)
        try:
            yield moving
        except BaseException:
            moving.ended = True
            await to_the_end(partial(_stop_or_log, moving))
            raise
        moving.ended = True
        await to_the_end(moving.stop)

    async def _ask(
        self,
        camera: CameraReference,
        build: Callable[Concatenate[str, UUID, P], Call[T]],
        *args: P.args,
        **more: P.kwargs,
    ) -> T:
        return await _at(self._session, self._configuration.place(camera), build, *args, **more)


async def _patrol(session: AsyncSession, place: AsyncFact[Camera], profile: UUID | str, *, active: bool) -> None:
    check_type("profile", profile, UUID, str)
    if isinstance(profile, str):
        profile = await profile_id(session, await place.get(), profile)
    await _at(session, place, control.ptz_patrol, profile, active=active)


async def _at(
    session: AsyncSession,
    place: AsyncFact[Camera],
    build: Callable[Concatenate[str, UUID, P], Call[T]],
    *args: P.args,
    **more: P.kwargs,
) -> T:
    """Make a call; a refusal because of another user says who that is, if the recorder does."""
    try:
        return await command(session, place, build, *args, **more)
    except PtzInUse as error:
        try:
            held = await at_recorder(session, place, control.ptz_session)
        except MilestoneError:
            held = None
        if held is None:
            raise
        raise _in_use(error, held) from error


class AsyncPtzControl:
    """Continuous moves of one camera, within `ptz.control`."""

    def __init__(self, session: AsyncSession, place: AsyncFact[Camera], *, reverse_tilt: bool) -> None:
        self._session = session
        self._place = place
        self._tilt_sign = -1.0 if reverse_tilt else 1.0
        self._speeds: dict[str, float] = {}
        self._lock = AsyncLock()
        """Held while a command is sent, so that the last stop comes after a start of another task."""
        self.ended: bool = False
        """Whether the block has ended; from then on `move` raises `LocalProtocolError`."""

    async def move(self, *, pan: float = 0.0, tilt: float = 0.0, zoom: float = 0.0) -> None:
        """Move at these speeds until the next `move`, `stop`, or the end of the block; the camera goes on meanwhile.

        Each is from -1 to 1, the sign is the direction; 0 stops that axis. Pan and tilt are sent in one call, zoom in
        another, as other clients do.
        """
        for name, value in (("pan", pan), ("tilt", tilt), ("zoom", zoom)):
            _check(name, value, -1)
        speeds = {"pan": pan, "tilt": tilt * self._tilt_sign, "zoom": zoom}
        async with self._lock:
            if self.ended:
                raise LocalProtocolError(
                    "the block of ptz.control has ended",
                    hint="move the camera within it, where it is stopped at the end",
                )
            # A command that is under way is waited for: the recorder may carry it out after the stop that follows.
            await to_the_end(partial(self._start, speeds) if any(speeds.values()) else self._halt)

    async def _start(self, speeds: dict[str, float]) -> None:
        before, self._speeds = self._speeds, speeds
        started = False
        for axes in (("pan", "tilt"), ("zoom",)):
            if any(speeds[axis] or before.get(axis) for axis in axes):
                direction = {axis: math.copysign(1.0, speeds[axis]) if speeds[axis] else 0.0 for axis in axes}
                speed = {axis: abs(speeds[axis]) for axis in axes}
                try:
                    await _at(self._session, self._place, control.ptz_start, direction, speed)
                except MilestoneError as error:
                    camera = self._place.known
                    fixed = camera is not None and (camera.ptz is None or not camera.ptz.enabled)
                    if not started and (fixed or isinstance(error, NotFound | PermissionDenied)):
                        self._speeds = before  # there is nothing new to stop
                    raise
                started = True

    async def stop(self) -> None:
        """Stop every axis; nothing is sent if nothing was started."""
        async with self._lock:
            await self._halt()

    async def _halt(self) -> None:
        for pause in _STOP_PAUSES if self._speeds else ():
            try:
                await _at(self._session, self._place, control.ptz_stop)
            except PtzInUse:
                pass  # another user of higher priority moves the camera now
            except MilestoneError as error:
                if not error.retriable or pause is None:
                    raise
                await self._session.clock.sleep(pause)
                continue
            self._speeds = {}
            return


async def _stop_or_log(moving: AsyncPtzControl) -> None:
    try:
        await moving.stop()
    except MilestoneError as error:
        _logger.error("the camera may still be moving: %s", error)


def _in_use(error: PtzInUse, held: PtzSession) -> PtzInUse:
    by = f" by {held.user}" if held.user else ""
    left = f", for {held.seconds_left} s more" if held.seconds_left else ""
    return PtzInUse(
        f"PTZ is in use{by} with a higher priority{left}",
        holder=held.user,
        seconds_left=held.seconds_left,
        code=error.code,
        subcode=error.subcode,
        server=error.server,
        operation=error.operation,
    )


def _axes(**given: tuple[float | None, float]) -> dict[str, float]:
    """Return the axes that were given, each checked from its least value to 1."""
    axes: dict[str, float] = {}
    for name, (value, least) in given.items():
        if value is not None:
            _check(name, value, least)
            axes[name] = value
    if not axes:
        raise ConfigurationError("no axis was given", hint="give pan, tilt or zoom")
    return axes


def _check(name: str, value: object, least: float, most: float = 1.0) -> None:
    check_type(name, value, int, float)
    assert isinstance(value, int | float)
    if not least <= value <= most:
        raise ConfigurationError(f"{name} must be from {least} to {most:g}, got {value}")


def _size(size: tuple[int, int]) -> tuple[int, int]:
    hint = "(width, height) of the picture in pixels"
    check_type("size", size, tuple, hint=hint)
    if len(size) != 2:
        raise ConfigurationError(f"size must be two numbers, got {len(size)}", hint=hint)
    width, height = size
    for name, value in (("width", width), ("height", height)):
        check_count(name, value)
    return width, height
