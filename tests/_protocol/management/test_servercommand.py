from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from milestone_sdk._protocol.management import registration, servercommand
from milestone_sdk._protocol.soap.envelope import Call
from milestone_sdk.errors import RemoteProtocolError
from milestone_sdk.models import ServiceType
from tests.support.soap_bodies import ARRAYS, SC, golden, infoset, reply

INSTANCE = UUID("deadbeef-0000-0000-0000-000000000001")
TOKEN = "TOKEN#0f7f0e7f-6d2c-4b0e-a7f3-000000000001#host//ServerConnector#"
REGISTRATION = "http://videoos.net/2/XProtectCSServiceRegistration"
MODERN = "http://schemas.videoos/ServiceRegistrationService/2008/06/Vmo/01"


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("sc.02.Login", servercommand.login(INSTANCE, "")),
        ("sc.03.Login", servercommand.login(INSTANCE, None)),
        ("sc.04.Login", servercommand.login(INSTANCE, "FAULT")),
        ("sc.06.GetConfiguration", servercommand.get_configuration(TOKEN)),
        ("sc.07.Logout", servercommand.logout(INSTANCE, TOKEN)),
        ("sc.08.GetUserInfo", servercommand.get_user_info("x")),
    ],
)
def test_requests_are_those_of_the_serializer(name: str, call: Call[object]) -> None:
    assert infoset(call.body) == infoset(golden(f"{name}.request.xml"))
    assert call.operation == name.rpartition(".")[2]


def test_golden_replies() -> None:
    expected = servercommand.Registration(
        token=TOKEN,
        registered_at=datetime(2024, 3, 5, 12, 34, 56, 789000, UTC),
        time_to_live=timedelta(hours=4),
        limited=False,
    )
    assert servercommand.login(INSTANCE, "").decode(golden("sc.02.Login.response.xml")) == expected
    servercommand.logout(INSTANCE, TOKEN).decode(golden("sc.07.Logout.response.xml"))


def test_null_is_left_out_on_the_old_form() -> None:
    assert b"currentToken" not in servercommand.login(INSTANCE, None, asmx=True).body
    assert b"<currentToken>t</currentToken>" in servercommand.logout(INSTANCE, "t", asmx=True).body


LIFE = "<TimeToLive><MicroSeconds>14400000000</MicroSeconds></TimeToLive>"


def test_login_in_the_order_of_the_old_form() -> None:
    body = reply(
        SC,
        "Login",
        f"<Token>t</Token><RegistrationTime>2025-06-03T08:15:30</RegistrationTime>{LIFE}"
        "<TimeToLiveLimited>true</TimeToLiveLimited>",
    )
    found = servercommand.login(INSTANCE, None, asmx=True).decode(body)
    assert found.registered_at == datetime(2025, 6, 3, 8, 15, 30, tzinfo=UTC)
    assert found.limited
    assert "'t'" not in repr(found)


@pytest.mark.parametrize(
    "content",
    [
        None,
        "",
        f"<Token/>{LIFE}",
    ],
)
def test_a_login_without_a_token_is_refused(content: str | None) -> None:
    with pytest.raises(RemoteProtocolError):
        servercommand.login(INSTANCE, None).decode(reply(SC, "Login", content))


@pytest.mark.parametrize(
    ("stated", "counted"),
    [
        ("14400000000", timedelta(hours=4)),
        ("1", timedelta(microseconds=1)),
        ("3155692600000000", timedelta(days=30)),
        ("922337203685477580", timedelta(days=30)),
        ("9223372036854775807", timedelta(days=30)),
        ("0", timedelta(hours=4)),
        ("-1", timedelta(hours=4)),
        ("-9223372036854775808", timedelta(hours=4)),
        ("9" * 40, timedelta(hours=4)),
        ("9" * 4000, timedelta(hours=4)),
        ("", timedelta(hours=4)),
        ("never", timedelta(hours=4)),
    ],
    ids=str,
)
def test_a_life_that_is_no_number_or_endless_loses_no_login(stated: str, counted: timedelta) -> None:
    life = f"<TimeToLive><MicroSeconds>{stated}</MicroSeconds></TimeToLive>"
    found = servercommand.login(INSTANCE, None).decode(reply(SC, "Login", f"<Token>t</Token>{life}"))
    assert found.time_to_live == counted


@pytest.mark.parametrize("life", ["", "<TimeToLive/>", '<TimeToLive i:nil="true"/>'])
def test_a_life_may_be_left_out(life: str) -> None:
    found = servercommand.login(INSTANCE, None).decode(reply(SC, "Login", f"<Token>t</Token>{life}"))
    assert found.time_to_live == timedelta(hours=4)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("<TimeToLiveLimited>perhaps</TimeToLiveLimited>", (None, False)),
        ("<TimeToLiveLimited>TRUE</TimeToLiveLimited>", (None, True)),
        (
            "<RegistrationTime>99999-01-01T00:00:00Z</RegistrationTime>",
            (datetime.max.replace(tzinfo=UTC), False),
        ),
        ("<RegistrationTime>0001-01-01T00:00:00+14:00</RegistrationTime>", (None, False)),
    ],
)
def test_one_unreadable_value_of_a_login(content: str, expected: tuple[datetime | None, bool]) -> None:
    found = servercommand.login(INSTANCE, None).decode(reply(SC, "Login", f"<Token>t</Token>{LIFE}{content}"))
    assert found.token == "t"
    assert (found.registered_at, found.limited) == expected


def test_product_without_the_licence_code() -> None:
    body = reply(
        SC,
        "GetProductInfo",
        "<BuildConfiguration>Release</BuildConfiguration><BuildDate>2023-06-02T16:55:24</BuildDate>"
        "<BuildNumber>32</BuildNumber><MajorVersion>23</MajorVersion><MinorVersion>2</MinorVersion>"
        "<ProductCode>440</ProductCode><ProductLine>83a8680e-30b1-46d7-8fd2-cb3d0bf7db9e</ProductLine>"
        '<ProductName i:nil="true"/><SLC>M01-SECRET</SLC><ServiceVersion>a</ServiceVersion>'
        "<SubProduct>00000000-0000-0000-0000-000000000000</SubProduct>",
    )
    product = servercommand.get_product_info().decode(body)
    assert product.version == "23.2a"
    assert product.build_date == datetime(2023, 6, 2, 16, 55, 24, tzinfo=UTC)
    assert product.product_line == UUID("83a8680e-30b1-46d7-8fd2-cb3d0bf7db9e")
    assert product.product_code == 440
    assert product.name is None
    assert "SECRET" not in repr(product)


def test_product_of_an_old_server_lacks_members() -> None:
    product = servercommand.get_product_info(asmx=True).decode(
        reply(SC, "GetProductInfo", "<MajorVersion>18</MajorVersion><MinorVersion>3</MinorVersion>")
    )
    assert product.version == "18.3"
    assert product.product_code is None


def test_event_trigger_names_the_event_after_the_token() -> None:
    call = servercommand.event_trigger("t", INSTANCE)
    assert b"<token>t</token><eventId>deadbeef-0000-0000-0000-000000000001</eventId>" in call.body
    call.decode(reply(SC, "EventTrigger", None))


def service(fields: str, prefix: str = "a:") -> str:
    return f"<{prefix}ServiceInfo>{fields}</{prefix}ServiceInfo>"


def test_registered_services() -> None:
    content = service(
        "<a:description/><a:enabled>true</a:enabled><a:endpointdefinition i:nil='true'/><a:endpoints/>"
        "<a:instance>3e2d1c0b-aaaa-4bbb-8ccc-0d0e0f107001</a:instance><a:name>Event server</a:name>"
        "<a:trusted>true</a:trusted><a:type>08ab8f23-9aef-4298-9caa-f39259fe7cda</a:type>"
        f'<a:uri xmlns:b="{ARRAYS}"><b:string>http://es1:22331/</b:string><b:string i:nil="true"/></a:uri>'
    )
    body = reply(MODERN, "GetServices", content, attributes=f'xmlns:a="{REGISTRATION}"')
    (found,) = registration.get_services().decode(body)
    assert found.type == ServiceType.EVENT_SERVER.value
    assert (found.name, found.description, found.enabled, found.trusted) == ("Event server", None, True, True)
    assert found.uris == ("http://es1:22331/",)


def test_registered_services_of_the_old_form() -> None:
    content = service(
        "<type>08AB8F23-9AEF-4298-9CAA-F39259FE7CDA</type><instance>3e2d1c0b-aaaa-4bbb-8ccc-0d0e0f107001</instance>"
        "<uri><string>http://a/</string><string>http://b/</string></uri><name>n</name><enabled>false</enabled>",
        prefix="",
    )
    (found,) = registration.get_services(asmx=True).decode(reply(REGISTRATION, "GetServices", content))
    assert found.type == ServiceType.EVENT_SERVER.value
    assert not found.enabled
    assert found.uris == ("http://a/", "http://b/")


@pytest.mark.parametrize("attributes", ["", 'i:nil="true"'])
def test_no_registered_services(attributes: str) -> None:
    assert registration.get_services().decode(reply(MODERN, "GetServices", "", attributes=attributes)) == ()
