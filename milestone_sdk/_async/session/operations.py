"""Every operation of every contract, by its own name: `site.services.server_command.GetVersion()`."""

from collections.abc import Awaitable, Callable, Mapping
from inspect import Signature
from typing import TYPE_CHECKING, Any, TypeVar, cast

from ..._protocol.soap.contract import Contract
from ..._protocol.soap.envelope import Call
from ...errors import UnsupportedFeature
from ...models import Recorder
from ..configuration.inventory import AsyncConfigurationCache
from .facts import is_refused_by_recorder
from .login import Authorization
from .session import AsyncSession

if TYPE_CHECKING:
    from .described import (  # pyright: ignore[reportMissingModuleSource]  # types only: the code is here
        AsyncAlarmOperations,
        AsyncConfigurationOperations,
        AsyncRecorderOperations,
        AsyncServerCommandOperations,
        AsyncServiceRegistrationOperations,
    )

__all__ = ["AsyncServiceOperation", "AsyncServiceOperations", "AsyncServices"]

T = TypeVar("T")
Send = Callable[[Callable[[str], Call[Any]]], Awaitable[Any]]


class AsyncServiceOperation:
    """One operation of one service: call it. Its docstring, signature and repr are those of its description.

    If the first parameter is `token`, it is filled in, and positional arguments begin after it; another one can be
    given by keyword. Values are plain: mappings, lists, aware datetimes, strings or UUIDs for ids. A result is a plain
    value, a list or a `Record`, whose members are attributes; it may be None.

    Raises `ConfigurationError` for arguments that do not fit, with names that resemble a wrong one.
    """

    def __init__(self, service: str, operation: str, send: Send) -> None:
        contract = Contract.named(service)
        signature = contract.signature(operation)
        path = "recorder(camera.recorder)" if service == "recorder" else service
        self.__name__ = operation
        self.__qualname__ = f"{service}.{operation}"
        self.__signature__: Signature = signature.python()
        self.__doc__ = contract.documentation(operation, "await site.services." + path)
        self._shown = f"{service}.{signature}"
        self._contract = contract
        self._send = send

    async def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return await self._send(lambda token: _call(self._contract, self.__name__, token, args, kwargs))

    def __repr__(self) -> str:
        return self._shown


class AsyncServiceOperations:
    """The operations of one service as attributes, each an `AsyncServiceOperation`; `dir()` lists them.

    Raises `UnknownOperation`, with the names that resemble it, for an operation that the contract does not have.
    """

    def __init__(self, name: str, send: Send) -> None:
        self._name = name
        self._send = send

    def __getattr__(self, operation: str) -> AsyncServiceOperation:
        if operation.startswith("_"):
            raise AttributeError(operation)
        return AsyncServiceOperation(self._name, operation, self._send)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *Contract.named(self._name).operations})

    def __repr__(self) -> str:
        return f"<{self._name}: {len(Contract.named(self._name).operations)} operations, listed by dir()>"


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

    server_command: "AsyncServerCommandOperations"
    """ServerCommandService of the management server: configuration, bookmarks, evidence locks, view groups, presets."""
    service_registration: "AsyncServiceRegistrationOperations"
    """ServiceRegistrationService of the management server: where the other services are."""
    configuration: "AsyncConfigurationOperations"
    """ConfigurationApiService of the management server: items, methods and tasks of the configuration."""
    alarm: "AsyncAlarmOperations"
    """AlarmServiceToken of the event server: alarms and events."""

    def __init__(self, session: AsyncSession, configuration: AsyncConfigurationCache) -> None:
        self._session = session
        self._configuration = configuration
        management = self._of_the_management_server
        self.server_command = cast("AsyncServerCommandOperations", management("server_command", "ServerCommand"))
        self.service_registration = cast(
            "AsyncServiceRegistrationOperations", management("service_registration", "ServiceRegistration")
        )
        self.configuration = cast("AsyncConfigurationOperations", management("configuration", "ConfigurationApi"))
        self.alarm = cast("AsyncAlarmOperations", AsyncServiceOperations("alarm", session.event_server))

    def __repr__(self) -> str:
        return "<services: alarm, configuration, recorder(...), server_command, service_registration>"

    def recorder(self, recorder: Recorder) -> "AsyncRecorderOperations":
        """Return RecorderCommandService of one recorder: PTZ, outputs, sequences, pictures, manual recording."""
        place = self._configuration.recorder_place(recorder)

        def send(build: Callable[[str], Call[T]]) -> Awaitable[T]:
            return place.use(
                lambda where: self._session.recorder(where, build),
                contradicted=lambda error, _: is_refused_by_recorder(error),
            )

        return cast("AsyncRecorderOperations", AsyncServiceOperations("recorder", send))

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
