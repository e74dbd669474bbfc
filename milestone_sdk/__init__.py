"""Milestone XProtect video systems from typed Python, without .NET.

`Client` (or `AsyncClient`) logs in to a management server; cameras, alarms and recordings are reached from there.
`milestone_sdk.patriot` maps alarms to the signals of the Patriot alarm-monitoring software, `milestone_sdk.simulator`
is an XProtect site on loopback to try and test everything against.

Names are loaded when they are first used: importing the package alone costs next to nothing.
"""

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ._async.alarms import AsyncAlarms, AsyncAlarmSubscription
    from ._async.client import AsyncClient
    from ._async.playback import AsyncPlayback
    from ._async.recordings import AsyncRecordings
    from ._sync.alarms import Alarms, AlarmSubscription
    from ._sync.client import Client
    from ._sync.playback import Playback
    from ._sync.recordings import Recordings
    from .checkpoints import (
        Acknowledgement,
        Checkpoint,
        CheckpointStore,
        MemoryCheckpointStore,
        SqliteCheckpointStore,
    )
    from .credentials import AccessToken, BasicUser, Credentials, CurrentUser, WindowsUser
    from .errors import (
        AccountLocked,
        AlarmGap,
        AlarmNotFound,
        AlarmUndeliverable,
        AuthenticationError,
        CameraNotFound,
        CertificateError,
        CheckpointError,
        ConfigurationError,
        ConnectError,
        ConnectionLost,
        ConnectTimeout,
        GroupNotFound,
        InvalidCredentials,
        LocalProtocolError,
        LoginNotSupported,
        MilestoneError,
        NoRecording,
        NotFound,
        PasswordChangeRequired,
        PermissionDenied,
        ProtocolError,
        ReadTimeout,
        RecordingError,
        RemoteProtocolError,
        RetrievalFailed,
        RetrievalNotApplicable,
        RetrievalTimeout,
        ServerFault,
        ServiceUnavailable,
        SubscriptionError,
        TokenExpired,
        TransportError,
        UnsupportedFeature,
        WriteTimeout,
    )
    from .models import (
        Alarm,
        AlarmFilter,
        AlarmLine,
        AlarmRule,
        AlarmSnapshot,
        AlarmSource,
        AlarmState,
        AnalyticsObject,
        BoundingBox,
        Camera,
        CameraGroup,
        CameraRights,
        CameraStream,
        CameraTrack,
        Codec,
        Condition,
        Configuration,
        EventHeader,
        Frame,
        Hardware,
        ItemReference,
        Operator,
        OrderBy,
        ProductInfo,
        Ptz,
        PtzPreset,
        Recorder,
        RecordingSequence,
        RegisteredService,
        SequenceType,
        ServiceType,
        SiteInfo,
        Snapshot,
        SystemEventType,
        Target,
        TimeSpan,
        UserDefinedEvent,
        Vendor,
    )
    from .trust import Trust

__all__ = [
    # The client and its parts
    "AlarmSubscription",
    "Alarms",
    "AsyncAlarmSubscription",
    "AsyncAlarms",
    "AsyncClient",
    "AsyncPlayback",
    "AsyncRecordings",
    "Client",
    "Playback",
    "Recordings",
    # Who logs in, and which certificates are believed
    "AccessToken",
    "BasicUser",
    "Credentials",
    "CurrentUser",
    "Trust",
    "WindowsUser",
    # What a subscription remembers
    "Acknowledgement",
    "Checkpoint",
    "CheckpointStore",
    "MemoryCheckpointStore",
    "SqliteCheckpointStore",
    # What a site is made of
    "Alarm",
    "AlarmFilter",
    "AlarmLine",
    "AlarmRule",
    "AlarmSnapshot",
    "AlarmSource",
    "AlarmState",
    "AnalyticsObject",
    "BoundingBox",
    "Camera",
    "CameraGroup",
    "CameraRights",
    "CameraStream",
    "CameraTrack",
    "Codec",
    "Condition",
    "Configuration",
    "EventHeader",
    "Frame",
    "Hardware",
    "ItemReference",
    "Operator",
    "OrderBy",
    "ProductInfo",
    "Ptz",
    "PtzPreset",
    "Recorder",
    "RecordingSequence",
    "RegisteredService",
    "SequenceType",
    "ServiceType",
    "SiteInfo",
    "Snapshot",
    "SystemEventType",
    "Target",
    "TimeSpan",
    "UserDefinedEvent",
    "Vendor",
    # What goes wrong
    "AccountLocked",
    "AlarmGap",
    "AlarmNotFound",
    "AlarmUndeliverable",
    "AuthenticationError",
    "CameraNotFound",
    "CertificateError",
    "CheckpointError",
    "ConfigurationError",
    "ConnectError",
    "ConnectTimeout",
    "ConnectionLost",
    "GroupNotFound",
    "InvalidCredentials",
    "LocalProtocolError",
    "LoginNotSupported",
    "MilestoneError",
    "NoRecording",
    "NotFound",
    "PasswordChangeRequired",
    "PermissionDenied",
    "ProtocolError",
    "ReadTimeout",
    "RecordingError",
    "RemoteProtocolError",
    "RetrievalFailed",
    "RetrievalNotApplicable",
    "RetrievalTimeout",
    "ServerFault",
    "ServiceUnavailable",
    "SubscriptionError",
    "TokenExpired",
    "TransportError",
    "UnsupportedFeature",
    "WriteTimeout",
]

__version__ = "0.1.0"

_HOMES: Final = {
    "_async.alarms": (
        "AsyncAlarmSubscription",
        "AsyncAlarms",
    ),
    "_async.client": ("AsyncClient",),
    "_async.playback": ("AsyncPlayback",),
    "_async.recordings": ("AsyncRecordings",),
    "_sync.alarms": (
        "AlarmSubscription",
        "Alarms",
    ),
    "_sync.client": ("Client",),
    "_sync.playback": ("Playback",),
    "_sync.recordings": ("Recordings",),
    "checkpoints": (
        "Acknowledgement",
        "Checkpoint",
        "CheckpointStore",
        "MemoryCheckpointStore",
        "SqliteCheckpointStore",
    ),
    "credentials": (
        "AccessToken",
        "BasicUser",
        "Credentials",
        "CurrentUser",
        "WindowsUser",
    ),
    "errors": (
        "AccountLocked",
        "AlarmGap",
        "AlarmNotFound",
        "AlarmUndeliverable",
        "AuthenticationError",
        "CameraNotFound",
        "CertificateError",
        "CheckpointError",
        "ConfigurationError",
        "ConnectError",
        "ConnectTimeout",
        "ConnectionLost",
        "GroupNotFound",
        "InvalidCredentials",
        "LocalProtocolError",
        "LoginNotSupported",
        "MilestoneError",
        "NoRecording",
        "NotFound",
        "PasswordChangeRequired",
        "PermissionDenied",
        "ProtocolError",
        "ReadTimeout",
        "RecordingError",
        "RemoteProtocolError",
        "RetrievalFailed",
        "RetrievalNotApplicable",
        "RetrievalTimeout",
        "ServerFault",
        "ServiceUnavailable",
        "SubscriptionError",
        "TokenExpired",
        "TransportError",
        "UnsupportedFeature",
        "WriteTimeout",
    ),
    "models": (
        "Alarm",
        "AlarmFilter",
        "AlarmLine",
        "AlarmRule",
        "AlarmSnapshot",
        "AlarmSource",
        "AlarmState",
        "AnalyticsObject",
        "BoundingBox",
        "Camera",
        "CameraGroup",
        "CameraRights",
        "CameraStream",
        "CameraTrack",
        "Codec",
        "Condition",
        "Configuration",
        "EventHeader",
        "Frame",
        "Hardware",
        "ItemReference",
        "Operator",
        "OrderBy",
        "ProductInfo",
        "Ptz",
        "PtzPreset",
        "Recorder",
        "RecordingSequence",
        "RegisteredService",
        "SequenceType",
        "ServiceType",
        "SiteInfo",
        "Snapshot",
        "SystemEventType",
        "Target",
        "TimeSpan",
        "UserDefinedEvent",
        "Vendor",
    ),
    "trust": ("Trust",),
}
"""Where each public name is written."""


def __getattr__(name: str) -> object:
    for home, names in _HOMES.items():
        if name in names:
            value = getattr(import_module(f"{__name__}.{home}"), name)
            if getattr(value, "__module__", "").startswith(__name__):
                value.__module__ = __name__  # tracebacks and documentation say milestone_sdk.Client
            globals()[name] = value
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


logging.getLogger(__name__).addHandler(logging.NullHandler())
