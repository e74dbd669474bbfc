"""PTZ presets by ServerCommandService: read, made, renamed, moved, ordered, deleted."""
# docs/protocol: servercommand-operations

from collections.abc import Callable, Mapping
from uuid import UUID

from milestone_sdk.simulator.management.inventory import presets, visible_cameras
from milestone_sdk.simulator.management.servercall import Call, Operation, bad_request, not_enough_permissions
from milestone_sdk.simulator.site import Camera, Preset
from milestone_sdk.simulator.wire.contract import Extended

__all__ = ["Presets"]


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

    def _get(self, call: Call) -> list[Extended]:
        cameras = [camera for camera in visible_cameras(call.host.site, call.user) if camera.id == call["deviceId"]]
        return presets(cameras[0]) if cameras else []

    def _camera(self, call: Call) -> Camera:
        camera = call.device(call["deviceId"])
        if not isinstance(camera, Camera) or not camera.ptz:
            raise bad_request(f"There is no PTZ camera {call['deviceId']}.")
        if not call.may("ManagePresets", camera):
            raise not_enough_permissions("ManagePresets")
        return camera

    def _found(self, call: Call) -> tuple[Camera, Preset]:
        camera = self._camera(call)
        preset = next((preset for preset in camera.presets if preset.id == call["id"]), None)
        if preset is None:
            raise bad_request(f"There is no preset {call['id']}.")
        if preset.locked:
            raise bad_request(f"The preset {preset.name} is locked.")
        return camera, preset

    def _create(self, call: Call) -> UUID:
        camera = self._camera(call)
        preset = Preset(id=self._new_id(), name=_free_name(camera, call["name"]))
        preset.place(camera.position)
        camera.presets.append(preset)
        return preset.id

    def _rename(self, call: Call) -> None:
        camera, preset = self._found(call)
        if call["newName"] != preset.name:
            preset.name = _free_name(camera, call["newName"])

    def _move(self, call: Call) -> None:
        camera, preset = self._found(call)
        preset.place(camera.position)

    def _order(self, call: Call) -> None:
        """The presets that are named come first, in that order."""
        camera = self._camera(call)
        wanted: list[UUID] = call["ids"] or []
        camera.presets.sort(key=lambda preset: wanted.index(preset.id) if preset.id in wanted else len(wanted))

    def _delete(self, call: Call) -> None:
        camera, preset = self._found(call)
        camera.presets.remove(preset)


def _free_name(camera: Camera, name: str | None) -> str:
    if not name or not name.strip():
        raise bad_request("Value cannot be null. Parameter name: name")
    if any(preset.name.casefold() == name.casefold() for preset in camera.presets):
        raise bad_request(f"There is a preset {name}.")
    return name
