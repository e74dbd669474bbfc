"""A plain HTTP client for the tests of the simulated management server: text in, octets out, nothing of the SDK."""

import ssl
from types import TracebackType
from typing import Any, Self

import httpx
from lxml import etree

from milestone_sdk.simulator import Simulator

SC = "http://videoos.net/2/XProtectCSServerCommand"
REGISTRATION = "http://schemas.videoos/ServiceRegistrationService/2008/06/Vmo/01"
SOAP11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP12 = "http://www.w3.org/2003/05/soap-envelope"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
ARRAYS = "http://schemas.microsoft.com/2003/10/Serialization/Arrays"

INSTANCE = "deadbeef-0000-0000-0000-000000000001"


def envelope(content: str, namespace: str = SOAP11) -> bytes:
    return f'<s:Envelope xmlns:s="{namespace}"><s:Body>{content}</s:Body></s:Envelope>'.encode()


def request_element(operation: str, inner: str = "", namespace: str = SC) -> str:
    return f'<{operation} xmlns="{namespace}">{inner}</{operation}>'


def local(element: Any) -> str:
    return etree.QName(element).localname


def tree(response: httpx.Response) -> Any:
    return etree.fromstring(response.content)


def texts(element: Any, name: str) -> list[str]:
    """The texts of all descendants of that local name."""
    return [found.text or "" for found in element.iter("{*}" + name)]


def fault(response: httpx.Response) -> tuple[int, str, str]:
    """Status, faultcode and faultstring of a SOAP 1.1 fault."""
    root = tree(response)
    return response.status_code, texts(root, "faultcode")[0], texts(root, "faultstring")[0]


def basic_auth(name: str, password: str) -> httpx.BasicAuth:
    """HTTP Basic in Windows-1252, as .NET writes it on a western computer."""
    return httpx.BasicAuth(name.encode("cp1252"), password.encode("cp1252"))


class Wire:
    """One keep-alive client, which trusts the simulator's authority and nothing else."""

    def __init__(self, sim: Simulator) -> None:
        self.sim = sim
        self.http = httpx.Client(
            verify=ssl.create_default_context(cafile=str(sim.ca_file)), trust_env=False, timeout=10.0
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.http.close()

    def form(self, path: str = "/IDP/connect/token", base: str | None = None, **fields: str) -> httpx.Response:
        return self.http.post((base or self.sim.url) + path, data=fields)

    def password_grant(self, path: str = "/IDP/connect/token", **overrides: str) -> httpx.Response:
        fields = {
            "grant_type": "password",
            "username": self.sim.username,
            "password": self.sim.password,
            "client_id": "GrantValidatorClient",
        }
        return self.form(path, **(fields | overrides))

    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.password_grant().json()['access_token']}"}

    def post(self, path: str, body: bytes, action: str, *, base: str | None = None, **options: Any) -> httpx.Response:
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{action}"'}
        headers |= options.pop("headers", {})
        return self.http.post((base or self.sim.url) + path, content=body, headers=headers, **options)

    def call(self, operation: str, inner: str = "", *, headers: dict[str, str], body: bytes | None = None) -> Any:
        """An operation on OAuth.svc."""
        return self.post(
            "/ManagementServer/ServerCommandServiceOAuth.svc",
            envelope(request_element(operation, inner)) if body is None else body,
            f"{SC}/IServerCommandService/{operation}",
            headers=headers,
        )

    def basic(self, operation: str, inner: str = "", *, user: tuple[str, str] | None = None) -> httpx.Response:
        """An operation on `.svc` with HTTP Basic."""
        return self.post(
            "/ManagementServer/ServerCommandService.svc",
            envelope(request_element(operation, inner)),
            f"{SC}/IServerCommandService/{operation}",
            auth=basic_auth(*(user or (self.sim.username, self.sim.password))),
        )

    def login(self, headers: dict[str, str], current: str = "") -> str:
        """The corporate token of a login."""
        inner = f"<instanceId>{INSTANCE}</instanceId><currentToken>{current}</currentToken>"
        return texts(tree(self.call("Login", inner, headers=headers)), "Token")[0]
