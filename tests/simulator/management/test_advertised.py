"""Whatever the simulator names to clients is there: discovery documents, descriptions, registered services."""

import base64
import json
import re
import ssl
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from lxml import etree

from milestone_sdk.simulator import RELEASES, Simulator
from milestone_sdk.simulator.management.contract import OPERATIONS
from tests.support.management_wire import REGISTRATION, SC, Wire, envelope, request_element, texts, tree

Factory = Callable[..., Simulator]
WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
SERVICES = ("ServerCommandService", "ServiceRegistrationService", "ConfigurationApiService")
CODE_CHALLENGE = base64.urlsafe_b64encode(sha256(b"verifier").digest()).rstrip(b"=").decode()
QUERY = {
    "response_type": "code",
    "client_id": "VmsAdminClient",
    "scope": "openid profile managementserver offline_access",
    "redirect_uri": "http://127.0.0.1:5656/",
    "code_challenge": CODE_CHALLENGE,
    "code_challenge_method": "S256",
    "state": "abc",
    "nonce": "n1",
}


class Walk:
    """Asks for addresses of a simulator: host names of the site stand for this computer."""

    def __init__(self, sim: Simulator) -> None:
        self.sim = sim
        self.http = httpx.Client(verify=ssl.create_default_context(cafile=str(sim.ca_file)), trust_env=False)

    def here(self, url: str) -> str:
        parts = urlsplit(url)
        assert parts.hostname in ("127.0.0.1", "localhost", self.sim.site.host_name, *self.hosts()), url
        assert parts.port is not None, url
        return parts._replace(netloc=f"127.0.0.1:{parts.port}").geturl()

    def hosts(self) -> set[str]:
        return {recorder.host_name for recorder in self.sim.site.recorders}

    def get(self, url: str, **options: Any) -> httpx.Response:
        return self.http.get(self.here(url), **options)

    def is_there(self, url: str) -> bool:
        """Whether GET or POST finds something at an address."""
        return any(
            self.http.request(method, self.here(url)).status_code not in (404, 405) for method in ("GET", "POST")
        )


@pytest.fixture
def walk(simulator_factory: Factory) -> Iterator[Callable[..., Walk]]:
    walks: list[Walk] = []

    def start(**options: Any) -> Walk:
        walks.append(Walk(simulator_factory(**options)))
        return walks[-1]

    yield start
    for each in walks:
        each.http.close()


def urls(document: object) -> list[str]:
    return re.findall(r'"(https?://[^"]+)"', json.dumps(document))


def services_of(walk: Walk) -> list[str]:
    """The addresses of GetServices, in both forms that a release has."""
    sim = walk.sim
    with Wire(sim) as wire:
        body = envelope(request_element("GetServices", namespace=REGISTRATION))
        action = f"{REGISTRATION}/IServiceRegistrationService/GetServices"
        auth: dict[str, Any]
        if sim.release.has("idp"):
            path, auth = "/ManagementServer/ServiceRegistrationServiceOAuth.svc", {"headers": wire.bearer()}
        else:
            path = "/ManagementServer/ServiceRegistrationService.svc"
            auth = {"auth": httpx.BasicAuth(b"arc", sim.password.encode("cp1252"))}
        answer = tree(wire.post(path, body, action, **auth))
    found = texts(answer, "string") + [uri for uri in texts(answer, "uri") if uri.strip()]
    return found + re.findall(r"<uri>([^<]+)</uri>", "".join(texts(answer, "endpointdefinition")))


@pytest.mark.parametrize("tls", [True, False])
@pytest.mark.parametrize("release", RELEASES)
def test_everything_that_is_named_is_there(walk: Callable[..., Walk], release: str, tls: bool) -> None:
    at = walk(release=release, tls=tls)
    sim = at.sim
    named: list[str] = [
        recorder.uri + "RecorderCommandService/RecorderCommandService.asmx" for recorder in sim.site.recorders
    ]
    for path in ("/IDP/.well-known/openid-configuration", "/API/.well-known/uris"):
        for base in {sim.url, sim.http_url}:
            answer = at.get(base + path)
            assert (answer.status_code == 200) is sim.release.has("idp" if path.startswith("/IDP") else "gateway")
            named += urls(answer.json()) if answer.status_code == 200 else []
    if tls or sim.release.has("idp"):
        named += services_of(at)
        assert len(named) >= 6
    named.append(f"{sim.event_server_url}Central/AlarmServiceToken")
    missing = [url for url in dict.fromkeys(named) if not at.is_there(url)]
    assert missing == []


@pytest.mark.parametrize("release", RELEASES)
def test_every_description_is_there_with_what_it_names(walk: Callable[..., Walk], release: str) -> None:
    at = walk(release=release)
    sim = at.sim
    forms = ("", "OAuth") if sim.release.has("idp") else ("",)
    addresses = [
        f"{base}/ManagementServer/{service}{form}.svc"
        for base in (sim.url, sim.http_url)
        for service in SERVICES
        for form in forms
    ]
    addresses.append(f"{sim.event_server_url}Central/AlarmServiceToken")
    for address in addresses:
        for query in ("wsdl", "singleWsdl"):
            answer = at.get(f"{address}?{query}")
            assert answer.status_code == 200, address
            description = etree.fromstring(answer.content)
            assert description.tag == f"{WSDL}definitions"
            for part in description.iterfind(f"{WSDL}import"):
                assert etree.fromstring(at.get(part.get("location", "")).content).tag == f"{WSDL}definitions"
            locations = [place.get("location", "") for place in description.iter("{*}address")]
            assert locations
            assert all(at.is_there(location) for location in locations)
    if "OAuth" not in forms:
        assert at.get(f"{sim.url}/ManagementServer/{SERVICES[0]}OAuth.svc?wsdl").status_code == 404


@pytest.mark.parametrize("query", ["wsdl", "singleWsdl"])
@pytest.mark.parametrize("release", ["2020R1", "2022R1", "2025R2"])
def test_a_description_has_the_operations_of_its_release_and_zeep_reads_it(
    walk: Callable[..., Walk], release: str, query: str
) -> None:
    import requests
    import zeep

    at = walk(release=release, services=("management",))
    session = requests.Session()
    session.verify, session.trust_env = str(at.sim.ca_file), False
    url = f"{at.sim.url}/ManagementServer/ServerCommandService.svc?{query}"
    client = zeep.Client(url, transport=zeep.Transport(session=session))
    [service] = client.wsdl.services.values()
    port = service.ports["BasicHttpBinding_IServerCommandService"]
    assert port.binding.name.namespace == ("http://tempuri.org/" if query == "wsdl" else SC)
    known = {operation for operation in OPERATIONS if at.sim.release.has(operation)}
    assert set(port.binding.all()) == known
    session.headers["Authorization"] = "Basic " + base64.b64encode(f"arc:{at.sim.password}".encode("cp1252")).decode()
    proxy = client.create_service(str(port.binding.name), url.partition("?")[0])
    assert proxy.GetVersion() == 20
    session.close()


def test_the_asmx_describes_itself_to_who_is_logged_in(walk: Callable[..., Walk]) -> None:
    at = walk(services=("management",))
    windows = next(user for user in at.sim.site.users if user.kind == "windows")
    auth = httpx.BasicAuth(windows.name.encode("cp1252"), windows.password.encode("cp1252"))
    url = f"{at.sim.url}/ServerAPI/ServerCommandService.asmx?wsdl"
    assert at.get(url).status_code == 401
    description = etree.fromstring(at.get(url, auth=auth).content)
    assert description.get("targetNamespace") == SC


# Tokens that can be checked, and the sign-in page


def unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def check(walk: Walk, token: str) -> dict[str, Any]:
    """The claims of a JWT whose signature fits the published key."""
    discovery = walk.get(f"{walk.sim.url}/IDP/.well-known/openid-configuration").json()
    header, claims, signature = token.split(".")
    told = json.loads(unpadded(header))
    [key] = [key for key in walk.get(discovery["jwks_uri"]).json()["keys"] if key["kid"] == told["kid"]]
    numbers = [int.from_bytes(unpadded(key[name]), "big") for name in ("e", "n")]
    public = rsa.RSAPublicNumbers(*numbers).public_key()
    public.verify(unpadded(signature), f"{header}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256())
    read: dict[str, Any] = json.loads(unpadded(claims))
    assert (told["alg"], read["iss"]) == ("RS256", discovery["issuer"])
    return read


def test_an_access_token_is_signed_with_the_published_key(walk: Callable[..., Walk]) -> None:
    at = walk(services=("management",))
    with Wire(at.sim) as wire:
        claims = check(at, wire.password_grant().json()["access_token"])
    assert (claims["name"], claims["client_id"]) == ("arc", "GrantValidatorClient")


def signed_in(walk: Walk, **changes: str) -> dict[str, list[str]]:
    """The query with which the browser comes back."""
    url = f"{walk.sim.url}/IDP/connect/authorize"
    form = {"username": walk.sim.username, "password": walk.sim.password}
    answer = walk.http.post(url, params=QUERY | changes, data=form, follow_redirects=False)
    assert answer.status_code == 302
    assert answer.headers["location"].startswith("http://127.0.0.1:5656/?")
    return parse_qs(urlsplit(answer.headers["location"]).query)


def test_a_person_signs_in_by_the_browser(walk: Callable[..., Walk]) -> None:
    at = walk(services=("management",))
    page = at.get(f"{at.sim.url}/IDP/connect/authorize", params=QUERY)
    assert (page.status_code, "<form" in page.text) == (200, True)
    wrong = at.http.post(f"{at.sim.url}/IDP/connect/authorize", params=QUERY, data={"username": "arc", "password": "x"})
    assert "Invalid username or password" in wrong.text
    back = signed_in(at)
    assert back["state"] == ["abc"]
    fields = {
        "grant_type": "authorization_code",
        "client_id": "VmsAdminClient",
        "code": back["code"][0],
        "redirect_uri": QUERY["redirect_uri"],
        "code_verifier": "verifier",
    }
    with Wire(at.sim) as wire:
        answer = wire.form(**fields).json()
        assert at.sim.tokens.check_access(answer["access_token"]) is at.sim.site.users[0]
        assert check(at, answer["id_token"])["nonce"] == "n1"
        assert wire.form(**fields).json() == {"error": "invalid_grant"}, "a code is good for one use"
        refresh = {"grant_type": "refresh_token", "client_id": "VmsAdminClient"}
        again = wire.form(**refresh, refresh_token=answer["refresh_token"]).json()
        assert at.sim.tokens.check_access(again["access_token"]) is not None
        assert wire.form(**refresh, refresh_token=answer["refresh_token"]).json() == {"error": "invalid_grant"}
        other = {**fields, "code": signed_in(at)["code"][0], "code_verifier": "another"}
        assert wire.form(**other).json() == {"error": "invalid_grant"}


@pytest.mark.parametrize(
    "change",
    [{"response_type": "token"}, {"client_id": "x"}, {"redirect_uri": "ftp://x/"}, {"code_challenge_method": "plain"}],
)
def test_a_bad_sign_in_request_gets_no_page(walk: Callable[..., Walk], change: dict[str, str]) -> None:
    at = walk(services=("management",))
    assert at.get(f"{at.sim.url}/IDP/connect/authorize", params=QUERY | change).status_code == 400
