"""Foreign network exceptions, told as ours.

One place, so that no exception of httpx, ssl or the operating system ever reaches the caller.
"""

import ssl
from collections.abc import Iterator

import httpcore
import httpx

from ..errors import (
    CertificateError,
    ConnectError,
    ConnectionLost,
    ConnectTimeout,
    LocalProtocolError,
    MilestoneError,
    ReadTimeout,
    RemoteProtocolError,
    WriteTimeout,
)

__all__ = ["NETWORK_EXCEPTIONS", "translate"]

NETWORK_EXCEPTIONS: tuple[type[BaseException], ...] = (
    httpx.HTTPError,
    httpx.InvalidURL,
    httpx.StreamError,
    httpcore.ConnectError,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.TimeoutException,
    httpcore.UnsupportedProtocol,
    OSError,
    UnicodeError,
)
"""What a request or a stream may raise; `TimeoutError`, `ssl.SSLError` and `socket.gaierror` are `OSError`s."""

_CERTIFICATE_HINT = "reach the server under a name that its certificate holds, or trust its issuer with Trust.ca_file()"
_CONNECT_HINT = "check the address, the port and the firewalls between"


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def translate(error: BaseException, *, server: str, operation: str, connecting: bool = False) -> MilestoneError:
    """Return the error of this library that tells what `error` means.

    `connecting` says that no connection existed yet, which is what tells `ConnectTimeout` from `ReadTimeout` for
    errors that do not say it themselves.
    """
    for cause in _chain(error):
        if isinstance(cause, MilestoneError):
            return cause.at(server=server, operation=operation)
        if isinstance(cause, ssl.SSLCertVerificationError):
            text = f"its certificate is not trusted: {cause.verify_message}"
            return CertificateError(text, server=server, operation=operation, hint=_CERTIFICATE_HINT)
    text = next((str(cause) for cause in _chain(error) if str(cause)), type(error).__name__)
    return _meaning(error, text, connecting).at(server=server, operation=operation)


def _meaning(error: BaseException, text: str, connecting: bool) -> MilestoneError:
    match error:
        case httpx.ConnectTimeout() | httpcore.ConnectTimeout() | httpx.PoolTimeout() | httpcore.PoolTimeout():
            return ConnectTimeout("no connection within the time given", hint=_CONNECT_HINT)
        case httpx.WriteTimeout() | httpcore.WriteTimeout():
            return WriteTimeout("the server stopped reading the request")
        case httpx.TimeoutException() | httpcore.TimeoutException() | TimeoutError():
            if connecting:
                return ConnectTimeout("no connection within the time given", hint=_CONNECT_HINT)
            return ReadTimeout("no complete answer within the time given")
        case httpx.InvalidURL() | httpx.UnsupportedProtocol() | httpcore.UnsupportedProtocol() | UnicodeError():
            return LocalProtocolError(f"this address cannot be used: {text}")
        case httpx.LocalProtocolError() | httpcore.LocalProtocolError():
            return LocalProtocolError(f"this request cannot be sent: {text}")
        case httpx.RemoteProtocolError() | httpcore.RemoteProtocolError():
            if "disconnected" in text or "closed connection" in text:
                return ConnectionLost(f"the connection ended before the answer did: {text}")
            return RemoteProtocolError(f"this is not HTTP: {text}")
        case httpx.DecodingError():
            return RemoteProtocolError(f"the answer cannot be decompressed: {text}")
        case httpx.ConnectError() | httpcore.ConnectError() | ConnectionRefusedError():
            return ConnectError(f"nobody answers: {text}", hint=_CONNECT_HINT)
        case _ if connecting:
            return ConnectError(f"no connection: {text}", hint=_CONNECT_HINT)
        case _:
            return ConnectionLost(f"the connection ended before the answer did: {text}")
