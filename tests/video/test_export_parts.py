"""Whatever a killed program leaves of part file and journal, the same call makes the file of an export in one go."""

import asyncio
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from milestone_sdk import Codec, Frame, TimeSpan

from .test_export_times import BEGAN, MILLISECOND, exported, recorded

SPAN = TimeSpan(BEGAN + 777 * MILLISECOND, BEGAN + 20_000 * MILLISECOND)


def frames() -> list[Frame]:
    return [frame for _, frame in recorded(Codec.H264, 2, ":b-adapt=0:b-pyramid=1")]


def packets(path: Path) -> list[tuple[int | None, int | None, bool, bytes]]:
    if path.suffix == ".h264":
        return [(None, None, False, path.read_bytes())]
    with av.open(str(path)) as source:
        return [(each.pts, each.dts, each.is_keyframe, bytes(each)) for each in source.demux(video=0)]


@cache
def left_behind(name: str) -> tuple[list[tuple[bytes, bytes]], list[tuple[int | None, int | None, bool, bytes]]]:
    """Return part file and journal as they are when each frame comes, and what is in the whole file."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / name
        part, journal = target.with_name(f"clip.part{target.suffix}"), target.with_name(f"{name}.journal")

        class Watched(list[Frame]):
            def __iter__(self) -> Iterator[Frame]:
                for frame in super().__iter__():
                    found.append((part.read_bytes() if part.exists() else b"", journal.read_bytes()))
                    yield frame

        asyncio.run(exported(Watched(frames()), SPAN, target))
        return found, packets(target)


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.h264"])
@given(st.data())
def test_an_export_that_was_killed_at_any_byte_is_continued(name: str, data: st.DataObject) -> None:
    snapshots, whole = left_behind(name)
    part, journal = snapshots[data.draw(st.integers(0, len(snapshots) - 1))]
    part = part[: data.draw(st.integers(0, len(part)) | st.just(len(part)))]
    journal = journal[: data.draw(st.integers(0, len(journal)) | st.just(len(journal)))]
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / name
        target.with_name(f"clip.part{target.suffix}").write_bytes(part)
        target.with_name(f"{name}.journal").write_bytes(journal)
        export = asyncio.run(exported(frames(), SPAN, target))
        assert export.frames == 40
        assert packets(target) == whole
        assert [path.name for path in Path(folder).iterdir()] == [name]


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.h264"])
def test_a_cancelled_export_is_continued(name: str, tmp_path: Path) -> None:
    class Cancelling(list[Frame]):
        def __iter__(self) -> Iterator[Frame]:
            for number, frame in enumerate(super().__iter__()):
                task = asyncio.current_task()
                if number == 30 and task is not None:
                    task.cancel()
                yield frame

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(exported(Cancelling(frames()), SPAN, tmp_path / name))
    assert not (tmp_path / name).exists()
    export = asyncio.run(exported(frames(), SPAN, tmp_path / name))
    assert (export.frames, export.continued_from is not None) == (40, True)
    assert packets(tmp_path / name) == left_behind(name)[1]
