"""What clients keep on the server: custom settings, views, and the profile that they run by."""
# docs/protocol: servercommand-operations, servercommand-types

from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

from attrs import define, field

from milestone_sdk.simulator.management.servercall import Call, Operation
from milestone_sdk.simulator.site import stable_id
from milestone_sdk.simulator.wire.contract import Extended, Object
from milestone_sdk.simulator.wire.values import ZERO

__all__ = ["ClientProfile", "ClientSettings", "CustomSetting", "ViewGroup"]

_EMPTY_VIEWS = "<viewgroup/>"


@define(kw_only=True)
class CustomSetting:
    """One document that a client stored; `version` counts its changes."""

    id: UUID
    xml: str
    version: int
    user: str
    modified: datetime


@define(kw_only=True)
class ViewGroup:
    """A group of views of the Smart Client; only clients read what is in its document."""

    id: UUID
    name: str
    modified: datetime
    xml: str = _EMPTY_VIEWS
    xml_version: int = 1
    version: int = 1
    read_only: bool = False
    user: str = ""
    view_group_type: str = "Normal"


@define(kw_only=True)
class ClientProfile:
    """The Smart Client profile of all users: key, value and whether the user may not change it."""

    id: UUID
    name: str = "Default Smart Client Profile"
    description: str = ""
    modified: datetime
    settings: list[tuple[str, str, bool]] = field(factory=lambda: [("ApplicationAutoLogin", "Unavailable", True)])


class ClientSettings:
    """The custom settings, views and client profile of a site."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.stored: dict[tuple[str, UUID], CustomSetting] = {}
        """Custom settings by user name ("" for those of all users) and id."""
        self.profile: ClientProfile = ClientProfile(id=stable_id("client profile", "Default"), modified=now())
        self.view_groups: list[ViewGroup] = [
            ViewGroup(id=stable_id("view group", "Main"), name="Main view group", modified=now())
        ]
        self._now = now
        operations: dict[str, Operation] = {
            "GetViewGroups": lambda call: self.view_groups,
            "GetViewGroupData": self._get_view_group_data,
            "SetViewGroupData": self._set_view_group_data,
        }
        for suffix in ("", "2"):
            operations |= {
                f"GetCustomSettingDataGlobal{suffix}": lambda call: self._get(call, whole_site=True),
                f"GetCustomSettingDataUser{suffix}": lambda call: self._get(call, whole_site=False),
                f"SetCustomSettingDataGlobal{suffix}": lambda call: self._set(call, whole_site=True),
                f"SetCustomSettingDataUser{suffix}": lambda call: self._set(call, whole_site=False),
            }
        for suffix in ("", "2", "3"):
            operations |= {f"GetClientProfile{suffix}": self._get_client_profile}
        self.operations: Mapping[str, Operation] = operations

    # Custom settings

    def _get(self, call: Call, *, whole_site: bool) -> Object | None:
        setting = self.stored.get(("" if whole_site else call.user.name, call["customSettingId"]))
        return None if setting is None else {"CustomSettingInfo": setting, "CustomSettingData": setting}

    def _set(self, call: Call, *, whole_site: bool) -> str:
        """A version that is not the stored one is refused, unless the client overrides it."""
        data, key = call["customSettingData"], call["customSettingId"]
        if data is None or key == ZERO:
            return "UnspecifiedError"
        place = "" if whole_site else call.user.name, key
        old = self.stored.get(place)
        if old is not None and data["DataVersion"] != old.version and not call["forceOverride"]:
            return "ModifiedError"
        self.stored[place] = CustomSetting(
            id=key,
            xml=data["CustomSettingDataXml"] or "",
            version=1 if old is None else old.version + 1,
            user=call.user.name,
            modified=self._now(),
        )
        return "Success"

    # Views

    def _found(self, key: UUID) -> ViewGroup | None:
        return next((group for group in self.view_groups if group.id == key), None)

    def _get_view_group_data(self, call: Call) -> Object | None:
        group = self._found(call["viewGroupId"])
        return None if group is None else {"ViewGroupInfo": group, "ViewGroupData": group}

    def _set_view_group_data(self, call: Call) -> str:
        group, data = self._found(call["viewGroupId"]), call["viewGroupdata"]
        if group is None or data is None:
            return "UnspecifiedError"
        if group.read_only:
            return "ReadOnlyError"
        if data["DataVersion"] != group.version:
            return "ModifiedError"
        group.xml, group.xml_version = data["ViewGroupDataXml"] or "", data["XmlVersion"]
        group.version, group.user, group.modified = group.version + 1, call.user.name, self._now()
        return "Success"

    # Profile

    def _get_client_profile(self, call: Call) -> Extended:
        """Without settings their list is null."""
        settings = [{"Key": key, "Value": value, "Locked": locked} for key, value, locked in self.profile.settings]
        return Extended(self.profile, {"ClientProfileSettings": settings if call["withSetting"] else None})
