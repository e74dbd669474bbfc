"""Every operation of every contract, by its own name: `site.services.server_command.GetVersion()`."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from ..._protocol.soap.contract import Contract
from ..._protocol.soap.envelope import Call
from ...errors import UnsupportedFeature
from ...models import Recorder
from ..configuration.inventory import AsyncConfigurationCache
from .facts import is_refused_by_recorder
from .login import Authorization
from .session import AsyncSession

__all__ = ["AsyncServiceOperations", "AsyncServices"]

T = TypeVar("T")
Send = Callable[[Callable[[str], Call[Any]]], Awaitable[Any]]


class AsyncServiceOperations:
    """The operations of one service as attributes; arguments and answers are those of the contract.

    If the first parameter of an operation is `token`, it is filled in, and positional arguments begin after it; another
    one can be given by keyword. Values are plain: `Record`s and mappings, lists, strings for ids, aware datetimes.
    Raises `LocalProtocolError` for an operation or an argument that the contract does not have.
    """

    def __init__(self, name: str, send: Send) -> None:
        self._name = name
        self._send = send

    def __getattr__(self, operation: str) -> Callable[..., Awaitable[Any]]:
        if operation.startswith("_"):
            raise AttributeError(operation)

        async def invoke(*args: Any, **kwargs: Any) -> Any:
            return await self._send(lambda token: _call(Contract.named(self._name), operation, token, args, kwargs))

        return invoke

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *Contract.named(self._name).operations})


def _call(
    contract: Contract, operation: str, token: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Call[Any]:
    parameters = contract.signature(operation).parameters
    if parameters and parameters[0].name == "token":
        args = (kwargs.get("token", token), *args)
        kwargs = {name: value for name, value in kwargs.items() if name != "token"}
    return contract.call(operation, *args, **kwargs)


class AsyncServices:
    """The services of a site; their descriptions are loaded at the first call, once per process.

    For Windows users on servers before 2021 R1 the three services of the management server raise `UnsupportedFeature`.
    """

    def __init__(self, session: AsyncSession, configuration: AsyncConfigurationCache) -> None:
        self._session = session
        self._configuration = configuration
        self.server_command: AsyncServiceOperations = self._of_the_management_server("server_command", "ServerCommand")
        self.service_registration: AsyncServiceOperations = self._of_the_management_server(
            "service_registration", "ServiceRegistration"
        )
        self.configuration: AsyncServiceOperations = self._of_the_management_server("configuration", "ConfigurationApi")
        self.alarm: AsyncServiceOperations = AsyncServiceOperations("alarm", session.event_server)

    def recorder(self, recorder: Recorder) -> AsyncServiceOperations:
        """Return RecorderCommandService of one recorder."""
        place = self._configuration.recorder_place(recorder)

        def send(build: Callable[[str], Call[T]]) -> Awaitable[T]:
            return place.use(
                lambda where: self._session.recorder(where, build),
                contradicted=lambda error, _: is_refused_by_recorder(error),
            )

        return AsyncServiceOperations("recorder", send)

    def _of_the_management_server(self, contract: str, service: str) -> AsyncServiceOperations:
        def authorized(build: Callable[[str], Call[T]], by: Authorization) -> Call[T]:
            if by.asmx:
                raise UnsupportedFeature(
                    f"{service}Service.svc does not accept Windows users on this server",
                    required="2021 R1, or a basic user",
                    actual="a Windows user on a server before 2021 R1",
                    server=str(self._session.location),
                )
            return build(by.corporate)

        return AsyncServiceOperations(
            contract, lambda build: self._session.management(service, lambda by: authorized(build, by))
        )
