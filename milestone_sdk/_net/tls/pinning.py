"""TLS that accepts given certificates only, whatever their issuer, names and dates.

OpenSSL has no such check, so it verifies nothing here, and the fingerprint is compared where the handshake ends: inside
the handshake call itself, before the caller has anything to write to.
"""

import re
import ssl
from collections.abc import Callable
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from ...errors import ConfigurationError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

__all__ = ["UnpinnedCertificate", "fingerprint_of", "pinned_context", "read_fingerprint"]

_FORM: Final = re.compile(r"sha256:([0-9a-f]{64}|[0-9a-f]{2}(?::[0-9a-f]{2}){31})", re.IGNORECASE)
_SHA1_DIGITS: Final = 40
_LONGEST_SHOWN: Final = 120
_RIGHT_FORM: Final = (
    "write sha256: and the 64 hexadecimal digits of the certificate's SHA-256 fingerprint, in pairs with colons "
    "between as openssl x509 -noout -fingerprint -sha256 shows them, or without: Trust.pinned('sha256:3F:9A:...')"
)


class UnpinnedCertificate(ssl.SSLCertVerificationError):
    """The server showed a certificate that is not pinned: `certificate`, in DER form."""

    def __init__(self, certificate: bytes) -> None:
        super().__init__(1, "the certificate is not pinned")
        self.verify_code = 0
        self.verify_message = "the certificate is not pinned"
        self.certificate = certificate


def fingerprint_of(certificate: bytes) -> str:
    """Return the SHA-256 fingerprint of a certificate in DER form, as `sha256:AA:BB:...`."""
    return _written(sha256(certificate).digest())


def read_fingerprint(text: str) -> str:
    """Return a fingerprint in the form of `fingerprint_of`. Raises `ConfigurationError`, which shows the right form."""
    found = _FORM.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is not None:
        return _written(bytes.fromhex(found[1].replace(":", "")))
    reason = "is not a SHA-256 fingerprint"
    if isinstance(text, str) and re.fullmatch(rf"(?:[0-9a-f][\s:]*){{{_SHA1_DIGITS}}}", text.strip(), re.IGNORECASE):
        reason = "has 40 digits, so it is a SHA-1 fingerprint, which Windows calls the thumbprint"
    raise ConfigurationError(f"fingerprint {repr(text)[:_LONGEST_SHOWN]} {reason}", hint=_RIGHT_FORM)


def _written(digest: bytes) -> str:
    return f"sha256:{digest.hex(':').upper()}"


def pinned_context(fingerprints: frozenset[str]) -> ssl.SSLContext:
    """Return a client's context that accepts exactly these leaf certificates; TLS 1.2 or later.

    Without fingerprints it accepts none: the handshake raises `UnpinnedCertificate` with the server's, and nothing is
    sent.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION  # the certificate is checked once

    def check(certificate: bytes | None) -> None:
        if certificate is None or fingerprint_of(certificate) not in fingerprints:
            raise UnpinnedCertificate(certificate or b"")

    # A plain SSLContext with classes of our own, not a subclass: anyio runs any other kind in a thread.
    context.sslsocket_class, context.sslobject_class = _checking_classes(check)
    return context


def _checking_classes(check: Callable[[bytes | None], None]) -> tuple[type[ssl.SSLSocket], type[ssl.SSLObject]]:
    """Return the kinds of TLS connection whose handshake ends with `check`.

    OpenSSL makes the handshake by itself when a caller writes before it, so a write makes it here.
    """

    class CheckedSocket(ssl.SSLSocket):
        _checked = False

        def do_handshake(self, block: bool = False) -> None:
            super().do_handshake(block)
            check(self.getpeercert(binary_form=True))
            self._checked = True

        def send(self, data: "ReadableBuffer", flags: int = 0) -> int:
            if not self._checked:
                self.do_handshake()
            return super().send(data, flags)

        def write(self, data: "ReadableBuffer") -> int:
            return self.send(data)

    class CheckedObject(ssl.SSLObject):
        _checked = False

        def do_handshake(self) -> None:
            super().do_handshake()
            check(self.getpeercert(binary_form=True))
            self._checked = True

        def write(self, data: "ReadableBuffer") -> int:
            if not self._checked:
                self.do_handshake()
            return super().write(data)

    return CheckedSocket, CheckedObject
