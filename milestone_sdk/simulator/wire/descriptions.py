"""The WSDL of each SOAP service, as servers publish it: what this library ships about them, made the server's own.

The operations that a release does not have are left out, and the address names the machine by its own name, which
need not resolve where the client is.
"""  # docs/protocol: identity-bearer, identity-versions

from collections.abc import Callable
from functools import lru_cache
from importlib.resources import files
from xml.sax.saxutils import quoteattr

from lxml import etree

from milestone_sdk.simulator.wire.http import Request, Response
from milestone_sdk.simulator.wire.reader import XSD, Element

__all__ = ["asks_for_description", "described", "described_by_recorder"]

_FILES = {
    "servercommandservice": "ServerCommandService.wsdl",
    "servercommandservice.asmx": "ServerCommandService.asmx.wsdl",
    "serviceregistrationservice": "ServiceRegistrationService.wsdl",
    "configurationapiservice": "ConfigurationApiService.wsdl",
    "alarmservicetoken": "AlarmServiceToken.wsdl",
}
_IN_ONE_PART = (".asmx", "/alarmservicetoken")
_WSDL = "http://schemas.xmlsoap.org/wsdl/"
_SOAP = "http://schemas.xmlsoap.org/wsdl/soap/"
_SOAP_12 = "http://schemas.xmlsoap.org/wsdl/soap12/"
_TEMPURI = "http://tempuri.org/"
_XML = "text/xml; charset=utf-8"


def asks_for_description(request: Request) -> bool:
    """Whether a request is a GET of `?wsdl`, `?singleWsdl` or of the part that the former imports."""
    return request.method == "GET" and request.query.lower() in ("wsdl", "singlewsdl", "wsdl=wsdl0")


def described(service: str, request: Request, host: str, knows: Callable[[str], bool]) -> Response:
    """The description of a service at the address that was asked, on the machine `host`.

    A `.svc` gives `?wsdl` in two parts, the outer one in `http://tempuri.org/`, and `?singleWsdl` in one; an `.asmx`
    and the alarm service give one part under both names.
    """
    if service not in _FILES:
        return Response(404)
    scheme = "https" if request.secure else "http"
    asked = request.headers.get("host", "localhost")
    port = asked.rpartition(":")[2]
    address = f"{scheme}://{host}:{port}{request.path}" if port.isdigit() else f"{scheme}://{host}{request.path}"
    root = etree.fromstring(_text(_FILES[service]))
    _forget(root, knows)
    for place in root.iter(f"{{{_SOAP}}}address"):
        place.set("location", address)
    if request.query.lower() == "singlewsdl" or request.path.lower().endswith(_IN_ONE_PART):
        return Response(200, etree.tostring(root), content_type=_XML)
    outer = _outer(root, f"{scheme}://{asked}{request.path}?wsdl=wsdl0")
    whole = etree.tostring(root) if request.query.lower() == "wsdl=wsdl0" else outer
    return Response(200, whole, content_type=_XML)


def described_by_recorder(request: Request, host: str) -> Response:
    """The description of RecorderCommandService, in the form of ASP.NET: one part, two bindings, no documentation.

    Its address is http and in lower case, on the recorder's own name, however it was asked for.
    """  # docs/protocol: recorder-service, recorder-envelope
    root = etree.fromstring(_text("RecorderCommandService.wsdl"), etree.XMLParser(remove_comments=True))
    port = request.headers.get("host", "").rpartition(":")[2]
    place = f"{host}:{port}" if port.isdigit() else host
    for node in [*root.iter(f"{{{_WSDL}}}documentation", f"{{{XSD}}}annotation")]:
        above = node.getparent()
        assert above is not None
        above.remove(node)
    for node in root.iter(f"{{{_WSDL}}}message", f"{{{_WSDL}}}input", f"{{{_WSDL}}}output"):
        for name in {"name", "message"} & {*node.keys()}:
            text = node.get(name, "")
            asked = text.removesuffix("Request")
            node.set(name, f"{asked}SoapIn" if asked != text else f"{text.removesuffix('Response')}SoapOut")
    for address in root.iter(f"{{{_SOAP}}}address"):
        address.set("location", f"http://{place}{request.path.lower()}")
    for node in [*root.iterfind(f"{{{_WSDL}}}binding"), *root.iterfind(f".//{{{_WSDL}}}port")]:
        node.addnext(_for_soap_12(node))
    return Response(200, etree.tostring(root, xml_declaration=True, encoding="utf-8"), content_type=_XML)


def _for_soap_12(node: Element) -> Element:
    """A copy of a binding or port, for SOAP 1.2."""
    text = etree.tostring(node, encoding="unicode", with_tail=False)
    name = node.get("name", "")
    copied = text.replace(f'"{_SOAP}"', f'"{_SOAP_12}"').replace(f'name="{name}"', f'name="{name}12"', 1)
    if node.get("binding"):
        copied = copied.replace(f'binding="tns:{name}"', f'binding="tns:{name}12"')
    return etree.fromstring(copied)


@lru_cache(maxsize=8)
def _text(name: str) -> bytes:
    return files("milestone_sdk").joinpath("wsdl", name).read_bytes()


def _forget(root: Element, knows: Callable[[str], bool]) -> None:
    """Take out the operations of other releases, with their messages."""
    for operation in [*root.iter(f"{{{_WSDL}}}operation")]:
        name = operation.get("name", "")
        if knows(name):
            continue
        above = operation.getparent()
        assert above is not None
        above.remove(operation)
        for message in root.findall(f"{{{_WSDL}}}message"):
            if message.get("name") in (f"{name}Request", f"{name}Response"):
                root.remove(message)
    for documentation in root.findall(f"{{{_WSDL}}}documentation"):
        root.remove(documentation)


def _outer(root: Element, location: str) -> bytes:
    """Move binding and service out of a description into one that imports the rest from `location`."""
    inner = root.get("targetNamespace", "")
    moved = [part for part in root if etree.QName(part).localname in ("binding", "service")]
    for part in moved:
        root.remove(part)
    text = "".join(etree.tostring(part, encoding="unicode") for part in moved)
    text = text.replace(' binding="tns:', ' binding="outer:')  # port types and messages stay in the inner namespace
    scope = f'xmlns:wsdl="{_WSDL}" xmlns:outer="{_TEMPURI}" xmlns:tns={quoteattr(inner)}'
    return (
        f'<wsdl:definitions name={quoteattr(root.get("name", ""))} targetNamespace="{_TEMPURI}" {scope}>'
        f"<wsdl:import namespace={quoteattr(inner)} location={quoteattr(location)}/>{text}</wsdl:definitions>"
    ).encode()
