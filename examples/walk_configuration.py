"""Print the configuration of a site as a tree, with what is disabled, and its alarm definitions."""

from milestone_sdk import AlarmDefinitionItem, Client


def main() -> None:
    with Client.from_env() as site:
        for recorder in site.configuration.children("/RecordingServerFolder"):
            print(recorder.name)
            for hardware in site.configuration.children(f"{recorder.path}/HardwareFolder"):
                print(f"  {hardware.name}, {hardware.text('Address')}")
                for camera in site.configuration.children(f"{hardware.path}/CameraFolder"):
                    print(f"    {camera.name}{'' if camera.enabled else ' (off)'}")
        for definition in site.configuration.views(AlarmDefinitionItem):
            sources = ", ".join(map(str, definition.sources)) or "no sources"
            print(f"alarm {definition.name}: {sources}")


if __name__ == "__main__":
    main()
