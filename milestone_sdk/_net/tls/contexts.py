"""TLS as a client of servers whose certificates an authority signed; TLS 1.2 or later."""

import ssl
import sys
from functools import cache
from pathlib import Path
from typing import Final

__all__ = ["authority_context", "system_context"]

_HAS_OWN_VERIFIER: Final = sys.platform in ("win32", "darwin")
"""Windows fetches authorities when they are needed, and macOS keeps them where OpenSSL does not look: a list of what is
there now lacks most of them. There, truststore has the system itself verify the certificate."""


@cache
def system_context() -> ssl.SSLContext:
    """Return a context that trusts what the operating system trusts. There is one, since reading that takes long."""
    if not _HAS_OWN_VERIFIER:
        return _context(None)
    import truststore

    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def authority_context(file: Path) -> ssl.SSLContext:
    """Return a context that trusts what chains to a certificate in a PEM file. Raises `OSError`, `ValueError`."""
    context = _context(file)
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN  # so that no root is needed
    return context


def _context(file: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
