"""List the cameras of a site, folder by folder."""

from milestone_sdk import Client


def main() -> None:
    with Client.from_env() as site:
        names = {camera.id: camera.name for camera in site.cameras()}
        for top in site.camera_groups():
            for group in top.walk():
                shown = [names[camera] for camera in group.camera_ids if camera in names]  # a folder may list others
                print(f"{group.path}: {', '.join(shown) or '-'}")


if __name__ == "__main__":
    main()
