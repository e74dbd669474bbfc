"""Milestone alarms as signals of the Patriot alarm-monitoring software.

A `ClientRecord` says what Patriot knows of a site: its zones, its event types, where its server is. `map_alarm` turns
an alarm into the `Signal` that Patriot logs, `SeenAlarms` tells which alarms make one, and `zones_against_cameras`
finds names that will not match before an alarm does; `checks` has `site.diagnose` tell that and more.
"""

from .._protocol.management.location import Location
from .checks import checks
from .mapping import SeenAlarms, map_alarm
from .receiving import check_alarm_credentials, check_alarm_reporting
from .records import ClientRecord, EventTypeTemplate, Zone
from .signals import Signal, signal_line
from .zones import (
    NameMismatch,
    NearMiss,
    ZoneComparison,
    priorities_without_event_type,
    zones_against_cameras,
)

__all__ = [
    "ClientRecord",
    "EventTypeTemplate",
    "Location",
    "NameMismatch",
    "NearMiss",
    "SeenAlarms",
    "Signal",
    "Zone",
    "ZoneComparison",
    "check_alarm_credentials",
    "check_alarm_reporting",
    "checks",
    "map_alarm",
    "priorities_without_event_type",
    "signal_line",
    "zones_against_cameras",
]
