"""Generated sites of 1 to 50,000 cameras, the same for the same seed."""

import random
from collections.abc import Iterator
from uuid import UUID

from milestone_sdk.simulator.site.devices import Camera, Device, Group, Hardware, Preset, Recorder, stable_id
from milestone_sdk.simulator.site.examples import example_site
from milestone_sdk.simulator.site.model import AlarmDefinition, Site

__all__ = ["generated_site"]

_CAMERAS_ON_A_RECORDER = 500
_CAMERAS_IN_A_FOLDER = 20
_CHANNELS = (1, 1, 1, 1, 1, 1, 1, 4, 4, 16)
_PLACES = ("Gate", "Loading bay", "Räume Süd", "Øst indgang", "Parking & ramp", "Stairs <2>", "北門", "Yard")
_REGIONS = ("North", "East", "South", "West", "Zürich", "Ålborg", "Centre & port", "Riverside")


def generated_site(
    cameras: int,
    *,
    seed: int = 0,
    recorders: int | None = None,
    depth: int = 3,
    disabled: float = 0.03,
    ptz: float = 0.05,
    edge: float = 0.1,
) -> Site:
    """A site of that many cameras, with everything that large sites have.

    `recorders` None gives one for every 500 cameras. Folders are nested `depth` deep and hold about 20 cameras each at
    the lowest level; every fiftieth camera is in a second folder too. Hardware has 1, 4 or 16 channels. `disabled`,
    `ptz` and `edge` are the fractions of cameras (and, of the first, hardware) that are switched off, can be moved,
    keep recordings of their own. Names repeat and hold letters beyond ASCII.
    """
    if cameras < 1 or depth < 1:
        raise ValueError("a generated site has at least one camera and one level of folders")
    rng = random.Random(f"generated site {cameras} {seed}")
    site = example_site()
    site.name, site.id = f"Generated {cameras}", stable_id("site", f"generated {cameras} {seed}")
    site.cameras, site.hardware, site.camera_groups, site.devices = [], [], [], []
    count = recorders if recorders is not None else -(-cameras // _CAMERAS_ON_A_RECORDER)
    site.recorders = [
        Recorder(id=_id(rng), name=f"Recorder {number + 1:03d}", host_name=f"rec{number + 1:03d}")
        for number in range(count)
    ]
    for hardware, channels in _hardware(rng, site.recorders, cameras, disabled):
        site.hardware.append(hardware)
        for channel in range(channels):
            site.cameras.append(_camera(rng, hardware, channel, len(site.cameras), disabled, ptz, edge))
        if rng.random() < 0.2:
            site.devices.append(
                Device(id=_id(rng), kind="Microphone", name=f"{hardware.name} - Mic", hardware_id=hardware.id)
            )
    _into_folders(rng, site, depth)
    everywhere = stable_id("alarm definition", "Motion anywhere")
    site.alarm_definitions = [AlarmDefinition(id=everywhere, name="Motion anywhere", event="Motion Detected")]
    return site


def _id(rng: random.Random) -> UUID:
    return UUID(int=rng.getrandbits(128), version=4)


def _hardware(
    rng: random.Random, recorders: list[Recorder], cameras: int, disabled: float
) -> Iterator[tuple[Hardware, int]]:
    """Hardware with its number of channels, spread over the recorders in equal shares."""
    made = number = 0
    while made < cameras:
        number += 1
        channels = min(rng.choice(_CHANNELS), cameras - made)
        recorder = recorders[made * len(recorders) // cameras]
        address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        yield (
            Hardware(
                id=_id(rng),
                name=f"Device {number} ({address})",
                recorder_id=recorder.id,
                uri=f"http://{address}/",
                driver="Simulated" if channels == 1 else "Simulated multi-channel encoder",
                driver_number=1 if channels == 1 else 421,
                model=f"Model {rng.choice('ABCD')}{channels}",
                enabled=rng.random() >= disabled,
            ),
            channels,
        )
        made += channels


def _camera(
    rng: random.Random, hardware: Hardware, channel: int, number: int, disabled: float, ptz: float, edge: float
) -> Camera:
    camera = Camera(
        id=_id(rng),
        name=f"{_PLACES[rng.randrange(len(_PLACES))]} {number // 2}",
        hardware_id=hardware.id,
        recorder_id=hardware.recorder_id,
        index=channel,
        short_name=f"C{number}" if rng.random() < 0.3 else "",
        gis=f"POINT ({rng.uniform(-180, 180):.6f} {rng.uniform(-90, 90):.6f})" if rng.random() < 0.3 else "POINT EMPTY",
        enabled=rng.random() >= disabled,
        stream_id=_id(rng),
        edge_storage=rng.random() < edge,
        ptz=rng.random() < ptz,
    )
    if camera.ptz:
        camera.presets = [Preset(id=_id(rng), name=name, pan=pan) for name, pan in (("Door", -0.5), ("Yard", 0.5))]
    return camera


def _into_folders(rng: random.Random, site: Site, depth: int) -> None:
    """Folders in folders down to `depth`, and the cameras in the lowest."""
    lowest = -(-len(site.cameras) // _CAMERAS_IN_A_FOLDER)
    width = max(1, round(lowest ** (1 / depth)))
    level: list[list[Group]] = [site.camera_groups]
    leaves: list[Group] = []
    for step in range(depth):
        wanted = lowest if step == depth - 1 else min(lowest, width ** (step + 1))
        leaves = []
        for number in range(wanted):
            group = Group(id=_id(rng), name=f"{_REGIONS[number % len(_REGIONS)]} {number}")
            level[number * len(level) // wanted].append(group)
            leaves.append(group)
        level = [group.groups for group in leaves]
    for number, camera in enumerate(site.cameras):
        leaves[number // _CAMERAS_IN_A_FOLDER].cameras.append(camera.id)
        if number % 50 == 49:
            leaves[rng.randrange(len(leaves))].cameras.append(camera.id)
    for leaf in leaves:
        leaf.cameras[:] = dict.fromkeys(leaf.cameras)
