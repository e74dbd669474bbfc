"""A client of the alarm service that knows nothing but text: it sends XML that the tests spell out."""

import ssl
from collections.abc import Generator
from contextlib import contextmanager
from types import TracebackType
from typing import Self
from uuid import uuid4

import httpx
from attrs import frozen
from lxml import etree
from lxml.etree import _Element as Element  # pyright: ignore[reportPrivateUsage]

from milestone_sdk.simulator.simulator import Simulator
from milestone_sdk.simulator.site import User

SVC = "http://videoos.net/2/CentralServerAlarmCommand"
PA = "http://schemas.datacontract.org/2004/07/VideoOS.Platform.Proxy.Alarm"
MS = "urn:milestone-systems"
ARR = "http://schemas.microsoft.com/2003/10/Serialization/Arrays"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
SCOPE = (
    f'xmlns:a="{PA}" xmlns:m="{MS}" xmlns:r="{ARR}" xmlns:i="{XSI}" xmlns:x="http://www.w3.org/2001/XMLSchema" '
    'xmlns:g="http://schemas.microsoft.com/2003/10/Serialization/" '
    'xmlns:k="http://schemas.datacontract.org/2004/07/System.Collections.Generic"'
)
TEXT_XML = {"Content-Type": "text/xml; charset=utf-8"}


@frozen
class Fault:
    """A fault as a client sees it."""

    status: int
    code: str | None
    text: str | None
    reason: str | None
    description: str | None


class Wire:
    """Posts bodies to one simulator's alarm service, with the token of one user."""

    def __init__(self, sim: Simulator, user: User | None = None) -> None:
        verify = ssl.create_default_context(cafile=sim.ca_file) if sim.host.event_server_tls else False
        self.http = httpx.Client(base_url=sim.event_server_url, verify=verify, trust_env=False)
        self.token = sim.tokens.login(user or sim.site.users[0], uuid4(), None).token

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()

    def envelope(self, operation: str, inner: str, *, token: str | None = None) -> str:
        given = self.token if token is None else token
        return (
            f'<s:Envelope xmlns:s="{SOAP}"><s:Body><{operation} xmlns="{SVC}" {SCOPE}>'
            f"<token>{given}</token>{inner}</{operation}></s:Body></s:Envelope>"
        )

    def post(self, operation: str, body: str | bytes, headers: dict[str, str] | None = None) -> httpx.Response:
        action = {"SOAPAction": f'"{SVC}/IAlarmCommandToken/{operation}"'}
        content = body.encode() if isinstance(body, str) else body
        return self.http.post("Central/AlarmServiceToken", content=content, headers=TEXT_XML | action | (headers or {}))

    def call(self, operation: str, inner: str = "") -> Element | None:
        """The result element, None for a void operation."""
        answer = self.post(operation, self.envelope(operation, inner))
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "text/xml; charset=utf-8"
        response = etree.fromstring(answer.content)[0][0]
        assert response.tag == f"{{{SVC}}}{operation}Response"
        assert [child.tag for child in response] in ([], [f"{{{SVC}}}{operation}Result"])
        return response[0] if len(response) else None

    def result(self, operation: str, inner: str = "") -> Element:
        found = self.call(operation, inner)
        assert found is not None
        return found

    def fault(self, operation: str, inner: str = "", *, token: str | None = None) -> Fault:
        return read_fault(self.post(operation, self.envelope(operation, inner, token=token)))

    def lines(
        self, conditions: str = "", orders: str = "", *, start: int = 0, count: int = 1000
    ) -> list[dict[str, str | None]]:
        found = self.result(
            "GetAlarmLines", f"<from>{start}</from><maxCount>{count}</maxCount>{alarm_filter(conditions, orders)}"
        )
        return [members(line) for line in found]

    def names(self, conditions: str = "", orders: str = "") -> list[str | None]:
        return [line["Name"] for line in self.lines(conditions, orders)]


def read_fault(answer: httpx.Response) -> Fault:
    """The fault in an answer with status 500."""
    fault = etree.fromstring(answer.content)[0][0]
    assert fault.tag == f"{{{SOAP}}}Fault"
    detail = fault.find(f"detail/{{{PA}}}AlarmServiceFault")
    reason = None if detail is None else detail.findtext(f"{{{PA}}}ErrorReason")
    description = None if detail is None else detail.findtext(f"{{{PA}}}ErrorDescription")
    return Fault(answer.status_code, fault.findtext("faultcode"), fault.findtext("faultstring"), reason, description)


def members(element: Element) -> dict[str, str | None]:
    """Member name -> text; None for nil, "" for an empty element."""
    return {
        etree.QName(child).localname: None if child.get(f"{{{XSI}}}nil") == "true" else child.text or ""
        for child in element
    }


def alarm_filter(conditions: str = "", orders: str = "") -> str:
    return f"<filter><a:Conditions>{conditions}</a:Conditions><a:Orders>{orders}</a:Orders></filter>"


def condition(target: str, operator: str, kind: str, value: object) -> str:
    """`kind` is the i:type with the prefixes of SCOPE, or nil."""
    written = '<a:Value i:nil="true"/>' if kind == "nil" else f'<a:Value i:type="{kind}">{value}</a:Value>'
    return f"<a:Condition><a:Operator>{operator}</a:Operator><a:Target>{target}</a:Target>{written}</a:Condition>"


def order(target: str, direction: str = "Ascending") -> str:
    return f"<a:OrderBy><a:Order>{direction}</a:Order><a:Target>{target}</a:Target></a:OrderBy>"


@contextmanager
def event_server(**options: object) -> Generator[tuple[Simulator, Wire], None, None]:
    """A running site without TLS and recorders, and a client."""
    with Simulator(tls=False, services=("event_server",), **options) as sim, Wire(sim) as wire:  # type: ignore[arg-type]
        yield sim, wire
