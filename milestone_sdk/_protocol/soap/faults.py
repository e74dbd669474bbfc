"""SOAP faults of the three services and both SOAP versions, as errors of this library.

Recorders write the number as an element of the detail, `.asmx` as an attribute of the detail, `.svc` in the fault code,
which then is not a valid QName. The event server names a reason.
"""  # docs/protocol: identity-faults

import re
from typing import Final, TypeAlias, cast

from lxml.etree import _Element  # pyright: ignore[reportPrivateUsage]  # lxml has no public name for it

from ...errors import (
    InvalidItem,
    ItemNotFound,
    LicenseRequired,
    MilestoneError,
    PermissionDenied,
    PtzInUse,
    ServerFault,
    ServiceUnavailable,
    TokenExpired,
    UnsupportedFeature,
)

__all__ = ["Element", "fault_error", "is_unknown_device", "local_name", "redact", "tag_of"]

Element: TypeAlias = _Element

_ALARM_NAMESPACE: Final = "http://schemas.datacontract.org/2004/07/VideoOS.Platform.Proxy.Alarm"
_CONFIGURATION_NAMESPACE: Final = (
    "http://schemas.datacontract.org/2004/07/VideoOS.ConfigurationAPI.ConfigurationFaultException"
)
_BAD_TOKEN: Final = "20001"
_NO_SUCH_METHOD: Final = "40000"
_PTZ_IN_USE: Final = ("40295", "20")
_NOT_ENOUGH_PERMISSIONS: Final = "51000"
_EVENT_SERVER_BUSY: Final = ("DbRead", "Read", "DbConnection", "DbWrite", "DbUpdate")
_MAX_TEXT: Final = 2000
"""Characters of a fault's text that are kept."""
_MAX_DETAIL_ELEMENTS: Final = 1000

_SECRET: Final = re.compile(
    r"TOKEN#[^\s<>\"'&]*"
    r"|eyJ[\w-]{8,}(?:\.[\w-]*){0,4}"
    r"|(?<=token>)[^<]+|(?<=SLC>)[^<]+"
    r"|(?<=bearer )\S+|(?<=basic )\S+"
    r"|(?<=password>)[^<]+|(?<=password=)[^&\s]+",
    re.IGNORECASE,
)
_PROPERTY: Final = re.compile(r"key>([^<]*+)|[<:]value>([^<]++)|property>", re.IGNORECASE)
"""A property of a configuration item: its key is in one element, its value in another."""
_SECRET_KEYS: Final = ("password", "secret")
_LONGEST_PROPERTY: Final = 1000
"""Characters between a key and its value."""
_LONGEST_REDACTED: Final = 8192


def redact(text: str) -> str:
    """Replace what looks like a token, a password or a licence code, and cut the text to what errors show at most.

    Every pattern reads each character a fixed number of times, so that no text makes this slow.
    """
    return _redact_properties(_SECRET.sub("[secret]", text[:_LONGEST_REDACTED]))


def _redact_properties(text: str) -> str:
    shown: list[str] = []
    done, secret_until = 0, -1
    for found in _PROPERTY.finditer(text):
        key, value = found.groups()
        if key is not None:
            if any(word in key.lower() for word in _SECRET_KEYS):
                secret_until = found.end() + _LONGEST_PROPERTY
        elif value is None:
            secret_until = -1
        elif found.start() <= secret_until:
            shown += text[done : found.start(2)], "[secret]"
            done = found.end()
    return "".join((*shown, text[done:]))


def is_unknown_device(text: str) -> bool:
    """Whether a recorder reports that it does not have a camera, for which it has free text only."""
    # docs/protocol: imageserver-connect
    words = text.lower()
    return ("device" in words or "camera" in words) and ("unknown" in words or "not found" in words)


def tag_of(element: Element) -> str:
    """Return an element's qualified name; lxml's stubs allow other types."""
    return cast(str, element.tag)


def local_name(element: Element) -> str:
    """Return an element's name without its namespace."""
    return tag_of(element).rpartition("}")[2]


def fault_error(fault: Element, operation: str) -> MilestoneError:
    """Return the error of a `Fault` element; an unmapped one is a `ServerFault` with all its text."""
    codes, text, detail = _parts(fault)
    number, subnumber = _numbers(detail, codes)
    if (reason := _alarm_text(detail, "ErrorReason")) is not None:
        return _alarm_error(reason[:100] or "Unknown", _alarm_text(detail, "ErrorDescription"), text, operation)
    if (configuration := _configuration_fault(detail)) is not None:
        return _configuration_error(configuration, text, operation)
    shown = text or "a fault without a text"
    numbers = "/".join(part for part in (number, subnumber) if part)
    numbered = f"{shown} ({numbers})" if numbers else shown
    if number == _BAD_TOKEN and subnumber in (None, "1", "2"):
        return TokenExpired(numbered, operation=operation)
    if number == _NOT_ENOUGH_PERMISSIONS:
        hint = "the user's role lacks a right in XProtect"
        return PermissionDenied(numbered, operation=operation, hint=hint)
    if number == _NO_SUCH_METHOD or "ActionNotSupported" in codes:
        required = f"a server that implements {operation}"
        return UnsupportedFeature(numbered, required=required, actual=shown, operation=operation)
    if (number, subnumber) == _PTZ_IN_USE:
        return PtzInUse(numbered, code=number, subcode=subnumber, operation=operation)
    code = number or (codes[-1] if codes else None)
    named = numbered if number or not code else f"{shown} ({code})"
    return ServerFault(named, code=code, subcode=subnumber, detail=_detail_text(detail), operation=operation)


def _parts(fault: Element) -> tuple[list[str], str, Element | None]:
    """Return the codes without their prefixes, outermost first, the text and the detail, of either SOAP version."""
    codes: list[str] = []
    text, detail = "", None
    for child in fault:
        match local_name(child):
            case "faultcode":
                codes.append(_without_prefix(child.text))
            case "faultstring":
                text = child.text or ""
            case "Code":
                codes += [_without_prefix(value.text) for value in child.iter() if local_name(value) == "Value"]
            case "Reason":
                text = next((part.text or "" for part in child if local_name(part) == "Text"), "")
            case "detail" | "Detail":
                detail = child
            case _:
                pass
    return [code[:100] for code in codes if code], redact(text[:_MAX_TEXT].strip()), detail


def _without_prefix(code: str | None) -> str:
    return (code or "").strip().rpartition(":")[2]


def _numbers(detail: Element | None, codes: list[str]) -> tuple[str | None, str | None]:
    number = subnumber = None
    if detail is not None:
        for element in _some(detail):
            name = local_name(element)
            if name == "ErrorNumber":
                number = number or _number(element.text)
            elif name == "SubErrorNumber":
                subnumber = subnumber or _number(element.text)
        number = number or _number(detail.get("ErrorNumber"))
        subnumber = subnumber or _number(detail.get("SubErrorNumber"))
    return number or next((code for code in codes if code.isdecimal()), None), subnumber


def _number(text: str | None) -> str | None:
    return (text or "").strip()[:20] or None


def _some(element: Element) -> list[Element]:
    return [item for item, _ in zip(element.iter(), range(_MAX_DETAIL_ELEMENTS), strict=False)]


def _alarm_text(detail: Element | None, name: str) -> str | None:
    found = None if detail is None else detail.find(f".//{{{_ALARM_NAMESPACE}}}{name}")
    return None if found is None else redact((found.text or "")[:_MAX_TEXT].strip())


def _alarm_error(reason: str, description: str | None, text: str, operation: str) -> MilestoneError:
    """Map an AlarmServiceFault."""  # docs/protocol: alarms-faults
    message = f"{description or text or 'a fault without a text'} ({reason})"
    if reason == "InvalidAuthentication":
        return TokenExpired(message, operation=operation)
    if reason in _EVENT_SERVER_BUSY:
        return ServiceUnavailable(message, service="event server", operation=operation)
    return ServerFault(message, code=reason, detail=description or None, operation=operation)


def _configuration_fault(detail: Element | None) -> Element | None:
    children = () if detail is None else detail
    return next((child for child in children if tag_of(child).startswith(f"{{{_CONFIGURATION_NAMESPACE}}}")), None)


def _configuration_error(fault: Element, text: str, operation: str) -> MilestoneError:
    """Map a fault of the Configuration API."""  # docs/protocol: configuration-faults
    said = {local_name(child): redact((child.text or "")[:_MAX_TEXT].strip()) for child in fault}
    name = local_name(fault).removesuffix("Fault").removesuffix("Exception")
    message = said.get("Message") or text or "a fault without a text"
    subcode = said.get("ArgumentName") or said.get("Type") or None
    # The type of an exception that has no fault of its own may be one that has: System.UnauthorizedAccessException.
    cause = (subcode or "").rpartition(".")[2].removesuffix("Exception") if name == "Server" else name
    match cause:
        case "PathNotFound":
            return ItemNotFound(message, operation=operation, hint="it was removed, or this user may not see it")
        case "UnauthorizedAccess":
            return PermissionDenied(message, operation=operation, hint="the user's role lacks a right in XProtect")
        case "NotSupported":
            required = f"a server, a product and an item that allow {operation}"
            return UnsupportedFeature(message, required=required, actual=message, operation=operation)
        case "Argument" | "ArgumentNull" if name != "Server":
            problems = [(said.get("ArgumentName") or None, message)]
            return InvalidItem(
                f"the server refuses an argument: {_named(message, subcode)}", problems=problems, operation=operation
            )
        case _:
            shown = _named(message, name, subcode)
            kind = LicenseRequired if cause == "License" else ServerFault
            return kind(shown, code=name, subcode=subcode, detail=message, operation=operation)


def _named(message: str, *names: str | None) -> str:
    known = ", ".join(filter(None, names))
    return f"{message} ({known})" if known else message


def _detail_text(detail: Element | None) -> str | None:
    if detail is None:
        return None
    words = [value for value in detail.attrib.values() if value]
    words += [element.text for element in _some(detail) if element.text and element.text.strip()]
    return redact(" ".join(words)[:_MAX_TEXT]) or None
