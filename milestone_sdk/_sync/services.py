# Generated from milestone_sdk/_async/services.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""Every operation of every contract, by its own name: `site.services.server_command.GetVersion()`."""

from collections.abc import Callable, Mapping
from typing import Any

from .._protocol.contract import Contract
from .._protocol.soap import Call
from ..models import Recorder
from .session import Session

__all__ = ["ServiceOperations", "Services"]

Send = Callable[[Callable[[str], Call[Any]]], Any]


class ServiceOperations:
    """The operations of one service as attributes; arguments and answers are those of the contract.

    Where an operation takes a `token` first, it is put in and positional arguments begin behind it; another one can
    be given by keyword. Values are plain: `Record`s and mappings, lists, text for ids, aware datetimes. Raises
    `LocalProtocolError` for an operation or an argument that the contract does not have.
    """

    def __init__(self, name: str, send: Send) -> None:
        self._name = name
        self._send = send

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        if operation.startswith("_"):
            raise AttributeError(operation)

        def invoke(*args: Any, **kwargs: Any) -> Any:
            return self._send(lambda token: _call(Contract.named(self._name), operation, token, args, kwargs))

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


class Services:
    """The services of a site; their descriptions are loaded at the first call, once per process."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.server_command = ServiceOperations("server_command", session.server_command)
        self.service_registration = ServiceOperations(
            "service_registration", lambda build: session.management("ServiceRegistration", build)
        )
        self.configuration = ServiceOperations(
            "configuration", lambda build: session.management("ConfigurationApi", build)
        )
        self.alarm = ServiceOperations("alarm", session.event_server)

    def recorder(self, recorder: Recorder) -> ServiceOperations:
        """Return RecorderCommandService of one recorder."""
        return ServiceOperations("recorder", lambda build: self._session.recorder(recorder, build))
