"""The arithmetic of NTLM ([MS-NLMP] 3.3.2, 3.4), written here so that the simulator judges clients on its own.

MD4 and RC4 are broken and are here for nothing but NTLM, which is defined by them; hashlib often lacks both.
"""

import hashlib
import hmac
import struct

__all__ = ["SecureChannel", "hmac_md5", "md4", "nt_response_key", "rc4"]

_MASK = 0xFFFFFFFF


def _rotate(value: int, by: int) -> int:
    value &= _MASK
    return (value << by | value >> 32 - by) & _MASK


def md4(data: bytes) -> bytes:
    """The MD4 digest (RFC 1320)."""
    padded = data + b"\x80" + bytes((55 - len(data)) % 64) + struct.pack("<Q", len(data) * 8)
    state: tuple[int, ...] = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476)
    for block in struct.iter_unpack("<16I", padded):
        state = tuple(before + after & _MASK for before, after in zip(state, _md4_block(state, block), strict=True))
    return struct.pack("<4I", *state)


_ROUNDS = (
    (0x00000000, (3, 7, 11, 19), (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)),
    (0x5A827999, (3, 5, 9, 13), (0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15)),
    (0x6ED9EBA1, (3, 9, 11, 15), (0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15)),
)


def _md4_block(state: tuple[int, ...], block: tuple[int, ...]) -> tuple[int, ...]:
    a, b, c, d = state
    for number, (constant, shifts, order) in enumerate(_ROUNDS):
        for step, index in enumerate(order):
            mixed = (b & c | ~b & d, b & c | b & d | c & d, b ^ c ^ d)[number]
            a, b, c, d = d, _rotate(a + mixed + block[index] + constant, shifts[step % 4]), b, c
    return a, b, c, d


class _RC4:
    """A running RC4 key stream."""

    def __init__(self, key: bytes) -> None:
        self._state = state = list(range(256))
        self._i = self._j = j = 0
        for i in range(256):
            j = (j + state[i] + key[i % len(key)]) % 256
            state[i], state[j] = state[j], state[i]

    def apply(self, data: bytes) -> bytes:
        state, out = self._state, bytearray()
        for byte in data:
            self._i = (self._i + 1) % 256
            self._j = (self._j + state[self._i]) % 256
            state[self._i], state[self._j] = state[self._j], state[self._i]
            out.append(byte ^ state[(state[self._i] + state[self._j]) % 256])
        return bytes(out)


def rc4(key: bytes, data: bytes) -> bytes:
    """Encrypt or decrypt with RC4."""
    return _RC4(key).apply(data)


def hmac_md5(key: bytes, data: bytes) -> bytes:
    """HMAC-MD5, with which NTLM version 2 proves and protects everything."""
    return hmac.new(key, data, hashlib.md5).digest()


def nt_response_key(password: str, user: str, domain: str) -> bytes:
    """NTOWFv2: what an NTLM version 2 response is keyed with ([MS-NLMP] 3.3.2)."""
    return hmac_md5(md4(password.encode("utf-16-le")), (user.upper() + domain).encode("utf-16-le"))


class SecureChannel:
    """Signs and seals in one direction after a handshake, with extended session security and a 128-bit key (3.4)."""

    def __init__(self, session_key: bytes, *, from_client: bool, key_exchange: bool = True) -> None:
        way = "client-to-server" if from_client else "server-to-client"

        def key(use: str) -> bytes:
            return hashlib.md5(session_key + f"session key to {way} {use} key magic constant\0".encode()).digest()

        self.signing_key: bytes = key("signing")
        self.sealing_key: bytes = key("sealing")
        self._stream = _RC4(self.sealing_key)
        self._key_exchange = key_exchange
        self._number = 0

    def sign(self, message: bytes) -> bytes:
        """The signature of a message; the message goes on in clear."""
        number = struct.pack("<I", self._number)
        self._number += 1
        checksum = hmac_md5(self.signing_key, number + message)[:8]
        return b"\x01\0\0\0" + (self._stream.apply(checksum) if self._key_exchange else checksum) + number

    def seal(self, message: bytes) -> tuple[bytes, bytes]:
        """A message encrypted, and its signature."""
        return self._stream.apply(message), self.sign(message)
