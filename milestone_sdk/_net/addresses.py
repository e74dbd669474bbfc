"""Whether an address can be reached from everywhere."""

import ipaddress

__all__ = ["is_public"]


def is_public(address: str) -> bool:
    """Whether an address means the same everywhere: neither private, nor this machine, nor this link."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return (mapped or parsed).is_global
