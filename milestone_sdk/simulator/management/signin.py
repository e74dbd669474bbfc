"""The identity provider's sign-in page in a browser: authorization code with PKCE, and refresh."""
# docs/protocol: identity-external

import base64
import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from urllib.parse import parse_qsl, urlencode, urlsplit

from attrs import frozen

from milestone_sdk.simulator.site import Site, User
from milestone_sdk.simulator.site.accounts import check_password
from milestone_sdk.simulator.wire.http import Request, Response, error_page
from milestone_sdk.simulator.wire.values import escape

__all__ = ["CodeGrant", "SignIn"]

_CLIENTS = frozenset({"VmsAdminClient", "VmsClient", "VmsWebClient"})
_CODE_LIFE = timedelta(minutes=5)


@frozen
class CodeGrant:
    """The login behind a code or a refresh token."""

    user: User
    client_id: str
    scope: str
    nonce: str | None
    redirect_uri: str
    challenge: str
    ends: datetime | None


class SignIn:
    """Shows the page, and keeps the codes and refresh tokens it gave; each can be used once."""

    def __init__(self, site: Site, rng: random.Random) -> None:
        self._site = site
        self._rng = rng
        self._grants: dict[str, CodeGrant] = {}

    def authorize(self, request: Request, read_form: Callable[[bytes], dict[str, str] | None]) -> Response:
        """The page for a request that can succeed; its form comes back to the same address."""
        asked = dict(parse_qsl(request.query, keep_blank_values=True))
        redirect = urlsplit(asked.get("redirect_uri", ""))
        usable = (
            asked.get("response_type") == "code"
            and asked.get("client_id") in _CLIENTS
            and redirect.scheme in ("http", "https")
            and asked.get("code_challenge_method") == "S256"
            and bool(asked.get("code_challenge"))
        )
        if not usable:
            return error_page(400)
        if request.method == "GET":
            return _page(request.target)
        form = read_form(request.body) or {}
        user = check_password(self._site, form.get("username", ""), form.get("password", ""))
        if not isinstance(user, User):
            return _page(request.target, "Invalid username or password")
        code = self._keep(user, asked, asked["code_challenge"], self._site.now() + _CODE_LIFE)
        answer = {"code": code, "scope": asked.get("scope", "openid"), "state": asked.get("state", "")}
        separator = "&" if redirect.query else "?"
        return Response(302, headers=[("Location", f"{asked['redirect_uri']}{separator}{urlencode(answer)}")])

    def _keep(self, user: User, asked: Mapping[str, str], challenge: str, ends: datetime | None) -> str:
        key = self._rng.randbytes(32).hex().upper()
        scope, nonce = asked.get("scope", "openid"), asked.get("nonce")
        redirect_uri = asked.get("redirect_uri", "")
        self._grants[key] = CodeGrant(user, asked["client_id"], scope, nonce, redirect_uri, challenge, ends)
        return key

    def refresh_token(self, grant: CodeGrant) -> str | None:
        """A token for the next access token, if the scope asked for one."""
        if "offline_access" not in grant.scope.split():
            return None
        return self._keep(grant.user, {"client_id": grant.client_id, "scope": grant.scope}, "", None)

    def redeem(self, fields: Mapping[str, str]) -> CodeGrant | None:
        """The login behind the code or refresh token of a token request; None for a bad, used or old one."""
        is_code = fields["grant_type"] == "authorization_code"
        grant = self._grants.pop(fields.get("code" if is_code else "refresh_token", ""), None)
        if grant is None or grant.client_id != fields.get("client_id") or is_code is not (grant.ends is not None):
            return None
        if grant.ends is None:
            return grant
        digest = sha256(fields.get("code_verifier", "").encode()).digest()
        proven = base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == grant.challenge
        in_time = self._site.now() < grant.ends
        return grant if proven and in_time and fields.get("redirect_uri") == grant.redirect_uri else None


def _page(target: str, error: str = "") -> Response:
    text = (
        "<!DOCTYPE html><html><head><title>Sign in</title></head><body><h1>Sign in</h1>"
        f'<p>{escape(error)}</p><form method="post" action="{escape(target).replace(chr(34), "&quot;")}">'
        '<input name="username"><input name="password" type="password"><button>Sign in</button></form></body></html>'
    )
    return Response(200, text.encode(), content_type="text/html; charset=UTF-8")
