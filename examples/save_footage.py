"""Save what the camera sent from 10 s before the newest alarm to 30 s after it, without re-encoding.

MP4 files need the extra `video`. Without it, the data is saved as the camera sent it: players open `.h264` files, too.
"""

from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

from milestone_sdk import Client

SUFFIX = ".mp4" if find_spec("av") else ".h264"


def main(*, folder: Path = Path()) -> None:
    with Client.from_env() as site:
        newest_first = site.alarms.list(limit=100)
        alarm = next((alarm for alarm in newest_first if alarm.camera_id is not None), None)
        if alarm is None:
            print(f"none of the newest {len(newest_first)} alarms has a camera")
            return
        around = alarm.around(before=timedelta(seconds=10), after=timedelta(seconds=30))
        target = folder / f"alarm-{alarm.local_id}{SUFFIX}"
        clip = site.recordings.export(alarm.camera_id, around, target, retrieve=True, overwrite=True)
    for file in clip.files:
        print(f"{file.path.name}: {file.frames} frames of {file.codec}, {file.span.duration.total_seconds():.1f} s")
    if clip.missing:
        print(f"alarm {alarm.local_id}: {clip.missing}")


if __name__ == "__main__":
    main()
