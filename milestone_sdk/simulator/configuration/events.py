"""The properties of events, alarm definitions and what else is below the site."""
# docs/protocol: configuration-items, configuration-alarm-definitions on

from uuid import UUID

from milestone_sdk.simulator.configuration.columns import Column, choices, columns, kept, shown, tick_text, truth
from milestone_sdk.simulator.configuration.contract import Choice
from milestone_sdk.simulator.configuration.lookup import Lookup
from milestone_sdk.simulator.site.devices import stable_id
from milestone_sdk.simulator.site.model import AlarmDefinition, EventType, Site, User

NIL = "00000000-0000-0000-0000-000000000000"
EXTERNAL_GROUP = UUID("5946b6fa-44d9-4f4c-82bb-46a17b924265")
ANALYTICS_GROUP = UUID("a96692c8-51b1-4f87-b12c-0d3d9cbfc5a4")
GROUPS: dict[UUID, str] = {
    UUID("1eacbcad-d566-4375-834b-cfbe3d937caa"): "Device Events",
    UUID("6b90aee7-e6a5-4b5c-82aa-1686c19afe19"): "Hardware Events",
    UUID("b1ca6710-f244-4ce2-8daf-662e342c405a"): "System Events",
    UUID("64d2c24b-a92f-48a0-b9ca-707af7828d67"): "Recording Server Events",
    EXTERNAL_GROUP: "External Events",
    UUID("2fb8e979-188e-44cc-b1b7-a7ed9c91e5c0"): "System Monitor Events",
    ANALYTICS_GROUP: "Analytics Events",
}
"""Event type groups of every site."""  # docs/protocol: alarms-retention
_BY_SOURCE = {
    "Device": UUID("1eacbcad-d566-4375-834b-cfbe3d937caa"),
    "Hardware": UUID("6b90aee7-e6a5-4b5c-82aa-1686c19afe19"),
    "Recorder": UUID("64d2c24b-a92f-48a0-b9ca-707af7828d67"),
    "External": EXTERNAL_GROUP,
}
_SYSTEM_GROUP = UUID("b1ca6710-f244-4ce2-8daf-662e342c405a")
_PRIORITIES = {
    1: "8188ff24-b5da-4c19-9ebf-c1d8fc2caa75",
    2: "9ad9338b-22ba-4f2e-bf62-e6948ae99bbf",
    3: "34f1f987-6854-44fb-88a5-daa0add1e38a",
}


def group_of(event: EventType) -> UUID:
    """The event type group of an event."""
    if event.kind == "analytics":
        return ANALYTICS_GROUP
    return EXTERNAL_GROUP if event.kind == "user" else _BY_SOURCE.get(event.source, _SYSTEM_GROUP)


def event_choices(site: Site, group: str) -> tuple[Choice, ...]:
    """The events of a group, as choices of EventType."""
    return choices(
        *((event.name, str(event.id)) for event in site.event_types if str(group_of(event)) == group.lower())
    )


def priority_id(level: int) -> str:
    """The stable id of a priority, unlike its number in the alarm service."""
    # docs/protocol: configuration-alarm-definitions
    return _PRIORITIES.get(level) or str(stable_id("priority", str(level)))


def category_id(level: int) -> str:
    """The id of an alarm category; none has the nil one."""
    return NIL if level == 0 else str(stable_id("category", str(level)))


def _event_of(definition: AlarmDefinition, lookup: Lookup) -> EventType | None:
    return lookup.site.event_type(definition.event)


def _group_id(definition: AlarmDefinition, lookup: Lookup) -> str:
    event = _event_of(definition, lookup)
    return str(group_of(event)) if event is not None else NIL


def _event_id(definition: AlarmDefinition, lookup: Lookup) -> str:
    event = _event_of(definition, lookup)
    return str(event.id) if event is not None else NIL


def _check_group(definition: AlarmDefinition, lookup: Lookup, value: str) -> None:
    if value.lower() != NIL and value.lower() not in {str(group) for group in GROUPS}:
        raise ValueError("There is no such event type group.")


def _set_event(definition: AlarmDefinition, lookup: Lookup, value: str) -> None:
    event = next((event for event in lookup.site.event_types if str(event.id) == value.lower()), None)
    if event is None:
        raise ValueError("There is no such event.")
    definition.event = event.name


def _set_level(definition: AlarmDefinition, lookup: Lookup, value: str) -> None:
    for level in lookup.site.priorities:
        if priority_id(level) == value.lower():
            definition.priority = level
            return
    raise ValueError("There is no such priority.")


def _set_category(definition: AlarmDefinition, lookup: Lookup, value: str) -> None:
    for level in (0, *(category.level for category in lookup.site.categories)):
        if category_id(level) == value.lower():
            definition.category = level
            return
    raise ValueError("There is no such category.")


def _sources(definition: AlarmDefinition, lookup: Lookup) -> str:
    """SourceList: the sources, or the pseudo-path that means any."""
    as_set = definition.settings.get("SourceList")
    if as_set is not None:
        return as_set
    event = _event_of(definition, lookup)
    if definition.sources:
        return ";".join(f"Camera[{source}]" for source in definition.sources)
    if event is not None and event.kind == "user":
        return f"UserDefinedEvent[{event.id}]"
    if event is not None and event.kind == "system" and event.source != "Device":
        return "/UserDefinedEventFolder" if event.source == "External" else "/"
    return "/CameraFolder"


def _paths(value: str) -> list[str]:
    return [path.strip() for path in value.replace(",", ";").split(";") if path.strip()]


def _cameras_of(path: str, lookup: Lookup) -> list[UUID]:
    """The cameras that a path of a PathList means: none for a pseudo-path, which means all."""
    if path.startswith("Camera["):
        return [UUID(path[len("Camera[") : -1])]
    if path.startswith("CameraGroup["):
        found = lookup.camera_groups.find(UUID(path[len("CameraGroup[") : -1]))
        return [*found[0].cameras] if found is not None else []
    return []


def _set_sources(definition: AlarmDefinition, lookup: Lookup, value: str) -> None:
    definition.sources = [camera for path in _paths(value) for camera in _cameras_of(path, lookup)]
    definition.settings["SourceList"] = ";".join(_paths(value))


def _set_related(definition: AlarmDefinition, lookup: Lookup, value: str) -> None:
    definition.related_cameras = [camera for path in _paths(value) for camera in _cameras_of(path, lookup)]


_PATH_LIST = (Choice("PathItemType", "UserDefinedEvent"), Choice("PathItemType", "InputEvent"))
_RULES = choices(("Always", "0"), ("Time profile", "1"), ("Event triggered", "2"))

ALARM_DEFINITION: tuple[Column, ...] = (
    *columns("Id Name*=name Description=description"),
    shown(
        "EventTypeGroup",
        _group_id,
        "Enum",
        set=_check_group,
        infos=choices(*((name, str(key)) for key, name in GROUPS.items()), ("Undefined", NIL)),
    ),
    shown("EventType", _event_id, "Enum", set=_set_event),
    shown("SourceList", _sources, "PathList", set=_set_sources, infos=(Choice("PathAllowAllItemType", "True"),)),
    kept("EnableRule", "Enum", "0", infos=_RULES),
    kept("TimeProfile", "Path", f"TimeProfile[{NIL}]", infos=(Choice("PathItemType", "TimeProfile"),)),
    kept("EnableEventList", "PathList", "", infos=_PATH_LIST),
    kept("DisableEventList", "PathList", "", infos=_PATH_LIST),
    *columns("ManagementTimeoutTime:Enum[00:01:00|00:05:00|00:10:00|01:00:00]~00:01:00"),
    kept("ManagementTimeoutEventList", "PathList", "", infos=_PATH_LIST),
    kept("TriggerEventlist", "PathList", "", infos=_PATH_LIST),
    shown(
        "RelatedCameraList",
        lambda definition, _: ";".join(f"Camera[{camera}]" for camera in definition.related_cameras),
        "PathList",
        set=_set_related,
        infos=(Choice("PathItemType", "Camera"),),
    ),
    kept("MapType", "Enum", "0", infos=choices(("None", "0"), ("Map", "1"), ("Smart map", "2"))),
    *columns("RelatedMap~ Owner~"),
    shown("Priority", lambda definition, _: priority_id(definition.priority), "Enum", set=_set_level),
    shown("Category", lambda definition, _: category_id(definition.category), "Enum", set=_set_category),
    *columns("AssignableToAdmins:Tick~False AutoClose:Tick!~False"),
)
"""The choices of EventType, Priority and Category belong to the site: `Tree.fill_choices` puts them in."""

EVENT_TYPE: tuple[Column, ...] = (
    *columns("Id"),
    shown("Name", lambda event, _: event.name.replace(" ", ""), importance=2),
    *columns("Description!=description BuiltIn:Tick#True"),
    shown("OccursGlobally", lambda event, _: tick_text(event.source in ("System", "Server")), "Tick"),
    *columns(f"CounterEventID#{NIL} GeneratorType!=source GeneratorSubtype# GeneratorName!=source GeneratorID#{NIL}"),
    shown("GeneratorGroupName", lambda event, _: GROUPS[group_of(event)]),
    shown("GeneratorGroupId", lambda event, _: str(group_of(event))),
    shown("SourceArray", lambda event, _: ["Camera", "CameraGroup"] if event.source == "Device" else [], "Array"),
    shown("SourceFilterArray", lambda event, _: [], "Array"),
    *columns(f"StateGroupId#{NIL} State# LastModified:DateTime"),
)
USER_DEFINED_EVENT = columns("Id Name*=name Subtype#UserDefined CreatedDate:DateTime LastModified:DateTime")
_NAMED = "Id Name*=name Description=description LastModified:DateTime"
ANALYTICS_EVENT: tuple[Column, ...] = (*columns(_NAMED), shown("SourceArray", lambda event, _: [], "Array"))
GENERIC_EVENT: tuple[Column, ...] = (
    *columns("Id Name*=name Expression~ ExpressionType:Enum[0|1|2]~0 Priority:Int~100 DataSource:Enum~"),
    shown("ShadowId", lambda event, _: str(stable_id("shadow", str(event.id)))),
    *columns("LastModified:DateTime"),
)
STATE_GROUP: tuple[Column, ...] = (
    *columns("Id Name*=name"),
    shown(
        "States", lambda group, _: [state for state in group.settings.get("States", "").split(";") if state], "Array"
    ),
    *columns("LastModified:DateTime"),
)
ROLE = columns(
    f"""
    {_NAMED} AllowMobileClientLogOn:Tick~True AllowSmartClientLogOn:Tick~True AllowWebClientLogOn:Tick~True
    DualAuthorizationRequired:Tick~False MakeUsersAnonymousDuringPTZSession:Tick~False
    RoleType:Enum[Adminstrative|UserDefined]!~UserDefined
    """
)
RULE = columns(
    """
    Id Name*=name Description=description StartRuleType:Enum[TimeInterval|Event|RecurringTime]~Event
    StopRuleType:Enum[TimeInterval|Event|Timer|None]~None StartActions~ StopActions~ Always:Tick~True
    """
)
TIME_PROFILE = columns(f"{_NAMED} TimeProfileType:Enum[Sunclock|Calendar]!~Calendar")


def basic_user_id(name: str) -> UUID:
    """The id of a basic user's item."""
    return stable_id("basic user", name)


_STATES = {"ok": "Enabled", "change_password": "Enabled", "locked": "LockedOutByAdmin"}
_STATUSES = choices("Enabled", "LockedOutByAdmin", "LockedOutBySystem")


def _set_status(user: User, lookup: Lookup, value: str) -> None:
    if value not in ("Enabled", "LockedOutByAdmin"):
        raise ValueError("The value must be Enabled or LockedOutByAdmin.")
    user.state = "ok" if value == "Enabled" else "locked"
    user.locked_until, user.failures = None, 0


def _set_force_password_change(user: User, lookup: Lookup, value: str) -> None:
    wanted = truth(value)
    if user.state != "locked":
        user.state = "change_password" if wanted else "ok"


BASIC_USER: tuple[Column, ...] = (
    shown("Id", lambda user, _: str(basic_user_id(user.name))),
    *columns("Name*!=name Description=description Sid!=sid"),
    shown(
        "Status",
        lambda user, _: "LockedOutBySystem" if user.locked_until else _STATES[user.state],
        "Enum",
        set=_set_status,
        infos=_STATUSES,
    ),
    shown(
        "ForcePasswordChange",
        lambda user, _: tick_text(user.state == "change_password"),
        "Tick",
        set=_set_force_password_change,
    ),
    *columns(
        """
        CanChangePassword:Tick~True IsExternal:Tick#False LockoutEnd:DateTime=locked_until CreatedDate:DateTime
        LastModified:DateTime
        """
    ),
)
LICENCE = columns("Slc!=licence_code Sku*!=product_name ActivationAutomatic:Tick#True CareLevel#Plus CareId#")
CHILD_SITE = columns(
    """
    Id Description!=description LastModified:DateTime ConnectionState*!=connection_state Version!=version
    ServiceAccount#S-1-5-20 SynchronizationStatus:Int!=synchronization_status
    """
)
SYSTEM: tuple[Column, ...] = (
    *columns("Id Name*=name Description=description LastModified:DateTime=last_modified TimeZone!=time_zone"),
    shown("ComputerName", lambda site, _: site.host_name.upper(), importance=2),
    *columns("DomainName# LastStatusHandshake:DateTime=last_modified PhysicalMemory:Int#0"),
    shown("Platform", lambda site, _: "[Not Available]"),
    *columns(
        """
        Processors:Int#0 ServiceAccount#S-1-5-20 SynchronizationStatus:Int#0 MasterSiteAddress!=master_site_address
        """
    ),
    shown("Version", lambda site, lookup: lookup.version, importance=2),
)
