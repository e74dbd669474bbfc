"""SOAP envelopes and faults, in the forms of WCF and of ASP.NET; `reader` and `writer` know what is inside."""

from collections.abc import Iterable, Mapping
from typing import Any

from lxml import etree

from milestone_sdk.simulator.wire.contract import Contracts, Operation
from milestone_sdk.simulator.wire.reader import NIL, Element, Reader, Unreadable
from milestone_sdk.simulator.wire.values import escape

__all__ = [
    "DISPATCHER",
    "SOAP11",
    "SOAP12",
    "SoapFault",
    "action_name",
    "envelope_namespace",
    "fault_reply",
    "open_envelope",
    "read_parameters",
    "reply",
    "with_value",
]

SOAP11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP12 = "http://www.w3.org/2003/05/soap-envelope"
DISPATCHER = "http://schemas.microsoft.com/net/2005/12/windowscommunicationfoundation/dispatcher"


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


def open_envelope(body: bytes) -> Element:
    """The operation element: first child of Body, of a SOAP 1.1 or 1.2 envelope.

    Raises SoapFault `a:DeserializationFailed` for anything else.
    """  # docs/protocol: identity-faults
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
    raise SoapFault("a:DeserializationFailed", f"The root element {root.tag!r} is not a SOAP envelope.")


def envelope_namespace(operation: Element) -> str:
    """SOAP11 or SOAP12, of the envelope that the operation came in."""
    return etree.QName(operation.getroottree().getroot()).namespace or SOAP11


def read_parameters(
    contracts: Contracts, operation: Operation, element: Element, namespace: str, dropped: list[str]
) -> dict[str, Any]:
    """The parameters of an operation by name; SoapFault DeserializationFailed names the one that cannot be read."""
    try:
        return Reader(contracts, dropped).parameters(element, namespace, operation.parameters)
    except Unreadable as error:
        raise SoapFault.deserialization_failed(namespace, error.parameter, str(error)) from None


def action_name(action: str) -> str:
    """The operation in a SOAPAction: its last path segment, without quotes."""
    return action.strip().strip('"').rpartition("/")[2]


def with_value(body: bytes, options: Mapping[str, object]) -> bytes:
    """An answer with another text in one member of it; unchanged where it does not have that member."""
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
    element.attrib.pop(NIL, None)
    element.text = None if text is None else str(text)
    if text is None:
        element.set(NIL, "true")
    return etree.tostring(root)


def reply(
    operation: str,
    namespace: str,
    inner: bytes = b"",
    *,
    prefix: str = "s",
    envelope: str = SOAP11,
    declarations: Iterable[tuple[str, str]] = (),
    xml_declaration: bool = False,
    end: str = "/>",
) -> bytes:
    """A whole answer: envelope, Body and `<OperationResponse xmlns=namespace>` around ready XML.

    WCF writes prefix `s` alone and no XML declaration; the recorder and `.asmx` write prefix `soap`, a declaration,
    and the `declarations` xsi and xsd.
    """  # docs/protocol: recorder-envelope
    name = f"{operation}Response".encode()
    response = b'<%s xmlns="%s"' % (name, namespace.encode())
    response += b">%s</%s>" % (inner, name) if inner else end.encode()
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
    envelope: str = SOAP11,
) -> bytes:
    """A whole answer with the fault; `language` None leaves xml:lang out of SOAP 1.1."""
    # forms of docs/protocol: identity-faults
    content = _fault_12(fault) if envelope == SOAP12 else _fault_11(fault, language)
    return _envelope(content, fault.prefix, envelope, declarations, xml_declaration)


def _fault_11(fault: SoapFault, language: str | None) -> bytes:
    code = fault.code
    scope = f' xmlns:a="{DISPATCHER}"' if code.startswith("a:") else ""
    lang = f' xml:lang="{language}"' if language and fault.prefix == "s" else ""
    text = f"<faultcode{scope}>{escape(code)}</faultcode><faultstring{lang}>{escape(fault.reason)}</faultstring>"
    detail = b"<detail>%s</detail>" % fault.detail if fault.detail else b""
    return f"<{fault.prefix}:Fault>{text}".encode() + detail + f"</{fault.prefix}:Fault>".encode()


def _fault_12(fault: SoapFault) -> bytes:
    p = fault.prefix
    code = escape(fault.code).replace(":Client", ":Sender").replace(":Server", ":Receiver")
    reason = f'<{p}:Reason><{p}:Text xml:lang="en">{escape(fault.reason)}</{p}:Text></{p}:Reason>'
    detail = f"<{p}:Detail>{fault.detail.decode()}</{p}:Detail>" if fault.detail else ""
    return f"<{p}:Fault><{p}:Code><{p}:Value>{code}</{p}:Value></{p}:Code>{reason}{detail}</{p}:Fault>".encode()
