"""IP addresses: which are this machine, and which can be reached from everywhere."""

import ipaddress

__all__ = ["IPAddress", "is_loopback", "is_public", "read_address"]

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


def read_address(host: str) -> IPAddress | None:
    """Return a host as an address, `None` if it is a name."""
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None


def is_loopback(host: str) -> bool:
    """Whether a host, in lower case, is this machine."""
    address = _unmapped(host)
    return host == "localhost" or host.endswith(".localhost") if address is None else address.is_loopback


def is_public(host: str) -> bool:
    """Whether a host is a global address: not private, not loopback, not link-local, and not a name."""
    address = _unmapped(host)
    return address is not None and address.is_global


def _unmapped(host: str) -> IPAddress | None:
    address = read_address(host)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
