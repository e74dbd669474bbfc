"""List the cameras of a site, folder by folder."""

import os

from milestone_sdk import BasicUser, Client, Trust


def main(location: str, user: str, password: str, ca_file: str | None = None) -> None:
    trust = Trust.ca_file(ca_file) if ca_file else Trust.system()
    with Client(location, BasicUser(user, password), trust=trust) as site:
        names = {camera.id: camera.name for camera in site.cameras()}
        for top in site.camera_groups():
            for group in top.walk():
                shown = [names[camera] for camera in group.camera_ids if camera in names]  # a folder may list others
                print(f"{group.path}: {', '.join(shown) or '-'}")


if __name__ == "__main__":
    env = os.environ
    main(env["MILESTONE_LOCATION"], env["MILESTONE_USER"], env["MILESTONE_PASSWORD"], env.get("MILESTONE_CA_FILE"))
