"""The site itself: product, version, registered services."""

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING
from uuid import UUID

from attrs import frozen

from .model import Model

if TYPE_CHECKING:
    from ..releases import Capabilities

__all__ = ["ProductInfo", "RegisteredService", "ServiceType", "SiteInfo"]


@frozen(kw_only=True, repr=False)
class ProductInfo(Model):
    """The result of `GetProductInfo` without the licence code, which is a secret."""

    # docs/protocol: identity-versions

    name: str | None = None
    major: str | None = None
    minor: str | None = None
    service_version: str | None = None
    """The letter of a refreshed installer, e.g. `a` in 23.2a."""
    build_number: str | None = None
    build_configuration: str | None = None
    build_date: datetime | None = None
    product_code: int | None = None
    product_line: UUID | None = None

    @property
    def version(self) -> str | None:
        """`23.2a` and the like; `None` if the server does not report it."""
        return f"{self.major}.{self.minor or 0}{self.service_version or ''}" if self.major else None


@frozen(kw_only=True, repr=False)
class SiteInfo(Model):
    """What is known of the server that the client is logged in to.

    `version` is `yy.n[letter]`, e.g. `25.2`; `oauth` says whether the login went through the identity provider
    (2021 R1 and later).
    """

    server: str
    version: str
    oauth: bool
    product: ProductInfo | None = None
    identity_version: str | None = None

    @property
    def capabilities(self) -> "Capabilities":
        """What servers of this release can do, if it is installed and permitted."""
        from ..releases import Capabilities  # loaded on first use

        return Capabilities.of(self.version)


class ServiceType(Enum):
    """Type ids under which services register."""  # docs/protocol: registration-service

    MANAGEMENT_SERVER = UUID("a10cd823-bb4e-4d31-a162-dd236fc78fa6")
    EVENT_SERVER = UUID("08ab8f23-9aef-4298-9caa-f39259fe7cda")
    LOG_SERVER = UUID("3d6f1153-92ad-43f1-b467-9482ffd291b2")
    INCIDENT_MANAGER = UUID("3ce6b5e2-d861-4c0b-9085-00b938b2f45a")
    REPORT_SERVER = UUID("a9f27a6a-9488-44e3-ac0b-0cb1c86ccd2a")


@frozen(kw_only=True, repr=False)
class RegisteredService(Model):
    """A service that is registered with the management server; `uris` are its own addresses."""

    type: UUID
    instance: UUID
    name: str | None = None
    description: str | None = None
    enabled: bool = True
    trusted: bool = False
    uris: tuple[str, ...] = ()
