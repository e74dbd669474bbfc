"""Ready-made sites: the documentation's, a large one, an Interconnect central site, and a federated pair."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from milestone_sdk.simulator.site.devices import Camera, Device, Group, Hardware, Preset, Recorder, stable_id
from milestone_sdk.simulator.site.model import AlarmDefinition, Category, ChildSite, EventType, Site, User

__all__ = ["example_site", "federated_site", "interconnect_site", "large_site"]


def _hardware_and_camera(
    site: Site, name: str, group: Group, *, edge_storage: bool = False, ptz: bool = False
) -> Camera:
    recorder, number = site.recorders[0], len(site.hardware) + 1
    hardware = Hardware(
        id=stable_id("hardware", name),
        name=f"Device {number}",
        recorder_id=recorder.id,
        uri=f"http://192.0.2.{number % 250 + 1}/",
    )
    camera = Camera(
        id=stable_id("camera", name),
        name=name,
        hardware_id=hardware.id,
        recorder_id=recorder.id,
        stream_id=stable_id("stream", name),
        edge_storage=edge_storage,
        ptz=ptz,
    )
    if ptz:
        camera.presets = [
            Preset(id=stable_id("preset", f"{name}/{preset}"), name=preset, pan=pan)
            for preset, pan in (("Door", -0.5), ("Yard", 0.5))
        ]
    site.hardware.append(hardware)
    site.cameras.append(camera)
    group.cameras.append(camera.id)
    return camera


def _group(name: str, parent: Group | None = None) -> Group:
    path = f"{parent.id}/{name}" if parent else name
    group = Group(id=stable_id("group", path), name=name)
    if parent is not None:
        parent.groups.append(group)
    return group


_ANALYTICS = "AXIS Perimeter_Defender alarm START on camera C1"
_EVENT_TYPES = (
    ("Motion Detected", "system", "Device"),
    ("Communication Stopped", "system", "Hardware"),
    ("Recording Stopped", "system", "Recorder"),
    ("External Event", "system", "External"),
    ("Open gate", "user", "External"),
    ("Retrieve remote recordings", "user", "External"),
    (_ANALYTICS, "analytics", "External"),
)
_ALARM_DEFINITIONS: Sequence[tuple[str, str, int, Sequence[str], Sequence[str]]] = (
    ("Motion indoors", "Motion Detected", 2, ("Front Hallway", "Store Room"), ()),
    ("Motion outdoors", "Motion Detected", 1, ("C1", "C2", "North Fence"), ()),
    ("Perimeter Defender", _ANALYTICS, 1, (), ()),
    ("Gate opened", "Open gate", 3, (), ("Front Hallway",)),
)
"""Name, event, priority, sources, related cameras."""


def _alarm_definitions(site: Site) -> list[AlarmDefinition]:
    return [
        AlarmDefinition(
            id=stable_id("alarm definition", name),
            name=name,
            event=event,
            priority=priority,
            sources=[site.camera(source).id for source in sources],
            related_cameras=[site.camera(camera).id for camera in related],
        )
        for name, event, priority, sources, related in _ALARM_DEFINITIONS
    ]


def _media_devices(site: Site, since: datetime) -> list[Device]:
    return [
        Device(
            id=stable_id(kind, "C1"),
            kind=kind,
            name=f"C1 {kind.lower()}",
            hardware_id=site.camera("C1").hardware_id,
            recordings=[(since, None)],
        )
        for kind in ("Microphone", "Metadata")
    ]


def example_site() -> Site:
    r"""The site of the documentation: two premises, `SiteA` and `SiteB`, with a folder `Perimeter/North`.

    All cameras were recorded for the last hour and still are, except `Store Room`, of which nothing was recorded;
    `Front Hallway` and `North Fence` in H.264 (where PyAV is there to encode it), the others in JPEG.
    The hardware of `C1` has a `C1 microphone` and a `C1 metadata` device, which were recorded as long.
    `C1 alarm` is not a camera: it is the name that a third-party analytics program gives as the source of its events.
    The user is `arc`; a Windows user `VMS\arc` exists too.
    """
    site = Site(
        id=stable_id("site", "Example"),
        name="Example",
        recorders=[Recorder(id=stable_id("recorder", "Recorder 1"), name="Recorder 1")],
        licence_features=["Alarms", "Bookmark", "EvidenceLock"],
        event_types=[
            EventType(id=stable_id("event", name), name=name, kind=kind, source=source)
            for name, kind, source in _EVENT_TYPES
        ],
        users=[
            User(name="arc", password="s&e+c%ret ö", sid=str(stable_id("user", "arc"))),
            User(name="VMS\\arc", password="w1n&d+ow%s ö", kind="windows", sid="S-1-5-21-1-2-3-1104"),
        ],
        categories=[Category(level=1, name="Intrusion"), Category(level=2, name="Technical")],
    )
    premises_a, premises_b, perimeter = _group("SiteA"), _group("SiteB"), _group("Perimeter")
    north = _group("North", perimeter)
    site.camera_groups = [premises_a, premises_b, perimeter]
    cameras = [
        _hardware_and_camera(site, "Front Hallway", premises_a),
        _hardware_and_camera(site, "Store Room", premises_a),
        _hardware_and_camera(site, "C1", premises_b),
        _hardware_and_camera(site, "C2", premises_b, ptz=True),
        _hardware_and_camera(site, "North Fence", north, edge_storage=True),
    ]
    an_hour_ago = (site.now() - timedelta(hours=1)).replace(microsecond=0)
    for camera in cameras:
        if camera.name != "Store Room":
            camera.recordings = [(an_hour_ago, None)]
        if camera.name in ("Front Hallway", "North Fence"):
            camera.codec = "h264"
    site.devices = _media_devices(site, an_hour_ago)
    site.alarm_definitions = _alarm_definitions(site)
    return site


def large_site(cameras: int, seed: int = 0) -> Site:
    """A site of that many cameras on one recorder, in folders of 50; the same for the same seed.

    Names repeat across folders, hold letters beyond ASCII, and every twentieth camera is in two folders.
    """
    site = example_site()
    site.name, site.id = "Large", stable_id("site", f"Large {cameras} {seed}")
    site.cameras, site.hardware, site.camera_groups, site.alarm_definitions = [], [], [], []
    site.devices = []
    places = ("Gate", "Loading bay", "Räume Süd", "Øst indgang", "Parking & ramp")
    shared = _group(f"Shared {seed}")
    for number in range(cameras):
        if number % 50 == 0:
            site.camera_groups.append(_group(f"Folder {seed}/{number // 50:04d}"))
        key = f"large {seed}/{number}"
        camera = _hardware_and_camera(site, key, site.camera_groups[-1])
        camera.name = f"{places[(number + seed) % len(places)]} {number // len(places)}"
        if number % 20 == 0:
            shared.cameras.append(camera.id)
    site.camera_groups.append(shared)
    everywhere = stable_id("alarm definition", "Motion anywhere")
    site.alarm_definitions = [AlarmDefinition(id=everywhere, name="Motion anywhere", event="Motion Detected")]
    return site


def interconnect_site(cameras: int = 3) -> Site:
    """A central site with no camera of its own: one hardware is the whole remote site `Depot` (Interconnect).

    The remote cameras `Depot 1`, `Depot 2`, ... keep their recordings at the remote site. The last of them is played
    back straight from there, where its last hour was recorded, so that nothing can be retrieved from it.
    """
    site = example_site()
    site.name, site.id, site.host_name = "Central", stable_id("site", "Central"), "central"
    site.cameras, site.devices, site.hardware, site.alarm_definitions = [], [], [], []
    recorder = site.recorders[0]
    hardware = Hardware(
        id=stable_id("hardware", "Depot"),
        name="Depot",
        recorder_id=recorder.id,
        uri="http://192.0.2.200/",
        interconnected=True,
        driver="Milestone XProtect VMS Interconnect",
        model="XProtect Professional+",
    )
    depot = _group("Depot")
    site.hardware, site.camera_groups = [hardware], [depot]
    an_hour_ago = (site.now() - timedelta(hours=1)).replace(microsecond=0)
    for number in range(cameras):
        name = f"Depot {number + 1}"
        site.cameras.append(
            Camera(
                id=stable_id("camera", name),
                name=name,
                hardware_id=hardware.id,
                recorder_id=recorder.id,
                index=number,
                stream_id=stable_id("stream", name),
                edge_storage=True,
                edge_recordings=[(an_hour_ago, None)] if number == cameras - 1 else None,
                edge_playback=number == cameras - 1,
                edge_retrieval=number != cameras - 1,
            )
        )
        depot.cameras.append(site.cameras[-1].id)
    return site


def federated_site(master_site_address: str = "") -> Site:
    """The example site in a federation: child sites `North` and `South`, and `Far South` below `South`.

    With a `master_site_address` it is itself a child of the site there.
    """

    def child(name: str, *children: ChildSite) -> ChildSite:
        host = name.lower().replace(" ", "-")
        return ChildSite(
            id=stable_id("site", name),
            name=name,
            addresses=[("Internal", f"http://{host}/"), ("External", f"https://{host}.example.net/")],
            children=[*children],
        )

    site = example_site()
    site.child_sites = [child("North"), child("South", child("Far South"))]
    site.master_site_address = master_site_address
    return site
