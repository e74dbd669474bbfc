"""The token that an HTTP receiver asks for: how to get it, and when a new one is needed."""

import asyncio
import json
from collections.abc import Generator, Mapping
from typing import Any, Final, Literal, cast
from urllib.parse import urlencode

import httpx
from attrs import field, fields_dict, frozen

from ..._arguments import check_seconds, check_type
from ..._async.session.http import AsyncHTTP, Reply
from ..._net.asyncio import AsyncClock
from ..._protocol.management.location import Location
from ..._protocol.secrets import Sealed
from ...errors import ConfigurationError, SinkUnavailable
from .templates import check_template, fill

__all__ = ["HttpLogin", "LoginToken", "SecretHeaders", "check_headers", "check_url"]

_OPERATION: Final = "HttpSink.login"
_FORM: Final = "application/x-www-form-urlencoded"
_FIRST_PAUSE: Final = 60.0
_LONGEST_PAUSE: Final = 900.0
_USED_PART: Final = 0.9
"""The part of a lifetime after which a token is renewed, since clocks differ and requests take time."""
_LONGEST_TOKEN: Final = 16384
_LONGEST_LOGIN: Final = 1 << 20
_HEADER_CHARACTERS: Final = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


@frozen(kw_only=True)
class HttpLogin:
    """The login request of an HTTP receiver, and the token in its answer.

    `body` is a template with `{user_name}` and `{password}`, sent as JSON, or as a form with `form`. `token` is the
    name of the token in the JSON answer, with dots between levels (`data.token`); empty if the answer is the token.
    It is sent in the header `header`, after `scheme` and a blank.

    A new token is fetched when the receiver answers 401, and before: when `lifetime` seconds have nearly passed since
    the login, or the seconds that the answer gives under the name `lifetime_member`; and when nothing was sent for
    nearly `idle_limit` seconds. Raises `ConfigurationError`.
    """

    url: str = field(repr=False)
    method: Literal["POST", "PUT", "GET"] = "POST"
    headers: Mapping[str, str] = field(factory=dict[str, str], repr=False, hash=False)
    body: Mapping[str, Any] = field(
        factory=lambda: {"username": "{user_name}", "password": "{password}"}, repr=False, hash=False
    )
    form: bool = False
    token: str = "token"
    header: str = "Authorization"
    scheme: str = "Bearer"
    lifetime: float | None = None
    lifetime_member: str | None = None
    idle_limit: float | None = None

    def __attrs_post_init__(self) -> None:
        check_url("login.url", self.url)
        if self.method not in ("POST", "PUT", "GET"):
            raise ConfigurationError(f"login.method must be POST, PUT or GET, got {self.method!r}")
        check_headers("login.headers", self.headers)
        check_type("login.body", self.body, Mapping)
        check_template("login.body", self.body, ("user_name", "password"))
        check_type("login.form", self.form, bool)
        if self.form and not all(isinstance(value, str) for value in self.body.values()):
            raise ConfigurationError("login.body must contain only strings with login.form")
        check_type("login.token", self.token, str)
        check_headers("login.scheme", {self.header: self.scheme})
        check_type("login.lifetime_member", self.lifetime_member, str, type(None))
        for name, seconds in (("login.lifetime", self.lifetime), ("login.idle_limit", self.idle_limit)):
            if seconds is not None:
                check_seconds(name, seconds)

    @classmethod
    def of(cls, value: "HttpLogin | Mapping[str, Any] | None") -> "HttpLogin | None":
        """Return the login of a mapping with the names of the attributes."""
        if value is None or isinstance(value, HttpLogin):
            return value
        check_type("login", value, Mapping)
        names = tuple(fields_dict(cls))
        unknown = ", ".join(repr(name) for name in value if name not in names)
        if unknown or "url" not in value:
            problem = f"login does not know {unknown}" if unknown else "login has no url"
            raise ConfigurationError(problem, hint=f"it may have {', '.join(names)}")
        return cls(**value)


class SecretHeaders(httpx.Auth):
    """Adds headers to a request, so that no view of local variables shows them."""

    def __init__(self, *headers: Sealed[Mapping[str, str]]) -> None:
        self._headers = headers

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send the request once, with the headers."""
        for headers in self._headers:
            request.headers.update(headers.reveal())
        yield request


class LoginToken:
    """The token of one receiver: fetched at its first use, and again when it is refused, old, or idle for too long.

    After a refused login there is no other one for a minute, then two, up to 15: servers count them and lock accounts.
    """

    def __init__(self, login: HttpLogin, user_name: str, password: Sealed[str], clock: AsyncClock) -> None:
        self._login = login
        self._user_name = user_name
        self._password = password
        self._clock = clock
        self._lock = asyncio.Lock()
        self._token: Sealed[str] | None = None
        self._until = self._used = self._next_login = 0.0
        self._pause = _FIRST_PAUSE
        self._before = ""

    def secrets(self) -> tuple[str, ...]:
        """Return the token and the one before it: answers that are late may repeat that."""
        return (self._token.reveal() if self._token else "", self._before)

    def header(self, token: Sealed[str]) -> Sealed[Mapping[str, str]]:
        """Return the header with which a token is sent."""
        scheme = f"{self._login.scheme} " if self._login.scheme else ""
        return Sealed({self._login.header: f"{scheme}{token.reveal()}"})

    async def current(self, http: AsyncHTTP, *, refused: Sealed[str] | None = None) -> Sealed[str]:
        """Return a token that is not known to be refused or expired. Raises `SinkUnavailable` and network errors."""
        async with self._lock:
            token = self._token
            if token is None or token is refused or self._expired():
                token = await self._log_in(http)
            self._used = self._clock.monotonic()
            return token

    def _expired(self) -> bool:
        now, idle = self._clock.monotonic(), self._login.idle_limit
        return now >= self._until or (idle is not None and now - self._used >= _USED_PART * idle)

    async def _log_in(self, http: AsyncHTTP) -> Sealed[str]:
        left = self._next_login - self._clock.monotonic()
        if left > 0:
            raise SinkUnavailable(
                f"the last login was refused; the next one is tried in {left:.0f} seconds", operation=_OPERATION
            )
        self._forget()
        reply = await http.send(
            self._login.method,
            self._login.url,
            operation=_OPERATION,
            headers={"Accept": "application/json", "Content-Type": _FORM if self._login.form else "application/json"},
            body=None if self._login.method == "GET" else self._content(),
            auth=SecretHeaders(Sealed(self._login.headers)),
            max_reply=_LONGEST_LOGIN,
        )
        with reply.reading():
            self._check(reply)
            token = self._read(reply)
            if token is None:
                expected = f"a string {self._login.token!r}" if self._login.token else "a string"
                raise SinkUnavailable(
                    f"the answer to the login has no token: {expected} was expected",
                    hint="check login.token and login.url",
                )
        self._pause = _FIRST_PAUSE
        self._token = token
        return token

    def _content(self) -> Sealed[bytes]:
        content = fill(self._login.body, {"user_name": self._user_name, "password": self._password.reveal()})
        return Sealed((urlencode(content) if self._login.form else json.dumps(content)).encode("utf-8"))

    def _forget(self) -> None:
        if self._token is not None:
            self._before = self._token.reveal()
        self._token = None

    def _check(self, reply: Reply) -> None:
        if 200 <= reply.status < 300:
            return
        if 400 <= reply.status < 500 and reply.status not in (408, 425, 429):
            self._next_login = self._clock.monotonic() + self._pause
            self._pause = min(2 * self._pause, _LONGEST_PAUSE)
        raise SinkUnavailable(
            f"the login was refused with status {reply.status}", hint="check login.url, the user name and the password"
        )

    def _read(self, reply: Reply) -> Sealed[str] | None:
        """Return the token of an answer, `None` if it has none, and note how long it may be used."""
        text = reply.body.decode("utf-8", "replace").strip()
        try:
            answer: object = json.loads(text)
        except (ValueError, RecursionError):
            answer = text
        token = answer if not self._login.token else _member(answer, self._login.token)
        if not isinstance(token, str) or not token or len(token) > _LONGEST_TOKEN:
            return None
        if not token.isascii() or not token.isprintable():
            return None
        lifetimes = [self._login.lifetime]
        if self._login.lifetime_member is not None:
            lifetimes.append(_seconds(_member(answer, self._login.lifetime_member)))
        known = [seconds for seconds in lifetimes if seconds is not None]
        self._until = self._clock.monotonic() + _USED_PART * min(known, default=float("inf"))
        return Sealed(token)


def _member(answer: object, path: str) -> object:
    for name in path.split("."):
        if not isinstance(answer, dict):
            return None
        answer = cast("dict[str, object]", answer).get(name)
    return answer


def _seconds(value: object) -> float | None:
    """Return a lifetime that a server sent; one that is no number above 0 counts as unknown."""
    try:
        seconds = float(value) if isinstance(value, str | int | float) else 0.0
    except (ValueError, OverflowError):
        return None
    return seconds if seconds > 0 else None


def check_url(name: str, url: object) -> None:
    """Raise `ConfigurationError` unless `url` is http or https, with a host and without credentials."""
    check_type(name, url, str)
    try:
        Location.parse(str(url), path_allowed=True)
    except ConfigurationError as error:
        text = error.message.replace("location", name, 1)
        raise ConfigurationError(text, hint="for example https://ica.example:9002/api/signals") from None


def check_headers(name: str, headers: object) -> None:
    """Raise `ConfigurationError` unless `headers` maps names of headers to strings; no text shows a value."""
    check_type(name, headers, Mapping)
    for header, value in cast("Mapping[object, object]", headers).items():
        if not isinstance(header, str) or not header or not _HEADER_CHARACTERS.issuperset(header):
            raise ConfigurationError(f"{name} has {header!r}, which cannot be the name of a header")
        check_type(f"{name}[{header!r}]", value, str)
        if not str(value).isascii() or not str(value).isprintable():
            raise ConfigurationError(f"{name}[{header!r}] must be printable ASCII")
