"""The interface descriptions of the XProtect SOAP services, written for this library.

One file per service, WSDL 1.1, complete in itself: nothing is loaded from a server or from elsewhere. Each says in
its documentation on which evidence it rests. They are made by `tests/tools/describe.py`.
"""

from importlib.resources import files

__all__ = ["DESCRIPTIONS", "read"]

DESCRIPTIONS = {
    "server_command": "ServerCommandService.wsdl",
    "server_command_asmx": "ServerCommandService.asmx.wsdl",
    "service_registration": "ServiceRegistrationService.wsdl",
    "configuration": "ConfigurationApiService.wsdl",
    "alarm": "AlarmServiceToken.wsdl",
    "recorder": "RecorderCommandService.wsdl",
}
"""The name of each service in this library, and the file that describes it."""


def read(name: str) -> bytes:
    """Return the description of the service `name`, one of `DESCRIPTIONS`; raises KeyError for another name."""
    return files(__name__).joinpath(DESCRIPTIONS[name]).read_bytes()
