"""Following the alarms of a site."""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from milestone_sdk import (
    AsyncClient,
    CheckpointError,
    CheckpointUpdate,
    ConfigurationError,
    MemoryCheckpointStore,
    ServiceUnavailable,
    SqliteCheckpointStore,
)
from milestone_sdk.checkpoints import Acknowledgement
from milestone_sdk.simulator import Simulator

from ..opening import client_of, following, take

pytestmark = pytest.mark.anyio


def raised(simulator: Simulator, count: int) -> list[UUID]:
    """That many motion alarms, in the order in which the server stored them."""
    return [alarm for _ in range(count) for alarm in simulator.trigger("Motion Detected", source="Front Hallway")]


def spread(simulator: Simulator, count: int) -> list[UUID]:
    """That many alarms, two minutes apart: farther than the overlap of two polls reaches."""
    began = datetime.now(UTC) - timedelta(hours=1)
    moments = [began + timedelta(minutes=2 * number) for number in range(count)]
    return [simulator.alarms.add("Spread", "C1", modified=moment) for moment in moments]


async def test_an_alarm_arrives_and_can_be_read_whole(site: AsyncClient, simulator: Simulator) -> None:
    async with following(site) as alarms:
        (alarm_id,) = raised(simulator, 1)
        (alarm,) = await take(alarms, 1)
    assert (alarm.id, alarm.source_name, alarm.state, alarm.priority_name) == (alarm_id, "Front Hallway", 1, "Medium")
    assert alarm.camera_id == (await site.camera("Front Hallway")).id
    whole = await site.alarms.get(alarm)
    assert whole.id == alarm.id
    assert whole.camera_ids == (alarm.camera_id,)
    assert whole.rules[0].name == alarm.name


@pytest.mark.promise(4)
async def test_alarms_come_in_the_servers_order(site: AsyncClient, simulator: Simulator) -> None:
    async with following(site) as alarms:
        expected = raised(simulator, 30)
        assert [alarm.id for alarm in await take(alarms, 30)] == expected


async def test_a_change_of_an_alarm_arrives_as_its_new_state(site: AsyncClient, simulator: Simulator) -> None:
    async with following(site) as alarms:
        raised(simulator, 1)
        (first,) = await take(alarms, 1)
        await site.alarms.acknowledge(first)
        (second,) = await take(alarms, 1)
        await site.alarms.close(second, reason="False alarm", comment="Cat on the fence")
        (third,) = await take(alarms, 1)
    assert [alarm.id for alarm in (first, second, third)] == [first.id] * 3
    assert [alarm.state for alarm in (first, second, third)] == [1, 4, 11]
    assert [alarm.is_closed for alarm in (first, second, third)] == [False, False, True]
    assert first.revision < second.revision < third.revision
    assert ("ReasonCode", "False alarm") in simulator.alarms.updates(first.id)


async def test_what_is_stored_already_is_delivered_first(site: AsyncClient, simulator: Simulator) -> None:
    expected = raised(simulator, 5)
    async with following(site) as alarms:
        assert [alarm.id for alarm in await take(alarms, 5)] == expected


async def test_beginning_now_leaves_out_what_is_stored(site: AsyncClient, simulator: Simulator) -> None:
    raised(simulator, 5)
    async with following(site, since="now") as alarms:
        (new,) = raised(simulator, 1)
        assert [alarm.id for alarm in await take(alarms, 1)] == [new]


async def test_beginning_at_a_moment(site: AsyncClient, simulator: Simulator) -> None:
    raised(simulator, 5)
    moment = datetime.now(UTC)
    (new,) = raised(simulator, 1)
    async with following(site, since=moment) as alarms:
        assert [alarm.id for alarm in await take(alarms, 1)] == [new]


async def test_beginning_at_a_moment_without_a_zone_is_refused(site: AsyncClient) -> None:
    with pytest.raises(ValueError, match="time zone"):
        following(site, since=datetime(2026, 1, 1))


@pytest.mark.promise(1)
@pytest.mark.promise(3)
async def test_what_was_not_checkpointed_comes_again_after_a_restart(simulator: Simulator, tmp_path: Path) -> None:
    expected = spread(simulator, 6)
    with SqliteCheckpointStore(tmp_path / "arc.db") as store:
        async with client_of(simulator) as site, following(site, checkpoints=store) as alarms:
            delivered = await take(alarms, 5)
            for alarm in (delivered[0], delivered[1], delivered[3]):
                await alarms.checkpoint(alarm)
    with SqliteCheckpointStore(tmp_path / "arc.db") as store:
        async with client_of(simulator) as site, following(site, checkpoints=store) as alarms:
            again = await take(alarms, 3)
    assert [alarm.id for alarm in again] == [expected[2], expected[4], expected[5]]
    assert again[0] == delivered[2]


@pytest.mark.promise(1)
async def test_what_is_raised_between_two_runs_is_delivered(simulator: Simulator) -> None:
    store = MemoryCheckpointStore()
    raised(simulator, 1)
    async with client_of(simulator) as site, following(site, checkpoints=store) as alarms:
        await alarms.checkpoint((await take(alarms, 1))[0])
    missed = raised(simulator, 3)
    async with client_of(simulator) as site, following(site, checkpoints=store) as alarms:
        assert [alarm.id for alarm in await take(alarms, 3)] == missed


async def test_two_subscriptions_of_one_store_do_not_disturb_each_other(
    site: AsyncClient, simulator: Simulator
) -> None:
    store = MemoryCheckpointStore()
    (alarm_id,) = raised(simulator, 1)
    async with following(site, checkpoints=store, name="patriot") as alarms:
        await alarms.checkpoint((await take(alarms, 1))[0])
    async with following(site, checkpoints=store, name="archive") as alarms:
        assert (await take(alarms, 1))[0].id == alarm_id


@pytest.mark.promise(4)
async def test_more_than_a_page_at_once(site: AsyncClient, simulator: Simulator) -> None:
    expected = raised(simulator, 1200)
    async with following(site) as alarms:
        assert [alarm.id for alarm in await take(alarms, 1200)] == expected
    listed = await site.alarms.list()
    assert [alarm.id for alarm in listed] == expected[::-1]
    assert await site.alarms.list(limit=7) == listed[:7], "the newest ones"


@pytest.mark.promise(1)
@pytest.mark.promise(7)
async def test_the_event_server_restarts(
    site: AsyncClient, simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    async with following(site) as alarms:
        before = raised(simulator, 1)
        assert (await take(alarms, 1))[0].id == before[0]
        simulator.stop_service("event_server")
        timer = threading.Timer(0.5, simulator.start_service, ["event_server"])
        missed = raised(simulator, 2)
        timer.start()
        with caplog.at_level(logging.WARNING, "milestone_sdk"):
            assert [alarm.id for alarm in await take(alarms, 2)] == missed
        timer.join()
    texts = [record.getMessage() for record in caplog.records]
    assert len(texts) == 2, "said once on loss and once on return"
    assert "cannot be read" in texts[0]
    assert "can be read again" in texts[1]


@pytest.mark.promise(1)
@pytest.mark.promise(8)
async def test_tokens_are_revoked_in_between(site: AsyncClient, simulator: Simulator) -> None:
    async with following(site) as alarms:
        for _ in range(3):
            simulator.tokens.revoke_all()
            expected = raised(simulator, 1)
            assert [alarm.id for alarm in await take(alarms, 1)] == expected


@pytest.mark.parametrize("kind", ["html", "cut_xml", "truncate", "reset", "garbage"])
async def test_a_bad_answer_to_one_poll_loses_nothing(site: AsyncClient, simulator: Simulator, kind: str) -> None:
    async with following(site) as alarms:
        simulator.faults.add("event_server", kind, operation="GetAlarmLines", times=1)
        expected = raised(simulator, 3)
        assert [alarm.id for alarm in await take(alarms, 3)] == expected


async def test_a_site_that_cannot_be_followed_is_known_at_once(site: AsyncClient, simulator: Simulator) -> None:
    simulator.stop_service("event_server")
    with pytest.raises(ServiceUnavailable):
        async with following(site):
            pytest.fail("the subscription began")


@pytest.mark.promise(11)
async def test_closing_ends_the_iteration(site: AsyncClient, simulator: Simulator) -> None:
    expected = raised(simulator, 1)
    async with following(site) as alarms:
        threading.Timer(0.3, alarms.close).start()
        assert [alarm.id async for alarm in alarms] == expected


@pytest.mark.promise(11)
async def test_closing_leaves_what_has_not_been_taken_to_the_next_run(simulator: Simulator) -> None:
    store = MemoryCheckpointStore()
    expected = raised(simulator, 5)
    async with client_of(simulator) as site, following(site, checkpoints=store) as alarms:
        taken: list[UUID] = []
        async for alarm in alarms:
            taken.append(alarm.id)
            await alarms.checkpoint(alarm)
            if len(taken) == 2:
                alarms.close()
    assert taken == expected[:2]
    async with client_of(simulator) as site, following(site, checkpoints=store) as alarms:
        assert [alarm.id for alarm in await take(alarms, 3)] == expected[2:]


@pytest.mark.promise(11)
async def test_no_checkpoint_after_the_end(site: AsyncClient, simulator: Simulator) -> None:
    expected = raised(simulator, 1)
    store = MemoryCheckpointStore()
    async with following(site, checkpoints=store) as alarms:
        (alarm,) = await take(alarms, 1)
        alarms.close()
        with pytest.raises(CheckpointError, match="closed"):
            await alarms.checkpoint(alarm)
    with pytest.raises(CheckpointError):
        await alarms.checkpoint(alarm)
    async with following(site, checkpoints=store) as alarms:
        assert [alarm.id for alarm in await take(alarms, 1)] == expected


class FailingStore(MemoryCheckpointStore):
    """Fails when told to, as a full disk does."""

    def __init__(self) -> None:
        super().__init__()
        self.full = False

    def save(self, key: str, update: CheckpointUpdate) -> None:
        if self.full:
            raise CheckpointError("the disk is full")
        super().save(key, update)


@pytest.mark.promise(1)
@pytest.mark.promise(12)
async def test_an_alarm_whose_checkpoint_failed_is_not_done(site: AsyncClient, simulator: Simulator) -> None:
    store = FailingStore()
    expected = spread(simulator, 2)
    async with following(site, checkpoints=store) as alarms:
        first, second = await take(alarms, 2)
        store.full = True
        with pytest.raises(CheckpointError, match="full"):
            await alarms.checkpoint(first)
        store.full = False
        await alarms.checkpoint(second)
    async with following(site, checkpoints=store) as alarms:
        assert (await take(alarms, 1))[0].id == expected[0]


async def test_a_checkpoint_names_the_site(site: AsyncClient, simulator: Simulator) -> None:
    store = MemoryCheckpointStore()
    raised(simulator, 1)
    async with following(site, checkpoints=store, name="patriot") as alarms:
        (alarm,) = await take(alarms, 1)
        await alarms.checkpoint(alarm)
    done = frozenset({Acknowledgement(*alarm.key)})
    saved = store.load(f"{simulator.site.id}/patriot")
    assert saved.acknowledged == done
    assert saved.watermark is not None
    assert 0 <= alarm.revision - saved.watermark < 10**8, "it goes back by the time that asking took"


@pytest.mark.promise(1)
async def test_an_alarm_that_is_committed_late_is_delivered(site: AsyncClient, simulator: Simulator) -> None:
    now = datetime.now(UTC)
    held = simulator.alarms.add("Late", "C1", modified=now - timedelta(seconds=30), commit=False)
    seen = simulator.alarms.add("In time", "C1", modified=now)
    async with following(site) as alarms:
        assert (await take(alarms, 1))[0].id == seen
        simulator.alarms.commit(held)
        assert (await take(alarms, 1))[0].id == held


async def test_text_of_third_parties_may_hold_anything(site: AsyncClient, simulator: Simulator) -> None:
    """Every plane of Unicode, markup, and control characters, which .NET writes and XML cannot hold."""
    name = "".join(chr(plane << 16 | 0x1F600 & 0xFFFF) for plane in range(0x11)) + "<&>\"'\t]]>"
    simulator.alarms.add("Third party", f"{name}\x01\x1b")
    expected = raised(simulator, 1)
    async with following(site) as alarms:
        odd, next_one = await take(alarms, 2)
        assert odd.source_name == f"{name}\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}"
        assert next_one.id == expected[0]
        assert (await site.alarms.get(odd)).header.source is not None


async def test_around_an_alarm_is_a_span(site: AsyncClient, simulator: Simulator) -> None:
    when = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=60)
    simulator.trigger("Motion Detected", source="C1", timestamp=when)
    async with following(site) as alarms:
        (alarm,) = await take(alarms, 1)
    span = alarm.around(before=timedelta(seconds=10), after=timedelta(seconds=30))
    assert (span.start, span.end) == (when - timedelta(seconds=10), when + timedelta(seconds=30))


@pytest.mark.parametrize("interval", [0.0, -1.0, 30.0])
async def test_an_interval_that_cannot_work_is_refused(site: AsyncClient, interval: float) -> None:
    with pytest.raises(ConfigurationError):
        site.alarms.subscribe(checkpoints=MemoryCheckpointStore(), interval=interval)


async def test_the_same_alarms_on_every_release(simulator_factory: Callable[..., Simulator]) -> None:
    for release in ("2018R3", "2022R1", "2025R2"):
        simulator = simulator_factory(release=release)
        expected = raised(simulator, 2)
        async with client_of(simulator) as site, following(site) as alarms:
            assert [alarm.id for alarm in await take(alarms, 2)] == expected


async def test_an_alarm_is_handled_once_a_state_of_it_has_a_checkpoint(site: AsyncClient, simulator: Simulator) -> None:
    """Also after a restart and long after; one that a later state replaced, and that was not handled, is not."""
    store = MemoryCheckpointStore()
    raised(simulator, 3)
    async with site.alarms.subscribe(checkpoints=store) as alarms:
        done, replaced, waiting = await take(alarms, 3)
        assert not await alarms.is_handled(done)
        await alarms.checkpoint(done)
        await alarms.checkpoint(replaced, handled=False)
        assert [await alarms.is_handled(each) for each in (done, replaced, waiting)] == [True, False, False]
    simulator.edit(lambda plan: setattr(plan, "clock_offset", timedelta(days=7)))
    simulator.alarms.close(done.id)
    async with site.alarms.subscribe(checkpoints=store) as alarms:
        again, changed = await take(alarms, 2)
        assert (again.id, changed.id, changed.is_closed) == (waiting.id, done.id, True)
        assert [await alarms.is_handled(each) for each in (changed, replaced, again)] == [True, False, False]
    with pytest.raises(CheckpointError, match="closed"):
        await alarms.is_handled(done)
    with pytest.raises(CheckpointError, match="has not begun"):
        await site.alarms.subscribe(checkpoints=store, eager=False).is_handled(done)
