"""A client of what the environment names."""

from collections.abc import Callable

import pytest

from milestone_sdk import AsyncClient, CertificateError, ConfigurationError
from milestone_sdk.simulator import Simulator

pytestmark = pytest.mark.anyio

Set = Callable[..., None]


@pytest.fixture
def set_variables(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> Set:
    """Sets the variables of the simulated site; a keyword changes one, None leaves it out."""

    def set_them(**changed: str | None) -> None:
        site = {"location": simulator.url, "user": simulator.username, "password": simulator.password}
        rest = {"ca_file": str(simulator.ca_file), "pin": None, "token": None, "sign_on": None}
        for name, value in {**site, **rest, **changed}.items():
            variable = f"MILESTONE_{name.upper()}"
            if value is None:
                monkeypatch.delenv(variable, raising=False)
            else:
                monkeypatch.setenv(variable, value)

    return set_them


async def camera_names() -> list[str]:
    async with AsyncClient.from_env() as site:
        return [camera.name for camera in await site.cameras()]


async def test_a_user_and_a_ca_file(set_variables: Set) -> None:
    set_variables()
    assert "Front Hallway" in await camera_names()


async def test_a_pinned_certificate(set_variables: Set) -> None:
    set_variables(ca_file=None)
    with pytest.raises(CertificateError) as caught:
        await camera_names()
    assert caught.value.fingerprint is not None
    set_variables(ca_file=None, pin=caught.value.fingerprint)
    assert "Front Hallway" in await camera_names()


async def test_an_access_token(set_variables: Set) -> None:
    set_variables()
    async with AsyncClient.from_env() as site:
        token = await site.token.access()
    set_variables(user=None, password=None, token=token)
    assert "Front Hallway" in await camera_names()


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"location": None}, "MILESTONE_LOCATION is not set"),
        ({"location": ""}, "MILESTONE_LOCATION is not set"),
        ({"user": None}, "MILESTONE_USER is not set"),
        ({"password": None}, "MILESTONE_PASSWORD is not set"),
        ({"token": "secret"}, "MILESTONE_USER and MILESTONE_TOKEN are set"),
        ({"sign_on": "1"}, "MILESTONE_USER and MILESTONE_SIGN_ON are set"),
        ({"pin": "sha256:00"}, "MILESTONE_CA_FILE and MILESTONE_PIN are set"),
    ],
)
async def test_what_is_missing_or_given_twice_is_named(set_variables: Set, changed: dict[str, str], text: str) -> None:
    set_variables(**changed)
    with pytest.raises(ConfigurationError, match=text) as caught:
        AsyncClient.from_env()
    assert "secret" not in str(caught.value)
