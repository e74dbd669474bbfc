"""Sites as items of the configuration: this one, its federated children, and its roles."""
# protocol/configuration.md 3.6, 3.12

from enum import StrEnum

from attrs import frozen

from .view import ItemView, choice, flag, integer, moment, optional_integer, text

__all__ = ["AddressType", "ChildSiteItem", "FederatedSite", "RoleItem", "SiteAddressItem", "SiteItem"]


class SiteItem(ItemView):
    """The management server: the root `/`, whose type is called `System`. Its id is the site's."""

    item_types = ("System",)

    description = text("Description")
    version = text("Version")
    """`25.1.0.1`."""
    time_zone = text("TimeZone")
    """A Windows zone name such as "Romance Standard Time", not an IANA one."""
    computer_name = text("ComputerName")
    domain_name = text("DomainName")
    master_site_address = text("MasterSiteAddress")
    """The site above this one; `None` where there is none."""
    service_account = text("ServiceAccount")
    """A security identifier, `S-1-5-20`."""
    platform = text("Platform")
    processors = integer("Processors")
    physical_memory = integer("PhysicalMemory")
    synchronization_status = optional_integer("SynchronizationStatus")
    last_status_handshake = moment("LastStatusHandshake")
    last_modified = moment("LastModified")

    @property
    def is_federated_child(self) -> bool:
        """Whether another site federates this one."""
        return self.master_site_address is not None


class ChildSiteItem(ItemView):
    """A site that is federated below this one; it has a management server, a login and a configuration of its own."""

    item_types = ("Site",)

    description = text("Description")
    connection_state = text("ConnectionState")
    """`Attached`."""
    version = text("Version")
    service_account = text("ServiceAccount")
    synchronization_status = optional_integer("SynchronizationStatus")
    """201 was seen of a site in order."""
    last_modified = moment("LastModified")


class AddressType(StrEnum):
    """From where a site is reached at an address."""

    INTERNAL = "Internal"
    EXTERNAL = "External"
    SERVER = "Server"


class SiteAddressItem(ItemView):
    """An address at which a federated child can be logged in to."""

    item_types = ("SiteAddress",)

    address_type = choice("AddressType", AddressType)
    url = text("Url")


@frozen(kw_only=True)
class FederatedSite:
    """A federated child with its addresses and its own children; log in to it with one of the addresses."""

    site: ChildSiteItem
    addresses: tuple[SiteAddressItem, ...] = ()
    children: tuple["FederatedSite", ...] = ()


class RoleItem(ItemView):
    """A role: what its users may do."""

    item_types = ("Role",)

    description = text("Description")
    role_type = text("RoleType")
    """`UserDefined`, or `Adminstrative`, which servers spell so."""
    allow_smart_client_log_on = flag("AllowSmartClientLogOn")
    allow_mobile_client_log_on = flag("AllowMobileClientLogOn")
    allow_web_client_log_on = flag("AllowWebClientLogOn")
    dual_authorization_required = flag("DualAuthorizationRequired")
    make_users_anonymous_during_ptz_session = flag("MakeUsersAnonymousDuringPTZSession")
    last_modified = moment("LastModified")

    @property
    def is_administrative(self) -> bool:
        """Whether it is the role that may do everything."""
        return (self.role_type or "").casefold() in ("adminstrative", "administrative")
