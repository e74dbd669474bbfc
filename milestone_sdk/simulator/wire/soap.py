"""SOAP envelopes as Microsoft's serializers read and write them.

Requests are read the way DataContractSerializer does: members in contract order, and one that comes late or in another
namespace is skipped without a word (protocol/auth.md 6.1). Answers are text without white space, with the prefixes
that WCF uses.
"""

import base64
import binascii
import random
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeAlias
from uuid import UUID
from xml.sax.saxutils import escape as _escape_markup

from attrs import frozen
from lxml import etree

__all__ = [
    "ARRAYS",
    "DISPATCHER",
    "SOAP11",
    "SOAP12",
    "XSD",
    "XSI",
    "Element",
    "Field",
    "SoapFault",
    "action_name",
    "boolean_text",
    "date_time_text",
    "double_text",
    "envelope_namespace",
    "escape",
    "fault_reply",
    "local_name",
    "open_envelope",
    "parse_date_time",
    "read",
    "read_array",
    "reply",
    "tag",
    "with_value",
]

Element: TypeAlias = etree._Element  # pyright: ignore[reportPrivateUsage]

SOAP11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP12 = "http://www.w3.org/2003/05/soap-envelope"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
XSD = "http://www.w3.org/2001/XMLSchema"
ARRAYS = "http://schemas.microsoft.com/2003/10/Serialization/Arrays"
DISPATCHER = "http://schemas.microsoft.com/net/2005/12/windowscommunicationfoundation/dispatcher"

_NIL = f"{{{XSI}}}nil"
_DATE_TIME = re.compile(
    r"\s*(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,7})\d*)?(Z|[+-]\d\d:\d\d)?\s*", re.ASCII
)
_INTEGER = re.compile(r"\s*[+-]?[0-9]{1,19}\s*", re.ASCII)
_MAXIMUM = {"int": 2**31, "long": 2**63}


class SoapFault(Exception):
    """A fault to answer with; raise it from an operation.

    `code` is the whole text of faultcode (`s:51000`, `soap:Client`, `a:ActionNotSupported`); `detail` is ready XML
    that goes inside `<detail>`; `prefix` is `s` for WCF and `soap` for the recorder.
    """

    def __init__(self, code: str, reason: str, detail: bytes = b"", status: int = 500, prefix: str = "s") -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason
        self.detail = detail
        self.status = status
        self.prefix = prefix

    @classmethod
    def action_not_supported(cls, action: str) -> "SoapFault":
        """What WCF says to a SOAPAction that the contract does not have."""
        return cls("a:ActionNotSupported", f"The message with Action '{action}' matches no operation of this endpoint.")

    @classmethod
    def deserialization_failed(cls, namespace: str, name: str, why: str) -> "SoapFault":
        """What WCF says to a value that it cannot read; the text names the parameter as `namespace:name`."""
        return cls(
            "a:DeserializationFailed",
            f"The formatter failed to deserialize the parameter {namespace}:{name}. The message was: '{why}'.",
        )


@frozen
class Field:
    """A member of a contract: `kind` is text, int, long, double, boolean, guid, dateTime, base64 or element."""

    name: str
    kind: str = "text"


def local_name(element: Element) -> str:
    """The element's name without its namespace."""
    return etree.QName(element).localname


def open_envelope(body: bytes) -> Element:
    """The operation element: first child of Body, of a SOAP 1.1 or 1.2 envelope.

    Raises SoapFault `a:DeserializationFailed` for anything else (protocol/auth.md 5.1).
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, remove_comments=True)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise SoapFault("a:DeserializationFailed", f"The message body is not XML: {error.msg}") from None
    if root.getroottree().docinfo.doctype:
        raise SoapFault("a:DeserializationFailed", "A document type declaration is not allowed in a SOAP message.")
    for namespace in (SOAP11, SOAP12):
        if root.tag == f"{{{namespace}}}Envelope":
            content = root.find(f"{{{namespace}}}Body")
            operation = None if content is None else next(content.iterchildren("*"), None)
            if operation is not None:
                return operation
            raise SoapFault("a:InternalServiceFault", "Value cannot be null. Parameter name: body")
    raise SoapFault("a:DeserializationFailed", f"The root element {root.tag!r} is no SOAP envelope.")


def envelope_namespace(operation: Element) -> str:
    """SOAP11 or SOAP12, of the envelope that the operation came in."""
    return etree.QName(operation.getroottree().getroot()).namespace or SOAP11


def action_name(action: str) -> str:
    """The operation in a SOAPAction: its last path segment, without quotes."""
    return action.strip().strip('"').rpartition("/")[2]


def read(
    element: Element, namespace: str, *fields: Field, dropped: list[str] | None = None, ordered: bool = True
) -> dict[str, Any]:
    """The members of `element` in contract order; what is missing, nil or late is None.

    A member that comes after one which stands later in the contract, twice, or in another namespace, is skipped as
    .NET does, and named in `dropped` as `Operation.member` if it looks like one of the contract's. Raises SoapFault
    `a:DeserializationFailed` for a value that is not of its kind. `ordered` False takes members in any order, as
    XmlSerializer does for parameters.
    """
    values: dict[str, Any] = {field.name: None for field in fields}
    names = [f"{{{namespace}}}{field.name}" for field in fields]
    following = 0
    for child in element.iterchildren("*"):
        try:
            position = names.index(str(child.tag), following if ordered else 0)
        except ValueError:
            if dropped is not None and local_name(child) in values:
                dropped.append(f"{local_name(element)}.{local_name(child)}")
            continue
        following = position + 1
        field = fields[position]
        values[field.name] = _value(child, namespace, field)
    return values


def read_array(
    element: Element | None, namespace: str, item: Field, *, dropped: list[str] | None = None
) -> list[Any] | None:
    """The items of an array element; None stays None (nil or absent), an empty element is an empty list."""
    if element is None:
        return None
    wanted = f"{{{namespace}}}{item.name}"
    values: list[Any] = []
    for child in element.iterchildren("*"):
        if child.tag == wanted:
            values.append(_value(child, namespace, item))
        elif dropped is not None:
            dropped.append(f"{local_name(element)}.{local_name(child)}")
    return values


def _value(element: Element, namespace: str, field: Field) -> Any:
    if element.get(_NIL) in ("true", "1"):
        if field.kind in ("text", "element", "base64"):
            return None
        raise SoapFault.deserialization_failed(namespace, field.name, f"a value of type {field.kind} cannot be nil")
    if field.kind == "element":
        return element
    if len(element):
        raise SoapFault.deserialization_failed(namespace, field.name, "element content where text was expected")
    text = element.text or ""
    try:
        return _scalar(text, field.kind)
    except (ValueError, OverflowError, binascii.Error):
        raise SoapFault.deserialization_failed(
            namespace, field.name, f"The value '{text[:80]}' cannot be parsed as the type '{field.kind}'"
        ) from None


def _scalar(text: str, kind: str) -> Any:
    if kind == "text":
        return text
    if kind in _MAXIMUM:
        if not _INTEGER.fullmatch(text) or not -_MAXIMUM[kind] <= int(text) < _MAXIMUM[kind]:
            raise ValueError(text)
        return int(text)
    if kind == "double":
        return float(text)
    if kind == "boolean":
        return _boolean(text.strip())
    if kind == "guid":
        if not re.fullmatch(r"\s*[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\s*", text):
            raise ValueError(text)
        return UUID(text.strip())
    if kind == "dateTime":
        return parse_date_time(text)
    if kind == "base64":
        return base64.b64decode(text, validate=False)
    raise ValueError(kind)


def _boolean(text: str) -> bool:
    if text not in ("true", "1", "false", "0"):
        raise ValueError(text)
    return text in ("true", "1")


def parse_date_time(text: str) -> datetime:
    """An xs:dateTime as aware UTC; without a zone it counts as UTC, a seventh fraction digit is cut."""
    match = _DATE_TIME.fullmatch(text)
    if match is None:
        raise ValueError(text)
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    microsecond = int((match[7] or "0").ljust(7, "0")[:6])
    moment = datetime(year, month, day, hour, minute, second, microsecond, tzinfo=UTC)
    zone = match[8]
    if zone in (None, "Z"):
        return moment
    shift = timedelta(hours=int(zone[1:3]), minutes=int(zone[4:6]))
    return moment - shift if zone[0] == "+" else moment + shift


def escape(text: str) -> str:
    """Text for element content, with what XML 1.0 cannot hold left out and CR as a reference, as .NET writes it."""
    clean = re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text)
    return _escape_markup(clean, {"\r": "&#xD;"})


def tag(name: str, value: str | None, attributes: str = "") -> str:
    """`<name>value</name>` of ready XML: None gives the nil form (prefix `i` must be in scope), "" the empty one."""
    if value is None:
        return f'<{name} i:nil="true"{attributes}/>'
    return f"<{name}{attributes}>{value}</{name.partition(' ')[0]}>" if value else f"<{name}{attributes}/>"


def boolean_text(value: bool) -> str:
    """`true` or `false`."""
    return "true" if value else "false"


def double_text(value: float) -> str:
    """A double as XmlConvert writes it: no decimal point where there are no decimals, an exponent from 1E+15 on."""
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "INF" if value > 0 else "-INF"
    number = Decimal(repr(float(value)))
    if number.is_zero():
        return "-0" if number.is_signed() else "0"
    power = number.adjusted()
    if -5 < power < 15:
        return f"{number:f}".removesuffix(".0")
    mantissa = f"{number.scaleb(-power).normalize():f}"
    return f"{mantissa}E{power:+03d}"


def with_value(body: bytes, options: Mapping[str, object]) -> bytes:
    """An answer with another text in one member of it; unchanged where it has no such member."""
    member, row, text = options["member"], options.get("row", 0), options.get("text")
    root = etree.fromstring(body)
    found = list(root.iter(f"{{*}}{member}"))
    if isinstance(row, str):
        found = [each for each in found if (parent := each.getparent()) is not None and row in parent.itertext()]
        row = 0
    if not isinstance(row, int) or not -len(found) <= row < len(found):
        return body
    element = found[row]
    del element[:]
    element.attrib.pop(_NIL, None)
    element.text = None if text is None else str(text)
    if text is None:
        element.set(_NIL, "true")
    return etree.tostring(root)


def date_time_text(
    value: datetime | None, rng: random.Random | None = None, *, digits: int | None = None, zone: str = "Z"
) -> str:
    """An aware UTC datetime with 0 to 7 fraction digits; None is .NET's minimum, which has no zone.

    Without `digits` it is the shortest exact form, as WCF writes it; with `rng` it is a random number of digits that
    loses nothing, with trailing zeros (protocol/auth.md 10.10). `digits` 7 is the form of the recorder.
    """
    if value is None:
        return "0001-01-01T00:00:00"
    moment = value.astimezone(UTC)
    fraction = f"{moment.microsecond:06d}0"
    shortest = fraction.rstrip("0")
    if digits is not None:
        fraction = fraction[:digits]
    elif rng is not None:
        fraction = fraction[: rng.randint(len(shortest), 7)]
    else:
        fraction = shortest
    return moment.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0") + (f".{fraction}" if fraction else "") + zone


def reply(
    operation: str,
    namespace: str,
    inner: bytes = b"",
    *,
    prefix: str = "s",
    envelope: str = SOAP11,
    declarations: Iterable[tuple[str, str]] = (),
    xml_declaration: bool = False,
) -> bytes:
    """A whole answer: envelope, Body and `<OperationResponse xmlns=namespace>` around ready XML.

    WCF writes prefix `s` alone and no XML declaration; the recorder and `.asmx` write prefix `soap`, a declaration,
    and the `declarations` xsi and xsd (protocol/recording.md 1.2).
    """
    name = f"{operation}Response".encode()
    response = b'<%s xmlns="%s"' % (name, namespace.encode())
    response += b">%s</%s>" % (inner, name) if inner else b"/>"
    return _envelope(response, prefix, envelope, declarations, xml_declaration)


def _envelope(
    content: bytes, prefix: str, namespace: str, declarations: Iterable[tuple[str, str]], xml_declaration: bool
) -> bytes:
    before = "".join(f' xmlns:{name}="{uri}"' for name, uri in declarations)
    start = '<?xml version="1.0" encoding="utf-8"?>' if xml_declaration else ""
    head = f'{start}<{prefix}:Envelope{before} xmlns:{prefix}="{namespace}"><{prefix}:Body>'
    return head.encode() + content + f"</{prefix}:Body></{prefix}:Envelope>".encode()


def fault_reply(
    fault: SoapFault,
    *,
    declarations: Iterable[tuple[str, str]] = (),
    xml_declaration: bool = False,
    language: str | None = "en-US",
) -> bytes:
    """A whole SOAP 1.1 answer with the fault (forms of protocol/auth.md 8.5); `language` None leaves xml:lang out."""
    code = fault.code
    scope = f' xmlns:a="{DISPATCHER}"' if code.startswith("a:") else ""
    lang = f' xml:lang="{language}"' if language and fault.prefix == "s" else ""
    text = f"<faultcode{scope}>{escape(code)}</faultcode><faultstring{lang}>{escape(fault.reason)}</faultstring>"
    detail = b"<detail>%s</detail>" % fault.detail if fault.detail else b""
    content = f"<{fault.prefix}:Fault>{text}".encode() + detail + f"</{fault.prefix}:Fault>".encode()
    return _envelope(content, fault.prefix, SOAP11, declarations, xml_declaration)
