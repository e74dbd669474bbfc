"""Call any SOAP operation, also where the library has no method of its own, by its name at Milestone.

`dir(site.services.alarm)` lists the operations, `help(site.services.alarm.GetStatistics)` describes one. Every result
may be None.
"""

from milestone_sdk import Client, MilestoneError


def main() -> None:
    with Client.from_env() as site:
        # The client fills in the corporate token, which is the first parameter of most operations.
        print("server command, version", site.services.server_command.GetVersion())
        for count in site.services.alarm.GetStatistics() or ():
            print(f"alarms by {count.Type} {count.Number}: {count.Value}")
        for camera in site.cameras()[:1]:
            recorder = site.services.recorder(camera.recorder)
            try:
                for kind in recorder.SequencesGetTypes(camera.id) or ():
                    print(f"{camera.name} has sequences: {kind.Name}")
            except MilestoneError as error:  # the recorder may be down
                print(error)
        print(repr(site.services.alarm.GetAlarmHistory))


if __name__ == "__main__":
    main()
