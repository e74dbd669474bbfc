"""ServerCommandService: login, product, configuration, user-defined events.

`asmx` is for the old form of the service, which Windows users need before 2021 R1: it has another SOAPAction, and null
is an element left out. Replies of both forms are read alike.
"""  # docs/protocol: identity-lifetimes, servercommand-shape; docs/protocol: servercommand-asmx

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeVar
from uuid import UUID

from attrs import field, frozen

from ...models.site import ProductInfo
from ..soap.envelope import (
    ARRAYS,
    MEDIUM_REPLY,
    SERVER_COMMAND,
    SMALL_REPLY,
    Call,
    Element,
    Read,
    WithSource,
    call,
    nil_parameter,
    nothing,
    parameter,
    required,
)
from ..soap.members import Members
from ..soap.values import note, parse_integer, xml_text
from .identity import life_to_count

if TYPE_CHECKING:
    from ...models import Configuration
    from ..configuration.inventory import Recorders

__all__ = [
    "Change",
    "DisabledDevice",
    "Registration",
    "UserInfo",
    "event_trigger",
    "event_trigger_with_metadata",
    "get_configuration",
    "get_configuration_recorders",
    "get_devices_disabled",
    "get_product_info",
    "get_user_info",
    "login",
    "logout",
    "query_changes",
]

T = TypeVar("T")
_USUAL_LIFE: Final = 14_400.0
"""Seconds, as all servers state."""  # docs/protocol: identity-lifetimes


@frozen(kw_only=True)
class Registration:
    """The result of `Login`: the corporate token and its lifetime, a month at most.

    `registered_at` is the server's clock: count `time_to_live` from the receipt instead.
    `limited` says that a login time profile ends sooner, and that no renewal extends it beyond that end.
    """  # docs/protocol: identity-lifetimes

    token: str = field(repr=False)
    registered_at: datetime | None = None
    time_to_live: timedelta
    limited: bool = False


@frozen(kw_only=True)
class UserInfo:
    """The user of a token: login name and Windows SID, or the id of a basic user."""

    name: str | None = None
    sid: str | None = None


@frozen(kw_only=True)
class Change:
    """One row of `QueryChanges`: a recorder or a hardware to load again."""

    id: UUID | None
    time: datetime | None
    recorder: bool = False
    hardware: bool = False


@frozen(kw_only=True)
class DisabledDevice:
    """One row of `GetDevicesDisabled`: a device that is disabled, by itself or with its hardware."""

    id: UUID
    name: str | None = None
    type: str | None = None


def login(instance_id: UUID, current_token: str | None, *, asmx: bool = False) -> Call[Registration]:
    """Register a client instance, or renew it by the same instance id and the current token."""
    # docs/protocol: identity-lifetimes
    parameters = parameter("instanceId", str(instance_id)) + _nullable("currentToken", current_token, asmx)
    return _call("Login", parameters, _read_registration, asmx)


def logout(instance_id: UUID, current_token: str | None, *, asmx: bool = False) -> Call[None]:
    """End the registration of an instance."""
    parameters = parameter("instanceId", str(instance_id)) + _nullable("currentToken", current_token, asmx)
    return _call("Logout", parameters, nothing, asmx)


def get_product_info(*, asmx: bool = False) -> Call[ProductInfo]:
    """Ask for product and build; the licence code in the reply is not kept."""
    return _call("GetProductInfo", "", _read_product, asmx)


def get_configuration(token: str, *, asmx: bool = False) -> Call[Configuration]:
    """Ask for everything the user may see."""
    from ..configuration.inventory import read_configuration  # not loaded for a login

    return _call("GetConfiguration", parameter("token", token), WithSource(read_configuration), asmx)


def get_configuration_recorders(token: str, ids: Iterable[UUID], *, asmx: bool = False) -> Call[Recorders]:
    """Ask for some recorders with their hardware and cameras, as in `GetConfiguration`."""
    items = "".join([f"<guid>{item}</guid>" if asmx else f"<b:guid>{item}</b:guid>" for item in ids])
    scope = "" if asmx else f' xmlns:b="{ARRAYS}"'
    parameters = parameter("token", token) + f"<recorderIds{scope}>{items}</recorderIds>"
    from ..configuration.inventory import read_recorders

    return _call("GetConfigurationRecorders", parameters, WithSource(read_recorders), asmx)


def get_devices_disabled(token: str, *, asmx: bool = False) -> Call[tuple[DisabledDevice, ...]]:
    """Ask for the devices that `GetConfiguration` leaves out since they are disabled."""
    # docs/protocol: servercommand-shape
    return _call("GetDevicesDisabled", parameter("token", token), _read_disabled, asmx)


def query_changes(token: str, since: datetime, *, asmx: bool = False) -> Call[tuple[Change, ...]]:
    """Ask which recorders and hardware were changed; changes of folders, events and permissions are not listed."""
    parameters = parameter("token", token) + parameter("changesFrom", xml_text(since))
    return _call("QueryChanges", parameters, _read_changes, asmx)


def get_user_info(token: str, *, asmx: bool = False) -> Call[UserInfo]:
    """Ask for the user of the token."""
    return _call("GetUserInfo", parameter("token", token), _read_user, asmx)


def event_trigger(token: str, event_id: UUID, *, asmx: bool = False) -> Call[None]:
    """Raise a user-defined event."""
    return _call("EventTrigger", parameter("token", token) + parameter("eventId", str(event_id)), nothing, asmx)


def event_trigger_with_metadata(
    token: str, event_id: UUID, metadata: Mapping[str, str], *, asmx: bool = False
) -> Call[None]:
    """Raise a user-defined event with keys and values; which keys a server uses is not known."""
    pairs = "".join(
        f"<KeyValue>{parameter('Key', key)}{parameter('Value', value)}</KeyValue>" for key, value in metadata.items()
    )
    listed = f"<metadata>{pairs}</metadata>" if pairs else "<metadata/>"
    parameters = parameter("token", token) + parameter("eventId", str(event_id)) + listed
    return _call("EventTriggerWithMetadata", parameters, nothing, asmx)


_MAX_REPLIES: Final[Mapping[str, int | None]] = {
    "GetConfiguration": None,
    "GetConfigurationRecorders": None,
    "QueryChanges": MEDIUM_REPLY,
}


def _call(operation: str, parameters: str, read: Read[T], asmx: bool) -> Call[T]:
    action = f"{SERVER_COMMAND}/{operation}" if asmx else f"{SERVER_COMMAND}/IServerCommandService/{operation}"
    most = _MAX_REPLIES.get(operation, SMALL_REPLY)
    return call(operation, namespace=SERVER_COMMAND, action=action, parameters=parameters, read=read, max_reply=most)


def _nullable(name: str, text: str | None, asmx: bool) -> str:
    if text is None:
        return "" if asmx else nil_parameter(name)
    return parameter(name, text)


def _result(element: Element | None) -> Members:
    return Members(required(element), SERVER_COMMAND)


def _read_registration(element: Element | None) -> Registration:
    found = _result(element)
    token = found.text("Token")
    if token is None or not token.isprintable():
        raise ValueError("Login without a token, or with control characters in it")
    return Registration(
        token=token,
        registered_at=found.moment("RegistrationTime"),
        time_to_live=life_to_count(_life(found), usual=_USUAL_LIFE),
        limited=found.flag("TimeToLiveLimited"),
    )


def _life(registration: Members) -> float | None:
    """Return the lifetime of the token in seconds; `None` where it cannot be read, since the token itself works."""
    duration = registration.structure("TimeToLive")
    text = None if duration is None else duration.text("MicroSeconds")
    try:
        return parse_integer(text) / 1e6
    except ValueError:
        note("TimeToLive", text)
        return None


def _read_product(element: Element | None) -> ProductInfo:
    found = _result(element)
    return ProductInfo(
        name=found.text("ProductName"),
        major=found.text("MajorVersion"),
        minor=found.text("MinorVersion"),
        service_version=found.text("ServiceVersion"),
        build_number=found.text("BuildNumber"),
        build_configuration=found.text("BuildConfiguration"),
        build_date=found.moment("BuildDate"),
        product_code=found.optional_integer("ProductCode"),
        product_line=found.guid("ProductLine"),
    )


def _read_changes(element: Element | None) -> tuple[Change, ...]:
    return tuple(map(_read_change, Members.of_rows(element, SERVER_COMMAND, "Change")))


def _read_change(row: Members) -> Change:
    kind = row.structure("ChangeType")
    return Change(
        id=row.guid("Id"),
        time=row.moment("Time"),
        recorder=kind is not None and kind.flag("Recorder"),
        hardware=kind is not None and kind.flag("Hardware"),
    )


def _read_disabled(element: Element | None) -> tuple[DisabledDevice, ...]:
    return tuple(
        DisabledDevice(id=row.guid("DeviceId") or UUID(int=0), name=row.text("DeviceName"), type=row.text("DeviceType"))
        for row in Members.of_rows(element, SERVER_COMMAND, "DeviceDisabledInfo")
    )


def _read_user(element: Element | None) -> UserInfo:
    found = _result(element)
    return UserInfo(name=found.text("name"), sid=found.text("sid"))
