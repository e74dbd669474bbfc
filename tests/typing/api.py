"""What a user's type checker infers of the public API; checked by mypy and pyright, never run.

A line that no longer holds is a change that every caller sees.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import assert_never, assert_type
from uuid import UUID

from milestone_sdk import (
    AccessToken,
    Alarm,
    AlarmDefinitionItem,
    AlarmGap,
    AlarmLine,
    AlarmMonitor,
    AlarmUndeliverable,
    AsyncClient,
    AsyncPlayback,
    AsyncPlaybackWithGaps,
    AsyncServerTask,
    BasicUser,
    Camera,
    CameraGroup,
    CameraItem,
    Checkpoint,
    CheckpointStore,
    CheckpointUpdate,
    Client,
    Codec,
    Condition,
    ConfigurationItem,
    CurrentUser,
    Export,
    Finding,
    Frame,
    FramesDropped,
    Gap,
    Hardware,
    Input,
    IOState,
    ItemPath,
    LinkEvent,
    LinkLost,
    LinkRestored,
    LiveEvent,
    LiveLost,
    LiveRestored,
    LiveStatus,
    LiveStream,
    MemoryCheckpointStore,
    MilestoneError,
    MonitoredSite,
    NotFound,
    Output,
    Playback,
    PlaybackWithGaps,
    PropertyFilter,
    PtzControl,
    PtzSession,
    ReadTimeout,
    Record,
    Recorder,
    RecordingSequence,
    RegisteredService,
    RemoteProtocolError,
    SequenceType,
    ServerTask,
    ServiceUnavailable,
    SiteInfo,
    SiteKind,
    SiteSettings,
    Snapshot,
    SnapshotKind,
    SqliteCheckpointStore,
    Status,
    Table,
    TimeSpan,
    Trust,
    UserDefinedEvent,
    VideoSource,
    WindowsUser,
)
from milestone_sdk.patriot import (
    AsyncEventView,
    ClientRecord,
    EventView,
    Signal,
    Zone,
    ZoneComparison,
    map_alarm,
)
from milestone_sdk.patriot import zones_against_cameras as compare

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def connecting(password: str, path: Path) -> None:
    """Ways to make a client."""
    user = BasicUser("arc", password)
    assert_type(user.name, str)
    assert_type(Client("https://vms.example.com", user), Client)
    assert_type(Client("https://vms.example.com", user, trust=Trust.ca_file(path), timeout=10.0), Client)
    assert_type(Client("https://vms.example.com", WindowsUser(r"VMS\arc", password)), Client)
    assert_type(Client("https://vms.example.com", CurrentUser(), addresses={"Recorder 1": "https://r1:7563"}), Client)
    assert_type(Client("https://vms.example.com", AccessToken("token", expires_in=60.0)), Client)
    assert_type(Trust.system(), Trust)
    assert_type(Trust.per_service(management=Trust.system(), recorder=Trust.pinned("sha256:...")), Trust)
    with Client("https://vms.example.com", user) as site:
        assert_type(site, Client)
        assert_type(site.info, SiteInfo)
        assert_type(site.info.version, str)
        assert_type(site.token.access(), str)
        assert_type(site.token.corporate(), str)


def site_and_cameras(site: Client) -> None:
    """The site itself."""
    assert_type(site.cameras(), Table[Camera])
    assert_type(site.cameras(group="Perimeter/North"), Table[Camera])
    assert_type(site.camera("Front Hallway"), Camera)
    assert_type(site.camera(UUID(int=1)), Camera)
    assert_type(site.camera_groups(), Table[CameraGroup])
    assert_type(site.recorders(), Table[Recorder])
    assert_type(site.hardware(), Table[Hardware])
    assert_type(site.user_defined_events(), Table[UserDefinedEvent])
    assert_type(site.registered_services(), tuple[RegisteredService, ...])
    for camera in site.cameras():
        assert_type(camera.id, UUID)
        assert_type(camera.name, str)
        assert_type(camera.recorder.name, str)
        assert_type(camera.hardware, Hardware | None)


def any_operation(site: Client, camera: Camera) -> None:
    """Operations of the services by their own names, with the members of what they return."""
    for line in site.services.alarm.GetAlarmLines(0, 10) or ():
        assert_type(line.Id, str | None)
        assert_type(line.Modified, datetime | None)
    picture = site.services.recorder(camera.recorder).JPEGGetAt(camera.id, NOON)
    if isinstance(picture, Record):
        assert_type(picture.Data, bytes | None)
    assert_type(site.services.server_command.GetVersion(), int | None)


def alarms(site: Client, store: CheckpointStore) -> None:
    """Alarms, one by one and as they come."""
    assert_type(site.alarms.list(), Table[AlarmLine])
    assert_type(site.alarms.list(Condition("State", "NotEquals", 11), limit=10), Table[AlarmLine])
    with site.alarms.subscribe(checkpoints=store, since="now", interval=1.0) as subscription:
        for alarm in subscription:
            assert_type(alarm, AlarmLine)
            assert_type(alarm.id, UUID)
            assert_type(alarm.camera_id, UUID | None)
            assert_type(alarm.timestamp, datetime)
            assert_type(alarm.revision, int)
            assert_type(alarm.source_name, str | None)
            assert_type(alarm.around(before=timedelta(seconds=10)), TimeSpan)
            assert_type(site.alarms.get(alarm), Alarm)
            site.alarms.acknowledge(alarm)
            site.alarms.close(alarm.id, reason="false alarm")
            site.alarms.update(alarm, {"AssignedTo": "arc"})
            subscription.checkpoint(alarm)
        subscription.close()


def recordings(site: Client, alarm: AlarmLine) -> None:
    """Recorded video; a camera may be given in every form in which programs hold one."""
    span = alarm.around(before=timedelta(seconds=10), after=timedelta(seconds=30))
    site.recordings.retrieve(alarm.camera_id, span).wait(timeout=120)
    for device in site.media_devices():
        assert_type(site.recordings.export(device, span, "sound.raw"), Export)
    assert_type(site.recordings.sequences("C1", span), list[RecordingSequence])
    assert_type(site.recordings.sequences("C1", span, kind=SequenceType.MOTION), list[RecordingSequence])
    assert_type(site.recordings.sequence_types("C1"), tuple[SequenceType, ...])
    assert_type(site.recordings.snapshot(UUID(int=1)), Snapshot)
    assert_type(site.recordings.snapshot("C1", NOON, tolerance=timedelta(seconds=5)), Snapshot)
    with site.recordings.play(alarm.camera_id, span, codec="jpeg", size=(640, 360)) as frames:
        assert_type(frames, Playback)
        for frame in frames:
            assert_type(frame, Frame)
            assert_type(frame.time, datetime)
            assert_type(frame.codec, Codec)
            assert_type(frame.is_key, bool)
            assert_type(frame.data, bytes | memoryview)
            assert_type(frame.copy(), Frame)
    with site.recordings.play(alarm.camera_id, span.start, speed=2, on_gap="report") as items:
        assert_type(items, PlaybackWithGaps)
        assert_type(items.__next__(), Frame | Gap)
    for frame in site.recordings.play(alarm.camera_id, span):
        assert_type(frame, Frame)
    for item in site.recordings.play(alarm.camera_id, span, on_gap="report"):
        assert_type(item, Frame | Gap)
    playback = site.recordings.play(alarm.camera_id, span)
    assert_type(playback, Playback)
    assert_type(playback.close(), None)
    assert_type(site.recordings.sequences("C1", span)[0].start, datetime)
    assert_type(site.recordings.source("C1"), VideoSource)
    assert_type(site.recordings.source("C1").start(), tuple[Frame, ...])
    assert_type(site.recordings.snapshot(alarm.camera_id, span.start, pick="at or after").kind, SnapshotKind)
    with site.recordings.source(alarm.camera_id) as source:
        assert_type(source.previous_sequence(), tuple[Frame, ...])


def devices(site: Client) -> None:
    """PTZ, outputs, inputs."""
    assert_type(site.outputs.list(), Table[Output])
    assert_type(site.inputs.list(), Table[Input])
    assert_type(site.outputs.state("Siren"), IOState | str)
    assert_type(site.outputs.trigger("Siren", timedelta(seconds=5)), None)
    assert_type(site.ptz.session("C1"), PtzSession | None)
    assert_type(site.ptz.position("C1").pan, float | None)
    with site.ptz.control("C1") as ptz:
        assert_type(ptz, PtzControl)


def live(site: Client) -> None:
    """Live video: a closed union, so that a checker reports an item that is not handled."""
    assert_type(site.live.snapshot("C1", max_age=timedelta(seconds=3)), Snapshot)
    with site.live.play("C1", codec="jpeg", size=(640, 360), silence=None) as stream:
        assert_type(stream, LiveStream)
        for item in stream:
            match item:
                case Frame():
                    assert_type(item.time, datetime)
                case LiveStatus():
                    assert_type(item.connected, bool | None)
                case FramesDropped():
                    assert_type(item.count, int)
                case LiveLost():
                    assert_type(item.error, MilestoneError)
                case LiveRestored():
                    assert_type(item.lost_for, timedelta)
                case _:
                    assert_never(item)
    for item in site.live.play("C1"):
        assert_type(item, LiveEvent)


async def asynchronous(password: str) -> None:
    """The same, awaited."""
    async with AsyncClient("https://vms.example.com", BasicUser("arc", password)) as site:
        assert_type(site, AsyncClient)
        assert_type(await site.cameras(), Table[Camera])
        assert_type(await site.alarms.list(), Table[AlarmLine])
        async with site.alarms.subscribe(checkpoints=MemoryCheckpointStore()) as subscription:
            async for alarm in subscription:
                assert_type(alarm, AlarmLine)
                span = alarm.around()
                await (await site.recordings.retrieve(alarm.camera_id, span)).wait()
                async with site.recordings.play(alarm.camera_id, span) as frames:
                    assert_type(frames, AsyncPlayback)
                    async for frame in frames:
                        assert_type(frame, Frame)
                await subscription.checkpoint(alarm)
                async for frame in site.recordings.play(alarm.camera_id, span):
                    assert_type(frame, Frame)
                async for item in site.live.play("C1"):
                    assert_type(item, LiveEvent)
                assert_type(site.recordings.play("C1", span, on_gap="report"), AsyncPlaybackWithGaps)
                assert_type(await site.recordings.play("C1", span).close(), None)
                assert_type(await site.live.play("C1").aclose(), None)
            assert_type(await subscription.aclose(), None)
        assert_type(await site.close(), None)


class OwnStore:
    """A checkpoint store needs no base class."""

    def load(self, key: str) -> Checkpoint:
        """Know nothing."""
        return Checkpoint()

    def save(self, key: str, update: CheckpointUpdate) -> None:
        """Forget it."""

    def is_handled(self, key: str, alarm_id: UUID) -> bool:
        """Know none."""
        return False


def stores(path: Path) -> list[CheckpointStore]:
    """What fits where a store is wanted."""
    return [OwnStore(), MemoryCheckpointStore(), SqliteCheckpointStore(path)]


def errors(site: Client) -> None:
    """Errors carry what a handler needs."""
    try:
        site.cameras()
    except ReadTimeout as error:
        as_foreign: OSError = error
        as_timeout: TimeoutError = error
        print(as_foreign, as_timeout)
    except NotFound as error:
        assert_type(error.near_misses, tuple[str, ...])
    except ServiceUnavailable as error:
        assert_type(error.service, str)
    except RemoteProtocolError as error:
        assert_type(error.offset, int | None)
    except MilestoneError as error:
        assert_type(error.retriable, bool)
        assert_type(error.server, str | None)
        assert_type(error.hint, str | None)


def patriot(site: Client, alarm: AlarmLine) -> None:
    """The adapter."""
    client = ClientRecord(client_no="1234", location="https://vms.example.com", zones=[Zone(number=1, name="C1")])
    signal = map_alarm(client, alarm)
    assert_type(signal, Signal)
    assert_type(signal.line, str)
    assert_type(signal.zone, int)
    assert_type(compare(client, (camera.name for camera in site.cameras())), ZoneComparison)
    with EventView.open(signal, client, site, layout="nine") as view:
        assert_type(view, EventView)
        assert_type(view.selected_camera, Camera)
        for frame in view.footage:
            assert_type(frame, Frame)
        for event in view.live:
            assert_type(event, LiveEvent)


async def patriot_with_async(site: AsyncClient, alarm: AlarmLine, client: ClientRecord) -> None:
    async with await AsyncEventView.open(alarm, client, site) as view:
        assert_type(view, AsyncEventView)
        assert_type([frame async for frame in view.footage], list[Frame])
        async with view.ptz.control() as moving:
            await moving.move(pan=0.5)


async def monitoring(kind: SiteKind, store: CheckpointStore) -> None:
    """Handlers of the monitor; what happens to a link is one of three."""

    async def on_alarm(site: MonitoredSite, alarm: AlarmLine) -> None:
        assert_type(await site.client.alarms.get(alarm), Alarm)

    async def on_link(site: MonitoredSite, event: LinkEvent) -> None:
        match event:
            case LinkLost():
                assert_type(event.since, datetime)
            case LinkRestored():
                assert_type(event.lost_for, timedelta)
            case _:
                assert_type(event, AlarmGap | AlarmUndeliverable)

    async def on_undeliverable(site: MonitoredSite, alarm: AlarmLine, error: AlarmUndeliverable) -> None:
        assert_type(error.alarm_id, UUID | None)

    settings = SiteSettings(name="one", location="https://vms.example.com", credentials=BasicUser("arc", ""), kind=kind)
    monitor = AlarmMonitor(
        [settings], on_alarm=on_alarm, on_link=on_link, on_undeliverable=on_undeliverable, checkpoints=store
    )
    assert_type(monitor.sites, tuple[MonitoredSite, ...])


def configuring(site: Client, camera: Camera) -> None:
    """Items of the configuration, typed views, methods and tasks."""
    api = site.configuration
    item = api.item(f"Camera[{camera.id}]")
    assert_type(item, ConfigurationItem)
    assert_type(item.enabled, bool | None)
    assert_type(item.id, UUID | None)
    assert_type(item.text("Name"), str | None)
    assert_type(item.with_values(Name="Gate").with_enabled(True), ConfigurationItem)
    for child in api.children("/", recurse=True):
        assert_type(child, ConfigurationItem)
    for definition in api.views(AlarmDefinitionItem):
        assert_type(definition, AlarmDefinitionItem)
        assert_type(definition.sources, tuple[ItemPath, ...])
        assert_type(definition.description, str | None)
    assert_type(CameraItem.of(item).channel, int)
    found = api.query("Camera", PropertyFilter("Name", "Contains", "gate"), enable="Enabled", limit=5)
    assert_type(found, tuple[ConfigurationItem, ...])
    task = api.invoke("/UserDefinedEventFolder", "AddUserDefinedEvent", Name="Open gate")
    assert_type(task, ServerTask)
    assert_type(task.wait(timeout=5.0).result, str | None)
    assert_type(api.devices.cameras(disabled=True), tuple[Camera, ...])
    assert_type(camera.configured, Camera)


async def configuring_with_async(site: AsyncClient) -> None:
    """The same with `await`."""
    async for child in site.configuration.children():
        assert_type(child, ConfigurationItem)
    assert_type(await site.configuration.views(CameraItem), tuple[CameraItem, ...])
    assert_type(await site.configuration.invoke("/", "ClientLogOnSupported"), AsyncServerTask)


def diagnosing(site: Client) -> None:
    """What is wrong with a site."""
    for finding in site.diagnose(deadline=5.0):
        assert_type(finding, Finding)
        assert_type(finding.status, Status)
        assert_type(finding.remedy, str | None)
