"""From alarm to signal: event type, zone, line, camera (R20, R22 to R25, R46, R47, R49, R51, R68 to R74)."""

import json
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID, uuid4

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from milestone_sdk import LinkLost, LinkRestored
from milestone_sdk.errors import AlarmGap, AlarmUndeliverable
from milestone_sdk.models import AlarmLine
from milestone_sdk.patriot import ClientRecord, EventTypeTemplate, Signal, Zone, map_alarm, signal_line
from milestone_sdk.patriot.mapping import map_link

NOON = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
CAMERA = UUID("11111111-2222-3333-4444-555555555555")
ALARM = AlarmLine(
    id=UUID("aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"),
    local_id=197,
    modified=NOON + timedelta(milliseconds=33),
    modified_tick=7,
    timestamp=NOON,
    state=1,
    priority=1,
    priority_name="High",
    message="Motion started",
    source_name="Front Hallway",
    source_id=CAMERA,
    camera_id=CAMERA,
)
ANALYTICS = evolve(
    ALARM,
    message="AXIS Perimeter_Defender alarm START on camera C1",
    source_name="C1 alarm",
    source_id=None,
    camera_id=None,
)
CLIENT = ClientRecord(
    client_no="1234", zones=[Zone(number=1, name="C1"), Zone(number=5, name="Front Hallway"), Zone(number=9, name="É")]
)


@pytest.mark.requirement(68, 70)
def test_r70_the_line_byte_for_byte():
    line = map_alarm(CLIENT, ANALYTICS).line
    assert line.encode() == (b"High Zone 0 (unknown zone: C1 alarm) AXIS Perimeter_Defender alarm START on camera C1")


@pytest.mark.requirement(49)
def test_r49_an_alarm_goes_to_the_zone_of_its_source():
    assert map_alarm(CLIENT, ALARM) == Signal(
        client_no="1234",
        zone=5,
        event_type=1,
        time=NOON,
        line="High Front Hallway Motion started",
        alarm_id=ALARM.id,
        revision=ALARM.revision,
        source_name="Front Hallway",
        fallback=False,
        camera="Front Hallway",
        camera_id=CAMERA,
    )


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("Gate (north)", "High Zone 0 (unknown zone: Gate (north)) Motion started"),
        ("Lager: Tor 3", "High Zone 0 (unknown zone: Lager: Tor 3) Motion started"),
        ("Überwachung – Straße 北", "High Zone 0 (unknown zone: Überwachung – Straße 北) Motion started"),
        ("  C1 ", "High Zone 0 (unknown zone:   C1 ) Motion started"),
        ("(unknown zone: C1)", "High Zone 0 (unknown zone: (unknown zone: C1)) Motion started"),
        ("{0} %s \\n", "High Zone 0 (unknown zone: {0} %s \\n) Motion started"),
        ("e\u0301", "High Zone 0 (unknown zone: e\u0301) Motion started"),
        ("C1\nC2", "High Zone 0 (unknown zone: C1\nC2) Motion started"),
    ],
)
@pytest.mark.requirement(69)
def test_r69_the_expected_zone_stands_in_the_line_unchanged(source, line):
    assert map_alarm(CLIENT, evolve(ALARM, source_name=source)).line == line


@given(source=st.text(), message=st.text(min_size=1))
@pytest.mark.requirement(71)
def test_r71_any_source_and_message_survive(source, message):
    signal = map_alarm(ClientRecord(client_no="1"), evolve(ALARM, source_name=source, message=message))
    assert signal.line == "High Zone 0 (unknown zone: " + source + ") " + message
    assert signal.source_name == source
    assert signal.zone == 0


@given(name=st.text(min_size=1), other=st.text())
@pytest.mark.requirement(47)
def test_r47_only_the_very_same_name_matches(name, other):
    client = ClientRecord(client_no="1", zones=[Zone(number=7, name=name)])
    assert map_alarm(client, evolve(ALARM, source_name=name)).zone == 7
    assert map_alarm(client, evolve(ALARM, source_name=other)).zone == (7 if other == name else 0)


@pytest.mark.parametrize(
    "source",
    ["front hallway", "FRONT HALLWAY", "Front  Hallway", "Front Hallway ", " Front Hallway", "Front\u00a0Hallway"],
)
@pytest.mark.requirement(47)
def test_r47_a_name_that_is_nearly_the_same_does_not_match(source):
    signal = map_alarm(CLIENT, evolve(ALARM, source_name=source))
    assert (signal.zone, signal.fallback) == (0, True)


@pytest.mark.requirement(47)
def test_r47_names_in_another_unicode_form_do_not_match():
    assert map_alarm(CLIENT, evolve(ALARM, source_name="\u00c9")).zone == 9
    assert map_alarm(CLIENT, evolve(ALARM, source_name="E\u0301")).zone == 0


@pytest.mark.requirement(51)
def test_r51_an_unknown_source_goes_to_zone_0_without_camera():
    signal = map_alarm(CLIENT, ANALYTICS)
    assert (signal.zone, signal.fallback, signal.camera, signal.source_name) == (0, True, None, "C1 alarm")


@pytest.mark.requirement(20)
def test_r20_an_external_event_without_camera_goes_to_zone_0():
    external = evolve(ALARM, source_name="Panic button", source_id=uuid4(), camera_id=None, message="External Event")
    assert map_alarm(CLIENT, external).zone == 0


def test_a_related_camera_does_not_choose_the_zone():
    related = evolve(ALARM, source_name="Panic button", source_id=uuid4(), camera_id=CAMERA)
    signal = map_alarm(CLIENT, related)
    assert (signal.zone, signal.camera_id) == (0, CAMERA)


def test_the_name_of_zone_0_does_not_bind_an_alarm():
    client = ClientRecord(client_no="1", zones=[Zone(number=0, name="C1 alarm")])
    signal = map_alarm(client, ANALYTICS)
    assert signal.fallback
    assert signal.line.startswith("High Zone 0 (unknown zone: C1 alarm) ")


@pytest.mark.parametrize("priority", [0, 1, 2, 3, 7, 42, 99, 65_535])
@pytest.mark.requirement(23, 24)
def test_r23_r24_the_event_type_is_the_priority_whatever_its_number(priority):
    assert map_alarm(CLIENT, evolve(ALARM, priority=priority)).event_type == priority


@pytest.mark.requirement(25)
def test_r25_another_priority_changes_the_event_type_and_nothing_else_but_its_name():
    low = evolve(ALARM, priority=3, priority_name="Low")
    assert map_alarm(CLIENT, low) == evolve(
        map_alarm(CLIENT, ALARM), event_type=3, line="Low Front Hallway Motion started"
    )


@pytest.mark.requirement(26)
def test_r26_an_override_is_honoured_and_the_line_keeps_the_name_of_the_priority():
    client = evolve(CLIENT, event_type_overrides={1: 130})
    assert map_alarm(client, ALARM) == evolve(map_alarm(CLIENT, ALARM), event_type=130)


def test_the_description_of_the_event_type_goes_before_the_name_of_the_priority():
    template = EventTypeTemplate(name="T", event_types={130: "Intruder", 2: "Medium risk"})
    client = evolve(CLIENT, event_type_overrides={1: 130}, template=template)
    assert map_alarm(client, ALARM).line == "Intruder Front Hallway Motion started"
    assert map_alarm(client, evolve(ALARM, priority=3, priority_name="Low")).line.startswith("Low Front")


@pytest.mark.parametrize("priority_name", [None, ""])
def test_a_priority_without_name_shows_its_number(priority_name):
    nameless = evolve(ALARM, priority=42, priority_name=priority_name)
    assert map_alarm(CLIENT, nameless).line == "Priority 42 Front Hallway Motion started"
    assert map_alarm(evolve(CLIENT, event_type_overrides={42: 7}), nameless).line.startswith("Priority 42 ")


@pytest.mark.parametrize("message", [None, ""])
def test_an_alarm_without_message_ends_with_its_zone(message):
    assert map_alarm(CLIENT, evolve(ALARM, message=message)).line == "High Front Hallway"
    assert map_alarm(CLIENT, evolve(ANALYTICS, message=message)).line == "High Zone 0 (unknown zone: C1 alarm)"


@pytest.mark.parametrize("source_name", [None, ""])
@pytest.mark.requirement(51)
def test_an_alarm_without_source_name_goes_to_zone_0(source_name):
    signal = map_alarm(CLIENT, evolve(ALARM, source_name=source_name))
    assert signal.line == "High Zone 0 (unknown zone: ) Motion started"
    assert (signal.zone, signal.fallback, signal.source_name) == (0, True, "")


def test_an_alarm_with_nothing_but_numbers_makes_a_signal():
    bare = AlarmLine(id=uuid4(), local_id=1, modified=NOON, timestamp=NOON, state=77, priority=0)
    signal = map_alarm(ClientRecord(client_no="1"), bare)
    assert (signal.event_type, signal.line) == (0, "Priority 0 Zone 0 (unknown zone: )")


@pytest.mark.requirement(72)
def test_r72_a_zone_of_the_expected_name_binds_the_next_alarm():
    bound = evolve(CLIENT, zones=[*CLIENT.zones, Zone(number=20, name="C1 alarm", has_camera=False)])
    signal = map_alarm(bound, ANALYTICS)
    assert signal.zone == 20
    assert signal.line == "High C1 alarm AXIS Perimeter_Defender alarm START on camera C1"
    assert (signal.fallback, signal.camera) == (False, None)


@pytest.mark.requirement(73, 74)
def test_r73_r74_coverage_gives_the_bound_alarm_a_camera():
    zones = [Zone(number=1, name="C1"), Zone(number=2, name="C1 alarm", camera_coverage="C1")]
    signal = map_alarm(ClientRecord(client_no="1", zones=zones), ANALYTICS)
    assert (signal.zone, signal.camera) == (2, "C1")


@pytest.mark.requirement(46)
def test_r46_renumbering_zones_changes_only_the_number_in_the_signal():
    zones = [
        Zone(number=1, name="C1"),
        Zone(number=2, name="C1 alarm", camera_coverage="C1"),
        Zone(number=5, name="Front Hallway"),
    ]
    renumbered = [evolve(zone, number=new) for zone, new in zip(zones, (65_000, 1, 17), strict=True)]
    before, after = (ClientRecord(client_no="1", zones=each) for each in (zones, renumbered))
    for alarm, number in ((ALARM, 17), (ANALYTICS, 1)):
        assert map_alarm(after, alarm) == evolve(map_alarm(before, alarm), zone=number)


def test_of_two_cameras_with_one_name_the_alarm_says_which():
    other = uuid4()
    signals = [map_alarm(CLIENT, evolve(ALARM, camera_id=camera)) for camera in (CAMERA, other)]
    assert [signal.zone for signal in signals] == [5, 5]
    assert [signal.camera_id for signal in signals] == [CAMERA, other]


@pytest.mark.requirement(22)
def test_r22_every_alarm_makes_one_signal_in_the_same_order():
    sources = ["C1", "nobody", None, "Front Hallway"] * 50
    alarms = [evolve(ALARM, id=uuid4(), local_id=i, source_name=source) for i, source in enumerate(sources)]
    signals = [map_alarm(CLIENT, alarm) for alarm in alarms]
    assert [signal.alarm_id for signal in signals] == [alarm.id for alarm in alarms]
    assert [signal.zone for signal in signals] == [1, 0, 0, 5] * 50


def test_the_time_is_the_alarms_own_and_the_delay_shows_a_wrong_clock():
    late = map_alarm(CLIENT, ALARM, received=NOON + timedelta(seconds=2))
    assert (late.time, late.delay) == (NOON, timedelta(seconds=2))
    assert map_alarm(CLIENT, ALARM, received=NOON - timedelta(hours=1)).delay == timedelta(hours=-1)
    assert map_alarm(CLIENT, ALARM).delay is None


def test_times_are_utc_and_naive_ones_are_refused():
    east = timezone(timedelta(hours=2))
    signal = map_alarm(CLIENT, ALARM, received=NOON.astimezone(east))
    assert signal.received.tzinfo is UTC
    assert evolve(signal, time=NOON.astimezone(east)).time.tzinfo is UTC
    with pytest.raises(ValueError, match="has no time zone"):
        map_alarm(CLIENT, ALARM, received=datetime(2026, 3, 1, 12))


def test_as_dict_is_plain_json_with_stable_names():
    signal = map_alarm(CLIENT, ALARM, received=NOON + timedelta(seconds=2))
    assert json.loads(json.dumps(signal.as_dict())) == {
        "client_no": "1234",
        "zone": 5,
        "event_type": 1,
        "time": "2026-03-01T12:00:00.123456+00:00",
        "line": "High Front Hallway Motion started",
        "alarm_id": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
        "revision": str(ALARM.revision),
        "kind": "alarm",
        "key": "1234:aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
        "source_name": "Front Hallway",
        "fallback": False,
        "camera": "Front Hallway",
        "camera_id": "11111111-2222-3333-4444-555555555555",
        "received": "2026-03-01T12:00:02.123456+00:00",
    }
    assert int(signal.as_dict()["revision"]) == ALARM.revision > 2**53


def test_as_dict_of_a_signal_on_zone_0_has_the_same_names():
    assert list(map_alarm(CLIENT, ANALYTICS).as_dict()) == list(map_alarm(CLIENT, ALARM).as_dict())
    assert map_alarm(CLIENT, ANALYTICS).as_dict()["camera_id"] is None


@given(type_description=st.text(min_size=1), zone=st.none() | st.text(min_size=1), source=st.text(), message=st.text())
def test_the_line_is_its_parts_with_single_blanks_between(type_description, zone, source, message):
    line = signal_line(type_description=type_description, zone_name=zone, source_name=source, message=message)
    middle = f"Zone 0 (unknown zone: {source})" if zone is None else zone
    assert line == " ".join([type_description, middle, *([message] if message else [])])


def test_what_happens_to_a_link_is_a_signal_on_zone_0_with_a_key_of_its_own():
    template = EventTypeTemplate(name="Milestone Template", event_types={350: "No contact"})
    client = evolve(CLIENT, template=template)
    later = NOON + timedelta(minutes=5)
    events = [
        LinkLost(NOON, "connection refused"),
        LinkRestored(later, timedelta(minutes=5)),
        AlarmGap("some may be missing", since=NOON, until=later),
        AlarmUndeliverable("no Modified", members={"Id": "?", "LocalId": "7"}),
        AlarmUndeliverable("no Modified", alarm_id=ALARM.id),
    ]
    signals = [map_link(client, event, 350, received=later) for event in events]
    assert [signal.kind for signal in signals] == [
        *("link_lost", "link_restored", "alarm_gap"),
        *("undeliverable", "undeliverable"),
    ]
    assert {(signal.zone, signal.event_type, signal.received) for signal in signals} == {(0, 350, later)}
    assert [signal.time for signal in signals] == [NOON, *[later] * 4]
    assert signals[0].line == "No contact: connection refused"
    assert map_link(CLIENT, events[1], 351, received=later).line == "Milestone link restored: after 0:05:00"
    assert [signal.alarm_id for signal in signals] == [None, None, None, None, ALARM.id]
    assert len({signal.key for signal in [*signals, map_alarm(client, ALARM)]}) == 6
    again = [map_link(client, event, 350, received=later + timedelta(days=1)) for event in events]
    assert [signal.key for signal in again] == [signal.key for signal in signals]
