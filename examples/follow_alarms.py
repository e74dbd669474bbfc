"""Follow the alarms of a site; a restart continues after the last run, and no alarm between is lost."""

import os
from pathlib import Path

from milestone_sdk import BasicUser, Client, SqliteCheckpointStore, Trust


def main(
    location: str,
    user: str,
    password: str,
    ca_file: str | None = None,
    *,
    checkpoints: Path = Path("arc.db"),
    count: int | None = None,
) -> None:
    trust = Trust.ca_file(ca_file) if ca_file else Trust.system()
    done = 0
    with (
        SqliteCheckpointStore(checkpoints) as store,
        Client(location, BasicUser(user, password), trust=trust) as site,
        site.alarms.subscribe(checkpoints=store) as alarms,
    ):
        for alarm in alarms:
            print(f"{alarm.timestamp:%H:%M:%S} {alarm.priority_name} {alarm.source_name}: {alarm.message}", flush=True)
            alarms.checkpoint(alarm)  # before this returns, a restart would deliver the alarm again
            done += 1
            if done == count:
                break


if __name__ == "__main__":
    env = os.environ
    main(env["MILESTONE_LOCATION"], env["MILESTONE_USER"], env["MILESTONE_PASSWORD"], env.get("MILESTONE_CA_FILE"))
