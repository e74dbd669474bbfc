"""ServerCommandService: login, product, configuration, user-defined events (protocol/auth.md 4, 6).

Every function takes `asmx` for the old form of the service, which Windows users need before 2021 R1: it has another
SOAPAction, and null is an element left out (protocol/auth.md 6.5). Replies of both forms are read alike.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final, TypeVar
from uuid import UUID

from attrs import field, frozen

from ...models import Configuration, ProductInfo
from ..configuration.inventory import ARRAYS, NAMESPACE, Recorders, read_configuration, read_recorders
from ..soap.envelope import (
    MEDIUM_REPLY,
    SMALL_REPLY,
    Call,
    Element,
    Read,
    WithSource,
    call,
    members,
    nil_parameter,
    nothing,
    parameter,
    required,
    text_of,
)
from ..soap.values import boolean, guid, integer, note, optional_moment, parse_integer, xml_text
from .identity import life_to_count

__all__ = [
    "NAMESPACE",
    "Change",
    "DisabledDevice",
    "Registration",
    "UserInfo",
    "event_trigger",
    "get_configuration",
    "get_configuration_recorders",
    "get_devices_disabled",
    "get_product_info",
    "get_user_info",
    "get_version",
    "login",
    "logout",
    "query_changes",
    "register_integration",
]

T = TypeVar("T")
_USUAL_LIFE: Final = 14_400.0
"""Seconds that a corporate token lives on all servers that were seen (protocol/auth.md 4.1)."""


@frozen(kw_only=True)
class Registration:
    """What `Login` answers: the corporate token and how long it lives, a month at most.

    `registered_at` is the server's clock: count `time_to_live` from the receipt instead (protocol/auth.md 4.1).
    `limited` says that a login time profile ends sooner, and that no renewal goes past that end.
    """

    token: str = field(repr=False)
    registered_at: datetime | None = None
    time_to_live: timedelta
    limited: bool = False


@frozen(kw_only=True)
class UserInfo:
    """Whom a token belongs to: login name and Windows SID, or the id of a basic user."""

    name: str | None = None
    sid: str | None = None


@frozen(kw_only=True)
class Change:
    """One line of `QueryChanges`: a recorder or a hardware to load anew."""

    id: UUID | None
    time: datetime | None
    recorder: bool = False
    hardware: bool = False


@frozen(kw_only=True)
class DisabledDevice:
    """One line of `GetDevicesDisabled`: a device that is disabled, by itself or with its hardware."""

    id: UUID
    name: str | None = None
    type: str | None = None


def login(instance_id: UUID, current_token: str | None, *, asmx: bool = False) -> Call[Registration]:
    """Register a client instance, or renew: with the same instance id and the token so far (protocol/auth.md 4.2)."""
    parameters = parameter("instanceId", str(instance_id)) + _nullable("currentToken", current_token, asmx)
    return _call("Login", parameters, _read_registration, asmx)


def logout(instance_id: UUID, current_token: str | None, *, asmx: bool = False) -> Call[None]:
    """End the registration of an instance."""
    parameters = parameter("instanceId", str(instance_id)) + _nullable("currentToken", current_token, asmx)
    return _call("Logout", parameters, nothing, asmx)


def get_product_info(*, asmx: bool = False) -> Call[ProductInfo]:
    """Ask for product and build; the licence code in the reply is not kept."""
    return _call("GetProductInfo", "", _read_product, asmx)


def get_version(*, asmx: bool = False) -> Call[int]:
    """Ask for the version number of the interface."""
    return _call("GetVersion", "", _read_version, asmx)


def get_configuration(token: str, *, asmx: bool = False) -> Call[Configuration]:
    """Ask for everything the user may see."""
    return _call("GetConfiguration", parameter("token", token), WithSource(read_configuration), asmx)


def get_configuration_recorders(token: str, ids: Iterable[UUID], *, asmx: bool = False) -> Call[Recorders]:
    """Ask for some recorders with their hardware and cameras, as `GetConfiguration` tells them."""
    items = "".join([f"<guid>{item}</guid>" if asmx else f"<b:guid>{item}</b:guid>" for item in ids])
    scope = "" if asmx else f' xmlns:b="{ARRAYS}"'
    parameters = parameter("token", token) + f"<recorderIds{scope}>{items}</recorderIds>"
    return _call("GetConfigurationRecorders", parameters, WithSource(read_recorders), asmx)


def get_devices_disabled(token: str, *, asmx: bool = False) -> Call[tuple[DisabledDevice, ...]]:
    """Ask for the devices that `GetConfiguration` leaves out since they are disabled (protocol/auth.md 6.1)."""
    return _call("GetDevicesDisabled", parameter("token", token), _read_disabled, asmx)


def query_changes(token: str, since: datetime, *, asmx: bool = False) -> Call[tuple[Change, ...]]:
    """Ask which recorders and hardware were changed; folders, events and rights are not among it."""
    parameters = parameter("token", token) + parameter("changesFrom", xml_text(since))
    return _call("QueryChanges", parameters, _read_changes, asmx)


def get_user_info(token: str, *, asmx: bool = False) -> Call[UserInfo]:
    """Ask whom the token belongs to."""
    return _call("GetUserInfo", parameter("token", token), _read_user, asmx)


def event_trigger(token: str, event_id: UUID, *, asmx: bool = False) -> Call[None]:
    """Raise a user-defined event."""
    return _call("EventTrigger", parameter("token", token) + parameter("eventId", str(event_id)), nothing, asmx)


def register_integration(
    token: str,
    *,
    instance: str,
    integration_id: UUID,
    version: str,
    name: str,
    manufacturer: str,
    asmx: bool = False,
) -> Call[None]:
    """Tell the server which integration runs; releases before 2020 R3 refuse it, which is to be ignored.

    `instance` is free text, not the id of the login (protocol/auth.md 6.2).
    """
    parameters = (
        parameter("token", token)
        + parameter("instanceId", instance)
        + parameter("integrationId", str(integration_id))
        + parameter("integrationVersion", version)
        + parameter("integrationName", name)
        + parameter("manufacturerName", manufacturer)
    )
    return _call("RegisterIntegration", parameters, nothing, asmx)


_MAX_REPLIES: Final[Mapping[str, int | None]] = {
    "GetConfiguration": None,
    "GetConfigurationRecorders": None,
    "QueryChanges": MEDIUM_REPLY,
}


def _call(operation: str, parameters: str, read: Read[T], asmx: bool) -> Call[T]:
    action = f"{NAMESPACE}/{operation}" if asmx else f"{NAMESPACE}/IServerCommandService/{operation}"
    most = _MAX_REPLIES.get(operation, SMALL_REPLY)
    return call(operation, namespace=NAMESPACE, action=action, parameters=parameters, read=read, max_reply=most)


def _nullable(name: str, text: str | None, asmx: bool) -> str:
    if text is None:
        return "" if asmx else nil_parameter(name)
    return parameter(name, text)


def _reader(element: Element | None) -> Callable[[str], str | None]:
    """Return what gives the text of a member of the result by its name."""
    found = members(required(element))
    return lambda name: text_of(found.get(f"{{{NAMESPACE}}}{name}"))


def _read_registration(element: Element | None) -> Registration:
    text = _reader(element)
    token = text("Token")
    if token is None or not token.isprintable():
        raise ValueError("Login without a token, or with control characters in it")
    return Registration(
        token=token,
        registered_at=optional_moment(text("RegistrationTime")),
        time_to_live=life_to_count(_life(required(element)), usual=_USUAL_LIFE),
        limited=bool(boolean(text("TimeToLiveLimited"))),
    )


def _life(registration: Element) -> float | None:
    """Return the seconds that the token lives; `None` where that cannot be read, for the token itself works."""
    text = registration.findtext(f"{{{NAMESPACE}}}TimeToLive/{{{NAMESPACE}}}MicroSeconds")
    try:
        return parse_integer(text or "") / 1e6
    except ValueError:
        note("TimeToLive", text or "")
        return None


def _read_product(element: Element | None) -> ProductInfo:
    text = _reader(element)
    code = text("ProductCode")
    return ProductInfo(
        name=text("ProductName"),
        major=text("MajorVersion"),
        minor=text("MinorVersion"),
        service_version=text("ServiceVersion"),
        build_number=text("BuildNumber"),
        build_configuration=text("BuildConfiguration"),
        build_date=optional_moment(text("BuildDate")),
        product_code=None if code is None else integer(code),
        product_line=guid(text("ProductLine")),
    )


def _read_version(element: Element | None) -> int:
    text = text_of(required(element))
    if text is None:
        raise ValueError("GetVersion without a number")
    return parse_integer(text)


def _read_changes(element: Element | None) -> tuple[Change, ...]:
    rows = [] if element is None else element.findall(f"{{{NAMESPACE}}}Change")
    return tuple(_read_change(row) for row in rows if len(row))


def _read_change(row: Element) -> Change:
    found = members(row)
    kind = found.get(f"{{{NAMESPACE}}}ChangeType")
    kinds = {} if kind is None else members(kind)

    def is_kind(name: str) -> bool:
        return bool(boolean(text_of(kinds.get(f"{{{NAMESPACE}}}{name}"))))

    return Change(
        id=guid(text_of(found.get(f"{{{NAMESPACE}}}Id"))),
        time=optional_moment(text_of(found.get(f"{{{NAMESPACE}}}Time"))),
        recorder=is_kind("Recorder"),
        hardware=is_kind("Hardware"),
    )


def _read_disabled(element: Element | None) -> tuple[DisabledDevice, ...]:
    rows = [] if element is None else element.findall(f"{{{NAMESPACE}}}DeviceDisabledInfo")
    return tuple(_read_disabled_device(row) for row in rows if len(row))


def _read_disabled_device(row: Element) -> DisabledDevice:
    text = _reader(row)
    return DisabledDevice(id=guid(text("DeviceId")) or UUID(int=0), name=text("DeviceName"), type=text("DeviceType"))


def _read_user(element: Element | None) -> UserInfo:
    text = _reader(element)
    return UserInfo(name=text("name"), sid=text("sid"))
