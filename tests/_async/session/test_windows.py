"""Windows users, through the whole client."""

import logging
from collections.abc import Callable

import pytest

from milestone_sdk import (
    AsyncClient,
    AuthenticationError,
    ConfigurationError,
    CurrentUser,
    InvalidCredentials,
    LoginNotSupported,
    MilestoneError,
    Trust,
    UnsupportedFeature,
    WindowsUser,
)
from milestone_sdk.simulator import Simulator

pytestmark = pytest.mark.anyio


def windows_user(simulator: Simulator) -> tuple[str, str]:
    user = next(user for user in simulator.site.users if user.kind == "windows")
    return user.name, user.password


def client_for(simulator: Simulator, *, name: str | None = None, password: str | None = None) -> AsyncClient:
    known_name, known_password = windows_user(simulator)
    user = WindowsUser(name or known_name, known_password if password is None else password)
    return AsyncClient(simulator.url, user, trust=Trust.ca_file(simulator.ca_file), timeout=10)


@pytest.mark.parametrize("release", ["2022R1", "2025R2"])
@pytest.mark.requirement(10, 41, 43)
async def test_r43_a_windows_user_logs_in(simulator_factory: Callable[..., Simulator], release: str) -> None:
    async with client_for(simulator_factory(release=release)) as site:
        assert site.info.oauth
        assert len(await site.cameras()) == 5
        assert await site.alarms.list() == ()
        assert (await site.recordings.snapshot("C1")).live


@pytest.mark.parametrize("release", ["2018R3", "2020R1"])
async def test_before_2021_a_windows_user_goes_by_the_old_form(
    simulator_factory: Callable[..., Simulator], release: str
) -> None:
    simulator = simulator_factory(release=release)
    async with client_for(simulator) as site:
        assert not site.info.oauth
        assert len(await site.cameras()) == 5
        assert await site.alarms.list() == ()
        with pytest.raises(UnsupportedFeature):
            await site.services.server_command.GetVersion()
    paths = {request.path.lower() for request in simulator.requests if request.service == "management"}
    assert all(path.endswith(".asmx") for path in paths)


@pytest.mark.parametrize("release", ["2020R1", "2025R2"])
@pytest.mark.requirement(43)
async def test_r43_a_wrong_password_is_told_and_not_tried_again(
    simulator_factory: Callable[..., Simulator], release: str
) -> None:
    client = client_for(simulator_factory(release=release), password="wr0ng-one")
    for _ in range(3):
        with pytest.raises(InvalidCredentials) as caught:
            await client.token.corporate()
        assert "wr0ng-one" not in str(caught.value)
    await client.aclose()


async def test_without_tls_a_windows_user_is_let_in_and_it_is_said_once(
    simulator_factory: Callable[..., Simulator], caplog: pytest.LogCaptureFixture
) -> None:
    simulator = simulator_factory(tls=False)
    name, password = windows_user(simulator)
    with caplog.at_level(logging.WARNING, "milestone_sdk"):
        async with AsyncClient(simulator.url, WindowsUser(name, password)) as site:
            assert len(await site.cameras()) == 5
            simulator.tokens.revoke_all()
            await site.refresh()
    assert ["without TLS" in record.getMessage() for record in caplog.records] == [True]
    assert password not in caplog.text


async def test_an_old_server_without_the_old_form_says_what_to_do(
    simulator_factory: Callable[..., Simulator],
) -> None:
    simulator = simulator_factory(release="2020R1")
    simulator.faults.add("management", "status", code=404)
    with pytest.raises(LoginNotSupported, match="basic user"):
        async with client_for(simulator):
            pytest.fail("the client opened")


@pytest.mark.requirement(44)
async def test_r44_single_sign_on_needs_no_password_and_says_what_it_lacks(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a ticket for the server's realm."""
    monkeypatch.setenv("KRB5CCNAME", "FILE:/nonexistent/tickets")
    client = AsyncClient(simulator.url, CurrentUser(), trust=Trust.ca_file(simulator.ca_file), timeout=5)
    with pytest.raises(MilestoneError) as caught:
        async with client:
            pytest.fail("the client opened")
    assert isinstance(caught.value, AuthenticationError)
    assert caught.value.hint


@pytest.mark.parametrize("name", [r"DOM\user", "user@dom", r".\user", "first.last@corp.example.com"])
@pytest.mark.requirement(43)
def test_the_forms_of_a_windows_name(name: str) -> None:
    user = WindowsUser(name, "s3cret")
    assert user.name == name
    assert "s3cret" not in f"{user!r}{user}"


@pytest.mark.parametrize("name", ["user", "", "\\user", "DOM\\", "@dom", "user@", r"A\B\c"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match="DOMAIN"):
        WindowsUser(name, "s3cret")
