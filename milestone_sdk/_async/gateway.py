"""REST calls through the API Gateway, with the access token (protocol/alarms.md 3.1, protocol/auth.md 2.2)."""

import json
from collections.abc import Callable, Mapping
from typing import Final, TypeVar
from urllib.parse import urljoin, urlsplit

from .._protocol.rest import JSONObject, read_array, read_data
from .._protocol.secrets import Sealed
from ..compatibility import Capabilities, Capability
from ..errors import ConnectError, ConnectTimeout, LoginNotSupported, ServiceUnavailable, TokenExpired
from .session import AsyncSession
from .tokens import Authorization

__all__ = ["AsyncGateway"]

T = TypeVar("T")

_REST: Final = "rest/v1/"
_SERVICE: Final = "API gateway"
_JSON: Final = "application/json"


class AsyncGateway:
    """The REST interfaces of a site. A call that is refused because its token ended is made once more.

    Each call names the capability it needs. Raises `UnsupportedFeature` where the release does not have it for good,
    `LoginNotSupported` where there are no access tokens, `ServiceUnavailable` where no gateway is installed, announced
    or reached, `PermissionDenied`, `NotFound`, `ServerFault`, `RemoteProtocolError`.
    """

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._base: str | None = None

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
        authorization = await self._session.tokens.authorization()
        bases = [self._base] if self._base else await self._bases(operation)
        try:
            return await self._reach(bases, authorization, method, path, body, read)
        except TokenExpired:
            authorization = await self._session.tokens.authorization(replacing=authorization)
            return await self._reach(bases, authorization, method, path, body, read)

    async def _require(self, needs: Capability, operation: str) -> None:
        discovery = await self._session.tokens.discover()
        capabilities = Capabilities.of(discovery.server_version or "")
        capabilities.require(needs, server=str(self._session.location), operation=operation)

    async def _bases(self, operation: str) -> list[str]:
        """Return the gateways that may be sent a token, those with https first.

        An access token that is used over https elsewhere never goes over http.
        """
        server = str(self._session.location)
        announced = await self._session.gateways()
        by_safety = sorted(announced, key=lambda base: urlsplit(base).scheme != "https")
        bases = [base for base in by_safety if not self._session.location.secure or urlsplit(base).scheme == "https"]
        if not bases:
            raise ServiceUnavailable(
                "the gateway is announced without https" if announced else "no API Gateway is installed",
                service=_SERVICE,
                server=server,
                operation=operation,
                hint="give the gateway a certificate" if announced else "install one, or use the SOAP interface",
            )
        return bases

    async def _reach(
        self,
        bases: list[str],
        authorization: Authorization,
        method: str,
        path: str,
        body: bytes | None,
        read: Callable[[int, bytes], T],
    ) -> T:
        """Ask the first gateway that can be reached; a request that was sent is never sent to another one."""
        if authorization.form != "bearer":
            raise LoginNotSupported("REST needs an access token, which this login has not")
        failure: ConnectError | ConnectTimeout | None = None
        for base in bases:
            url = urljoin(base if base.endswith("/") else f"{base}/", _REST + path)
            try:
                answer = await self._exchange(url, authorization, method, body, read)
            except (ConnectError, ConnectTimeout) as error:
                failure, self._base = error, None
            else:
                self._base = base
                return answer
        assert failure is not None
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
        reply = await self._session.tokens.http.send(
            method, url, operation=operation, headers=headers, body=sealed, auth=authorization.auth
        )
        with reply.reading():
            return read(reply.status, reply.body)
