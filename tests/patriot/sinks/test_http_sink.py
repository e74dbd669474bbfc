"""The HTTP sink against a starlette application: logins, repeats, refusals, faults, and what is never shown."""

import asyncio
import traceback
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from starlette.responses import JSONResponse, PlainTextResponse, Response

from milestone_sdk.errors import ConfigurationError, SignalRefused, SinkError, SinkUnavailable
from milestone_sdk.patriot.sinks import HttpLogin, HttpSink
from milestone_sdk.simulator.wire.authority import Authority, fingerprint
from tests.support.loopback import refusing_port

from .centre import IDLE, LIFETIME, PASSWORD, USER, Centre, centre, cut, hang, huge, redirect, status, trickle
from .signals import signal

pytestmark = pytest.mark.anyio


def sink_for(api: Centre, *, login=(), **settings) -> HttpSink:
    return HttpSink(
        **{
            "url": f"{api.url}/api/clients/{{client_no}}/signals",
            "login": {"url": f"{api.url}/api/login", "token": "data.token"} | dict(login),
            "user_name": USER,
            "password": PASSWORD,
            "allow_http": True,
            "clock": api.clock,
        }
        | settings
    )


async def refusal(sink: HttpSink, kind: type[SinkError], **values) -> SinkError:
    with pytest.raises(kind) as caught:
        await sink.send(signal(**values))
    error = caught.value
    shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    for secret in (PASSWORD, "-of-the-centre"):
        assert secret not in f"{error!r} {error} {vars(error)} {shown}"
    assert error.key == signal(**values).key
    return error


async def test_a_signal_arrives_as_json_with_its_key() -> None:
    async with centre() as api, sink_for(api) as sink:
        one = signal(line="High Zufahrt Süd \U0001f6a8")
        await sink.send(one)
        await sink.send(signal(client_no="C1", key="C1:b"))
    assert api.signals == {"1234:a": one.as_dict(), "C1:b": signal(client_no="C1", key="C1:b").as_dict()}
    assert [request.path_params["client_no"] for request in api.requests] == ["1234", "C1"]
    assert len(api.logins) == 1


async def test_the_body_is_what_the_template_says() -> None:
    body = {
        "typeNo": "{event_type}",
        "zone": "{zone}",
        "memo": "{line} ({kind})",
        "source": ["milestone", "{camera}", {"braces": "{{}}"}],
        "raw": 1.5,
    }
    async with centre() as api, sink_for(api, body=body, method="PUT", headers={"X-Site": "arc"}) as sink:
        await sink.send(signal())
    assert api.signals["1234:a"] == {
        "typeNo": 1,
        "zone": 2,
        "memo": "High Front Hallway (alarm)",
        "source": ["milestone", None, {"braces": "{}"}],
        "raw": 1.5,
    }
    assert api.requests[0].method == "PUT"
    assert api.requests[0].headers["x-site"] == "arc"


async def test_what_is_in_a_path_is_quoted() -> None:
    async with centre() as api, sink_for(api) as sink:
        await sink.send(signal(client_no="a b?c#d"))
    assert api.requests[0].scope["raw_path"] == b"/api/clients/a%20b%3Fc%23d/signals"


async def test_a_signal_that_is_sent_again_is_stored_once() -> None:
    async with centre() as api, sink_for(api) as sink:
        api.faults = [cut]
        assert "ended before the answer was complete" in str(await refusal(sink, SinkUnavailable))
        for _ in range(2):
            await sink.send(signal(line="the same"))
    assert len(api.requests) == 3
    assert len(api.signals) == 1


@pytest.mark.parametrize("login", [{"form": True}, {"lifetime_member": "data.expires_in"}, {"lifetime": LIFETIME}])
async def test_a_token_is_used_until_it_expires(login) -> None:
    async with centre() as api, sink_for(api, login=login) as sink:
        for _ in range(3):
            await sink.send(signal())
        assert len(api.logins) == 1
        api.clock.advance(LIFETIME)
        await sink.send(signal())
        assert len(api.logins) == 2
    refused = 1 if login == {"form": True} else 0  # without a lifetime, only the 401 says so
    assert len(api.requests) == 4 + refused
    assert api.logins[0] == {"username": USER, "password": PASSWORD}


@pytest.mark.parametrize("idle_limit", [None, IDLE])
async def test_a_token_is_renewed_after_idleness(idle_limit) -> None:
    async with centre() as api, sink_for(api, login={"idle_limit": idle_limit}) as sink:
        for pause in (0, IDLE / 2, IDLE / 2, IDLE):
            api.clock.advance(pause)
            await sink.send(signal())
    assert len(api.logins) == 2
    assert len(api.requests) == (4 if idle_limit else 5)


async def test_signals_that_are_refused_together_log_in_once() -> None:
    async with centre() as api, sink_for(api, concurrency=8) as sink:
        await sink.send(signal())
        api.tokens.clear()
        await asyncio.gather(*(sink.send(signal(key=str(number))) for number in range(8)))
    assert len(api.logins) == 2
    assert len(api.signals) == 9


async def test_the_token_may_be_the_answer_itself_in_a_header_of_its_own() -> None:
    async with centre() as api:
        api.login_answer = PlainTextResponse("a-token-of-the-centre")
        api.faults = [status(204)]
        async with sink_for(api, login={"token": "", "header": "X-Token", "scheme": ""}) as sink:
            await sink.send(signal())
    assert api.requests[0].headers["x-token"] == "a-token-of-the-centre"


async def test_a_refused_login_is_not_repeated_at_once() -> None:
    async with centre() as api, sink_for(api, password="wrong" + PASSWORD) as sink:
        error = await refusal(sink, SinkUnavailable)
        assert error.message == "the login was refused with status 403"
        assert error.hint == "check login.url, the user name and the password"
        assert "the next one is tried in 60 seconds" in str(await refusal(sink, SinkUnavailable))
        assert len(api.logins) == 1
        api.clock.advance(60)
        await refusal(sink, SinkUnavailable)
        assert "in 120 seconds" in str(await refusal(sink, SinkUnavailable))
        assert len(api.logins) == 2
    assert not api.requests


@pytest.mark.parametrize(
    "answer",
    [
        JSONResponse({"data": {}}),
        JSONResponse({"data": {"token": 7}}),
        JSONResponse({"data": {"token": "line\nend"}}),
        JSONResponse([[]]),
        PlainTextResponse("<html>"),
        PlainTextResponse("[" * 100_000),
        PlainTextResponse("9" * 100_000),
        Response(b"\xff\xfe"),
    ],
)
async def test_an_answer_without_a_token_says_so(answer) -> None:
    async with centre() as api, sink_for(api) as sink:
        api.login_answer = answer
        assert "the answer to the login has no token" in str(await refusal(sink, SinkUnavailable))


async def test_401_with_a_new_token_does_not_refuse_the_signal() -> None:
    async with centre() as api, sink_for(api) as sink:
        api.faults = [status(401), status(401)]
        assert "answered 401" in str(await refusal(sink, SinkUnavailable))
        await sink.send(signal())


async def test_a_refused_signal_says_why_and_shows_no_secret() -> None:
    async with centre() as api, sink_for(api) as sink:
        error = await refusal(sink, SignalRefused, zone=99)
        assert "the receiver answered 422:" in str(error)
        assert "zone 99 of" in str(error)
        assert error.server == api.url
        await sink.send(signal())


@pytest.mark.parametrize("code", [408, 425, 429, 500, 502, 503, 301, 302, 307, 418])
async def test_what_may_pass_later_is_unavailable(code: int) -> None:
    async with centre() as api, sink_for(api, retry=[418]) as sink:
        api.faults = [status(code, "later")]
        assert f" {code}" in str(await refusal(sink, SinkUnavailable))
        await sink.send(signal())


@pytest.mark.parametrize("code", [400, 403, 404, 409, 422])
async def test_other_statuses_refuse_the_signal(code: int) -> None:
    async with centre() as api, sink_for(api) as sink:
        api.faults = [status(code, "no")]
        assert f"answered {code}: no" in str(await refusal(sink, SignalRefused))


async def test_the_statuses_of_an_acknowledgement_can_be_named() -> None:
    async with centre() as api, sink_for(api, acknowledged=[202, 409]) as sink:
        api.faults = [status(409), status(202), status(200)]
        await sink.send(signal())
        await sink.send(signal())
        assert "list this status in acknowledged" in str(await refusal(sink, SinkUnavailable))


async def test_retry_after_is_kept() -> None:
    async with centre() as api, sink_for(api) as sink:
        date = format_datetime(api.clock.utcnow() + timedelta(seconds=25), usegmt=True)
        api.faults = [status(429, retry_after="20"), status(503, retry_after=date), status(429, retry_after="soon")]
        before = api.clock.monotonic()
        for passed in (0, 20, 25):
            await refusal(sink, SinkUnavailable)
            assert api.clock.monotonic() - before == passed
        await sink.send(signal())
        assert api.clock.monotonic() - before == 25
        api.faults = [status(429, retry_after="99999999999999")]
        await refusal(sink, SinkUnavailable)
        assert "asked to wait, 3600 seconds from now on" in str(await refusal(sink, SinkUnavailable))


@pytest.mark.parametrize("fault", [hang, trickle])
async def test_a_receiver_that_takes_too_long_is_unavailable(fault) -> None:
    async with centre() as api, sink_for(api, timeout=0.5) as sink:
        api.faults = [fault]
        assert " within " in str(await refusal(sink, SinkUnavailable))


async def test_an_answer_has_a_bound() -> None:
    async with centre() as api, sink_for(api, max_answer=10_000) as sink:
        api.faults = [huge]
        assert "longer than 10000 bytes" in str(await refusal(sink, SinkUnavailable))
        await sink.send(signal())


async def test_no_connection_says_why() -> None:
    with refusing_port() as port:
        async with HttpSink(url=f"http://127.0.0.1:{port}/", allow_http=True) as sink:
            error = await refusal(sink, SinkUnavailable)
    assert str(error).startswith(f"HttpSink.send on http://127.0.0.1:{port}: could not connect: connection refused")


async def test_redirects_are_not_followed() -> None:
    async with centre() as api, centre() as other, sink_for(api) as sink:
        api.faults = [redirect(f"{other.url}/api/clients/1234/signals")]
        error = await refusal(sink, SinkUnavailable)
        assert "redirects with status 307 to http://127.0.0.1. Hint: redirects are not followed" in str(error)
        assert not other.requests


async def test_no_more_requests_at_a_time_than_allowed() -> None:
    at_work = most = 0

    async def count(_) -> Response:
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        if at_work == 3:
            full.set()
        await full.wait()
        at_work -= 1
        return Response()

    full = asyncio.Event()
    async with centre() as api, sink_for(api, concurrency=3) as sink:
        api.faults = [count] * 20
        await asyncio.gather(*(sink.send(signal(key=str(number))) for number in range(20)))
    assert most == 3


async def test_signals_behind_a_receiver_that_hangs_fail_together() -> None:
    async with centre() as api, sink_for(api, concurrency=1, timeout=0.5) as sink:
        api.faults = [hang] * 10
        sends = (sink.send(signal(key=str(number))) for number in range(10))
        results = await asyncio.gather(*sends, return_exceptions=True)
    assert {type(result) for result in results} == {SinkUnavailable}
    # None of the others was sent; on a busy machine a few are called later than the first.
    assert len(api.requests) < 10


async def test_certificates_are_checked(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    certificate = authority.issue(["127.0.0.1"])
    async with centre(certificate) as api:
        for trust in ({"ca_file": str(authority.ca_file)}, {"fingerprints": [fingerprint(certificate)]}):
            async with sink_for(api, allow_http=False, **trust) as sink:
                await sink.send(signal())
        assert len(api.logins) == 2
        async with sink_for(api, allow_http=False) as sink:
            assert "certificate" in str(await refusal(sink, SinkUnavailable))
        assert len(api.logins) == 2


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"url": "ica.example/api"}, "url 'ica.example/api' has no scheme"),
        ({"url": "https://arc:secret@ica.example"}, "has a user name"),
        ({"url": "https://{client_no}.example/"}, "url has a field in its host"),
        ({"url": "https://ica.example/{nothing}"}, "url names {nothing}, which is none of alarm_id, camera, "),
        ({"url": "http://ica.example/"}, "url and login.url must begin with https://"),
        ({"login": {"url": "http://ica.example/"}}, "url and login.url must begin with https://"),
        ({"method": "GET"}, "method must be one of POST, PUT, PATCH, got 'GET'"),
        ({"headers": {"X Y": "1"}}, "headers has 'X Y', which cannot be the name of a header"),
        ({"headers": {"X-Key": "secret\r\n"}}, "headers['X-Key'] must be printable ASCII"),
        ({"body": {"a": ["{zone}", {"b": "{line.x}"}]}}, "body.a[1].b names {line.x}"),
        ({"body": {"a": "{zone"}}, "body.a has a brace without its other half"),
        ({"body": {"a": "{zone:3}"}}, "body.a has a format in braces"),
        ({"body": {"a": "{zone!r}"}}, "body.a has a format in braces"),
        ({"body": {"a": float("nan")}}, "body.a must be a finite number, got nan"),
        ({"body": {"a": b"x"}}, "body.a must be a JSON value, got bytes"),
        ({"body": {1: "x"}}, "a key in body must be str, got int"),
        ({"key_header": "a:b"}, "key_header has 'a:b', which cannot be the name of a header"),
        ({"acknowledged": [99]}, "a status in acknowledged must be from 200 to 599, got 99"),
        ({"retry": 500}, "retry must be list or tuple"),
        ({"login": {}}, "login has no url. Hint: it may have url, method, headers, "),
        ({"login": {"url": "https://ica.example", "pasword": "secret"}}, "login does not know 'pasword'"),
        (
            {"login": {"url": "https://ica.example", "body": {"a": "{line}"}}},
            "login.body.a names {line}, which is none",
        ),
        ({"login": {"url": "https://ica.example", "idle_limit": 0}}, "login.idle_limit must be > 0"),
        (
            {"login": {"url": "https://ica.example", "header": "a b"}},
            "login.scheme has 'a b', which cannot be the name",
        ),
        ({"login": {"url": "https://ica.example", "scheme": "\n"}}, "login.scheme['Authorization'] must be printable"),
        ({"login": {"url": "https://ica.example", "form": True, "body": {"a": {}}}}, "login.body must contain only"),
        ({"password": 7}, "password must be str, got int"),
        ({"ca_file": "/nowhere.pem"}, "path '/nowhere.pem' cannot be read as certificates"),
        ({"fingerprints": "sha256:00"}, "fingerprints must be list or tuple, got str"),
        ({"timeout": 0}, "timeout must be > 0"),
        ({"concurrency": 0}, "concurrency must be >= 1"),
        ({"max_answer": True}, "max_answer must be int, got bool"),
    ],
)
async def test_wrong_settings_are_refused(settings, problem) -> None:
    with pytest.raises(ConfigurationError) as caught:
        HttpSink(**{"url": "https://ica.example/"} | settings)
    assert problem in str(caught.value)
    assert "secret" not in str(caught.value)


async def test_no_view_of_the_sink_shows_a_secret() -> None:
    login = HttpLogin(url="https://ica.example/?key=of-the-url", headers={"X-Api-Key": "of-the-header"})
    sink = HttpSink(url="https://ica.example/api?key=of-the-url", login=login, password=PASSWORD)
    assert repr(sink) == "<HttpSink POST https://ica.example>"
    shown = repr([sink, login])
    assert not any(secret in shown for secret in (PASSWORD, "of-the-url", "of-the-header"))
    await sink.aclose()
