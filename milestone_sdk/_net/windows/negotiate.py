"""NTLM and Negotiate: how a Windows user proves to be one, by a password or by the tickets of this session.

The handshake takes several requests on one TCP connection, each with the whole body (protocol/auth.md 3.2, 3.3). So a
client that uses it needs a single connection, and everybody who shares that client waits for his turn here: a request
of somebody else between two legs would end the handshake, which looks like a wrong password.
"""

import logging
import sys
from base64 import b64encode
from collections.abc import AsyncGenerator, Callable, Collection, Generator
from contextlib import AsyncExitStack, ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal, cast

import httpx

from ...errors import (
    AuthenticationError,
    ConnectionLost,
    InvalidCredentials,
    LoginNotSupported,
    MilestoneError,
    RemoteProtocolError,
)
from ..forking import Lock
from .challenges import Cookies, channel_bindings, limit_refusal, offers, stream_of, token_of
from .errors import explain, kerberos_missing, rejects

if TYPE_CHECKING:
    from spnego import ContextProxy
    from spnego.channel_bindings import GssChannelBindings

    from ..asyncio import AsyncLock

__all__ = ["Flow", "NegotiateAuth", "Scheme", "load_spnego", "no_windows_login"]

Scheme = Literal["NTLM", "Negotiate"]
Step = Callable[[], Any]
Flow = Generator[httpx.Request | Step, Any, None]
"""Requests to send, and steps to compute; a step may wait for a key distribution centre, so not on an event loop."""

MAX_LEGS: Final = 8

_SERVICE: Final = "HTTP"
_UNAUTHORIZED: Final = 401
_ON_WINDOWS: Final = sys.platform == "win32"


class NegotiateAuth(httpx.Auth):
    """Logs the current user in to the service `HTTP/{host}`: SSPI on Windows, Kerberos elsewhere."""

    requires_request_body = True

    def __init__(self, *, host: str) -> None:
        self._host = host
        self._turn = Lock()
        self._async_turn: AsyncLock | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} for {self._host}>"

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a login that may hold a password goes into no pickle")

    # How the handshake is driven: on blocking sockets, or on an event loop

    def auth_flow(self, request: httpx.Request) -> Flow:  # type: ignore[override]
        """Ask without credentials; start the handshake if that is refused."""
        response = yield request
        yield from self.answer(request, response)

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Drive the handshake on blocking sockets."""
        request.read()
        if not self._turn.acquire(timeout=_patience(request)):
            raise httpx.PoolTimeout("the connection of this Windows user is busy", request=request)
        with ExitStack() as stack:
            stack.callback(self._turn.release)
            flow = self.auth_flow(request)
            stack.callback(flow.close)
            answer: object = None
            while (wanted := _next(flow, answer)) is not None:
                answer = (yield wanted) if isinstance(wanted, httpx.Request) else wanted()

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Drive the handshake on an event loop, whose other tasks go on meanwhile."""
        from ..asyncio import AsyncLock, call_blocking

        await request.aread()
        if self._async_turn is None:
            self._async_turn = AsyncLock()
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._async_turn)
            flow = self.auth_flow(request)
            stack.callback(flow.close)
            answer: object = None
            while (wanted := _next(flow, answer)) is not None:
                answer = (yield wanted) if isinstance(wanted, httpx.Request) else await call_blocking(wanted)

    # The handshake

    def answer(self, request: httpx.Request, response: httpx.Response) -> Flow:
        """Answer a 401 leg by leg; check in the end that the server is the right one."""
        if response.status_code != _UNAUTHORIZED:
            return
        scheme = self.choose(offers(response))
        cookies = Cookies(request)
        context, token = yield partial(self._begin, scheme, response)
        for leg in range(MAX_LEGS):
            before = stream_of(response)
            limit_refusal(response)
            cookies.pass_on(response, request)
            request.headers["Authorization"] = f"{scheme} {b64encode(token).decode('ascii')}"
            response = yield request
            challenge = token_of(response, scheme)
            if response.status_code != _UNAUTHORIZED:
                yield partial(self._end, context, challenge, response)
                return
            if leg > 0 and stream_of(response) is not before:
                raise ConnectionLost(
                    "the server ended the connection in the middle of the Windows login",
                    hint="NTLM needs one connection throughout: look at HTTP keep-alive, and at proxies between",
                )
            if challenge is None or context.complete:
                raise self._unanswered(context, leg)
            token = yield partial(self._step, context, challenge, response)
        raise RemoteProtocolError(f"the Windows login has not ended after {MAX_LEGS} legs")

    def choose(self, offered: Collection[str]) -> Scheme:
        """Return the scheme to use. Raises `LoginNotSupported`."""
        if "negotiate" in offered:
            return "Negotiate"
        if "ntlm" not in offered:
            raise no_windows_login(offered)
        if not _ON_WINDOWS:
            raise LoginNotSupported(
                "the server offers NTLM alone, which needs a password on this system",
                hint="log in as a WindowsUser with name and password, or let IIS offer Negotiate",
            )
        return "NTLM"

    def context(self, protocol: str, bindings: "GssChannelBindings | None") -> "ContextProxy":
        """Return a fresh security context."""
        context: ContextProxy = load_spnego().client(
            hostname=self._host, service=_SERVICE, protocol=protocol, channel_bindings=bindings
        )
        return context

    def refused(self) -> AuthenticationError:
        """Return the error for a login that the server has understood and refused."""
        return InvalidCredentials(
            "the server refused the user of this session",
            hint=f"check that the user has a role in XProtect, and that the name {_SERVICE}/{self._host} belongs to "
            "the account of the server's IIS (setspn)",
        )

    def why_not(self, error: Exception, bindings: "GssChannelBindings | None") -> MilestoneError:
        """Return what stood in the way of the first token: Negotiate says no more than that nothing worked."""
        if not _ON_WINDOWS:
            try:
                self.context("kerberos", bindings).step()
            except ImportError:
                return kerberos_missing()
            except Exception as reason:
                error = reason
        return explain(error, host=self._host) or LoginNotSupported(
            f"this system cannot begin a Windows login: {error}", hint="log in as a WindowsUser with a password"
        )

    def _begin(self, scheme: Scheme, response: httpx.Response) -> tuple["ContextProxy", bytes]:
        bindings = channel_bindings(response)
        try:
            context = self.context(scheme.lower(), bindings)
            token = context.step()
        except Exception as error:
            raise self.why_not(error, bindings) from error
        if not token:
            raise LoginNotSupported("this system has no token to begin the Windows login with")
        return context, token

    def _step(self, context: "ContextProxy", challenge: bytes, response: httpx.Response) -> bytes:
        """Return the next token; whatever goes wrong while a challenge is read is the server's doing."""
        try:
            token = context.step(challenge, channel_bindings=channel_bindings(response))
        except Exception as error:
            meaning = explain(error, host=self._host)
            if meaning is None and rejects(challenge):
                meaning = self.refused()
            raise meaning or RemoteProtocolError(
                f"the server's challenge cannot be read: {type(error).__name__}"
            ) from error
        if not token:
            raise self.refused()
        return token

    def _end(self, context: "ContextProxy", proof: bytes | None, response: httpx.Response) -> None:
        """Check the server's own proof, which must be there where no certificate tells who it is."""
        if proof is not None and not context.complete:
            try:
                context.step(proof)
            except Exception as error:
                raise AuthenticationError(f"the server did not prove that it is {_SERVICE}/{self._host}") from error
        unproven = context.negotiated_protocol == "kerberos" and not context.complete
        if unproven and response.is_success and response.request.url.scheme != "https":
            raise AuthenticationError(
                f"the server did not prove that it is {_SERVICE}/{self._host}", hint="reach it by https"
            )

    def _unanswered(self, context: "ContextProxy", leg: int) -> MilestoneError:
        """Return what a 401 without a token means: a challenge is missing, or nobody was let in."""
        if leg == 0 and context.negotiated_protocol == "ntlm":
            return RemoteProtocolError(
                "the server began the Windows login and then sent no challenge",
                hint="look for a proxy between that passes no NTLM on, such as the API gateway",
            )
        return self.refused()


def load_spnego() -> Any:
    """Return pyspnego, with its log of tokens off unless the application asked for just that log."""
    import spnego

    logger = logging.getLogger("spnego")
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.INFO)  # at DEBUG it writes every token, and a password can be guessed from those
    return spnego


def no_windows_login(offered: Collection[str]) -> LoginNotSupported:
    """Return the error for a server that offers other schemes."""
    return LoginNotSupported(
        f"the server takes no Windows login here; it offers {', '.join(sorted(offered)) or 'nothing'}",
        hint="turn on Windows authentication (Negotiate, NTLM) for this application in IIS, or log in as a basic user",
    )


def _next(flow: Flow, answer: object) -> httpx.Request | Step | None:
    try:
        return flow.send(answer)
    except StopIteration:
        return None


def _patience(request: httpx.Request) -> float:
    """Return how long the caller would wait for a connection, which is how long to wait for a turn on the only one."""
    timeouts = cast("dict[str, float | None]", request.extensions.get("timeout", {}))
    seconds = timeouts.get("pool")
    return -1 if seconds is None else seconds
