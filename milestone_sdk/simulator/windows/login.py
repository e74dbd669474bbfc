"""Windows authentication as IIS does it: NTLM and Negotiate, bound to the connection."""
# docs/protocol: identity-windows, identity-asmx

import binascii
import hashlib
import os
import struct
from base64 import b64decode, b64encode
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Literal

from attrs import define, field, frozen

from milestone_sdk.simulator.site import Site, User
from milestone_sdk.simulator.site.accounts import check_password
from milestone_sdk.simulator.windows.kerberos import KerberosAcceptor, KerberosError
from milestone_sdk.simulator.windows.ntlm import Acceptor, Identity, NtlmError, Proof, is_ntlm
from milestone_sdk.simulator.windows.spnego import (
    KERBEROS_OIDS,
    NTLM_OID,
    First,
    NegotiationState,
    Next,
    TokenError,
    read_first,
    read_next,
)
from milestone_sdk.simulator.wire.http import Request, Response, error_page

__all__ = ["Accepted", "Login", "Scheme", "WindowsFault", "WindowsLogin", "end_point_bindings"]

Scheme = Literal["Negotiate", "NTLM"]
WindowsFault = Literal["missing_challenge", "garbled_challenge", "hang_up", "connection_close", "demand_cookies"]
"""A challenge without a token; with `garbled` instead; a connection that ends after the challenge, unannounced or
announced; cookies of both answers that must come back with the last request."""

_ACCEPTOR, _USER, _LIST = "windows acceptor", "windows user", "windows mechanism list"
_COOKIES = {"windows-probe": "p=1|2", "windows-leg": "q~3"}


@frozen
class Login:
    """A Windows user who logged in; `mechanism` is `NTLM`, `Negotiate/NTLM` or `Kerberos`."""

    user: str
    mechanism: str
    channel_bound: bool


@frozen
class Accepted:
    """The user of a request, and the headers that the answer needs."""

    user: User
    headers: tuple[tuple[str, str], ...] = ()

    def mark(self, response: Response) -> Response:
        """Add the headers to the answer."""
        response.headers += self.headers
        return response


class _Refused(Exception):
    """A login that ends in a 401, with the token for the client if there is one."""

    def __init__(self, reason: str, token: bytes | None = None) -> None:
        super().__init__(reason)
        self.token = token


def end_point_bindings(certificate: bytes) -> bytes:
    """`tls-server-end-point` of a certificate in DER form (RFC 5929 4.1), as application data of channel bindings."""
    from cryptography import x509

    signed = x509.load_der_x509_certificate(certificate).signature_hash_algorithm
    name = signed.name if signed is not None else "sha256"
    name = "sha256" if name in ("md5", "sha1") else name
    return b"tls-server-end-point:" + hashlib.new(name, certificate).digest()


def _bindings_digest(application_data: bytes) -> bytes:
    """MD5 over the structure that GSSAPI calls channel bindings, without addresses ([MS-NLMP] 2.2.2.1)."""
    return hashlib.md5(bytes(16) + struct.pack("<I", len(application_data)) + application_data).digest()


@define(eq=False)
class WindowsLogin:
    """Logs Windows users of the site in; change the attributes between two requests."""

    site: Site
    mechanisms: tuple[Scheme, ...] = ("Negotiate", "NTLM")
    require_channel_binding: bool = False
    """Extended Protection: a login must be bound to the server's certificate; without TLS to the name `HTTP/{host}`."""
    certificate: bytes | None = None
    """The server's own, in DER form; the https port sets it."""
    keytab: Path | None = None
    """Keys of the service; with them Negotiate accepts Kerberos too."""
    fault: WindowsFault | None = None
    garbled: str = "VGhpcyBpcyBubyBjaGFsbGVuZ2U="
    """Sent instead of a challenge under `garbled_challenge`."""
    one_header: bool = False
    """Whether the offer is one WWW-Authenticate header with a comma, rather than one for each scheme."""

    logins: list[Login] = field(factory=list[Login])
    """Every login, in order."""
    refusals: list[str] = field(factory=list[str])
    """Why other attempts were refused."""

    def check(self, request: Request, *, also: tuple[str, ...] = ()) -> Accepted | Response:
        """The user of the request, or what to answer instead; `also` names other schemes that the caller accepts."""
        scheme, _, text = request.headers.get("authorization", "").partition(" ")
        name: Scheme | None = next((offered for offered in self.mechanisms if offered.lower() == scheme.lower()), None)
        if name is None:
            known = request.connection.get(_USER)
            return Accepted(known) if isinstance(known, User) and not scheme else self._offer(also)
        try:
            token = b64decode(text.strip(), validate=True)
            return self._ntlm(request, token) if name == "NTLM" else self._negotiate(request, token)
        except (_Refused, NtlmError, TokenError, KerberosError, binascii.Error) as error:
            self.refusals.append(str(error))
            request.connection.pop(_ACCEPTOR, None)
            request.connection.pop(_USER, None)
            answer = error.token if isinstance(error, _Refused | KerberosError) else None
            return self._page(name, answer) if answer else self._offer(also)

    # Answers with 401

    def _offer(self, also: tuple[str, ...]) -> Response:
        page = error_page(401)
        schemes = (*self.mechanisms, *also)
        page.headers += [("WWW-Authenticate", text) for text in ([", ".join(schemes)] if self.one_header else schemes)]
        if self.fault == "demand_cookies":
            page.headers.append(("Set-Cookie", f"windows-probe={_COOKIES['windows-probe']}; Path=/; HttpOnly"))
        return page

    @staticmethod
    def _page(scheme: Scheme, token: bytes) -> Response:
        page = error_page(401)
        page.headers.append(("WWW-Authenticate", f"{scheme} {b64encode(token).decode()}"))
        return page

    def _challenge(self, scheme: Scheme, token: bytes) -> Response:
        """The page that carries a challenge, with the fault that is on."""
        page = self._page(scheme, token)
        match self.fault:
            case "missing_challenge":
                page.headers[-1] = ("WWW-Authenticate", scheme)
            case "garbled_challenge":
                page.headers[-1] = ("WWW-Authenticate", f"{scheme} {self.garbled}")
            case "hang_up":
                page.hang_up = True
            case "connection_close":
                page.headers.append(("Connection", "close"))
            case "demand_cookies":
                page.headers.append(("Set-Cookie", f"windows-leg={_COOKIES['windows-leg']}; Path=/; SameSite=Lax"))
            case None:
                pass
        return page

    # The two schemes

    def _ntlm(self, request: Request, token: bytes) -> Accepted | Response:
        if is_ntlm(token, 1):
            return self._challenge("NTLM", self._begin(request, token))
        user, proof = self._finish(request, token)
        return self._let_in(request, user, "NTLM", bool(proof.bindings.strip(b"\0")))

    def _negotiate(self, request: Request, token: bytes) -> Accepted | Response:
        if is_ntlm(token):
            raise _Refused("bare NTLM under Negotiate")  # stricter than Windows, which accepts it
        if token[:1] != b"\x60":
            return self._wrapped_ntlm(request, read_next(token))
        first = read_first(token)
        if self.keytab is not None and first.mechanisms and first.mechanisms[0] in KERBEROS_OIDS:
            return self._kerberos(request, token)
        return self._choose_ntlm(request, first)

    def _kerberos(self, request: Request, token: bytes) -> Accepted:
        assert self.keytab is not None
        bindings = end_point_bindings(self.certificate) if request.secure and self.certificate else None
        ticket = KerberosAcceptor(self.keytab).accept(token, bindings)
        if self.require_channel_binding and request.secure and not ticket.channel_bound:
            raise _Refused("no channel binding")
        user = self._find("", ticket.principal)
        if user is None:
            raise _Refused(f"no Windows user {ticket.principal!r}")
        return self._let_in(request, user, "Kerberos", ticket.channel_bound, ticket.token)

    def _choose_ntlm(self, request: Request, first: First) -> Response:
        if NTLM_OID not in first.mechanisms:
            raise _Refused("no common mechanism", Next(state=NegotiationState.REJECT).encode())
        request.connection[_LIST] = first.mechanism_list
        if first.mechanisms[0] != NTLM_OID:  # the token is for another mechanism: request that of NTLM
            return self._page("Negotiate", Next(NegotiationState.REQUEST_MIC, NTLM_OID).encode())
        challenge = self._begin(request, first.token or b"")
        return self._challenge("Negotiate", Next(NegotiationState.ACCEPT_INCOMPLETE, NTLM_OID, challenge).encode())

    def _wrapped_ntlm(self, request: Request, answer: Next) -> Accepted | Response:
        token = answer.token or b""
        if is_ntlm(token, 1):
            challenge = self._begin(request, token)
            return self._challenge("Negotiate", Next(NegotiationState.ACCEPT_INCOMPLETE, None, challenge).encode())
        mechanisms = request.connection.pop(_LIST, None)
        user, proof = self._finish(request, token)
        if not isinstance(mechanisms, bytes) or answer.signature != proof.from_client.sign(mechanisms):
            raise _Refused("the list of mechanisms is not signed, or the signature is wrong")
        done = Next(NegotiationState.ACCEPT_COMPLETED, signature=proof.from_server.sign(mechanisms))
        return self._let_in(request, user, "Negotiate/NTLM", bool(proof.bindings.strip(b"\0")), done.encode())

    # NTLM

    def _begin(self, request: Request, negotiate: bytes) -> bytes:
        computer = self.site.host_name.upper()
        acceptor = Acceptor(computer, computer, self.site.now(), os.urandom(8))
        request.connection[_ACCEPTOR] = acceptor
        request.connection.pop(_USER, None)
        return acceptor.challenge(negotiate)

    def _finish(self, request: Request, authenticate: bytes) -> tuple[User, Proof]:
        acceptor = request.connection.pop(_ACCEPTOR, None)
        if not isinstance(acceptor, Acceptor):
            raise _Refused("an AUTHENTICATE message without a challenge on this connection")
        self._check_cookies(request)
        found: list[User] = []

        def password_of(identity: Identity) -> str | None:
            user = self._find(identity.domain, identity.user)
            found.extend([user] if user is not None else [])
            return user.password if user is not None else None

        try:
            proof = acceptor.verify(authenticate, password_of)
        except NtlmError:
            for user in found:
                check_password(self.site, user.name, "\0", kind="windows")  # counts towards the lock-out
            raise
        self._check_bindings(request, proof)
        state = check_password(self.site, found[0].name, found[0].password, kind="windows")
        if isinstance(state, str):
            raise _Refused(state)
        return state, proof

    def _find(self, domain: str, name: str) -> User | None:
        r"""The account behind `DOMAIN\user`, `user@domain`, `.\user` or a bare name, which is a local one."""
        if not domain and "@" in name:
            name, _, domain = name.rpartition("@")
        domain = self.site.host_name if domain in ("", ".") else domain.partition(".")[0]
        user = self.site.user(f"{domain}\\{name}")
        return user if user is not None and user.kind == "windows" else None

    def _check_bindings(self, request: Request, proof: Proof) -> None:
        given = proof.bindings.strip(b"\0")
        if request.secure and self.certificate is not None:
            if given and proof.bindings != _bindings_digest(end_point_bindings(self.certificate)):
                raise _Refused("the channel binding is of another certificate")
            if not given and self.require_channel_binding:
                raise _Refused("no channel binding")
        elif self.require_channel_binding:
            host = request.headers.get("host", "").rpartition(":")[0] or request.headers.get("host", "")
            if proof.target_name.casefold() != f"http/{host}".casefold():
                raise _Refused(f"the login is for {proof.target_name!r}")

    def _check_cookies(self, request: Request) -> None:
        if self.fault != "demand_cookies":
            return
        try:
            found = {key: morsel.value for key, morsel in SimpleCookie(request.headers.get("cookie", "")).items()}
        except CookieError as error:
            raise _Refused("the cookies cannot be read") from error
        if {key: value for key, value in found.items() if key.lower() in {*_COOKIES, "path", "samesite"}} != _COOKIES:
            raise _Refused(f"the cookies are {request.headers.get('cookie')!r}")

    def _let_in(
        self, request: Request, user: User, mechanism: str, channel_bound: bool, token: bytes | None = None
    ) -> Accepted:
        request.connection[_USER] = user
        self.logins.append(Login(user.name, mechanism, channel_bound))
        scheme = "NTLM" if mechanism == "NTLM" else "Negotiate"
        return Accepted(user, (("WWW-Authenticate", f"{scheme} {b64encode(token).decode()}"),) if token else ())
