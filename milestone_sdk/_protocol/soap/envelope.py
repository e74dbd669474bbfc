"""SOAP envelopes: requests to write, replies to read, and the three shapes of fault.

The only place where lxml parses bytes of a server: no document type, no entities, no network, a bound on size, number
of tags and depth. Anything else that is wrong with a reply raises `RemoteProtocolError`.
"""  # docs/protocol: identity-faults

import re
from collections.abc import Callable
from functools import partial
from typing import Final, Generic, TypeAlias, TypeVar, final

from attrs import field, frozen
from lxml import etree

from ...errors import LocalProtocolError, MilestoneError, RemoteProtocolError, ReplyTooLarge
from .faults import Element, fault_error, local_name, redact, tag_of
from .values import XMLSCHEMA_INSTANCE, escape, noting

__all__ = [
    "ARRAYS",
    "MAX_BODY",
    "MAX_TAGS",
    "MAX_TEXT",
    "MEDIUM_REPLY",
    "SERVER_COMMAND",
    "SMALL_REPLY",
    "Call",
    "Element",
    "Read",
    "WithSource",
    "call",
    "is_legal",
    "nil_parameter",
    "nothing",
    "parameter",
    "parse",
    "required",
    "result",
]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

ARRAYS: Final = "http://schemas.microsoft.com/2003/10/Serialization/Arrays"
"""The namespace of the items in arrays of simple types."""
SERVER_COMMAND: Final = "http://videoos.net/2/XProtectCSServerCommand"
"""The namespace of ServerCommandService, of its operations and its data."""
MAX_BODY: Final = 512 * 2**20
"""Bytes of the largest reply that can be read, whatever a client allows; 10,000 cameras take about 30 MB."""
SMALL_REPLY: Final = 2 * 2**20
"""Bytes of a reply that is one value, one item or a short list."""
MEDIUM_REPLY: Final = 16 * 2**20
"""Bytes of a reply that is a long list or a picture; other replies grow with the site."""
MAX_TAGS: Final = 24_000_000
"""Start and end tags of the largest reply: an element or an attribute takes 120 bytes, however short its name is."""
_COUNTED_FROM: Final = 40 * 2**20
"""Bytes from which tags are counted, which takes half as long as parsing; a smaller reply cannot hold too many."""
MAX_TEXT: Final = 10_000_000
"""Bytes of the longest single text, libxml2's own bound; replies that carry pictures may exceed it."""

_SOAP11: Final = "http://schemas.xmlsoap.org/soap/envelope/"
_SOAP12: Final = "http://www.w3.org/2003/05/soap-envelope"
_ENVELOPES: Final = {f"{{{namespace}}}Envelope": namespace for namespace in (_SOAP11, _SOAP12)}
_NIL: Final = f"{{{XMLSCHEMA_INSTANCE}}}nil"
_SAMPLE_LENGTH: Final = 80
_SAMPLE_CONTEXT: Final = 2000
_COUNTED_LINES: Final = 10_000
_PROLOG: Final = re.compile(rb"(?s)(?:\xef\xbb\xbf)?(?>\s++|<\?.*?\?>|<!--.*?-->)*+")
_LONGEST_PROLOG: Final = 64 * 2**10
"""Bytes of declarations, comments and blanks before the first element; XProtect writes 38 at most."""
_DOCUMENT_TYPE: Final = re.compile(rb"<!DOCTYPE", re.IGNORECASE)
_WEB_PAGE: Final = re.compile(rb"<(?:!DOCTYPE\s{1,100})?html\b", re.IGNORECASE)
_ILLEGAL_REFERENCE: Final = re.compile(
    rb"&#(?:"
    rb"0{1,10}+|0{0,9}+(?:[1-8]|1[124-9]|2[0-9]|3[01]|5529[6-9]|55[3-9]\d\d|56\d{3}|57[0-2]\d\d|573[0-3]\d|5734[0-3]|6553[45]"
    rb"|11141[2-9]\d|1114[2-9]\d\d|111411[2-9]|111[5-9]\d{3}|11[2-9]\d{4}|1[2-9]\d{5}|[2-9]\d{6}|[1-9]\d{7,9})"
    rb"|x(?:0{1,8}+|0{0,7}+(?:[1-8b-cB-Ce-fE-F]|1[0-9A-Fa-f]|[dD][89A-Fa-f][0-9A-Fa-f]{2}|[fF]{3}[eEfF]"
    rb"|1[1-9A-Fa-f][0-9A-Fa-f]{4}|[2-9A-Fa-f][0-9A-Fa-f]{5}|[1-9A-Fa-f][0-9A-Fa-f]{6,7}))"
    rb");"
)
"""References to characters that XML does not allow: control characters, surrogates, FFFE, FFFF, beyond 10FFFF.

Calling a function for each reference would take three times as long.
"""
_SLICE: Final = 64 * 2**10
"""Bytes that are searched at once; other threads get their turn in between."""
_LONGEST_REFERENCE: Final = 20
_REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}".encode()
_BORDER: Final = re.compile(rb"[\s<>]")
_TITLE: Final = re.compile(rb"<title>([^<]{1,200})", re.IGNORECASE)


@frozen
class Call(Generic[T_co]):
    """One SOAP operation, ready to send."""

    operation: str
    action: str
    """SOAPAction without its quotes."""
    body: bytes = field(repr=False)  # it may hold a token, which views of local variables would show
    _read: Callable[[bytes], T_co] = field(repr=False)
    max_reply: int | None = SMALL_REPLY
    """Bytes of the longest reply; None leaves it at what the client allows for any reply."""
    unreadable: dict[str, str] = field(factory=dict[str, str], init=False, repr=False, eq=False)
    """The values that `decode` could not read: the first of each kind, by kind."""

    def decode(self, body: bytes) -> T_co:
        """Return the result that the body of a reply holds.

        Raises the error that a fault stands for, or `RemoteProtocolError`; nothing else.
        """
        with noting(self.unreadable):
            return self._read(body)


@final
@frozen
class WithSource(Generic[T]):
    """A reader of a result that also needs the bytes that were parsed."""

    read: Callable[[Element | None, bytes], T]


Read: TypeAlias = Callable[[Element | None], T] | WithSource[T]


def call(
    operation: str,
    *,
    namespace: str,
    action: str,
    parameters: str,
    read: Read[T],
    prefix: str = "s",
    declaration: str = "",
    pictures: bool = False,
    max_reply: int | None = SMALL_REPLY,
) -> Call[T]:
    """Return a call whose parameters are already XML, in contract order.

    `read` gets what `result` returns, and the body if it is `WithSource`; it may raise `ValueError` and the like. With
    `pictures` texts may exceed `MAX_TEXT`.
    """
    content = f'<{operation} xmlns="{namespace}">{parameters}</{operation}>'
    if not parameters:
        content = f'<{operation} xmlns="{namespace}"/>'
    wrapped = f"<{prefix}:Body>{content}</{prefix}:Body>"
    envelope = f'<{prefix}:Envelope xmlns:{prefix}="{_SOAP11}">{wrapped}</{prefix}:Envelope>'
    decode = partial(_decode, operation=operation, namespace=namespace, read=read, pictures=pictures)
    return Call(operation, action, (declaration + envelope).encode(), decode, max_reply)


def parameter(name: str, text: str) -> str:
    """Write a parameter; an empty text as WCF does, `<name/>`."""
    try:
        return f"<{name}>{escape(text)}</{name}>" if text else f"<{name}/>"
    except LocalProtocolError as error:
        raise LocalProtocolError(f"{name}: {error.message}") from None


def nil_parameter(name: str) -> str:
    """Write a parameter that is null."""
    return f'<{name} i:nil="true" xmlns:i="{XMLSCHEMA_INSTANCE}"/>'


def _decode(body: bytes, *, operation: str, namespace: str, read: Read[T], pictures: bool) -> T:
    try:
        found = result(body, operation, namespace, pictures=pictures)
        return read.read(found, body) if isinstance(read, WithSource) else read(found)
    except MilestoneError as error:
        raise error.at(operation=operation) from error.__cause__
    except (ValueError, LookupError, ArithmeticError, TypeError, AttributeError) as error:
        what = redact(str(error))[:200]
        raise RemoteProtocolError(f"the reply does not follow the contract: {what}", operation=operation) from error


def nothing(element: Element | None) -> None:
    """Read the reply of an operation that returns nothing."""


def required(element: Element | None) -> Element:
    """Return the result of an operation that always has one; `RemoteProtocolError` without it."""
    if element is None:
        raise RemoteProtocolError("the reply contains no result")
    return element


def result(body: bytes, operation: str, namespace: str, *, pictures: bool = False) -> Element | None:
    """Return `<OpResult>` of a reply, `None` where it is nil or absent.

    Raises the error that a fault stands for, and `RemoteProtocolError` if this is not a reply to `operation`.
    """
    root = parse(body, operation=operation, pictures=pictures)
    envelope = _ENVELOPES.get(tag_of(root))
    if envelope is None:
        if local_name(root) == "html":
            raise _web_page(body, operation)
        raise RemoteProtocolError(
            f"expected a SOAP envelope, got <{local_name(root)[:100]}>", operation=operation, offset=0
        )
    content = root.find(f"{{{envelope}}}Body")
    if content is None:
        raise RemoteProtocolError("the SOAP envelope has no body", operation=operation)
    if (fault := content.find(f"{{{envelope}}}Fault")) is not None:
        raise fault_error(fault, operation)
    response = content.find(f"{{{namespace}}}{operation}Response")
    if response is None:
        names = ", ".join(local_name(child)[:100] for child in content[:3]) or "nothing"
        raise RemoteProtocolError(f"expected {operation}Response, got {names}", operation=operation)
    answer = response.find(f"{{{namespace}}}{operation}Result")
    if answer is None or answer.get(_NIL) in ("true", "1"):
        return None
    return answer


def parse(body: bytes, *, operation: str, pictures: bool = False) -> Element:
    """Parse a document within the bounds of this module. Raises `RemoteProtocolError`, which says where and why.

    Comments and processing instructions are dropped. It is read as UTF-8, whatever it declares: XProtect writes
    nothing else.
    """  # docs/protocol: recorder-envelope, docs/protocol: identity-bearer
    _check_outside(body, operation)
    try:
        root = _parse(body, pictures=pictures)
    except etree.XMLSyntaxError as error:
        legible = _legible(body)
        if legible is body:
            raise _not_well_formed(error, body, operation) from None
        return parse(legible, operation=operation, pictures=pictures)
    except (etree.LxmlError, ValueError, LookupError) as error:
        raise _unreadable(f"the reply cannot be read as XML: {type(error).__name__}", body, operation, 0) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise _unreadable("SOAP allows no document type", body, operation, 0)
    return root


def _parse(body: bytes, *, pictures: bool) -> Element:
    huge = pictures and len(body) > MAX_TEXT
    idle = _idle_parsers[huge]
    try:
        parser = idle.pop()
    except IndexError:
        parser = _new_parser(huge=huge)
    try:
        return etree.fromstring(body, parser)
    finally:
        etree.fromstring(b"<empty/>", parser)  # until it reads another document, it may hold a copy of the body
        if len(idle) < _MAX_IDLE_PARSERS:
            idle.append(parser)


def _new_parser(*, huge: bool) -> etree.XMLParser:
    return etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
        huge_tree=huge,
    )


_idle_parsers: Final[dict[bool, list[etree.XMLParser]]] = {False: [], True: []}
"""Parsers that no thread is using; freeing one together with a large tree takes a third of the parsing time."""
_MAX_IDLE_PARSERS: Final = 8


def _not_well_formed(error: etree.XMLSyntaxError, body: bytes, operation: str) -> RemoteProtocolError:
    offset = _offset(body, *error.position)
    reason = redact(str(error.msg)).strip()[:200]
    return _unreadable(f"the reply is not well-formed XML: {reason}", body, operation, offset)


def _legible(body: bytes) -> bytes:
    """Replace references to characters that XML does not allow; return the same object if there are none.

    .NET writes a control character in a text as `&#x1;`, which is not well-formed; it should cost no other alarm of the
    page.
    """
    if b"&#" not in body:
        return body
    slices: list[bytes] = []
    start = 0
    while start < len(body):
        end = start + _SLICE
        reference = body.rfind(b"&", end - _LONGEST_REFERENCE, end)
        end = end if reference < 0 else reference  # no slice ends within a reference
        slices.append(_ILLEGAL_REFERENCE.sub(_REPLACEMENT, body[start:end]))
        start = end
    legible = b"".join(slices)
    return body if legible == body else legible


def is_legal(number: int) -> bool:
    """Return whether XML allows the character of that number."""
    return number in (9, 10, 13) or 0x20 <= number < 0xD800 or 0xE000 <= number < 0xFFFE or 0xFFFF < number < 0x110000


def _check_outside(body: bytes, operation: str) -> None:
    if not body:
        raise RemoteProtocolError("the reply is empty", operation=operation, offset=0)
    if len(body) > MAX_BODY:
        raise ReplyTooLarge(
            f"a reply of {len(body)} bytes is too large; at most {MAX_BODY} are read", operation=operation
        )
    if len(body) > _COUNTED_FROM and body.count(b"<") + 2 * body.count(b"=") > MAX_TAGS:
        raise ReplyTooLarge(f"the reply has more than {MAX_TAGS} tags", operation=operation)
    start = _prolog_end(body)
    if start is None:
        raise _unreadable(f"more than {_LONGEST_PROLOG} bytes before the first element", body, operation, 0)
    if _WEB_PAGE.match(body, start):
        raise _web_page(body, operation)
    if _DOCUMENT_TYPE.match(body, start):
        raise _unreadable("SOAP allows no document type", body, operation, 0)


def _prolog_end(body: bytes) -> int | None:
    """Return where the first element or the document type begins; `None` if that is too far away."""
    prolog = _PROLOG.match(body, 0, _LONGEST_PROLOG)
    end = prolog.end() if prolog else 0
    goes_on = end == _LONGEST_PROLOG or body.startswith((b"<?", b"<!--"), end)
    return None if goes_on and len(body) > _LONGEST_PROLOG else end


def _web_page(body: bytes, operation: str) -> RemoteProtocolError:
    title = _TITLE.search(body, 0, 10_000)
    named = f", titled {redact(title[1].decode('utf-8', 'replace').strip())!r}" if title else ""
    return RemoteProtocolError(
        f"expected a reply of XProtect, got a web page{named}",
        operation=operation,
        offset=0,
        sample=_sample(body, 0),
        hint="check host, port and scheme, and whether a proxy answers instead of the server",
    )


def _unreadable(message: str, body: bytes, operation: str, offset: int | None) -> RemoteProtocolError:
    sample = None if offset is None else _sample(body, offset)
    return RemoteProtocolError(message, operation=operation, offset=offset, sample=sample)


def _offset(body: bytes, line: int, column: int) -> int | None:
    """Return the offset of line and column, both from 1; `None` if counting the lines would take long."""
    if line > _COUNTED_LINES:
        return None
    start = 0
    for _ in range(line - 1):
        start = body.find(b"\n", start) + 1
    return min(start + max(column - 1, 0), len(body))


def _sample(body: bytes, offset: int) -> str:
    """Return the text around an offset without secrets, which are searched for in a wider range than is shown."""
    start = max(offset - _SAMPLE_CONTEXT, 0)
    if start and (border := _BORDER.search(body, start, offset)):
        start = border.start()
    before = redact(body[start:offset].decode("utf-8", "replace"))
    whole = redact(body[start : offset + _SAMPLE_CONTEXT].decode("utf-8", "replace"))
    shown = max(len(before) - _SAMPLE_LENGTH // 2, 0)
    return whole[shown : shown + _SAMPLE_LENGTH]
