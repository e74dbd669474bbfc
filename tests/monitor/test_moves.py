"""Sites of the monitor whose services move: alarms come again without anybody doing anything."""

import asyncio
import socket
from collections.abc import Generator
from contextlib import contextmanager

import pytest

from milestone_sdk.simulator import Simulator

from ..support.monitoring import Receiver, eventually, monitor_of, raised, running, settings_of

pytestmark = pytest.mark.anyio


@contextmanager
def black_hole() -> Generator[int]:
    """A port that accepts nothing: its queue is full, so that connecting takes until the caller gives up."""
    with socket.socket() as listening, socket.socket() as first, socket.socket() as second:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        port: int = listening.getsockname()[1]
        for filling in (first, second):
            filling.setblocking(False)
            filling.connect_ex(("127.0.0.1", port))
        yield port


@pytest.mark.parametrize("tls", [True, False])
async def test_an_event_server_that_moves(simulator: Simulator, tls: bool) -> None:
    receiver = Receiver()
    async with running(monitor_of(receiver, settings_of(simulator))):
        first = raised(simulator, 1)
        await eventually(lambda: receiver.ids() == first)
        with socket.create_server(("127.0.0.1", 0)) as listening:
            port: int = listening.getsockname()[1]
        await asyncio.to_thread(simulator.move_event_server, port=port, tls=tls)
        second = raised(simulator, 1)
        await eventually(lambda: receiver.ids() == first + second)


async def test_an_event_server_whose_old_address_swallows_everything(simulator: Simulator) -> None:
    """Connecting takes all the time of a poll, perhaps until its deadline: then the next one asks first."""
    receiver = Receiver()
    with black_hole() as port:
        simulator.registered_event_server = f"https://127.0.0.1:{port}/"
        async with running(monitor_of(receiver, settings_of(simulator, timeout=2.0, interval=0.1, link_timeout=2.0))):
            await eventually(lambda: any(request.operation == "GetServices" for request in simulator.requests))
            simulator.registered_event_server = None
            alarms = raised(simulator, 1)
            await eventually(lambda: receiver.ids() == alarms)


async def test_a_site_that_is_upgraded(simulator_factory: "type[Simulator]") -> None:
    simulator = simulator_factory(release="2020R3")
    receiver = Receiver()
    async with running(monitor_of(receiver, settings_of(simulator))):
        first = raised(simulator, 1)
        await eventually(lambda: receiver.ids() == first)
        await asyncio.to_thread(simulator.upgrade, "2025R2")
        second = raised(simulator, 1)
        await eventually(lambda: receiver.ids() == first + second)
