"""HTTP exchanges, each within one deadline and one bound on size, with errors of our own."""

import ssl
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import AbstractContextManager, asynccontextmanager
from typing import Final
from urllib.parse import urlsplit

import httpx
from attrs import field, frozen

from .._net.asyncio import async_http_client, deadline, remaining
from .._net.failures import NETWORK_EXCEPTIONS, translate, without_frames
from .._net.timeouts import exchange_timeout
from .._protocol.secrets import Sealed, Secrets
from ..errors import MilestoneError, ProtocolError, ReadTimeout, ReplyTooLarge

__all__ = ["MAX_REPLY", "AsyncHTTP", "Reply", "within"]

MAX_REPLY: Final = 256 * 1024 * 1024
"""Octets of one reply, decompressed; the configuration of 50,000 cameras takes about 170 MB."""
_CONNECTIONS: Final = 20


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
        """Enter while the body is read: errors then say where it came from, without the secrets that it repeats."""
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


class AsyncHTTP:
    """One pool of connections. Redirects are not followed: a login form elsewhere is no answer.

    `secrets` returns what servers here may know and repeat, and no error may show.
    """

    def __init__(
        self,
        context: ssl.SSLContext,
        *,
        timeout: float,
        connections: int = _CONNECTIONS,
        auth: httpx.Auth | None = None,
        trust_env: bool = True,
        max_reply: int = MAX_REPLY,
        secrets: Callable[[], Iterable[str]] = tuple,
    ) -> None:
        self._secrets = Secrets(secrets)
        self.timeout = timeout
        self._max_reply = max_reply
        self._auth = auth
        self._client = async_http_client(context, timeout=timeout, connections=connections, trust_env=trust_env)

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
    ) -> Reply:
        """Make one exchange, whatever its status, in at most `timeout` seconds.

        Raises `ConnectError`, `ConnectTimeout`, `ReadTimeout`, `WriteTimeout`, `ConnectionLost`, `CertificateError`,
        and `RemoteProtocolError` for what is no HTTP or too large.
        """
        server = _server_of(url)
        seconds = remaining(timeout or self.timeout)
        try:
            async with (
                deadline(seconds),
                self._client.stream(
                    method,
                    url,
                    headers=dict(headers or {}),
                    content=None if body is None else body.reveal(),
                    auth=auth or self._auth,
                    timeout=exchange_timeout(seconds),
                ) as response,
            ):
                return await self._read(response, server=server, operation=operation)
        except NETWORK_EXCEPTIONS as error:
            told = translate(error, server=server, operation=operation)
            if isinstance(told, ProtocolError):
                self._secrets.hide_in(told, str(error).encode("utf-8", "replace"))
            raise told from without_frames(error)
        except MilestoneError as error:
            without_frames(error).at(server=server, operation=operation)
            raise

    async def _read(self, response: httpx.Response, *, server: str, operation: str) -> Reply:
        chunks: list[bytes] = []
        size = 0
        async for chunk in response.aiter_bytes():
            size += len(chunk)
            if size > self._max_reply:
                raise ReplyTooLarge(
                    f"the answer is longer than {self._max_reply} octets",
                    server=server,
                    operation=operation,
                    hint="ask for less at once, or allow more with max_reply",
                )
            chunks.append(chunk)
        return Reply(
            status=response.status_code,
            headers=response.headers,
            body=b"".join(chunks),
            server=server,
            operation=operation,
            secrets=self._secrets,
        )

    async def aclose(self) -> None:
        """Close every connection."""
        await self._client.aclose()
