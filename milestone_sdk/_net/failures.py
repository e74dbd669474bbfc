"""Network exceptions of httpx, httpcore, ssl and the operating system as errors of this library; none else escapes."""

import ssl
from copy import copy
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import urlsplit

import httpx

from ..errors import (
    ConnectError,
    ConnectionLost,
    ConnectTimeout,
    LocalProtocolError,
    MilestoneError,
    ReadTimeout,
    RemoteProtocolError,
    WriteTimeout,
)
from .names import Unresolved
from .tls.certificates import causes, certificate_error, refusal_in

E = TypeVar("E", bound=BaseException)

__all__ = ["NETWORK_EXCEPTIONS", "meaning_of", "translate", "without_frames"]

if TYPE_CHECKING:
    NETWORK_EXCEPTIONS: tuple[type[BaseException], ...]
    """What a request or a stream may raise; `TimeoutError`, `ssl.SSLError` and `socket.gaierror` are `OSError`s.
    `OverflowError` and `ValueError` mean an address or a header that cannot be used."""

_CONNECT_HINT: Final = "check the address, the port and the firewalls between"
_OLD_TLS: Final = frozenset(
    {"TLSV1_ALERT_PROTOCOL_VERSION", "UNSUPPORTED_PROTOCOL", "WRONG_SSL_VERSION", "VERSION_TOO_LOW"}
)
_NO_TLS: Final = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE"})
_TLS_ALERT: Final = r"\x15\x03"
"""How a TLS server's answer to plain HTTP begins, as h11 shows it."""


def __getattr__(name: str) -> object:
    """Make `NETWORK_EXCEPTIONS` at its first use: httpcore takes as long to import as the rest of a client."""
    if name != "NETWORK_EXCEPTIONS":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import httpcore

    globals()[name] = (
        httpx.HTTPError,
        httpx.InvalidURL,
        httpx.StreamError,
        httpcore.ConnectError,
        httpcore.NetworkError,
        httpcore.ProtocolError,
        httpcore.ProxyError,
        httpcore.TimeoutException,
        httpcore.UnsupportedProtocol,
        OSError,
        OverflowError,
        ValueError,
    )
    return globals()[name]


def translate(error: BaseException, *, server: str, operation: str, connecting: bool = False) -> MilestoneError:
    """Return the error of this library for a network exception.

    `connecting` says that there was no connection yet: a timeout is then a `ConnectTimeout`, not a `ReadTimeout`.
    """
    for cause in causes(error):
        if isinstance(cause, MilestoneError):
            # A copy, since what is raised from an error must not be in that error's own chain.
            return copy(cause).at(server=server, operation=operation)
    refusal = refusal_in(error)
    if refusal is not None:
        host = urlsplit(server if "//" in server else f"//{server}").hostname or server
        return certificate_error(refusal, asked_for=host, certificate=None).at(server=server, operation=operation)
    meaning = meaning_of(error, connecting=connecting)
    if server.startswith("http://") and isinstance(meaning, ConnectionLost):
        meaning.hint = "the port may be one for https: try https://"
    return meaning.at(server=server, operation=operation)


def without_frames(error: E) -> E:
    """Return the same error without the frames of other libraries, whose local variables hold what was to be sent.

    Programs that show local variables in tracebacks would show passwords and tokens otherwise.
    """
    for cause in causes(error):
        cause.__traceback__ = None
    return error


def meaning_of(error: BaseException, *, connecting: bool = False) -> MilestoneError:
    """Return the error of this library for a network error that is neither one already nor a refused certificate."""
    import httpcore

    if (unresolved := next((cause for cause in causes(error) if isinstance(cause, Unresolved)), None)) is not None:
        return ConnectTimeout(str(unresolved), hint="check the name, and the name server that this machine uses")
    text = next((str(cause) for cause in causes(error) if str(cause)), type(error).__name__)
    match error:
        case httpx.ConnectTimeout() | httpcore.ConnectTimeout() | httpx.PoolTimeout() | httpcore.PoolTimeout():
            return ConnectTimeout("no connection within the time given", hint=_CONNECT_HINT)
        case httpx.WriteTimeout() | httpcore.WriteTimeout():
            return WriteTimeout("the server stopped reading the request")
        case httpx.TimeoutException() | httpcore.TimeoutException() | TimeoutError():
            if connecting:
                return ConnectTimeout("no connection within the time given", hint=_CONNECT_HINT)
            return ReadTimeout("no complete answer within the time given")
        case httpx.InvalidURL() | httpx.UnsupportedProtocol() | httpcore.UnsupportedProtocol():
            return LocalProtocolError(f"this address cannot be used: {text}")
        case ValueError() | OverflowError() if not isinstance(error, OSError):  # which a refused certificate is, too
            return LocalProtocolError(f"this address cannot be used: {text}")
        case httpx.LocalProtocolError() | httpcore.LocalProtocolError():
            return LocalProtocolError(f"this request cannot be sent: {text}")
        case httpx.RemoteProtocolError() | httpcore.RemoteProtocolError():
            if "disconnected" in text or "closed connection" in text:
                return ConnectionLost(f"the connection ended before the answer was complete: {text}")
            if _TLS_ALERT in text:
                return ConnectError("the server expects HTTPS", hint="write https:// instead of http://")
            return RemoteProtocolError(f"the server did not answer with HTTP: {text}")
        case httpx.DecodingError():
            return RemoteProtocolError(f"the answer cannot be decompressed: {text}")
        case httpx.ProxyError() | httpcore.ProxyError():
            return ConnectError(f"request refused: {text}")
        case httpx.ConnectError() | httpcore.ConnectError() | ConnectionRefusedError():
            return _failed_connect(error, text)
        case _ if connecting:
            return _failed_connect(error, text)
        case _:
            return ConnectionLost(f"the connection ended before the answer was complete: {text}")


def _failed_connect(error: BaseException, text: str) -> ConnectError:
    """Return why there is no connection: it was not made, or the two sides did not agree on TLS."""
    cause = next((cause for cause in causes(error) if isinstance(cause, ssl.SSLError | ConnectionError)), None)
    if isinstance(cause, ssl.SSLEOFError | ConnectionResetError):
        return ConnectError(
            "the server ended the connection during the TLS handshake",
            hint="check that the port is one for https, and that the server allows TLS 1.2 or later",
        )
    if not isinstance(cause, ssl.SSLError):
        text = "connection refused" if isinstance(cause, ConnectionRefusedError) else text
        return ConnectError(f"could not connect: {text}", hint=_CONNECT_HINT)
    reason = getattr(cause, "reason", None)  # only OpenSSL's own errors are sure to have it
    if reason in _OLD_TLS:
        return ConnectError(
            "the server offers only TLS versions before 1.2, which are not secure", hint="enable TLS 1.2 on the server"
        )
    if reason in _NO_TLS:
        return ConnectError(
            "the server does not use TLS, probably plain HTTP",
            hint="use the port for https, or enable encryption on the server",
        )
    return ConnectError(f"the TLS handshake failed: {cause}", hint="check the TLS settings of the server")
