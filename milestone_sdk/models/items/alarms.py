"""Alarm definitions and the events that trigger them, as items of the configuration."""
# protocol/configuration.md 3.10, 3.11

from datetime import time, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from .values import decode
from .view import ItemView, choice, flag, guid, moment, path, paths, text, texts

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

    item_types = ("AlarmDefinition",)

    description = text("Description")
    """The instructions to the operator."""
    event_type_group = guid("EventTypeGroup")
    event_type = guid("EventType")
    """An event type, or a user-defined or analytics event, depending on the group."""
    sources = paths("SourceList")
    """Devices and groups; a path such as `/CameraFolder` stands for all of a kind, `/` for all servers."""
    enable_rule = choice("EnableRule", EnableRule)
    time_profile = path("TimeProfile")
    """In force within it, where the rule says so."""
    enable_events = paths("EnableEventList")
    """Put it in force, where the rule says so."""
    disable_events = paths("DisableEventList")
    management_timeout_events = paths("ManagementTimeoutEventList")
    """Raised when no operator reacts in time."""
    trigger_events = paths("TriggerEventlist")
    """Raised by the alarm."""
    related_cameras = paths("RelatedCameraList")
    map_type = choice("MapType", MapType)
    related_map = guid("RelatedMap")
    owner = text("Owner")
    """To whom alarms are assigned first: `Name (DOMAIN\\user)`."""
    priority = guid("Priority")
    """An id, not the level that alarms carry."""
    category = guid("Category")
    assignable_to_admins = flag("AssignableToAdmins")
    auto_close = flag("AutoClose")

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

    item_types = ("EventType",)

    description = text("Description")
    built_in = flag("BuiltIn")
    occurs_globally = flag("OccursGlobally")
    counter_event_id = guid("CounterEventID")
    generator_type = text("GeneratorType")
    """`Device`, `RecorderPlugin`, ..."""
    generator_subtype = text("GeneratorSubtype")
    generator_name = text("GeneratorName")
    generator_id = text("GeneratorID")
    generator_group_name = text("GeneratorGroupName")
    generator_group_id = text("GeneratorGroupId")
    sources = texts("SourceArray")
    """Types of items that raise it: `Camera`, `CameraGroup`, ..."""
    source_filters = texts("SourceFilterArray")
    state_group_id = guid("StateGroupId")
    state = text("State")
    last_modified = moment("LastModified")


class UserDefinedEventItem(ItemView):
    """An event that people or programs raise by hand; `site.events.trigger` takes its id."""

    item_types = ("UserDefinedEvent",)

    subtype = text("Subtype")
    created = moment("CreatedDate")
    last_modified = moment("LastModified")


class AnalyticsEventItem(ItemView):
    """An event that analysis of pictures raises."""

    item_types = ("AnalyticsEvent",)

    description = text("Description")
    sources = texts("SourceArray")
    last_modified = moment("LastModified")
