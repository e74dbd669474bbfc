"""RecorderCommandService about PTZ: moves, presets, sessions, patrolling."""
# docs/protocol: recorder-manual, devices-ptz, devices-presets

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from attrs import define, frozen

from milestone_sdk.simulator.recorder.cameras import RecorderCameras, has_right
from milestone_sdk.simulator.recorder.soap import (
    ACCESS_DENIED,
    INVALID_ARGUMENT,
    NOT_POSSIBLE,
    UNKNOWN_DEVICE,
    RecorderCall,
    recorder_fault,
)
from milestone_sdk.simulator.site import Camera, Preset, User
from milestone_sdk.simulator.wire.contract import Object

_MOVES = [
    "PTZMoveAbsolute",
    "PTZMoveRelative",
    "PTZMoveHome",
    "PTZMoveStart",
    "PTZMoveStop",
    "PTZCenter",
    "PTZRectangle",
]
_ARGUMENTS = {
    **dict.fromkeys(("PTZMoveAbsolute", "PTZMoveRelative", "PTZMoveStart"), ("ptzArgs",)),
    "PTZCenter": ("refWidth", "refHeight", "centerX", "centerY", "zoom"),
    "PTZRectangle": ("refWidth", "refHeight", "left", "top", "bottom", "right"),
}
_LEAST = {"pan": -1.0, "tilt": -1.0, "zoom": 0.0}
"""Each axis ends there, and at 1."""
_NONE = UUID(int=0)


@frozen
class PtzMove:
    """One PTZ command that was accepted; `arguments` as received, nested ones as (path, text) in document order."""

    operation: str
    device_id: UUID
    arguments: dict[str, object]
    user: str
    at: datetime


@define
class _Session:
    """A user's control of one camera, until a time without further commands."""

    name: str
    sid: str
    priority: int
    length: timedelta
    until: datetime
    reserved: bool = False


class RecorderPtz:
    """The operations of PTZ; `operations` maps their names, `moves` lists the commands.

    A command takes the session of the camera. Another user takes it over with a higher priority only, and never while
    it is reserved. Moves need the right ManualControl, going to presets and patrolling PresetControl, storing presets
    ManagePresets, unless nothing is said about it.
    """  # doc.milestonesys.com, "Reserve and release PTZ sessions" and "PTZ session properties"

    def __init__(self, cameras: RecorderCameras) -> None:
        self._cameras = cameras
        self._sessions: dict[UUID, _Session] = {}
        self._patrolling: dict[UUID, UUID] = {}
        self.moves: list[PtzMove] = []
        self.operations: dict[str, Callable[[RecorderCall, User], Any]] = {
            **dict.fromkeys(_MOVES, self._move),
            "PTZGetAbsolutePosition": self._absolute_position,
            "PTZExtendedManualSession": self._extended_manual_session,
            "PTZGetSessionInfo": self._session_info,
            "PTZReserveSession": self._reserve_session,
            "PTZReleaseSession": self._release_session,
            "PTZActivatePatrollingSchema": self._activate_patrolling,
            "PTZDeactivatePatrollingSchema": self._deactivate_patrolling,
            "PresetGetList": self._preset_list,
            "PresetMoveTo": self._preset_move_to,
            "PresetSet": self._preset_set,
        }

    def _camera(self, call: RecorderCall, user: User) -> Camera:
        camera = self._cameras.find(call["deviceId"], user)
        if camera is None:
            raise recorder_fault(UNKNOWN_DEVICE, "Unknown device")
        if not camera.ptz:
            raise recorder_fault(NOT_POSSIBLE, "The device has no PTZ")
        return camera

    # Sessions

    def _session(self, camera: Camera) -> _Session | None:
        """Who holds a camera now: the holder of the switch, unless a user of higher priority gave the last command."""
        now, holder = self._cameras.now(), self._cameras.switches.ptz_holder
        held = self._sessions.get(camera.id)
        if held is not None and now >= held.until:
            held = None
        if holder is not None and (held is None or held.priority <= holder.priority):
            length = timedelta(seconds=holder.seconds)
            return _Session(holder.name, holder.sid, holder.priority, length, now + length)
        return held

    def _take(self, camera: Camera, user: User, *, reserve: bool = False) -> None:
        """Begin the user's session, or renew it; fault 40295 if another user may keep it."""
        held = self._session(camera)
        own = held is not None and held.sid == user.sid
        if held is not None and not own and (held.reserved or held.priority >= user.ptz_priority):
            raise recorder_fault(40295, "PTZ is in use by someone with higher priority", sub_number=20)
        reserve = reserve or (own and held is not None and held.reserved)
        switches = self._cameras.switches
        length = switches.ptz_reserved_timeout if reserve else switches.ptz_timeout
        self._sessions[camera.id] = _Session(
            user.name, user.sid, user.ptz_priority, length, self._cameras.now() + length, reserve
        )

    def _extended_manual_session(self, call: RecorderCall, user: User) -> None:
        """Take or renew the session without a move; what else real recorders do is not known."""
        self._take(self._permitted(call, user, "ManualControl"), user)

    def _session_info(self, call: RecorderCall, user: User) -> Object | None:
        """Who controls the camera; nothing (unknown on real recorders) without a session or patrolling."""
        camera = self._camera(call, user)
        held, profile = self._session(camera), self._patrolling.get(camera.id)
        if held is None and profile is None and not self._cameras.switches.ptz_empty_session:
            return None
        info: Object = {
            "DeviceId": camera.id,
            "PatrollingProfileId": _NONE,
            "ManualPatrollingProfileId": profile or _NONE,
            "IsPatrolling": profile is not None,
            "IsLicensed": self._cameras.switches.ptz_reservable,
        }
        if held is not None:
            info |= {
                "User": {"Sid": held.sid, "DisplayName": held.name},
                "Priority": held.priority,
                "Reserved": held.reserved,
                "IsPaused": profile is not None,
                "TimeoutSec": math.ceil(held.length.total_seconds()),
                "TimeoutLeftSec": math.ceil((held.until - self._cameras.now()).total_seconds()),
            }
        return info

    def _reserve_session(self, call: RecorderCall, user: User) -> None:
        if not self._cameras.switches.ptz_reservable:
            raise recorder_fault(NOT_POSSIBLE, "The product has no reserved PTZ sessions")
        camera = self._permitted(call, user, "ReserveControl")
        self._take(camera, user, reserve=True)

    def _release_session(self, call: RecorderCall, user: User) -> None:
        """End the user's own session; nothing happens to that of another."""
        camera = self._camera(call, user)
        held = self._sessions.get(camera.id)
        if held is not None and held.sid == user.sid:
            del self._sessions[camera.id]

    # Patrolling

    def _activate_patrolling(self, call: RecorderCall, user: User) -> None:
        camera, profile = self._permitted(call, user, "PresetControl"), call["patrollingSchemaId"]
        if all(profile != known.id for known in camera.patrolling_profiles):
            raise recorder_fault(NOT_POSSIBLE, "Unknown patrolling profile")
        self._steer(call, user, "PresetControl")
        del self._sessions[camera.id]
        self._patrolling[camera.id] = profile

    def _deactivate_patrolling(self, call: RecorderCall, user: User) -> None:
        camera = self._permitted(call, user, "PresetControl")
        if self._patrolling.get(camera.id) != call["patrollingSchemaId"]:
            raise recorder_fault(NOT_POSSIBLE, "The patrolling profile is not active")
        self._steer(call, user, "PresetControl")
        del self._patrolling[camera.id]

    # Moves and presets

    def _permitted(self, call: RecorderCall, user: User, right: str) -> Camera:
        """The camera, for a user who has that right on it."""
        camera = self._camera(call, user)
        if not has_right(user, camera, right):
            raise recorder_fault(ACCESS_DENIED, "Access denied")
        return camera

    def _steer(self, call: RecorderCall, user: User, right: str) -> Camera:
        """Take the session, and note the command."""
        camera = self._permitted(call, user, right)
        self._take(camera, user)
        self.moves.append(PtzMove(call.operation, camera.id, call.arguments(), user.name, self._cameras.now()))
        return camera

    def _move(self, call: RecorderCall, user: User) -> None:
        call.check(*_ARGUMENTS.get(call.operation, ()))
        movement = _movement(call)
        camera = self._steer(call, user, "ManualControl")
        if call.operation == "PTZMoveHome":
            camera.position = {}
        elif call.operation == "PTZMoveAbsolute":
            camera.position = {**camera.position, **_clamped(movement)}
        elif call.operation == "PTZMoveRelative":
            there = {axis: camera.position.get(axis, 0.0) + by for axis, by in movement.items()}
            camera.position = {**camera.position, **_clamped(there)}

    def _absolute_position(self, call: RecorderCall, user: User) -> Object:
        camera = self._camera(call, user)
        movement = [{"name": axis, "value": camera.position.get(axis, 0.0)} for axis in _LEAST]
        return {"movement": movement, "speed": [], "automatic": [], "Normalized": True}

    def _preset_list(self, call: RecorderCall, user: User) -> list[str]:
        return [preset.name for preset in self._camera(call, user).presets]

    def _preset_move_to(self, call: RecorderCall, user: User) -> None:
        camera = self._permitted(call, user, "PresetControl")
        preset = _preset(camera, call["presetName"])
        if preset is None:
            raise recorder_fault(NOT_POSSIBLE, "Unknown preset")
        self._steer(call, user, "PresetControl")
        camera.position = {"pan": preset.pan, "tilt": preset.tilt, "zoom": preset.zoom}

    def _preset_set(self, call: RecorderCall, user: User) -> None:
        camera = self._steer(call, user, "ManagePresets")
        name = call["presetName"] or ""
        preset = _preset(camera, name)
        if preset is None:
            preset = Preset(id=uuid4(), name=name)
            camera.presets.append(preset)
        preset.place(camera.position)


def _preset(camera: Camera, name: str | None) -> Preset | None:
    return next((preset for preset in camera.presets if preset.name == name), None)


def _clamped(position: Mapping[str, float]) -> dict[str, float]:
    """The position, with each axis within its range."""
    return {axis: min(max(value, _LEAST.get(axis, -1.0)), 1.0) for axis, value in position.items()}


def _movement(call: RecorderCall) -> dict[str, float]:
    """Axis to value of the `movement` pairs."""
    pairs = call.records("ptzArgs", "movement")
    position = {pair["name"]: float(pair.get("value", 0)) for pair in pairs if pair.get("name")}
    if not all(math.isfinite(value) for value in position.values()):
        raise recorder_fault(INVALID_ARGUMENT, "Invalid argument 'ptzArgs'")
    return position
