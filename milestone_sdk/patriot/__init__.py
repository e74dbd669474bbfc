"""Milestone alarms as signals of the Patriot alarm-monitoring software.

A `ClientRecord` holds what Patriot knows of a site: its zones, its event types, and where its server is. `map_alarm`
turns an alarm into the `Signal` that Patriot logs. `SeenAlarms` decides which alarms make a signal.
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
from .interconnect import Feature, Support, check_play_by_time, server_kind, support
from .mapping import SeenAlarms, map_alarm
from .receiving import check_alarm_credentials, check_alarm_reporting
from .records import ClientRecord, EventTypeTemplate, Zone
from .signals import Signal, signal_line
from .sinks import CallableSink, JsonLinesSink, PostgresOutboxSink, SignalSink
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
    "CallableSink",
    "CameraConnection",
    "CameraDisplay",
    "ClientRecord",
    "EventTypeTemplate",
    "EventView",
    "Feature",
    "Footage",
    "JsonLinesSink",
    "LiveFeed",
    "Location",
    "NameMismatch",
    "NearMiss",
    "PostgresOutboxSink",
    "SeenAlarms",
    "SelectedPtz",
    "Shown",
    "Signal",
    "SignalSink",
    "Support",
    "Zone",
    "ZoneComparison",
    "camera_available",
    "camera_button",
    "check_alarm_credentials",
    "check_alarm_reporting",
    "check_patriot",
    "check_play_by_time",
    "checks",
    "client_files_dir",
    "map_alarm",
    "priorities_without_event_type",
    "required_patriot",
    "server_kind",
    "shown",
    "signal_line",
    "support",
    "task_files_dir",
    "zones_against_cameras",
]
