"""PTZ presets by ServerCommandService: read, made, renamed, moved, ordered, deleted (protocol/auth.md 6.2)."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from milestone_sdk.simulator.management.inventory import presets, visible_cameras
from milestone_sdk.simulator.management.servercall import (
    TOKEN,
    ZERO,
    Answer,
    Call,
    Operation,
    bad_request,
    not_enough_permissions,
)
from milestone_sdk.simulator.site import Camera, Preset
from milestone_sdk.simulator.wire.soap import Field

__all__ = ["Presets"]

_DEVICE = Field("deviceId", "guid")
_ID = Field("id", "guid")


class Presets:
    """The operations on the presets of the site's cameras; changing them needs the right `ManagePresets`."""

    def __init__(self, new_id: Callable[[], UUID]) -> None:
        self._new_id = new_id
        self.operations: Mapping[str, Operation] = {
            "GetPresets": self._get,
            "CreatePreset": self._create,
            "UpdatePresetName": self._rename,
            "UpdatePresetPosition": self._move,
            "OrderPresets": self._order,
            "DeletePreset": self._delete,
        }

    def _get(self, call: Call) -> Answer:
        values = call.read(TOKEN, _DEVICE)
        user = call.identify(values["token"])
        cameras = [camera for camera in visible_cameras(call.host.site, user) if camera.id == values["deviceId"]]
        return "[PresetInfo]", presets(cameras[0]) if cameras else []

    def _camera(self, call: Call, values: Mapping[str, Any]) -> Camera:
        user = call.identify(values["token"])
        camera = call.device(values["deviceId"], user)
        if not isinstance(camera, Camera) or not camera.ptz:
            raise bad_request(f"There is no PTZ camera {values['deviceId'] or ZERO}.")
        if not call.may(user, "ManagePresets", camera):
            raise not_enough_permissions("ManagePresets")
        return camera

    def _found(self, call: Call, values: Mapping[str, Any]) -> tuple[Camera, Preset]:
        camera = self._camera(call, values)
        preset = next((preset for preset in camera.presets if preset.id == values["id"]), None)
        if preset is None:
            raise bad_request(f"There is no preset {values['id'] or ZERO}.")
        if preset.locked:
            raise bad_request(f"The preset {preset.name} is locked.")
        return camera, preset

    def _create(self, call: Call) -> Answer:
        values = call.read(TOKEN, _DEVICE, Field("name"))
        camera = self._camera(call, values)
        preset = Preset(id=self._new_id(), name=_free_name(camera, values["name"]))
        preset.place(camera.position)
        camera.presets.append(preset)
        return "guid", preset.id

    def _rename(self, call: Call) -> Answer:
        values = call.read(TOKEN, _ID, _DEVICE, Field("newName"))
        camera, preset = self._found(call, values)
        if values["newName"] != preset.name:
            preset.name = _free_name(camera, values["newName"])
        return None

    def _move(self, call: Call) -> Answer:
        camera, preset = self._found(call, call.read(TOKEN, _ID, _DEVICE))
        preset.place(camera.position)
        return None

    def _order(self, call: Call) -> Answer:
        """The presets that are named come first, in that order."""
        values = call.read(TOKEN, _DEVICE, Field("ids", "element"))
        camera = self._camera(call, values)
        wanted = call.guids(values["ids"])
        camera.presets.sort(key=lambda preset: wanted.index(preset.id) if preset.id in wanted else len(wanted))
        return None

    def _delete(self, call: Call) -> Answer:
        camera, preset = self._found(call, call.read(TOKEN, _ID, _DEVICE))
        camera.presets.remove(preset)
        return None


def _free_name(camera: Camera, name: str | None) -> str:
    if not name or not name.strip():
        raise bad_request("Value cannot be null. Parameter name: name")
    if any(preset.name.casefold() == name.casefold() for preset in camera.presets):
        raise bad_request(f"There is a preset {name}.")
    return name
