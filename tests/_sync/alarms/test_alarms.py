# Generated from tests/_async/alarms/test_alarms.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""What people do with alarms: find, change, close, add, look up."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import get_args
from uuid import UUID, uuid4

import pytest

from milestone_sdk import (
    Alarm,
    AlarmLine,
    AlarmNotFound,
    AlarmRule,
    AlarmSnapshot,
    AlarmSource,
    AlarmState,
    AnalyticsObject,
    Client,
    BoundingBox,
    Condition,
    ConfigurationError,
    EventHeader,
    ItemReference,
    LocalProtocolError,
    NotFound,
    OrderBy,
    ServerFault,
    ServiceUnavailable,
    Vendor,
)
from milestone_sdk.models import Operator, Target
from milestone_sdk.models.alarms.history import AlarmLevel
from milestone_sdk.simulator import AlarmDefinition, Category, EventType, Simulator

from ..opening import client_of

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 3, 4, 12, 0, 0, 125000, UTC)
JPEG = b"\xff\xd8\xff\xd9"


# Finding


def two_alarms(simulator: Simulator) -> None:
    """One on C1, with everything that a third party can say; one on C2, later, in every respect another."""

    def prepare(plan: object) -> None:
        for number, camera in ((1, "C1"), (2, "C2")):
            name = f"{number}. event"
            simulator.site.event_types.append(EventType(id=uuid4(), name=name, kind="analytics"))
            simulator.site.alarm_definitions.append(
                AlarmDefinition(
                    id=uuid4(),
                    name=f"{number}. definition",
                    event=name,
                    sources=[simulator.site.camera(camera).id],
                    priority=number,
                    category=number,
                )
            )

    simulator.edit(prepare)
    for number, camera in ((1, "C1"), (2, "C2")):
        simulator.site.clock_offset = timedelta(minutes=number)
        ids = simulator.trigger(
            f"{number}. event",
            camera,
            NOON + timedelta(hours=number),
            type=f"{number}. type",
            custom_tag=f"{number}. tag",
            description=f"{number}. description",
            location=f"{number}. place",
            vendor=f"{number}. vendor",
            object_value=f"{number}. plate",
        )
        simulator.alarms.update(*ids, state=(4, 9)[number - 1], assigned_to=f"{number}. guard", text="taken")


MEMBERS = {"ObjectId": "source_id"}
"""Targets whose member is called otherwise; all others are called alike, in another spelling."""
TARGETS: tuple[Target, ...] = get_args(Target)
OPERATORS: tuple[Operator, ...] = get_args(Operator)


def member(alarm: AlarmLine, target: Target) -> str | int | datetime | UUID:
    spelt = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in target).lstrip("_")
    value = getattr(alarm, MEMBERS.get(target, spelt))
    assert value is not None, f"nothing to look for in {target}"
    return value


def test_every_target_and_operator_is_in_the_cases_below() -> None:
    assert len(TARGETS) == 23
    assert set(OPERATORS) == {"Equals", "NotEquals", "LessThan", "GreaterThan", "Contains", "BeginsWith"}


def test_alarms_are_found_by_every_target_with_every_operator(site: Client, simulator: Simulator) -> None:
    two_alarms(simulator)
    second, first = site.alarms.list()

    def found(target: Target, operator: Operator, value: str | int | datetime | UUID) -> tuple[AlarmLine, ...]:
        return site.alarms.list(Condition(target, operator, value))

    for target in TARGETS:
        if target == "Modified":  # has 100 ns, of which a datetime holds none: it cannot be asked for exactly
            continue
        one, two = member(first, target), member(second, target)
        assert one != two, target
        assert found(target, "Equals", one) == (first,), target
        assert found(target, "NotEquals", one) == (second,), target
        if isinstance(one, str) and isinstance(two, str):
            assert found(target, "Contains", two[1:]) == (second,) if one[1:] != two[1:] else (second, first)
            assert found(target, "BeginsWith", two[:8].upper()) == (second,), target
        elif isinstance(one, int | datetime):
            assert found(target, "GreaterThan", one) == (second,), target
            assert found(target, "LessThan", two) == (first,), target
    between = first.modified + timedelta(seconds=30)
    assert found("Modified", "GreaterThan", between) == (second,)
    assert found("Modified", "LessThan", between) == (first,)
    assert simulator.dropped == []


def test_conditions_must_all_hold(site: Client, simulator: Simulator) -> None:
    two_alarms(simulator)
    between = (
        Condition("Timestamp", "GreaterThan", NOON),
        Condition("Timestamp", "LessThan", NOON + timedelta(hours=2)),
    )
    assert [alarm.name for alarm in site.alarms.list(*between)] == ["1. definition"]
    assert site.alarms.list(*between, Condition("Name", "Contains", "2.")) == ()


def test_a_list_begins_with_the_newest(site: Client, simulator: Simulator) -> None:
    stored = [simulator.alarms.add(name=f"Alarm {number}") for number in range(120)]
    assert [alarm.id for alarm in site.alarms.list(limit=3)] == stored[:-4:-1]
    simulator.alarms.acknowledge(stored[0])
    newest = site.alarms.list(limit=100)
    assert [alarm.id for alarm in newest] == [stored[0], *stored[:-100:-1]], "a change is new"
    assert (site.alarms.list())[:100] == newest


def test_an_order_is_the_servers(site: Client, simulator: Simulator) -> None:
    for priority in (2, 3, 1, 3):
        simulator.alarms.add(priority=priority, name=f"Alarm {priority}")
    order = [OrderBy("Priority", descending=True), OrderBy("LocalId")]
    found = site.alarms.list(order=order, limit=3)
    assert [(alarm.priority, alarm.local_id) for alarm in found] == [(3, 2), (3, 4), (2, 1)]
    with pytest.raises(ConfigurationError, match="limit"):
        site.alarms.list(order=order)
    with pytest.raises(ConfigurationError, match="limit must be >= 1"):
        site.alarms.list(order=order, limit=0)


def test_iteration_leaves_none_out_while_alarms_change(site: Client, simulator: Simulator) -> None:
    stored = [simulator.alarms.add(name=f"Alarm {number}") for number in range(450)]
    seen: dict[UUID, int] = {}
    for alarm in site.alarms.iterate(page_size=100):
        if len(seen) in (50, 150, 250):
            simulator.alarms.acknowledge(*stored[len(seen) - 40 : len(seen) + 40])
        assert alarm.id not in seen
        seen[alarm.id] = alarm.state
    assert seen.keys() == set(stored)
    pages = [request for request in simulator.requests if request.operation == "GetAlarmLines"]
    assert len(pages) == 6


def test_iteration_asks_for_a_page_only_when_it_is_wanted(site: Client, simulator: Simulator) -> None:
    for number in range(30):
        simulator.alarms.add(name=f"Alarm {number}")
    for alarm in site.alarms.iterate(Condition("State", "Equals", 1), page_size=10):
        assert alarm.name == "Alarm 0"
        break
    assert len([request for request in simulator.requests if request.operation == "GetAlarmLines"]) == 1


# Changing


def line_of(site: Client, alarm_id: UUID) -> AlarmLine:
    (found,) = site.alarms.list(Condition("Id", "Equals", alarm_id))
    return found


def test_an_update_leaves_the_rest_alone(site: Client, simulator: Simulator) -> None:
    alarm_id = simulator.alarms.add("Gate", "C1", priority=2, assigned_to="night shift", description="as it was")
    before = line_of(site, alarm_id)
    site.alarms.update(before, state=AlarmState.ON_HOLD, comment="waiting")
    after = line_of(site, alarm_id)
    assert (after.state, after.state_name) == (9, "On hold")
    assert (after.priority, after.priority_name) == (2, "Medium")
    assert (after.assigned_to, after.description) == ("night shift", "as it was")
    site.alarms.update(alarm_id, priority=3, assigned_to="day shift")
    after = line_of(site, alarm_id)
    assert (after.state, after.priority, after.priority_name, after.assigned_to) == (9, 3, "Low", "day shift")


def test_numbers_travel_with_the_names_that_the_site_gave_them(
    simulator_factory: Callable[..., Simulator],
) -> None:
    """Without REST a name is known only from an alarm that carries it, or because every site has it."""
    simulator = simulator_factory(release="2022R2")
    simulator.site.states[11] = "Erledigt"
    simulator.site.states[20] = "Eskaliert"
    one, other = (simulator.alarms.add(name=name) for name in ("one", "other"))
    with client_of(simulator) as site:
        with pytest.raises(NotFound, match="state 20") as caught:
            site.alarms.update(one, state=20)
        assert "StateName" in (caught.value.hint or "")
        site.alarms.update(one, {"StateInt": "20", "StateName": "Eskaliert"})
        site.alarms.update(other, state=20)
        assert simulator.alarms.updates(other) == [("StateInt", "20"), ("StateName", "Eskaliert")]
        simulator.alarms.close(one)
        site.alarms.close(other)
        assert (line_of(site, other)).state_name == "Erledigt"
        site.alarms.update(other, priority=2)
        assert (line_of(site, other)).priority_name == "Medium"


def test_rest_tells_names_that_no_alarm_carries(site: Client, simulator: Simulator) -> None:
    simulator.edit(lambda plan: plan.states.update({11: "Erledigt", 20: "Eskaliert"}))
    alarm_id = simulator.alarms.add()
    site.alarms.update(alarm_id, state=20)
    assert (line_of(site, alarm_id)).state_name == "Eskaliert"
    site.alarms.close(alarm_id)
    assert (line_of(site, alarm_id)).state_name == "Erledigt"


def test_closing_says_why(site: Client, simulator: Simulator) -> None:
    alarm_id = simulator.alarms.add("Gate", "C1")
    site.alarms.close(alarm_id, reason="False alarm", comment="Cat on\x07 the fence")
    assert (line_of(site, alarm_id)).is_closed
    changes = site.alarms.changes(alarm_id)
    assert [(change.key, change.value) for change in changes] == [
        ("StateInt", "11"),
        ("StateName", "Closed"),
        ("ReasonCode", "False alarm"),
        ("Comment", "Cat on the fence"),
    ]
    assert len({change.time for change in changes}) == 1
    assert {change.author for change in changes} == {"arc (\\arc)"}


def test_a_name_that_was_changed_just_now_is_the_one_that_is_written(
    site: Client, simulator: Simulator
) -> None:
    one, other = simulator.alarms.add(), simulator.alarms.add()
    site.alarms.settings()
    site.alarms.close(one)
    simulator.edit(lambda plan: plan.states.update({11: "Erledigt"}))
    site.alarms.close(other)
    assert [(line_of(site, each)).state_name for each in (one, other)] == ["Closed", "Erledigt"]


def test_many_alarms_are_acknowledged_and_closed_in_one_call(site: Client, simulator: Simulator) -> None:
    ids = [simulator.alarms.add() for _ in range(3)]
    site.alarms.acknowledge(site.alarms.list(), comment="Guard dispatched")
    assert {(line_of(site, each)).state for each in ids} == {4}
    assert {change.value for each in ids for change in site.alarms.changes(each)} >= {"Guard dispatched"}
    site.alarms.close((ids[0], line_of(site, ids[1])), comment="Cat on the fence")
    assert [(line_of(site, each)).is_closed for each in ids] == [True, True, False]
    site.alarms.close([])


def test_the_first_error_says_which_alarms_are_left(site: Client, simulator: Simulator) -> None:
    ids = [simulator.alarms.add() for _ in range(3)]
    site.alarms.list()
    simulator.faults.add("event_server", "status", code=418, operation="UpdateAlarmValues", after=1)
    with pytest.raises(ServerFault) as caught:
        site.alarms.close(ids)
    assert caught.value.__notes__ == [f"2 alarms were not closed: {ids[1]}, {ids[2]}"]
    assert [(line_of(site, each)).is_closed for each in ids] == [True, False, False]


@pytest.mark.parametrize("values", [{}, None])
def test_nothing_to_change_is_a_mistake(reader: Client, values: dict[str, str] | None) -> None:
    with pytest.raises(ConfigurationError, match="nothing to change"):
        reader.alarms.update(UUID(int=1), values)


def test_two_values_for_one_key_are_a_mistake(reader: Client) -> None:
    with pytest.raises(ConfigurationError, match="two values for Comment"):
        reader.alarms.update(UUID(int=1), {"Comment": "a"}, comment="b")


def test_a_note_keeps_state_priority_and_owner_as_they_are_now(site: Client, simulator: Simulator) -> None:
    alarm_id = simulator.alarms.add("Gate", "C1", priority=2, assigned_to="night shift")
    stale = line_of(site, alarm_id)
    simulator.alarms.update(alarm_id, state=9, priority=3, assigned_to="day shift")
    site.alarms.annotate(stale, "Guard dispatched")
    now = line_of(site, alarm_id)
    assert (now.state, now.priority, now.assigned_to) == (9, 3, "day shift")
    site.alarms.annotate(alarm_id, "On site", state=4, priority=1, assigned_to="", time=NOON)
    now = line_of(site, alarm_id)
    assert (now.state, now.priority, now.assigned_to) == (4, 1, None)
    history = site.alarms.history(alarm_id)
    assert [(entry.text, entry.state, entry.priority) for entry in history] == [
        ("On site", 4, 1),
        (None, 9, 3),
        ("Guard dispatched", 9, 3),
    ]
    assert history[0].time == NOON
    assert history[2].author == "arc (\\arc)"


def test_an_alarm_that_is_gone_cannot_be_noted_upon(site: Client, simulator: Simulator) -> None:
    with pytest.raises(AlarmNotFound):
        site.alarms.annotate(UUID(int=7), "too late")
    assert "UpdateAlarm" not in [request.operation for request in simulator.requests]
    assert site.alarms.history(UUID(int=7)) == ()
    assert site.alarms.changes(UUID(int=7)) == ()


@pytest.mark.parametrize(
    ("reason", "error"), [("DbUpdate", ServiceUnavailable), ("Serialization", ServerFault), ("Unknown", ServerFault)]
)
def test_a_change_that_the_server_refuses_is_an_error(
    site: Client, simulator: Simulator, reason: str, error: type[Exception]
) -> None:
    alarm_id = simulator.alarms.add()
    simulator.alarms.fail("UpdateAlarmValues", reason)
    with pytest.raises(error, match=reason):
        site.alarms.update(alarm_id, comment="c")
    assert simulator.alarms.updates(alarm_id) == []


# Adding


def whole_alarm(camera_id: UUID) -> Alarm:
    camera = ItemReference(object_id=camera_id, kind=ItemReference.CAMERA, folder_type="0")
    return Alarm(
        header=EventHeader(
            id=uuid4(),
            timestamp=NOON,
            event_class="Analytics",
            type="FaceMatch",
            version="1.0",
            priority=2,
            name="Face",
            message="Unknown person",
            custom_tag="gate-3",
            source=AlarmSource(name="C1", item=camera),
            message_id=UUID(int=9),
        ),
        description="A <person> & a dog, ключ, 鍵, \U0001f511",
        start_time=NOON,
        end_time=NOON + timedelta(seconds=2),
        location="hall",
        count=2,
        rules=(AlarmRule(id=UUID(int=3), name="line", type="t"),),
        objects=(
            AnalyticsObject(
                value="AB 123",
                confidence=0.75,
                alarm_trigger=True,
                bounding_box=BoundingBox(top=0.0, left=0.25, bottom=0.5, right=1.0),
            ),
        ),
        references=(camera,),
        snapshots=(AlarmSnapshot(offset=timedelta(seconds=-1), image=JPEG, width=4, height=3),),
        vendor=Vendor(name="ACME", custom_data="<x a='1'/>"),
    )


@pytest.mark.parametrize("release", ["2018R3", "2021R1", "2025R2"])
def test_an_alarm_arrives_as_it_was_made(simulator_factory: Callable[..., Simulator], release: str) -> None:
    simulator = simulator_factory(release=release, strict_order=True)
    with client_of(simulator) as site:
        made = whole_alarm((site.camera("C1")).id)
        assert site.alarms.add(made) == made.id
        stored = site.alarms.get(made.id)
        assert (stored.state, stored.state_name, stored.header.priority_name) == (1, "New", "Medium")
        assert stored.header.message == "Unknown person"
        assert stored.description == made.description
        assert stored.objects == made.objects
        assert stored.rules == made.rules
        assert stored.references == made.references
        assert stored.snapshots == made.snapshots
        assert stored.vendor == made.vendor
        assert (stored.start_time, stored.end_time, stored.count) == (made.start_time, made.end_time, 2)
        assert stored.camera_ids == made.camera_ids
        line = line_of(site, made.id)
        assert (line.name, line.message, line.camera_id) == ("Face", "Unknown person", made.camera_ids[0])


def test_what_an_alarm_lacks_is_filled_in(site: Client, simulator: Simulator) -> None:
    alarm = Alarm(header=EventHeader(id=uuid4(), message="Gate left open", name="a\x00b\x1fc"))
    before = simulator.site.now()
    site.alarms.add(alarm)
    line = line_of(site, alarm.id)
    assert abs(line.timestamp - before) < timedelta(minutes=1)
    assert (line.state, line.state_name, line.name) == (1, "New", "abc")
    with pytest.raises(LocalProtocolError, match="message"):
        site.alarms.add(Alarm(header=EventHeader(id=uuid4(), name="Gate")))


def test_a_picture_is_added_to_an_alarm(site: Client, simulator: Simulator) -> None:
    alarm_id = simulator.alarms.add(snapshots=[b"first"])
    site.alarms.attach_snapshot(alarm_id, JPEG, offset=timedelta(seconds=2))
    site.alarms.attach_snapshot(alarm_id, AlarmSnapshot(offset=timedelta(), path="\\\\server\\x.jpg"))
    pictures = (site.alarms.get(alarm_id)).snapshots
    assert [picture.image for picture in pictures] == [b"first", JPEG, None]
    assert pictures[1].offset == timedelta(seconds=2)
    assert pictures[2].path == "\\\\server\\x.jpg"


def test_a_picture_that_is_too_large_for_the_server_is_an_error(site: Client, simulator: Simulator) -> None:
    alarm_id = simulator.alarms.add()
    simulator.alarms.largest_request = 65_536
    with pytest.raises(ServerFault, match="413"):
        site.alarms.attach_snapshot(alarm_id, bytes(65_536))


# Looking up


def test_counters_and_messages(site: Client, simulator: Simulator) -> None:
    simulator.edit(lambda plan: plan.states.update({77: "Elsewhere"}))
    for name, state, priority in (("a", 1, 1), ("b", 1, 2), ("c", 77, 99)):
        simulator.alarms.add(name, state=state, priority=priority)
    counted = site.alarms.statistics()
    assert counted.total == 3
    assert counted.by_state == {1: 2, 77: 1}
    assert counted.by_priority == {1: 1, 2: 1, 99: 1}
    assert site.alarms.messages() == ("a", "b", "c")


@pytest.mark.requirement(24)
def test_the_site_lists_its_states_priorities_and_categories(site: Client, simulator: Simulator) -> None:
    simulator.edit(lambda plan: plan.priorities.update({7: "Panic"}))
    settings = site.alarms.settings()
    assert settings.complete
    assert [(level.number, level.name) for level in settings.priorities] == [
        (1, "High"),
        (2, "Medium"),
        (3, "Low"),
        (7, "Panic"),
    ]
    assert [level.name for level in settings.states] == ["New", "In progress", "On hold", "Closed"]
    assert [level.name for level in settings.categories] == ["Intrusion", "Technical"]
    assert all(level.id is not None for level in settings.states + settings.priorities)
    assert "GetAlarmLines" not in [request.operation for request in simulator.requests]


def expect_settings_from_alarms(site: Client) -> None:
    settings = site.alarms.settings()
    assert not settings.complete
    assert settings.states == (
        AlarmLevel(number=1, name="New"),
        AlarmLevel(number=4, name="In progress"),
        AlarmLevel(number=9, name="On hold"),
        AlarmLevel(number=11, name="Closed"),
        AlarmLevel(number=20, name="Escalated"),
    )
    assert settings.priorities == (AlarmLevel(number=2, name="Medium"), AlarmLevel(number=99))
    assert settings.categories == (AlarmLevel(number=5, name="Fire"),)


def unusual_alarms(simulator: Simulator) -> None:
    simulator.site.states[20] = "Escalated"
    simulator.site.categories.append(Category(level=5, name="Fire"))
    simulator.site.alarm_definitions[0].category = 5
    simulator.trigger("Motion Detected", "Front Hallway")
    simulator.alarms.add(state=20, priority=99)
    simulator.alarms.add(state=20, priority=99)


@pytest.mark.parametrize("release", ["2018R3", "2023R3"])
def test_without_rest_they_are_gathered_from_the_alarms(
    simulator_factory: Callable[..., Simulator], release: str
) -> None:
    simulator = simulator_factory(release=release)
    unusual_alarms(simulator)
    with client_of(simulator) as site:
        expect_settings_from_alarms(site)
    assert not any("/api/rest" in request.path.lower() for request in simulator.requests)


@pytest.mark.parametrize("trouble", ["no gateway", "sick", "refuses", "garbage", "cut off"])
def test_a_gateway_that_cannot_be_used_costs_only_completeness(
    site: Client, simulator: Simulator, trouble: str
) -> None:
    unusual_alarms(simulator)
    if trouble == "no gateway":
        simulator.identity.gateway = False
    else:
        kind, options = {
            "sick": ("html", {"status": 502}),
            "refuses": ("status", {"code": 403}),
            "garbage": ("garbage", {}),
            "cut off": ("truncate", {}),
        }[trouble]
        for operation in ("alarmStates", "alarmPriorities", "alarmCategories"):
            simulator.faults.add("idp", kind, operation=operation, **options)
    expect_settings_from_alarms(site)


def test_rest_calls_get_fresh_tokens_when_theirs_end(site: Client, simulator: Simulator) -> None:
    site.alarms.settings()
    simulator.tokens.revoke_all()
    assert (site.alarms.settings()).complete
