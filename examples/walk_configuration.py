"""Print the configuration of a site as a tree, with what is disabled, and its alarm definitions."""

import os

from milestone_sdk import AlarmDefinitionItem, BasicUser, Client, Trust


def main(location: str, user: str, password: str, ca_file: str | None = None) -> None:
    trust = Trust.ca_file(ca_file) if ca_file else Trust.system()
    with Client(location, BasicUser(user, password), trust=trust) as site:
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
    env = os.environ
    main(env["MILESTONE_LOCATION"], env["MILESTONE_USER"], env["MILESTONE_PASSWORD"], env.get("MILESTONE_CA_FILE"))
