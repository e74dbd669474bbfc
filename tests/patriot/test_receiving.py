"""Which users and which sites may feed the Milestone task with alarms."""

from uuid import UUID, uuid4

import pytest

from milestone_sdk import (
    AccessToken,
    BasicUser,
    Configuration,
    ConfigurationError,
    Credentials,
    CurrentUser,
    Hardware,
    UnsupportedFeature,
    WindowsUser,
)
from milestone_sdk.patriot.receiving import check_alarm_credentials, check_alarm_reporting

SERVER = "https://vms.example"


def site_with(*interconnected: bool) -> Configuration:
    hardware = tuple(
        Hardware(id=uuid4(), name=f"Device {number}", interconnected=remote)
        for number, remote in enumerate(interconnected)
    )
    return Configuration(server_id=UUID(int=1), hardware=hardware)


@pytest.mark.requirement(45)
def test_single_sign_on_cannot_receive_alarms() -> None:
    """Requirements R45."""
    with pytest.raises(ConfigurationError, match="single sign-on") as refusal:
        check_alarm_credentials(CurrentUser())
    assert "WindowsUser" in str(refusal.value)


@pytest.mark.parametrize(
    "user",
    [BasicUser("arc", "secret"), WindowsUser(r"DOMAIN\arc", "secret"), AccessToken("eyJ.a.b")],
    ids=lambda user: type(user).__name__,
)
def test_other_users_can(user: Credentials) -> None:
    check_alarm_credentials(user)


@pytest.mark.parametrize("devices", [(True,), (True, True)])
@pytest.mark.requirement(81)
def test_a_site_of_remote_sites_alone_reports_no_alarms(devices: tuple[bool, ...]) -> None:
    """Requirements R81."""
    with pytest.raises(UnsupportedFeature, match="remote sites themselves") as refusal:
        check_alarm_reporting(site_with(*devices), server=SERVER)
    assert (refusal.value.server, refusal.value.retriable) == (SERVER, False)
    assert str(len(devices)) in refusal.value.actual


@pytest.mark.parametrize("devices", [(), (False,), (True, False)])
def test_a_site_with_devices_of_its_own_does(devices: tuple[bool, ...]) -> None:
    check_alarm_reporting(site_with(*devices), server=SERVER)


@pytest.mark.requirement(75, 81)
def test_what_the_settings_say_counts_more_than_the_hardware() -> None:
    check_alarm_reporting(site_with(True), server=SERVER, kind="standard")
    with pytest.raises(UnsupportedFeature, match="remote sites themselves"):
        check_alarm_reporting(site_with(False), server=SERVER, kind="interconnect")
