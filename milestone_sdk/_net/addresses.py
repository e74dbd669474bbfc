"""What a host name stands for here, and whether that can be reached from everywhere."""

import ipaddress
import socket

__all__ = ["addresses_of", "is_public"]


def addresses_of(host: str) -> tuple[str, ...]:
    """Return the addresses of a host as this machine resolves it, none where it cannot; this may block."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, ValueError):
        return ()
    return tuple(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))


def is_public(address: str) -> bool:
    """Whether an address means the same everywhere: neither private, nor this machine, nor this link."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return (mapped or parsed).is_global
