"""Zones and clients: what a configuration may say, and what it says back when it may not (R26, R46, R47, R52, R73)."""

import copy
import pickle

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from milestone_sdk.errors import ConfigurationError
from milestone_sdk.patriot import ClientRecord, EventTypeTemplate, Location, Zone

HALLWAY = Zone(number=5, name="Front Hallway")


def test_a_zone_has_a_camera_unless_another_zone_covers_it():
    assert Zone(number=1, name="C1").has_camera
    assert not Zone(number=2, name="C1 alarm", camera_coverage="C1").has_camera
    assert not Zone(number=0, name="Unknown camera").has_camera
    assert not Zone(number=3, name="Door contact", has_camera=False).has_camera


@pytest.mark.parametrize("number", [-1, 65_001, True, "5", 1.0, None])
def test_zone_numbers_run_from_0_to_65000(number):
    with pytest.raises(ConfigurationError, match="0 to 65000"):
        Zone(number=number, name="C1")


@pytest.mark.parametrize("number", [0, 1, 65_000])
def test_the_ends_of_the_range_are_zone_numbers(number):
    assert Zone(number=number, name="C1").number == number


@pytest.mark.parametrize("name", ["", None, 7, b"C1"])
def test_a_zone_has_a_name(name):
    with pytest.raises(ConfigurationError, match="the name of zone 1"):
        Zone(number=1, name=name)


@given(st.text(min_size=1))
@pytest.mark.requirement(47)
def test_r47_a_zone_name_is_kept_and_found_to_the_character(name):
    client = ClientRecord(client_no="1", zones=[Zone(number=1, name=name)])
    found = client.zone_named(name)
    assert found is not None
    assert found.name == name
    assert client.zone_named(name + " ") is None
    assert client.zone_named(" " + name) is None


@pytest.mark.requirement(52)
def test_r52_a_camera_on_zone_0_is_refused():
    for wrong in ({"has_camera": True}, {"camera_coverage": "C1"}):
        with pytest.raises(ConfigurationError, match=r"zone 0 .* cannot have a camera"):
            Zone(number=0, name="C2", **wrong)


def test_zone_0_is_never_found_by_its_name():
    client = ClientRecord(client_no="1", zones=[Zone(number=0, name="Unknown camera")])
    assert client.zone_named("Unknown camera") is None
    assert client.zone_numbered(0) == Zone(number=0, name="Unknown camera")


def test_has_camera_is_true_or_false():
    with pytest.raises(ConfigurationError, match="true or false"):
        Zone(number=1, name="C1", has_camera="no")


def test_two_zones_cannot_share_a_number_or_a_name():
    with pytest.raises(ConfigurationError, match="zone number 5 is used by 'Front Hallway' and by 'Yard'"):
        ClientRecord(client_no="1234", zones=[HALLWAY, Zone(number=5, name="Yard")])
    with pytest.raises(ConfigurationError, match="zones 5 and 6 have the same name 'Front Hallway'"):
        ClientRecord(client_no="1234", zones=[HALLWAY, evolve(HALLWAY, number=6)])
    with pytest.raises(ConfigurationError, match="zone number 5"):
        ClientRecord(client_no="1234", zones=[HALLWAY, HALLWAY])


def test_names_that_differ_in_case_blanks_or_unicode_form_are_different_zones():
    names = ["Café", "Cafe\u0301", "café", "Café ", " Café"]
    client = ClientRecord(client_no="1", zones=[Zone(number=i + 1, name=name) for i, name in enumerate(names)])
    assert [client.zone_named(name).number for name in names] == [1, 2, 3, 4, 5]


def test_everything_wrong_with_the_zones_is_said_at_once():
    with pytest.raises(ConfigurationError) as refused:
        ClientRecord(
            client_no="1234",
            zones=[
                Zone(number=1, name="A"),
                Zone(number=1, name="B"),
                Zone(number=2, name="C", camera_coverage="nowhere"),
            ],
        )
    assert "client 1234: zone number 1 is used by 'A' and by 'B'; " in str(refused.value)
    assert "the camera coverage 'nowhere' of zone 2 ('C') does not exist (zones with a camera: 'A', 'B')" in str(
        refused.value
    )


@pytest.mark.requirement(73)
def test_r73_coverage_leads_to_the_zone_whose_camera_shows():
    covered = Zone(number=2, name="C1 alarm", camera_coverage="C1")
    camera = Zone(number=1, name="C1")
    client = ClientRecord(client_no="1", zones=[covered, camera])
    assert client.camera_zone(covered) == camera
    assert client.camera_zone(camera) == camera


def test_coverage_is_followed_to_the_first_zone_with_a_camera():
    zones = [
        Zone(number=1, name="Gate", camera_coverage="Yard", has_camera=True),
        Zone(number=2, name="Yard"),
        Zone(number=3, name="Fence", camera_coverage="Gate"),
        Zone(number=4, name="Fence alarm", camera_coverage="Fence"),
    ]
    client = ClientRecord(client_no="1", zones=zones)
    shown_by = [client.camera_zone(zone) for zone in client.zones]
    assert [zone.name for zone in shown_by] == ["Yard", "Yard", "Gate", "Gate"]


def test_cameras_may_cover_each_other():
    left = Zone(number=1, name="Left", camera_coverage="Right", has_camera=True)
    right = Zone(number=2, name="Right", camera_coverage="Left", has_camera=True)
    client = ClientRecord(client_no="1", zones=[left, right])
    assert client.camera_zone(left) == right
    assert client.camera_zone(right) == left


def test_a_zone_without_camera_and_coverage_is_shown_by_none():
    contact = Zone(number=9, name="Door contact", has_camera=False)
    client = ClientRecord(client_no="1", zones=[contact, Zone(number=0, name="Unknown")])
    assert [client.camera_zone(zone) for zone in client.zones] == [None, None]
    assert client.camera_zones == ()


def test_coverage_by_a_zone_without_camera_is_refused():
    zones = [Zone(number=9, name="Door contact", has_camera=False), Zone(number=2, name="A", camera_coverage="B")]
    zones += [Zone(number=3, name="B", camera_coverage="Door contact")]
    with pytest.raises(ConfigurationError) as refused:
        ClientRecord(client_no="1", zones=zones)
    assert "'Door contact' of zone 3 ('B') is zone 9, which has no camera" in str(refused.value)
    assert "zone 2 " not in str(refused.value), "the fault lies with zone 3 alone"


def test_coverage_by_zone_0_is_refused():
    with pytest.raises(ConfigurationError, match="is zone 0, which has no camera"):
        ClientRecord(
            client_no="1",
            zones=[Zone(number=0, name="Unknown"), Zone(number=1, name="A", camera_coverage="Unknown")],
        )


def test_a_zone_that_covers_itself_is_refused():
    with pytest.raises(ConfigurationError, match=r"names itself.*leave camera_coverage out"):
        Zone(number=1, name="C1", camera_coverage="C1")


def test_a_circle_of_coverage_is_refused_and_shown_once():
    zones = [Zone(number=i, name=name, camera_coverage=by) for i, name, by in [(1, "A", "B"), (2, "B", "C")]]
    zones += [Zone(number=3, name="C", camera_coverage="B")]
    with pytest.raises(ConfigurationError) as refused:
        ClientRecord(client_no="1", zones=zones)
    assert "goes in a circle: 'A' -> 'B' -> 'C' -> 'B'" in str(refused.value)
    assert str(refused.value).count("circle") == 1


@given(
    st.lists(
        st.tuples(st.sampled_from([None, *"abcdefg"]), st.booleans()),
        max_size=6,
    )
)
def test_any_coverage_is_either_refused_or_leads_every_covered_zone_to_a_camera(plan):
    try:
        zones = [
            Zone(number=i + 1, name="abcdef"[i], camera_coverage=by, has_camera=camera)
            for i, (by, camera) in enumerate(plan)
        ]
        client = ClientRecord(client_no="1", zones=zones)
    except ConfigurationError:
        return
    for zone in client.zones:
        shown_by = client.camera_zone(zone)
        if zone.camera_coverage is not None:
            assert shown_by is not None
            assert shown_by.has_camera
            assert shown_by != zone or zone.has_camera
        else:
            assert shown_by == (zone if zone.has_camera else None)


@pytest.mark.parametrize("client_no", ["1", "1234000101", "BASE11", "A" * 16])
@pytest.mark.requirement(27)
def test_client_numbers(client_no):
    assert ClientRecord(client_no=client_no).client_no == client_no


@pytest.mark.parametrize("client_no", ["", "A" * 17, "1234-01", "12 34", "1234\n", "é1", "١٢٣٤", 1234, None])
@pytest.mark.requirement(27)
def test_other_client_numbers_are_refused(client_no):
    with pytest.raises(ConfigurationError, match=r"1 to 16 letters and digits.*without hyphens"):
        ClientRecord(client_no=client_no)


@pytest.mark.requirement(26)
def test_r26_an_override_stands_for_the_priority_and_others_are_themselves():
    client = ClientRecord(client_no="1", event_type_overrides={1: 130, 0: 2})
    assert [client.event_type(priority) for priority in (0, 1, 2, 42, 65_535)] == [2, 130, 2, 42, 65_535]


@pytest.mark.parametrize("overrides", [{-1: 1}, {65_536: 1}, {1: -1}, {1: 65_536}, {"1": 1}, {1: "1"}, {1: True}, [1]])
def test_overrides_are_numbers(overrides):
    with pytest.raises(ConfigurationError):
        ClientRecord(client_no="1", event_type_overrides=overrides)


def test_an_override_to_an_event_type_of_patriots_own_is_refused():
    with pytest.raises(ConfigurationError, match=r"event type 65032 .* Patriot keeps for its own"):
        ClientRecord(client_no="1", event_type_overrides={1: 65_032})


def test_a_template_may_be_given_by_name():
    assert ClientRecord(client_no="1", template="Milestone Template").template == EventTypeTemplate(
        name="Milestone Template"
    )


@pytest.mark.parametrize("template", ["", 5, {"name": "x"}])
def test_other_templates_are_refused(template):
    with pytest.raises(ConfigurationError, match="template"):
        ClientRecord(client_no="1", template=template)


@pytest.mark.parametrize("event_types", [{1: ""}, {-1: "High"}, {65_536: "High"}, ["High"], {1: 1}])
def test_event_types_have_a_number_and_a_description(event_types):
    with pytest.raises(ConfigurationError, match="event type"):
        EventTypeTemplate(name="T", event_types=event_types)


@pytest.mark.parametrize("zones", [HALLWAY, None, ["Front Hallway"], "Front Hallway", {"Front Hallway": 1}])
def test_what_is_no_list_of_zones_is_refused(zones):
    with pytest.raises(ConfigurationError, match=r"zones=\[Zone\(number=1"):
        ClientRecord(client_no="1", zones=zones)


def test_a_client_cannot_be_changed_from_outside():
    zones, overrides = [HALLWAY], {1: 130}
    client = ClientRecord(client_no="1", zones=zones, event_type_overrides=overrides)
    zones.clear()
    overrides.clear()
    assert client.zone_named("Front Hallway") == HALLWAY
    assert client.event_type(1) == 130
    with pytest.raises(AttributeError):
        client.zones = ()


def test_clients_compare_hash_copy_and_pickle_by_value():
    def make():
        return ClientRecord(
            client_no="1234",
            zones=[HALLWAY],
            location="http://vms.example:8080",
            event_type_overrides={1: 130},
            template=EventTypeTemplate(name="T", event_types={130: "Intruder"}),
        )

    assert make() == make()
    assert len({make(), make()}) == 1
    for again in (copy.deepcopy(make()), pickle.loads(pickle.dumps(make()))):
        assert again == make()
        assert again.zone_named("Front Hallway") == HALLWAY


def test_a_client_evolves_with_its_zones():
    client = ClientRecord(client_no="1", zones=[HALLWAY])
    moved = evolve(client, zones=[evolve(HALLWAY, number=17)])
    assert moved.zone_numbered(17).name == "Front Hallway"
    assert moved.zone_numbered(5) is None
    assert client.zone_numbered(5) == HALLWAY


def test_camera_zones_stand_in_the_order_of_their_numbers():
    zones = [Zone(number=7, name="C7"), Zone(number=2, name="C2"), Zone(number=3, name="X", has_camera=False)]
    assert [zone.name for zone in ClientRecord(client_no="1", zones=zones).camera_zones] == ["C2", "C7"]


def test_a_location_is_read_when_the_client_is_made():
    assert ClientRecord(client_no="1", location="http://vms.example:8080").location == Location(
        "http", "vms.example", 8080
    )
    assert ClientRecord(client_no="1").location is None
    with pytest.raises(ConfigurationError, match="has no scheme"):
        ClientRecord(client_no="1", location="vms.example")
