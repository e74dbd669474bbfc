"""Signals to a receiver by HTTP requests, such as the REST API of Patriot."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit

from attrs import fields_dict

from ..._arguments import check_count, check_seconds, check_type
from ..._async.session.http import AsyncHTTP, Reply
from ..._net.asyncio import AsyncClock
from ..._protocol.secrets import Sealed
from ...errors import ConfigurationError, MilestoneError, ReplyTooLarge, SignalRefused, SinkError, SinkUnavailable
from ...trust import Trust
from ..signals import Signal
from .httplogin import HttpLogin, LoginToken, SecretHeaders, check_headers, check_url
from .templates import check_template, fill, fill_text
from .turns import Turns

__all__ = ["HttpSink"]

_OPERATION: Final = "HttpSink.send"
_FIELDS: Final = tuple(fields_dict(Signal))
_METHODS: Final = ("POST", "PUT", "PATCH")
_AGAIN: Final = frozenset({408, 425, 429})
_NOT_THE_SIGNAL: Final = frozenset({401, 407})
_LONGEST_WAIT: Final = 3600.0
_SHOWN: Final = 300
_PLAIN_HEADERS: Final = frozenset({"accept", "content-type", "user-agent"})
"""Headers whose values are no secrets."""


class HttpSink:
    """Sends each signal as one HTTP request with a JSON body, `concurrency` of them at a time.

    - `url` may contain fields of the signal in braces after the host: `https://ica.example/clients/{client_no}/signals`.
    - `body` is a template: a JSON value whose strings may contain such fields. `"{zone}"` alone is the number itself.
      Without it, the body is `Signal.as_dict()`. `headers` are sent with each request.
    - `key_header` names the header that contains `Signal.key`, by which the receiver drops duplicates; empty for none.
    - `login`, with `user_name` and `password`, is an `HttpLogin`, or a mapping with its attributes.
    - A status of `acknowledged` (each from 200 to 299 if it is empty) is the acknowledgement. 408, 425, 429, each from
      500 on, and those in `retry` mean "try again later"; `Retry-After` is kept. So do redirects, which are never
      followed, and 401, since it does not depend on the signal. Each other one refuses the signal.
    - `ca_file` and `fingerprints` say which certificates to trust, as `Trust.ca_file` and `Trust.pinned` do; without
      them, those that the operating system trusts. `http://` needs `allow_http=True`: anyone on the way can then read
      passwords, tokens and signals. Proxies are those that the environment names, as for `Client`.
    - One request, with the login that it may need, takes at most `timeout` seconds. `max_answer` is how many bytes
      an answer may have.

    Raises `ConfigurationError`.
    """

    def __init__(
        self,
        *,
        url: str,
        method: str = "POST",
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        key_header: str = "Idempotency-Key",
        acknowledged: Sequence[int] = (),
        retry: Sequence[int] = (),
        login: HttpLogin | Mapping[str, Any] | None = None,
        user_name: str = "",
        password: str = "",
        ca_file: str | Path | None = None,
        fingerprints: Sequence[str] = (),
        allow_http: bool = False,
        timeout: float = 30.0,
        concurrency: int = 4,
        max_answer: int = 1 << 20,
        clock: AsyncClock | None = None,
    ) -> None:
        self._url, self._method, self._body = _checked_url(url), _checked_method(method), body
        check_template("body", body, _FIELDS)
        self._headers = Sealed(_all_headers(headers))
        self._key_header = _checked_key_header(key_header)
        self._acknowledged, self._retry = _statuses("acknowledged", acknowledged), _statuses("retry", retry)
        login = HttpLogin.of(login)
        check_type("user_name", user_name, str)
        check_type("password", password, str)
        check_type("allow_http", allow_http, bool)
        _check_schemes([url, *([login.url] if login else [])], allow_http)
        check_seconds("timeout", timeout)
        check_count("concurrency", concurrency)
        check_count("max_answer", max_answer)
        self._timeout, self._max_answer = timeout, max_answer
        self._clock = clock or AsyncClock()
        self._password = Sealed(password)
        self._token = LoginToken(login, user_name, self._password, self._clock) if login else None
        self._secret_headers = Sealed(
            _secret_values(self._headers.reveal()) + (_secret_values(login.headers) if login else ())
        )
        context = _trust(ca_file, fingerprints).context
        self._http = AsyncHTTP(context, timeout=timeout, connections=concurrency, secrets=self._secrets)
        self._turns = Turns(concurrency, timeout)
        self._not_before = 0.0

    def __repr__(self) -> str:
        return f"<HttpSink {self._method} {self._server}>"

    @property
    def _server(self) -> str:
        parts = urlsplit(self._url)
        return f"{parts.scheme}://{parts.netloc}"

    def _secrets(self) -> tuple[str, ...]:
        tokens = self._token.secrets() if self._token else ()
        return (self._password.reveal(), *self._secret_headers.reveal(), *tokens)

    async def send(self, signal: Signal) -> None:
        """Return once the receiver has answered with a status that acknowledges the signal.

        Raises `SinkUnavailable`, `SignalRefused`.
        """
        try:
            async with self._turns.take():
                await self._wait_as_asked()
                reply = await self._request(signal)
            self._judge(reply)
        except SinkError as error:
            error.key = signal.key
            error.at(server=self._server, operation=_OPERATION)
            raise
        except TimeoutError as error:
            ours = error if isinstance(error, MilestoneError) else None
            text = f"no acknowledgement within {self._timeout:g} seconds"
            raise self._unavailable(ours.message if ours else text, signal, ours) from error
        except MilestoneError as error:
            raise self._unavailable(error.message, signal, error) from error

    def _unavailable(self, text: str, signal: Signal, cause: MilestoneError | None) -> SinkUnavailable:
        server, hint = (cause.server, cause.hint) if cause else (None, None)
        if isinstance(cause, ReplyTooLarge):
            hint = "allow more with max_answer"
        return SinkUnavailable(text, key=signal.key, server=server or self._server, operation=_OPERATION, hint=hint)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> "HttpSink":
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    async def _wait_as_asked(self) -> None:
        """Wait until the time of the last `Retry-After`, if it is within the time that a send may take."""
        left = self._not_before - self._clock.monotonic()
        if left > self._timeout:
            raise SinkUnavailable(f"the receiver asked to wait, {left:.0f} seconds from now on")
        if left > 0:
            await self._clock.sleep(left)

    async def _request(self, signal: Signal) -> Reply:
        """Send the request, and repeat it with a new token if the receiver does not accept the old one."""
        values = signal.as_dict()
        url = fill_text(self._url, values, lambda text: quote(text, safe="", errors="replace"))
        content = values if self._body is None else fill(self._body, values)
        body = json.dumps(content, allow_nan=False).encode("ascii")
        if self._token is None:
            return await self._exchange(url, signal.key, body)
        token = await self._token.current(self._http)
        reply = await self._exchange(url, signal.key, body, self._token.header(token))
        if reply.status == 401:
            token = await self._token.current(self._http, refused=token)
            reply = await self._exchange(url, signal.key, body, self._token.header(token))
        return reply

    async def _exchange(self, url: str, key: str, body: bytes, *login: Sealed[Mapping[str, str]]) -> Reply:
        return await self._http.send(
            self._method,
            url,
            operation=_OPERATION,
            headers={self._key_header: quote(key, safe=":")} if self._key_header else {},
            body=Sealed(body),
            auth=SecretHeaders(self._headers, *login),
            max_reply=self._max_answer,
        )

    def _judge(self, reply: Reply) -> None:
        """Return if the answer acknowledges the signal; raise what else it means."""
        status = reply.status
        if status in self._acknowledged or (not self._acknowledged and 200 <= status < 300):
            return
        with reply.reading():
            if status in self._retry or status in _AGAIN or status >= 500:
                until = self._clock.monotonic() + self._asked_to_wait(reply.headers.get("retry-after"))
                self._not_before = max(self._not_before, until)
                raise SinkUnavailable(_shown(reply))
            if status in _NOT_THE_SIGNAL:
                raise SinkUnavailable(_shown(reply), hint="check login, user_name, password and headers")
            if 300 <= status < 400:
                raise SinkUnavailable(
                    f"the receiver redirects with status {status}{_target(reply.headers.get('location', ''))}",
                    hint="redirects are not followed: write the address of the API into url",
                )
            if status < 400:
                raise SinkUnavailable(
                    _shown(reply), hint="list this status in acknowledged if it is an acknowledgement"
                )
            raise SignalRefused(_shown(reply), hint="check url, body and the user's rights on this client")

    def _asked_to_wait(self, value: str | None) -> float:
        """Return the seconds of a `Retry-After`, which is a number or a date; 0 if it cannot be read."""
        if value is None:
            return 0.0
        try:
            if value.strip().isdecimal():
                seconds = float(value)
            else:
                date = parsedate_to_datetime(value)
                date = date if date.tzinfo else date.replace(tzinfo=UTC)
                seconds = (date - self._clock.utcnow()).total_seconds()
        except (ValueError, TypeError, OverflowError):
            return 0.0
        return min(max(seconds, 0.0), _LONGEST_WAIT)


def _checked_url(url: object) -> str:
    check_type("url", url, str)
    text = str(url)
    check_template("url", text, _FIELDS)
    if "{" in text.partition("://")[2].partition("/")[0]:
        raise ConfigurationError("url has a field in its host", hint="fields may only be in the path and in the query")
    check_url("url", text)
    return text


def _checked_method(method: str) -> str:
    if method not in _METHODS:
        raise ConfigurationError(f"method must be one of {', '.join(_METHODS)}, got {method!r}")
    return method


def _all_headers(headers: Mapping[str, str] | None) -> Mapping[str, str]:
    """Return the caller's headers, and those of JSON unless the caller gives others."""
    check_headers("headers", headers or {})
    all_headers = {"content-type": "application/json", "accept": "application/json"}
    return all_headers | {name.lower(): value for name, value in (headers or {}).items()}


def _checked_key_header(name: object) -> str:
    check_type("key_header", name, str)
    if name:
        check_headers("key_header", {name: ""})
    return str(name)


def _shown(reply: Reply) -> str:
    """Return the status and the beginning of an answer, from which secrets are not removed yet."""
    text = reply.body[:_SHOWN].decode("utf-8", "replace").strip()
    return f"the receiver answered {reply.status}{f': {text}' if text else ''}"


def _target(location: str) -> str:
    """Return where a redirect leads, as scheme and host only: the rest may repeat what was sent."""
    try:
        target = urlsplit(location)
        return f" to {target.scheme}://{target.hostname}" if target.scheme and target.hostname else ""
    except ValueError:
        return ""


def _statuses(name: str, statuses: Sequence[int]) -> frozenset[int]:
    check_type(name, statuses, list, tuple, set, frozenset)
    for status in statuses:
        check_type(f"a status in {name}", status, int)
        if not 200 <= status < 600:
            raise ConfigurationError(f"a status in {name} must be from 200 to 599, got {status}")
    return frozenset(statuses)


def _check_schemes(urls: Sequence[str], allow_http: bool) -> None:
    for url in urls:
        if urlsplit(url).scheme == "http" and not allow_http:
            raise ConfigurationError(
                "url and login.url must begin with https://: over http anyone on the way can read what is sent",
                hint="write allow_http=True if the network between is trusted",
            )


def _secret_values(headers: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(value for name, value in headers.items() if name.lower() not in _PLAIN_HEADERS)


def _trust(ca_file: str | Path | None, fingerprints: Sequence[str]) -> Trust:
    check_type("ca_file", ca_file, str, Path, type(None))
    check_type("fingerprints", fingerprints, list, tuple)
    if ca_file is not None and fingerprints:
        raise ConfigurationError("ca_file and fingerprints exclude each other")
    if fingerprints:
        return Trust.pinned(*fingerprints)
    return Trust.system() if ca_file is None else Trust.ca_file(ca_file)
