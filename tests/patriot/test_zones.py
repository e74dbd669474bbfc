"""Zones against cameras, both ways, with the names that were probably meant (R48, R50); template against priorities."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milestone_sdk.errors import ConfigurationError
from milestone_sdk.patriot import (
    ClientRecord,
    EventTypeTemplate,
    NearMiss,
    Zone,
    priorities_without_event_type,
    zones_against_cameras,
)


def client(*names: str) -> ClientRecord:
    return ClientRecord(client_no="1", zones=[Zone(number=i, name=name) for i, name in enumerate(names, 1)])


@pytest.mark.requirement(50)
def test_r50_zones_and_cameras_are_compared_both_ways():
    result = zones_against_cameras(client("Yard", "Gate", "Roof"), ["Gate", "Cellar", "Yard"])
    assert result.matched == ("Yard", "Gate")
    assert [(miss.zone, miss.name) for miss in result.zones_without_camera] == [(3, "Roof")]
    assert [(miss.zone, miss.name) for miss in result.cameras_without_zone] == [(None, "Cellar")]
    assert not result.fits


def test_what_fits_fits():
    result = zones_against_cameras(client("Yard", "Gate"), ["Gate", "Yard"])
    assert result.fits
    assert (result.zones_without_camera, result.cameras_without_zone, result.ambiguous) == ((), (), ())


@pytest.mark.parametrize(
    ("zone", "camera", "difference"),
    [
        ("Front Hallway", "front hallway", "case"),
        ("Front Hallway", "Front  Hallway", "blanks"),
        ("Front Hallway", "Front Hallway ", "blanks"),
        ("Front Hallway", " FRONT hallway", "blanks and case"),
        ("Café", "Cafe\u0301", "Unicode form"),
        ("Café", "CAFE\u0301", "Unicode form and case"),
        ("Front Hallway", "Front\u00a0Hallway", "blanks"),
        ("Front Hallway", "Front Hallway\u200b", "Unicode form"),
        ("Straße", "STRASSE", "case"),
        ("Front Hallway", "Front Halway", "spelling"),
    ],
)
@pytest.mark.requirement(48)
def test_r48_near_misses_say_in_what_they_differ(zone, camera, difference):
    result = zones_against_cameras(client(zone), [camera])
    assert result.matched == ()
    assert result.zones_without_camera[0].near_misses == (NearMiss(name=camera, difference=difference),)
    assert result.cameras_without_zone[0].near_misses == (NearMiss(name=zone, difference=difference),)


def test_the_nearest_name_stands_first_and_there_are_three_at_most():
    cameras = ["Front Halway", "Front Hallwey", "FRONT  HALLWAY", "front hallway", "Front Hallways"]
    near = zones_against_cameras(client("Front Hallway"), cameras).zones_without_camera[0].near_misses
    assert [miss.name for miss in near[:2]] == ["front hallway", "FRONT  HALLWAY"]
    assert [miss.difference for miss in near] == ["case", "blanks and case", "spelling"]


def test_a_name_that_has_its_partner_is_no_spelling_suggestion():
    result = zones_against_cameras(client("Camera 1", "Camera 2"), ["Camera 1"])
    assert result.zones_without_camera[0].near_misses == ()


def test_names_that_resemble_nothing_get_no_suggestion():
    result = zones_against_cameras(client("Yard"), ["Basement"])
    assert result.zones_without_camera[0].near_misses == ()
    assert str(result.zones_without_camera[0]) == "zone 1 'Yard': no camera"


def test_a_mismatch_reads_as_a_sentence():
    result = zones_against_cameras(client("Yard"), ["yard "])
    assert str(result.zones_without_camera[0]) == "zone 1 'Yard': no camera; near: 'yard ' (blanks and case)"
    assert str(result.cameras_without_zone[0]) == "camera 'yard ' has no zone; near: 'Yard' (blanks and case)"


def test_zones_without_a_camera_of_their_own_are_not_expected_among_the_cameras():
    zones = [
        Zone(number=0, name="Unknown camera"),
        Zone(number=1, name="C1"),
        Zone(number=2, name="C1 alarm", camera_coverage="C1"),
        Zone(number=3, name="Door contact", has_camera=False),
    ]
    assert zones_against_cameras(ClientRecord(client_no="1", zones=zones), ["C1"]).fits


def test_a_camera_named_like_a_covered_zone_has_its_zone_and_one_named_like_zone_0_has_not():
    zones = [
        Zone(number=0, name="Unknown"),
        Zone(number=1, name="Yard"),
        Zone(number=2, name="Gate", camera_coverage="Yard"),
    ]
    result = zones_against_cameras(ClientRecord(client_no="1", zones=zones), ["Yard", "Gate", "Unknown"])
    assert [miss.name for miss in result.cameras_without_zone] == ["Unknown"]


def test_a_name_that_several_cameras_share_is_ambiguous():
    result = zones_against_cameras(client("Yard", "Gate"), ["Yard", "Gate", "Yard"])
    assert result.ambiguous == ("Yard",)
    assert result.matched == ("Yard", "Gate")
    assert not result.fits


def test_names_may_come_from_a_generator_but_not_as_one_text():
    assert zones_against_cameras(client("Yard"), (name for name in ["Yard"])).fits
    with pytest.raises(TypeError, match="got one string"):
        zones_against_cameras(client("Yard"), "Yard")


def test_where_nearly_nothing_fits_only_folded_differences_are_looked_for():
    names = [f"Camera hall {i}" for i in range(400)]
    result = zones_against_cameras(client(*names), [f"Kamera hall {i}" for i in range(399)] + ["camera HALL 7"])
    assert [miss.name for miss in result.zones_without_camera if miss.near_misses] == ["Camera hall 7"]


@given(
    st.lists(st.text(min_size=1, max_size=6), unique=True, max_size=8),
    st.lists(st.text(max_size=6), max_size=8),
)
def test_every_name_is_told_exactly_once(zones, cameras):
    result = zones_against_cameras(client(*zones), cameras)
    assert sorted([*result.matched, *(miss.name for miss in result.zones_without_camera)]) == sorted(zones)
    told = {*result.matched, *(miss.name for miss in result.cameras_without_zone)}
    assert told == set(cameras)
    assert all(
        near.name != miss.name
        for miss in (*result.zones_without_camera, *result.cameras_without_zone)
        for near in miss.near_misses
    )


@pytest.mark.requirement(26)
def test_r26_a_priority_whose_event_type_the_template_lacks_is_told():
    template = EventTypeTemplate(name="T", event_types={1: "High", 2: "Medium", 130: "Fence"})
    record = ClientRecord(client_no="1", template=template, event_type_overrides={42: 130})
    assert priorities_without_event_type(record, [1, 2, 3, 42, 99]) == (3, 99)


@pytest.mark.parametrize("template", [None, "Milestone Template"])
def test_unknown_event_types_are_not_taken_for_complete_ones(template):
    with pytest.raises(ConfigurationError, match=r"client 1 are not known.*EventTypeTemplate"):
        priorities_without_event_type(ClientRecord(client_no="1", template=template), [1])
