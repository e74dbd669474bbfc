"""The releases that the simulator can imitate, and what each of them does not have yet."""

from attrs import frozen

__all__ = ["INTRODUCED", "RELEASES", "Release", "find_release"]

Version = tuple[int, int]

INTRODUCED: dict[str, Version] = {
    "RegisterIntegration": (20, 3),
    "idp": (21, 1),
    "gateway": (22, 1),
    "event_server_tls": (22, 1),
    "RegisterPluginIntegrations": (22, 3),
    "GetCustomSettingDataGlobal2": (22, 3),
    "GetCustomSettingDataUser2": (22, 3),
    "SetCustomSettingDataGlobal2": (22, 3),
    "SetCustomSettingDataUser2": (22, 3),
    "GetClientProfile2": (22, 3),
    "GetClientProfile3": (22, 3),
    "WarningDevices": (22, 3),
    "BookmarkSearchTime2": (23, 1),
    "BookmarkSearchFromBookmark2": (23, 1),
    "MarkedDataSearch2": (23, 1),
    "RestrictedMedia": (23, 2),
    "retrieve_edge_storage_task": (25, 2),
}
"""Operation, member or ability -> the first version that has it. Everything else exists since before 2018 R3."""
# docs/protocol: identity-versions; `RestrictedMedia` is a prefix


@frozen
class Release:
    """One release: `name` as in `2023R3`, `version` as in (23, 3)."""

    name: str
    version: Version
    build: int
    year: int

    def has(self, feature: str) -> bool:
        """Whether this release has the operation, member or ability."""
        key = "RestrictedMedia" if feature.startswith("RestrictedMedia") else feature
        return self.version >= INTRODUCED.get(key, (0, 0))

    @property
    def title(self) -> str:
        """For people: `2023 R3`."""
        return self.name.replace("R", " R")

    @property
    def server_version(self) -> str:
        """As in openid-configuration: `23.3`."""
        return f"{self.version[0]}.{self.version[1]}"

    @property
    def product_version(self) -> str:
        """As in the gateway's answers: `23.3.1804.1`."""
        return f"{self.server_version}.{self.build}.1"


RELEASES = {
    release.name: release
    for release in (
        Release("2018R3", (18, 3), 6418, 2018),
        Release("2020R1", (20, 1), 5012, 2020),
        Release("2020R2", (20, 2), 7044, 2020),
        Release("2020R3", (20, 3), 9120, 2020),
        Release("2021R1", (21, 1), 4030, 2021),
        Release("2021R2", (21, 2), 8106, 2021),
        Release("2022R1", (22, 1), 5804, 2022),
        Release("2022R2", (22, 2), 8301, 2022),
        Release("2022R3", (22, 3), 9214, 2022),
        Release("2023R1", (23, 1), 2018, 2023),
        Release("2023R2", (23, 2), 32, 2023),
        Release("2023R3", (23, 3), 1131, 2023),
        Release("2024R1", (24, 1), 1207, 2024),
        Release("2024R2", (24, 2), 12065, 2024),
        Release("2025R1", (25, 1), 1804, 2025),
        Release("2025R2", (25, 2), 1804, 2025),
        Release("2025R3", (25, 3), 2106, 2025),
    )
}
"""Those of 22.1, 23.2, 24.2 and 25.1 have build numbers of real servers."""


def find_release(name: str) -> Release:
    """The profile of that name; blanks and letter case do not matter. ValueError lists the names that exist."""
    key = name.replace(" ", "").upper()
    if key not in RELEASES:
        raise ValueError(f"no release {name!r}; there are {', '.join(RELEASES)}")
    return RELEASES[key]
