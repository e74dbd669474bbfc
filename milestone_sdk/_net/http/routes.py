"""What httpx asks for in the terms of httpcore, whose pools take network backends of our own."""

import httpcore
import httpx

__all__ = ["core_request", "core_url"]


def core_url(url: httpx.URL) -> httpcore.URL:
    """Return the same URL for httpcore."""
    return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)


def core_request(request: httpx.Request) -> httpcore.Request:
    """Return the same request for httpcore; the body's stream goes with it, blocking or not."""
    return httpcore.Request(
        method=request.method,
        url=core_url(request.url),
        headers=request.headers.raw,
        content=request.stream,
        extensions=request.extensions,
    )
