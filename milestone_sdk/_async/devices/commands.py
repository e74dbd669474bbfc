"""Commands to devices. How recorders report that a user lacks a right is not known, but the site says who has which."""

from collections.abc import Callable
from typing import Concatenate, Final, ParamSpec, TypeVar
from uuid import UUID

from ..._protocol.soap.envelope import Call
from ...errors import MilestoneError, PermissionDenied, PtzInUse, ServerFault
from ...models import Camera, Input, Output
from ..session.facts import AsyncFact
from ..session.recorder import at_recorder
from ..session.session import AsyncSession

__all__ = ["command"]

_PTZ_RIGHTS: Final = {
    "PTZReserve": "ptz_reserve_control",
    "PTZActivatePatrolling": "ptz_preset_control",
    "PTZDeactivatePatrolling": "ptz_preset_control",
    "PTZMove": "ptz_manual_control",
    "PTZCenter": "ptz_manual_control",
    "PTZRectangle": "ptz_manual_control",
    "PresetMoveTo": "ptz_preset_control",
    "PresetSet": "manage_presets",
}
"""Begin of the operation -> the right of `Camera.rights` that it needs."""
_RECORDING_RIGHTS: Final = {"StartManual": "start_recording", "StopManual": "stop_recording"}
_SWITCHING: Final = ("OutputActivate", "OutputDeactivate", "OutputTrigger")

P = ParamSpec("P")
T = TypeVar("T")
D = TypeVar("D", bound=Camera | Input | Output)


async def command(
    session: AsyncSession,
    place: AsyncFact[D],
    build: Callable[Concatenate[str, UUID, P], Call[T]],
    /,
    *args: P.args,
    **parameters: P.kwargs,
) -> T:
    """Make a call to the recorder of a device; its refusal is `PermissionDenied` where the user has not the right."""
    try:
        return await at_recorder(session, place, build, *args, **parameters)
    except ServerFault as error:
        if isinstance(error, PtzInUse):
            raise
        try:
            device = await place.get()
        except MilestoneError:
            raise error from None
        right = _missing_right(device, error.operation or "")
        if right is None:
            raise
        raise PermissionDenied(
            f"this user may not do that with {device.name!r}: {error.message}",
            server=error.server,
            operation=error.operation,
            hint=f"the user's role lacks the right {right}",
        ) from error


def _missing_right(device: Camera | Input | Output, operation: str) -> str | None:
    if isinstance(device, Output):
        return "to activate it" if device.may_activate is False and operation in _SWITCHING else None
    if isinstance(device, Input) or device.rights is None:
        return None
    steerable = device.ptz is not None and device.ptz.enabled
    needed = _RECORDING_RIGHTS | _PTZ_RIGHTS if steerable else _RECORDING_RIGHTS
    right = next((right for begin, right in needed.items() if operation.startswith(begin)), None)
    return None if right is None or getattr(device.rights, right) else right
