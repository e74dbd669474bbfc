"""Save the live picture of a camera, and the one it recorded a minute ago."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from milestone_sdk import BasicUser, Client, NoRecording, Trust


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
        live = site.recordings.snapshot(camera)
        (folder / "live.jpg").write_bytes(live.data)
        print(f"live.jpg: {camera} at {live.time:%H:%M:%S}")
        try:
            recorded = site.recordings.snapshot(camera, datetime.now(UTC) - timedelta(minutes=1))
        except NoRecording as error:
            print(error)
        else:
            (folder / "recorded.jpg").write_bytes(recorded.data)
            print(f"recorded.jpg: {camera} at {recorded.time:%H:%M:%S}")


if __name__ == "__main__":
    env = os.environ
    main(env["MILESTONE_LOCATION"], env["MILESTONE_USER"], env["MILESTONE_PASSWORD"], env.get("MILESTONE_CA_FILE"))
