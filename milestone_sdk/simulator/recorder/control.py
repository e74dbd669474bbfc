"""RecorderCommandService about devices: inputs and outputs, manual recording."""
# docs/protocol: recorder-manual, devices-io

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from attrs import define

from milestone_sdk.simulator.recorder.cameras import RecorderCameras, has_right
from milestone_sdk.simulator.recorder.soap import ACCESS_DENIED, UNKNOWN_DEVICE, RecorderCall, recorder_fault
from milestone_sdk.simulator.site import Camera, User
from milestone_sdk.simulator.wire.contract import Object

#: A day in microseconds: an output is not triggered for longer.
_LONGEST_TRIGGER = 86_400_000_000
_ENDLESS = datetime.max.replace(tzinfo=UTC)


@define
class _Output:
    activated: bool = False
    until: datetime | None = None


class RecorderControl:
    """The operations that act on devices; `operations` maps their names."""

    def __init__(self, cameras: RecorderCameras) -> None:
        self._cameras = cameras
        self._outputs: dict[UUID, _Output] = {}
        self._manual: dict[UUID, datetime] = {}
        self.inputs: dict[UUID, bool] = {}
        """Whether inputs are activated, by their ids; the state of the others is unknown. Tests fill it."""
        self.operations: dict[str, Callable[[RecorderCall, User], Any]] = {
            "InputGetState": self._input_get_state,
            "OutputGetState": self._output_get_state,
            "OutputActivate": lambda call, user: self._set_output(call, user, _Output(True)),
            "OutputDeactivate": lambda call, user: self._set_output(call, user, _Output(False)),
            "OutputTrigger": self._output_trigger,
            "IsManualRecording": self._is_manual_recording,
            "StartManualRecording": self._start_manual_recording,
            "StopManualRecording": self._stop_manual_recording,
        }

    def _device(self, call: RecorderCall, user: User, kind: str, right: str) -> UUID:
        """The id of the input or output of this recorder, for a user who has a right of its security."""
        found = self._cameras.device(call["deviceId"], kind)
        if found is None:
            raise recorder_fault(UNKNOWN_DEVICE, "Unknown device")
        if not user.rights.get(right, True):
            raise recorder_fault(ACCESS_DENIED, "Access denied")
        return found.id

    def _input_get_state(self, call: RecorderCall, user: User) -> str:
        return _state(self.inputs.get(self._device(call, user, "InputEvent", "ReadInput")))

    def _output_get_state(self, call: RecorderCall, user: User) -> str:
        output = self._outputs.get(self._device(call, user, "Output", ""))
        if output is not None and output.until is not None and self._cameras.now() >= output.until:
            output.activated, output.until = False, None
        return _state(None if output is None else output.activated)

    def _set_output(self, call: RecorderCall, user: User, output: _Output) -> None:
        self._outputs[self._device(call, user, "Output", "Activate")] = output

    def _output_trigger(self, call: RecorderCall, user: User) -> None:
        length = timedelta(microseconds=max(0, min(call.duration_ticks("duration") // 10, _LONGEST_TRIGGER)))
        self._set_output(call, user, _Output(True, self._cameras.now() + length))

    def _is_manual_recording(self, call: RecorderCall, user: User) -> list[Object]:
        """Unknown devices answer false, not a fault (docs/protocol: recorder-manual)."""
        now = self._cameras.now()

        def is_active(device: UUID) -> bool:
            return now < self._manual.get(device, now) and self._cameras.find(device, user) is not None

        return [{"DeviceId": device, "IsManualRecording": is_active(device)} for device in call["deviceIds"] or ()]

    def _start_manual_recording(self, call: RecorderCall, user: User) -> list[Object]:
        """Start, or do nothing where one runs already; a rule's recording is left as it is."""
        now = self._cameras.now()

        def start(camera: Camera) -> None:
            if now >= self._manual.get(camera.id, now):
                length = timedelta(minutes=camera.manual_recording_minutes)
                ends = now + length if camera.manual_recording_timeout else _ENDLESS
                self._manual[camera.id] = ends
                if all(end is not None and end <= now for begin, end in camera.recordings if begin <= now):
                    camera.recordings.append((now, ends))

        return self._for_each(call, user, "StartRecording", start)

    def _stop_manual_recording(self, call: RecorderCall, user: User) -> list[Object]:
        now = self._cameras.now()

        def stop(camera: Camera) -> None:
            ends = self._manual.pop(camera.id, now)
            if now < ends:
                camera.recordings[:] = [(begin, now if end == ends else end) for begin, end in camera.recordings]

        return self._for_each(call, user, "StopRecording", stop)

    def _for_each(self, call: RecorderCall, user: User, right: str, act: Callable[[Camera], None]) -> list[Object]:
        """Act on each camera; success is 0, the other codes are invented."""
        results: list[Object] = []
        for device_id in call["deviceIds"] or ():
            code, message = 0, "Success"
            if (camera := self._cameras.find(device_id, user)) is None:
                code, message = 1, "Unknown device"
            elif not has_right(user, camera, right):
                code, message = 2, "Access denied"
            else:
                act(camera)
            results.append({"DeviceId": device_id, "ResultCode": code, "Message": message})
        return results


def _state(activated: bool | None) -> str:
    return "Unknown" if activated is None else "Activated" if activated else "Deactivated"
