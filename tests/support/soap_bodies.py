"""SOAP bodies to decode, composed here or read from the folder of golden bodies, and a comparison of requests."""

import re
from pathlib import Path

from lxml import etree

GOLDEN = Path(__file__).parents[1] / "golden"
"""Bodies as Microsoft's own serializer writes them."""
SC = "http://videoos.net/2/XProtectCSServerCommand"
ALARM = "http://videoos.net/2/CentralServerAlarmCommand"
RECORDER = "http://videoos.net/2/XProtectCSRecorderCommand"
LINES = "http://schemas.datacontract.org/2004/07/VideoOS.Platform.Proxy.Alarm"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
ARRAYS = "http://schemas.microsoft.com/2003/10/Serialization/Arrays"
SOAP11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP12 = "http://www.w3.org/2003/05/soap-envelope"
DISPATCHER = "http://schemas.microsoft.com/net/2005/12/windowscommunicationfoundation/dispatcher"


def golden(name: str) -> bytes:
    return (GOLDEN / name).read_bytes()


def reply(namespace: str, operation: str, content: str | None, *, attributes: str = "", soap: str = SOAP11) -> bytes:
    """A reply whose result holds `content`; without any result for `None`."""
    result = (
        f'<{operation}Result xmlns:i="{XSI}" {attributes}>{content}</{operation}Result>' if content is not None else ""
    )
    return (
        f'<s:Envelope xmlns:s="{soap}"><s:Body><{operation}Response xmlns="{namespace}">{result}'
        f"</{operation}Response></s:Body></s:Envelope>"
    ).encode()


def fault(content: str, *, soap: str = SOAP11) -> bytes:
    return (f'<s:Envelope xmlns:s="{soap}"><s:Body><s:Fault>{content}</s:Fault></s:Body></s:Envelope>').encode()


def infoset(body: bytes) -> object:
    """What a document says, whatever its prefixes: names, attributes, texts; a type name in full."""
    return _infoset(etree.fromstring(body))


def _infoset(element: etree._Element) -> object:
    attributes = dict(element.attrib)
    kind = f"{{{XSI}}}type"
    if kind in attributes:
        prefix, _, local = str(attributes[kind]).rpartition(":")
        attributes[kind] = f"{{{element.nsmap[prefix or None]}}}{local}"
    text = element.text or ""
    return element.tag, attributes, text if not len(element) else text.strip(), [_infoset(child) for child in element]


def without_spaces(text: str) -> str:
    """Take out the white space between the elements of a body that is folded for reading."""
    return re.sub(r">\s+<", "><", text.strip())
