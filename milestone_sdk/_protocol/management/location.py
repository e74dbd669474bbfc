"""Where a server is: scheme, host and port, and nothing else."""  # requirements R30, R31

import re
from collections.abc import Iterable
from ipaddress import IPv6Address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from attrs import evolve, frozen

from ...errors import ConfigurationError

__all__ = ["Location"]

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_HIGHEST_PORT: Final = 65535
_LONGEST_SHOWN: Final = 100
_RIGHT_FORM: Final = (
    "write http:// or https://, the server, and :port where it is not 80 or 443, "
    "for example http://vms.example or https://vms.example:8443"
)
_HOST_NAME: Final = re.compile(r"(?!-)[\w-]+(\.[\w-]+)*\.?")
# urlsplit() silently drops tabs, line ends and leading blanks, so that a pasted mistake would not be noticed.
_BLANK_OR_CONTROL: Final = re.compile(r"[\s\x00-\x1f\x7f]")


@frozen
class Location:
    """Scheme, host and port of a server; `str()` gives the URL that `Client` takes, in its shortest form.

    Make one with `Location.parse("http://vms.example:8080")`.
    """

    scheme: str
    host: str
    port: int

    @classmethod
    def parse(cls, text: str, *, path_allowed: bool = False) -> "Location":
        """Read a URL: http or https, with 80 or 443 as the port where none is written.

        Raises `ConfigurationError` for everything else: no scheme, another scheme, an invalid port, a user name or
        password, a path, a query. Its text shows the right form and never repeats a password. With `path_allowed` a
        path and what follows are cut off instead, since the addresses that services register have one.
        """
        if not isinstance(text, str):
            raise ConfigurationError(f"location must be a string, got {type(text).__name__}", hint=_RIGHT_FORM)
        if _BLANK_OR_CONTROL.search(text):
            raise _refused(text, "has a blank or a control character")
        if "://" not in text:
            raise _without_scheme(text)
        try:
            parts = urlsplit(text)
            host = parts.hostname or ""
        except ValueError:
            raise _refused(text, "has no valid host") from None
        if parts.scheme not in _DEFAULT_PORTS:
            raise _refused(text, f"has the scheme {parts.scheme!r}")
        if "@" in parts.netloc:
            raise _refused(text, "has a user name; pass credentials apart from the location")
        if not _is_host(host):
            raise _refused(text, "has no valid host")
        if not path_allowed and (parts.path not in ("", "/") or "?" in text or "#" in text):
            raise _refused(text, "has a path, a query or a fragment")
        return cls(parts.scheme, host, _port(parts, text))

    @classmethod
    def best_of(cls, texts: Iterable[str]) -> "Location":
        """Return the first address with https, else the first; invalid ones are skipped.

        Raises `ConfigurationError` if all are invalid.
        """
        found: list[Location] = []
        refusal = ConfigurationError("no address is given", hint=_RIGHT_FORM)
        for text in texts:
            try:
                found.append(cls.parse(text, path_allowed=True))
            except ConfigurationError as error:
                refusal = error
        if not found:
            raise refusal
        return next((location for location in found if location.secure), found[0])

    @property
    def secure(self) -> bool:
        """Whether TLS protects what is sent there."""
        return self.scheme == "https"

    def upgraded(self) -> "Location":
        """Return the https form: itself if it is https, else the same host on port 443."""
        return self if self.secure else evolve(self, scheme="https", port=_DEFAULT_PORTS["https"])

    def url(self, path: str) -> str:
        """Return the address of `path` on this server."""
        return f"{self}/{path.lstrip('/')}"

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _DEFAULT_PORTS.get(self.scheme) else f":{self.port}"
        return f"{self.scheme}://{host}{port}"


def _port(parts: SplitResult, text: str) -> int:
    try:
        port = parts.port
    except ValueError:
        port = 0
    if parts.netloc.endswith(":") or port == 0:
        raise _refused(text, f"has a port that is not a number from 1 to {_HIGHEST_PORT}")
    return _DEFAULT_PORTS[parts.scheme] if port is None else port


def _is_host(host: str) -> bool:
    if ":" not in host:
        return _HOST_NAME.fullmatch(host) is not None
    try:
        IPv6Address(host)
    except ValueError:
        return False
    return True


def _without_scheme(text: str) -> ConfigurationError:
    try:
        with_scheme = Location.parse(f"http://{text}")
    except ConfigurationError:
        return _refused(text, "has no scheme")
    server = str(with_scheme).removeprefix("http://")
    return ConfigurationError(
        f"location {_shown(text)} has no scheme", hint=f"write http://{server} or https://{server}"
    )


def _refused(text: str, why: str) -> ConfigurationError:
    return ConfigurationError(f"location {_shown(text)} {why}", hint=_RIGHT_FORM)


def _shown(text: str) -> str:
    """Return what an error may show of it: no user name, no password, no query."""
    before, at, after = text.rpartition("@")
    scheme, separator, _ = before.partition("://")
    shown = f"{scheme}{separator}***@{after}" if separator else f"***@{after}" if at else text
    shown = re.split(r"[?#]", shown, maxsplit=1)[0]
    return repr(shown if len(shown) <= _LONGEST_SHOWN else shown[:_LONGEST_SHOWN] + "...")
