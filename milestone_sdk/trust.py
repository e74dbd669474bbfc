"""Which certificates are believed."""

import ssl
from functools import cached_property
from pathlib import Path
from typing import Self

from .errors import ConfigurationError

__all__ = ["Trust"]


class Trust:
    """What a server's certificate must chain to; names are always checked.

    `Trust.system()` believes what the operating system believes, `Trust.ca_file(path)` the authorities in one PEM
    file, which is what a site with certificates of its own needs.
    """

    def __init__(self, *, authorities: Path | None = None) -> None:
        self._authorities = authorities

    @classmethod
    def system(cls) -> Self:
        """Believe what the operating system believes."""
        return cls()

    @classmethod
    def ca_file(cls, path: str | Path) -> Self:
        """Believe the authorities in one PEM file. Raises `ConfigurationError` if it cannot be read as such."""
        trust = cls(authorities=Path(path))
        _ = trust.context
        return trust

    @cached_property
    def context(self) -> ssl.SSLContext:
        """The SSL context, made once: TLS 1.2 or later, certificate and name checked."""
        if self._authorities is None:
            return ssl.create_default_context()
        try:
            return ssl.create_default_context(cafile=self._authorities)
        except (OSError, ssl.SSLError) as error:
            raise ConfigurationError(
                f"{self._authorities} holds no certificates that can be read: {error}",
                hint="give a PEM file with the certificate of the authority",
            ) from error

    def __repr__(self) -> str:
        return f"Trust.ca_file({str(self._authorities)!r})" if self._authorities else "Trust.system()"
