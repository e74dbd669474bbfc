"""Generic events: a text over TCP or UDP, and the echo that a data source sends back."""
# docs/protocol: events-generic

import re
from typing import Final

from ...errors import (
    ConfigurationError,
    ConnectionLost,
    LocalProtocolError,
    PermissionDenied,
    RemoteProtocolError,
)
from ...models.events import GenericEventReceipt, GenericEventSource, GenericEventStatistics

__all__ = ["EchoReader", "encode"]

_LARGEST_DATAGRAM: Final = 65_507
_MAX_ECHO: Final = 64 * 1024
"""Bytes of an echo beyond the text itself."""
_NO_ACCESS: Final = "no access"
_STATISTICS: Final = re.compile(r"\s*(\d{1,10}),(\d{1,10}),(\d{1,10})(?:,([^\r\n]*))?(\r|\n)?", re.ASCII)


def encode(text: str, source: GenericEventSource) -> bytes:
    """Return the bytes of one event, without the separator that ends it on TCP.

    Raises `LocalProtocolError` for a text that is empty, does not fit into the source's encoding or a datagram, or
    contains the separator; `ConfigurationError` for an encoding that does not exist.
    """
    if not text:
        raise LocalProtocolError("text must not be empty")
    if not _encodes_text(source.encoding):
        raise ConfigurationError(
            f"encoding {source.encoding!r} is unknown", hint="cp1252 for code page 1252, utf-8 for 65001"
        )
    try:
        encoded = text.encode(source.encoding)
    except UnicodeError as error:
        raise LocalProtocolError(f"text cannot be encoded as {source.encoding}: {error}") from None
    if source.protocol == "udp" and len(encoded) > _LARGEST_DATAGRAM:
        raise LocalProtocolError(f"the text has {len(encoded)} bytes; a datagram holds {_LARGEST_DATAGRAM}")
    if source.protocol == "tcp" and source.separator and source.separator in encoded:
        raise LocalProtocolError("the text contains the separator: the server would read it as several events")
    return encoded


def _encodes_text(name: str) -> bool:
    """Whether this is an encoding of any text: Python has others."""
    try:
        bytes(range(256)).decode(name, "replace")  # `idna` refuses
        return "xy".encode(name).startswith("x".encode(name))  # `punycode` ends every text with a hyphen
    except (LookupError, ValueError, TypeError):
        return False


class EchoReader:
    """Reads what a source sends back on one TCP connection for one event.

    `complete` says that the echo has ended, `plausible` that it may have: without a separator nothing marks the end of
    statistics.
    """

    def __init__(self, source: GenericEventSource, sent: bytes) -> None:
        self._source = source
        self._sent = sent
        self._received = bytearray()
        begun = self._decoded(sent)[: len(_NO_ACCESS)]
        self._refuses = source.echo != "full" or not _NO_ACCESS.startswith(begun)
        self.complete = source.echo == "none" or (source.echo == "statistics" and not source.separator)
        """Statistics come after the text, which without a separator only the end of the connection ends."""
        self.plausible = False

    def receive(self, data: bytes) -> None:
        """Add bytes. Raises `PermissionDenied`, and `RemoteProtocolError` for anything but such an echo."""
        self._received += data
        if len(self._received) > len(self._sent) + _MAX_ECHO:
            raise RemoteProtocolError(f"the echo has more than {_MAX_ECHO} bytes")
        text = self._decoded(self._received)
        if self._refuses and text.startswith(_NO_ACCESS):
            raise PermissionDenied(
                "No access: this computer may not send to this data source of generic events",
                hint="add its address to the data source, under Options, Generic Events in the Management Client",
            )
        if self._refuses and _NO_ACCESS.startswith(text):
            return
        if self._source.echo == "full":
            self._compare()
        else:
            self._count(text)

    def receipt(self) -> GenericEventReceipt:
        """Return what was sent back. Raises `ConnectionLost` if the echo is not complete."""
        if not self.complete and not self.plausible:
            raise ConnectionLost("the connection ended before the echo; the event may have been accepted nevertheless")
        if not self._received:
            return GenericEventReceipt()
        statistics = self._statistics() if self._source.echo == "statistics" else None
        return GenericEventReceipt(echo=bytes(self._received), statistics=statistics)

    def _decoded(self, data: bytes | bytearray) -> str:
        return data.decode(self._source.encoding, "replace").casefold()

    def _compare(self) -> None:
        length = min(len(self._received), len(self._sent))
        if bytes(self._received[:length]) != self._sent[:length]:
            raise RemoteProtocolError("the echo differs from what was sent: the data source may be set to another echo")
        self.complete = length == len(self._sent)

    def _count(self, text: str) -> None:
        found = _STATISTICS.match(text)
        self.plausible = found is not None
        ended = found is not None and found[5] is not None
        self.complete = ended or (self.plausible and self._received.endswith(self._source.separator))

    def _statistics(self) -> GenericEventStatistics:
        found = _STATISTICS.match(self._received.decode(self._source.encoding, "replace"))
        assert found is not None, "plausible"
        event = (found[4] or "").removesuffix(self._source.separator.decode(self._source.encoding, "replace"))
        request, characters, matches = (int(found[place]) for place in (1, 2, 3))
        return GenericEventStatistics(request=request, characters=characters, matches=matches, event=event or None)
