"""ServerCommandService on its three addresses: `.svc` with HTTP Basic, `OAuth.svc` with Bearer, and the old `.asmx`."""

import random
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Protocol

from milestone_sdk.simulator.host import Host, Integration, Triggered
from milestone_sdk.simulator.management.contract import NAMESPACE, OPERATIONS, server_contracts
from milestone_sdk.simulator.management.inventory import (
    bare_recorder_info,
    configuration_info,
    disabled_devices,
    hardware_infos,
    other_devices,
    recorder_infos,
    visible_cameras,
)
from milestone_sdk.simulator.management.servercall import Call, Operation, bad_request, not_enough_permissions
from milestone_sdk.simulator.site import User
from milestone_sdk.simulator.wire.contract import Extended, Object
from milestone_sdk.simulator.wire.reader import Element
from milestone_sdk.simulator.wire.soap import SoapFault, read_parameters
from milestone_sdk.simulator.wire.values import date_time_text
from milestone_sdk.simulator.wire.writer import NullForm, Writer

__all__ = ["ServerCommandService"]

_LONG_MAX = (1 << 63) - 1
_TAKE_ANY_TOKEN = ("RegisterIntegration", "RegisterPluginIntegrations")
"""An official client sends an empty one."""  # docs/protocol: identity-bearer
_NULL_FORMS: tuple[NullForm, ...] = ("nil", "empty", "absent")
_BUILD_DATE = datetime(2025, 6, 2, 16, 55, 24, tzinfo=UTC)


class _Subject(Protocol):
    """Performs the operations on one kind of thing."""

    @property
    def operations(self) -> Mapping[str, Operation]: ...


class ServerCommandService:
    """Decodes, checks, answers and encodes the operations; HTTP and its authentication are the caller's."""

    namespace = NAMESPACE

    def __init__(self, host: Host, subjects: Iterable[_Subject]) -> None:
        self._host = host
        self._operations: dict[str, Operation] = {
            "GetVersion": lambda call: 20,
            "GetServerVersion": lambda call: host.release.product_version,
            "GetProductInfo": self._product_info,
            "GetSystemLicenseInfo": self._licence,
            "GetSmartClientVersion": self._smart_client_version,
            "CheckSmartClientVersion": self._smart_client_version,
            "IsOnline": lambda call: True,
            "Login": self._login,
            "Logout": lambda call: host.tokens.logout(call["instanceId"], call["currentToken"]),
            "Authorize": lambda call: "",
            "GetUserInfo": lambda call: call.user,
            "GetConfiguration": lambda call: configuration_info(host.site, call.user),
            "GetConfigurationRecorders": self._recorders,
            "GetConfigurationHardware": self._hardware,
            "GetDevicesDisabled": lambda call: disabled_devices(host.site, call.user),
            "QueryRecorderInfo": self._query_recorder,
            "QueryChanges": self._query_changes,
            "RegisterIntegration": self._register_integration,
            "RegisterPluginIntegrations": self._register_plugins,
            "AlertsGetAroundWithSpan": lambda call: [],
            "MatrixMonitorActivateCamera": self._activate_matrix,
            "EventTrigger": self._event_trigger,
            "EventTriggerWithMetadata": self._event_trigger,
        }
        for subject in subjects:
            self._operations |= subject.operations

    def action(self, operation: str, *, asmx: bool) -> str:
        """The SOAPAction of an operation on that form of the service."""  # docs/protocol: servercommand-shape
        return f"{NAMESPACE}/{operation}" if asmx else f"{NAMESPACE}/IServerCommandService/{operation}"

    def knows(self, operation: str) -> bool:
        """Whether the contract of this release has the operation."""
        return operation in OPERATIONS and self._host.release.has(operation)

    def call(self, operation: str, user: User, element: Element, *, asmx: bool) -> bytes:
        """The inside of the `<OperationResponse>` element; raises SoapFault."""
        perform = self._operations.get(operation)
        if perform is None:
            raise SoapFault("a:InternalServiceFault", f"The simulated server does not perform {operation}.")
        host, contract = self._host, OPERATIONS[operation]
        contracts = server_contracts(host.release, asmx=asmx)
        values = read_parameters(contracts, contract, element, NAMESPACE, host.dropped)
        if "token" in values and operation not in _TAKE_ANY_TOKEN:
            user = self._identify(values["token"])
        result = perform(Call(host, user, values))
        steady = operation.startswith("GetConfiguration") or operation == "QueryRecorderInfo"
        rng = random.Random(f"{host.seed}/{operation}/{user.name}") if steady else host.random
        forms = _NULL_FORMS if host.null_form is None else (host.null_form,)
        times = {"dateTime": partial(date_time_text, rng=rng)}
        writer = Writer(contracts, NAMESPACE, forms=forms, rng=rng, blank_is_null=True, texts=times)
        return writer.result(contract, result)

    def _identify(self, token: str | None) -> User:
        """The user of a corporate token, which operations with a `token` parameter want besides the transport."""
        user = self._host.tokens.check_corporate(token or "")
        if user is None:
            raise not_enough_permissions("The token is unknown or has expired.")
        return user

    # Version and licence

    def _product_info(self, call: Call) -> Object:
        site, release = self._host.site, self._host.release
        return {
            "ProductName": f"{site.product_name} {release.title}",
            "ProductLine": site.product_line,
            "VendorId": site.vendor_id,
            "MajorVersion": str(release.version[0]),
            "MinorVersion": str(release.version[1]),
            "ServiceVersion": "a",
            "BuildConfiguration": "Release",
            "BuildNumber": str(release.build),
            "BuildDate": _BUILD_DATE.replace(year=release.year),
            "ProductCode": site.product_code,
            "SLC": site.licence_code,
        }

    def _licence(self, call: Call) -> Object:
        site = self._host.site
        return {
            "HasLicense": True,
            "SLC": site.licence_code,
            "ProductSku": "XPCO",
            "Features": [*site.licence_features],
        }

    def _smart_client_version(self, call: Call) -> Object:
        """The client that the server offers; an older one than that has to be upgraded before it is used."""
        release = self._host.release
        asked = (call["major"], call["minor"]) if "major" in call.values else None
        return {
            "Major": release.version[0],
            "Minor": release.version[1],
            "Revision": "a",
            "ForceUpgrade": asked is not None and asked < release.version,
            "DisplayName": f"XProtect Smart Client {release.title}",
        }

    # Session

    def _login(self, call: Call) -> Extended:
        registration = self._host.tokens.login(call.user, call["instanceId"], call["currentToken"])
        microseconds = min(registration.time_to_live // timedelta(microseconds=1), _LONG_MAX)
        return Extended(registration, {"TimeToLive": {"MicroSeconds": microseconds}})

    def _register_integration(self, call: Call) -> None:
        names = ("instanceId", "integrationId", "integrationVersion", "integrationName", "manufacturerName")
        self._host.integrations.append(Integration(call.user.name, *(call[name] for name in names)))

    def _register_plugins(self, call: Call) -> None:
        names = ("IntegrationId", "IntegrationVersion", "IntegrationName", "ManufacturerName")
        for plugin in call["pluginIntegrations"] or ():
            values = (plugin[name] for name in names)
            self._host.integrations.append(Integration(call.user.name, call["instanceId"], *values))

    # Configuration

    def _recorders(self, call: Call) -> list[Extended]:
        wanted, site = call["recorderIds"] or (), self._host.site
        return [info for info in recorder_infos(site, call.user) if info.subject.id in wanted]

    def _hardware(self, call: Call) -> list[Extended]:
        wanted, site = call["hardwareIds"] or (), self._host.site
        infos = hardware_infos(site.hardware, [*visible_cameras(site, call.user), *other_devices(site, call.user)])
        return [info for info in infos if info.subject.id in wanted]

    def _query_recorder(self, call: Call) -> Extended | None:
        """The device lists are null (docs/protocol: servercommand-operations)."""
        found = [recorder for recorder in self._host.site.recorders if recorder.id == call["recorderId"]]
        return bare_recorder_info(found[0]) if found else None

    def _query_changes(self, call: Call) -> list[Object]:
        changes = [change for change in self._host.site.changes if change.time >= call["changesFrom"]]
        return [{"ChangeType": change, "Id": str(change.id), "Time": change.time} for change in changes]

    # Events

    def _activate_matrix(self, call: Call) -> None:
        """No Matrix recipients exist here."""
        raise bad_request(f"There is no Matrix monitor {call['matrixMonitorId']}.")

    def _event_trigger(self, call: Call) -> None:
        """Metadata is kept, but has no effect: which keys a server knows is not known."""
        # docs/protocol: events-user-defined
        event = self._host.site.event_type(call["eventId"])
        if event is None or event.kind != "user":
            raise SoapFault("s:51000", "VMO61001: There is no user-defined event of that id.")
        if "metadata" in call.values:
            pairs = {pair["Key"] or "": pair["Value"] or "" for pair in call["metadata"] or ()}
            self._host.triggered.append(Triggered(event.name, pairs))
        self._host.alarms.trigger(event.name)
