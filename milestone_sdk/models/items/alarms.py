"""Alarm definitions and the events that trigger them, as items of the configuration."""
# docs/protocol: configuration-alarm-definitions

from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import ClassVar, Final
from uuid import UUID

from .path import ItemPath
from .values import decode
from .view import Attribute, ItemView, choice, flag, guid, moment, path, paths, text, texts

__all__ = [
    "AlarmDefinitionItem",
    "AnalyticsEventItem",
    "EnableRule",
    "EventTypeItem",
    "MapType",
    "UserDefinedEventItem",
]

_EXTERNAL_EVENTS: Final = UUID("5946b6fa-44d9-4f4c-82bb-46a17b924265")


class EnableRule(StrEnum):
    """When an alarm definition is in force."""

    ALWAYS = "0"
    TIME_PROFILE = "1"
    EVENTS = "2"


class MapType(StrEnum):
    """What shows an alarm on a map."""

    NONE = "0"
    MAP = "1"
    SMART_MAP = "2"


class AlarmDefinitionItem(ItemView):
    """Which event of which sources raises an alarm, and what the alarm says."""

    item_types: ClassVar[tuple[str, ...]] = ("AlarmDefinition",)

    description: Attribute[str | None] = text("Description")
    """The instructions to the operator."""
    event_type_group: Attribute[UUID | None] = guid("EventTypeGroup")
    event_type: Attribute[UUID | None] = guid("EventType")
    """An event type, or a user-defined or analytics event, depending on the group."""
    sources: Attribute[tuple[ItemPath, ...]] = paths("SourceList")
    """Devices and groups; a path such as `/CameraFolder` stands for all of a kind, `/` for all servers."""
    enable_rule: Attribute[EnableRule | str | None] = choice("EnableRule", EnableRule)
    time_profile: Attribute[ItemPath | None] = path("TimeProfile")
    """In force within it, where the rule says so."""
    enable_events: Attribute[tuple[ItemPath, ...]] = paths("EnableEventList")
    """Put it in force, where the rule says so."""
    disable_events: Attribute[tuple[ItemPath, ...]] = paths("DisableEventList")
    management_timeout_events: Attribute[tuple[ItemPath, ...]] = paths("ManagementTimeoutEventList")
    """Raised when no operator reacts in time."""
    trigger_events: Attribute[tuple[ItemPath, ...]] = paths("TriggerEventlist")
    """Raised by the alarm."""
    related_cameras: Attribute[tuple[ItemPath, ...]] = paths("RelatedCameraList")
    map_type: Attribute[MapType | str | None] = choice("MapType", MapType)
    related_map: Attribute[UUID | None] = guid("RelatedMap")
    owner: Attribute[str | None] = text("Owner")
    """To whom alarms are assigned first: `Name (DOMAIN\\user)`."""
    priority: Attribute[UUID | None] = guid("Priority")
    """An id, not the level that alarms carry."""
    category: Attribute[UUID | None] = guid("Category")
    assignable_to_admins: Attribute[bool] = flag("AssignableToAdmins")
    auto_close: Attribute[bool] = flag("AutoClose")

    @property
    def management_timeout(self) -> timedelta | None:
        """How long an operator has to react."""
        value = decode("Time", self.item.text("ManagementTimeoutTime"))
        if not isinstance(value, time):
            return None
        return timedelta(hours=value.hour, minutes=value.minute, seconds=value.second)

    @property
    def is_external_event(self) -> bool:
        """Whether an External Event triggers it: such an alarm names no camera, so it suits no motion alarm."""
        return self.event_type_group == _EXTERNAL_EVENTS

    @property
    def covers_all_cameras(self) -> bool:
        """Whether every camera is a source, also those that are added later."""
        return any(not source.item_type and source.folder.casefold() == "camerafolder" for source in self.sources)


class EventTypeItem(ItemView):
    """A kind of event that the system raises itself."""

    item_types: ClassVar[tuple[str, ...]] = ("EventType",)

    description: Attribute[str | None] = text("Description")
    built_in: Attribute[bool] = flag("BuiltIn")
    occurs_globally: Attribute[bool] = flag("OccursGlobally")
    counter_event_id: Attribute[UUID | None] = guid("CounterEventID")
    generator_type: Attribute[str | None] = text("GeneratorType")
    """`Device`, `RecorderPlugin`, ..."""
    generator_subtype: Attribute[str | None] = text("GeneratorSubtype")
    generator_name: Attribute[str | None] = text("GeneratorName")
    generator_id: Attribute[str | None] = text("GeneratorID")
    generator_group_name: Attribute[str | None] = text("GeneratorGroupName")
    generator_group_id: Attribute[str | None] = text("GeneratorGroupId")
    sources: Attribute[tuple[str, ...]] = texts("SourceArray")
    """Types of items that raise it: `Camera`, `CameraGroup`, ..."""
    source_filters: Attribute[tuple[str, ...]] = texts("SourceFilterArray")
    state_group_id: Attribute[UUID | None] = guid("StateGroupId")
    state: Attribute[str | None] = text("State")
    last_modified: Attribute[datetime | None] = moment("LastModified")


class UserDefinedEventItem(ItemView):
    """An event that people or programs raise by hand; `site.events.trigger` takes its id."""

    item_types: ClassVar[tuple[str, ...]] = ("UserDefinedEvent",)

    subtype: Attribute[str | None] = text("Subtype")
    created: Attribute[datetime | None] = moment("CreatedDate")
    last_modified: Attribute[datetime | None] = moment("LastModified")


class AnalyticsEventItem(ItemView):
    """An event that analysis of pictures raises."""

    item_types: ClassVar[tuple[str, ...]] = ("AnalyticsEvent",)

    description: Attribute[str | None] = text("Description")
    sources: Attribute[tuple[str, ...]] = texts("SourceArray")
    last_modified: Attribute[datetime | None] = moment("LastModified")
