"""The checks of a client record, each a pure function of what is known of the site."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import pytest
from attrs import evolve

from milestone_sdk import (
    AlarmLevel,
    Camera,
    CameraGroup,
    Check,
    Configuration,
    Finding,
    Hardware,
    Recorder,
    SiteFacts,
    SiteInfo,
    Status,
)
from milestone_sdk.patriot import ClientRecord, EventTypeTemplate, Zone, checks

RECORDER = Recorder(id=UUID(int=1), name="Recorder 1", uri="http://rec1:7563/")
LEVELS = tuple(AlarmLevel(number=number, name=name) for number, name in ((1, "High"), (2, "Medium"), (42, "Fence")))
HALL = Zone(number=1, name="Front Hallway")
TEMPLATE = EventTypeTemplate(name="Milestone Template", event_types={1: "High", 2: "Medium", 42: "Fence"})


def facts(
    *cameras: str, remote: int = 0, devices: int = 1, priorities: Iterable[AlarmLevel] = LEVELS, sso: bool = False
) -> SiteFacts:
    hardware = tuple(
        Hardware(id=UUID(int=number + 10), name=f"Device {number}", interconnected=number < remote)
        for number in range(devices)
    )
    named = tuple(
        Camera(id=UUID(int=number + 100), name=name, recorder=RECORDER) for number, name in enumerate(cameras)
    )
    configuration = Configuration(server_id=UUID(int=2), cameras=named, hardware=hardware)
    return SiteFacts(
        server="https://vms.example.com",
        configuration=configuration,
        priorities=tuple(priorities),
        single_sign_on=sso,
    )


def client(*zones: Zone, template: EventTypeTemplate | str | None = TEMPLATE, **settings: Any) -> ClientRecord:
    return ClientRecord(client_no="1234", zones=zones, template=template, **settings)


def judged(made: Iterable[Check], known: SiteFacts, check: str) -> list[Finding]:
    """What one of the checks says."""
    return [finding for one in made if one.name == f"patriot: {check}" for finding in one(known)]


def test_a_client_that_fits_its_site() -> None:
    made = checks(client(HALL, Zone(number=0, name="Unknown")))
    known = facts("Front Hallway")
    findings = [finding for check in made for finding in check(known)]
    assert {finding.status for finding in findings} == {Status.OK}
    assert [finding.check for finding in findings] == [check.name for check in made]
    assert {finding.where for finding in findings} == {"client 1234"}


def test_a_zone_whose_camera_is_disabled() -> None:
    known = evolve(facts("Yard"), disabled_cameras=("Front Hallway",))
    zone, yard = judged(checks(client(HALL)), known, "zones")
    assert (zone.status, zone.what) == (Status.WARNING, "zone 1 'Front Hallway': the camera is disabled")
    assert zone.remedy is not None
    assert "enable the camera" in zone.remedy
    assert yard.what == "camera 'Yard' has no zone"


@pytest.mark.requirement(50)
def test_r50_zones_and_cameras_are_compared_both_ways() -> None:
    found = judged(checks(client(HALL, Zone(number=2, name="Gate"))), facts("front hallway", "Gate", "Yard"), "zones")
    assert [(finding.status, finding.what) for finding in found] == [
        (Status.WARNING, "zone 1 'Front Hallway': no camera; near: 'front hallway' (case)"),
        (Status.WARNING, "camera 'front hallway' has no zone; near: 'Front Hallway' (case)"),
        (Status.WARNING, "camera 'Yard' has no zone"),
    ]
    assert "exact name" in (found[0].remedy or "")


@pytest.mark.requirement(50)
def test_r50_a_zone_that_several_cameras_share() -> None:
    found = judged(checks(client(HALL)), facts("Front Hallway", "Front Hallway"), "zones")
    assert ["an alarm does not say which of them it means" in finding.what for finding in found] == [True]


@pytest.mark.requirement(50)
def test_r50_a_site_where_nothing_fits_is_told_in_few_lines() -> None:
    found = judged(checks(client()), facts(*(f"Camera {number}" for number in range(1000))), "zones")
    assert len(found) == 21
    assert found[-1].what == "980 more cameras have no match"


@pytest.mark.requirement(52)
def test_r52_a_camera_with_the_name_of_zone_0() -> None:
    made = checks(client(HALL, Zone(number=0, name="Unknown")))
    (found,) = judged(made, facts("Front Hallway", "Unknown"), "zone 0")
    assert found.status is Status.WARNING
    assert "camera 'Unknown' has the name of zone 0" in found.what
    (found,) = judged(made, facts("Front Hallway"), "zone 0")
    assert found.ok


@pytest.mark.requirement(26)
def test_r26_priorities_without_event_type() -> None:
    template = EventTypeTemplate(name="Milestone Template", event_types={1: "High", 2: "Medium"})
    (found,) = judged(checks(client(HALL, template=template)), facts(), "event types")
    assert found.what == "priority 42 'Fence' has no event type 42"
    overridden = ClientRecord(client_no="1", template=template, event_type_overrides={42: 2})
    (found,) = judged(checks(overridden), facts(), "event types")
    assert found.ok


@pytest.mark.requirement(26)
def test_r26_event_types_that_are_not_known_are_no_silent_ok() -> None:
    (found,) = judged(checks(client(template="Milestone Template")), facts(), "event types")
    assert found.status is Status.WARNING
    assert "not known" in found.what


@pytest.mark.requirement(32)
def test_r32_event_reporting_without_a_template() -> None:
    (found,) = judged(checks(client(template=None)), facts(), "template")
    assert found.status is Status.WARNING
    assert "Milestone Template" in (found.remedy or "")
    assert judged(checks(client(template=None, event_reporting=False)), facts(), "template") == []


@pytest.mark.requirement(45)
def test_r45_single_sign_on_cannot_receive_alarms() -> None:
    (found,) = judged(checks(client()), facts(sso=True), "login")
    assert found.status is Status.ERROR
    assert judged(checks(client(event_reporting=False)), facts(sso=True), "login") == []


@pytest.mark.parametrize(("option", "status"), [(True, Status.OK), (False, Status.WARNING)])
@pytest.mark.requirement(40)
def test_r40_interconnect_with_retrieve_remote_recordings(option: bool, status: Status) -> None:
    made = checks(client(retrieve_remote_recordings=option))
    found = judged(made, facts(remote=1, devices=2), "interconnect")
    assert [finding.status for finding in found] == [status]
    assert "Retrieve Remote Recordings" in found[0].what


@pytest.mark.requirement(81)
def test_r81_alarm_reporting_on_a_server_of_remote_sites_only() -> None:
    known = facts(remote=2, devices=2)
    _, found = judged(checks(client(retrieve_remote_recordings=True)), known, "interconnect")
    assert found.status is Status.ERROR
    assert "alarm reporting is not supported" in found.what
    viewing = checks(client(event_reporting=False, retrieve_remote_recordings=True))
    assert [finding.status for finding in judged(viewing, known, "interconnect")] == [Status.OK]


def test_what_the_site_did_not_tell_is_an_error_that_says_why() -> None:
    known = SiteFacts(
        server="https://vms.example.com",
        missing={"configuration": "no login", "priorities": "no event server", "info": "no info"},
    )
    made = checks(client(HALL, Zone(number=0, name="Unknown"), site_filter="SiteA"), client_files="2022 R1")
    for check, reason in (
        ("zones", "no login"),
        ("zone 0", "no login"),
        ("interconnect", "no login"),
        ("event types", "no event server"),
        ("site filter", "no login"),
        ("client files", "no info"),
    ):
        (found,) = judged(made, known, check)
        assert found.status is Status.ERROR
        assert reason in found.what


@pytest.mark.parametrize("kind", ["standard", "auto"])
@pytest.mark.requirement(40, 81)
def test_r40_and_r81_the_kind_of_a_client_counts_where_its_hardware_does_not_show_it(kind: Any) -> None:
    declared = client(kind="interconnect")
    option, alarms = judged(checks(declared), facts(), "interconnect")
    assert "Retrieve Remote Recordings is off" in option.what
    assert alarms.status is Status.ERROR
    (found,) = judged(checks(client(kind=kind)), facts(), "interconnect")
    assert found.ok


def in_folder(known: SiteFacts, folder: str, *cameras: str) -> SiteFacts:
    assert known.configuration is not None
    ids = tuple(camera.id for camera in known.configuration.cameras if camera.name in cameras)
    group = CameraGroup(id=UUID(int=9), name=folder, path=folder, camera_ids=ids)
    return evolve(known, configuration=evolve(known.configuration, camera_groups=(group,)))


@pytest.mark.requirement(33, 50)
def test_r33_and_r50_only_cameras_that_the_site_filter_lists_need_a_zone() -> None:
    known = in_folder(facts("Front Hallway", "Gate", "Yard"), "SiteA", "Front Hallway", "Gate")
    filtered = checks(client(HALL, Zone(number=2, name="Yard"), site_filter="SiteA"))
    assert [finding.what for finding in judged(filtered, known, "zones")] == ["camera 'Gate' has no zone"]
    (found,) = judged(filtered, known, "site filter")
    assert (found.status, found.what) == (Status.OK, "the Site Filter 'SiteA' lists 2 cameras")


@pytest.mark.requirement(33)
def test_r33_a_site_filter_that_no_folder_has() -> None:
    (found,) = judged(checks(client(site_filter="siteA")), in_folder(facts("C1"), "SiteA", "C1"), "site filter")
    assert found.status is Status.WARNING
    assert found.what == "the Site Filter 'siteA' lists no camera (folders: 'SiteA')"
    assert judged(checks(client()), facts(), "site filter") == []


@pytest.mark.parametrize(("version", "status"), [("20.1", Status.OK), ("22.1a", Status.OK), ("22.2", Status.WARNING)])
@pytest.mark.requirement(6)
def test_r6_a_server_that_is_newer_than_the_client_files_is_never_a_silent_ok(version: str, status: Status) -> None:
    known = evolve(facts(), info=SiteInfo(server="https://vms.example.com", version=version, oauth=True))
    (found,) = judged(checks(client(), client_files="2022 R1"), known, "client files")
    assert found.status is status
    assert ("not assured" in found.what) is (status is Status.WARNING)
