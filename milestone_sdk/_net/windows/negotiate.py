"""The Negotiate and NTLM handshake of a Windows user, with the tickets of the current session.

It takes several requests on one TCP connection, each with the whole body. So a client that uses it has a single
connection, and its callers take turns here: another request between two of the handshake would end it, which looks
like a wrong password.
"""

import logging
import sys
from base64 import b64encode
from collections.abc import AsyncGenerator, Callable, Collection, Generator
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, cast

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

__all__ = ["Flow", "NegotiateAuth", "Scheme"]

Scheme = Literal["NTLM", "Negotiate"]
Step = Callable[[], Any]
Flow = Generator[httpx.Request | Step, Any, None]
"""Requests to send, and steps to compute; a step may wait for a key distribution centre, so never on an event loop."""

MAX_LEGS: Final = 8

_SERVICE: Final = "HTTP"
_UNAUTHORIZED: Final = 401
_ON_WINDOWS: Final = sys.platform == "win32"


class NegotiateAuth(httpx.Auth):
    """Logs the current user in to the service `HTTP/{host}`: SSPI on Windows, Kerberos elsewhere."""

    requires_request_body = True
    schemes: ClassVar[tuple[Scheme, ...]] = ("Negotiate", "NTLM")
    """In the order in which they are preferred."""

    def __init__(self, *, host: str) -> None:
        self._host = host
        self._turn = Lock()
        self._async_turn: AsyncLock | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} for {self._host}>"

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a login that may hold a password cannot be pickled")

    def auth_flow(self, request: httpx.Request) -> Flow:  # type: ignore[override]
        """Send the request without credentials; start the handshake if it is refused."""
        response = yield request
        yield from self.answer(request, response)

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Run the handshake on blocking sockets."""
        request.read()
        if not self._turn.acquire(timeout=_patience(request)):
            raise httpx.PoolTimeout("the connection of this Windows user is busy", request=request)
        try:
            with closing(self.auth_flow(request)) as flow:
                answer: object = None
                while (wanted := _next(flow, answer)) is not None:
                    answer = (yield wanted) if isinstance(wanted, httpx.Request) else wanted()
        finally:
            self._turn.release()

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Run the handshake on an event loop, without blocking its other tasks."""
        from ..asyncio import AsyncLock, call_blocking

        await request.aread()
        self._async_turn = self._async_turn or AsyncLock()
        async with self._async_turn:
            with closing(self.auth_flow(request)) as flow:
                answer: object = None
                while (wanted := _next(flow, answer)) is not None:
                    answer = (yield wanted) if isinstance(wanted, httpx.Request) else await call_blocking(wanted)

    def answer(self, request: httpx.Request, response: httpx.Response) -> Flow:
        """Answer a 401 until the server accepts or refuses; check at the end that it is the right server."""
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
                    "the server ended the connection during the Windows login",
                    hint="NTLM needs one connection for all its requests: check HTTP keep-alive, and proxies between",
                )
            if challenge is None or context.complete:
                raise self._unanswered(context, leg)
            token = yield partial(self._step, context, challenge, response)
        raise RemoteProtocolError(f"the Windows login has not ended after {MAX_LEGS} requests")

    def choose(self, offered: Collection[str]) -> Scheme:
        """Return the scheme to use. Raises `LoginNotSupported`."""
        scheme: Scheme | None = next((each for each in self.schemes if each.lower() in offered), None)
        if scheme is None:
            raise LoginNotSupported(
                f"the server does not accept a Windows login here; it offers {', '.join(sorted(offered)) or 'nothing'}",
                hint="enable Windows authentication (Negotiate, NTLM) for this application in IIS, or log in as a "
                "basic user",
            )
        if scheme == "NTLM" and not (_ON_WINDOWS or self._user()):
            raise LoginNotSupported(
                "the server offers only NTLM, which needs a password on this system",
                hint="log in as a WindowsUser with name and password, or enable Negotiate in IIS",
            )
        return scheme

    def _user(self) -> tuple[str, ...]:
        """Return user name and password; nothing for the current user."""
        return ()

    def _context(self, protocol: str, bindings: "GssChannelBindings | None") -> "ContextProxy":
        context: ContextProxy = _load_spnego().client(
            *self._user(), hostname=self._host, service=_SERVICE, protocol=protocol, channel_bindings=bindings
        )
        return context

    def refused(self) -> AuthenticationError:
        """Return the error for a login that the server understood and refused."""
        return InvalidCredentials(
            "the server refused the current user",
            hint=f"check that the user has a role in XProtect, and that the name {_SERVICE}/{self._host} belongs to "
            "the account of the server's IIS (setspn)",
        )

    def _why_not(self, error: Exception, bindings: "GssChannelBindings | None") -> MilestoneError:
        """Return why there is no first token: for the current user, Negotiate says only that nothing worked."""
        hint = None
        if not self._user():
            hint = "log in as a WindowsUser with a password"
            if not _ON_WINDOWS:
                try:
                    self._context("kerberos", bindings).step()
                except ImportError:
                    return kerberos_missing()
                except Exception as reason:
                    error = reason
        return explain(error, host=self._host) or LoginNotSupported(
            f"this system cannot start a Windows login: {error}", hint=hint
        )

    def _begin(self, scheme: Scheme, response: httpx.Response) -> tuple["ContextProxy", bytes]:
        bindings = channel_bindings(response)
        try:
            context = self._context(scheme.lower(), bindings)
            token = context.step()
        except Exception as error:
            raise self._why_not(error, bindings) from error
        if not token:
            raise LoginNotSupported("this system returned no token to start the Windows login with")
        return context, token

    def _step(self, context: "ContextProxy", challenge: bytes, response: httpx.Response) -> bytes:
        """Return the next token; a challenge that cannot be read is the server's error."""
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
        """Check the server's own proof; it is required if no certificate proves who the server is."""
        if proof is not None and not context.complete:
            try:
                context.step(proof)
            except Exception as error:
                raise AuthenticationError(f"the server did not prove that it is {_SERVICE}/{self._host}") from error
        unproven = context.negotiated_protocol == "kerberos" and not context.complete
        if unproven and response.is_success and response.request.url.scheme != "https":
            raise AuthenticationError(
                f"the server did not prove that it is {_SERVICE}/{self._host}", hint="use https://"
            )

    def _unanswered(self, context: "ContextProxy", leg: int) -> MilestoneError:
        """Return what a 401 without a token means: a missing challenge, or a refused login."""
        if leg == 0 and context.negotiated_protocol == "ntlm":
            return RemoteProtocolError(
                "the server began the Windows login and then sent no challenge",
                hint="check for a proxy between that does not pass on NTLM, such as the API gateway",
            )
        return self.refused()


def _load_spnego() -> Any:
    """Return pyspnego, with its log of tokens off unless the application has set the level of that log."""
    import spnego

    logger = logging.getLogger("spnego")
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.INFO)  # at DEBUG it writes every token, from which a password can be guessed
    return spnego


def _next(flow: Flow, answer: object) -> httpx.Request | Step | None:
    try:
        return flow.send(answer)
    except StopIteration:
        return None


def _patience(request: httpx.Request) -> float:
    """Return how long the caller would wait for a connection: so long it waits for its turn on the only one."""
    seconds = cast("dict[str, float | None]", request.extensions.get("timeout", {})).get("pool")
    return -1 if seconds is None else seconds
