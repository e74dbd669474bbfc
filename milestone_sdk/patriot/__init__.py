"""Milestone alarms as signals of the Patriot alarm-monitoring software.

A `ClientRecord` holds what Patriot knows of a site: its zones, its event types, and where its server is. `map_alarm`
turns an alarm into the `Signal` that Patriot logs. `MilestoneTask` does so for all clients and hands each signal to the
sinks, once for each alarm.
`zones_against_cameras` finds names that do not match before an alarm arrives; `checks` adds this, and more, to
`site.diagnose`.
"""

from .._protocol.management.location import Location
from .checks import checks
from .compatibility import (
    Support,
    check_patriot,
    client_files_dir,
    required_patriot,
    support,
    task_files_dir,
)
from .handover import SinkSnapshot
from .mapping import map_alarm
from .receiving import check_alarm_credentials, check_alarm_reporting
from .recordchecks import check_records
from .recordfile import PatriotRecords, SinkRecord, load_records, records_schema
from .records import ClientRecord, EventTypeTemplate, TaskRecord, Zone
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
    "PatriotRecords",
    "Signal",
    "SignalSink",
    "SinkRecord",
    "SinkSnapshot",
    "Support",
    "TaskRecord",
    "TaskSnapshot",
    "Zone",
    "ZoneComparison",
    "check_alarm_credentials",
    "check_alarm_reporting",
    "check_patriot",
    "check_records",
    "checks",
    "client_files_dir",
    "load_records",
    "map_alarm",
    "priorities_without_event_type",
    "records_schema",
    "required_patriot",
    "signal_line",
    "support",
    "task_files_dir",
    "zones_against_cameras",
]
