"""What `on_link` is told: by no wall clock, and also of sites that could never be followed."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve

from milestone_sdk import (
    AlarmLine,
    BasicUser,
    Checkpoint,
    CheckpointError,
    LinkLost,
    LinkRestored,
    LinkState,
    MemoryCheckpointStore,
    Trust,
)
from milestone_sdk._net.asyncio import AsyncClock
from milestone_sdk.monitor import MonitoredSite
from milestone_sdk.simulator import Simulator

from ..support.monitoring import (
    FastClock,
    HeldReceiver,
    Receiver,
    eventually,
    monitor_of,
    raised,
    running,
    settings_of,
    site_of,
)

pytestmark = pytest.mark.anyio

OTHER_TIMES = [
    datetime.now(UTC) - timedelta(hours=1),
    datetime.now(UTC) + timedelta(hours=1),
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(9999, 12, 31, tzinfo=UTC),
]


@pytest.mark.parametrize("now", OTHER_TIMES, ids=["an hour back", "an hour ahead", "year 1", "year 9999"])
@pytest.mark.promise(13)
async def test_the_link_is_watched_by_no_wall_clock(simulator: Simulator, now: datetime) -> None:
    """It is set while a slow handler is at work, and again the other way while the link is lost."""
    clock, may_return = FastClock(), asyncio.Semaphore(0)

    async def wait(site: MonitoredSite, alarm: AlarmLine) -> None:
        await may_return.acquire()

    receiver = Receiver(wait)
    expected = raised(simulator, 10)
    async with running(monitor_of(receiver, settings_of(simulator, queue=1), clock=clock)) as monitor:
        await eventually(lambda: site_of(monitor).queued == 1)
        clock.set_wall_clock(now)
        polled = len(simulator.requests)
        await eventually(lambda: len(simulator.requests) > polled + 12)  # more than the link timeout
        assert receiver.kinds() == []
        simulator.stop_service("event_server")
        may_return.release()  # the next alarm has to wait, after the clock was set and before the link is lost
        await eventually(lambda: receiver.kinds() == ["LinkLost"])
        clock.set_wall_clock(datetime(2026, 1, 1, tzinfo=UTC))
        simulator.start_service("event_server")
        await eventually(lambda: receiver.kinds() == ["LinkLost", "LinkRestored"])
        for _ in expected:
            may_return.release()
        await eventually(lambda: receiver.ids() == expected)
        assert monitor.snapshot().openmetrics()
        (_, lost), (_, restored) = receiver.events
        assert isinstance(lost, LinkLost)
        assert lost.since.tzinfo is UTC
        assert isinstance(restored, LinkRestored)
        assert timedelta(seconds=30) <= restored.lost_for < timedelta(minutes=30)


async def test_a_blocked_event_loop_has_lost_no_link(simulator: Simulator) -> None:
    """Nor has a process that was stopped. Here a slow handler stops the polling, and the site is asked beside it."""
    clock, receiver = FastClock(), HeldReceiver()
    raised(simulator, 10)
    async with running(monitor_of(receiver, settings_of(simulator, queue=1), clock=clock)) as monitor:
        await eventually(lambda: site_of(monitor).queued == 1)
        polled = len(simulator.requests)
        await eventually(lambda: len(simulator.requests) > polled + 2)  # the next alarm waits
        alarms = monitor.sites[0].client.alarms
        answered = alarms.last_answer
        await eventually(lambda: alarms.last_answer != answered)
        simulator.faults.add("event_server", "delay", seconds=0.2)
        time.sleep(1.0)  # 50 s of that clock
        polled = len(simulator.requests)
        await eventually(lambda: len(simulator.requests) > polled + 2)
        assert receiver.kinds() == []
        receiver.may_return.set()


async def test_an_event_loop_that_is_blocked_while_the_site_is_asked_has_lost_no_link(simulator: Simulator) -> None:
    receiver, settings = HeldReceiver(), settings_of(simulator, queue=1, link_timeout=6.0, interval=0.2)
    raised(simulator, 10)
    async with running(monitor_of(receiver, settings, clock=AsyncClock())) as monitor:
        await eventually(lambda: site_of(monitor).queued == 1)
        polled = len(simulator.requests)
        await eventually(lambda: len(simulator.requests) > polled + 2)  # the next alarm waits
        fault = simulator.faults.add("event_server", "delay", seconds=0.5, times=1)
        await eventually(lambda: fault.used > 0)
        time.sleep(7.0)
        polled = len(simulator.requests)
        await eventually(lambda: len(simulator.requests) > polled + 2)
        assert receiver.kinds() == []
        receiver.may_return.set()


async def test_the_time_of_a_blocked_event_loop_is_no_silence_of_a_login(simulator: Simulator) -> None:
    fault = simulator.faults.add("idp", "deaf")
    receiver, settings = Receiver(), settings_of(simulator, link_timeout=6.0, interval=0.2)
    async with running(monitor_of(receiver, settings, clock=AsyncClock())):
        await eventually(lambda: fault.used > 0)
        time.sleep(7.0)
        began = time.monotonic()
        await eventually(lambda: receiver.kinds() == ["LinkLost"])
        assert time.monotonic() - began > 2.0


@pytest.mark.parametrize("now", OTHER_TIMES[:2], ids=["an hour back", "an hour ahead"])
@pytest.mark.promise(13)
async def test_a_login_that_is_refused_after_the_clock_was_set_is_told(simulator: Simulator, now: datetime) -> None:
    clock, receiver = FastClock(), Receiver()
    async with running(monitor_of(receiver, settings_of(simulator), clock=clock)) as monitor:
        await eventually(lambda: site_of(monitor).state is LinkState.LIVE)
        clock.set_wall_clock(now)
        simulator.site.users[0].password = "changed"
        simulator.tokens.revoke_all()
        await eventually(lambda: receiver.kinds() == ["LinkLost"])
        event = receiver.events[0][1]
        assert isinstance(event, LinkLost)
        assert abs(event.since - now) < timedelta(minutes=20)


class Unready(MemoryCheckpointStore):
    """A store that fails until it is ready."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error: BaseException | None = error

    def load(self, key: str) -> Checkpoint:
        if self.error is not None:
            raise self.error
        return super().load(key)


@pytest.mark.parametrize("when", ["from the start", "at run time"])
@pytest.mark.parametrize(
    "error", [CheckpointError("the disk is full"), RuntimeError("connection reset"), asyncio.CancelledError()], ids=repr
)
@pytest.mark.promise(6)
async def test_a_site_whose_store_is_not_ready_is_told_and_followed_later(
    simulator: Simulator, error: BaseException, when: str
) -> None:
    receiver, store = Receiver(), Unready(error)
    site = settings_of(simulator, link_timeout=3600.0)
    sites = [site] if when == "from the start" else []
    async with running(monitor_of(receiver, *sites, checkpoints=store)) as monitor:
        if not sites:
            monitor.add(site)
        await eventually(lambda: receiver.kinds() == ["LinkLost"])
        event = receiver.events[0][1]
        assert isinstance(event, LinkLost)
        assert str(error) in event.reason
        expected = raised(simulator, 1)
        store.error = None
        await eventually(lambda: receiver.ids() == expected)
        await eventually(lambda: receiver.kinds() == ["LinkLost", "LinkRestored"])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"location": "https://nowhere.invalid"}, "nowhere.invalid"),
        ({"location": "https://127.0.0.1:1"}, "127.0.0.1:1"),
        ({"trust": Trust.pinned("sha256:" + "00" * 32)}, "certificate"),
        ({"credentials": BasicUser("arc", "wrong")}, "user name or password"),
        ({"addresses": {"event_server": "::::"}}, "location"),
        ({"addresses": {"event_server": "https://127.0.0.1:1"}}, "event server"),
        ({"kind": "standard", "location": "http://127.0.0.1:1"}, "127.0.0.1"),
    ],
    ids=str,
)
@pytest.mark.parametrize("when", ["from the start", "at run time"])
@pytest.mark.promise(6)
async def test_a_site_that_cannot_be_followed_is_told_with_the_reason(
    simulator: Simulator, change: dict[str, Any], reason: str, when: str
) -> None:
    """Long before its link timeout: that is for sites that were followed."""
    receiver = Receiver()
    site = evolve(settings_of(simulator, link_timeout=3600.0), **change)
    sites = [site] if when == "from the start" else []
    async with running(monitor_of(receiver, *sites)) as monitor:
        if not sites:
            monitor.add(site)
        await eventually(lambda: receiver.kinds() == ["LinkLost"])
        event = receiver.events[0][1]
        assert isinstance(event, LinkLost)
        assert reason in event.reason


@pytest.mark.parametrize(
    ("service", "kind", "options"),
    [
        ("idp", "body", {"bytes": b'{"error":"slow_down"}', "status": 429, "content_type": "application/json"}),
        ("idp", "body", {"bytes": b'{"error":"busy"}', "status": 503, "content_type": "application/json"}),
        ("idp", "body", {"bytes": b'{"error":"invalid_client"}', "status": 400, "content_type": "application/json"}),
        ("idp", "html", {"status": 403}),
        ("management", "status", {"code": 429}),
        ("management", "html", {"status": 403}),
    ],
)
@pytest.mark.promise(8)
async def test_a_login_that_fails_without_a_word_of_the_user_is_tried_again_soon(
    simulator: Simulator, service: str, kind: str, options: dict[str, Any]
) -> None:
    receiver = Receiver()
    operation = "Login" if service == "management" else "token"
    fault = simulator.faults.add(service, kind, operation=operation, **options)
    async with running(monitor_of(receiver, settings_of(simulator))) as monitor:
        await eventually(lambda: fault.used >= 2)
        assert site_of(monitor).state is not LinkState.REFUSED
        fault.remove()
        expected = raised(simulator, 1)
        await eventually(lambda: receiver.ids() == expected)
        assert receiver.kinds() == ["LinkLost", "LinkRestored"]
