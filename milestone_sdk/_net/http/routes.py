"""Requests and responses between httpx and httpcore, whose pools take network backends of our own."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable
from typing import TYPE_CHECKING, Any, Final, cast

import httpx

if TYPE_CHECKING:
    import httpcore

__all__ = ["core_request", "core_url", "exchange_timeout", "probe", "response_of"]

_CONNECT_SHARE: Final = 0.45
"""Of the whole exchange, for each of TCP and TLS, so that the connection's own timeout reports a dead port."""


def exchange_timeout(seconds: float) -> httpx.Timeout:
    """Return httpx's timeouts for an exchange that is bounded by `deadline(seconds)` as a whole."""
    return httpx.Timeout(seconds, connect=seconds * _CONNECT_SHARE)


def core_url(url: httpx.URL) -> httpcore.URL:
    """Return the same URL for httpcore."""
    import httpcore

    return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)


def core_request(request: httpx.Request) -> httpcore.Request:
    """Return the same request for httpcore, with the same stream as its body, blocking or not."""
    import httpcore

    return httpcore.Request(
        method=request.method,
        url=core_url(request.url),
        headers=request.headers.raw,
        content=cast("Iterable[bytes] | AsyncIterable[bytes]", request.stream),
        extensions=request.extensions,
    )


def response_of(response: httpcore.Response, body: httpx.SyncByteStream | httpx.AsyncByteStream) -> httpx.Response:
    """Return httpcore's response for httpx, with that body."""
    return httpx.Response(
        status_code=response.status,
        headers=response.headers,
        stream=body,
        extensions=cast("dict[str, Any]", response.extensions),  # pyright: ignore[reportUnknownMemberType]
    )


def probe(request: httpx.Request, seconds: float) -> httpx.Request:
    """Return a request to the same server that holds nothing of `request`."""
    timeouts = exchange_timeout(seconds).as_dict()
    return httpx.Request("GET", request.url.copy_with(path="/", query=None), extensions={"timeout": timeouts})
