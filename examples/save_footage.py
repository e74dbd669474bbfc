"""Save the footage from 10 s before the newest alarm to 30 s after it, without encoding it again.

The frames, joined, are an Annex B file (`.h264`, `.h265`) that players open. If the extra `video` is installed, an MP4
with the times of the pictures is written too.
"""

import os
from collections.abc import Iterable, Sequence
from datetime import timedelta
from fractions import Fraction
from io import BytesIO
from itertools import pairwise, takewhile
from pathlib import Path

from milestone_sdk import BasicUser, Client, Codec, Frame, Trust

SUFFIXES = {Codec.H264: ".h264", Codec.H265: ".h265", Codec.JPEG: ".mjpeg"}
DECODERS = {Codec.H264: "h264", Codec.H265: "hevc"}
TICKS = 90_000
"""Parts of a second in which the times of the MP4 are counted."""


def main(location: str, user: str, password: str, ca_file: str | None = None, *, folder: Path = Path()) -> None:
    trust = Trust.ca_file(ca_file) if ca_file else Trust.system()
    with Client(location, BasicUser(user, password), trust=trust) as site:
        newest_first = site.alarms.list(limit=100)
        alarm = next((alarm for alarm in newest_first if alarm.camera_id is not None), None)
        if alarm is None:
            print(f"none of the newest {len(newest_first)} alarms has a camera")
            return
        around = alarm.around(before=timedelta(seconds=10), after=timedelta(seconds=30))
        with site.recordings.play(alarm.camera_id, around, missing_ok=True) as playback:
            frames = list(playback)
    if playback.missing:
        print(f"alarm {alarm.local_id}: {playback.missing}")
    if not frames:
        return
    codec = frames[0].codec
    frames = list(takewhile(lambda frame: frame.codec == codec, frames))  # the codec of a camera may be changed
    stream = folder / f"alarm-{alarm.local_id}{SUFFIXES.get(codec, '.bin')}"
    stream.write_bytes(b"".join(frame.data for frame in frames))
    print(f"{stream.name}: {len(frames)} frames of {codec}")
    if codec in DECODERS:
        write_mp4(stream.with_suffix(".mp4"), frames)


def write_mp4(path: Path, frames: Sequence[Frame]) -> None:
    """Write the coded pictures to an MP4 in the order of decoding, each with the time at which it is shown."""
    try:
        import av
    except ImportError:
        print(f"{path.name}: not written, the extra video is not installed")
        return
    name = DECODERS[frames[0].codec]
    packets = [av.Packet(frame.data) for frame in frames]
    for number, packet in enumerate(packets):
        packet.pts = packet.dts = number  # a decoded picture has the number of its packet
    decoder = av.CodecContext.create(name, "r")
    shown = [picture.pts for packet in (*packets, None) for picture in decoder.decode(packet)]
    ranks = ranks_of((number for number in shown if number is not None), len(frames))
    begin, *_ = times = times_to_show(frames, ranks)
    depth = max(number - rank for number, rank in enumerate(ranks))
    step = times[1] - begin if len(times) > 1 else TICKS
    times_to_decode = [begin - step * (depth - number) for number in range(depth)] + times
    ends = [*times[1:], times[-1] + step]
    raw = BytesIO(b"".join(frame.data for frame in frames))
    with av.open(raw, "r", format=name) as source, av.open(path, "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet, frame, rank, decode_at in zip(packets, frames, ranks, times_to_decode, strict=False):
            packet.stream = stream
            packet.is_keyframe = frame.is_key
            packet.time_base = Fraction(1, TICKS)
            packet.dts = decode_at
            packet.pts = times[rank]
            packet.duration = ends[rank] - times[rank]
            target.mux(packet)
    print(f"{path.name}: {(frames[-1].time - frames[0].time).total_seconds():.1f} s")


def ranks_of(shown: Iterable[int], count: int) -> list[int]:
    """Return the place of each coded picture in the order of showing; B pictures are coded after those they refer to.

    `shown` are the numbers of the coded pictures in the order of a decoder; one that cannot be decoded keeps its place.
    """
    places = {number: place for place, number in enumerate(shown)}
    order = sorted(range(count), key=lambda number: (places.get(number, number), number))
    ranks = [0] * count
    for rank, number in enumerate(order):
        ranks[number] = rank
    return ranks


def times_to_show(frames: Sequence[Frame], ranks: Sequence[int]) -> list[int]:
    """Return the times of the pictures in the order of showing.

    `Frame.time` is when the recorder received a picture. That is the time of a picture that is coded in the order of
    showing; B pictures are received right after the picture that follows them, and are spread evenly before it.
    """
    anchors = [(0, 0)]  # place and time
    for frame, rank in zip(frames, ranks, strict=True):
        place, time = anchors[-1]
        if rank > place:
            received = (frame.time - frames[0].time) // timedelta(milliseconds=1) * TICKS // 1000
            anchors.append((rank, max(received, time + rank - place)))
    times = [0]
    for (first, begin), (last, end) in pairwise(anchors):
        times += [begin + (end - begin) * (place - first) // (last - first) for place in range(first + 1, last + 1)]
    return times


if __name__ == "__main__":
    env = os.environ
    main(env["MILESTONE_LOCATION"], env["MILESTONE_USER"], env["MILESTONE_PASSWORD"], env.get("MILESTONE_CA_FILE"))
