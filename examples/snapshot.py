"""Save the live picture of a camera, and the picture recorded a minute ago."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from milestone_sdk import BasicUser, Client, MilestoneError, Trust


def main(
    location: str,
    user: str,
    password: str,
    ca_file: str | None = None,
    *,
    camera: str = "Front Hallway",
    folder: Path = Path(),
) -> None:
    trust = Trust.ca_file(ca_file) if ca_file else Trust.system()
    with Client(location, BasicUser(user, password), trust=trust) as site:
        for name, at in (("live.jpg", None), ("recorded.jpg", datetime.now(UTC) - timedelta(minutes=1))):
            try:
                picture = site.recordings.snapshot(camera, at)
            except MilestoneError as error:  # no such camera, disabled, nothing recorded, or the recorder is down
                print(f"{name}: {error}")
            else:
                (folder / name).write_bytes(picture.data)
                print(f"{name}: {camera} at {picture.time:%H:%M:%S}")


if __name__ == "__main__":
    env = os.environ
    main(env["MILESTONE_LOCATION"], env["MILESTONE_USER"], env["MILESTONE_PASSWORD"], env.get("MILESTONE_CA_FILE"))
