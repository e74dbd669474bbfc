"""Turn alarms into Patriot signals: zone C1 has camera C1, which also covers zone `C1 alarm`."""

from milestone_sdk import Client
from milestone_sdk.patriot import ClientRecord, Zone, map_alarm

BEFORE = ClientRecord(client_no="1234", zones=[Zone(number=1, name="C1")])
AFTER = ClientRecord(
    client_no="1234",
    zones=[
        Zone(number=1, name="C1"),
        # The source that third-party analytics names is not a camera; alarms find this zone by that name.
        Zone(number=2, name="C1 alarm", camera_coverage="C1"),
    ],
)


def main() -> None:
    with Client.from_env() as site:
        for alarm in site.alarms.list():
            for client in (BEFORE, AFTER):
                signal = map_alarm(client, alarm)
                print(f"zone {signal.zone}, event type {signal.event_type}, camera {signal.camera}: {signal.line}")


if __name__ == "__main__":
    main()
