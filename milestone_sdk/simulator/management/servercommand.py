"""ServerCommandService on its three addresses: `.svc` with HTTP Basic, `OAuth.svc` with Bearer, and the old `.asmx`."""

import random
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from milestone_sdk.simulator.host import Host, Integration, Triggered
from milestone_sdk.simulator.management.contract import NAMESPACE, OPERATIONS
from milestone_sdk.simulator.management.datacontract import Writer
from milestone_sdk.simulator.management.inventory import (
    configuration_info,
    disabled_devices,
    hardware_infos,
    recorder_info,
    visible_cameras,
)
from milestone_sdk.simulator.management.servercall import TOKEN, ZERO, Answer, Call, Operation, bad_request
from milestone_sdk.simulator.site import EventType, User
from milestone_sdk.simulator.wire.soap import Element, Field, SoapFault

__all__ = ["ServerCommandService"]

_LONG_MAX = (1 << 63) - 1
_PLUGIN = (
    Field("AllowIntegrationRegistration", "boolean"),
    Field("IntegrationId", "guid"),
    Field("IntegrationName"),
    Field("IntegrationVersion"),
    Field("ManufacturerName"),
)
_INTEGRATION_TYPES = {"Client", "Administration", "EventServer", "Standalone", "DeviceDriver"}
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
            "GetVersion": lambda call: ("int", 20),
            "GetServerVersion": lambda call: ("text", host.release.product_version),
            "GetProductInfo": self._product_info,
            "GetSystemLicenseInfo": self._licence,
            "GetSmartClientVersion": lambda call: self._smart_client_version(None),
            "CheckSmartClientVersion": self._check_smart_client_version,
            "IsOnline": lambda call: ("boolean", True),
            "Login": self._login,
            "Logout": self._logout,
            "Authorize": self._authorize,
            "GetUserInfo": self._user_info,
            "GetConfiguration": self._configuration,
            "GetConfigurationRecorders": self._recorders,
            "GetConfigurationHardware": self._hardware,
            "GetDevicesDisabled": self._devices_disabled,
            "QueryRecorderInfo": self._query_recorder,
            "QueryChanges": self._query_changes,
            "RegisterIntegration": self._register_integration,
            "RegisterPluginIntegrations": self._register_plugins,
            "AlertsGetAroundWithSpan": self._alerts_around,
            "MatrixMonitorActivateCamera": self._activate_matrix,
            "EventTrigger": self._event_trigger,
            "EventTriggerWithMetadata": self._event_trigger_with_metadata,
        }
        for subject in subjects:
            self._operations |= subject.operations

    def action(self, operation: str, *, asmx: bool) -> str:
        """The SOAPAction of an operation on that form of the service (protocol/auth.md 6.1)."""
        return f"{NAMESPACE}/{operation}" if asmx else f"{NAMESPACE}/IServerCommandService/{operation}"

    def knows(self, operation: str) -> bool:
        """Whether the contract of this release has the operation."""
        return operation in OPERATIONS and self._host.release.has(operation)

    def call(self, operation: str, user: User, element: Element, *, asmx: bool) -> bytes:
        """The inside of the `<OperationResponse>` element; raises SoapFault."""
        perform = self._operations.get(operation)
        if perform is None:
            raise SoapFault("a:InternalServiceFault", f"The simulated server does not perform {operation}.")
        answer = perform(Call(self._host, user, element, asmx))
        if answer is None:
            return b""
        host = self._host
        steady = operation.startswith("GetConfiguration") or operation == "QueryRecorderInfo"
        rng = random.Random(f"{host.seed}/{operation}/{user.name}") if steady else host.random
        return Writer(host.release, rng, asmx, host.null_form).result(operation, *answer)

    # Version and licence

    def _product_info(self, call: Call) -> Answer:
        site, release = self._host.site, self._host.release
        return "ProductInfo", {
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

    def _licence(self, call: Call) -> Answer:
        site = self._host.site
        return "SystemLicenseInfo", {
            "HasLicense": True,
            "SLC": site.licence_code,
            "ProductSku": "XPCO",
            "Features": [*site.licence_features],
        }

    def _smart_client_version(self, asked: tuple[int, int] | None) -> Answer:
        """The client that the server offers; an older one has to be upgraded before it is used."""
        release = self._host.release
        return "SmartClientVersion", {
            "Major": release.version[0],
            "Minor": release.version[1],
            "Revision": "a",
            "ForceUpgrade": asked is not None and asked < release.version,
            "DisplayName": f"XProtect Smart Client {release.title}",
        }

    def _check_smart_client_version(self, call: Call) -> Answer:
        values = call.read(Field("major", "int"), Field("minor", "int"), Field("revision"))
        return self._smart_client_version((values["major"] or 0, values["minor"] or 0))

    # Session

    def _authorize(self, call: Call) -> Answer:
        """Everybody is authorized by everybody; what the text of the answer says is not known."""
        values = call.read(Field("userDomainName"), Field("type"))
        call.one_of(values["type"] or "None", "type", {"None", "LogOn"})
        return "text", ""

    def _login(self, call: Call) -> Answer:
        values = call.read(Field("instanceId", "guid"), Field("currentToken"))
        registration = self._host.tokens.login(call.user, values["instanceId"] or ZERO, values["currentToken"])
        return "LoginInfo", {
            "Token": registration.token,
            "RegistrationTime": registration.registered,
            "TimeToLive": {"MicroSeconds": min(registration.time_to_live // timedelta(microseconds=1), _LONG_MAX)},
            "TimeToLiveLimited": registration.limited,
        }

    def _logout(self, call: Call) -> Answer:
        values = call.read(Field("instanceId", "guid"), Field("currentToken"))
        self._host.tokens.logout(values["instanceId"] or ZERO, values["currentToken"])
        return None

    def _user_info(self, call: Call) -> Answer:
        user = call.identify(call.read(TOKEN)["token"])
        return "UserInfo", {"name": user.name, "sid": user.sid}

    def _register_integration(self, call: Call) -> Answer:
        """Takes any token: an official client sends an empty one (protocol/auth.md 3.8)."""
        values = call.read(
            TOKEN,
            Field("instanceId"),
            Field("integrationId", "guid"),
            Field("integrationVersion"),
            Field("integrationName"),
            Field("manufacturerName"),
        )
        self._host.integrations.append(
            Integration(
                call.user.name,
                values["instanceId"],
                values["integrationId"] or ZERO,
                values["integrationVersion"],
                values["integrationName"],
                values["manufacturerName"],
            )
        )
        return None

    def _register_plugins(self, call: Call) -> Answer:
        values = call.read(TOKEN, Field("instanceId"), Field("integrationType"), Field("pluginIntegrations", "element"))
        call.one_of(values["integrationType"] or "Client", "integrationType", _INTEGRATION_TYPES)
        listed = values["pluginIntegrations"]
        for plugin in () if listed is None else listed.iterchildren(f"{{{NAMESPACE}}}PluginIntegration"):
            told = call.members(plugin, *_PLUGIN)
            self._host.integrations.append(
                Integration(
                    call.user.name,
                    values["instanceId"],
                    told["IntegrationId"] or ZERO,
                    told["IntegrationVersion"],
                    told["IntegrationName"],
                    told["ManufacturerName"],
                )
            )
        return None

    # Configuration

    def _configuration(self, call: Call) -> Answer:
        user = call.identify(call.read(TOKEN)["token"])
        return "ConfigurationInfo", configuration_info(self._host.site, user)

    def _recorders(self, call: Call) -> Answer:
        values = call.read(TOKEN, Field("recorderIds", "element"))
        user = call.identify(values["token"])
        wanted = call.guids(values["recorderIds"])
        site = self._host.site
        cameras = visible_cameras(site, user)
        found = [recorder for recorder in site.recorders if recorder.id in wanted]
        return "[RecorderInfo]", [recorder_info(site, recorder, user, cameras) for recorder in found]

    def _hardware(self, call: Call) -> Answer:
        values = call.read(TOKEN, Field("hardwareIds", "element"))
        user = call.identify(values["token"])
        wanted = call.guids(values["hardwareIds"])
        site = self._host.site
        infos = hardware_infos(site, visible_cameras(site, user))
        return "[HardwareInfo]", [info for info in infos if info["HardwareId"] in wanted]

    def _devices_disabled(self, call: Call) -> Answer:
        user = call.identify(call.read(TOKEN)["token"])
        return "[DeviceDisabledInfo]", disabled_devices(self._host.site, user)

    def _query_recorder(self, call: Call) -> Answer:
        values = call.read(TOKEN, Field("recorderId", "guid"))
        call.identify(values["token"])
        site = self._host.site
        found = [recorder for recorder in site.recorders if recorder.id == values["recorderId"]]
        return "RecorderInfo", recorder_info(site, found[0]) if found else None

    def _query_changes(self, call: Call) -> Answer:
        values = call.read(TOKEN, Field("changesFrom", "dateTime"))
        call.identify(values["token"])
        since: datetime | None = values["changesFrom"]
        return "[Change]", [
            {
                "ChangeType": {"Recorder": change.recorder, "Hardware": change.hardware},
                "Id": str(change.id),
                "Time": change.time,
            }
            for change in self._host.site.changes
            if since is None or change.time >= since
        ]

    # Events

    def _alerts_around(self, call: Call) -> Answer:
        """No alert types exist here, so none occurred."""
        call.identify(call.read(TOKEN)["token"])
        return "[AlertOccurrence]", []

    def _activate_matrix(self, call: Call) -> Answer:
        """No Matrix recipients exist here."""
        values = call.read(TOKEN, Field("matrixMonitorId", "guid"), Field("deviceId", "guid"))
        call.identify(values["token"])
        raise bad_request(f"There is no Matrix monitor {values['matrixMonitorId'] or ZERO}.")

    def _event_trigger(self, call: Call) -> Answer:
        self._host.alarms.trigger(self._event_of(call, call.read(TOKEN, Field("eventId", "guid"))).name)
        return None

    def _event_trigger_with_metadata(self, call: Call) -> Answer:
        """The keys are kept and not heeded: which ones a server knows is not known (protocol/alarms.md 11.14)."""
        values = call.read(TOKEN, Field("eventId", "guid"), Field("metadata", "element"))
        event = self._event_of(call, values)
        self._host.triggered.append(Triggered(event.name, _pairs(call, values["metadata"])))
        self._host.alarms.trigger(event.name)
        return None

    def _event_of(self, call: Call, values: dict[str, Any]) -> EventType:
        call.identify(values["token"])
        event = self._host.site.event_type(values["eventId"] or ZERO)
        if event is None or event.kind != "user":
            raise SoapFault("s:51000", "VMO61001: There is no user-defined event of that id.")
        return event


def _pairs(call: Call, metadata: Element | None) -> dict[str, str]:
    items = () if metadata is None else metadata.iterchildren(f"{{{NAMESPACE}}}KeyValue")
    pairs = [call.members(item, Field("Key"), Field("Value")) for item in items]
    return {pair["Key"] or "": pair["Value"] or "" for pair in pairs}
