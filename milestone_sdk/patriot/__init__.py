"""Milestone alarms as signals of the Patriot alarm-monitoring software.

A `ClientRecord` holds what Patriot knows of a site: its zones, its event types, and where its server is. `map_alarm`
turns an alarm into the `Signal` that Patriot logs. `MilestoneTask` does so for all clients and hands each signal to the
sinks, once for each alarm.
`zones_against_cameras` finds names that do not match before an alarm arrives; `checks` adds this, and more, to
`site.diagnose`. `EventView` and `AsyncEventView` show what was recorded around an alarm, and live.
"""

from .._protocol.management.location import Location
from ._async.connections import AsyncCameraConnection, AsyncFootage, AsyncLiveFeed
from ._async.eventview import AsyncCameraDisplay, AsyncEventView, AsyncSelectedPtz
from ._sync.connections import CameraConnection, Footage, LiveFeed
from ._sync.eventview import CameraDisplay, EventView, SelectedPtz
from .checks import checks
from .compatibility import check_patriot, client_files_dir, required_patriot, task_files_dir
from .eventview import Shown, camera_available, camera_button, shown
from .handover import SinkSnapshot
from .interconnect import Feature, Support, check_play_by_time, server_kind, support
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
    "AsyncCameraConnection",
    "AsyncCameraDisplay",
    "AsyncEventView",
    "AsyncFootage",
    "AsyncLiveFeed",
    "AsyncSelectedPtz",
    "CameraConnection",
    "CameraDisplay",
    "ClientRecord",
    "EventTypeTemplate",
    "EventView",
    "Feature",
    "Footage",
    "LiveFeed",
    "Location",
    "MilestoneTask",
    "NameMismatch",
    "NearMiss",
    "PatriotRecords",
    "SelectedPtz",
    "Shown",
    "Signal",
    "SignalSink",
    "SinkRecord",
    "SinkSnapshot",
    "Support",
    "TaskRecord",
    "TaskSnapshot",
    "Zone",
    "ZoneComparison",
    "camera_available",
    "camera_button",
    "check_alarm_credentials",
    "check_alarm_reporting",
    "check_patriot",
    "check_play_by_time",
    "check_records",
    "checks",
    "client_files_dir",
    "load_records",
    "map_alarm",
    "priorities_without_event_type",
    "records_schema",
    "required_patriot",
    "server_kind",
    "shown",
    "signal_line",
    "support",
    "task_files_dir",
    "zones_against_cameras",
]
