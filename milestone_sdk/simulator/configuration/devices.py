"""Methods that work on devices: hardware added and deleted, passwords, recordings fetched."""
# docs/protocol: retrieval-task

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlsplit

from milestone_sdk.simulator.configuration.columns import time_text
from milestone_sdk.simulator.configuration.contract import Choice, Definition, Item, Property, fault
from milestone_sdk.simulator.configuration.invocation import (
    Invocation,
    Method,
    MethodFailure,
    asked,
    begun,
    selection,
    succeeded,
)
from milestone_sdk.simulator.site.devices import (
    INTERCONNECT_DRIVER,
    Camera,
    Device,
    Driver,
    Hardware,
    Recorder,
)
from milestone_sdk.simulator.wire.values import parse_date_time

__all__ = ["DEVICE_WORK"]

_CHANNELS = {421: 4, INTERCONNECT_DRIVER: 3}
_CANNOT_REACH = 60277
_NOT_SUPPORTED = 61020
_DIRECT_PLAYBACK = 61021
_BAD_INTERVAL = 61022


# Hardware


def _hardware_form(call: Invocation) -> list[Property]:
    return [
        asked("HardwareAddress", name="Address"),
        asked("HardwareDriverPath", "Path", choices=(Choice("PathItemType", "HardwareDriver"),), name="Driver"),
        asked("UserName", name="User name"),
        asked("Password"),
        asked("CustomData", name="Custom data"),
    ]


def _add_hardware(call: Invocation) -> Item:
    recorder: Recorder = call.subject
    address = call.required("HardwareAddress")
    driver: Driver = call.chosen("HardwareDriverPath", "HardwareDriver")
    if urlsplit(address).scheme not in ("http", "https"):
        raise MethodFailure(_CANNOT_REACH, f"The hardware at {address} cannot be reached.")
    user_name, password = call.text("UserName"), call.text("Password")

    def done() -> str:
        hardware = _new_hardware(call, recorder, driver, address)
        hardware.user_name, hardware.password = user_name, password
        return f"Hardware[{hardware.id}]"

    details = [
        Property(Definition("HardwareAddress"), address),
        Property(Definition("UserName"), user_name),
        Property(Definition("HardwareDriverPath", "Path"), f"HardwareDriver[{driver.id}]"),
    ]
    parent = f"RecordingServer[{recorder.id}]"
    return begun(call, call.server.tasks.start("Add hardware", parent, done, details=details))


def _new_hardware(call: Invocation, recorder: Recorder, driver: Driver, address: str) -> Hardware:
    """Hardware with its devices, all switched off at first (docs/protocol: configuration-disabled)."""
    site, now = call.site, call.site.now()
    hardware = Hardware(
        id=call.server.new_id(),
        name=f"{driver.name} ({urlsplit(address).hostname})",
        recorder_id=recorder.id,
        uri=address if address.endswith("/") else f"{address}/",
        interconnected=driver.number == INTERCONNECT_DRIVER,
        driver=driver.name,
        driver_number=driver.number,
        enabled=False,
        last_modified=now,
    )
    site.hardware.append(hardware)
    for number in range(_CHANNELS.get(driver.number, 1)):
        site.cameras.append(
            Camera(
                id=call.server.new_id(),
                name=f"{hardware.name} - Camera {number + 1}",
                hardware_id=hardware.id,
                recorder_id=recorder.id,
                index=number,
                enabled=False,
                last_modified=now,
                stream_id=call.server.new_id(),
                edge_storage=hardware.interconnected,
            )
        )
    microphone = f"{hardware.name} - Microphone 1"
    site.devices.append(
        Device(id=call.server.new_id(), kind="Microphone", name=microphone, hardware_id=hardware.id, enabled=False)
    )
    site.touch(recorder.id, hardware.id)
    call.server.tree.lookup.forget()
    return hardware


def _delete_hardware(call: Invocation) -> Item:
    hardware: Hardware = call.chosen("ItemSelection", "Hardware")
    if hardware.recorder_id != call.subject.id:
        raise fault("ArgumentExceptionFault", "The hardware is on another recorder.", argument="ItemSelection")

    def done() -> str:
        site = call.site
        gone = {camera.id for camera in site.cameras if camera.hardware_id == hardware.id}
        site.cameras[:] = [camera for camera in site.cameras if camera.id not in gone]
        site.devices[:] = [device for device in site.devices if device.hardware_id != hardware.id]
        for group in site.walk_groups():
            group.cameras[:] = [camera for camera in group.cameras if camera not in gone]
        site.hardware[:] = [other for other in site.hardware if other is not hardware]
        site.touch(hardware.recorder_id, hardware.id)
        call.server.tree.lookup.forget()
        return ""

    parent = f"RecordingServer[{hardware.recorder_id}]"
    return begun(call, call.server.tasks.start("Delete hardware", parent, done))


def _read_password(call: Invocation) -> Item:
    return succeeded(call, "", Property(Definition("Password"), call.subject.password))


# Retrieval


def _retrieval_form(call: Invocation) -> list[Property]:
    return [
        asked("StartTime", "DateTime", name="Start time"),
        asked("EndTime", "DateTime", name="End time"),
        asked("Identifier"),
        asked("RelatedTasks", name="Related tasks"),
    ]


def _time(call: Invocation, key: str) -> datetime:
    try:
        return parse_date_time(call.required(key))
    except ValueError:
        raise fault("ArgumentExceptionFault", f"{key} is not a valid time.", argument=key) from None


def _retrieve(call: Invocation) -> Item:
    device: Camera | Device = call.subject
    refused = {**call.user.rights, **(device.rights if isinstance(device, Camera) else {})}
    if not refused.get("RetrieveEdgeRecordings", True):
        raise fault("UnauthorizedAccessFault", "VMO61008: You do not have sufficient permissions.")
    start, end = _time(call, "StartTime"), _time(call, "EndTime")
    if device.edge_playback:
        raise MethodFailure(_DIRECT_PLAYBACK, "The device is played back directly: there is nothing to retrieve.")
    if isinstance(device, Camera) and not device.edge_storage:
        raise MethodFailure(_NOT_SUPPORTED, "The device does not support remote recording.")
    if start >= end:
        raise MethodFailure(_BAD_INTERVAL, "The start is not before the end.")

    def retrieve(percent: int) -> None:
        if isinstance(device, Camera):
            device.retrieve(start, start + (end - start) * percent / 100, call.site.now())

    details = [
        Property(Definition("TaskType"), "StorageRetrieval"),
        Property(Definition("Device", "Path"), call.address.path),
        Property(Definition("UserName"), call.user.name),
        Property(Definition("StartTime", "DateTime"), time_text(start)),
        Property(Definition("EndTime", "DateTime"), time_text(end)),
        Property(Definition("Identifier"), call.text("Identifier")),
        Property(Definition("RelatedTasks"), call.text("RelatedTasks")),
    ]
    task = call.server.tasks.start("Retrieve edge storage", "/", lambda: "", details=details, timed=True)
    task.advance, task.is_cut_off = retrieve, lambda: call.server.tree.lookup.is_cut_off(device)
    return begun(call, task)


def _get_device_presets(call: Invocation) -> Item:
    """Read the presets out of the device: they are those that the site knows already."""
    if not call.subject.ptz:
        raise MethodFailure(_NOT_SUPPORTED, "The device has no PTZ presets.")
    return begun(call, call.server.tasks.start("Get device presets", "/", lambda: ""))


DEVICE_WORK: Mapping[str, Method] = {
    "AddHardware": Method("Add hardware", _hardware_form, _add_hardware),
    "DeleteHardware": Method(
        "Delete hardware",
        lambda call: [selection("Hardware")],
        _delete_hardware,
    ),
    "GetDevicePresets": Method("Get device presets", lambda call: [], _get_device_presets),
    "ReadPasswordHardware": Method("Read password", lambda call: [], _read_password),
    "RetrieveEdgeStorage": Method("Retrieve recordings from edge storage", _retrieval_form, _retrieve),
}
