"""Passwords and tokens show nowhere: not where a server repeats them, not in what views of local variables show."""

import html
import json
import pickle
import traceback
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from rich.pretty import pretty_repr

from milestone_sdk import AccessToken, AsyncClient, BasicUser, MilestoneError, TimeSpan, Trust, WindowsUser
from milestone_sdk.simulator import Simulator

from ..opening import client_of

pytestmark = pytest.mark.anyio

PASSWORD = "s3cr&t+%ö\"x' /<y>"
FORMS: Mapping[str, Callable[[str], str]] = {
    "plain": str,
    "form": quote_plus,
    "url": lambda text: quote(text, safe=""),
    "url twice": lambda text: quote(quote(text)),
    "xml": html.escape,
    "json": lambda text: json.dumps(text)[1:-1],
    "json of .NET": lambda text: "".join(f"\\u{ord(letter):04x}" for letter in text),
    "python": lambda text: repr(text)[1:-1],
    "basic": lambda text: b64encode(f"arc:{text}".encode()).decode(),
    "cut": lambda text: text[:7] + "...",
}
BODIES: Mapping[str, tuple[int, str, Callable[[str], bytes]]] = {
    "error": (400, "application/json", lambda text: json.dumps({"error": text}).encode()),
    "error_code": (400, "application/json", lambda text: json.dumps({"error": "e", "error_code": text}).encode()),
    "no JSON": (200, "text/plain", lambda text: f"what is {text} here".encode()),
    "fault": (
        500,
        "text/xml",
        lambda text: (
            '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>s:Client'
            f"</faultcode><faultstring>no {html.escape(text)}</faultstring><detail><x>{html.escape(text)}</x></detail>"
            "</s:Fault></s:Body></s:Envelope>"
        ).encode(),
    ),
    "no XML": (200, "text/xml", lambda text: f"<a>{text}".encode()),
}


def chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def shown(error: MilestoneError) -> str:
    """Everything that a log, a traceback or another process may show of an error."""
    parts = [*traceback.format_exception(error), repr(error), repr(vars(error)), repr(pickle.dumps(error))]
    return "\n".join([*parts, *(f"{vars(each)} {each!r}" for each in chain(error))])


def local_variables(error: MilestoneError) -> str:
    """What a program shows that prints the local variables of every frame, but for those of the test itself."""
    found: list[str] = []
    for each in chain(error):
        for frame, _ in traceback.walk_tb(each.__traceback__):
            if Path(frame.f_code.co_filename).name != Path(__file__).name:
                found += [pretty_repr(value, max_string=None) for value in frame.f_locals.values()]
    return "\n".join(found)


async def failure(site: AsyncClient) -> MilestoneError:
    with pytest.raises(MilestoneError) as caught:
        await site.open()
    await site.aclose()
    return caught.value


@pytest.fixture
def site(simulator: Simulator) -> AsyncClient:
    simulator.edit(lambda plan: setattr(plan.user(simulator.username), "password", PASSWORD))
    return client_of(simulator, password=PASSWORD)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("service", "operation", "body"),
    [
        ("idp", None, "no JSON"),
        ("idp", "token", "error"),
        ("idp", "token", "error_code"),
        ("idp", "token", "no JSON"),
        ("management", "Login", "fault"),
        ("management", "Login", "no XML"),
    ],
)
async def test_a_password_that_the_server_repeats_is_hidden(
    simulator: Simulator, site: AsyncClient, service: str, operation: str | None, body: str, form: str
) -> None:
    status, kind, written = BODIES[body]
    text = FORMS[form](PASSWORD)
    after = 1 if operation == "token" else 0
    simulator.faults.add(
        service,
        "body",
        operation=None if operation == "token" else operation,
        after=after,
        bytes=written(text),
        content_type=kind,
        status=status,
    )
    told = shown(await failure(site))
    assert text not in told
    assert "s3cr" not in told


async def test_a_token_that_the_server_repeats_is_hidden(simulator: Simulator, site: AsyncClient) -> None:
    async with site:
        token = await site.token.access()
        _, kind, written = BODIES["fault"]
        simulator.faults.add("management", "body", bytes=written(f"x{token[3:]}"), content_type=kind, status=500)
        simulator.faults.add("management", "body", bytes=written(token), content_type=kind, status=500)
        with pytest.raises(MilestoneError) as caught:
            await site.cameras()
        assert token[-20:] not in shown(caught.value)


async def test_a_token_that_a_refused_login_repeats_is_hidden(simulator: Simulator) -> None:
    """It is of no use to the client yet, but the identity provider has made it."""
    async with client_of(simulator) as first:
        given = await first.token.access()
    made = AccessToken(given, expires_in=0.001, refresh=lambda: ("fresh.token.of.the.provider", 3600.0))
    async with AsyncClient(simulator.url, made, trust=Trust.ca_file(simulator.ca_file)) as site:
        _, kind, written = BODIES["fault"]
        body = written("fresh.token.of.the.provider")
        simulator.faults.add("management", "body", operation="Login", bytes=body, content_type=kind, status=500)
        with pytest.raises(MilestoneError) as caught:
            await site.token.access()
        assert "[secret]" in str(caught.value)
        assert "fresh.token" not in shown(caught.value)


async def test_a_word_of_ours_that_is_also_a_password_stays(simulator: Simulator) -> None:
    error = await failure(client_of(simulator, password="wrong user"))
    assert "wrong user name or password" in str(error)


async def use(site: AsyncClient, span: TimeSpan) -> None:
    await site.open()
    await site.alarms.list()
    async with site.recordings.play("C1", span) as frames:
        _ = [frame async for frame in frames]


FAULTS: list[tuple[str, str, str, dict[str, object]]] = [
    ("2025R2", "idp", "reset", {}),
    ("2025R2", "idp", "body", {"bytes": b"{", "status": 200}),
    *(
        (release, service, kind, options)
        for release in ("2018R3", "2025R2")
        for service in ("management", "event_server", "imageserver")
        for kind, options in (("reset", {}), ("truncate", {"at": 0.5}), ("garbage", {"size": 500}))
        if (service, kind) != ("imageserver", "garbage")
    ),
]


@pytest.mark.parametrize(("release", "service", "kind", "options"), FAULTS)
async def test_no_local_variable_of_a_traceback_holds_a_secret(
    simulator_factory: Callable[..., Simulator], release: str, service: str, kind: str, options: dict[str, object]
) -> None:
    simulator = simulator_factory(release=release)
    span = TimeSpan(simulator.site.now() - timedelta(seconds=20), simulator.site.now() - timedelta(seconds=10))
    for user in (
        BasicUser(simulator.username, simulator.password),
        WindowsUser("VMS\\arc", simulator.site.user("VMS\\arc").password),
    ):
        fault = simulator.faults.add(service, kind, after=1 if service == "idp" else 0, **options)
        site = AsyncClient(simulator.url, user, trust=Trust.ca_file(simulator.ca_file), timeout=2.0)
        with pytest.raises(MilestoneError) as caught:
            await use(site, span)
        fault.remove()
        await site.aclose()
        seen = local_variables(caught.value)
        for secret in (user.reveal(), quote_plus(user.reveal()), "TOKEN#", "eyJ"):
            assert secret not in seen


async def test_a_callback_that_fails_may_pass_and_shows_no_token(simulator: Simulator) -> None:
    async with client_of(simulator) as site:
        token = await site.token.access()

    def refresh() -> tuple[str, float]:
        raise OSError("the provider at work says s3cr3t")

    user = AccessToken(token, expires_in=0.001, refresh=refresh)
    async with AsyncClient(simulator.url, user, trust=Trust.ca_file(simulator.ca_file), timeout=10.0) as site:
        with pytest.raises(MilestoneError, match="callback") as caught:
            await site.token.access()
        assert caught.value.retriable
        assert "s3cr3t" not in str(caught.value)
