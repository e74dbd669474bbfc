"""Call operations for which the library has no method of its own, by their names at Milestone."""

from milestone_sdk import Client, MilestoneError


def main() -> None:
    with Client.from_env() as site:
        # The client fills in the corporate token, which is the first parameter of most operations.
        print("server command, version", site.services.server_command.GetVersion())
        for count in site.services.alarm.GetStatistics():
            print(f"alarms by {count.Type} {count.Number}: {count.Value}")
        for camera in site.cameras()[:1]:
            recorder = site.services.recorder(camera.recorder)
            try:
                for kind in recorder.SequencesGetTypes(str(camera.id)):
                    print(f"{camera.name} has sequences: {kind.Name}")
            except MilestoneError as error:  # the recorder may be down
                print(error)
        print(
            "other operations of the alarm service:",
            ", ".join(name for name in dir(site.services.alarm) if name[0] == "G"),
        )


if __name__ == "__main__":
    main()
