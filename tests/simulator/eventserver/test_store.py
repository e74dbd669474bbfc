"""The event server's memory, without sockets."""

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milestone_sdk.simulator.eventserver.control import AlarmFacade
from milestone_sdk.simulator.eventserver.filter import BadFilter, Filter, page
from milestone_sdk.simulator.eventserver.sessions import UnknownSession
from milestone_sdk.simulator.site import AlarmDefinition, Site, User, example_site
from milestone_sdk.simulator.wire.contract import AnyValue, Record
from milestone_sdk.simulator.wire.values import datetime_of, parse_ticks, ticks_of, ticks_text

ZERO = UUID(int=0)


@pytest.fixture
def site() -> Site:
    return example_site()


@pytest.fixture
def alarms(site: Site) -> AlarmFacade:
    return AlarmFacade(site, seed=3)


def condition(target: str, operator: str, kind: str, value: object) -> Record:
    return Record("Condition", {"Operator": operator, "Target": target, "Value": AnyValue(kind, value)})


def alarm_filter(*conditions: Record, orders: tuple[tuple[str, str], ...] = ()) -> Filter:
    ordered = [Record("OrderBy", {"Order": direction, "Target": target}) for target, direction in orders]
    return Filter.compile(Record("AlarmFilter", {"Conditions": list(conditions), "Orders": ordered}))


# From events to alarms


def test_a_device_event_makes_the_alarm_of_its_definition(alarms: AlarmFacade, site: Site) -> None:
    at = datetime(2025, 3, 4, 9, 15, 30, 480000, tzinfo=UTC)
    (made,) = alarms.trigger("Motion Detected", "Front Hallway", timestamp=at)
    alarm = alarms.get(made)
    definition = next(known for known in site.alarm_definitions if known.name == "Motion indoors")
    assert (alarm.name, alarm.message, alarm.source_name) == ("Motion indoors", "Motion Detected", "Front Hallway")
    assert alarm.source_id == alarm.camera_id == site.camera("Front Hallway").id
    assert (alarm.priority, alarm.priority_name) == (definition.priority, "Medium")
    assert (alarm.state, alarm.state_name, alarm.timestamp) == (1, "New", at)
    rules = alarms.store.alarms[made].alarm["RuleList"]
    assert (rules[0]["Name"], rules[0]["ID"]) == ("Motion indoors", definition.id)


def test_each_matching_definition_makes_an_alarm_of_its_own(alarms: AlarmFacade, site: Site) -> None:
    site.alarm_definitions.append(AlarmDefinition(id=uuid4(), name="Any motion", event="Motion Detected", priority=3))
    made = alarms.trigger("Motion Detected", "C1")
    assert [alarms.get(alarm).name for alarm in made] == ["Motion outdoors", "Any motion"]
    assert len({*made, *alarms.store.events}) == 3
    assert [alarm.local_id for alarm in alarms.stored()] == [1, 2]


def test_other_sources_and_disabled_definitions_make_no_alarm_but_the_event_is_kept(
    alarms: AlarmFacade, site: Site
) -> None:
    for definition in site.alarm_definitions:
        definition.enabled = definition.name != "Motion outdoors"
    assert alarms.trigger("Motion Detected", "C1") == []
    assert alarms.trigger("Nobody asked for this") == []
    assert [row.line["Message"] for row in alarms.store.events.values()] == ["Motion Detected", "Nobody asked for this"]


def test_analytics_source_of_a_third_party_has_a_name_and_no_ids(alarms: AlarmFacade) -> None:
    event = "AXIS Perimeter_Defender alarm START on camera C1"
    (made,) = alarms.trigger(event, "C1 alarm", vendor="AXIS", custom_tag="b4", object_value="person")
    alarm = alarms.get(made)
    assert (alarm.source_name, alarm.source_id, alarm.camera_id) == ("C1 alarm", ZERO, ZERO)
    assert (alarm.message, alarm.priority_name) == (event, "High")
    assert (alarm.vendor_name, alarm.custom_tag, alarm.object_value) == ("AXIS", "b4", "person")


def test_analytics_source_that_is_an_address_becomes_the_camera(alarms: AlarmFacade, site: Site) -> None:
    camera = site.camera("C1")
    hardware = next(known for known in site.hardware if known.id == camera.hardware_id)
    host = hardware.uri.split("/")[2]
    (made,) = alarms.trigger("AXIS Perimeter_Defender alarm START on camera C1", source_name=None, source=f"{host},0")
    assert (alarms.get(made).source_name, alarms.get(made).camera_id) == ("C1", camera.id)


def test_a_user_defined_event_is_an_external_event_with_itself_as_source(alarms: AlarmFacade, site: Site) -> None:
    (made,) = alarms.trigger("Open gate")
    alarm = alarms.get(made)
    event_type = site.event_type("Open gate")
    assert event_type is not None
    assert (alarm.name, alarm.message, alarm.source_name) == ("Gate opened", "External Event", "Open gate")
    assert (alarm.source_id, alarm.camera_id) == (event_type.id, site.camera("Front Hallway").id)
    identity = alarms.store.alarms[made].header.inner("Source", "FQID")
    assert identity["Kind"] == UUID("c9bdac3f-41dc-4afa-b057-61767a3914b7")


def test_an_unknown_camera_id_is_a_mistake_of_the_test(alarms: AlarmFacade) -> None:
    with pytest.raises(KeyError):
        alarms.trigger("Motion Detected", uuid4())


def test_priority_can_be_overridden_with_a_level_that_has_no_name(alarms: AlarmFacade) -> None:
    (made,) = alarms.trigger("Motion Detected", "C1", priority=42)
    assert (alarms.get(made).priority, alarms.get(made).priority_name) == (42, None)


# Time


def test_modified_is_a_little_after_the_event_and_never_the_same_twice(alarms: AlarmFacade) -> None:
    for _ in range(300):
        alarms.trigger("Motion Detected", "C1")
    rows = alarms.stored()
    ticks = [row.modified_ticks for row in rows]
    assert ticks == sorted(set(ticks))
    assert [row.local_id for row in rows] == list(range(1, 301))
    assert all(timedelta(0) <= row.modified - row.timestamp < timedelta(minutes=1) for row in rows)


def test_old_timestamps_leave_modified_on_the_clock(alarms: AlarmFacade, site: Site) -> None:
    before = site.now()
    (made,) = alarms.trigger("Motion Detected", "C1", timestamp=before - timedelta(days=9))
    assert abs(alarms.get(made).modified - before) < timedelta(seconds=5)


def test_fractions_have_every_length_that_servers_write(alarms: AlarmFacade, site: Site) -> None:
    lengths: set[int] = set()
    for number in range(400):
        site.clock_offset = timedelta(seconds=3.1372 * number)
        text = ticks_text(alarms.store.stamp())
        lengths.add(len(text.partition(".")[2].rstrip("Z")))
    assert lengths >= {0, 1, 2, 3, 6, 7}


def test_modified_follows_a_clock_that_is_set_back(alarms: AlarmFacade, site: Site) -> None:
    first = alarms.get(alarms.add("before"))
    site.clock_offset = timedelta(hours=-1)
    second = alarms.get(alarms.add("after"))
    assert timedelta(minutes=59) < first.modified - second.modified < timedelta(minutes=61)
    assert second.local_id > first.local_id


def test_a_small_step_back_of_the_clock_does_not_reorder_changes(alarms: AlarmFacade, site: Site) -> None:
    alarms.add("before")
    site.clock_offset = timedelta(milliseconds=-500)
    for _ in range(20):
        alarms.add("after")
    ticks = [alarms.get(row.id).modified_ticks for row in sorted(alarms.stored(), key=lambda row: row.local_id)]
    assert ticks == sorted(set(ticks))


def test_modified_can_be_given_so_that_many_alarms_share_one(alarms: AlarmFacade) -> None:
    moment = ticks_of(datetime(2025, 1, 1, tzinfo=UTC)) + 7
    for number in range(5):
        alarms.add(f"Alarm {number}", modified=moment)
    assert {row.modified_text for row in alarms.stored()} == {"2025-01-01T00:00:00.0000007Z"}


@given(st.integers(0, ticks_of(datetime(9999, 12, 31, tzinfo=UTC))))
def test_time_text_and_parse_time_are_inverse(ticks: int) -> None:
    text = ticks_text(ticks)
    assert parse_ticks(text) == ticks
    assert not text.rstrip("Z").endswith("0") or "." not in text


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2025-03-04T10:15:30.5+01:00", "2025-03-04T09:15:30.5Z"),
        ("2025-03-04T04:15:30.50-05:00", "2025-03-04T09:15:30.5Z"),
        ("2025-03-04T09:15:30.500", "2025-03-04T09:15:30.5Z"),
        (" 2025-03-04T09:15:30.123456789Z\n", "2025-03-04T09:15:30.1234567Z"),
    ],
)
def test_times_in_other_forms(text: str, same: str) -> None:
    assert ticks_text(parse_ticks(text)) == same


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2025-03-04", "2025-13-04T09:15:30Z", "2025-03-04T09:15:30+1", "٢٠٢٥-03-04T09:15:30Z"]
)
def test_no_times(text: str) -> None:
    with pytest.raises(ValueError):
        parse_ticks(text)


# Late commits, changes, histories


def test_a_held_alarm_appears_late_with_its_early_modified(alarms: AlarmFacade) -> None:
    (held,) = alarms.trigger("Motion Detected", "C1", commit=False)
    (shown,) = alarms.trigger("Motion Detected", "C2")
    assert [row.id for row in alarms.stored()] == [shown]
    assert alarms.ever_stored() == {shown}
    alarms.commit(held)
    assert [row.id for row in alarms.stored()] == [held, shown]
    assert alarms.get(held).modified_ticks < alarms.get(shown).modified_ticks


def test_a_bulk_change_gives_all_rows_one_modified(alarms: AlarmFacade) -> None:
    ids = [alarms.add(f"Alarm {number}") for number in range(20)]
    alarms.close(*ids, text="Exercise over")
    rows = alarms.stored()
    assert len({row.modified_ticks for row in rows}) == 1
    assert {(row.state, row.state_name) for row in rows} == {(11, "Closed")}


def test_a_change_writes_both_histories(alarms: AlarmFacade) -> None:
    made = alarms.add("Alarm", priority=2)
    before = alarms.get(made).modified_ticks
    alarms.update(made, state=4, assigned_to="Duty", text="Guard sent", author="duty (\\duty)")
    alarms.close(made)
    first, second = alarms.history(made)
    assert (first["Author"], first["Text"], first["State"], first["Priority"]) == ("duty (\\duty)", "Guard sent", 4, 2)
    assert (second["State"], second["AssignedTo"]) == (11, "Duty")
    assert alarms.updates(made) == [
        ("StateInt", "4"),
        ("StateName", "In progress"),
        ("AssignedTo", "Duty"),
        ("Comment", "Guard sent"),
        ("StateInt", "11"),
        ("StateName", "Closed"),
    ]
    assert alarms.get(made).modified_ticks > before


def test_acknowledge_takes_the_alarm(alarms: AlarmFacade) -> None:
    made = alarms.add("Alarm")
    alarms.acknowledge(made, author="duty (\\duty)")
    alarm = alarms.get(made)
    assert (alarm.state, alarm.state_name, alarm.assigned_to) == (4, "In progress", "duty (\\duty)")


def test_a_deleted_alarm_is_gone_but_was_stored(alarms: AlarmFacade) -> None:
    made = alarms.add("Alarm")
    assert alarms.delete(made, uuid4()) == [made]
    assert alarms.stored() == []
    assert alarms.ever_stored() == {made}
    with pytest.raises(KeyError):
        alarms.get(made)


def test_sweep_deletes_closed_alarms_sooner_than_others(alarms: AlarmFacade, site: Site) -> None:
    site.clock_offset = timedelta(days=-5)
    closed, still_open = alarms.add("Closed"), alarms.add("Open")
    alarms.close(closed)
    alarms.trigger("Motion Detected", "Nowhere")
    site.clock_offset = timedelta(0)
    fresh = alarms.add("Fresh")
    assert alarms.sweep() == [closed]
    assert alarms.store.events == {}
    assert {row.id for row in alarms.stored()} == {still_open, fresh}
    assert alarms.sweep(others=timedelta(days=4)) == [still_open]


def test_users_see_the_alarms_of_their_cameras_and_of_third_parties(alarms: AlarmFacade, site: Site) -> None:
    for source in ("C1", "C2", "C1 alarm"):
        alarms.add(f"At {source}", source)
    guard = User(name="guard", password="x", visible={site.camera("C2").id})
    tester = User(name="tester", password="x", visible=lambda camera: camera.name == "C1")
    assert {row.line["Name"] for row in alarms.store.visible(guard)} == {"At C2", "At C1 alarm"}
    assert {row.line["Name"] for row in alarms.store.visible(tester)} == {"At C1", "At C1 alarm"}
    alarms.store.without_rights.add("guard")
    assert alarms.store.visible(guard) == []
    site.remove_camera("C1")
    assert {row.line["Name"] for row in alarms.store.visible(tester)} == {"At C1 alarm"}


# Filters


def lines(alarms: AlarmFacade, wanted: Filter) -> list[str]:
    rows = [row for row in alarms.store.visible(None) if wanted.matches(row.line)]
    return [row.line["Name"] for row in wanted.sort(rows, random.Random(1))]


def test_modified_is_compared_to_100_nanoseconds(alarms: AlarmFacade) -> None:
    base = ticks_of(datetime(2025, 1, 1, tzinfo=UTC))
    for ticks in (-1, 0, 1):
        alarms.add(f"{ticks:+d}", modified=base + ticks)
    assert lines(alarms, alarm_filter(condition("Modified", "GreaterThan", "dateTime", base))) == ["+1"]
    assert lines(alarms, alarm_filter(condition("Modified", "LessThan", "dateTime", base))) == ["-1"]
    assert lines(alarms, alarm_filter(condition("Modified", "Equals", "dateTime", base))) == ["+0"]
    assert datetime_of(base + 1) == datetime_of(base)


def test_orders_apply_one_after_the_other(alarms: AlarmFacade) -> None:
    for name, priority in (("b", 2), ("A", 1), ("a", 2), ("B", 1)):
        alarms.add(name, priority=priority)
    by_priority = alarm_filter(orders=(("Priority", "Descending"), ("Name", "Ascending")))
    assert lines(alarms, by_priority) == ["a", "b", "A", "B"]


def test_without_orders_the_order_is_another_one_each_time(alarms: AlarmFacade) -> None:
    for number in range(30):
        alarms.add(str(number))
    rng = random.Random(5)
    rows = alarms.store.visible(None)
    seen = {tuple(row.id for row in Filter().sort(rows, rng)) for _ in range(5)}
    assert len(seen) == 5


def test_equals_keep_one_hidden_order_that_is_not_the_local_id(alarms: AlarmFacade) -> None:
    moment = ticks_of(datetime(2025, 1, 1, tzinfo=UTC))
    for number in range(30):
        alarms.add(str(number), modified=moment)
    by_modified = alarm_filter(orders=(("Modified", "Ascending"),))
    first = lines(alarms, by_modified)
    assert lines(alarms, by_modified) == first
    assert first != [str(number) for number in range(30)]


@given(start=st.integers(-3, 12), count=st.integers(-3, 12))
def test_pages(start: int, count: int) -> None:
    site = example_site()
    facade = AlarmFacade(site)
    for number in range(6):
        facade.add(str(number))
    rows = list(facade.store.alarms.values())
    assert page(rows, start, count) == (rows[max(start, 0) :][:count] if count > 0 else [])


def test_values_that_do_not_fit_their_target_are_refused() -> None:
    for bad in (
        condition("State", "Equals", "string", "1"),
        condition("Name", "Equals", "int", 1),
        condition("Modified", "GreaterThan", "string", "2025-01-01T00:00:00Z"),
        condition("Id", "Equals", "string", str(ZERO)),
        condition("State", "Equals", "", "1"),
        condition("State", "Contains", "int", 1),
    ):
        with pytest.raises(BadFilter):
            alarm_filter(bad)


# Sessions


def poll(alarms: AlarmFacade, session: UUID, most: int = 100) -> tuple[list[UUID], list[str], list[tuple[str, bool]]]:
    deleted, inserted, updated = alarms.sessions.poll_alarms(session, most, None)
    return deleted, [line["Name"] for line in inserted], [(line["Name"], line["FilterMatch"]) for line in updated]


def test_a_session_tells_what_is_new_changed_left_the_filter_and_deleted(alarms: AlarmFacade) -> None:
    one, two = alarms.add("one"), alarms.add("two")
    session = alarms.sessions.start(alarm_filter(condition("State", "NotEquals", "int", 11)), None)
    assert poll(alarms, session) == ([], ["one", "two"], [])
    assert poll(alarms, session) == ([], [], [])
    alarms.add("three")
    alarms.acknowledge(one)
    alarms.delete(two)
    assert poll(alarms, session) == ([two], ["three"], [("one", True)])
    alarms.close(one)
    assert poll(alarms, session) == ([], [], [("one", False)])
    alarms.close(one)
    assert poll(alarms, session) == ([], [], [])


def test_what_exceeds_the_count_waits_for_the_next_call(alarms: AlarmFacade) -> None:
    session = alarms.sessions.start(Filter(), None)
    for number in range(5):
        alarms.add(str(number))
    assert [poll(alarms, session, 2)[1] for _ in range(4)] == [["0", "1"], ["2", "3"], ["4"], []]


def test_changes_before_a_poll_merge_into_one_insert(alarms: AlarmFacade) -> None:
    session = alarms.sessions.start(Filter(), None)
    made = alarms.add("one")
    alarms.acknowledge(made)
    assert poll(alarms, session) == ([], ["one"], [])


def test_a_session_may_begin_with_changes_only(alarms: AlarmFacade) -> None:
    old = alarms.add("old")
    alarms.sessions.behaviour.first_call_full = False
    session = alarms.sessions.start(Filter(), None)
    assert poll(alarms, session) == ([], [], [])
    alarms.acknowledge(old)
    assert poll(alarms, session) == ([], [], [("old", True)])


def test_sessions_end_when_stopped_idle_crowded_out_or_restarted(alarms: AlarmFacade, site: Site) -> None:
    def is_known(session: UUID) -> bool:
        try:
            poll(alarms, session)
        except UnknownSession:
            return False
        return True

    stopped, idle, crowded, restarted = (alarms.sessions.start(Filter(), None) for _ in range(4))
    alarms.sessions.stop(stopped)
    assert [is_known(session) for session in (stopped, idle, crowded, restarted)] == [False, True, True, True]
    site.clock_offset = timedelta(minutes=6)
    assert not is_known(idle)
    site.clock_offset = timedelta(0)
    alarms.sessions.behaviour.most = 2
    newest = alarms.sessions.start(Filter(), None)
    assert [is_known(session) for session in (crowded, restarted, newest)] == [False, True, True]
    alarms.restart()
    assert not is_known(restarted)
    assert len(alarms.sessions) == 0


def test_failures_are_given_out_as_often_as_ordered_and_misspelt_ones_refused(alarms: AlarmFacade) -> None:
    alarms.fail("GetAlarmLines", "DbRead", times=2)
    given_out = [alarms.take_failure(name) for name in ("Get", "GetAlarmLines", "GetAlarmLines", "GetAlarmLines")]
    assert [failure[0] if failure else None for failure in given_out] == [None, "DbRead", "DbRead", None]
    with pytest.raises(ValueError, match="DbReed"):
        alarms.fail("GetAlarmLines", "DbReed")
    with pytest.raises(ValueError, match="GetAlarmLine'"):
        alarms.fail("GetAlarmLine", "DbRead")
