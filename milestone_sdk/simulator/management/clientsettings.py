"""What clients keep on the server: custom settings, views, and the profile that they run by (auth.md 6.2, 6.3)."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from xml.sax.saxutils import escape

from attrs import define, field
from lxml import etree

from milestone_sdk.simulator.management.contract import PROXY
from milestone_sdk.simulator.management.datacontract import Value
from milestone_sdk.simulator.management.servercall import TOKEN, ZERO, Answer, Call, Operation
from milestone_sdk.simulator.site import stable_id
from milestone_sdk.simulator.wire.soap import Element, Field

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

    def value(self) -> Value:
        """As the contract names its members."""
        return {
            "CustomSettingInfo": {"Id": self.id, "LastModifiedTime": self.modified, "LastModifiedUser": self.user},
            "CustomSettingData": {"DataVersion": self.version, "CustomSettingDataXml": self.xml},
        }


@define(kw_only=True)
class ViewGroup:
    """A group of views of the Smart Client; what stands in its document is the client's affair."""

    id: UUID
    name: str
    modified: datetime
    xml: str = _EMPTY_VIEWS
    xml_version: int = 1
    version: int = 1
    read_only: bool = False
    user: str = ""

    def info(self) -> Value:
        """ViewGroupInfo."""
        return {
            "Id": self.id,
            "Name": self.name,
            "ViewGroupType": "Normal",
            "ReadOnly": self.read_only,
            "LastModifiedTime": self.modified,
            "LastModifiedUser": self.user,
        }

    def value(self) -> Value:
        """ViewGroupInternal."""
        data: Value = {"DataVersion": self.version, "XmlVersion": self.xml_version, "ViewGroupDataXml": self.xml}
        return {"ViewGroupInfo": self.info(), "ViewGroupData": data}


@define(kw_only=True)
class ClientProfile:
    """The Smart Client profile of all users: key, value and whether the user may not change it."""

    id: UUID
    name: str = "Default Smart Client Profile"
    description: str = ""
    modified: datetime
    settings: list[tuple[str, str, bool]] = field(factory=lambda: [("ApplicationAutoLogin", "Unavailable", True)])

    def value(self, *, settings: bool) -> Value:
        """As the contract names its members; without settings their list is null."""
        listed: list[Value] = [{"Key": key, "Value": value, "Locked": locked} for key, value, locked in self.settings]
        return {
            "Id": self.id,
            "Name": self.name,
            "Description": self.description,
            "LastModified": self.modified,
            "SettingsLastModified": self.modified,
            "ClientProfileSettings": listed if settings else None,
        }


class ClientSettings:
    """The custom settings, views and client profile of a site."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.stored: dict[tuple[str, UUID], CustomSetting] = {}
        """Custom settings by user name ("" for those of all users) and id."""
        self.profile = ClientProfile(id=stable_id("client profile", "Default"), modified=now())
        self.view_groups = [ViewGroup(id=stable_id("view group", "Main"), name="Main view group", modified=now())]
        self._now = now
        operations: dict[str, Operation] = {
            "GetViewGroups": self._get_view_groups,
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

    def _get(self, call: Call, *, whole_site: bool) -> Answer:
        values = call.read(TOKEN, Field("customSettingId", "guid"))
        user = call.identify(values["token"])
        setting = self.stored.get(("" if whole_site else user.name, values["customSettingId"] or ZERO))
        return "CustomSettingInternal", setting.value() if setting is not None else None

    def _set(self, call: Call, *, whole_site: bool) -> Answer:
        """A version that is not the stored one is refused, unless the client overrides it."""
        names = (Field("customSettingId", "guid"), Field("customSettingData", "element"))
        values = call.read(TOKEN, *names, Field("forceOverride", "boolean"))
        user = call.identify(values["token"])
        if values["customSettingData"] is None or values["customSettingId"] in (None, ZERO):
            return "text", "UnspecifiedError"
        place = "" if whole_site else user.name, values["customSettingId"]
        data = _data(call, values["customSettingData"], "CustomSettingDataXml", "DataVersion")
        old = self.stored.get(place)
        if old is not None and data["DataVersion"] != old.version and not values["forceOverride"]:
            return "text", "ModifiedError"
        self.stored[place] = CustomSetting(
            id=values["customSettingId"],
            xml=data["CustomSettingDataXml"] or "",
            version=1 if old is None else old.version + 1,
            user=user.name,
            modified=self._now(),
        )
        return "text", "Success"

    # Views

    def _found(self, key: UUID | None) -> ViewGroup | None:
        return next((group for group in self.view_groups if group.id == key), None)

    def _get_view_groups(self, call: Call) -> Answer:
        call.identify(call.read(TOKEN)["token"])
        return "[ViewGroupInfo]", [group.info() for group in self.view_groups]

    def _get_view_group_data(self, call: Call) -> Answer:
        values = call.read(TOKEN, Field("viewGroupId", "guid"))
        call.identify(values["token"])
        group = self._found(values["viewGroupId"])
        return "ViewGroupInternal", group.value() if group is not None else None

    def _set_view_group_data(self, call: Call) -> Answer:
        values = call.read(TOKEN, Field("viewGroupId", "guid"), Field("viewGroupdata", "element"))
        user = call.identify(values["token"])
        group = self._found(values["viewGroupId"])
        if group is None or values["viewGroupdata"] is None:
            return "text", "UnspecifiedError"
        data = _data(call, values["viewGroupdata"], "DataVersion", "ViewGroupDataXml", "XmlVersion")
        if group.read_only:
            return "text", "ReadOnlyError"
        if data["DataVersion"] != group.version:
            return "text", "ModifiedError"
        group.xml, group.xml_version = data["ViewGroupDataXml"] or "", data["XmlVersion"] or 0
        group.version, group.user, group.modified = group.version + 1, user.name, self._now()
        return "text", "Success"

    # Profile

    def _get_client_profile(self, call: Call) -> Answer:
        values = call.read(TOKEN, Field("withSetting", "boolean"))
        call.identify(values["token"])
        return "ClientProfile", self.profile.value(settings=bool(values["withSetting"]))


def _data(call: Call, element: Element, *names: str) -> dict[str, Any]:
    """The members of a data object: its document is a text on `.svc`, and stands inline on `.asmx`."""
    kinds = {name: "int" for name in names if name.endswith("Version")}
    if not call.asmx:
        return call.members(element, *(Field(name, kinds.get(name, "text")) for name in names), namespace=PROXY)
    values = call.members(element, *(Field(name, kinds.get(name, "element")) for name in names))
    return {name: value if name in kinds else _inner(value) for name, value in values.items()}


def _inner(element: Element | None) -> str:
    if element is None:
        return ""
    return escape(element.text or "") + "".join(etree.tostring(child, encoding="unicode") for child in element)
