"""What is supported on an Interconnection Server, and which server is one; see `_async/test_eventview.py` for video."""

from uuid import UUID, uuid4

import pytest
from attrs import evolve

from milestone_sdk import Camera, Configuration, Hardware, Recorder, RetrievalDisabled
from milestone_sdk.patriot import (
    ClientRecord,
    Feature,
    Support,
    check_play_by_time,
    server_kind,
    support,
)
from milestone_sdk.patriot.interconnect import SUPPORT

RECORDER = Recorder(id=UUID(int=1), name="Recorder 1", uri="https://central.example:7563/")
DEPOT = Hardware(id=UUID(int=2), name="Depot", interconnected=True)
REMOTE = Camera(id=UUID(int=3), name="Depot 1", recorder=RECORDER, hardware=DEPOT)
CENTRAL = ClientRecord(client_no="9")


@pytest.mark.parametrize(
    ("feature", "expected"),
    [
        pytest.param(Feature.SINGLE_SIGN_ON, Support.FULL, id="single sign-on"),
        pytest.param(Feature.SITE_FILTERING, Support.FULL, id="site filtering"),
        pytest.param(Feature.LIVE_FEED, Support.FULL, id="live feed"),
        pytest.param(Feature.PLAY_BY_TIME, Support.WITH_RETRIEVAL, id="play by time"),
        pytest.param(Feature.ALARM_REPORTING, Support.NONE, id="alarm reporting"),
    ],
)
@pytest.mark.requirement(77, 78, 79, 80, 81)
def test_what_an_interconnection_server_supports(feature: Feature, expected: Support) -> None:
    assert SUPPORT[feature] is support("interconnect", feature) is expected
    assert support("standard", feature) is Support.FULL
    assert set(SUPPORT) == set(Feature)


@pytest.mark.requirement(75)
def test_the_kind_of_a_server_is_discovered_or_configured() -> None:
    def site(*interconnected: bool) -> Configuration:
        hardware = (Hardware(id=uuid4(), name="Device", interconnected=remote) for remote in interconnected)
        return Configuration(server_id=UUID(int=1), hardware=tuple(hardware))

    assert server_kind(site(True, True)) == server_kind(site(False, True)) == "interconnect"
    assert server_kind(site(False, False)) == server_kind(site()) == "standard"
    assert server_kind(site(False), kind="interconnect") == "interconnect"
    assert server_kind(site(True), kind="standard") == "standard"


@pytest.mark.requirement(80)
def test_play_by_time_at_a_remote_site_needs_the_option() -> None:
    for client, camera in (
        (CENTRAL, REMOTE),
        (evolve(CENTRAL, kind="interconnect"), evolve(REMOTE, hardware=None)),
    ):
        with pytest.raises(RetrievalDisabled, match="Retrieve Remote Recordings is off for client 9") as off:
            check_play_by_time(client, camera)
        assert (off.value.server, off.value.permanent) == (RECORDER.uri, True)
    check_play_by_time(evolve(CENTRAL, retrieve_remote_recordings=True), REMOTE)
    check_play_by_time(CENTRAL, evolve(REMOTE, edge_storage_playback=True))
    check_play_by_time(CENTRAL, evolve(REMOTE, hardware=evolve(DEPOT, interconnected=False)))
    check_play_by_time(CENTRAL, evolve(REMOTE, hardware=None))
