"""The simulated ServiceRegistrationService, judged by docs/protocol: registration-service, servercommand-shape."""

from collections.abc import Callable

import httpx
from lxml import etree

from milestone_sdk.simulator import Simulator
from tests.support.management_wire import (
    ARRAYS,
    REGISTRATION,
    SOAP11,
    XSI,
    Wire,
    basic_auth,
    envelope,
    fault,
    local,
    request_element,
    texts,
    tree,
)

Factory = Callable[..., Simulator]
DATA = "http://videoos.net/2/XProtectCSServiceRegistration"
EVENT_SERVER = "08ab8f23-9aef-4298-9caa-f39259fe7cda"
MANAGEMENT_SERVER = "a10cd823-bb4e-4d31-a162-dd236fc78fa6"


def services(wire: Wire, operation: str = "GetServices") -> httpx.Response:
    return wire.post(
        "/ManagementServer/ServiceRegistrationServiceOAuth.svc",
        envelope(request_element(operation, namespace=REGISTRATION)),
        f"{REGISTRATION}/IServiceRegistrationService/{operation}",
        headers=wire.bearer(),
    )


def test_the_event_server_is_found_by_its_type(simulator: Simulator) -> None:
    with Wire(simulator) as wire:
        answer = services(wire)
    entries = {texts(entry, "type")[0]: entry for entry in tree(answer).iter(f"{{{DATA}}}ServiceInfo")}
    entry = entries[EVENT_SERVER]
    assert [etree.QName(child).text for child in entry] == [
        f"{{{DATA}}}{name}"
        for name in (
            "description",
            "enabled",
            "endpointdefinition",
            "endpoints",
            "instance",
            "name",
            "trusted",
            "type",
            "uri",
        )
    ]
    assert [string.text for string in entry.iter(f"{{{ARRAYS}}}string")] == [simulator.event_server_url]
    assert entry.find(f"{{{DATA}}}endpointdefinition").get(f"{{{XSI}}}nil") == "true"
    management = entries[MANAGEMENT_SERVER]
    assert texts(management, "instance") == [str(simulator.site.id)]
    assert texts(management, "authentication") == ["Windows", "Basic"]
    assert texts(management, "string") == [simulator.url + "/", simulator.http_url + "/"]


def test_the_answer_has_the_namespaces_of_the_captures(simulator: Simulator) -> None:
    with Wire(simulator) as wire:
        text = services(wire).text
    assert text.startswith(
        f'<s:Envelope xmlns:s="{SOAP11}"><s:Body><GetServicesResponse xmlns="{REGISTRATION}">'
        f'<GetServicesResult xmlns:a="{DATA}" xmlns:i="{XSI}"><a:ServiceInfo><a:description/>'
    )


def test_without_an_event_server_none_is_registered(simulator_factory: Factory) -> None:
    sim = simulator_factory(services=("management",))
    with Wire(sim) as wire:
        assert EVENT_SERVER not in texts(tree(services(wire, "GetServicesIncludingDisabled")), "type")


def test_basic_works_and_a_password_is_needed(simulator: Simulator) -> None:
    path = "/ManagementServer/ServiceRegistrationService.svc"
    action = f"{REGISTRATION}/IServiceRegistrationService/GetServices"
    body = envelope(request_element("GetServices", namespace=REGISTRATION))
    with Wire(simulator) as wire:
        user = basic_auth(simulator.username, simulator.password)
        assert EVENT_SERVER in texts(tree(wire.post(path, body, action, auth=user)), "type")
        assert wire.post(path, body, action).status_code == 401


def test_asmx_has_one_namespace_and_its_own_order(simulator: Simulator) -> None:
    windows = next(user for user in simulator.site.users if user.kind == "windows")
    with Wire(simulator) as wire:
        answer = wire.post(
            "/ServerAPI/ServiceRegistrationService.asmx",
            envelope(request_element("GetServices", namespace=DATA)),
            f"{DATA}/GetServices",
            auth=basic_auth(windows.name, windows.password),
        )
    entry = next(tree(answer).iter(f"{{{DATA}}}ServiceInfo"))
    assert [local(child) for child in entry] == ["type", "instance", "uri", "name", "description", "trusted", "enabled"]
    assert {etree.QName(element).namespace for element in entry.iter()} == {DATA}


def test_operations_that_are_unknown_or_not_simulated(simulator: Simulator) -> None:
    with Wire(simulator) as wire:
        assert fault(services(wire, "Nonsense"))[1] == "a:ActionNotSupported"
        assert fault(services(wire, "GetServiceData"))[1] == "a:InternalServiceFault"
