"""The management server: routes by path, checks the transport's authentication, serves SOAP."""
# docs/protocol: identity-urls

import re
import ssl
from pathlib import Path
from typing import Protocol

from milestone_sdk.simulator.configuration.service import ConfigurationApiService
from milestone_sdk.simulator.host import Host
from milestone_sdk.simulator.management.bookmarks import Bookmarks
from milestone_sdk.simulator.management.clientsettings import ClientSettings
from milestone_sdk.simulator.management.evidencelocks import EvidenceLocks
from milestone_sdk.simulator.management.gateway import REST_ROOT, Gateway
from milestone_sdk.simulator.management.idp import IdentityProvider
from milestone_sdk.simulator.management.presets import Presets
from milestone_sdk.simulator.management.registration import DATA, ServiceRegistrationService
from milestone_sdk.simulator.management.servercommand import ServerCommandService
from milestone_sdk.simulator.site import User
from milestone_sdk.simulator.site.accounts import basic_credentials, check_password
from milestone_sdk.simulator.windows.login import Accepted
from milestone_sdk.simulator.wire.authority import server_context
from milestone_sdk.simulator.wire.descriptions import asks_for_description, described
from milestone_sdk.simulator.wire.http import Request, Response, error_page, help_page
from milestone_sdk.simulator.wire.listener import Connected, Listener
from milestone_sdk.simulator.wire.reader import XSD, XSI, Element
from milestone_sdk.simulator.wire.soap import (
    SOAP11,
    SOAP12,
    SoapFault,
    action_name,
    envelope_namespace,
    fault_reply,
    open_envelope,
    reply,
)
from milestone_sdk.simulator.wire.values import escape

__all__ = ["ManagementServer"]

_SVC = re.compile(
    r"/managementserver/(servercommandservice|serviceregistrationservice|configurationapiservice)(oauth)?\.svc"
)
_ASMX = re.compile(r"/serverapi/(servercommandservice|serviceregistrationservice)\.asmx")
_XML = "text/xml; charset=utf-8"
_XML12 = "application/soap+xml; charset=utf-8"
_ASMX_SCOPE = (("xsi", XSI), ("xsd", XSD))


class _SoapService(Protocol):
    @property
    def namespace(self) -> str: ...

    def action(self, operation: str, *, asmx: bool) -> str: ...

    def knows(self, operation: str) -> bool: ...

    def call(self, operation: str, user: User, element: Element, *, asmx: bool) -> bytes: ...


class ManagementServer:
    """The management server's two ports, the API gateway beside it: https when the site has a certificate, and http."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.identity: IdentityProvider = IdentityProvider(host)
        self.configuration: ConfigurationApiService = ConfigurationApiService(host)
        self.bookmarks: Bookmarks = Bookmarks(host.new_ids("bookmarks"), host.site.now)
        self.evidence_locks: EvidenceLocks = EvidenceLocks(host.site.now)
        self.client_settings: ClientSettings = ClientSettings(host.site.now)
        registration = ServiceRegistrationService(host)
        self._gateway = Gateway(host, registration, self.configuration)
        subjects = self.bookmarks, self.evidence_locks, self.client_settings, Presets(host.new_ids("presets"))
        self._services: dict[str, _SoapService] = {
            "servercommandservice": ServerCommandService(host, subjects),
            "serviceregistrationservice": registration,
            "configurationapiservice": self.configuration,
        }
        self._https = Listener(self._connected(secure=True), port=host.ports.get("management"))
        self._http = Listener(self._connected(secure=False), port=host.ports.get("management_http"))

    def adopt_release(self) -> None:
        """Answer as the release that the site has now does."""
        self.identity.adopt_release()
        self.configuration.adopt_release()

    def present(self, certificate: Path) -> None:
        """Use a certificate on the https port from the next connection on: a PEM file with its private key."""
        self._https.encrypt(server_context(certificate))
        self.identity.windows.certificate = _der(certificate)

    async def start(self) -> None:
        """Open both ports, or the http port alone on a site without certificate."""
        if self._host.tls:
            await self._https.start()
            self._host.https_port = self._https.port
        await self._http.start()
        self._host.http_port = self._http.port

    async def close(self) -> None:
        """Close both ports and every connection."""
        await self._http.close()
        await self._https.close()

    def _connected(self, *, secure: bool) -> Connected:
        return lambda reader, writer: self._host.serve(
            reader,
            writer,
            self.answer,
            secure=secure,
            service=lambda path: "idp" if path.startswith(("/idp", "/api")) else "management",
        )

    async def answer(self, request: Request) -> Response:
        """Answer one request by its path, whose letter case does not matter."""
        path = request.path.lower()
        if path.startswith(f"{REST_ROOT}/") and self.identity.gateway:
            return self._gateway.answer(request)
        if path.rstrip("/") in self._bases() and request.method == "GET":
            return help_page(path.strip("/") or "IIS Windows Server")
        if path.startswith(("/idp/", "/api/")):
            return await self.identity(request)
        svc = _SVC.fullmatch(path)
        if svc is not None and (not svc[2] or self._host.release.has("idp")):
            if request.method == "GET":
                return self._published(request, svc[1], self._services[svc[1]])
            return (self._bearer if svc[2] else self._basic)(request, self._services[svc[1]])
        asmx = _ASMX.fullmatch(path)
        if asmx is not None:
            return self._asmx(request, asmx[1], self._services[asmx[1]])
        return error_page(404)

    def _bases(self) -> set[str]:
        """The addresses that documents of this release name as a base to append to."""
        identity = {"/idp"} if self._host.release.has("idp") else set[str]()
        return {"", "/logserver"} | identity | ({"/api"} if self.identity.gateway else set())

    def _published(self, request: Request, name: str, service: _SoapService) -> Response:
        """What WCF shows without a login: its help page, and the description (docs/protocol: identity-bearer)."""
        if asks_for_description(request):
            return described(name, request, self._host.site.host_name, service.knows)
        return help_page(name)

    # The three forms of a service

    def _bearer(self, request: Request, service: _SoapService) -> Response:
        """OAuth.svc: a Bearer token on every call, else 401 with an empty body (docs/protocol: identity-flows)."""
        user = self._host.bearer(request)
        if user is None:
            return Response(401, headers=[("WWW-Authenticate", "Bearer")])
        return self._svc(request, service, user)

    def _basic(self, request: Request, service: _SoapService) -> Response:
        """`.svc`: HTTP Basic on https; on http only WS-Security, which is not simulated."""
        # docs/protocol: identity-basic
        if not request.secure:
            return self._message_security_required(request)
        credentials = basic_credentials(request.headers.get("authorization"))
        form = self._host.basic_login
        if service is self.configuration and credentials is not None:
            form = form and credentials.prefixed != self.configuration.switches.plain_basic_names
        user = check_password(self._host.site, *credentials[:2], form=form) if credentials else None
        if not isinstance(user, User):
            page = error_page(401)
            page.headers.append(("WWW-Authenticate", 'Basic realm="Milestone"'))
            return page
        return self._svc(request, service, user)

    def _asmx(self, request: Request, name: str, service: _SoapService) -> Response:
        r"""The old form: a Windows user by IIS, with Negotiate, NTLM or HTTP Basic (`DOMAIN\user`)."""
        credentials = basic_credentials(request.headers.get("authorization"))
        user = check_password(self._host.site, *credentials[:2], kind="windows") if credentials else None
        login = Accepted(user) if isinstance(user, User) else self.identity.windows.check(request, also=("Basic",))
        if not isinstance(login, Accepted):
            return login
        if asks_for_description(request):
            return login.mark(described(f"{name}.asmx", request, self._host.site.host_name, service.knows))
        if request.method != "POST":
            return login.mark(help_page(name) if request.method == "GET" else error_page(404))
        return login.mark(self._asmx_call(request, service, login.user))

    @staticmethod
    def _message_security_required(request: Request) -> Response:
        if "application/soap+xml" not in request.headers.get("content-type", ""):
            return Response(415, headers=[("X-Expected-Content-Type", _XML12)])
        text = "An error occurred when verifying security for the message."
        body = (
            f'<s:Envelope xmlns:s="{SOAP12}"><s:Body><s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode>'
            '<s:Value xmlns:a="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd">'
            f'a:InvalidSecurity</s:Value></s:Subcode></s:Code><s:Reason><s:Text xml:lang="en-US">{text}</s:Text>'
            "</s:Reason></s:Fault></s:Body></s:Envelope>"
        )
        return Response(500, body.encode(), content_type=_XML12)

    # SOAP

    def _svc(self, request: Request, service: _SoapService, user: User) -> Response:
        if request.method != "POST":
            return Response(405, headers=[("Allow", "POST, GET")])
        if request.media_type != "text/xml":
            return Response(415)
        action = request.headers.get("soapaction", "").strip().strip('"')
        operation = action_name(action)
        try:
            if not service.knows(operation) or action != service.action(operation, asmx=False):
                raise SoapFault.action_not_supported(action)
            element = self._operation(request, f"{{{service.namespace}}}{operation}")
            inner = service.call(operation, user, element, asmx=False)
        except SoapFault as fault:
            return Response(fault.status, fault_reply(fault), content_type=_XML)
        return Response(200, reply(operation, service.namespace, inner), content_type=_XML)

    @staticmethod
    def _operation(request: Request, wanted: str) -> Element:
        element = open_envelope(request.body)
        if element.tag != wanted:
            raise SoapFault("a:DeserializationFailed", f"Expected to find the element {wanted}, found {element.tag!s}.")
        return element

    def _asmx_call(self, request: Request, service: _SoapService, user: User) -> Response:
        namespace = DATA if isinstance(service, ServiceRegistrationService) else service.namespace
        soap12 = "application/soap+xml" in request.headers.get("content-type", "")
        try:
            element = open_envelope(request.body)
            operation = request.operation or str(element.tag).rpartition("}")[2]
            if not service.knows(operation):
                raise SoapFault.action_not_supported(operation)
            element = self._operation(request, f"{{{namespace}}}{operation}")
            soap12 = envelope_namespace(element) == SOAP12
            inner = service.call(operation, user, element, asmx=True)
        except SoapFault as fault:
            return Response(500, _asmx_fault(fault, soap12=soap12), content_type=_XML12 if soap12 else _XML)
        body = reply(
            operation,
            namespace,
            inner,
            prefix="soap",
            envelope=SOAP12 if soap12 else SOAP11,
            declarations=_ASMX_SCOPE,
            xml_declaration=True,
        )
        return Response(200, body, content_type=_XML12 if soap12 else _XML)


def _der(certificate: Path) -> bytes:
    """The first certificate of a PEM file in DER form."""
    text = certificate.read_text(encoding="ascii")
    return ssl.PEM_cert_to_DER_cert(text[text.index("-----BEGIN CERTIFICATE-----") :])


def _asmx_fault(fault: SoapFault, *, soap12: bool) -> bytes:
    """A fault as the `.asmx` form writes it: the number is in an attribute (docs/protocol: identity-faults)."""
    number = fault.code.rpartition(":")[2]
    text = escape(fault.reason)
    exception = "UnauthorizedAccessException" if number == "51000" else "InvalidOperationException"
    detail = "soap:Detail" if soap12 else "detail"
    described = ""
    if number.isdigit():
        quoted = text.replace('"', "&quot;")
        described = (
            f'<{detail} ErrorNumber="{number}" BaseExceptionName="{exception}" ExceptionMessage="{quoted}">'
            f"<ErrorNumber>{number}</ErrorNumber></{detail}>"
        )
    if soap12:
        value = exception if number.isdigit() else "soap:Receiver"
        content = (
            f"<soap:Code><soap:Value>{value}</soap:Value></soap:Code>"
            f'<soap:Reason><soap:Text xml:lang="en">{text}</soap:Text></soap:Reason>'
        )
    else:
        content = f"<faultcode>soap:Server</faultcode><faultstring>{text}</faultstring>"
    return (
        f'<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="{SOAP12 if soap12 else SOAP11}" '
        f'xmlns:xsi="{XSI}" xmlns:xsd="{XSD}"><soap:Body><soap:Fault>{content}{described}</soap:Fault></soap:Body>'
        "</soap:Envelope>"
    ).encode()
