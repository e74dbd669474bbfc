"""REST calls through the API Gateway, with the access token."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Final, TypeVar
from urllib.parse import urljoin, urlsplit

from ..._protocol.rest import MAX_REPLY, JSONObject, read_array, read_data
from ..._protocol.secrets import Sealed
from ...errors import (
    CertificateError,
    ConnectError,
    ConnectTimeout,
    LoginNotSupported,
    MilestoneError,
    ServiceUnavailable,
    TokenExpired,
    TransportError,
)
from ...releases import Capabilities, Capability
from .facts import AsyncFact
from .http import decoded
from .login import Authorization
from .session import AsyncSession

__all__ = ["AsyncGateway"]

T = TypeVar("T")

_REST: Final = "rest/v1/"
_SERVICE: Final = "API gateway"
_JSON: Final = "application/json"


class AsyncGateway:
    """The REST interfaces of a site. A call that is refused because its token ended is made again with a new one.

    Each call names the capability it needs. Raises `UnsupportedFeature` if the release does not have it,
    `LoginNotSupported` if there are no access tokens, `ServiceUnavailable` if no gateway is installed, announced or
    reached, `PermissionDenied`, `NotFound`, `ServerFault`, `RemoteProtocolError`.
    """

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._bases = AsyncFact(self._announced, timeout=session.timeout, clock=session.clock)
        self._reached: str | None = None
        """The gateway that answered last, which is tried first."""

    async def get_array(self, path: str, *, needs: Capability) -> tuple[JSONObject, ...]:
        """Return the objects of a collection, e.g. `alarmStates`."""
        return await self._call("GET", path, None, read_array, needs)

    async def post(self, path: str, document: Mapping[str, object], *, needs: Capability) -> JSONObject:
        """Create an object, and return what the server answers."""
        return await self._call("POST", path, json.dumps(document).encode(), read_data, needs)

    async def _call(
        self, method: str, path: str, body: bytes | None, read: Callable[[int, bytes], T], needs: Capability
    ) -> T:
        operation = f"{method} {path}"
        await self._require(needs, operation)
        authorization = await self._bearer()
        headers = {"Accept": _JSON} if body is None else {"Accept": _JSON, "Content-Type": _JSON}
        sealed = None if body is None else Sealed(body)

        async def send(base: str) -> T:
            url = urljoin(base if base.endswith("/") else f"{base}/", _REST + path)
            http, auth = self._session.login.http, authorization.auth
            reply = await http.send(
                method, url, operation=operation, headers=headers, body=sealed, auth=auth, max_reply=MAX_REPLY
            )
            with reply.reading():
                return await decoded(partial(read, reply.status), reply.body)

        async def attempt(bases: Sequence[str]) -> T:
            nonlocal authorization
            try:
                return await self._reach(bases, send)
            except TokenExpired:
                authorization = await self._session.tokens.authorization(replacing=authorization)
                return await self._reach(bases, send)

        try:
            return await self._bases.use(attempt, contradicted=self._is_elsewhere)
        except MilestoneError as error:
            error.at(server=str(self._session.location), operation=operation)
            raise

    def _is_elsewhere(self, error: MilestoneError, bases: Sequence[str]) -> bool:
        """Return whether an error of a gateway may mean that others are announced now."""
        servers = {f"{parts.scheme}://{parts.netloc}" for parts in map(urlsplit, bases)}
        return error.server in servers and self._bases.is_doubtful_after(error)

    async def _require(self, needs: Capability, operation: str) -> None:
        """Raise `UnsupportedFeature` if the release lacks a capability, having asked again for the release."""
        tokens = self._session.tokens
        if needs not in Capabilities.of((await tokens.discover()).server_version or ""):
            found = await tokens.discover(again=True)
            capabilities = Capabilities.of(found.server_version or "")
            capabilities.require(needs, server=str(self._session.location), operation=operation)

    async def _bearer(self) -> Authorization:
        """Return what authorises a call, with an access token."""
        tokens = self._session.tokens
        authorization = await tokens.authorization()
        if authorization.form != "bearer":
            error = LoginNotSupported("REST needs an access token, which this login does not have")
            if not await tokens.reconsider(error, logins=tokens.logins, by_token=False):
                raise error
            authorization = await tokens.authorization()
        return authorization

    async def _announced(self) -> Sequence[str]:
        """Return the gateways that a token may be sent to, those with https first.

        An access token that is used over https elsewhere is never sent over http.
        """
        announced = await self._session.gateways()
        by_safety = sorted(announced, key=lambda base: urlsplit(base).scheme != "https")
        bases = [base for base in by_safety if not self._session.location.secure or urlsplit(base).scheme == "https"]
        if not bases:
            raise ServiceUnavailable(
                "the gateway is announced without https" if announced else "no API Gateway is installed",
                service=_SERVICE,
                hint="give the gateway a certificate" if announced else "install one, or use the SOAP interface",
            )
        return bases

    async def _reach(self, bases: Sequence[str], send: Callable[[str], Awaitable[T]]) -> T:
        """Ask the first gateway that can be reached; a request that was sent is never sent to another one."""
        failure: TransportError | None = None
        for base in sorted(bases, key=lambda base: base != self._reached):
            try:
                answer = await send(base)
            except (ConnectError, ConnectTimeout, CertificateError) as error:
                failure = error
            else:
                self._reached = base
                return answer
        assert failure is not None
        if not failure.retriable:
            raise failure
        raise ServiceUnavailable(
            f"the API Gateway cannot be reached: {failure.message}",
            service=_SERVICE,
            server=failure.server,
            operation=failure.operation,
        ) from failure
