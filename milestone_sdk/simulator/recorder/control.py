"""RecorderCommandService about devices: PTZ, presets, inputs and outputs, manual recording."""
# protocol/recording.md 1.11, 6

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from attrs import define, frozen

from milestone_sdk.simulator.recorder.cameras import RecorderCameras
from milestone_sdk.simulator.recorder.soap import (
    INVALID_ARGUMENT,
    NOT_POSSIBLE,
    UNKNOWN_DEVICE,
    RecorderCall,
    recorder_fault,
)
from milestone_sdk.simulator.site import Camera, Preset, User
from milestone_sdk.simulator.wire.contract import Object

_PTZ_MOVES = [
    "PTZMoveAbsolute",
    "PTZMoveRelative",
    "PTZMoveHome",
    "PTZMoveStart",
    "PTZMoveStop",
    "PTZCenter",
    "PTZRectangle",
]
_DOUBLES = {
    "PTZCenter": ("refWidth", "refHeight", "centerX", "centerY", "zoom"),
    "PTZRectangle": ("refWidth", "refHeight", "left", "top", "bottom", "right"),
}
#: A day in microseconds: an output is not triggered for longer.
_LONGEST_TRIGGER = 86_400_000_000


@frozen
class PtzMove:
    """One PTZ command that was accepted; `arguments` as received, nested ones as (path, text) in document order."""

    operation: str
    device_id: UUID
    arguments: dict[str, object]
    user: str
    at: datetime


@define
class _Output:
    activated: bool = False
    until: datetime | None = None


class RecorderControl:
    """The operations that act on devices; `operations` maps their names, `moves` lists the PTZ commands."""

    def __init__(self, cameras: RecorderCameras) -> None:
        self._cameras = cameras
        self._outputs: dict[UUID, _Output] = {}
        self._manual: dict[UUID, datetime] = {}
        self.moves: list[PtzMove] = []
        self.inputs: dict[UUID, bool] = {}
        """Inputs that exist, and whether they are activated; tests fill it."""
        self.operations: dict[str, Callable[[RecorderCall, User], Any]] = {
            **dict.fromkeys(_PTZ_MOVES, self._ptz_move),
            "PTZGetAbsolutePosition": self._ptz_get_absolute_position,
            "PresetGetList": self._preset_get_list,
            "PresetMoveTo": self._preset_move_to,
            "PresetSet": self._preset_set,
            "InputGetState": self._input_get_state,
            "OutputGetState": self._output_get_state,
            "OutputActivate": lambda call, user: self._set_output(call, _Output(True)),
            "OutputDeactivate": lambda call, user: self._set_output(call, _Output(False)),
            "OutputTrigger": self._output_trigger,
            "IsManualRecording": self._is_manual_recording,
            "StartManualRecording": self._start_manual_recording,
            "StopManualRecording": self._stop_manual_recording,
        }

    def _ptz_camera(self, call: RecorderCall, user: User) -> Camera:
        camera = self._cameras.find(call["deviceId"], user)
        if camera is None:
            raise recorder_fault(UNKNOWN_DEVICE, "Unknown device")
        if not camera.ptz:
            raise recorder_fault(NOT_POSSIBLE, "The device has no PTZ")
        return camera

    def _steer(self, call: RecorderCall, user: User) -> Camera:
        """Note the command, unless somebody else holds PTZ."""
        camera = self._ptz_camera(call, user)
        if self._cameras.switches.ptz_held:
            raise recorder_fault(40295, "PTZ is in use by someone with higher priority", sub_number=20)
        self.moves.append(PtzMove(call.operation, camera.id, call.arguments(), user.name, self._cameras.now()))
        return camera

    def _ptz_move(self, call: RecorderCall, user: User) -> None:
        call.check(*_DOUBLES.get(call.operation, ()))
        movement = _movement(call.leaves("ptzArgs"))
        camera = self._steer(call, user)
        if call.operation == "PTZMoveHome":
            camera.position = {}
        elif call.operation == "PTZMoveAbsolute":
            camera.position = movement

    def _ptz_get_absolute_position(self, call: RecorderCall, user: User) -> Object:
        camera = self._ptz_camera(call, user)
        movement = [{"name": axis, "value": camera.position.get(axis, 0.0)} for axis in ("pan", "tilt", "zoom")]
        return {"movement": movement, "Normalized": True}

    def _preset_get_list(self, call: RecorderCall, user: User) -> list[str]:
        camera = self._ptz_camera(call, user)
        return [preset.name for preset in camera.presets]

    def _preset_move_to(self, call: RecorderCall, user: User) -> None:
        camera = self._ptz_camera(call, user)
        preset = _preset(camera, call["presetName"])
        if preset is None:
            raise recorder_fault(NOT_POSSIBLE, "Unknown preset")
        self._steer(call, user)
        camera.position = {"pan": preset.pan, "tilt": preset.tilt, "zoom": preset.zoom}

    def _preset_set(self, call: RecorderCall, user: User) -> None:
        camera = self._steer(call, user)
        name = call["presetName"] or ""
        preset = _preset(camera, name)
        if preset is None:
            preset = Preset(id=uuid4(), name=name)
            camera.presets.append(preset)
        preset.place(camera.position)

    def _input_get_state(self, call: RecorderCall, user: User) -> str:
        return _state(self.inputs.get(call["deviceId"]))

    def _output_get_state(self, call: RecorderCall, user: User) -> str:
        output = self._outputs.get(call["deviceId"])
        if output is not None and output.until is not None and self._cameras.now() >= output.until:
            output.activated, output.until = False, None
        return _state(None if output is None else output.activated)

    def _set_output(self, call: RecorderCall, output: _Output) -> None:
        self._outputs[call["deviceId"]] = output

    def _output_trigger(self, call: RecorderCall, user: User) -> None:
        length = timedelta(microseconds=max(0, min(call.duration_ticks("duration") // 10, _LONGEST_TRIGGER)))
        self._set_output(call, _Output(True, self._cameras.now() + length))

    def _is_manual_recording(self, call: RecorderCall, user: User) -> list[Object]:
        """Unknown devices answer false, not a fault (protocol/recording.md 1.11)."""
        now = self._cameras.now()
        return [
            {"DeviceId": device, "IsManualRecording": device in self._manual and now < self._manual[device]}
            for device in call["deviceIds"] or ()
        ]

    def _start_manual_recording(self, call: RecorderCall, user: User) -> list[Object]:
        """Start, or do nothing where one runs already; a rule's recording is left as it is."""
        now = self._cameras.now()

        def start(camera: Camera) -> None:
            if now >= self._manual.get(camera.id, now):
                ends = now + self._cameras.switches.manual_recording_timeout
                self._manual[camera.id] = ends
                if all(end is not None and end <= now for begin, end in camera.recordings if begin <= now):
                    camera.recordings.append((now, ends))

        return self._for_each(call, user, start)

    def _stop_manual_recording(self, call: RecorderCall, user: User) -> list[Object]:
        now = self._cameras.now()

        def stop(camera: Camera) -> None:
            ends = self._manual.pop(camera.id, now)
            if now < ends:
                camera.recordings[:] = [(begin, now if end == ends else end) for begin, end in camera.recordings]

        return self._for_each(call, user, stop)

    def _for_each(self, call: RecorderCall, user: User, act: Callable[[Camera], None]) -> list[Object]:
        """Act on each camera; success is 0, the code for a device that does not exist is invented."""
        results: list[Object] = []
        for device_id in call["deviceIds"] or ():
            camera = self._cameras.find(device_id, user)
            if camera is not None:
                act(camera)
            code, message = (0, "Success") if camera is not None else (1, "Unknown device")
            results.append({"DeviceId": device_id, "ResultCode": code, "Message": message})
        return results


def _state(activated: bool | None) -> str:
    return "Unknown" if activated is None else "Activated" if activated else "Deactivated"


def _preset(camera: Camera, name: str | None) -> Preset | None:
    return next((preset for preset in camera.presets if preset.name == name), None)


def _movement(leaves: list[tuple[str, str]]) -> dict[str, float]:
    """Axis to value of the `movement` pairs among (path, text) leaves."""
    position: dict[str, float] = {}
    axis = ""
    for path, text in leaves:
        if path == "movement/name":
            axis = text
        elif path == "movement/value" and axis:
            try:
                position[axis] = float(text)
            except ValueError:
                position[axis] = math.nan
            if not math.isfinite(position[axis]):
                raise recorder_fault(INVALID_ARGUMENT, "Invalid argument 'ptzArgs'")
    return position
