r"""Every error that this library raises, as one tree.

Catch `MilestoneError` to catch them all. Properties of the class say what a program can do: `retriable` that the same
call may succeed later without any change, `permanent` that a person has to change something first,
`costs_login_attempt` that the server counts the refused login, so that repeating it may lock the account::

    MilestoneError                              .server .operation .retriable .hint .permanent .costs_login_attempt
    ├── TransportError (OSError)                retriable unless said otherwise
    │   ├── ConnectError                        no connection to that host and port
    │   ├── ConnectTimeout (TimeoutError)       no connection within the time given
    │   ├── ReadTimeout (TimeoutError)          connected, but no complete answer within the time given
    │   ├── WriteTimeout (TimeoutError)         the server stopped reading
    │   ├── ConnectionLost                      the connection ended during an exchange
    │   └── CertificateError                    .names .issuer .expires .fingerprint: permanent, not retriable
    ├── ProtocolError
    │   ├── LocalProtocolError                  the caller broke the rules: permanent
    │   └── RemoteProtocolError                 .offset .sample: the server did, or it is not an XProtect server
    │       └── ReplyTooLarge                   more than this operation may answer, or than the client's max_reply
    ├── AuthenticationError                     permanent unless said otherwise
    │   ├── InvalidCredentials                  costs a login attempt
    │   ├── AccountLocked                       costs a login attempt
    │   ├── PasswordChangeRequired              costs a login attempt
    │   ├── LoginNotSupported                   this kind of user cannot log in to this release
    │   └── TokenExpired                        retriable, not permanent
    ├── PermissionDenied (PermissionError)      the user lacks a right: permanent
    ├── NotFound (LookupError)                  .near_misses
    │   ├── CameraNotFound
    │   │   ├── CameraDisabled                  it exists, but an administrator disabled it or its hardware
    │   │   ├── NoCameraCoverage                Patriot: no camera shows this zone
    │   │   ├── NoCameraSelected                Patriot: the selected slot of a camera display is empty
    │   │   └── NoCameras                       Patriot: the client has no zone with a camera
    │   ├── GroupNotFound
    │   ├── AlarmNotFound
    │   └── ItemNotFound
    ├── ServerFault                             .code .subcode .detail: a fault that has no class of its own
    │   ├── LicenseRequired                     the site's licence does not allow it
    │   ├── PtzInUse                            .holder .seconds_left: a user of higher priority controls the camera
    │   └── TaskFailed                          .task .code .detail: a method or task of the server failed
    ├── TaskTimeout (TimeoutError)              .task: it continues on the server; retriable
    ├── ServiceUnavailable                      .service: retriable
    ├── UnsupportedFeature                      .required .actual: permanent
    ├── ConfigurationError (ValueError)         a setting of the caller; the text shows the right form: permanent
    │   ├── InvalidItem                         .problems: the server refuses these values
    │   ├── AmbiguousName                       .ids: several have that name
    │   ├── InvalidRecords                      .problems: everything that is wrong with the records of a file
    │   ├── RetrievalDisabled                   Patriot: Retrieve Remote Recordings is off for a remote camera
    │   └── UnknownOperation (AttributeError)   the service has no operation of that name
    ├── RecordingError
    │   ├── NoRecording                         nothing was recorded at that time
    │   ├── NotYetRecorded                      it may still be being written: retriable
    │   ├── RetrievalFailed
    │   ├── RetrievalTimeout (TimeoutError)     retriable
    │   ├── RetrievalNotApplicable
    │   └── ExportFailed (OSError)              the files of an export cannot be written: disk full, no right
    ├── SubscriptionError
    │   ├── CheckpointError                     the store cannot be read, written, or belongs to a newer release
    │   ├── AlarmGap                            .since .until: the server no longer has what the checkpoint asks for
    │   └── AlarmUndeliverable                  .alarm_id .revision .members: its handler failed, or it has no Id
    └── SinkError                               .key: a signal sink has no acknowledgement for a signal
        ├── SinkUnavailable                     no connection, no answer, or "try again": retriable
        └── SignalRefused                       the receiver refused this signal; others may pass

The text of an error says what was tried, on which server, what happened and what to do next. It never holds a password
or a token. Control characters in it are escaped (`\x1b`), and each string in it is cut to 2,000 characters: both may
come from a server.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar, Unpack
from uuid import UUID

from ._errorbase import ErrorContext, MilestoneError

__all__ = [
    "AccountLocked",
    "AlarmGap",
    "AlarmNotFound",
    "AlarmUndeliverable",
    "AmbiguousName",
    "AuthenticationError",
    "CameraDisabled",
    "CameraNotFound",
    "CertificateError",
    "CheckpointError",
    "ConfigurationError",
    "ConnectError",
    "ConnectTimeout",
    "ConnectionLost",
    "ExportFailed",
    "GroupNotFound",
    "InvalidCredentials",
    "InvalidItem",
    "InvalidRecords",
    "ItemNotFound",
    "LicenseRequired",
    "LocalProtocolError",
    "LoginNotSupported",
    "MilestoneError",
    "NoCameraCoverage",
    "NoCameraSelected",
    "NoCameras",
    "NoRecording",
    "NotFound",
    "NotYetRecorded",
    "PasswordChangeRequired",
    "PermissionDenied",
    "ProtocolError",
    "PtzInUse",
    "ReadTimeout",
    "RecordingError",
    "RemoteProtocolError",
    "ReplyTooLarge",
    "RetrievalDisabled",
    "RetrievalFailed",
    "RetrievalNotApplicable",
    "RetrievalTimeout",
    "ServerFault",
    "ServiceUnavailable",
    "SignalRefused",
    "SinkError",
    "SinkUnavailable",
    "SubscriptionError",
    "TaskFailed",
    "TaskTimeout",
    "TokenExpired",
    "TransportError",
    "UnknownOperation",
    "UnsupportedFeature",
    "WriteTimeout",
]


class TransportError(MilestoneError, OSError):
    """The network failed, not the server's software."""

    retriable: ClassVar[bool] = True


class ConnectError(TransportError):
    """No connection to that host and port."""


class ConnectTimeout(TransportError, TimeoutError):
    """No connection within the time given."""


class ReadTimeout(TransportError, TimeoutError):
    """Connected, but no complete answer within the time given."""


class WriteTimeout(TransportError, TimeoutError):
    """The server stopped reading what was sent."""


class ConnectionLost(TransportError):
    """The connection ended during an exchange."""


class CertificateError(TransportError):
    """The server's certificate is not one that the caller trusts.

    `names`, `issuer`, `expires` (UTC) and `fingerprint` (`sha256:AA:BB:...`, as `Trust.pinned` takes it) are those of
    the certificate that the server showed; empty or `None` if it could not be fetched.
    """

    retriable: ClassVar[bool] = False
    permanent: ClassVar[bool] = True

    def __init__(
        self,
        message: str,
        *,
        names: Sequence[str] = (),
        issuer: str | None = None,
        expires: datetime | None = None,
        fingerprint: str | None = None,
        **context: Unpack[ErrorContext],
    ) -> None:
        super().__init__(message, **context)
        self.names: tuple[str, ...] = tuple(names)
        self.issuer = issuer
        self.expires = expires
        self.fingerprint = fingerprint


class ProtocolError(MilestoneError):
    """One side broke the rules of the wire."""


class LocalProtocolError(ProtocolError):
    """The caller asked for something that the protocol cannot express."""

    permanent: ClassVar[bool] = True


class RemoteProtocolError(ProtocolError):
    """The server sent what the protocol does not allow; `offset` and `sample` say where and what, redacted."""

    def __init__(
        self, message: str, *, offset: int | None = None, sample: str | None = None, **context: Unpack[ErrorContext]
    ) -> None:
        super().__init__(message, **context)
        self.offset = offset
        self.sample = sample


class ReplyTooLarge(RemoteProtocolError):
    """One reply has more bytes or elements than are read for this operation, or than `Client(max_reply=...)` allows."""


class AuthenticationError(MilestoneError):
    """The server does not accept the login."""

    permanent: ClassVar[bool] = True


class InvalidCredentials(AuthenticationError):
    """Wrong user name or password."""

    costs_login_attempt: ClassVar[bool] = True


class AccountLocked(AuthenticationError):
    """Too many refused logins; the server has locked the account for a while."""

    costs_login_attempt: ClassVar[bool] = True


class PasswordChangeRequired(AuthenticationError):
    """The user has to set a new password first, in a client of Milestone or Windows; this library cannot set it."""

    costs_login_attempt: ClassVar[bool] = True


class LoginNotSupported(AuthenticationError):
    """This kind of user cannot log in to this release of the server."""


class TokenExpired(AuthenticationError):
    """A token expired or was revoked; the next call gets a new one."""

    retriable: ClassVar[bool] = True
    permanent: ClassVar[bool] = False


class PermissionDenied(MilestoneError, PermissionError):
    """The user is logged in but lacks the right."""

    permanent: ClassVar[bool] = True


class NotFound(MilestoneError, LookupError):
    """It does not exist on this server, or the user may not see it; `near_misses` are similar names."""

    def __init__(self, message: str, *, near_misses: Sequence[str] = (), **context: Unpack[ErrorContext]) -> None:
        super().__init__(message, **context)
        self.near_misses: tuple[str, ...] = tuple(near_misses)

    def __str__(self) -> str:
        text = super().__str__()
        return f"{text}; near: {', '.join(map(repr, self.near_misses))}" if self.near_misses else text


class CameraNotFound(NotFound):
    """No camera of that id or name."""


class CameraDisabled(CameraNotFound):
    """The camera exists, but it or its hardware is disabled in the Management Client."""


class NoCameraCoverage(CameraNotFound):
    """No camera shows this zone of a Patriot client: it has none of its own, and no camera coverage."""


class NoCameraSelected(CameraNotFound):
    """The selected slot of a camera display is empty: its controls have no camera to act on."""


class NoCameras(CameraNotFound):
    """The Patriot client has no zone with a camera, so that there is no first camera to show for zone 0."""


class GroupNotFound(NotFound):
    """No camera group (folder) of that path."""


class AlarmNotFound(NotFound):
    """No alarm of that id: removed by retention, or invisible to this user."""


class ItemNotFound(NotFound):
    """No item of the configuration at that path, or the user may not see it."""


class ServerFault(MilestoneError):
    """A fault that this library has no class for; `code`, `subcode` and `detail` are the server's own."""

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        subcode: str | None = None,
        detail: str | None = None,
        **context: Unpack[ErrorContext],
    ) -> None:
        super().__init__(message, **context)
        self.code = code
        self.subcode = subcode
        self.detail = detail


class LicenseRequired(ServerFault):
    """The licence of the site does not allow it."""


class PtzInUse(ServerFault):
    """A user of higher priority controls the PTZ camera; `holder` and `seconds_left` are `None` if not reported."""

    def __init__(
        self,
        message: str,
        *,
        holder: str | None = None,
        seconds_left: int | None = None,
        code: str | None = None,
        subcode: str | None = None,
        **context: Unpack[ErrorContext],
    ) -> None:
        super().__init__(message, code=code, subcode=subcode, **context)
        self.holder = holder
        self.seconds_left = seconds_left


class TaskFailed(ServerFault):
    """A method or a task of the server failed; `code` and `detail` are the server's own.

    `task` is the path of the task, `None` where the method ended at once.
    """

    def __init__(
        self,
        message: str,
        *,
        task: str | None = None,
        code: str | None = None,
        detail: str | None = None,
        **context: Unpack[ErrorContext],
    ) -> None:
        super().__init__(message, code=code, detail=detail, **context)
        self.task = task


class TaskTimeout(MilestoneError, TimeoutError):
    """A task of the server did not end within the time given; it continues there, and can be waited for again."""

    retriable: ClassVar[bool] = True

    def __init__(self, message: str, *, task: str | None = None, **context: Unpack[ErrorContext]) -> None:
        super().__init__(message, **context)
        self.task = task


class ServiceUnavailable(MilestoneError):
    """The site answers, but one of its services does not: recorder, event server, gateway."""

    retriable: ClassVar[bool] = True

    def __init__(self, message: str, *, service: str, **context: Unpack[ErrorContext]) -> None:
        super().__init__(message, **context)
        self.service = service


class UnsupportedFeature(MilestoneError):
    """This server cannot do it; `required` and `actual` say what it takes and what the server is."""

    permanent: ClassVar[bool] = True

    def __init__(self, message: str, *, required: str, actual: str, **context: Unpack[ErrorContext]) -> None:
        super().__init__(message, **context)
        self.required = required
        self.actual = actual


class ConfigurationError(MilestoneError, ValueError):
    """A setting given by the caller cannot work; the text shows the right form."""

    permanent: ClassVar[bool] = True


class InvalidItem(ConfigurationError):
    """The server refuses values of an item; `problems` are its own (key of the property, text)."""

    def __init__(
        self, message: str, *, problems: Sequence[tuple[str | None, str | None]] = (), **context: Unpack[ErrorContext]
    ) -> None:
        super().__init__(message, **context)
        self.problems: tuple[tuple[str | None, str | None], ...] = tuple(problems)


class AmbiguousName(ConfigurationError):
    """Several things on the server have the name that was given; `ids` are theirs, one of which says which is meant."""

    def __init__(self, message: str, *, ids: Sequence[UUID] = (), **context: Unpack[ErrorContext]) -> None:
        context.setdefault("hint", f"give the id of one: {', '.join(map(str, ids))}")
        super().__init__(message, **context)
        self.ids: tuple[UUID, ...] = tuple(ids)


class InvalidRecords(ConfigurationError):
    """Records for Patriot are wrong; `problems` are all of them, each a string with file, line and remedy."""

    def __init__(self, message: str, *, problems: Sequence[str] = (), **context: Unpack[ErrorContext]) -> None:
        super().__init__(message, **context)
        self.problems: tuple[str, ...] = tuple(problems)


class RetrievalDisabled(ConfigurationError):
    """The camera is at a remote site, and *Retrieve Remote Recordings* is off for its Patriot client."""


class UnknownOperation(ConfigurationError, AttributeError):
    """The description of a service has no operation of that name; the text has the names that resemble it."""


class RecordingError(MilestoneError):
    """Recorded video could not be read."""


class NoRecording(RecordingError):
    """Nothing was recorded at that time, or nothing at all."""


class NotYetRecorded(RecordingError):
    """That time may be recorded, but the recorder cannot read it yet: it is still being written."""

    retriable: ClassVar[bool] = True


class RetrievalFailed(RecordingError):
    """The server could not retrieve the remote recordings."""


class RetrievalTimeout(RecordingError, TimeoutError):
    """The retrieval of remote recordings has not ended within the time given."""

    retriable: ClassVar[bool] = True


class RetrievalNotApplicable(RecordingError):
    """This camera has no remote recordings to retrieve."""


class ExportFailed(RecordingError, OSError):
    """The files of an export cannot be written: disk full, no right, or another export writes them."""


class SubscriptionError(MilestoneError):
    """An alarm subscription failed."""


class CheckpointError(SubscriptionError):
    """The checkpoint store cannot be read or written, or holds what this release does not understand."""


class AlarmGap(SubscriptionError):
    """The server no longer holds what the checkpoint asks for; alarms between `since` and `until` may be missing."""

    def __init__(self, message: str, *, since: datetime, until: datetime, server: str | None = None) -> None:
        super().__init__(message, server=server, operation="alarms.subscribe")
        self.since = since
        self.until = until


class AlarmUndeliverable(SubscriptionError):
    """An alarm that cannot be delivered: its handler failed for good, or its row has no readable `Id` or `Modified`.

    `alarm_id` and `revision` are those of the alarm, `None` where the row has none that can be read. `members` are the
    strings of such a row by their names on the wire; empty for an alarm whose handler failed.
    """

    def __init__(
        self,
        message: str,
        *,
        alarm_id: UUID | None = None,
        revision: int | None = None,
        members: Mapping[str, str] | None = None,
        **context: Unpack[ErrorContext],
    ) -> None:
        super().__init__(message, **context)
        self.alarm_id = alarm_id
        self.revision = revision
        self.members: Mapping[str, str] = members or {}


class SinkError(MilestoneError):
    """A signal sink has no acknowledgement for a signal; `key` is the signal's."""

    def __init__(self, message: str, *, key: str | None = None, **context: Unpack[ErrorContext]) -> None:
        super().__init__(message, **context)
        self.key = key


class SinkUnavailable(SinkError):
    """The receiver did not acknowledge the signal: no connection, no answer in time, or it asks to try again."""

    retriable: ClassVar[bool] = True


class SignalRefused(SinkError):
    """The receiver refused this signal, and would refuse it again; other signals may pass."""


def _show_as_public() -> None:
    """Let tracebacks say `milestone_sdk.ReadTimeout`, which is how users import it."""
    for name in __all__:
        globals()[name].__module__ = __name__.rpartition(".")[0]


_show_as_public()
