"""The identity provider: discovery documents and the token endpoint on its two paths."""
# docs/protocol: identity-discovery, identity-password

import json
import random
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from urllib.parse import unquote_to_bytes

from milestone_sdk.simulator.host import Host
from milestone_sdk.simulator.management.signin import SignIn
from milestone_sdk.simulator.site import User
from milestone_sdk.simulator.site.accounts import check_password
from milestone_sdk.simulator.windows.login import Accepted, WindowsLogin
from milestone_sdk.simulator.wire.http import Request, Response, error_page

__all__ = ["IdentityProvider", "decode_form"]

_PASSWORD_CLIENTS = frozenset({"GrantValidatorClient", "VmsClient", "VmsAdminClient"})
_WINDOWS_CLIENTS = frozenset({"GrantValidatorClient", "VmsAdminClient", "winauthclient"})
_NO_STORE = [("Cache-Control", "no-store, no-cache, max-age=0"), ("Pragma", "no-cache")]
_FORM = re.compile(rb"(?:[A-Za-z0-9\-._~*+!'()@:/?;$,=]|%[0-9A-Fa-f]{2})*")


def decode_form(body: bytes) -> dict[str, str] | None:
    """The fields of a form, or None where it is not encoded as a form must be.

    A raw byte beyond ASCII, a blank, or a `%` without two hex digits gives None, and so does a repeated name; a raw `&`
    or `+` in a value silently means something else, as everywhere.
    """
    fields: dict[str, str] = {}
    for pair in body.split(b"&"):
        name, equals, value = pair.partition(b"=")
        if not equals or not _FORM.fullmatch(name) or not _FORM.fullmatch(value):
            return None
        try:
            key, text = (unquote_to_bytes(part.replace(b"+", b" ")).decode("utf-8") for part in (name, value))
        except UnicodeDecodeError:
            return None
        if key in fields:
            return None
        fields[key] = text
    return fields


def _json(document: object, status: int = 200, *, store: bool = True) -> Response:
    body = json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
    headers = [] if store else list(_NO_STORE)
    return Response(status, body, headers, content_type="application/json; charset=UTF-8")


def _document(content: Callable[[Request], object], request: Request) -> Response:
    return _json(content(request))


def _refuse(error: str, status: int = 400, **more: str) -> Response:
    return _json({"error": error, **more}, status, store=False)


class IdentityProvider:
    """Answers everything below `/IDP`, `/API/IDP` and `/API/.well-known`."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.adopt_release()
        self._sign_in = SignIn(host.site, random.Random(f"{host.site.id}/sign in"))
        documents: Mapping[str, Callable[[Request], object]] = {
            "/idp/.well-known/openid-configuration": self._openid_configuration,
            "/api/idp/.well-known/openid-configuration": self._openid_configuration,
            "/idp/.well-known/openid-configuration/jwks": lambda request: host.tokens.key_set(),
            "/idp/api/externalproviders": lambda request: [],
            "/api/.well-known/uris": self._uris,
        }
        self._routes: dict[str, tuple[str, Callable[[Request], Response]]] = {
            path: ("GET", partial(_document, content)) for path, content in documents.items()
        }
        for path in ("/idp/connect/token", "/api/idp/connect/token"):
            self._routes[path] = "POST", partial(self._token, direct=path.startswith("/idp/"))
        self.gateways: Sequence[str] | None = None
        """The API gateways that are announced, if not the one beside the management server."""
        self.windows: WindowsLogin = WindowsLogin(host.site)
        """How Windows users are logged in, here and on the `.asmx` form of the services."""

    def adopt_release(self) -> None:
        """Answer as the release that the site has now does."""
        release = self._host.release
        self.server_version: str | None = release.server_version
        """The key of that name in openid-configuration; None leaves it out, as a server without OAuth may do."""
        self.gateway: bool = release.has("gateway")
        """Whether the API gateway is installed (before 2023 R3 it need not be)."""

    async def __call__(self, request: Request) -> Response:
        """Answer one request."""
        path = request.path.lower().rstrip("/")
        if not self._host.release.has("idp") or (path.startswith("/api/") and not self.gateway):
            return error_page(404)
        if path == "/idp/connect/authorize":
            return self._sign_in.authorize(request, decode_form)
        if path == "/idp/connect/endsession":
            return Response(200, b"<html><body>Signed out</body></html>", content_type="text/html; charset=UTF-8")
        wanted, answer = self._routes.get(path, ("", None))
        if answer is None:
            return error_page(404)
        return answer(request) if request.method == wanted else Response(405, headers=[("Allow", wanted)])

    @staticmethod
    def _base(request: Request) -> str:
        """The address by which the client reached the server."""
        return f"{'https' if request.secure else 'http'}://{request.headers.get('host', 'localhost')}"

    def _issuer(self, request: Request) -> str:
        return f"{self._base(request)}/IDP"

    def _openid_configuration(self, request: Request) -> dict[str, object]:
        issuer = self._issuer(request)
        document: dict[str, object] = {
            "issuer": issuer,
            "jwks_uri": f"{issuer}/.well-known/openid-configuration/jwks",
            "authorization_endpoint": f"{issuer}/connect/authorize",
            "token_endpoint": f"{issuer}/connect/token",
            "end_session_endpoint": f"{issuer}/connect/endsession",
            "scopes_supported": ["openid", "profile", "managementserver", "offline_access"],
            "grant_types_supported": ["authorization_code", "client_credentials", "refresh_token", "password"],
            "external_providers_uri": f"{issuer}/api/externalproviders",
        }
        if self.server_version is not None:
            document["server_version"] = self.server_version
        return document

    def _uris(self, request: Request) -> dict[str, object]:
        base = self._base(request)
        name = request.headers.get("host", "localhost").rpartition(":")[0]
        https, http = self._host.https_port, self._host.http_port
        return {
            "ProductVersion": self._host.release.product_version,
            "UnsecureManagementServer": f"http://{name}:{http}/" if http else "",
            "SecureManagementServer": f"https://{name}:{https}/" if https else "",
            "IdentityProvider": f"{base}/IDP",
            "ApiGateways": [f"{base}/API/"] if self.gateways is None else [*self.gateways],
        }

    def _token(self, request: Request, *, direct: bool) -> Response:
        fields = decode_form(request.body) if request.media_type == "application/x-www-form-urlencoded" else None
        if fields is None or "grant_type" not in fields:
            return _refuse("invalid_request")
        client_id = fields.get("client_id", "")
        match fields["grant_type"]:
            case "windows_credentials" if direct:
                return self._windows(request, client_id)
            case "authorization_code" | "refresh_token":
                return self._redeemed(request, fields)
            case "password" if client_id in _PASSWORD_CLIENTS:
                user = check_password(self._host.site, fields.get("username", ""), fields.get("password", ""))
                if isinstance(user, str):
                    return _refuse("invalid_grant", error_description="invalid_username_or_password", error_code=user)
                return self._grant(request, user, client_id)
            case "password" | "client_credentials":
                return _refuse("invalid_client")
            case _:
                return _refuse("unsupported_grant_type")

    def _grant(self, request: Request, user: User, client_id: str, **more: str) -> Response:
        return _json(
            {
                "access_token": self._host.tokens.issue_access(user, client_id, self._issuer(request)),
                "expires_in": int(self._host.tokens.access_life.total_seconds()),
                "token_type": "Bearer",
                "scope": "managementserver",
                **more,
            },
            store=False,
        )

    def _redeemed(self, request: Request, fields: dict[str, str]) -> Response:
        """Tokens for a code of the sign-in page, or for a refresh token (docs/protocol: identity-external)."""
        grant = self._sign_in.redeem(fields)
        if grant is None:
            return _refuse("invalid_grant")
        more = {"scope": grant.scope}
        if grant.nonce is not None or "openid" in grant.scope.split():
            issuer = self._issuer(request)
            more["id_token"] = self._host.tokens.issue_identity(grant.user, grant.client_id, issuer, grant.nonce)
        refresh = self._sign_in.refresh_token(grant)
        if refresh:
            more["refresh_token"] = refresh
        return self._grant(request, grant.user, grant.client_id, **more)

    def _windows(self, request: Request, client_id: str) -> Response:
        if client_id not in _WINDOWS_CLIENTS:
            return _refuse("invalid_client")
        login = self.windows.check(request)
        return login.mark(self._grant(request, login.user, client_id)) if isinstance(login, Accepted) else login
