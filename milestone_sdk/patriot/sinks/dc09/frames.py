r"""Frames of ANSI/SIA DC-09: messages to bytes, and bytes to the answers of a receiver; no input or output.

A message, with what is optional in parentheses, is one frame from a line feed to a carriage return::

    \n <crc> 0<length> "<token>" <sequence> (R<receiver>) L<line> #<account> [<data>] ([<more>]) (_<timestamp>) \r

With a key, everything after the first bracket is encrypted by AES in CBC mode with an initialization vector of zeros,
and written as hexadecimal digits; the token then begins with `*`.
"""

import re
import secrets
import string
from datetime import UTC, datetime
from typing import Final, Literal

from attrs import frozen
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from ....errors import RemoteProtocolError

__all__ = ["Answer", "AnswerReader", "Message", "crc16", "encode", "timestamp"]

AnswerKind = Literal["ACK", "NAK", "DUH", "RSP"]

_BLOCK: Final = 16
_NO_VECTOR: Final = bytes(_BLOCK)
_PADDING: Final = "".join(sorted({*string.digits, *string.ascii_letters, *string.punctuation} - {*"|[]"}))
_LONGEST_ANSWER: Final = 2048
_TIME: Final = "%H:%M:%S,%m-%d-%Y"
_ANSWER: Final = re.compile(rb'"(\*?)(ACK|NAK|DUH|RSP)"(\d{4})[^"\[\]]*\[(.*)', re.DOTALL)
_REST: Final = re.compile(r"[^\[\]]*\](?:\[[^\[\]]*\])*(?:_(\d\d:\d\d:\d\d,\d\d-\d\d-\d{4}))?", re.ASCII)


@frozen
class Message:
    """One message; `token` is `SIA-DCS`, `ADM-CID` or `NULL`, `data` is what its first brackets contain."""

    token: str
    account: str
    data: str = ""
    extended: tuple[str, ...] = ()
    """What further brackets contain, each beginning with the letter that says what it is."""


@frozen
class Answer:
    """An answer of the receiver: acknowledged (`ACK`, `RSP`), not understood (`NAK`), refused (`DUH`)."""

    kind: AnswerKind
    sequence: int
    time: datetime | None = None
    """The receiver's clock in UTC, if it sent it."""


def crc16(data: bytes) -> int:
    """Return the CRC-16 of DC-09: polynomial 0x8005, bits reversed, start 0, also known as CRC-16/ARC."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc


def timestamp(time: datetime) -> str:
    """Return a time in the form that DC-09 uses, in UTC and whole seconds."""
    # Not by strftime(), which writes the year 300 with three digits.
    time = time.astimezone(UTC)
    return f"{time:%H:%M:%S,%m-%d}-{time.year:04}"


def encode(
    message: Message,
    sequence: int,
    *,
    receiver: str = "",
    line: str = "0",
    time: datetime | None = None,
    key: bytes | None = None,
    encoding: str = "ascii",
) -> bytes:
    """Return the frame of a message. Every string must be clean: no brackets, no control characters."""
    head = f"{sequence:04}{f'R{receiver}' if receiver else ''}L{line}#{message.account}["
    more = "".join(f"[{each}]" for each in message.extended)
    rest = f"{message.data}]{more}{f'_{timestamp(time)}' if time else ''}"
    if key is None:
        return _frame(f'"{message.token}"{head}{rest}'.encode(encoding))
    content = f"|{rest}".encode(encoding)
    padding = "".join(secrets.choice(_PADDING) for _ in range(_BLOCK - len(content) % _BLOCK))
    encryptor = Cipher(AES(key), CBC(_NO_VECTOR)).encryptor()
    secret = encryptor.update(padding.encode("ascii") + content) + encryptor.finalize()
    return _frame(f'"*{message.token}"{head}{secret.hex().upper()}'.encode("ascii"))


def _frame(body: bytes) -> bytes:
    return b"\n%04X%04X%b\r" % (crc16(body), len(body), body)


class AnswerReader:
    """Reads answers from the bytes of a connection, however they are split.

    With `key`, an acknowledgement must be encrypted: anyone on the way could write another one.
    """

    def __init__(self, key: bytes | None = None) -> None:
        self._key = key
        self._received = bytearray()

    def feed(self, data: bytes) -> None:
        """Take bytes that were received."""
        self._received += data

    def next_answer(self) -> Answer | None:
        """Return the next answer, `None` until it is complete.

        Raises `RemoteProtocolError` for a frame that cannot be read; the answers after it can be. Nothing can be read
        after a frame that is too long: it is raised again by every call.
        """
        end = self._received.find(b"\r", 0, _LONGEST_ANSWER + 1)
        if end < 0:
            if len(self._received) <= _LONGEST_ANSWER:
                return None
            del self._received[_LONGEST_ANSWER + 1 :]
            raise RemoteProtocolError(f"the answer has more than {_LONGEST_ANSWER} bytes")
        frame = bytes(self._received[:end])
        del self._received[: end + 1]
        return self._parse(frame[frame.rfind(b"\n") + 1 :])  # a frame that was cut is followed by a new one

    def _parse(self, frame: bytes) -> Answer:
        body = frame[8:]
        if not re.fullmatch(rb"[0-9A-Fa-f]{8}", frame[:8]) or int(frame[4:8], 16) != len(body):
            raise RemoteProtocolError("the answer is cut, or its length is wrong", sample=ascii(frame[:64]))
        if int(frame[:4], 16) != crc16(body):
            raise RemoteProtocolError("the answer has a wrong CRC", sample=ascii(frame[:64]))
        found = _ANSWER.fullmatch(body)
        if found is None:
            raise RemoteProtocolError("the answer is neither ACK, NAK, DUH nor RSP", sample=ascii(frame[:64]))
        encrypted, kind, sequence, rest = found.groups()
        if encrypted:
            rest = self._decrypt(rest)
        elif self._key is not None and kind in (b"ACK", b"RSP"):
            raise RemoteProtocolError("the acknowledgement of an encrypted message is not encrypted")
        tail = _REST.fullmatch(rest.decode("latin-1"))
        if tail is None:
            raise RemoteProtocolError("the content of the answer cannot be read", sample=ascii(frame[:64]))
        names: dict[bytes, AnswerKind] = {b"ACK": "ACK", b"NAK": "NAK", b"DUH": "DUH", b"RSP": "RSP"}
        return Answer(names[kind], int(sequence), _read_time(tail[1]))

    def _decrypt(self, digits: bytes) -> bytes:
        if self._key is None or len(digits) % (2 * _BLOCK) or not re.fullmatch(rb"[0-9A-Fa-f]+", digits):
            raise RemoteProtocolError("the encrypted answer cannot be decrypted")
        decryptor = Cipher(AES(self._key), CBC(_NO_VECTOR)).decryptor()
        return decryptor.update(bytes.fromhex(digits.decode("ascii"))) + decryptor.finalize()


def _read_time(text: str | None) -> datetime | None:
    try:
        return None if text is None else datetime.strptime(text, _TIME).replace(tzinfo=UTC)
    except ValueError:
        return None  # one bad value: the answer counts all the same
