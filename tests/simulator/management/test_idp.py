"""The simulated identity provider, judged by docs/protocol: identity-discovery, identity-password over real sockets."""

import json
import re
import ssl
from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest

from milestone_sdk.simulator import Simulator, User, example_site
from tests.support.management_wire import INSTANCE, SC, Wire, envelope, fault, request_element, texts, tree

Factory = Callable[..., Simulator]


@pytest.fixture
def sim(simulator_factory: Factory) -> Simulator:
    return simulator_factory(services=("management",))


def test_openid_configuration_is_compact_json_that_a_regular_expression_can_read(sim: Simulator) -> None:
    with Wire(sim) as wire:
        answer = wire.http.get(sim.url + "/IDP/.well-known/openid-configuration")
    assert answer.status_code == 200
    assert re.search(r'"server_version":"\d{1,2}\.\d', answer.text)
    assert re.search(r'"token_endpoint":"https://127.0.0.1:\d+/IDP/connect/token"', answer.text)
    assert answer.json()["issuer"] == sim.url + "/IDP"


def test_paths_are_compared_without_regard_to_case(sim: Simulator) -> None:
    with Wire(sim) as wire:
        assert wire.http.get(sim.url + "/idp/.WELL-KNOWN/OpenId-Configuration").status_code == 200


def test_both_ports_serve_the_identity_provider(sim: Simulator) -> None:
    with Wire(sim) as wire:
        answer = wire.http.get(sim.http_url + "/IDP/.well-known/openid-configuration")
    assert answer.json()["token_endpoint"] == sim.http_url + "/IDP/connect/token"


def test_a_site_without_certificate_has_http_alone(simulator_factory: Factory) -> None:
    sim = simulator_factory(tls=False, services=("management",))
    assert sim.url == sim.http_url
    with Wire(sim) as wire:
        assert wire.password_grant().status_code == 200


@pytest.mark.parametrize(
    ("release", "identity", "gateway"),
    [
        ("2018R3", 404, 404),
        ("2020R1", 404, 404),
        ("2022R1", 200, 200),
        ("2022R2", 200, 200),
        ("2023R3", 200, 200),
        ("2025R2", 200, 200),
    ],
)
def test_a_release_has_what_it_had(simulator_factory: Factory, release: str, identity: int, gateway: int) -> None:
    sim = simulator_factory(release=release, services=("management",))
    with Wire(sim) as wire:
        discovery = wire.http.get(sim.url + "/IDP/.well-known/openid-configuration")
        uris = wire.http.get(sim.url + "/API/.well-known/uris")
    assert (discovery.status_code, uris.status_code) == (identity, gateway)
    if identity == 200:
        year, number = int(release[2:4]), int(release[-1])
        assert discovery.json()["server_version"] == f"{year}.{number}"
        assert uris.json()["ProductVersion"].startswith(f"{year}.{number}.")


def test_gateway_discovery_names_both_ports_and_the_gateway_with_an_end_slash(sim: Simulator) -> None:
    with Wire(sim) as wire:
        uris = wire.http.get(sim.url + "/API/.well-known/uris").json()
    assert uris["SecureManagementServer"] == sim.url + "/"
    assert uris["UnsecureManagementServer"] == sim.http_url + "/"
    assert uris["IdentityProvider"] == sim.url + "/IDP"
    assert uris["ApiGateways"] == [sim.url + "/API/"]


def test_switches_take_the_gateway_and_the_version_away(sim: Simulator) -> None:
    sim.identity.gateway = False
    sim.identity.server_version = None
    with Wire(sim) as wire:
        assert wire.http.get(sim.url + "/API/.well-known/uris").status_code == 404
        assert wire.password_grant("/API/IDP/connect/token").status_code == 404
        document = wire.http.get(sim.url + "/IDP/.well-known/openid-configuration")
    assert document.status_code == 200
    assert "server_version" not in document.json()


@pytest.mark.parametrize("path", ["/IDP/connect/token", "/API/IDP/connect/token"])
def test_a_basic_user_gets_a_token_on_both_paths(sim: Simulator, path: str) -> None:
    assert set("&+%ö") < set(sim.password)
    with Wire(sim) as wire:
        answer = wire.password_grant(path)
    assert answer.status_code == 200
    assert "no-store" in answer.headers["cache-control"]
    assert re.search(
        r'"access_token":"[^"]+","expires_in":3600,"token_type":"Bearer","scope":"managementserver"', answer.text
    )
    assert 800 < len(answer.json()["access_token"]) < 1100
    assert answer.json()["access_token"].count(".") == 2


def test_a_password_pasted_raw_into_the_body_is_not_that_password(sim: Simulator) -> None:
    body = f"grant_type=password&username={sim.username}&password={sim.password}&client_id=GrantValidatorClient"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    with Wire(sim) as wire:
        answer = wire.http.post(sim.url + "/IDP/connect/token", content=body.encode(), headers=headers)
    assert answer.status_code == 400
    assert "access_token" not in answer.json()


@pytest.mark.parametrize(
    "body", [b"grant_type=password&username=%zz&password=x", b"grant_type=a&grant_type=b", b"", b"a"]
)
def test_what_is_no_form_is_an_invalid_request(sim: Simulator, body: bytes) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    with Wire(sim) as wire:
        answer = wire.http.post(sim.url + "/IDP/connect/token", content=body, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_json_in_place_of_a_form_is_an_invalid_request(sim: Simulator) -> None:
    with Wire(sim) as wire:
        answer = wire.http.post(sim.url + "/IDP/connect/token", json={"grant_type": "password"})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_wrong_password_locks_the_account_and_time_opens_it(sim: Simulator) -> None:
    wrong = {"error": "invalid_grant", "error_description": "invalid_username_or_password"}
    with Wire(sim) as wire:
        for _ in range(sim.site.lockout_after):
            refusal = wire.password_grant(password="wrong")
            assert (refusal.status_code, refusal.json()) == (400, wrong | {"error_code": "InvalidCredentials"})
        locked = wire.password_grant()
        assert (locked.status_code, locked.json()) == (400, wrong | {"error_code": "LockedOut"})
        assert wire.basic("IsOnline").status_code == 401
        sim.site.clock_offset += sim.site.lockout_for
        assert wire.password_grant().status_code == 200


def test_a_right_password_forgives_earlier_wrong_ones(sim: Simulator) -> None:
    with Wire(sim) as wire:
        for _ in range(3):
            for _ in range(sim.site.lockout_after - 1):
                assert wire.password_grant(password="wrong").status_code == 400
            assert wire.password_grant().status_code == 200


def test_error_codes_of_accounts(simulator_factory: Factory) -> None:
    site = example_site()
    site.users.append(User(name="fresh", password="p", state="change_password"))
    site.users.append(User(name="barred", password="p", state="locked"))
    sim = simulator_factory(site, services=("management",))
    codes: dict[str, str] = {}
    with Wire(sim) as wire:
        for name in ("fresh", "barred", "nobody", "VMS\\arc"):
            codes[name] = wire.password_grant(username=name, password="p").json()["error_code"]
    assert codes == {
        "fresh": "ChangePassword",
        "barred": "LockedOut",
        "nobody": "InvalidCredentials",
        "VMS\\arc": "InvalidCredentials",
    }


def test_unknown_client_and_unknown_grant(sim: Simulator) -> None:
    with Wire(sim) as wire:
        assert wire.password_grant(client_id="Nobody").json() == {"error": "invalid_client"}
        assert wire.password_grant(grant_type="magic").json() == {"error": "unsupported_grant_type"}


def test_windows_credentials_are_challenged_on_the_direct_path_alone(sim: Simulator) -> None:
    fields = {"grant_type": "windows_credentials", "client_id": "GrantValidatorClient"}
    with Wire(sim) as wire:
        direct = wire.form("/IDP/connect/token", **fields)
        gateway = wire.form("/API/IDP/connect/token", **fields)
    assert direct.status_code == 401
    assert direct.headers.get_list("www-authenticate") == ["Negotiate", "NTLM"]
    assert gateway.status_code == 400
    assert "www-authenticate" not in gateway.headers


def test_an_access_token_ends_after_its_hour_and_a_corporate_one_after_four(sim: Simulator) -> None:
    with Wire(sim) as wire:
        headers = wire.bearer()
        token = wire.login(headers)
        sim.tokens.advance(timedelta(minutes=61))
        expired = wire.call("IsOnline", headers=headers)
        assert (expired.status_code, expired.content) == (401, b"")
        headers = wire.bearer()
        assert wire.call("GetUserInfo", f"<token>{token}</token>", headers=headers).status_code == 200
        assert sim.tokens.check_corporate(token) is not None
        sim.tokens.advance(timedelta(hours=3))
        headers = wire.bearer()
        assert fault(wire.call("GetUserInfo", f"<token>{token}</token>", headers=headers))[1] == "s:51000"
        assert sim.tokens.check_corporate(token) is None


def test_renewal_keeps_the_old_token_for_a_moment_only(sim: Simulator) -> None:
    with Wire(sim) as wire:
        headers = wire.bearer()
        old = wire.login(headers)
        renewed = [wire.login(headers, old)]
        while renewed[-1] == old:
            renewed.append(wire.login(headers, old))
        assert sim.tokens.check_corporate(old) is not None
        sim.tokens.advance(timedelta(minutes=2))
        assert sim.tokens.check_corporate(old) is None
        assert sim.tokens.check_corporate(renewed[-1]) is not None
        inner = f"<instanceId>{INSTANCE}</instanceId><currentToken>{renewed[-1]}</currentToken>"
        assert texts(tree(wire.call("Logout", inner, headers=headers)), "LogoutResponse") == [""]
        assert sim.tokens.check_corporate(renewed[-1]) is None


def test_a_jwt_is_no_corporate_token(sim: Simulator) -> None:
    with Wire(sim) as wire:
        jwt = wire.password_grant().json()["access_token"]
    assert sim.tokens.check_access(jwt) is not None
    assert sim.tokens.check_corporate(jwt) is None


def test_the_certificate_is_valid_for_its_names_alone(simulator_factory: Factory) -> None:
    sim = simulator_factory(services=("management",), certificate_names=("vms.example.test",))
    with Wire(sim) as wire, pytest.raises(httpx.ConnectError, match=r"(?i)certificate"):
        wire.http.get(sim.url + "/IDP/.well-known/openid-configuration")


def test_strict_verification_accepts_the_chain(sim: Simulator) -> None:
    context = ssl.create_default_context(cafile=str(sim.ca_file))
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    with httpx.Client(verify=context, trust_env=False) as http:
        assert http.get(sim.url + "/IDP/.well-known/openid-configuration").status_code == 200


def test_another_authority_is_not_trusted(sim: Simulator, simulator_factory: Factory) -> None:
    other = simulator_factory(services=("management",))
    with Wire(other) as wire, pytest.raises(httpx.ConnectError, match=r"(?i)certificate"):
        wire.http.get(sim.url)


def test_refusals_are_json_documents(sim: Simulator) -> None:
    with Wire(sim) as wire:
        answer = wire.password_grant(password="wrong")
    assert answer.headers["content-type"] == "application/json; charset=UTF-8"
    assert json.dumps(answer.json(), separators=(",", ":")) == answer.text


@pytest.mark.parametrize(
    ("sent", "status"), [("s&e+c%ret ö".encode("cp1252"), 200), ("s&e+c%ret ö".encode(), 401), (b"\x81", 401)]
)
def test_http_basic_is_read_in_windows_1252(sim: Simulator, sent: bytes, status: int) -> None:
    with Wire(sim) as wire:
        answer = wire.post(
            "/ManagementServer/ServerCommandService.svc",
            envelope(request_element("GetVersion")),
            f"{SC}/IServerCommandService/GetVersion",
            auth=httpx.BasicAuth(b"arc", sent),
        )
    assert answer.status_code == status
    assert sim.site.users[0].failures == (0 if status == 200 else 1)
