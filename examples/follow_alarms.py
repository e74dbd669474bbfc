"""Follow the alarms of a site; a restart continues after the last run, and no alarm between is lost."""

from pathlib import Path

from milestone_sdk import Client, SqliteCheckpointStore


def main(
    *,
    checkpoints: Path = Path("arc.db"),
    count: int | None = None,
) -> None:
    done = 0
    with (
        SqliteCheckpointStore(checkpoints) as store,
        Client.from_env() as site,
        site.alarms.subscribe(checkpoints=store) as alarms,
    ):
        for alarm in alarms:
            what = f"{alarm.priority_name} {alarm.source_name}: {alarm.message}"
            print(f"{alarm.timestamp:%H:%M:%S} {what}", flush=True)
            alarms.checkpoint(alarm)  # until this returns, a restart delivers the alarm again
            done += 1
            if done == count:
                break


if __name__ == "__main__":
    main()
