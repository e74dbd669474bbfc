"""HTTP exchanges, each within one deadline and one bound on size, with errors of our own."""

import logging
import ssl
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import urlsplit

import httpx
from attrs import field, frozen

from .._net.asyncio import async_http_client, deadline, remaining
from .._net.failures import NETWORK_EXCEPTIONS, translate
from .._net.timeouts import exchange_timeout
from .._protocol.faults import redact
from ..errors import MilestoneError, ReadTimeout, ReplyTooLarge

_logger = logging.getLogger("milestone_sdk.values")

__all__ = ["MAX_REPLY", "AsyncHTTP", "Reply", "within"]

MAX_REPLY: Final = 256 * 1024 * 1024
"""Octets of one reply, decompressed; the configuration of 50,000 cameras takes about 170 MB."""
_CONNECTIONS: Final = 20
_LONGEST_SHOWN: Final = 64


@frozen(kw_only=True)
class Reply:
    """A whole HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=lambda body: f"<{len(body)} octets>")

    @property
    def content_type(self) -> str:
        """The media type, without parameters, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


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
    """One pool of connections. Redirects are not followed: a login form elsewhere is no answer."""

    def __init__(
        self,
        context: ssl.SSLContext,
        *,
        timeout: float,
        connections: int = _CONNECTIONS,
        auth: httpx.Auth | None = None,
        trust_env: bool = True,
        max_reply: int = MAX_REPLY,
    ) -> None:
        self.timeout = timeout
        self._max_reply = max_reply
        self._auth = auth
        self._logged: set[tuple[str, str, str]] = set()
        self._client = async_http_client(context, timeout=timeout, connections=connections, trust_env=trust_env)

    def log_unreadable(self, url: str, operation: str, found: Mapping[str, str]) -> None:
        """Log values of a reply that could not be read, by their kind; once for each server, operation and kind."""
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
        body: bytes | None = None,
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
                    content=body,
                    auth=self._auth,
                    timeout=exchange_timeout(seconds),
                ) as response,
            ):
                return await self._read(response, server=server, operation=operation)
        except NETWORK_EXCEPTIONS as error:
            raise translate(error, server=server, operation=operation) from error

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
        return Reply(status=response.status_code, headers=response.headers, body=b"".join(chunks))

    async def aclose(self) -> None:
        """Close every connection."""
        await self._client.aclose()
