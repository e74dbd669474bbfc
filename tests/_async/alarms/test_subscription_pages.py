"""Servers that cut, refuse or delay pages, keep whole seconds, or lose their database: nothing stored is missed."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from milestone_sdk import (
    AlarmGap,
    AlarmUndeliverable,
    AsyncClient,
    LinkState,
    MemoryCheckpointStore,
)
from milestone_sdk.models.alarms.subscription import AlarmChanged, AlarmRaised, LinkLost
from milestone_sdk.simulator import Simulator

from ..opening import following, take

pytestmark = pytest.mark.anyio


def at_once(simulator: Simulator, count: int) -> set[UUID]:
    """That many alarms with one and the same Modified, as one statement of a database gives it."""
    ids = [simulator.alarms.add(f"Alarm {number}") for number in range(count)]
    simulator.alarms.update(*ids, state=4)
    return set(ids)


@pytest.mark.parametrize("most", [5, 60])
async def test_a_server_that_faults_above_some_number_of_rows(
    site: AsyncClient, simulator: Simulator, most: int
) -> None:
    simulator.alarms.store.faults_above = most
    wanted = at_once(simulator, 200)
    async with following(site, page_size=500) as alarms:
        assert {alarm.id for alarm in await take(alarms, 200)} == wanted
        assert alarms.statistics.losses == 0


async def test_a_server_that_gives_fewer_rows_than_asked_for(site: AsyncClient, simulator: Simulator) -> None:
    simulator.alarms.store.most_rows = 20
    began = datetime.now(UTC) - timedelta(hours=1)
    for number in range(100):
        simulator.alarms.add("Backlog", modified=began + timedelta(seconds=10 * number))
    wanted = at_once(simulator, 100)
    async with following(site, page_size=500) as alarms:
        await take(alarms, 60)
        assert alarms.state is LinkState.CATCHING_UP
        await take(alarms, 40)
        assert {alarm.id for alarm in await take(alarms, 100)} == wanted
        (new,) = simulator.trigger("Motion Detected", source="Front Hallway")
        assert [alarm.id for alarm in await take(alarms, 1)] == [new]


async def test_an_answer_that_never_comes_costs_no_loss_of_the_link(site: AsyncClient, simulator: Simulator) -> None:
    """A connection that has died is replaced within a third of the link timeout."""
    async with following(site, link_timeout=6.0) as alarms:
        simulator.faults.add("event_server", "deaf", operation="GetAlarmLines", times=1)
        (new,) = simulator.trigger("Motion Detected", source="Front Hallway")
        events = alarms.events()
        event = await events.__anext__()
        assert isinstance(event, AlarmRaised)
        assert event.alarm.id == new
        assert alarms.statistics.failures >= 1  # more where the machine lets the answer wait
        assert alarms.statistics.losses == 0


async def test_states_that_share_a_second_are_all_delivered(site: AsyncClient, simulator: Simulator) -> None:
    simulator.alarms.store.whole_seconds = True
    store = MemoryCheckpointStore()
    async with following(site, checkpoints=store) as alarms:
        ids = [simulator.alarms.add(f"Alarm {number}") for number in range(6)]
        raised = await take(alarms, 6)
        for alarm in raised:
            await alarms.checkpoint(alarm)
        simulator.alarms.close(*ids)
        closed = await take(alarms, 6)
    assert [alarm.id for alarm in raised] == ids
    assert sorted(alarm.id for alarm in closed) == sorted(ids)
    assert {alarm.state for alarm in closed} == {11}
    assert {alarm.key for alarm in raised}.isdisjoint(alarm.key for alarm in closed)


@pytest.mark.promise(2)
@pytest.mark.parametrize("emptied", [False, True])
async def test_a_database_that_is_put_back_in_a_short_outage_is_a_gap(
    site: AsyncClient, simulator: Simulator, emptied: bool
) -> None:
    before = simulator.alarms.store.backup()
    if not emptied:
        simulator.alarms.add("Old")
        before = simulator.alarms.store.backup()
    async with following(site) as alarms:
        for number in range(3):
            simulator.alarms.add(f"Known {number}")
        await take(alarms, 4 - emptied)
        simulator.faults.add("event_server", "status", code=503, operation="GetAlarmLines", times=1)
        simulator.alarms.add("Never seen")
        simulator.alarms.store.restore(before)
        after = simulator.alarms.add("After")
        seen: list[object] = []
        async for event in alarms.events():
            seen.append(event)
            if isinstance(event, AlarmRaised | AlarmChanged):
                break
    assert [type(event) for event in seen] == [AlarmGap, AlarmRaised]
    assert not any(isinstance(event, LinkLost) for event in seen)
    assert isinstance(seen[-1], AlarmRaised)
    assert seen[-1].alarm.id == after


@pytest.mark.promise(2)
async def test_all_gone_after_a_run_in_which_nothing_was_done_is_a_gap(site: AsyncClient, simulator: Simulator) -> None:
    store = MemoryCheckpointStore()
    ids = [simulator.alarms.add(f"Alarm {number}") for number in range(3)]
    async with following(site, checkpoints=store) as alarms:
        await take(alarms, 3)
    simulator.alarms.delete(*ids)
    async with following(site, checkpoints=store) as alarms:
        with pytest.raises(AlarmGap):
            await alarms.__anext__()


async def test_a_row_without_a_usable_id_is_reported_once_and_holds_up_nothing(
    site: AsyncClient, simulator: Simulator
) -> None:
    ids = {simulator.alarms.add(f"Alarm {number}") for number in range(3)}
    fault = simulator.faults.add("event_server", "value", member="Id", text="no id", row=0)
    async with following(site) as alarms:
        reported: list[str] = []
        delivered: set[UUID] = set()
        async for event in alarms.events():
            if isinstance(event, AlarmUndeliverable):
                reported.append(event.members["Name"])
            elif isinstance(event, AlarmRaised):
                delivered.add(event.alarm.id)
                fault.remove()
            if delivered == ids:
                break
    assert reported
    assert len(reported) == len(set(reported)) == alarms.statistics.unreadable
