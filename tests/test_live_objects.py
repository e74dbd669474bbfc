"""Objects with a connection: how they are closed, and what they show of themselves."""

from collections.abc import Iterator
from contextlib import aclosing
from datetime import timedelta
from typing import Any

import pytest

import milestone_sdk
from milestone_sdk import AsyncClient, BasicUser, Client, MemoryCheckpointStore, TimeSpan, Trust, patriot
from milestone_sdk.patriot import sinks
from milestone_sdk.simulator import Simulator

CLASSES = {
    name: value
    for module in (milestone_sdk, patriot, sinks)
    for name in module.__all__
    if isinstance(value := getattr(module, name), type)
}
CLOSED_BY_THE_PROGRAM = {"SignalSink"}
"""Written by users, who need one of the names."""


def test_asynchronous_classes_have_both_names() -> None:
    closing = {name: kind for name, kind in CLASSES.items() if hasattr(kind, "aclose")}
    assert {"AsyncClient", "AsyncPlayback", "AsyncLiveStream", "AsyncAlarmSubscription", "AsyncFootage"} <= set(closing)
    for name in closing.keys() - CLOSED_BY_THE_PROGRAM - {"AsyncAlarmSubscription"}:
        kind: Any = closing[name]
        assert kind.close is kind.aclose, name


def test_blocking_classes_have_one() -> None:
    twins = {name.removeprefix("Async") for name, kind in CLASSES.items() if hasattr(kind, "aclose")} & set(CLASSES)
    for name in twins - {name for name in CLASSES if name.startswith("Async")}:
        kind = CLASSES[name]
        if hasattr(CLASSES.get(f"Async{name}"), "aclose"):
            assert hasattr(kind, "close"), name
            assert not hasattr(kind, "aclose"), name


@pytest.mark.anyio
async def test_a_subscription_that_is_closed_may_be_followed_by_another(simulator: Simulator) -> None:
    store = MemoryCheckpointStore()
    expected = simulator.trigger("Motion Detected", source="Front Hallway")
    user, trust = BasicUser(simulator.username, simulator.password), Trust.ca_file(simulator.ca_file)
    async with AsyncClient(simulator.url, user, trust=trust) as site:
        for _ in range(2):
            async with aclosing(site.alarms.subscribe(checkpoints=store)) as alarms:
                async for alarm in alarms:
                    assert alarm.id == expected[0]
                    break


@pytest.fixture
def site(simulator: Simulator) -> Iterator[Client]:
    user, trust = BasicUser(simulator.username, simulator.password), Trust.ca_file(simulator.ca_file)
    with Client(simulator.url, user, trust=trust) as opened:
        yield opened


def test_each_shows_itself_in_a_line_without_secrets(simulator: Simulator, site: Client, tmp_path: Any) -> None:
    now = simulator.site.now()
    span = TimeSpan(now - timedelta(minutes=2), now - timedelta(minutes=1))
    with (
        site.alarms.subscribe(checkpoints=MemoryCheckpointStore()) as alarms,
        site.live.play("C1") as live,
        site.recordings.play("C1", span, missing_ok=True) as frames,
        site.recordings.source("C1") as source,
    ):
        shown = [site, alarms, live, frames, source, site.recordings.play("C1", span), site.live.play("C1")]
        shown += [site.recordings.retrieve("C1", span), site.recordings.export("C1", span, tmp_path / "clip.jpeg.raw")]
        lines = [repr(each) for each in shown]
    assert lines[0] == f"<Client of {simulator.url}>"
    assert lines[1] == f"<subscription 'default' to the alarms of {simulator.url}, live>"
    secrets = [simulator.password, site.token.access(), site.token.corporate()]
    for line in lines:
        assert "\n" not in line
        assert len(line) < 200, line
        assert " object at 0x" not in line
        assert not any(secret in line for secret in secrets)
