"""Sites as items of the configuration: this one, its federated children, and its roles."""
# docs/protocol: configuration-items, configuration-interconnect

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from attrs import frozen

from ..model import Model
from .view import Attribute, ItemView, choice, flag, integer, moment, optional_integer, text

__all__ = ["AddressType", "ChildSiteItem", "FederatedSite", "RoleItem", "SiteAddressItem", "SiteItem"]


class SiteItem(ItemView):
    """The management server: the root `/`, whose type is called `System`. Its id is the site's."""

    item_types: ClassVar[tuple[str, ...]] = ("System",)

    description: Attribute[str | None] = text("Description")
    version: Attribute[str | None] = text("Version")
    """`25.1.0.1`."""
    time_zone: Attribute[str | None] = text("TimeZone")
    """A Windows zone name such as "Romance Standard Time", not an IANA one."""
    computer_name: Attribute[str | None] = text("ComputerName")
    domain_name: Attribute[str | None] = text("DomainName")
    master_site_address: Attribute[str | None] = text("MasterSiteAddress")
    """The site above this one; `None` where there is none."""
    service_account: Attribute[str | None] = text("ServiceAccount")
    """A security identifier, `S-1-5-20`."""
    platform: Attribute[str | None] = text("Platform")
    processors: Attribute[int] = integer("Processors")
    physical_memory: Attribute[int] = integer("PhysicalMemory")
    synchronization_status: Attribute[int | None] = optional_integer("SynchronizationStatus")
    last_status_handshake: Attribute[datetime | None] = moment("LastStatusHandshake")
    last_modified: Attribute[datetime | None] = moment("LastModified")

    @property
    def is_federated_child(self) -> bool:
        """Whether another site federates this one."""
        return self.master_site_address is not None


class ChildSiteItem(ItemView):
    """A site that is federated below this one; it has a management server, a login and a configuration of its own."""

    item_types: ClassVar[tuple[str, ...]] = ("Site",)

    description: Attribute[str | None] = text("Description")
    connection_state: Attribute[str | None] = text("ConnectionState")
    """`Attached`."""
    version: Attribute[str | None] = text("Version")
    service_account: Attribute[str | None] = text("ServiceAccount")
    synchronization_status: Attribute[int | None] = optional_integer("SynchronizationStatus")
    """201 was seen of a site in order."""
    last_modified: Attribute[datetime | None] = moment("LastModified")


class AddressType(StrEnum):
    """From where a site is reached at an address."""

    INTERNAL = "Internal"
    EXTERNAL = "External"
    SERVER = "Server"


class SiteAddressItem(ItemView):
    """An address at which a federated child can be logged in to."""

    item_types: ClassVar[tuple[str, ...]] = ("SiteAddress",)

    address_type: Attribute[AddressType | str | None] = choice("AddressType", AddressType)
    url: Attribute[str | None] = text("Url")


@frozen(kw_only=True, repr=False)
class FederatedSite(Model):
    """A federated child with its addresses and its own children; log in to it with one of the addresses."""

    site: ChildSiteItem
    addresses: tuple[SiteAddressItem, ...] = ()
    children: tuple["FederatedSite", ...] = ()


class RoleItem(ItemView):
    """A role: what its users may do."""

    item_types: ClassVar[tuple[str, ...]] = ("Role",)

    description: Attribute[str | None] = text("Description")
    role_type: Attribute[str | None] = text("RoleType")
    """`UserDefined`, or `Adminstrative`, which servers spell so."""
    allow_smart_client_log_on: Attribute[bool] = flag("AllowSmartClientLogOn")
    allow_mobile_client_log_on: Attribute[bool] = flag("AllowMobileClientLogOn")
    allow_web_client_log_on: Attribute[bool] = flag("AllowWebClientLogOn")
    dual_authorization_required: Attribute[bool] = flag("DualAuthorizationRequired")
    make_users_anonymous_during_ptz_session: Attribute[bool] = flag("MakeUsersAnonymousDuringPTZSession")
    last_modified: Attribute[datetime | None] = moment("LastModified")

    @property
    def is_administrative(self) -> bool:
        """Whether it is the role that may do everything."""
        return (self.role_type or "").casefold() in ("adminstrative", "administrative")
