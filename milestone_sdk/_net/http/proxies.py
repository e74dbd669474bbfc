"""The proxy of an exchange: what the environment says, as httpx reads it, and none for loopback.

`HTTP_PROXY`, `HTTPS_PROXY` and `ALL_PROXY` name proxies; without them, on Windows and macOS, the system's settings do.
`NO_PROXY` names what is reached directly: host names with all names below them (only those below if they begin with a
dot), addresses, networks such as `10.0.0.0/8`, each with an optional `:port`, or `*` for everything. A recorder's video
does not come over HTTP, so it never goes through a proxy.
"""

import ipaddress
import re
import ssl
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import getproxies

import httpcore
import httpx
from attrs import field, frozen

from ...errors import ConfigurationError, ConnectError, ConnectionLost, ConnectTimeout, MilestoneError
from ..addresses import is_loopback, read_address
from ..failures import meaning_of
from ..tls.certificates import certificate_error, refusal_in
from ..tls.contexts import system_context
from .routes import core_url

__all__ = ["PROXY_REFUSES", "ProxyRules", "UntrustedProxy", "failed_exchange", "pool_options", "read_proxy"]

PROXY_REFUSES: Final = 407
"""The HTTP status by which a proxy, and nothing else, asks for a password."""

_HIGHEST_PORT: Final = 65535
_HINT: Final = (
    "name an http proxy in HTTP_PROXY, HTTPS_PROXY or ALL_PROXY, or the server in NO_PROXY, or pass trust_env=False"
)
_DIRECT: Final = "name the server in NO_PROXY, or pass trust_env=False, if it is reached without a proxy"
_ENCODE: Final = "in a user name or password write every character but letters and digits as %40 and the like"
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_PLACE: Final = re.compile(r"(?:\[[0-9a-f:.]*\]|[\w.-]*)(?::[0-9]{1,5}(?![\w@]))?", re.IGNORECASE)
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class UntrustedProxy(httpcore.ProxyError):
    """The certificate that was refused is that of the proxy, not that of the server behind it."""


@frozen(kw_only=True)
class _Exception:
    """One entry of NO_PROXY; one with a scheme means that scheme and exactly that name."""

    name: str = ""
    network: _Network | None = None
    port: int | None = None
    scheme: str = ""

    @classmethod
    def read(cls, text: str) -> "_Exception":
        scheme, _, rest = text.lower().rpartition("://")
        host, colon, digits = rest.rpartition(":")
        port = None
        if colon and _is_port(digits) and (":" not in host or host.endswith("]")):
            rest, port = host, int(digits)
        try:
            return cls(network=ipaddress.ip_network(rest.strip("[]"), strict=False), port=port, scheme=scheme)
        except ValueError:
            return cls(name=rest.rstrip("."), port=port, scheme=scheme)

    def covers(self, scheme: str, host: str, port: int | None) -> bool:
        if self.scheme not in ("", "all", scheme) or self.port not in (None, port):
            return False
        if self.network is not None:
            address = read_address(host)
            return address is not None and address.version == self.network.version and address in self.network
        name = self.name.removeprefix("*")
        if self.scheme and name == self.name:
            return host == name
        return bool(name) and (host == name or host.endswith(name if name.startswith(".") else f".{name}"))


@frozen(kw_only=True)
class ProxyRules:
    """The proxy for each address; made once for each client, which does not see later changes of the environment."""

    proxies: Mapping[str, str] = field(factory=dict[str, str], repr=False)
    """By scheme (`http`, `https`, `all`); a proxy's URL may hold a password."""
    exceptions: tuple[_Exception, ...] = ()

    @classmethod
    def of_environment(cls, *, trust_env: bool) -> "ProxyRules":
        """Return what the environment says; no proxy at all unless `trust_env`."""
        found = getproxies() if trust_env else {}
        excepted = [text.strip() for text in found.get("no", "").split(",")]
        if "*" in excepted:
            return cls()
        return cls(
            proxies={scheme: found[scheme] for scheme in ("http", "https", "all") if found.get(scheme)},
            exceptions=tuple(_Exception.read(text) for text in excepted if text),
        )

    def proxy_for(self, url: httpx.URL) -> str | None:
        """Return the URL of the proxy to use, or `None`. Raises `ConfigurationError` if it is not an HTTP proxy."""
        proxy = self.proxies.get(url.scheme) or self.proxies.get("all")
        if proxy is None:
            return None
        host = url.host.rstrip(".").lower()
        port = url.port or {"http": 80, "https": 443}.get(url.scheme)
        if is_loopback(host) or any(rule.covers(url.scheme, host, port) for rule in self.exceptions):
            return None
        proxy = proxy if "://" in proxy else f"http://{proxy}"
        if not proxy.lower().startswith(("http://", "https://")):
            raise ConfigurationError(
                f"the environment names the proxy {_shown(proxy)}, which is not an HTTP proxy", hint=_HINT
            )
        return proxy


def read_proxy(text: str) -> httpx.Proxy:
    """Return the proxy at that URL; the system must trust one that is reached by https. Raises `ConfigurationError`."""
    try:
        context = system_context() if text.lower().startswith("https://") else None
        proxy = httpx.Proxy(text, ssl_context=context)
        if (proxy.url.port or 0) > _HIGHEST_PORT or not proxy.url.host or "@" in f"{proxy.url}":
            raise ValueError("no such port, no host, or a password that ends the host name early")
    except (ValueError, httpx.InvalidURL, UnicodeError):
        raise ConfigurationError(
            f"the environment names the proxy {_shown(text)}, which is not a valid URL", hint=f"{_HINT}; {_ENCODE}"
        ) from None  # its text repeats a part of the password
    return proxy


def pool_options(
    context: ssl.SSLContext, connections: int, proxy: str | None, proxy_context: ssl.SSLContext | None = None
) -> dict[str, Any]:
    """Return the arguments of httpcore's pool, for direct connections or for those through the proxy at a URL.

    `proxy_context` replaces what the system trusts for an https proxy. Raises `ConfigurationError`.
    """
    options: dict[str, Any] = {"ssl_context": context, "max_connections": connections, "keepalive_expiry": 30.0}
    if proxy is not None:
        through = read_proxy(proxy)
        options |= {
            "proxy_url": core_url(through.url),
            "proxy_auth": through.raw_auth,
            "proxy_headers": through.headers.raw,
            "proxy_ssl_context": through.ssl_context and (proxy_context or through.ssl_context),
        }
    return options


def failed_exchange(
    error: BaseException, url: httpx.URL, proxy: str | None, *, certificate: bytes | None
) -> MilestoneError | None:
    """Return what a failed exchange means where `error` alone does not say: a refused certificate, or a proxy.

    `certificate` is the refused one in DER form, if it was fetched.
    """
    refusal = refusal_in(error)
    by_proxy = proxy is not None and isinstance(error, UntrustedProxy)
    if refusal is not None and not by_proxy:
        return certificate_error(refusal, asked_for=url.host, certificate=certificate)
    if proxy is None:
        return None
    shown = _shown(proxy)
    if refusal is not None:
        refused = certificate_error(refusal, asked_for=urlsplit(shown).hostname or shown, certificate=certificate)
        refused.message = f"this is a proxy, and {refused.message}"
        refused.hint = f"have this system trust the issuer of the proxy's certificate; {_DIRECT}"
        refused.server = shown
        return refused
    meaning = meaning_of(error)
    meaning.message = f"through the proxy {shown}: {meaning.message}"
    if isinstance(meaning, ConnectError | ConnectTimeout | ConnectionLost):
        meaning.hint = _DIRECT
    return meaning


def _shown(text: str) -> str:
    """Return scheme, host and port of a proxy, without user name and password, which may hold any character."""
    scheme = _SCHEME.match(text)
    place = _PLACE.match(text.rpartition("@")[2].removeprefix(scheme[0] if scheme else ""))
    return f"{scheme[0] if scheme else ''}{place[0] if place else ''}"


def _is_port(digits: str) -> bool:
    return digits.isascii() and digits.isdigit() and len(digits) <= len(str(_HIGHEST_PORT))
