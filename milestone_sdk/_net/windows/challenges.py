"""What the headers and the connection of a 401 answer hold: schemes, tokens, cookies, the server's certificate."""

from base64 import b64decode
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.request import parse_http_list

import httpx

from ...errors import RemoteProtocolError

if TYPE_CHECKING:
    from spnego.channel_bindings import GssChannelBindings

__all__ = ["Cookies", "channel_bindings", "end_point", "limit_refusal", "offers", "stream_of", "token_of"]

MAX_REFUSAL: Final = 1 << 20
"""Bytes that the body of a 401 answer may have."""
_LEAST_PIECE: Final = 32
"""What each piece of it counts at least, since a piece of one byte takes as long to receive."""
_SHOWN: Final = 24


def offers(response: httpx.Response) -> dict[str, str]:
    """Return the schemes of all WWW-Authenticate headers, in lower case, with the token or parameters of each."""
    found: dict[str, str] = {}
    for value in response.headers.get_list("www-authenticate"):
        for part in parse_http_list(value):  # splits at commas outside quoted strings
            scheme, _, rest = part.partition(" ")
            if scheme and "=" not in scheme:
                found.setdefault(scheme.lower(), rest.strip())
    return found


def token_of(response: httpx.Response, scheme: str) -> bytes | None:
    """Return the token that the server sent for a scheme. Raises `RemoteProtocolError` if it is not base64."""
    text = offers(response).get(scheme.lower())
    if not text:
        return None
    try:
        return b64decode(text, validate=True) or None
    except ValueError as error:
        raise RemoteProtocolError("the server's challenge is not base64", sample=text[:_SHOWN]) from error


def stream_of(response: httpx.Response) -> Any:
    """Return the connection of a response, `None` if the transport does not give it."""
    return response.extensions.get("network_stream")


def channel_bindings(response: httpx.Response) -> "GssChannelBindings | None":
    """Return what ties a login to its TLS connection: the server's certificate, as `tls-server-end-point` (RFC 5929).

    A server that requires Extended Protection refuses every login without it.
    """
    stream = stream_of(response)
    if stream is None or response.request.url.scheme != "https":  # TLS to a proxy says nothing about the server
        return None
    tls = stream.get_extra_info("ssl_object")
    certificate = tls.getpeercert(True) if tls is not None else None
    digest = end_point(certificate) if certificate else None
    if digest is None:
        return None
    from spnego.channel_bindings import GssChannelBindings

    return GssChannelBindings(application_data=b"tls-server-end-point:" + digest)


def end_point(certificate: bytes) -> bytes | None:
    """Return the hash of a certificate in DER form by the algorithm of its signature; SHA-256 for MD5 and SHA-1.

    `None` for a signature without a hash, such as Ed25519, for which RFC 5929 4.1 defines nothing, and for a
    certificate that cannot be read, which pinning allows.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    try:
        parsed = x509.load_der_x509_certificate(certificate)
        signed = parsed.signature_hash_algorithm
    except Exception:  # it cannot be read, for example because of an invalid version
        return None
    if signed is None:
        return None
    return parsed.fingerprint(hashes.SHA256() if isinstance(signed, hashes.MD5 | hashes.SHA1) else signed)


class Cookies:
    """The cookies of a handshake: some servers recognise its next request by a cookie of their last answer."""

    def __init__(self, request: httpx.Request) -> None:
        self._given: str = request.headers.get("Cookie", "")
        self._jar = httpx.Cookies()

    def pass_on(self, response: httpx.Response, request: httpx.Request) -> None:
        """Add to the next request what the last response set."""
        self._jar.extract_cookies(response)
        request.headers.pop("Cookie", None)
        self._jar.set_cookie_header(request)
        cookies = [text for text in (self._given, request.headers.get("Cookie", "")) if text]
        if cookies:
            request.headers["Cookie"] = "; ".join(cookies)


def limit_refusal(response: httpx.Response) -> None:
    """Bound the body of a refusal, which httpx reads before the next request, and leave it compressed."""
    response.stream = _LimitedBody(response.stream)
    response.headers.pop("content-encoding", None)


class _LimitedBody(httpx.SyncByteStream, httpx.AsyncByteStream):
    def __init__(self, body: httpx.SyncByteStream | httpx.AsyncByteStream) -> None:
        self._body = body
        self._left = MAX_REFUSAL

    def _counted(self, chunk: bytes) -> bytes:
        self._left -= max(len(chunk), _LEAST_PIECE)
        if self._left < 0:
            raise RemoteProtocolError(f"the body of a 401 answer is longer than {MAX_REFUSAL} bytes")
        return chunk

    def __iter__(self) -> Iterator[bytes]:
        for chunk in cast("httpx.SyncByteStream", self._body):
            yield self._counted(chunk)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in cast("httpx.AsyncByteStream", self._body):
            yield self._counted(chunk)

    def close(self) -> None:
        cast("httpx.SyncByteStream", self._body).close()

    async def aclose(self) -> None:
        await cast("httpx.AsyncByteStream", self._body).aclose()
