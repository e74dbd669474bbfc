"""Save what the camera sent from 10 s before the newest alarm to 30 s after it, without coding it anew.

The frames, joined, are an Annex B file (`.h264`, `.h265`) that players open. Where the extra `video` is installed, an
MP4 with the true times of the pictures is written, too.
"""

import os
from collections.abc import Sequence
from datetime import timedelta
from fractions import Fraction
from io import BytesIO
from pathlib import Path

from milestone_sdk import BasicUser, Client, Codec, Frame, Trust

SUFFIXES = {Codec.H264: ".h264", Codec.H265: ".h265", Codec.JPEG: ".mjpeg"}
DEMUXERS = {Codec.H264: "h264", Codec.H265: "hevc"}


def main(location: str, user: str, password: str, ca_file: str | None = None, *, folder: Path = Path()) -> None:
    trust = Trust.ca_file(ca_file) if ca_file else Trust.system()
    with Client(location, BasicUser(user, password), trust=trust) as site:
        alarm = next(alarm for alarm in reversed(site.alarms.list()) if alarm.camera_id is not None)
        around = alarm.around(before=timedelta(seconds=10), after=timedelta(seconds=30))
        with site.recordings.play(alarm.camera_id, around) as playback:
            frames = list(playback)
    codec = frames[0].codec
    stream = folder / f"alarm-{alarm.local_id}{SUFFIXES.get(codec, '.bin')}"
    stream.write_bytes(b"".join(frame.data for frame in frames))
    print(f"{stream.name}: {len(frames)} frames of {codec}")
    if codec in DEMUXERS:
        write_mp4(stream.with_suffix(".mp4"), frames)


def write_mp4(path: Path, frames: Sequence[Frame]) -> None:
    """Put the coded pictures into an MP4, each at its own time."""
    try:
        import av
    except ImportError:
        print(f"{path.name}: not written, the extra video is not installed")
        return
    raw = BytesIO(b"".join(frame.data for frame in frames))
    with av.open(raw, "r", format=DEMUXERS[frames[0].codec]) as source, av.open(path, "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        packets = (packet for packet in source.demux(video=0) if packet.size)
        times = [(frame.time - frames[0].time) // timedelta(milliseconds=1) for frame in frames]
        for packet, begin, end in zip(packets, times, [*times[1:], times[-1]], strict=True):
            packet.stream = stream
            packet.time_base = Fraction(1, 1000)
            packet.pts = packet.dts = begin
            packet.duration = end - begin
            target.mux(packet)
    print(f"{path.name}: {(frames[-1].time - frames[0].time).total_seconds():.1f} s")


if __name__ == "__main__":
    env = os.environ
    main(env["MILESTONE_LOCATION"], env["MILESTONE_USER"], env["MILESTONE_PASSWORD"], env.get("MILESTONE_CA_FILE"))
