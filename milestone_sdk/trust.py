"""Which certificates a client trusts."""

import ssl
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Final, Literal, get_args

from ._arguments import check_type
from ._net.forking import Lock
from ._net.tls.contexts import authority_context, system_context
from ._net.tls.pinning import pinned_context, read_fingerprint
from .errors import ConfigurationError

__all__ = ["Trust", "TrustedService"]

TrustedService = Literal["management", "recorder", "event_server"]
"""A service that may have its own certificates: the management server, the recorders, the event server."""

_SERVICES: Final[tuple[TrustedService, ...]] = get_args(TrustedService)


class Trust:
    """Which certificates to trust. There is no implicit fallback.

    - `Trust.system()`: those that the operating system trusts, which is the default.
    - `Trust.ca_file(path)`: those that chain to a certificate in one PEM file.
    - `Trust.pinned("sha256:...")`: exactly the certificates with these SHA-256 fingerprints.
    - `Trust.per_service(...)`: a different one of these for each service of a site.

    With the first two the certificate must be valid for the host name. Trusts compare by value, can be pickled, and can
    be used by many clients and threads at the same time. TLS is 1.2 or later.
    """

    def __init__(
        self,
        *,
        authorities: Path | None = None,
        fingerprints: frozenset[str] = frozenset(),
        services: Mapping[TrustedService, "Trust"] | None = None,
    ) -> None:
        """Use one of the class methods instead."""
        self._authorities = authorities
        self._fingerprints = fingerprints
        self._services: dict[TrustedService, Trust] = dict(services or {})
        self._context: ssl.SSLContext | None = None
        self._lock = Lock()

    @classmethod
    def system(cls) -> "Trust":
        """Trust what the operating system trusts."""
        return cls()

    @classmethod
    def ca_file(cls, path: str | Path) -> "Trust":
        """Trust what chains to a certificate in one PEM file: that of an authority, or a server's own.

        Raises `ConfigurationError` if the file cannot be read.
        """
        check_type("path", path, str, Path)
        trust = cls(authorities=Path(path))
        _ = trust.context
        return trust

    @classmethod
    def pinned(cls, fingerprint: str, *more: str) -> "Trust":
        """Trust exactly the certificates with these SHA-256 fingerprints, whatever their names, dates and issuers.

        The server's own certificate is compared, not those of its issuers, before anything is sent. A fingerprint has
        the form `sha256:3F:9A:...`, as `CertificateError.fingerprint` has it; compare it on the server before you pin
        it. When the site renews its certificate, calls fail until the new one is pinned: pin both beforehand. Raises
        `ConfigurationError` for another form.
        """
        return cls(fingerprints=frozenset(map(read_fingerprint, (fingerprint, *more))))

    @classmethod
    def per_service(
        cls, *, management: "Trust", recorder: "Trust | None" = None, event_server: "Trust | None" = None
    ) -> "Trust":
        """Trust different certificates for each service; `management` is used for those that are not given.

        Management server, recorders and event server may each have their own certificate. All recorders of a site share
        one trust; pin several fingerprints if they have several certificates.
        """
        given: dict[TrustedService, Trust | None] = {
            "management": management,
            "recorder": recorder,
            "event_server": event_server,
        }
        for service, trust in given.items():
            check_type(service, trust, Trust, *([] if service == "management" else [type(None)]))
        return cls(services={service: (given[service] or management).for_service(service) for service in _SERVICES})

    def for_service(self, service: TrustedService) -> "Trust":
        """Return the trust for one service."""
        return self._services.get(service, self)

    @property
    def context(self) -> ssl.SSLContext:
        """The SSL context, made once at first use; with `per_service`, that of the management server."""
        if self._services:
            return self.for_service("management").context
        with self._lock:
            if self._context is None:
                self._context = self._make()
        return self._context

    def _make(self) -> ssl.SSLContext:
        if self._fingerprints:
            return pinned_context(self._fingerprints)
        if self._authorities is None:
            return system_context()
        try:
            return authority_context(self._authorities)
        except (OSError, ValueError) as error:
            raise ConfigurationError(
                f"path {str(self._authorities)!r} cannot be read as certificates: {error}",
                hint="give a PEM file with the certificate of the authority",
            ) from error

    def _state(self) -> tuple[Path | None, frozenset[str], tuple["Trust", ...]]:
        return self._authorities, self._fingerprints, tuple(self._services.values())

    def __eq__(self, other: object) -> bool:
        return self._state() == other._state() if isinstance(other, Trust) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._state())

    def __reduce__(self) -> tuple[object, ...]:
        make = partial(Trust, authorities=self._authorities, fingerprints=self._fingerprints, services=self._services)
        return make, ()

    def __repr__(self) -> str:
        if self._services:
            parts = (f"{service}={trust!r}" for service, trust in self._services.items())
            return f"Trust.per_service({', '.join(parts)})"
        if self._fingerprints:
            return f"Trust.pinned({', '.join(map(repr, sorted(self._fingerprints)))})"
        return f"Trust.ca_file({str(self._authorities)!r})" if self._authorities else "Trust.system()"
