"""Whether an activation has a camera, and which: decided from the client record alone."""

import asyncio
import doctest
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from attrs import evolve

from milestone_sdk import AsyncClient, BasicUser, Client, ConfigurationError, NoCameraCoverage, NoCameras, Trust
from milestone_sdk.models import AlarmLine
from milestone_sdk.patriot import (
    AsyncEventView,
    ClientRecord,
    EventView,
    Signal,
    Zone,
    camera_available,
    camera_button,
    map_alarm,
    shown,
)
from milestone_sdk.simulator import Simulator

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "patriot-event-view.rst"
NOON = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
CLIENT = ClientRecord(
    client_no="1234",
    zones=[
        Zone(number=0, name="Unknown cameras"),
        Zone(number=2, name="C2"),
        Zone(number=1, name="C1"),
        Zone(number=4, name="C1 alarm", camera_coverage="C1"),
        Zone(number=6, name="Panic button", has_camera=False),
    ],
)


def alarm(source: str | None) -> AlarmLine:
    return AlarmLine(id=uuid4(), local_id=1, modified=NOON, timestamp=NOON, state=1, priority=1, source_name=source)


@pytest.mark.requirement(56)
@pytest.mark.parametrize(
    ("source", "available"),
    [("C1", True), ("C1 alarm", True), ("Panic button", False), ("Mall 7", False), ("c1", False), (None, False)],
)
def test_a_camera_is_available_if_one_shows_the_activated_zone(source: str | None, available: bool) -> None:
    one = alarm(source)
    assert camera_available(CLIENT, one) is available
    assert camera_available(CLIENT, map_alarm(CLIENT, one)) is available
    assert not camera_available(ClientRecord(client_no="1234"), one)


@pytest.mark.requirement(57)
def test_multi_screen_shows_the_controls_in_place_of_the_button() -> None:
    assert camera_button(CLIENT, alarm("C1")) == "button"
    assert camera_button(CLIENT, alarm("C1"), multi_screen=True) == "controls"
    assert camera_button(CLIENT, alarm("Panic button")) == "none"
    assert camera_button(CLIENT, alarm("Panic button"), multi_screen=True) == "none"


@pytest.mark.requirement(58, 63)
@pytest.mark.parametrize(
    ("source", "zone", "camera"), [("C2", 2, "C2"), ("C1 alarm", 4, "C1"), ("Mall 7", None, "C1"), (None, None, "C1")]
)
def test_the_camera_is_that_of_the_activated_zone(source: str | None, zone: int | None, camera: str) -> None:
    found = shown(CLIENT, alarm(source))
    assert (found.zone and found.zone.number, found.camera_zone.name, found.fallback) == (zone, camera, zone is None)


@pytest.mark.requirement(63)
def test_where_no_camera_shows_a_zone_the_error_says_what_to_do() -> None:
    with pytest.raises(NoCameraCoverage, match="shows zone 6") as uncovered:
        shown(CLIENT, alarm("Panic button"))
    assert "camera coverage" in (uncovered.value.hint or "")
    panel = ClientRecord(client_no="1234", zones=[Zone(number=6, name="Panic button", has_camera=False)])
    with pytest.raises(NoCameras, match="client 1234 has no zone with a camera"):
        shown(panel, alarm("Mall 7"))


def test_a_signal_without_a_source_is_of_the_zone_of_its_number() -> None:
    signal = Signal(client_no="1234", zone=2, event_type=1, time=NOON, line="from the panel", key="1")
    assert shown(CLIENT, signal).camera_zone.name == "C2"
    assert shown(CLIENT, evolve(signal, zone=0)).fallback
    assert shown(CLIENT, evolve(signal, zone=99)).fallback
    with pytest.raises(ConfigurationError, match="client 77"):
        camera_available(CLIENT, evolve(signal, client_no="77"))


def test_an_alarm_whose_own_time_cannot_be_read_is_shown_from_its_arrival() -> None:
    unreadable = evolve(alarm("C1"), timestamp=datetime(1, 1, 1, tzinfo=UTC), modified=NOON + timedelta(seconds=2))
    assert shown(CLIENT, unreadable).time == NOON + timedelta(seconds=2)
    assert shown(CLIENT, alarm("C1")).time == NOON


def test_the_lines_of_the_how_to_page_run(simulator: Simulator) -> None:
    user = BasicUser(simulator.username, simulator.password)
    past = simulator.site.now() - timedelta(minutes=30)
    with Client(simulator.url, user, trust=Trust.ca_file(simulator.ca_file)) as site:
        known = {"client": CLIENT, "site": site, "alarm": evolve(alarm("C1"), timestamp=past)}
        result = doctest.testfile(str(PAGE), module_relative=False, encoding="utf-8", globs=known)
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.anyio
@pytest.mark.requirement(62)
async def test_closing_a_view_ends_the_tasks_that_read_it(simulator: Simulator) -> None:
    user = BasicUser(simulator.username, simulator.password)
    past = evolve(alarm("C1"), timestamp=simulator.site.now() - timedelta(minutes=30))
    async with AsyncClient(simulator.url, user, trust=Trust.ca_file(simulator.ca_file)) as site:
        view = await AsyncEventView.open(past, CLIENT, site, speed=1)
        playing = [asyncio.Event(), asyncio.Event()]

        async def read_footage() -> None:
            async for _ in view.footage:
                playing[0].set()

        async def read_live() -> None:
            async for _ in view.live:
                playing[1].set()

        async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
            tasks.create_task(read_footage())
            tasks.create_task(read_live())
            for event in playing:
                await event.wait()
            await view.aclose()
    assert simulator.recorders[0].open_sessions == 0


@pytest.mark.requirement(62)
def test_closing_a_view_ends_the_threads_that_read_it(simulator: Simulator) -> None:
    user = BasicUser(simulator.username, simulator.password)
    past = evolve(alarm("C1"), timestamp=simulator.site.now() - timedelta(minutes=30))
    failed: list[BaseException] = []
    with Client(simulator.url, user, trust=Trust.ca_file(simulator.ca_file)) as site:
        view = EventView.open(past, CLIENT, site, speed=1)
        playing = [threading.Event(), threading.Event()]

        def read(number: int) -> None:
            try:
                for _ in (view.footage, view.live)[number]:
                    playing[number].set()
            except BaseException as error:
                failed.append(error)
                playing[number].set()

        threads = [threading.Thread(target=read, args=(number,), daemon=True) for number in range(2)]
        for thread in threads:
            thread.start()
        assert all(event.wait(60) for event in playing)
        view.close()
        for thread in threads:
            thread.join(60)
        assert not any(thread.is_alive() for thread in threads)
    assert failed == []
