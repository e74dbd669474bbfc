"""Generic events: a text over TCP or UDP, and the echo that a data source sends back (protocol/alarms.md 5.5)."""

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
"""Octets of an echo beyond the text itself."""
_NO_ACCESS: Final = "no access"
_STATISTICS: Final = re.compile(r"\s*(\d{1,10}),(\d{1,10}),(\d{1,10})(?:,([^\r\n]*))?(\r|\n)?", re.ASCII)


def encode(text: str, source: GenericEventSource) -> bytes:
    """Return the octets of one event, without the separator that ends it on TCP.

    Raises `LocalProtocolError` for a text that is empty, that the source's encoding or a datagram cannot hold, or that
    the source would take for several events; `ConfigurationError` for an encoding that does not exist.
    """
    if not text:
        raise LocalProtocolError("a generic event needs a text")
    _check_encoding(source.encoding)
    try:
        octets = text.encode(source.encoding)
    except UnicodeError as error:
        raise LocalProtocolError(f"the text does not fit into {source.encoding}: {error}") from None
    if source.protocol == "udp" and len(octets) > _LARGEST_DATAGRAM:
        raise LocalProtocolError(f"{len(octets)} octets do not fit into a datagram; {_LARGEST_DATAGRAM} do")
    if source.protocol == "tcp" and source.separator and source.separator in octets:
        raise LocalProtocolError("the text holds the separator: the server would take it for several events")
    return octets


def _check_encoding(name: str) -> None:
    """Raise `ConfigurationError` unless any text can be tried in this encoding, and any echo be read by it.

    Python has codecs for other purposes, such as host names (`idna`), that fail on both in ways of their own.
    """
    try:
        bytes(range(256)).decode(name, "replace")
        "".encode(name)
    except (LookupError, ValueError, TypeError):
        raise ConfigurationError(
            f"{name!r} is not an encoding of text", hint="cp1252 for code page 1252, utf-8 for 65001"
        ) from None


class EchoReader:
    """Takes what a source sends back on one TCP connection for one event.

    `complete` says that no more has to come, `plausible` that what came may already be all: no mark ends the statistics
    that a source without separator writes.
    """

    def __init__(self, source: GenericEventSource, sent: bytes) -> None:
        self._source = source
        self._sent = sent
        self._received = bytearray()
        begun = self._decoded(sent)[: len(_NO_ACCESS)]
        self._refuses = source.echo != "full" or not _NO_ACCESS.startswith(begun)
        self.complete = source.echo == "none" or (source.echo == "statistics" and not source.separator)
        """A text that only the end of the connection ends cannot be counted before it."""
        self.plausible = False

    def receive(self, data: bytes) -> None:
        """Take some octets. Raises `PermissionDenied`, and `RemoteProtocolError` for what is no such echo."""
        self._received += data
        if len(self._received) > len(self._sent) + _MAX_ECHO:
            raise RemoteProtocolError(f"an echo of more than {_MAX_ECHO} octets")
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
        """Return what was sent back. Raises `ConnectionLost` if that is too little."""
        if not self.complete and not self.plausible:
            raise ConnectionLost("the connection ended before the echo did; the event may have been taken all the same")
        if not self._received:
            return GenericEventReceipt()
        statistics = self._statistics() if self._source.echo == "statistics" else None
        return GenericEventReceipt(echo=bytes(self._received), statistics=statistics)

    def _decoded(self, octets: bytes | bytearray) -> str:
        return octets.decode(self._source.encoding, "replace").casefold()

    def _compare(self) -> None:
        length = min(len(self._received), len(self._sent))
        if bytes(self._received[:length]) != self._sent[:length]:
            raise RemoteProtocolError("the echo is not what was sent: is the data source set to another echo?")
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
