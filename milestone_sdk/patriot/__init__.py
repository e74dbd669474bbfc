"""Milestone alarms as signals of the Patriot alarm-monitoring software.

A `ClientRecord` holds what Patriot knows of a site: its zones, its event types, and where its server is. `map_alarm`
turns an alarm into the `Signal` that Patriot logs. `MilestoneTask` does so for all clients and hands each signal to the
sinks, once for each alarm.
`zones_against_cameras` finds names that do not match before an alarm arrives; `checks` adds this, and more, to
`site.diagnose`.
"""

from .._protocol.management.location import Location
from .checks import checks
from .compatibility import check_patriot, client_files_dir, required_patriot, task_files_dir
from .handover import SinkSnapshot
from .mapping import map_alarm
from .receiving import check_alarm_credentials, check_alarm_reporting
from .records import ClientRecord, EventTypeTemplate, Zone
from .signals import Signal, signal_line
from .sinks.sink import SignalSink
from .task import MilestoneTask, TaskSnapshot
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
    "MilestoneTask",
    "NameMismatch",
    "NearMiss",
    "Signal",
    "SignalSink",
    "SinkSnapshot",
    "TaskSnapshot",
    "Zone",
    "ZoneComparison",
    "check_alarm_credentials",
    "check_alarm_reporting",
    "check_patriot",
    "checks",
    "client_files_dir",
    "map_alarm",
    "priorities_without_event_type",
    "required_patriot",
    "signal_line",
    "task_files_dir",
    "zones_against_cameras",
]
