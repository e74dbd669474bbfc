"""REST calls through the API Gateway, with the access token (protocol/alarms.md 3.1, protocol/auth.md 2.2)."""

import json
from collections.abc import Callable, Mapping, Sequence
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
_QUESTION_SHARE: Final = 1 / 3
"""How much of a timeout the question may take where the gateway is now."""


class AsyncGateway:
    """The REST interfaces of a site. A call that is refused because its token ended is made once more.

    Each call names the capability it needs. Raises `UnsupportedFeature` where the release does not have it for good,
    `LoginNotSupported` where there are no access tokens, `ServiceUnavailable` where no gateway is installed, announced
    or reached, `PermissionDenied`, `NotFound`, `ServerFault`, `RemoteProtocolError`.
    """

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._bases = AsyncFact(self._announced, seconds=session.timeout * _QUESTION_SHARE, clock=session.clock)
        self._reached: str | None = None
        """The one that answered last, which is asked first."""

    async def get_array(self, path: str, *, needs: Capability) -> tuple[JSONObject, ...]:
        """Return the objects of a collection, e.g. `alarmStates`."""
        return await self._call("GET", path, None, read_array, needs)

    async def post(self, path: str, document: Mapping[str, object], *, needs: Capability) -> JSONObject:
        """Make an object, and return what the server tells of it."""
        return await self._call("POST", path, json.dumps(document).encode(), read_data, needs)

    async def _call(
        self, method: str, path: str, body: bytes | None, read: Callable[[int, bytes], T], needs: Capability
    ) -> T:
        operation = f"{method} {path}"
        await self._require(needs, operation)
        authorization = await self._bearer()

        async def attempt(bases: Sequence[str]) -> T:
            nonlocal authorization
            try:
                return await self._reach(bases, authorization, method, path, body, read)
            except TokenExpired:
                authorization = await self._session.tokens.authorization(replacing=authorization)
                return await self._reach(bases, authorization, method, path, body, read)

        try:
            return await self._bases.use(attempt, contradicted=self._is_elsewhere)
        except MilestoneError as error:
            error.at(server=str(self._session.location), operation=operation)
            raise

    def _is_elsewhere(self, error: MilestoneError, bases: Sequence[str]) -> bool:
        """Whether an error of a gateway may mean that others are announced now."""
        servers = {f"{parts.scheme}://{parts.netloc}" for parts in map(urlsplit, bases)}
        return error.server in servers and self._bases.is_doubtful_after(error)

    async def _require(self, needs: Capability, operation: str) -> None:
        """Raise `UnsupportedFeature` for what the release lacks, which was asked for again then."""
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
            error = LoginNotSupported("REST needs an access token, which this login has not")
            if not await tokens.reconsider(error, logins=tokens.logins, by_token=False):
                raise error
            authorization = await tokens.authorization()
        return authorization

    async def _announced(self) -> Sequence[str]:
        """Return the gateways that may be sent a token, those with https first.

        An access token that is used over https elsewhere never goes over http.
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

    async def _reach(
        self,
        bases: Sequence[str],
        authorization: Authorization,
        method: str,
        path: str,
        body: bytes | None,
        read: Callable[[int, bytes], T],
    ) -> T:
        """Ask the first gateway that can be reached; a request that was sent is never sent to another one."""
        failure: TransportError | None = None
        for base in sorted(bases, key=lambda base: base != self._reached):
            url = urljoin(base if base.endswith("/") else f"{base}/", _REST + path)
            try:
                answer = await self._exchange(url, authorization, method, body, read)
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

    async def _exchange(
        self,
        url: str,
        authorization: Authorization,
        method: str,
        body: bytes | None,
        read: Callable[[int, bytes], T],
    ) -> T:
        operation = f"{method} {urlsplit(url).path.rpartition('/')[2]}"
        headers = {"Accept": _JSON}
        if body is not None:
            headers["Content-Type"] = _JSON
        sealed = None if body is None else Sealed(body)
        reply = await self._session.login.http.send(
            method,
            url,
            operation=operation,
            headers=headers,
            body=sealed,
            auth=authorization.auth,
            max_reply=MAX_REPLY,
        )
        with reply.reading():
            return await decoded(partial(read, reply.status), reply.body)
