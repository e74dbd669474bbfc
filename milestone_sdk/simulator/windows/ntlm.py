"""NTLM on the server side: it gives a challenge and checks the answer ([MS-NLMP] 2.2, 3.2.5).

Strict where Windows is lenient, because it judges a client: only version 2, in Unicode, with 128-bit extended session
security, a timestamp taken from the challenge, and an integrity code (MIC) over all three messages.
"""

import hmac
import struct
from collections.abc import Callable
from datetime import UTC, datetime

from attrs import define, field, frozen

from milestone_sdk.simulator.windows.ntlmcrypto import SecureChannel, hmac_md5, nt_response_key, rc4

__all__ = ["Acceptor", "Identity", "NtlmError", "Proof", "is_ntlm"]

_SIGNATURE = b"NTLMSSP\0"
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_MAXIMUM = 16 << 10

UNICODE, REQUEST_TARGET, SIGN, SEAL = 0x1, 0x4, 0x10, 0x20
NTLM, ALWAYS_SIGN, TARGET_SERVER = 0x200, 0x8000, 0x20000
EXTENDED_SECURITY, TARGET_INFO, VERSION = 0x80000, 0x800000, 0x2000000
KEY_128, KEY_EXCHANGE, KEY_56 = 0x20000000, 0x40000000, 0x80000000
_DEMANDED = UNICODE | NTLM | EXTENDED_SECURITY | KEY_128
_TAKEN_OVER = SIGN | SEAL | KEY_EXCHANGE | KEY_56 | KEY_128
_GIVEN = UNICODE | REQUEST_TARGET | NTLM | ALWAYS_SIGN | TARGET_SERVER | EXTENDED_SECURITY | TARGET_INFO | VERSION

NB_COMPUTER, NB_DOMAIN, DNS_COMPUTER, DNS_DOMAIN, FLAGS, TIMESTAMP, TARGET_NAME, BINDINGS = 1, 2, 3, 4, 6, 7, 9, 10
_HAS_MIC = 0x2


class NtlmError(Exception):
    """A message that the server does not accept, and why."""


def is_ntlm(token: bytes, kind: int | None = None) -> bool:
    """Whether a token is a bare NTLM message: any, or of type 1 (negotiate) or 3 (authenticate)."""
    return token.startswith(_SIGNATURE) and (kind is None or token[8:12] == struct.pack("<I", kind))


@frozen
class Identity:
    """The names of a client exactly as sent."""

    domain: str
    user: str
    workstation: str


@frozen
class Proof:
    """A client that proved its password: its session key, and what it bound the login to."""

    identity: Identity
    session_key: bytes = field(repr=False)
    bindings: bytes
    """MD5 of the channel bindings; sixteen zeros or nothing where it gave none."""
    target_name: str

    @property
    def from_client(self) -> SecureChannel:
        """Signs messages of the client."""
        return SecureChannel(self.session_key, from_client=True)

    @property
    def from_server(self) -> SecureChannel:
        """Signs messages of the server."""
        return SecureChannel(self.session_key, from_client=False)


def _pair(kind: int, value: bytes) -> bytes:
    return struct.pack("<HH", kind, len(value)) + value


def _pairs(data: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    at = 0
    while True:
        if at + 4 > len(data):
            raise NtlmError("the list of attributes has no end")
        kind, size = struct.unpack_from("<HH", data, at)
        if kind == 0:
            return found
        if at + 4 + size > len(data) or kind in found:
            raise NtlmError("the list of attributes is broken")
        found[kind] = data[at + 4 : at + 4 + size]
        at += 4 + size


def _field(message: bytes, at: int) -> bytes:
    size, _, offset = struct.unpack_from("<HHI", message, at)
    if offset + size > len(message):
        raise NtlmError("a field lies outside the message")
    return message[offset : offset + size]


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-16-le")
    except UnicodeDecodeError as error:
        raise NtlmError("a name is not UTF-16") from error


@define
class Acceptor:
    """One handshake: `challenge`, then `verify`."""

    computer: str
    domain: str
    now: datetime
    nonce: bytes
    """Eight bytes that no other handshake has."""
    _negotiate: bytes = b""
    _challenge: bytes = b""

    def challenge(self, negotiate: bytes) -> bytes:
        """The answer to a NEGOTIATE message ([MS-NLMP] 2.2.1.1, 2.2.1.2)."""
        if not is_ntlm(negotiate, 1) or not 16 <= len(negotiate) <= _MAXIMUM:
            raise NtlmError("not a NEGOTIATE message")
        (wanted,) = struct.unpack_from("<I", negotiate, 12)
        if wanted & _DEMANDED != _DEMANDED:
            raise NtlmError(f"the client does not offer the required flags: {wanted:#x}")
        self._negotiate = negotiate
        name = self.computer.encode("utf-16-le")
        info = self._target_info()
        head = 56
        self._challenge = (
            _SIGNATURE
            + struct.pack("<IHHI", 2, len(name), len(name), head)
            + struct.pack("<I8s8x", wanted & _TAKEN_OVER | _GIVEN, self.nonce)
            + struct.pack("<HHI", len(info), len(info), head + len(name))
            + struct.pack("<BBH3xB", 10, 0, 17763, 15)
            + name
            + info
        )
        return self._challenge

    @property
    def _timestamp(self) -> bytes:
        return struct.pack("<Q", int((self.now - _EPOCH).total_seconds() * 10**7))

    def _target_info(self) -> bytes:
        names = (
            (NB_DOMAIN, self.domain),
            (NB_COMPUTER, self.computer),
            (DNS_DOMAIN, f"{self.domain.lower()}.example"),
            (DNS_COMPUTER, f"{self.computer.lower()}.{self.domain.lower()}.example"),
        )
        pairs = b"".join(_pair(kind, value.encode("utf-16-le")) for kind, value in names)
        return pairs + _pair(TIMESTAMP, self._timestamp) + _pair(0, b"")

    def verify(self, authenticate: bytes, password_of: Callable[[Identity], str | None]) -> Proof:
        """Check an AUTHENTICATE message ([MS-NLMP] 2.2.1.3); raises NtlmError with the reason."""
        if not self._challenge:
            raise NtlmError("an AUTHENTICATE message without a challenge on this connection")
        if not is_ntlm(authenticate, 3) or not 88 <= len(authenticate) <= _MAXIMUM:
            raise NtlmError("not an AUTHENTICATE message with an integrity code")
        domain, user, workstation = (_text(_field(authenticate, at)) for at in (28, 36, 44))
        identity = Identity(domain, user, workstation)
        response = _field(authenticate, 20)
        (flags,) = struct.unpack_from("<I", authenticate, 60)
        if flags & _DEMANDED != _DEMANDED:
            raise NtlmError(f"the client withdrew required flags: {flags:#x}")
        attributes = self._attributes(response)
        password = password_of(identity)
        if password is None:
            raise NtlmError(f"no Windows user {identity}")
        key = nt_response_key(password, user, domain)
        if not hmac.compare_digest(hmac_md5(key, self.nonce + response[16:]), response[:16]):
            raise NtlmError("wrong password")
        session_key = self._session_key(hmac_md5(key, response[:16]), flags, _field(authenticate, 52))
        self._check_integrity(authenticate, session_key)
        return Proof(identity, session_key, attributes.get(BINDINGS, b""), _text(attributes.get(TARGET_NAME, b"")))

    def _attributes(self, response: bytes) -> dict[int, bytes]:
        """What the client repeats and adds in an NTLM version 2 response ([MS-NLMP] 2.2.2.7)."""
        if len(response) < 48 or response[16:18] != b"\x01\x01":
            raise NtlmError("not an NTLM version 2 response")
        if response[24:32] != self._timestamp:
            raise NtlmError("the response does not repeat the time of the challenge")
        attributes = _pairs(response[44:])
        for kind, value in _pairs(self._target_info()).items():
            if attributes.get(kind) != value:
                raise NtlmError(f"attribute {kind} of the challenge is not repeated")
        if not int.from_bytes(attributes.get(FLAGS, b""), "little") & _HAS_MIC:
            raise NtlmError("the client gives no integrity code")
        return attributes

    @staticmethod
    def _session_key(base: bytes, flags: int, encrypted: bytes) -> bytes:
        if not (flags & KEY_EXCHANGE and flags & (SIGN | SEAL)):
            return base
        if len(encrypted) != 16:
            raise NtlmError("the session key has the wrong length")
        return rc4(base, encrypted)

    def _check_integrity(self, authenticate: bytes, session_key: bytes) -> None:
        blank = authenticate[:72] + bytes(16) + authenticate[88:]
        code = hmac_md5(session_key, self._negotiate + self._challenge + blank)
        if not hmac.compare_digest(code, authenticate[72:88]):
            raise NtlmError("the integrity code is wrong")
