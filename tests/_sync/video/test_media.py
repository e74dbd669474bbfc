# Generated from tests/_async/video/test_media.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""Microphones, speakers and metadata devices: found, played, and left out where pictures are needed."""

from collections.abc import Generator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from milestone_sdk import (
    Client,
    AudioFrame,
    CameraNotFound,
    ConfigurationError,
    Gap,
    LiveEvent,
    MediaDevice,
    MediaKind,
    MetadataFrame,
    PermissionDenied,
    TimeSpan,
)
from milestone_sdk.simulator import Simulator, example_site
from milestone_sdk.simulator.recorder.switches import RecorderSwitches
from milestone_sdk.simulator.site import Device, stable_id

from ..opening import client_of

pytestmark = pytest.mark.anyio

BEGIN = datetime(2026, 3, 14, 9, tzinfo=UTC)
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
SPAN = TimeSpan(BEGIN + SECOND, BEGIN + 3 * SECOND)
KINDS = ["Microphone", "Speaker", "Metadata"]


@pytest.fixture
def recorded(simulator_factory: Callable[..., Simulator]) -> Simulator:
    """One device of each kind, recorded from 9:00 to 9:10 and from 9:20 to 9:30."""
    plan = example_site()
    spans = [(BEGIN, BEGIN + 10 * MINUTE), (BEGIN + 20 * MINUTE, BEGIN + 30 * MINUTE)]
    plan.devices = [
        Device(
            id=stable_id(kind, "1"),
            kind=kind,
            name=f"The {kind}",
            hardware_id=plan.camera("C1").hardware_id,
            recordings=[*spans],
        )
        for kind in KINDS
    ]
    return simulator_factory(plan)


@pytest.fixture
def client(recorded: Simulator) -> Generator[Client]:
    with client_of(recorded) as opened:
        yield opened


def switches(simulator: Simulator) -> RecorderSwitches:
    return simulator.recorder_service(simulator.site.camera("C1").recorder_id).switches


def test_devices_are_listed_with_their_recorder(recorded: Simulator, client: Client) -> None:
    found = client.media_devices()
    assert [(device.name, device.kind) for device in found] == [
        ("The Microphone", MediaKind.MICROPHONE),
        ("The Speaker", MediaKind.SPEAKER),
        ("The Metadata", MediaKind.METADATA),
    ]
    assert {device.recorder.id for device in found} == {recorded.site.recorders[0].id}
    assert {device.may_live for device in found} == {True}


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("multipart", [False, True])
def test_recorded_sound_and_metadata(
    recorded: Simulator, client: Client, wrapped: bool, multipart: bool
) -> None:
    switches(recorded).wrapped_media, switches(recorded).multipart = wrapped, multipart
    with client.recordings.play(stable_id("Microphone", "1"), SPAN) as frames:
        sound = [frame.copy() for frame in frames]
    assert all(isinstance(frame, AudioFrame) for frame in sound)
    assert [frame.time - BEGIN for frame in sound] == [SECOND + number * SECOND / 5 for number in range(11)]
    assert {len(frame.data) for frame in sound} == {804}
    with client.recordings.play("The Metadata", SPAN) as frames:
        texts = [frame.text for frame in frames if isinstance(frame, MetadataFrame)]
    assert len(texts) == 11
    assert 'UtcTime="2026-03-14T09:00:01.200Z"' in texts[1]


@pytest.mark.parametrize("kind", KINDS)
def test_a_device_is_given_as_itself_its_id_or_its_name(client: Client, kind: str) -> None:
    device = next(device for device in client.media_devices() if device.name == f"The {kind}")
    for reference in (device, device.id, str(device.id), device.name):
        with client.recordings.play(reference, SPAN) as frames:
            assert (frames.__next__()).time == SPAN.start
    assert client.recordings.extent(device) == TimeSpan(BEGIN, BEGIN + 30 * MINUTE)
    assert len(client.recordings.sequences(device.id, SPAN)) == 1


def test_gaps_steps_and_backwards(client: Client) -> None:
    around = TimeSpan(BEGIN + 10 * MINUTE - SECOND, BEGIN + 20 * MINUTE)
    with client.recordings.play("The Speaker", around, on_gap="report") as items:
        found = [item for item in items]
    (gap,) = [item for item in found if isinstance(item, Gap)]
    assert gap.end == BEGIN + 20 * MINUTE
    with client.recordings.play("The Speaker", SPAN, reverse=True) as frames:
        times = [frame.time for frame in frames]
    assert times == sorted(times, reverse=True)
    assert len(times) == 11
    with client.recordings.source("The Speaker", codec="native") as source:
        (frame,) = source.start()
        assert isinstance(frame, AudioFrame)
        (frame,) = source.next()
        assert frame.time == BEGIN + SECOND / 5


def test_a_broken_connection_costs_and_repeats_no_packet(recorded: Simulator, client: Client) -> None:
    recorded.faults.add("imageserver", "close", at=0.5, operation="next", times=1, after=4)
    with client.recordings.play("The Microphone", SPAN) as frames:
        times = [frame.time for frame in frames]
    assert times == sorted(set(times))
    assert len(times) == 11


@pytest.mark.parametrize(("name", "kind"), [("The Microphone", AudioFrame), ("The Metadata", MetadataFrame)])
def test_live(client: Client, name: str, kind: type[AudioFrame | MetadataFrame]) -> None:
    with client.live.play(name, silence=None) as live:
        found: list[LiveEvent] = []
        while sum(isinstance(item, kind) for item in found) < 3:
            assert len(found) < 100
            found.append(live.__next__())
        assert repr(live).startswith(f"<live video of {name.removeprefix('The ').lower()} {name!r} at https://")


def test_a_mask_concerns_pictures_alone(recorded: Simulator, client: Client) -> None:
    switches(recorded).privacy_mask, switches(recorded).burns_masks = "grid;AAAA", True
    with client.recordings.play("The Microphone", SPAN) as frames:
        assert len([frame for frame in frames]) == 11


@pytest.mark.parametrize("name", ["The Microphone", "The Speaker", "The Metadata"])
def test_what_a_device_sent_is_exported_as_it_is(client: Client, tmp_path: Path, name: str) -> None:
    with client.recordings.play(name, SPAN) as frames:
        sent = b"".join([bytes(frame.data) for frame in frames])
    device = next(device for device in client.media_devices() if device.name == name)
    for number, reference in enumerate((name, device.id, device)):
        path = tmp_path / f"{number}.raw"
        export = client.recordings.export(reference, SPAN, path, retrieve=True)
        (file,) = export.files
        assert (file.path, file.path.read_bytes(), file.frames, export.missing) == (path, sent, 11, None)


@pytest.mark.parametrize("path", ["sound.mp4", "sound.mkv", "sound.h264", "sound.mjpeg", "sound"])
def test_sound_is_exported_to_no_file_of_pictures(client: Client, tmp_path: Path, path: str) -> None:
    with pytest.raises(ConfigurationError, match=r"path must end in '.raw' for the microphone 'The Microphone'"):
        client.recordings.export("The Microphone", SPAN, tmp_path / path)
    assert list(tmp_path.iterdir()) == []


def test_pictures_of_a_microphone_are_refused(client: Client) -> None:
    device = stable_id("Microphone", "1")
    with pytest.raises(ConfigurationError, match="codec must be 'native', without size, for the microphone"):
        with client.live.play(device, codec="jpeg"):
            pytest.fail("there are no pictures")
    with pytest.raises(ConfigurationError, match="for the microphone"):
        with client.recordings.play(device, SPAN, size=(10, 10)):
            pytest.fail("there are no pictures")
    with pytest.raises(ConfigurationError, match="for the microphone"):
        with client.recordings.source(device):
            pytest.fail("there are no pictures")
    with pytest.raises(CameraNotFound):
        client.recordings.snapshot(device)


def test_a_device_that_was_added_later_or_is_not_there(recorded: Simulator, client: Client) -> None:
    client.media_devices()
    added = Device(
        id=UUID(int=5),
        kind="Microphone",
        name="New",
        hardware_id=recorded.site.camera("C1").hardware_id,
        recordings=[(BEGIN, None)],
    )
    recorded.edit(lambda site: site.devices.append(added))
    with client.recordings.play("New", SPAN) as frames:
        assert isinstance(frames.__next__(), AudioFrame)
    with pytest.raises(CameraNotFound):
        with client.recordings.play(UUID(int=99), SPAN):
            pytest.fail("there is no such device")
    known: MediaDevice = next(device for device in client.media_devices() if device.name == "New")
    recorded.edit(lambda site: site.devices.remove(added))
    with pytest.raises(CameraNotFound):
        with client.recordings.play(known, SPAN):
            pytest.fail("it was removed")


def test_a_user_without_the_right(recorded: Simulator) -> None:
    recorded.site.users[0].rights["Browse"] = False
    with client_of(recorded) as site:
        with pytest.raises(PermissionDenied):
            with site.recordings.play("The Microphone", SPAN):
                pytest.fail("there is no right")
