"""RecorderCommandService: PTZ, presets, inputs and outputs, manual recording."""
# docs/protocol: recorder-operations, recorder-manual, devices-ptz

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

from ...errors import RemoteProtocolError, ServerFault
from ...models.control import IOState, PtzPosition, PtzSession
from ..soap.envelope import Call, Element, Read, nothing, parameter, required
from ..soap.members import Members
from ..soap.values import double_text, microseconds, real
from ..video.recordercommand import NAMESPACE, recorder_call

__all__ = [
    "input_state",
    "manual_recording",
    "output_activate",
    "output_deactivate",
    "output_state",
    "output_trigger",
    "preset_go",
    "preset_list",
    "preset_set",
    "ptz_center",
    "ptz_home",
    "ptz_move_absolute",
    "ptz_move_relative",
    "ptz_patrol",
    "ptz_position",
    "ptz_rectangle",
    "ptz_session",
    "ptz_session_extend",
    "ptz_session_release",
    "ptz_session_reserve",
    "ptz_start",
    "ptz_stop",
    "start_manual_recording",
    "stop_manual_recording",
]

Axes = Mapping[str, float]
"""Axis (`pan`, `tilt`, `zoom`) to value."""

T = TypeVar("T")


# PTZ


def ptz_start(token: str, device_id: UUID, direction: Axes, speed: Axes) -> Call[None]:
    """Start a continuous move: each axis -1, 0 or 1, with a speed from 0 to 1."""
    return _void("PTZMoveStart", token, device_id, _ptz_args(direction, speed, normalized=False))


def ptz_stop(token: str, device_id: UUID) -> Call[None]:
    """Stop a continuous move."""
    return _void("PTZMoveStop", token, device_id)


def ptz_move_absolute(token: str, device_id: UUID, position: Axes, speed: float) -> Call[None]:
    """Move to a position: pan and tilt from -1 to 1, zoom from 0 to 1."""
    args = _ptz_args(position, dict.fromkeys(position, speed), normalized=True)
    return _void("PTZMoveAbsolute", token, device_id, args)


def ptz_move_relative(token: str, device_id: UUID, movement: Axes, speed: float) -> Call[None]:
    """Move by a fraction of the range; drivers may map it to coarse steps."""
    args = _ptz_args(movement, dict.fromkeys(movement, speed), normalized=True)
    return _void("PTZMoveRelative", token, device_id, args)


def ptz_home(token: str, device_id: UUID) -> Call[None]:
    """Move to the home position of the device."""
    return _void("PTZMoveHome", token, device_id)


def ptz_center(token: str, device_id: UUID, size: tuple[int, int], x: float, y: float, zoom: float) -> Call[None]:
    """Center a point of a picture of that size; a zoom of -1 leaves the zoom as it is."""
    values = {"refWidth": size[0], "refHeight": size[1], "centerX": x, "centerY": y, "zoom": zoom}
    return _void("PTZCenter", token, device_id, _doubles(values))


def ptz_rectangle(
    token: str, device_id: UUID, size: tuple[int, int], *, left: float, top: float, right: float, bottom: float
) -> Call[None]:
    """Zoom to a rectangle of a picture of that size. The contract has `bottom` before `right`."""
    values = {"refWidth": size[0], "refHeight": size[1], "left": left, "top": top, "bottom": bottom, "right": right}
    return _void("PTZRectangle", token, device_id, _doubles(values))


def ptz_position(token: str, device_id: UUID) -> Call[PtzPosition]:
    """Ask where the camera points."""
    return _device("PTZGetAbsolutePosition", token, device_id, "", _read_position)


def ptz_session(token: str, device_id: UUID) -> Call[PtzSession | None]:
    """Ask who controls the camera; `None` if the recorder reports no session."""
    return _device("PTZGetSessionInfo", token, device_id, "", _read_session)


def ptz_session_reserve(token: str, device_id: UUID) -> Call[None]:
    """Reserve the PTZ session."""
    return _void("PTZReserveSession", token, device_id)


def ptz_session_extend(token: str, device_id: UUID) -> Call[None]:
    """Take the PTZ session without a move, or make it last longer."""
    return _void("PTZExtendedManualSession", token, device_id)


def ptz_session_release(token: str, device_id: UUID) -> Call[None]:
    """Release the PTZ session."""
    return _void("PTZReleaseSession", token, device_id)


def ptz_patrol(token: str, device_id: UUID, profile_id: UUID, *, active: bool) -> Call[None]:
    """Start or stop a patrolling profile."""
    operation = "PTZActivatePatrollingSchema" if active else "PTZDeactivatePatrollingSchema"
    return _void(operation, token, device_id, parameter("patrollingSchemaId", str(profile_id)))


# Presets


def preset_list(token: str, device_id: UUID) -> Call[tuple[str, ...]]:
    """Ask for the names of the presets."""
    return _device("PresetGetList", token, device_id, "", _read_names)


def preset_go(token: str, device_id: UUID, name: str) -> Call[None]:
    """Move to a preset."""
    return _void("PresetMoveTo", token, device_id, parameter("presetName", name))


def preset_set(token: str, device_id: UUID, name: str) -> Call[None]:
    """Store the present position under a name."""
    return _void("PresetSet", token, device_id, parameter("presetName", name))


# Inputs and outputs


def input_state(token: str, device_id: UUID) -> Call[IOState | str]:
    """Ask for the state of an input."""
    return _device("InputGetState", token, device_id, "", _read_state)


def output_state(token: str, device_id: UUID) -> Call[IOState | str]:
    """Ask for the state of an output."""
    return _device("OutputGetState", token, device_id, "", _read_state)


def output_activate(token: str, device_id: UUID) -> Call[None]:
    """Activate an output until it is deactivated."""
    return _void("OutputActivate", token, device_id)


def output_deactivate(token: str, device_id: UUID) -> Call[None]:
    """Deactivate an output."""
    return _void("OutputDeactivate", token, device_id)


def output_trigger(token: str, device_id: UUID, duration: timedelta) -> Call[None]:
    """Activate an output for a time."""
    span = f"<duration><MicroSeconds>{microseconds(duration)}</MicroSeconds></duration>"
    return _void("OutputTrigger", token, device_id, span)


# Manual recording


def manual_recording(token: str, *device_ids: UUID) -> Call[dict[UUID, bool]]:
    """Ask which devices record because a user started it; false does not mean that a device is not recording."""
    return _manual("IsManualRecording", token, device_ids, _read_manual)


def start_manual_recording(token: str, device_id: UUID) -> Call[None]:
    """Start a manual recording. If the recorder reports that it did not, `decode` raises `ServerFault`."""
    return _change("StartManualRecording", token, device_id, "start")


def stop_manual_recording(token: str, device_id: UUID) -> Call[None]:
    """Stop a manual recording. If the recorder reports that it did not, `decode` raises `ServerFault`."""
    return _change("StopManualRecording", token, device_id, "stop")


# How they are written and read


def _device(operation: str, token: str, device_id: UUID, parameters: str, read: Read[T]) -> Call[T]:
    return recorder_call(operation, token, parameter("deviceId", str(device_id)) + parameters, read)


def _void(operation: str, token: str, device_id: UUID, parameters: str = "") -> Call[None]:
    return _device(operation, token, device_id, parameters, nothing)


def _manual(operation: str, token: str, device_ids: Iterable[UUID], read: Read[T]) -> Call[T]:
    ids = "".join(parameter("guid", str(device_id)) for device_id in device_ids)
    return recorder_call(operation, token, f"<deviceIds>{ids}</deviceIds>", read)


def _by_device(element: Element | None, row: str) -> dict[UUID, Members]:
    found = Members.of_rows(element, NAMESPACE, row)
    return {own: each for each in found if (own := each.guid("DeviceId")) is not None}


def _change(operation: str, token: str, device_id: UUID, verb: str) -> Call[None]:
    def check(element: Element | None) -> None:
        found = _by_device(element, "ManualRecordingResult").get(device_id)
        if found is None:
            raise RemoteProtocolError("the reply contains no result for the device")
        code = found.integer("ResultCode")
        if code != 0:
            reason = found.text("Message") or "no reason given"
            text = f"the recorder did not {verb} the recording: {reason}"
            raise ServerFault(text, code=None if code is None else str(code))

    return _manual(operation, token, (device_id,), check)


def _doubles(values: Axes) -> str:
    return "".join(parameter(name, double_text(value)) for name, value in values.items())


def _ptz_args(movement: Axes, speed: Axes, *, normalized: bool) -> str:
    def pairs(kind: str, axes: Axes) -> str:
        return "".join(
            f"<{kind}>{parameter('name', axis)}{parameter('value', double_text(value))}</{kind}>"
            for axis, value in axes.items()
        )

    flag = parameter("Normalized", "true" if normalized else "false")
    return f"<ptzArgs>{pairs('movement', movement)}{pairs('speed', speed)}{flag}</ptzArgs>"


def _read_position(element: Element | None) -> PtzPosition:
    pairs = Members.of_rows(element, NAMESPACE, "movement")
    axes = {(pair.text("name") or "").casefold(): real(pair.text("value")) for pair in pairs}
    return PtzPosition(pan=axes.get("pan"), tilt=axes.get("tilt"), zoom=axes.get("zoom"))


def _read_session(element: Element | None) -> PtzSession | None:
    if element is None:
        return None
    found = Members(element, NAMESPACE)
    user = found.structure("User")
    in_use = any(map(found.flag, ("IsPatrolling", "Reserved", "IsAnonymous", "IsPaused")))
    if user is None and not (in_use or found.integer("TimeoutLeftSec")):
        return None  # without a session some answer with an empty one
    return PtzSession(
        user=None if user is None else user.text("DisplayName"),
        user_sid=None if user is None else user.text("Sid"),
        priority=found.integer("Priority"),
        reserved=found.flag("Reserved"),
        patrolling=found.flag("IsPatrolling"),
        paused=found.flag("IsPaused"),
        anonymous=found.flag("IsAnonymous"),
        licensed=found.flag("IsLicensed"),
        timeout_seconds=found.integer("TimeoutSec"),
        seconds_left=found.integer("TimeoutLeftSec"),
        patrolling_profile_id=found.guid("PatrollingProfileId"),
        manual_patrolling_profile_id=found.guid("ManualPatrollingProfileId"),
    )


def _read_names(element: Element | None) -> tuple[str, ...]:
    children = () if element is None else element.iterchildren(f"{{{NAMESPACE}}}string")
    return tuple(child.text for child in children if child.text)


def _read_state(element: Element | None) -> IOState | str:
    text = (required(element).text or "").strip()
    return IOState(text) if text in set(IOState) else text


def _read_manual(element: Element | None) -> dict[UUID, bool]:
    found = _by_device(element, "ManualRecordingInfo")
    return {device_id: each.flag("IsManualRecording") for device_id, each in found.items()}
