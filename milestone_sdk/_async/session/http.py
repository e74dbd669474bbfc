"""HTTP exchanges, each within one deadline and one bound on size, with errors of this library."""

import logging
import ssl
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import AbstractContextManager, asynccontextmanager
from functools import partial
from typing import Final, TypeVar
from urllib.parse import urlsplit

import httpx
from attrs import field, frozen

from ..._net import failures
from ..._net.asyncio import compute, deadline, remaining
from ..._net.failures import translate, without_frames
from ..._net.http.routes import exchange_timeout
from ..._protocol.replybody import ACCEPTED, ReplyBody
from ..._protocol.secrets import Sealed, Secrets
from ..._protocol.soap.faults import redact
from ...errors import MilestoneError, ProtocolError, ReadTimeout, ReplyTooLarge

_logger = logging.getLogger("milestone_sdk.values")

__all__ = ["MAX_REPLY", "AsyncHTTP", "Reply", "decoded", "within"]

T = TypeVar("T")

MAX_REPLY: Final = 256 * 1024 * 1024
"""Bytes of one reply, decompressed; the configuration of 50,000 cameras takes about 170 MB."""
_SMALL_REPLY: Final = 2**20
"""Bytes of a reply whose operation has no bound of its own, and of one with an error status."""
_DECODED_AT_ONCE: Final = 256 * 2**10
"""Bytes of a reply that are decoded on the event loop, which takes about a millisecond."""
_LONG_TO_DECODE: Final = 8 * 2**20
"""Bytes from which decoding may last seconds."""
_CONNECTIONS: Final = 20
_MOST_COOKIES: Final = 32
"""Cookies that are kept, such as a load balancer's: a server may set new ones with every answer."""
_LONGEST_SHOWN: Final = 64


@frozen(kw_only=True)
class Reply:
    """A whole HTTP answer."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    server: str
    operation: str
    secrets: Secrets = field(repr=False)

    @property
    def content_type(self) -> str:
        """The media type, without parameters, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def reading(self) -> AbstractContextManager[None]:
        """Enter while the body is read: errors then name the server, without the secrets that the body repeats."""
        return self.secrets.reading(self.body, server=self.server, operation=self.operation)


def _server_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


@asynccontextmanager
async def within(seconds: float, *, server: str, operation: str) -> AsyncGenerator[None]:
    """Let several exchanges together last `seconds` at most. Raises `ReadTimeout`."""
    try:
        async with deadline(seconds):
            yield
    except TimeoutError as error:
        if isinstance(error, MilestoneError):
            raise
        raise ReadTimeout("no complete answer within the time given", server=server, operation=operation) from error


async def decoded(decode: Callable[[bytes], T], body: bytes) -> T:
    """Return what `decode` makes of a body; a large one is decoded on another thread."""
    if len(body) <= _DECODED_AT_ONCE:
        return decode(body)
    return await compute(partial(decode, body), long=len(body) > _LONG_TO_DECODE)


class AsyncHTTP:
    """One pool of connections. Redirects are not followed: they lead to login pages.

    No reply may exceed `max_reply` bytes, whatever its operation allows.
    `secrets` returns strings that servers may repeat and that no error may show.
    """

    def __init__(
        self,
        context: ssl.SSLContext,
        *,
        timeout: float,
        connections: int | None = None,
        auth: httpx.Auth | None = None,
        trust_env: bool = True,
        max_reply: int = MAX_REPLY,
        secrets: Callable[[], Iterable[str]] = tuple,
    ) -> None:
        from ..._net.http.asyncio import async_http_client  # with httpcore, which nothing else needs at import

        self._secrets = Secrets(secrets)
        self.timeout = timeout
        self._max_reply = max_reply
        self._auth = auth
        self._logged: set[tuple[str, str, str]] = set()
        self._client = async_http_client(
            context, timeout=timeout, connections=connections or _CONNECTIONS, trust_env=trust_env
        )

    def log_unreadable(self, url: str, operation: str, found: Mapping[str, str]) -> None:
        """Log values of a reply that could not be read; once for each server, operation and kind of value."""
        server = _server_of(url)
        for kind, text in found.items():
            if (server, operation, kind) not in self._logged:
                self._logged.add((server, operation, kind))
                _logger.warning(
                    "%s on %s: the %s %s cannot be read and is left out; further ones are not logged",
                    operation,
                    server,
                    kind,
                    ascii(redact(text)[:_LONGEST_SHOWN]),
                )

    async def send(
        self,
        method: str,
        url: str,
        *,
        operation: str,
        headers: Mapping[str, str] | None = None,
        body: Sealed[bytes] | None = None,
        auth: httpx.Auth | None = None,
        timeout: float | None = None,
        max_reply: int | None = _SMALL_REPLY,
    ) -> Reply:
        """Make one exchange, whatever its status, in at most `timeout` seconds.

        `max_reply` is how many bytes the operation may answer, decompressed; `None` means that of the client. The body
        of an error status is cut there.

        Raises `ConnectError`, `ConnectTimeout`, `ReadTimeout`, `WriteTimeout`, `ConnectionLost`, `CertificateError`,
        `ReplyTooLarge`, and `RemoteProtocolError` for what is not HTTP or has another coding than gzip.
        """
        server = _server_of(url)
        seconds = remaining(timeout or self.timeout)
        most = self._max_reply if max_reply is None else min(max_reply, self._max_reply)
        try:
            async with (
                deadline(seconds),
                self._client.stream(
                    method,
                    url,
                    headers={"Accept-Encoding": ACCEPTED, **(headers or {})},
                    content=None if body is None else body.reveal(),
                    auth=auth or self._auth,
                    timeout=exchange_timeout(seconds),
                ) as response,
            ):
                return await self._read(response, most, server=server, operation=operation)
        except failures.NETWORK_EXCEPTIONS as error:
            ours = translate(error, server=server, operation=operation)
            if isinstance(ours, ProtocolError):
                self._secrets.hide_in(ours, str(error).encode("utf-8", "replace"))
            raise ours from without_frames(error)
        except MilestoneError as error:
            without_frames(error).at(server=server, operation=operation)
            raise

    async def _read(self, response: httpx.Response, most: int, *, server: str, operation: str) -> Reply:
        if len(self._client.cookies.jar) > _MOST_COOKIES:
            self._client.cookies.clear()
        wanted = response.is_success
        if not wanted:
            most = min(most, _SMALL_REPLY)
        body = ReplyBody(response.headers.get("content-encoding", ""), maximum=most)
        async for chunk in response.aiter_raw():
            body.receive(chunk)
            if body.pending:
                body.unpack()
            while body.pending:
                await compute(body.unpack, long=False)
            if body.full:
                break
        if body.full and wanted:
            hint = "ask for less at once, or allow more with max_reply"
            if most < self._max_reply:
                hint = "no server answers this operation at such length: ask for less at once, or check the address"
            raise ReplyTooLarge(f"the answer is longer than {most} bytes", hint=hint)
        return Reply(
            status=response.status_code,
            headers=response.headers,
            body=body.finish(),
            server=server,
            operation=operation,
            secrets=self._secrets,
        )

    async def aclose(self) -> None:
        """Close every connection."""
        await self._client.aclose()
