"""Foreign network exceptions, told as ours.

One place, so that no exception of httpx, ssl or the operating system ever reaches the caller.
"""

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

    The last two mean an address or a header that cannot be used."""

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
    """Return the error of this library that tells what `error` means.

    `connecting` says that no connection existed yet, which is what tells `ConnectTimeout` from `ReadTimeout` for
    errors that do not say it themselves.
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
                return ConnectionLost(f"the connection ended before the answer did: {text}")
            if _TLS_ALERT in text:
                return ConnectError("what answers there speaks TLS, not plain http", hint="write https:// for http://")
            return RemoteProtocolError(f"this is not HTTP: {text}")
        case httpx.DecodingError():
            return RemoteProtocolError(f"the answer cannot be decompressed: {text}")
        case httpx.ProxyError() | httpcore.ProxyError():
            return ConnectError(f"it refuses: {text}")
        case httpx.ConnectError() | httpcore.ConnectError() | ConnectionRefusedError():
            return _handshake_failure(error) or ConnectError(f"nobody answers: {text}", hint=_CONNECT_HINT)
        case _ if connecting:
            return _handshake_failure(error) or ConnectError(f"no connection: {text}", hint=_CONNECT_HINT)
        case _:
            return ConnectionLost(f"the connection ended before the answer did: {text}")


def _handshake_failure(error: BaseException) -> ConnectError | None:
    """Return what went wrong between two sides that had a connection, but no agreement on TLS."""
    cause = next((cause for cause in causes(error) if isinstance(cause, ssl.SSLError | ConnectionResetError)), None)
    if cause is None:
        return None
    reason = (getattr(cause, "reason", None) or "") if isinstance(cause, ssl.SSLError) else ""
    if reason in _OLD_TLS:
        return ConnectError(
            "the server offers no TLS 1.2 or 1.3, only older versions, which protect nothing any more",
            hint="have TLS 1.2 enabled on the server",
        )
    if reason in _NO_TLS:
        return ConnectError(
            "what answers there speaks no TLS, probably plain http",
            hint="use the port for https, or enable encryption on the server",
        )
    if isinstance(cause, ssl.SSLEOFError | ConnectionResetError):
        return ConnectError(
            "the server ended the connection during the TLS handshake",
            hint="check that the port is one for https, and that the server allows TLS 1.2 or later",
        )
    return ConnectError(f"the TLS handshake failed: {cause}", hint="check the TLS settings of the server")
