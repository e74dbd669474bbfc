"""Save the live picture of a camera, and the picture recorded a minute ago."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from milestone_sdk import Client, MilestoneError


def main(
    *,
    camera: str = "Front Hallway",
    folder: Path = Path(),
) -> None:
    with Client.from_env() as site:
        for name, at in (("live.jpg", None), ("recorded.jpg", datetime.now(UTC) - timedelta(minutes=1))):
            try:
                picture = site.recordings.snapshot(camera, at)
            except MilestoneError as error:  # no such camera, disabled, nothing recorded, or the recorder is down
                print(f"{name}: {error}")
            else:
                picture.save(folder / name)
                print(f"{name}: {camera} at {picture.time:%H:%M:%S}")


if __name__ == "__main__":
    main()
